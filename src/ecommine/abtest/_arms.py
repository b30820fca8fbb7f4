"""Arms of an experiment: any values as texts, their shares, and the control."""

import math
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np

from .._core.checks import number, show
from .._core.texts import did_you_mean, quote_names


def arm_text(arm: object) -> str:
    """Return an arm as text: whole numbers without a point, true and false in small letters.

    Examples
    --------
    >>> arm_text(1), arm_text(1.0), arm_text(True), arm_text("B")
    ('1', '1', 'true', 'B')
    """
    if isinstance(arm, np.generic):
        arm = arm.item()
    if isinstance(arm, bool):
        return str(arm).lower()
    if isinstance(arm, float) and arm.is_integer():
        return str(int(arm))
    return str(arm)


def _checked_name(argument: str, arm: object) -> str:
    """Return an arm that a caller names as text."""
    if not isinstance(arm, str | Real | np.bool_):
        raise TypeError(f"`{argument}` must name arms by text, whole numbers or booleans, got {show(arm)}")
    try:
        return arm_text(arm)
    except ValueError:  # Python writes no whole number of 5,000 digits
        raise ValueError(f"`{argument}` must name arms by short texts, got {show(arm)}") from None


def check_arms(arms: object) -> dict[str, float | None]:
    """Return the arms with their shares, or None where these are not known."""
    if isinstance(arms, str) or not isinstance(arms, Mapping | Sequence):
        raise TypeError(
            f"`arms` must map each arm to its share, such as {{'control': 0.5, 'coupon': 0.5}}, got {show(arms)}"
        )
    names = [_checked_name("arms", arm) for arm in arms]
    if len(set(names)) < len(names):
        raise ValueError(f"`arms` must differ from each other, got {quote_names(names)}")
    if len(names) < 2:
        raise ValueError(f"`arms` must be two or more, a control and a treatment, got {quote_names(names) or 'none'}")
    if not isinstance(arms, Mapping) or all(share is None for share in arms.values()):
        return dict.fromkeys(names)
    shares = [number(f"arms[{name!r}]", share, low=0, high=1) for name, share in zip(names, arms.values(), strict=True)]
    if min(shares) == 0:
        raise ValueError(f"each share in `arms` must be above 0, got {shares}: leave out arms that no unit was to get")
    if not math.isclose(sum(shares), 1.0, abs_tol=1e-9):
        raise ValueError(f"the shares in `arms` must be 1 together, got {sum(shares):g}")
    return dict(zip(names, shares, strict=True))


def check_control(control: object, arms: Mapping[str, float | None]) -> str:
    name = _checked_name("control", control)
    if name not in arms:
        raise ValueError(
            f"`control` must be one of the arms {quote_names([*arms])}, got {show(name)}{did_you_mean(name, arms)}"
        )
    return name
