"""Keywords: counted once per review, customer and text, within products; nothing between random halves."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import SchemaError, sentiment
from ecommine.sentiment._words.counting import Opinions, copy_key, count_words, without_copies, without_repeats
from libraries import to_pandas
from notes import note_counts
from sentiment.shops import written


def reviews(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Return reviews of three products: those of one and two stars say that it shrank."""
    rng = np.random.default_rng(seed)
    low = rng.random(n) < 0.5
    words = np.where(low & (rng.random(n) < 0.7), "shrank", np.where(rng.random(n) < 0.5, "lovely", "fine"))
    return pd.DataFrame(
        {
            "review_id": np.arange(n),
            "product_id": rng.integers(0, 3, n),
            "customer_id": np.arange(n) + 100,
            "rating": np.where(low, 1, 5),
            "text": [f"It {word} number {i}" for i, word in enumerate(words)],
        }
    )


def split(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    low = table["rating"] <= 2
    return table[low].reset_index(drop=True), table[~low].reset_index(drop=True)


@pytest.mark.call("sentiment.keywords")
def test_every_library_finds_the_same(library) -> None:
    target, reference = split(reviews())
    expected = sentiment.keywords(target, reference, min_reviews=5)
    found = sentiment.keywords(library(target), library(reference), min_reviews=5)
    table = to_pandas(found.table)
    assert table["word"].tolist()[0] == "shrank"
    assert table["word"].tolist() == expected.table["word"].tolist()
    for name in ("log_odds", "log_odds_low", "p_value", "q_value", "target_share"):
        assert table[name].to_numpy() == pytest.approx(expected.table[name].to_numpy(), rel=1e-9, nan_ok=True)
    assert len(to_pandas(found.quotes)) == len(expected.quotes) > 0


def test_rows_in_any_order_give_the_same() -> None:
    target, reference = split(reviews())
    one = sentiment.keywords(target, reference, min_reviews=5)
    other = sentiment.keywords(target[::-1], reference.sample(frac=1, random_state=1), min_reviews=5)
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.quotes, other.quotes)


def counts_of(text, is_target, stratum, customer, least=1):
    n = len(text)
    made = Opinions.of(text, ["en"] * n, np.arange(n), np.array(is_target), np.array(stratum), np.array(customer))
    found = count_words(without_repeats(without_copies(made)), least)
    return {word: (int(found.target[i]), int(found.reference[i])) for i, word in enumerate(found.words)}, found


def test_a_word_counts_once_per_review_and_customer() -> None:
    text = ["broke broke broke", "it broke broke", "broke", "fine"]
    counts, found = counts_of(text, [True] * 3 + [False], [0] * 4, [1, 1, 2, 3])
    assert counts == {"broke": (2, 0), "fine": (0, 1)}
    assert (found.n_target, found.n_reference) == (2, 1)


