"""Summaries of words: those that set two groups apart, and those that go with returns."""

from ..._core.texts import Locale, counted, join_sentences, join_words, percent
from .comparison import Comparison

SHOWN = 5
"""Words that a sentence names."""
Names = tuple[str, str]
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "groups": "{words} compared in {n:,} {first} and {m:,} {other}{matched}.",
        "matched": ", within each product",
        "more": "More frequent in {name}: {words}.",
        "none": "No word is more frequent in one of them beyond chance.",
        "word": "“{word}” ({share} against {other})",
        "matched word": "“{word}” ({share} against {other}; {expected} expected)",
        "expected": "Expected is the share if the word were as frequent as in the other group's reviews of the same "
        "products.",
        "coverage": "{wrote:,} of {returned} have a review ({share}), and {other} of the kept ones: who does not write "
        "may have other reasons.",
        "no_reason": "No word is more frequent in reviews of returned purchases beyond chance.",
        "association": "These words go with returns; that they cause them is not shown.",
    },
    "zh": {
        "groups": "在{n:,}条{first}与{m:,}条{other}中{matched}比较了{words}。",
        "matched": "按商品",
        "more": "{name}中更常出现：{words}。",
        "none": "没有词语在任一组中显著更常出现。",
        "word": "「{word}」（占{share}，另一组占{other}）",
        "matched word": "「{word}」（占{share}，另一组占{other}，预期{expected}）",
        "expected": "预期值是指该词在同样商品中与另一组同样常见时应占的比例。",
        "coverage": "{returned}中有{wrote:,}笔写了评价（{share}），未退货的为{other}：没有写评价的客户可能另有原因。",
        "no_reason": "没有词语在退货商品的评价中显著更常出现。",
        "association": "这些词语与退货相关，但并不能证明是退货的原因。",
    },
}


def keyword_sentences(words: Comparison, names: Names, locale: Locale) -> str:
    """Return how many words were compared, and those that set the groups apart."""
    texts = _TEXTS[locale]
    first = texts["groups"].format(
        words=counted(len(words.words), "word") if locale == "en" else f"{len(words.words):,}个词语",
        n=words.n_target,
        m=words.n_reference,
        first=names[0],
        other=names[1],
        matched=texts["matched"] if words.is_matched else "",
    )
    return join_sentences([first, *(_typical(words, names, locale) or [texts["none"]])], locale=locale)


def reason_sentences(words: Comparison, counts: tuple[int, int, int, int], names: Names, locale: Locale) -> str:
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
    return join_sentences([coverage, *_typical(words, names, locale), texts["association"]], locale=locale)


def _typical(words: Comparison, names: Names, locale: Locale) -> list[str]:
    """Return a sentence for each group that has typical words, and what the expected share is."""
    texts, parts = _TEXTS[locale], []
    for name, of_target in zip(names, (True, False), strict=True):
        places = words.typical(of_target=of_target)[:SHOWN]
        if places:
            named = [_word(words, place, locale, is_target=of_target) for place in places]
            parts.append(texts["more"].format(name=name, words=join_words(named, locale=locale)))
    return [*parts, texts["expected"]] if parts and words.is_matched else parts


def _word(words: Comparison, place: int, locale: Locale, *, is_target: bool) -> str:
    """Return a word with its share in both groups, and the one expected from reviews of the same products."""
    shares = [words.target[place] / max(words.n_target, 1), words.reference[place] / max(words.n_reference, 1)]
    share, other = shares if is_target else shares[::-1]
    expected = (words.expected_target if is_target else words.expected_reference)[place]
    return _TEXTS[locale]["matched word" if words.is_matched else "word"].format(
        word=words.words[place],
        share=percent(round(float(share), 3)),
        other=percent(round(float(other), 3)),
        expected=percent(round(float(expected), 3)),
    )
