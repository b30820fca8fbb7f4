"""The summary of a migration: what moved, and which movement earned or cost the most."""

from collections.abc import Sequence

from .._core.frames import MICRO
from .._core.texts import Locale, counted, join_sentences, measured
from ._flows import Flow, bridge
from ._segments import Segment

PART_NAMES: dict[Locale, dict[str, str]] = {
    "en": {
        "new": "New or returning",
        "gone": "Gone customers",
        "upgraded_orders": "Upgraded: orders",
        "upgraded_order_value": "Upgraded: order value",
        "stayed_orders": "Stayed: orders",
        "stayed_order_value": "Stayed: order value",
        "downgraded_orders": "Downgraded: orders",
        "downgraded_order_value": "Downgraded: order value",
        "late_refunds": "Late refunds and charges",
    },
    "zh": {
        "new": "新增或回流客户",
        "gone": "未再下单客户",
        "upgraded_orders": "升级客户：订单数",
        "upgraded_order_value": "升级客户：客单价",
        "stayed_orders": "持平客户：订单数",
        "stayed_order_value": "持平客户：客单价",
        "downgraded_orders": "降级客户：订单数",
        "downgraded_order_value": "降级客户：客单价",
        "late_refunds": "无订单客户的退款与费用",
    },
}
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "change": "{before} against {after}: revenue from known customers changed by {change:+,.0f}, "
        "from {first:,.0f} to {last:,.0f}.",
        "cumulative": "{before} against {after}: not both results have a period, so money is cumulative "
        "and its growth is not a change in revenue.",
        "moves": "Of {kept}, {up:,} moved up and {down:,} moved down; {new:,} had no order before (new or returning), "
        "and {gone:,} had none after.",
        "gain": 'The largest gain comes from "{part}": {money:+,.0f}.',
        "loss": 'The largest loss comes from "{part}": {money:+,.0f}.',
        "flow": "The costliest move is from {origin} to {target}: {customers}, {change:+,.0f}.",
    },
    "zh": {
        "change": "{before}与{after}相比，已知客户的收入变化{change:+,.0f}，由{first:,.0f}到{last:,.0f}。",
        "cumulative": "{before}与{after}相比：并非两期都设定了统计期间，金额为截至当日的累计值，其增长不代表收入变化。",
        "moves": "留存客户{kept}，其中升级{up:,}位、降级{down:,}位；新增或回流{new:,}位，未再下单{gone:,}位。",
        "gain": "增收最多的是{part}（{money:+,.0f}）。",
        "loss": "减收最多的是{part}（{money:+,.0f}）。",
        "flow": "损失最大的客户流动是从{origin}到{target}：{customers}，{change:+,.0f}。",
    },
}


def migration_sentences(
    flows: Sequence[Flow],
    segments: Sequence[Segment],
    periods: tuple[str, str],
    locale: Locale,
    *,
    is_cumulative: bool,
) -> str:
    """Return what moved between two periods; where money is cumulative, that comes first, and nothing of revenue."""
    texts = _TEXTS[locale]
    first, last = sum(flow.before for flow in flows) / MICRO, sum(flow.after for flow in flows) / MICRO
    opening = texts["cumulative" if is_cumulative else "change"].format(
        before=periods[0][:1].upper() + periods[0][1:], after=periods[1], first=first, last=last, change=last - first
    )
    parts = [opening, texts["moves"].format(**_move_counts(flows, locale))]
    if not is_cumulative:
        parts += [*_extreme_effects(flows, locale), *_costliest_downgrade(flows, segments, locale)]
    return join_sentences(parts, locale=locale)


def _extreme_effects(flows: Sequence[Flow], locale: Locale) -> list[str]:
    """Return the parts that earned and cost the most."""
    texts = _TEXTS[locale]
    effects = sorted((money / MICRO, part) for part, (_, money) in bridge(flows).items())
    (low, worst), (high, best) = effects[0], effects[-1]
    extremes = [("gain", high, best)] if high > 0 else []
    extremes += [("loss", low, worst)] if low < 0 else []
    return [texts[key].format(part=_part(part, money, locale), money=money) for key, money, part in extremes]


def _part(part: str, money: float, locale: Locale) -> str:
    name = PART_NAMES[locale][part]
    if locale == "en" or "：" not in name:
        return name
    verb = ("增加" if money > 0 else "减少") if part.endswith("orders") else ("提高" if money > 0 else "下降")
    return name.replace("：", "") + verb


def _costliest_downgrade(flows: Sequence[Flow], segments: Sequence[Segment], locale: Locale) -> list[str]:
    """Return the downgrade that cost the most."""
    costly = [flow for flow in flows if flow.move == "downgraded" and flow.after < flow.before]
    if not costly:
        return []
    worst = min(costly, key=lambda flow: flow.after - flow.before)
    origin, target = (segments[rank].display(locale) for rank in (worst.origin, worst.target) if rank is not None)
    change, customers = (worst.after - worst.before) / MICRO, counted(worst.customers, "customer", locale=locale)
    return [_TEXTS[locale]["flow"].format(origin=origin, target=target, customers=customers, change=change)]


def _move_counts(flows: Sequence[Flow], locale: Locale) -> dict[str, object]:
    count = {
        move: sum(flow.customers for flow in flows if flow.move == move)
        for move in ("upgraded", "downgraded", "stayed", "new", "gone")
    }
    up, down = count["upgraded"], count["downgraded"]
    kept = up + down + count["stayed"]
    words = counted(kept, "retained customer") if locale == "en" else measured(kept, "customer")
    return {"kept": words, "up": up, "down": down, "new": count["new"], "gone": count["gone"]}
