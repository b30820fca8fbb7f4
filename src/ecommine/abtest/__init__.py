"""A/B tests."""

from ._experiment import Experiment
from ._metrics import Guardrail, Mean, Proportion, RatioOfMeans
from ._plan import Plan
from ._readout import Readout
from ._units import units

__all__ = ["Experiment", "Guardrail", "Mean", "Plan", "Proportion", "RatioOfMeans", "Readout", "units"]
