"""The summary of a readout: may it be trusted, did it work, what about the guardrails, for whom, what to do."""

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from .._core.texts import Locale, is_known, join_sentences, join_words, percent, three_digits
from ._infer.verdicts import Row

if TYPE_CHECKING:
    from ._readout import Readout

_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "withheld": "{name}: no effect is shown, because {reasons}.",
        "find_sample_ratio": "Find the cause first: units that were lost are not like those that were kept, and may be "
        "all of the difference.",
        "find_shares_by_day": "Hold the day fixed: compare the arms day by day with strata='assigned_at'.",
        "find_balance": "Find out how units were assigned, and whether the covariate was known before exposure.",
        "sample_ratio": "the arms do not have the sizes of the design",
        "shares_by_day": "the shares of the arms changed from day to day",
        "balance": "the arms differed before exposure",
        "suspicious": "The sizes of the arms hardly fit the design: treat the result with caution.",
        "better": "{variant} improved {metric} against {control}: {change}.",
        "worse": "{variant} made {metric} worse than {control}: {change}.",
        "no_clear_difference": "{metric} shows no clear difference between {variant} and {control}: {change}.",
        "not_started": "{metric}: too few units that are not zero to say anything about {variant} yet.",
        "not_tested": "{metric} of {variant} could not be tested.",
        "relative": "{relative} ({low} to {high})",
        "absolute": "{difference} ({low} to {high})",
        "others": "Other goals with a clear change for {variant}: {metrics}.",
        "up": "{metric} better",
        "down": "{metric} worse",
        "guardrail_passed": "Guardrails that {variant} keeps: {metrics}.",
        "guardrail_not_shown": "Not shown to be within its margin: {metrics} of {variant}.",
        "guardrail_failed": "Worse than its margin: {metrics} of {variant}.",
        "groups": "The change in {metric} differs by {by}; see .by.",
        "release": "{variant} can be released.",
        "explain": "{variant} can be released once the failed or doubtful check has an explanation.",
        "wait": "Decide on {variant} at the planned size.",
        "hold": "{variant} should not be released yet: a guardrail is open.",
        "drop": "{variant} should not be released.",
        "keep": "Nothing speaks for {variant} so far.",
        "skewed": "A metric is so skewed that its test is wrong on one side at arms of different sizes.",
        "early": "The planned size has not been reached, so this is not the result.",
    },
    "zh": {
        "withheld": "{name}：不展示效果，因为{reasons}。",
        "find_sample_ratio": "请先查明原因：丢失的样本与留下的并不相同，全部差异都可能由此而来。",
        "find_shares_by_day": "请按分组日期分层后再比较。",
        "find_balance": "请查明样本是如何分组的，以及协变量是否在实验开始前就已确定。",
        "sample_ratio": "各组样本量与设计比例不符",
        "shares_by_day": "各组占比逐日变化",
        "balance": "各组在实验开始前就有差异",
        "suspicious": "各组样本量与设计比例勉强相符，请谨慎看待结果。",
        "better": "与{control}相比，{variant}改善了{metric}：{change}。",
        "worse": "与{control}相比，{variant}使{metric}变差：{change}。",
        "no_clear_difference": "{variant}与{control}的{metric}没有明显差异：{change}。",
        "not_started": "{variant}的{metric}非零样本太少，暂时无法判断。",
        "not_tested": "{variant}的{metric}无法检验。",
        "relative": "{relative}（{low}至{high}）",
        "absolute": "{difference}（{low}至{high}）",
        "others": "{variant}有明显变化的其他目标：{metrics}。",
        "up": "{metric}改善",
        "down": "{metric}变差",
        "guardrail_passed": "{variant}守住的护栏指标：{metrics}。",
        "guardrail_not_shown": "{variant}尚不能证明在容许范围内的护栏指标：{metrics}。",
        "guardrail_failed": "{variant}超出容许范围的护栏指标：{metrics}。",
        "groups": "{metric}的变化因{by}而异，详见分组结果表。",
        "release": "可以上线{variant}。",
        "explain": "查明未通过或存疑的检查的原因后，可以上线{variant}。",
        "wait": "请在达到计划样本量后再决定是否上线{variant}。",
        "hold": "{variant}暂不宜上线：护栏指标尚未通过。",
        "drop": "不宜上线{variant}。",
        "keep": "目前没有理由上线{variant}。",
        "skewed": "有指标严重偏态，各组样本量又不相等，单侧检验不可靠。",
        "early": "尚未达到计划样本量，这还不是最终结果。",
    },
}


