"""Segmentation."""

from typing import TYPE_CHECKING

from ._features import features
from ._fit import Segments, fit
from ._lifecycle import Lifecycle, lifecycle
from ._lookalike import Lookalike, lookalike
from ._profile import Profile, profile
from ._stages import Stages
from ._tiers import Tiers, tiers
from ._transitions import Transitions, transitions

if TYPE_CHECKING:
    from ._estimator import Segmentation
__all__ = [
    "Lifecycle",
    "Lookalike",
    "Profile",
    "Segmentation",
    "Segments",
    "Stages",
    "Tiers",
    "Transitions",
    "features",
    "fit",
    "lifecycle",
    "lookalike",
    "profile",
    "tiers",
    "transitions",
]


def __getattr__(name: str) -> object:
    if name == "Segmentation":  # its base class is scikit-learn's, whose import takes longer than all else
        from ._estimator import Segmentation

        return Segmentation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
