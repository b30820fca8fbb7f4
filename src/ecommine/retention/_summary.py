"""Summaries: what a manager can act on, in English and Chinese."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .._core.texts import Locale, counted, join_sentences, percent
from .._stats.arrays import divide
from .._stats.intervals import normal_quantile, wilson_interval
from ._models.buying import DUE_SOON, OVERDUE
from ._models.checks import ALL, FLAGGED
from ._options import UNITS

if TYPE_CHECKING:
    from ._cohorts import CohortReturns
    from ._curve import CurveRow
    from ._models.triangle import Triangle
    from ._reminders import Due
    from ._value import ValueRow
    from ._warnings import Warned

SIGNIFICANT = 0.05
LARGE = 30
"""Customers of a group that a summary names."""
MIN_FLAGGED = 30
"""Flagged customers at earlier moments, below whom a summary says nothing of how many came back."""


def curve_sentences(rows: Sequence["CurveRow"], is_corrected: bool, locale: Locale) -> str:
    """Return how many come back, and the group that differs most from the others."""
    texts, parts = _TEXTS[locale], []
    new = [row for row in rows if not row.first_seen]
    for row in _shown(new):
        known = np.flatnonzero(~np.isnan(row.shares.share))
        if not len(known):
            continue
        at = int(known[-1])
        parts.append(
            texts["returned"].format(
                who=_who(row.group, locale),
                customers=counted(row.customers, "customer", locale=locale),
                shares=(" / " if locale == "en" else "、").join(percent(float(row.shares.share[i])) for i in known),
                days=(" / " if locale == "en" else "、").join(f"{row.within[i]:,}" for i in known),
                low=percent(float(row.shares.low[at])),
                high=percent(float(row.shares.high[at])),
            )
        )
    found = [row for row in new if np.nanmin(np.append(row.q_value, 1.0)) < SIGNIFICANT]
    if found:
        names = ("、" if locale == "zh" else ", ").join(_group(row.group) for row in found[:5])
        parts.append(texts["groups_differ"].format(n=len(found), names=names))
        parts += [] if is_corrected else [texts["uncorrected"]]
    return join_sentences(parts or [texts["nobody"]], locale=locale)


def _shown(rows: Sequence["CurveRow"]) -> Sequence["CurveRow"]:
    """Return the best and the worst group of several, of those that are not small where there are enough."""
    known = [row for row in rows if not np.isnan(row.shares.share).all()]
    large = [row for row in known if row.customers >= LARGE]
    known = large if len(large) > 1 else known
    if len(known) < 3:
        return known
    ranked = sorted(known, key=lambda row: -float(row.shares.share[~np.isnan(row.shares.share)][-1]))
    return [ranked[0], ranked[-1]]


def _group(group: tuple[str | None, ...]) -> str:
    return " / ".join("–" if value is None else value for value in group)


def _who(group: tuple[str | None, ...], locale: Locale) -> str:
    if not group:
        return ""
    return f"{_group(group)}: " if locale == "en" else f"{_group(group)}："


def cohort_sentences(
    cells: "Triangle", returned: "CohortReturns", every: str, is_corrected: bool, level: float, locale: Locale
) -> str:
    """Return the pooled retention of the first periods, the trend of cohorts, and which differ."""
    texts = _TEXTS[locale]
    parts = _pooled_sentences(cells, every, level, locale)
    tested = np.flatnonzero(returned.q_value < SIGNIFICANT)
    if len(tested):
        best, worst = (int(tested[pick(returned.returned[tested])]) for pick in (np.argmax, np.argmin))
        parts.append(
            texts["cohorts_differ" if len(tested) > 1 else "cohort_differs"].format(
                n=len(tested),
                best=_cohort(cells, best, every),
                high=percent(float(returned.returned[best])),
                worst=_cohort(cells, worst, every),
                low=percent(float(returned.returned[worst])),
            )
        )
        parts += [] if is_corrected else [texts["uncorrected"]]
    elif np.isfinite(returned.q_value).sum() > 1:
        parts.append(texts["cohorts_alike"])
    return join_sentences(parts or [texts["nobody"]], locale=locale)


def _pooled_sentences(cells: "Triangle", every: str, level: float, locale: Locale) -> list[str]:
    """Return who is active in the first periods, and of how many: later periods are over for fewer customers."""
    kept = cells.is_complete & ~cells.first_seen[cells.block]
    active, customers = (
        np.bincount(cells.period[kept], weights=values[kept])[1:4]
        for values in (cells.active, cells.customers[cells.block])
    )
    if not len(customers):
        return []
    comma = " / " if locale == "en" else "、"
    shares = divide(active, customers)
    low, high = wilson_interval(shares[-1:], customers[-1:], normal_quantile(level))
    bases = customers.astype(int).tolist()
    bases = bases if len(set(bases)) > 1 else bases[:1]
    noun = "new customer" if bases == [1] else "new customers"
    return [
        _TEXTS[locale]["pooled" if len(shares) > 1 else "pooled_once"].format(
            customers=comma.join(f"{n:,}" for n in bases) + (f" {noun}" if locale == "en" else "位新客户"),
            every=UNITS[every][0 if locale == "en" else 1],
            shares=comma.join(map(percent, shares.tolist())),
            periods=comma.join(map(str, range(1, len(shares) + 1))),
            low=percent(float(low[0])),
            high=percent(float(high[0])),
        )
    ]


def _cohort(cells: "Triangle", block: int, every: str) -> str:
    from ._models.triangle import cohort_times

    time = cohort_times(cells.cohort[block : block + 1], every)[0]
    return f"{time:%Y-%m-%d}" if every in ("1d", "1w") else f"{time:%Y-%m}" if every != "1y" else f"{time:%Y}"


def value_sentences(rows: Sequence["ValueRow"], horizon: int, locale: Locale) -> str:
    """Return what a new customer brings, and how much of it later."""
    texts, parts = _TEXTS[locale], []
    for row in [row for row in rows if not row.first_seen][:5]:
        known = np.flatnonzero(~np.isnan(row.value))
        if not len(known):
            continue
        at = int(known[-1])
        days = int(row.age[at])
        later = float(row.value[at] - row.value[0])
        parts.append(
            texts["value"].format(
                who=_who(row.group, locale),
                days=counted(days, "day") if locale == "en" else f"{days:,}天",
                value=float(row.value[at]),
                low=float(row.low[at]),
                high=float(row.high[at]),
                first=float(row.value[0]),
                later=percent(later / float(row.value[at])) if row.value[at] > 0 else "–",
            )
        )
        if days < horizon:
            parts.append(texts["value_short"].format(horizon=horizon))
    return join_sentences(parts or [texts["nobody"]], locale=locale)


def warning_sentences(warned: "Warned", horizon: int, frequent: int, locale: Locale) -> str:
    """Return how many have gone quiet, how many of such came back earlier, and how well predictions did."""
    texts = _TEXTS[locale]
    n, flagged = len(warned.flagged), int(warned.flagged.sum())
    if not n:
        return texts["no_frequent"].format(frequent=frequent)
    parts = [
        texts["quiet"].format(
            n=counted(n, "customer", locale=locale),
            frequent=frequent,
            flagged=f"{flagged:,}",
            share=percent(flagged / n),
        )
    ]
    checks, has_checks = warned.checks, len(warned.checks.customers) > 0
    if flagged:
        spend = float(warned.usual_spend[warned.flagged].sum())
        parts.append(texts["usual_spend"].format(horizon=horizon, spend=spend))
    if flagged and has_checks and checks.customers[FLAGGED] >= MIN_FLAGGED:
        share, low, high = (
            percent(float(values[FLAGGED])) for values in (checks.actual, checks.actual_low, checks.actual_high)
        )
        risk = float(warned.spend_at_risk[warned.flagged].sum())
        parts.append(texts["came_back"].format(share=share, low=low, high=high, horizon=horizon, risk=risk))
    if has_checks:
        predicted, actual = float(checks.predicted[ALL]), float(checks.actual[ALL])
        parts.append(texts["check"].format(horizon=horizon, predicted=percent(predicted), actual=percent(actual)))
    elif not np.isfinite(warned.return_probability).any():
        parts.append(texts["no_history"])
    return join_sentences(parts, locale=locale)


def replenishment_sentences(due: "Due", window: int, locale: Locale) -> str:
    """Return how many are due, what is expected of the most probable, and what cannot be predicted."""
    texts = _TEXTS[locale]
    if not due.n_pairs:
        return texts["no_purchases"]
    soon, overdue = int((due.status == DUE_SOON).sum()), int((due.status == OVERDUE).sum())
    parts = [
        texts["due"].format(
            pairs=_pairs(due.n_pairs, locale),
            soon=f"{soon:,}",
            overdue=f"{overdue:,}",
            window=window,
        )
    ]
    known = due.probability[np.isfinite(due.probability)]
    if len(known):
        top = known[: max(len(known) // 20, 1)]
        parts.append(
            texts["top"].format(
                n=_pairs(len(top), locale),
                share=percent(float(top.mean())),
                rest=percent(float(known.mean())),
                window=window,
            )
        )
    if due.n_single:
        parts.append(texts["single"].format(n=f"{due.n_single:,}"))
    return join_sentences(parts, locale=locale)


def _pairs(n: int, locale: Locale) -> str:
    return counted(n, "pair") if locale == "en" else f"{n:,}个组合"


_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "nobody": "No new customer was observed for long enough.",
        "no_purchases": "There are no purchases.",
        "returned": "{who}Of {customers}, {shares} buy again within {days} days (the last between {low} and {high}).",
        "groups_differ": "Groups that differ from the others beyond chance: {n} ({names}).",
        "pooled": "Of {customers}, {shares} buy in calendar {every} {periods} after that of the first purchase (the "
        "last between {low} and {high}).",
        "pooled_once": "Of {customers}, {shares} buy in calendar {every} {periods} after that of the first purchase "
        "(between {low} and {high}).",
        "cohorts_differ": "Cohorts whose return within 30 days differs from the others beyond chance: {n}, from "
        "{worst} ({low}) to {best} ({high}).",
        "cohort_differs": "One cohort's return within 30 days differs from the others beyond chance: {best} ({high}).",
        "cohorts_alike": "No cohort's return within 30 days differs from the others beyond chance.",
        "uncorrected": "No correction was made for the number of tests, so that some differ by chance alone.",
        "value": "{who}A new customer brings {value:,.2f} in the first {days} ({low:,.2f} to {high:,.2f}); the first "
        "order is {first:,.2f} of it, and {later} come later.",
        "value_short": "Too few customers were watched for {horizon} days.",
        "no_frequent": "No customer has {frequent} days of purchase.",
        "quiet": "Of {n} with at least {frequent} days of purchase, {flagged} ({share}) have been silent for unusually "
        "long.",
        "usual_spend": "At their usual rate these would spend {spend:,.0f} within {horizon} days.",
        "came_back": "Of customers who were as quiet at earlier dates, {share} ({low} to {high}) bought within "
        "{horizon} days all the same; {risk:,.0f} of that spend is at risk.",
        "check": "{horizon} days ago the same method expected {predicted} of frequent customers to buy, and {actual} "
        "did.",
        "no_history": "The history is too short to predict who comes back.",
        "due": "{pairs} of customer and product: {soon} due within {window} days, {overdue} overdue.",
        "top": "Of the most probable 5% ({n}), {share} are expected to be bought within {window} days; of all that "
        "were bought at least twice, {rest}.",
        "single": "{n} were bought on a single day and cannot be predicted.",
    },
    "zh": {
        "nobody": "没有观察时间足够长的新客户。",
        "no_purchases": "没有购买记录。",
        "returned": "{who}{customers}中，{days}天内再次购买的比例分别为{shares}（最后一项的区间为{low}至{high}）。",
        "groups_differ": "有{n}个组与其他组的差异超出偶然：{names}。",
        "pooled": "{customers}在首购之后第{periods}{every}购买的比例分别为{shares}（最后一项的区间为{low}至{high}）。",
        "pooled_once": "{customers}在首购之后第{periods}{every}购买的比例为{shares}（区间为{low}至{high}）。",
        "cohorts_differ": "有{n}个客户批次的30天回购率与其他批次的差异超出偶然，从{worst}的{low}到{best}的{high}。",
        "cohort_differs": "有1个客户批次的30天回购率与其他批次的差异超出偶然：{best}（{high}）。",
        "cohorts_alike": "各客户批次的30天回购率没有超出偶然的差异。",
        "uncorrected": "未对多次检验进行校正，其中部分差异可能出于偶然。",
        "value": "{who}新客户在首{days}内平均带来{value:,.2f}（区间{low:,.2f}至{high:,.2f}），其中首单{first:,.2f}，"
        "后续占{later}。",
        "value_short": "观察满{horizon}天的客户太少。",
        "no_frequent": "没有购买满{frequent}天的客户。",
        "quiet": "{n}购买满{frequent}天，其中{flagged}位（{share}）沉默时间异常长。",
        "usual_spend": "按平时的节奏，他们在{horizon}天内本应消费{spend:,.0f}。",
        "came_back": "以往同样沉默的客户中，有{share}（{low}至{high}）仍在{horizon}天内购买；"
        "上述消费中{risk:,.0f}面临流失。",
        "check": "{horizon}天前，同一方法预计{predicted}的常客会购买，实际为{actual}。",
        "no_history": "历史数据太短，无法预测谁会回来。",
        "due": "在{pairs}（客户与商品）中，{soon}个将在{window}天内到期，{overdue}个已逾期。",
        "top": "概率最高的5%（{n}）预计有{share}会在{window}天内购买，全部至少购买过两次的组合平均为{rest}。",
        "single": "{n}个组合只购买过一天，无法预测。",
    },
}
