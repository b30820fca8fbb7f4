"""Eight classes from three yes-or-no questions on the measures themselves: active, frequent, high value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Literal

import narwhals.stable.v2 as nw

from .._core.checks import instance, number, one_of
from .._core.frames import as_float, day_number, day_of, micro, whole_micro
from .._core.moments import moment
from ._scale import Scale
from ._segments import Segment

DAYS_PER_MONTH = 365.25 / 12
_THRESHOLDS = ("active", "dormant", "frequent", "rare", "high_value", "low_value")
_Texts = dict[str, tuple[str, str]]

_AXIS_NAMES: _Texts = {
    "active": ("active", "活跃"),
    "inactive": ("inactive", "不活跃"),
    "cooling": ("cooling", "趋冷"),
    "dormant": ("dormant", "沉睡"),
    "frequent": ("frequent", "高频"),
    "infrequent": ("infrequent", "低频"),
    "regular": ("regular", "中频"),
    "rare": ("rare", "低频"),
    "high_value": ("high value", "高价值"),
    "lower_value": ("lower value", "一般价值"),
    "medium_value": ("medium value", "中价值"),
    "low_value": ("low value", "低价值"),
}
_CONTACT: _Texts = {
    "active": ("Stay in touch", "保持互动"),
    "inactive": ("Win back", "主动召回"),
    "cooling": ("Remind now", "尽快提醒"),
    "dormant": ("Win back", "主动召回"),
}
_OCCASION: _Texts = {
    "frequent": ("thank for loyalty", "回馈忠实客户"),
    "infrequent": ("give a reason to come more often", "提升购买频次"),
    "regular": ("suggest the usual basket earlier", "提前推荐常购商品"),
    "rare": ("give a reason for the next order", "促成下一单"),
}
_EFFORT: _Texts = {
    "high_value": ("in person and with the best service", "专人服务"),
    "lower_value": ("with bundles that raise the order value", "用组合装提升客单价"),
    "medium_value": ("with an offer just above the usual order value", "用略高于客单价的门槛优惠"),
    "low_value": ("by automatic messages only", "仅用自动化消息触达"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EightClasses:
    """Classes by three splits of the measures themselves, whatever the scores.

    A customer is active by days since the last order, frequent by orders per month since the first order, and of high
    value by average order value.

    Parameters
    ----------
    active, dormant : float, default 30 and 90
        Days: active up to the first, dormant above the second.
    frequent, rare : float, default 3 and 1
        Orders per month: frequent from the first on, rare up to the second.
    high_value : float
        Average order value in the currency of the orders, high from this on. Money has a currency, so there is no
        default; the rule of thumb behind this scheme uses 200 yuan.
    low_value : float, optional
        Average order value, low up to this; the rule of thumb has 50 yuan. Needed where the middle is named.
    middle : {"low", "named"}
        Customers between two thresholds: "low" counts them as not active, not frequent, not of high value (8
        classes), so that `dormant`, `rare` and `low_value` have no effect; "named" gives the middle of each axis its
        own name (27 classes). With the defaults most customers of a shop are between two thresholds on some axis.

    Raises
    ------
    ValueError
        If two thresholds are not in order, or `low_value` is not given where the middle is named.

    Notes
    -----
    Orders per month are frequency / max(months from the first order to `as_of`, 1), a month being 365.25 / 12 days.

    Examples
    --------
    >>> scheme = EightClasses(high_value=200)
    >>> len(scheme.segments), scheme.segments[0].code, scheme.segments[0].display("zh")
    (8, 'active_frequent_high_value', '活跃高频高价值客户')
    """

    active: float = 30
    dormant: float = 90
    frequent: float = 3
    rare: float = 1
    high_value: float
    low_value: float | None = None
    middle: Literal["low", "named"] = "low"

    def __post_init__(self) -> None:
        one_of("middle", self.middle, ("low", "named"))
        if self.middle == "named" and self.low_value is None:
            raise ValueError("`low_value` must be given to name the middle of the average order value")
        names = _THRESHOLDS if self.low_value is not None else _THRESHOLDS[:-1]
        checked = {name: number(name, getattr(self, name), low=0, high=9e12) for name in names}
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_order({name: checked[name] for name in self._used_thresholds()})

    def _check_order(self, given: Mapping[str, float]) -> None:
        for low, high in (("active", "dormant"), ("rare", "frequent"), ("low_value", "high_value")):
            if low not in given or high not in given:
                continue
            below, above = given[low], given[high]
            if below >= above:
                raise ValueError(f"`{low}` must be below `{high}`, got {below:g} and {above:g}")

    @property
    def name(self) -> str:
        """The name of the scheme."""
        return "eight_classes"

    @property
    def segments(self) -> tuple[Segment, ...]:
        """All 8 or 27 classes, best first."""
        return tuple(_segment(parts) for parts in product(*self._axis_names()))

    def check(self, scale: Scale, /) -> None:
        """Accept every scale: the classes do not read scores."""
        instance("scale", scale, Scale)

    def expression(self, scale: Scale, /, *, as_of: datetime) -> nw.Expr:
        """Return the segment code of each row of a customer table."""
        instance("scale", scale, Scale)
        recency, frequency, value = self._axis_names()
        days, orders = nw.col("recency"), nw.col("frequency").cast(nw.Float64)
        tenure = (day_of(moment(as_of)) - day_number(nw.col("first_order_at"))).cast(nw.Float64)
        # Both sides times the days of tenure, at least one month: no division, so no library rounds otherwise.
        months = nw.when(tenure > DAYS_PER_MONTH).then(tenure).otherwise(nw.lit(DAYS_PER_MONTH))
        monthly, money = orders * DAYS_PER_MONTH, as_float(micro(nw.col("monetary")))
        average_high = orders * float(whole_micro(self.high_value))
        average_low = orders * float(whole_micro(self.low_value or 0))
        return nw.concat_str(
            _class_of(recency, days <= self.active, days > self.dormant),
            _class_of(frequency, monthly >= months * self.frequent, monthly <= months * self.rare),
            _class_of(value, money >= average_high, money <= average_low),
            separator="_",
        )

    def _used_thresholds(self) -> tuple[str, ...]:
        """Return the names of the thresholds that have an effect."""
        upper = ("active", "frequent", "high_value")
        if self.middle == "named":
            return (*upper, "dormant", "rare", "low_value")
        return upper if self.low_value is None else (*upper, "low_value")

    def _axis_names(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        if self.middle == "low":
            return ("active", "inactive"), ("frequent", "infrequent"), ("high_value", "lower_value")
        return (
            ("active", "cooling", "dormant"),
            ("frequent", "regular", "rare"),
            ("high_value", "medium_value", "low_value"),
        )


def _class_of(names: tuple[str, ...], is_best: nw.Expr, is_worst: nw.Expr) -> nw.Expr:
    other = nw.lit(names[1])
    if len(names) == 3:
        other = nw.when(is_worst).then(nw.lit(names[2])).otherwise(other)
    return nw.when(is_best).then(nw.lit(names[0])).otherwise(other)


def _segment(parts: tuple[str, ...]) -> Segment:
    contact, occasion, effort = _CONTACT[parts[0]], _OCCASION[parts[1]], _EFFORT[parts[2]]
    return Segment(
        code="_".join(parts),
        name=", ".join(_AXIS_NAMES[part][0] for part in parts).capitalize(),
        name_zh="".join(_AXIS_NAMES[part][1] for part in parts) + "客户",
        action=f"{contact[0]} and {occasion[0]}, {effort[0]}",
        action_zh=f"{contact[1]}，{occasion[1]}，{effort[1]}",
        win_back=parts[0] in ("inactive", "dormant"),
    )