def readout_sentences(readout: "Readout[object]", locale: Locale) -> str:
    """Return the sentences of a readout."""
    make = _withheld_sentences if readout.is_withheld else _sentences
    return join_sentences(make(readout, locale), locale=locale)


def _withheld_sentences(readout: "Readout[object]", locale: Locale) -> Iterator[str]:
    texts = _TEXTS[locale]
    failed = [*dict.fromkeys(check.check for check in readout._checks if check.verdict == "failed")]
    reasons = (", and " if locale == "en" else "，且").join(texts[name] for name in failed)
    yield texts["withheld"].format(name=readout.experiment, reasons=reasons)
    yield texts[f"find_{failed[0]}"]


def _sentences(readout: "Readout[object]", locale: Locale) -> Iterator[str]:
    texts = _TEXTS[locale]
    codes = {note.code for note in readout.notes}
    if "before_planned_size" in codes:
        yield texts["early"]
    if "sample_ratio_suspicious" in codes:
        yield texts["suspicious"]
    for variant in dict.fromkeys(row.variant for row in readout._rows):
        yield from _of_variant(readout, [row for row in readout._rows if row.variant == variant], variant, locale)
    for by in dict.fromkeys(row.by for row in readout._group_rows):
        rows = [
            row for row in readout._group_rows if row.by == by and row.comparison.measure.name == readout._primary()
        ]
        if any(row.q_value < 1 - readout.level for row in rows):
            yield texts["groups"].format(metric=readout._primary(), by=by)
    if "skewed_metric" in codes:
        yield texts["skewed"]


def _of_variant(readout: "Readout[object]", rows: Sequence[Row], variant: str, locale: Locale) -> Iterator[str]:
    texts = _TEXTS[locale]
    primary = next(row for row in rows if row.role == "primary")
    change = _change(primary, locale)
    yield texts[primary.verdict].format(variant=variant, metric=primary.metric, control=readout._control, change=change)
    clear = [row for row in rows if row.role == "secondary" and row.verdict in ("better", "worse")]
    if clear:
        words = [texts["up" if row.verdict == "better" else "down"].format(metric=row.metric) for row in clear]
        yield texts["others"].format(variant=variant, metrics=join_words(words, locale=locale))
    for verdict in ("passed", "not_shown", "failed"):
        names = [row.metric for row in rows if row.role == "guardrail" and row.verdict == verdict]
        if names:
            yield texts[f"guardrail_{verdict}"].format(variant=variant, metrics=join_words(names, locale=locale))
    codes = {note.code for note in readout.notes}
    yield texts[_advice(primary, rows, codes)].format(variant=variant)


def _change(row: Row, locale: Locale) -> str:
    """Return the relative difference with its interval, or the absolute one where there is none."""
    found, texts = row.comparison, _TEXTS[locale]
    if is_known(found.relative):
        shares = [_signed(percent(share), share) for share in (found.relative, found.relative_low, found.relative_high)]
        return texts["relative"].format(relative=shares[0], low=shares[1], high=shares[2])
    values = [_signed(three_digits(value), value) for value in (found.difference, found.low, found.high)]
    return texts["absolute"].format(difference=values[0], low=values[1], high=values[2])


def _signed(text: str, value: float) -> str:
    return f"+{text}" if value > 0 else text


def _advice(primary: Row, rows: Sequence[Row], codes: Set[str]) -> str:
    guardrails = [row.verdict for row in rows if row.role == "guardrail"]
    if "before_planned_size" in codes:
        return "wait"
    if primary.verdict == "worse" or "failed" in guardrails:
        return "drop"
    if primary.verdict != "better":
        return "keep"
    if any(verdict != "passed" for verdict in guardrails):
        return "hold"
    return "explain" if codes & {"sample_ratio_suspicious", "overridden"} else "release"
