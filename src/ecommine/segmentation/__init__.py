"""Segmentation."""
from ._features import features
from ._lifecycle import Lifecycle, lifecycle
from ._stages import Stages
from ._tiers import Tiers, tiers
from ._transitions import Transitions, transitions
__all__ = ["Lifecycle", "Stages", "Tiers", "Transitions", "features", "lifecycle", "tiers", "transitions"]
