"""What the segments add up to: one row a segment, and sentences for the person who decides."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.frames import Frame, build, collect
from ._segments import Locale, Segment

_FLOATS = ("share", "money", "share_of_money", "average_order_value", "median_recency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One segment in numbers."""

    segment: Segment
    customers: int
    orders: int
    money: float
    median_recency: float | None


def groups(frame: Frame, segments: tuple[Segment, ...]) -> list[Group]:
    """Sum up every segment of a scored table, in the given order, also those without customers.

    Customers are counted by segment and recency in the caller's engine, so that the medians are exact without a row a
    customer in memory.
    """
    counts = frame.group_by("segment", "recency").agg(
        nw.len().alias("customers"), nw.col("frequency").sum().alias("orders"), nw.col("monetary").sum().alias("money")
    )
    rows = collect(counts.select("segment", *_numbers("recency", "customers", "orders"), "money"))
    columns = {name: np.asarray(values) for name, values in rows.to_dict(as_series=False).items()}
    return [_group(segment, columns) for segment in segments]


def _numbers(*names: str) -> list[nw.Expr]:
    return [nw.col(name).cast(nw.Int64) for name in names]


def _group(segment: Segment, columns: "dict[str, np.ndarray[Any, Any]]") -> Group:
    mine = columns["segment"] == segment.code
    of = {name: values[mine] for name, values in columns.items()}
    order = np.argsort(of["recency"])
    return Group(
        segment=segment,
        customers=int(of["customers"].sum()),
        orders=int(of["orders"].sum()),
        money=float(of["money"][order].sum()),
        median_recency=median_of_counts(of["recency"][order], of["customers"][order]),
    )


def median_of_counts(values: "np.ndarray[Any, Any]", counts: "np.ndarray[Any, Any]") -> float | None:
    """Return the median of sorted values that come with counts, None where there are none.

    Examples
    --------
    >>> median_of_counts(np.array([1, 4, 9]), np.array([1, 1, 2]))
    6.5
    """
    total = int(counts.sum())
    if total == 0:
        return None
    middle = np.array([(total - 1) // 2, total // 2])
    return float(values[np.searchsorted(np.cumsum(counts), middle, side="right")].mean())


def segment_table(found: list[Group], *, like: Frame) -> Any:
    """Write the groups as a table of the caller's library."""
    customers, money = sum(group.customers for group in found), sum(group.money for group in found)
    columns = {
        "segment": [group.segment.code for group in found],
        "customers": [group.customers for group in found],
        "share": [ratio(group.customers, customers) for group in found],
        "orders": [group.orders for group in found],
        "money": [group.money for group in found],
        "share_of_money": [ratio(group.money, money) for group in found],
        "average_order_value": [ratio(group.money, group.orders) for group in found],
        "median_recency": [group.median_recency for group in found],
        "action": [group.segment.advice("en") for group in found],
    }
    typed = build(columns, like=like).with_columns(*(nw.col(name).cast(nw.Float64) for name in _FLOATS))
    return typed.to_native()


def ratio(part: float, whole: float) -> float | None:
    """Divide; None where the whole is not positive, so that a share means nothing."""
    return part / whole if whole > 0 else None


def sentences(found: list[Group], as_of: datetime, locale: Locale) -> str:
    """Say who brings the money, who is slipping away and what to do: two to four sentences."""
    alive = [group for group in found if group.customers]
    texts = _TEXTS[locale]
    if not alive:
        return texts["nobody"].format(day=f"{as_of:%Y-%m-%d}")
    customers, money = sum(group.customers for group in alive), sum(group.money for group in alive)
    total = {"day": f"{as_of:%Y-%m-%d}", "customers": customers, "money": money}
    parts = [texts["total"].format(**total, orders=sum(group.orders for group in alive))]
    best = max(alive, key=lambda group: group.money)
    parts.append(texts["best"].format(**_words(best, customers, money, locale)))
    slipping = _slipping(alive, best)
    if slipping is not None:
        parts.append(texts["slipping"].format(**_words(slipping, customers, money, locale)))
    largest = max(alive, key=lambda group: group.customers)
    if largest not in (best, slipping):
        parts.append(texts["largest"].format(**_words(largest, customers, money, locale)))
    return texts["joint"].join(parts)


def _slipping(alive: list[Group], best: Group) -> Group | None:
    """Find where the most money is among segments that came longer ago than the middle segment did."""
    middle = float(np.median([group.median_recency or 0.0 for group in alive]))
    late = [group for group in alive if (group.median_recency or 0.0) > middle and group is not best]
    return max(late, key=lambda group: group.money, default=None)


def _words(group: Group, customers: int, money: float, locale: Locale) -> dict[str, object]:
    share_of_money = ratio(group.money, money)
    return {
        "name": group.segment.display(locale),
        "customers": group.customers,
        "share": group.customers / customers,
        "money": group.money,
        "share_of_money": "-" if share_of_money is None else f"{share_of_money:.1%}",
        "days": group.median_recency,
        "action": group.segment.advice(locale),
    }


_TEXTS = {
    "en": {
        "nobody": "Up to {day} no customer has an order.",
        "total": "Up to {day}, {customers:,} customers spent {money:,.0f} in {orders:,} orders.",
        "best": "Most money comes from {name}: {customers:,} customers ({share:.1%}) with {share_of_money} of the "
        "money. What to do: {action}.",
        "slipping": "Most money at stake is with {name}: {customers:,} customers worth {money:,.0f} "
        "({share_of_money}), half of them without an order for {days:,.0f} days or more. What to do: {action}.",
        "largest": "The largest group is {name} with {customers:,} customers ({share:.1%}) and {share_of_money} of "
        "the money. What to do: {action}.",
        "joint": " ",
    },
    "zh": {
        "nobody": "截至{day}，没有客户下单。",
        "total": "截至{day}，{customers:,}位客户共下单{orders:,}笔，消费{money:,.0f}。",
        "best": "贡献金额最多的是{name}：{customers:,}位客户（占{share:.1%}）"
        "贡献{share_of_money}的金额。建议：{action}。",
        "slipping": "最值得挽回的是{name}：{customers:,}位客户，累计消费{money:,.0f}（占{share_of_money}），"
        "半数已有{days:,.0f}天以上未下单。建议：{action}。",
        "largest": "人数最多的是{name}：{customers:,}位客户（占{share:.1%}），"
        "贡献{share_of_money}的金额。建议：{action}。",
        "joint": "",
    },
}
