"""The sentences of a migration: what moved, and which movement earned or cost the most."""

from collections.abc import Sequence
from datetime import datetime

from .._core.frames import MICRO
from ._flows import Flow, bridge
from ._segments import Locale, Segment

PART_NAMES: dict[Locale, dict[str, str]] = {
    "en": {
        "new": "New customers",
        "gone": "Gone customers",
        "upgraded_orders": "Upgraded: orders",
        "upgraded_order_value": "Upgraded: order value",
        "stayed_orders": "Stayed: orders",
        "stayed_order_value": "Stayed: order value",
        "downgraded_orders": "Downgraded: orders",
        "downgraded_order_value": "Downgraded: order value",
    },
    "zh": {
        "new": "新增客户",
        "gone": "未再下单客户",
        "upgraded_orders": "升级客户：订单数",
        "upgraded_order_value": "升级客户：客单价",
        "stayed_orders": "持平客户：订单数",
        "stayed_order_value": "持平客户：客单价",
        "downgraded_orders": "降级客户：订单数",
        "downgraded_order_value": "降级客户：客单价",
    },
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "change": "From {before} to {after} revenue changed by {change:+,.0f}, from {first:,.0f} to {last:,.0f}.",
        "moves": "Of {kept:,} retained customers {up:,} moved up and {down:,} moved down; {new:,} are new and "
        "{gone:,} have no order any more.",
        "gain": 'The largest gain comes from "{part}": {money:+,.0f}.',
        "loss": 'The largest loss comes from "{part}": {money:+,.0f}.',
        "flow": "The most expensive move is from {origin} to {target}: {customers:,} customers, {change:+,.0f}.",
        "joint": " ",
    },
    "zh": {
        "change": "从{before}到{after}，收入变化{change:+,.0f}，由{first:,.0f}到{last:,.0f}。",
        "moves": "留存客户{kept:,}位，其中升级{up:,}位、降级{down:,}位；新增{new:,}位，不再下单{gone:,}位。",
        "gain": "增收最多的部分是{part}：{money:+,.0f}。",
        "loss": "减收最多的部分是{part}：{money:+,.0f}。",
        "flow": "损失最大的流动是从{origin}到{target}：{customers:,}位客户，{change:+,.0f}。",
        "joint": "",
    },
}


def migration_sentences(
    flows: Sequence[Flow], segments: Sequence[Segment], days: tuple[datetime, datetime], locale: Locale
) -> str:
    """Say what moved between two moments."""
    texts = _TEXTS[locale]
    parts = [texts["change"].format(**_change(flows, days)), texts["moves"].format(**_moves(flows))]
    effects = sorted((money / MICRO, part) for part, (_, money) in bridge(flows).items())
    for key, (money, part) in (("gain", effects[-1]), ("loss", effects[0])):
        if (money > 0) if key == "gain" else (money < 0):
            parts.append(texts[key].format(part=PART_NAMES[locale][part], money=money))
    worst = min(
        (flow for flow in flows if flow.move == "downgraded"), key=lambda flow: flow.after - flow.before, default=None
    )
    if worst is not None and worst.after < worst.before:
        parts.append(texts["flow"].format(**_flow_words(worst, segments, locale)))
    return texts["joint"].join(parts)


def _change(flows: Sequence[Flow], days: tuple[datetime, datetime]) -> dict[str, object]:
    first, last = sum(flow.before for flow in flows) / MICRO, sum(flow.after for flow in flows) / MICRO
    before, after = (f"{day:%Y-%m-%d}" for day in days)
    return {"before": before, "after": after, "first": first, "last": last, "change": last - first}


def _moves(flows: Sequence[Flow]) -> dict[str, int]:
    count = {
        move: sum(flow.customers for flow in flows if flow.move == move)
        for move in ("upgraded", "downgraded", "stayed", "new", "gone")
    }
    up, down = count["upgraded"], count["downgraded"]
    return {"kept": up + down + count["stayed"], "up": up, "down": down, "new": count["new"], "gone": count["gone"]}


def _flow_words(flow: Flow, segments: Sequence[Segment], locale: Locale) -> dict[str, object]:
    names = [segments[rank].display(locale) for rank in (flow.origin, flow.target) if rank is not None]
    return {
        "origin": names[0],
        "target": names[-1],
        "customers": flow.customers,
        "change": (flow.after - flow.before) / MICRO,
    }
