"""What acts on demand beside its own course: events, promotions and prices."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.arrays import Floats
from .._core.notes import Note
from ._panel import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """Factors on history and horizon."""

    history: Floats
    horizon: Floats
    log_std: Floats
    notes: tuple[Note, ...]


def estimate_drivers(panel: Panel, horizon: int, *, calendar: Any, future: Any) -> Drivers:  # noqa: ARG001
    """Return factors of one."""
    shape = (panel.n_series, horizon)
    return Drivers(history=np.ones(panel.demand.shape), horizon=np.ones(shape), log_std=np.zeros(shape), notes=())