def test_customers_who_write_about_many_products_have_one_voice() -> None:
    """The same counts from customers of ten products each have a design effect; from one of each they have none."""
    n = 400
    is_target = (np.arange(n) // 10) % 2 == 0
    text = ["broke" if (i // 10) % 4 < 2 else "fine" for i in range(n)]
    stratum = np.arange(n) % 10
    alone = counts_of(text, is_target, stratum, np.arange(n))[1]
    few = counts_of(text, is_target, stratum, np.arange(n) // 10)[1]
    assert alone.design_effect.tolist() == [1, 1]
    assert few.design_effect == pytest.approx([10, 10])
    assert few.target.tolist() == alone.target.tolist()


def test_who_writes_often_brings_no_words() -> None:
    """Kept purchases come from customers with many reviews, and all say the same of themselves: nothing differs."""
    rng = np.random.default_rng(0)
    n = 4_000
    customer = np.where(rng.random(n) < 0.8, rng.integers(0, 60, n), 100 + np.arange(n))
    is_target = rng.random(n) < np.where(customer < 100, 0.02, 0.3)
    text = [f"gift {i}" if i % 5 else f"lovely {i}" for i in range(n)]
    table = pd.DataFrame({"customer_id": customer, "product_id": rng.integers(0, 12, n), "text": text})
    found = sentiment.keywords(table[is_target], table[~is_target])
    assert (found.table["q_value"] > 0.05).all()


def test_copies_count_once_and_short_texts_all() -> None:
    text = ["this one broke after a day"] * 4 + ["This one BROKE, after a day!", "broke", "broke"]
    counts, _ = counts_of(text, [True] * 7, [0] * 7, [1, 2, 3, 4, 5, 6, 7])
    assert counts["broke"] == (3, 0)
    counts, _ = counts_of(text, [True, False] * 3 + [True], [0] * 7, [1, 2, 3, 4, 5, 6, 7])
    assert sum(counts["broke"]) == 3
    counts, _ = counts_of(text, [True] * 7, [0, 0, 1, 1, 1, 0, 1], [1, 2, 3, 4, 5, 6, 7])
    assert counts["broke"] == (4, 0)


def test_copies_bring_no_words_where_groups_differ_in_size() -> None:
    """A text that a tenth of all customers copy stays as frequent in a small group as in a large one."""
    rng = np.random.default_rng(0)
    n = 3_000
    is_target = rng.random(n) < 0.1
    text = ["I am very happy with it" if one < 0.5 else f"lovely {i}" for i, one in enumerate(rng.random(n))]
    table = pd.DataFrame({"customer_id": range(n), "product_id": rng.integers(0, 30, n), "text": text})
    found = sentiment.keywords(table[is_target], table[~is_target])
    assert "copies_left_out" in note_counts(found.notes)
    assert (found.table["q_value"] > 0.2).all()


def test_unknown_customers_are_each_their_own() -> None:
    counts, _ = counts_of(["broke", "broke"], [True, True], [0, 0], [-1, -1])
    assert counts == {"broke": (2, 0)}


@given(
    st.lists(
        st.tuples(st.sampled_from(["tea", "pot", "cup tea", "tea pot"]), st.booleans(), st.integers(0, 2)), max_size=25
    )
)
def test_it_is_the_slow_count(rows) -> None:
    text, group, stratum = (list(part) for part in zip(*rows, strict=True)) if rows else ([], [], [])
    counts = counts_of(text, group, stratum, range(len(rows)))[0] if rows else {}
    slow: dict = defaultdict(lambda: [0, 0])
    for words, is_target, _ in rows:
        for word in words.split():
            slow[word][not is_target] += 1
    assert counts == {word: tuple(both) for word, both in slow.items()}


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        ("fifteen letters", False),
        ("fifteen letters!!", False),
        ("sixteen letters x", True),
        ("一二三四五六七八九十一二三四五", True),
        ("一二三四五六七八九十一二三四", False),
    ],
)
def test_copies_have_fifteen_letters(text: str, is_key: bool) -> None:
    assert bool(copy_key(text)) is is_key


def test_what_is_left_out_is_told() -> None:
    target, reference = split(reviews())
    extra = pd.DataFrame(
        {
            "review_id": [900, 901, 902, 903],
            "product_id": [0, 0, None, 77],
            "customer_id": [1, 2, 3, 4],
            "rating": 1,
            "text": ["系统默认好评", "Muy buena calidad, la recomiendo", "It broke zebras", "It broke"],
        }
    )
    found = sentiment.keywords(pd.concat([target, extra]), reference, min_reviews=5)
    notes = note_counts(found.notes)
    assert notes == {"default_praise": 1, "other_languages": 1, "reviews_without_product": 1, "unmatched_reviews": 1}
    found = sentiment.keywords(pd.concat([target, extra]), reference, min_reviews=5, match=None)
    assert note_counts(found.notes) == {"default_praise": 1, "other_languages": 1, "rare_words": 2}


def test_without_a_product_the_shop_is_one() -> None:
    target, reference = split(reviews().drop(columns="product_id"))
    found = sentiment.keywords(target, reference, min_reviews=5)
    assert "no_product_id" in note_counts(found.notes)
    alone = sentiment.keywords(*split(reviews()), match=None, min_reviews=5)
    assert "no_product_id" not in note_counts(alone.notes)
    pd.testing.assert_frame_equal(found.table, alone.table)


def test_a_mix_of_products_brings_no_word() -> None:
    """Product 0 is tea in all its reviews and has most of the target: within products nothing differs."""
    rng = np.random.default_rng(0)
    n = 600
    product = np.where(rng.random(n) < 0.5, 0, 1)
    is_target = rng.random(n) < np.where(product == 0, 0.8, 0.2)
    table = pd.DataFrame(
        {"product_id": product, "text": [f"{'tea' if p == 0 else 'pot'} {i}" for i, p in enumerate(product)]}
    )
    crude = sentiment.keywords(table[is_target], table[~is_target], match=None)
    matched = sentiment.keywords(table[is_target], table[~is_target])
    assert (crude.table["q_value"] < 1e-6).all()
    assert (matched.table["q_value"] == 1).all()


def test_ids_of_two_kinds_and_missing_texts_are_errors() -> None:
    target, reference = split(reviews())
    with pytest.raises(SchemaError, match="product_id"):
        sentiment.keywords(target, reference.astype({"product_id": str}))
    with pytest.raises(SchemaError, match="text"):
        sentiment.keywords(target.drop(columns="text"), reference)


@pytest.mark.parametrize("empty", [0, 1])
def test_an_empty_group_has_no_words(empty: int) -> None:
    groups = list(split(reviews()))
    groups[empty] = groups[empty].iloc[:0]
    found = sentiment.keywords(*groups)
    assert len(found.table) == 0
    assert found.headline.startswith("0 words")


def halves(table: pd.DataFrame, seed: int) -> bool:
    is_target = np.random.default_rng(seed).random(len(table)) < 0.5
    found = sentiment.keywords(table[is_target], table[~is_target])
    return bool((found.table["q_value"] <= 0.05).any())


def test_random_halves_have_no_keywords() -> None:
    assert sum(halves(written(seed, n=600)[0].table, seed) for seed in range(25)) <= 4


@pytest.mark.parity
def test_random_halves_of_real_reviews_have_no_keywords() -> None:
    """500 halves of 1,500 Chinese hotel reviews in ten random groups; beside them the power for a planted word."""
    from ecommine.sentiment._words import counting
    from ecommine.sentiment._words.comparison import WordOptions, compare_words
    from sentiment.labelled import real

    pytest.importorskip("rjieba", reason="rjieba is not installed")
    table = real("online_shopping_reviews_zh")
    texts = [text[:400] for text in table.loc[table["cat"] == "酒店", "review"].dropna().head(1_500)]
    words = {text: counting.words_of(text, "zh") for text in texts}
    options, n = WordOptions.of(20, 0.95, "bh"), len(texts)

    def compared(seed: int, share: float | None):
        rng = np.random.default_rng(seed)
        is_target = rng.random(n) < 0.5
        planted = rng.random(n) < np.where(is_target, share or 0, 0.03)
        marked = [f"{text}\x1f" if share and one else text for text, one in zip(texts, planted, strict=True)]
        made = Opinions.of(marked, ["zh"] * n, np.arange(n), is_target, rng.integers(0, 10, n), np.arange(n))
        return compare_words(made, options)[0]

    def of_marked(text: str, _: str) -> set[str]:
        own = words.get(text)
        return own if own is not None else words[text[:-1]] | {"planted"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "words_of", of_marked)
        finds = sum(bool((compared(seed, None).q_value <= 0.05).any()) for seed in range(500))
        assert finds <= 35
        power = {}
        for share in (0.05, 0.08, 0.13):
            runs = [compared(seed, share) for seed in range(20)]
            power[share] = sum("planted" in [one.words[i] for i in one.typical(of_target=True)] for one in runs)
        print(f"random halves with a find: {finds} of 500; planted word at 3 % against 5, 8, 13 %: {power} of 20")
        assert power[0.13] >= 18


def test_groups_have_the_names_of_the_caller() -> None:
    texts = [f"{word}, {i}" for word in ("Too small", "Lovely") for i in range(30)]
    reviews = pd.DataFrame({"product_id": 7, "text": texts})
    found = sentiment.keywords(reviews[:30], reviews[30:], names=("bad reviews", "差评"))
    assert "30 bad reviews and 30 差评" in found.headline
    assert "More frequent in bad reviews: “too small” (100% against 0%)" in found.summary()
    assert "差评中更常出现：「lovely」（占100%，另一组占0%）" in found.summary(locale="zh")
    assert found.table.columns[1] == "target_reviews"
    plain = sentiment.keywords(reviews[:30], reviews[30:])
    assert "30 target reviews and 30 reference reviews" in plain.headline


@pytest.mark.parametrize(
    ("names", "error"), [("ab", TypeError), (["a"], ValueError), ([1, 2], TypeError), (3, TypeError)]
)
def test_names_that_are_no_two_texts_are_refused(names, error) -> None:
    reviews = pd.DataFrame({"text": ["good"]})
    with pytest.raises(error, match="`names`"):
        sentiment.keywords(reviews, reviews, names=names)
