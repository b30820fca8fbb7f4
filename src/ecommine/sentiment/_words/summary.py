"""Summaries of words: those that set two groups apart, and those that go with returns."""

from ..._core.texts import Locale, counted, join_sentences, join_words, percent
from .comparison import Comparison

SHOWN = 5
"""Words that a sentence names."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "groups": "{words} compared in {n:,} target and {m:,} reference reviews{matched}.",
        "matched": ", within each product",
        "target": "More frequent in the target: {words}.",
        "reference": "More frequent in the reference: {words}.",
        "none": "No word is more frequent in one of them beyond chance.",
        "word": "{word} ({share} of reviews, {other} expected)",
        "quote": "“{word}”",
        "coverage": "{wrote:,} of {returned} have a review ({share}), and {other} of the kept ones: who does not write "
        "may have other reasons.",
        "reasons": "Reviews of returned purchases mention more often: {words}.",
        "kept": "Reviews of kept purchases mention more often: {words}.",
        "no_reason": "No word is more frequent in reviews of returned purchases beyond chance.",
        "association": "These words go with returns; that they cause them is not shown.",
    },
    "zh": {
        "groups": "在{n:,}条目标评价与{m:,}条对照评价中{matched}比较了{words}。",
        "matched": "按商品",
        "target": "目标评价中更常出现：{words}。",
        "reference": "对照评价中更常出现：{words}。",
        "none": "没有词语在任一组中显著更常出现。",
        "word": "{word}（{share}的评价，预期{other}）",
        "quote": "「{word}」",
        "coverage": "{returned}中有{wrote:,}笔写了评价（{share}），未退货的为{other}：没有写评价的客户可能另有原因。",
        "reasons": "退货商品的评价中更常提到：{words}。",
        "kept": "未退货商品的评价中更常提到：{words}。",
        "no_reason": "没有词语在退货商品的评价中显著更常出现。",
        "association": "这些词语与退货相关，但并不能证明是退货的原因。",
    },
}


def keyword_sentences(words: Comparison, locale: Locale) -> str:
    """Return how many words were compared, and those that set the groups apart."""
    texts = _TEXTS[locale]
    count = counted(len(words.words), "word") if locale == "en" else f"{len(words.words):,}个词语"
    parts = [
        texts["groups"].format(
            words=count,
            n=words.n_target,
            m=words.n_reference,
            matched=texts["matched"] if words.is_matched else "",
        )
    ]
    found = _named(words, ("target", "reference"), locale)
    return join_sentences([*parts, *(found or [texts["none"]])], locale=locale)


def reason_sentences(words: Comparison, counts: tuple[int, int, int, int], locale: Locale) -> str:
    """Return who wrote of what came back, and the words that go with returns.

    Parameters
    ----------
    counts : four ints
        Purchases that came back and those with a review, then those that were kept, as the other two.
    """
    texts = _TEXTS[locale]
    returned, wrote, kept, kept_wrote = counts
    name = counted(returned, "returned purchase") if locale == "en" else f"{returned:,}笔退货"
    shares = [percent(part / whole if whole else None) for part, whole in ((wrote, returned), (kept_wrote, kept))]
    coverage = texts["coverage"].format(wrote=wrote, returned=name, share=shares[0], other=shares[1])
    if not words.typical(of_target=True):
        return join_sentences([coverage, texts["no_reason"]], locale=locale)
    return join_sentences([coverage, *_named(words, ("reasons", "kept"), locale), texts["association"]], locale=locale)


def _named(words: Comparison, keys: tuple[str, str], locale: Locale) -> list[str]:
    """Return a sentence for each group that has typical words."""
    parts = []
    for key, of_target in zip(keys, (True, False), strict=True):
        places = words.typical(of_target=of_target)[:SHOWN]
        if places:
            named = [_word(words, place, locale, is_target=of_target) for place in places]
            parts.append(_TEXTS[locale][key].format(words=join_words(named, locale=locale)))
    return parts


def _word(words: Comparison, place: int, locale: Locale, *, is_target: bool) -> str:
    """Return a word with its share, and the one expected from the other group's reviews of the same products."""
    texts = _TEXTS[locale]
    count, n = (words.target[place], words.n_target) if is_target else (words.reference[place], words.n_reference)
    other = (words.expected_target if is_target else words.expected_reference)[place]
    shares = {"share": percent(round(count / max(n, 1), 3)), "other": percent(round(float(other), 3))}
    return texts["word"].format(word=texts["quote"].format(word=words.words[place]), **shares)
