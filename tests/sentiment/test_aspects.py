"""Aspects: found by words, counted by review, with levels from stars and changes within products."""

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, datasets, sentiment
from ecommine.sentiment._aspects.word_lists import AspectFinder, check_aspects
from libraries import to_pandas
from notes import note_counts
from sentiment.shops import NOTHING, PLANTED, written


def found_in(clause: str, aspects=None) -> list[str]:
    finder = AspectFinder(check_aspects(aspects))
    return [finder.names[i] for i in finder.find(clause)]


@pytest.mark.parametrize(
    ("clause", "names"),
    [
        ("The QUALITY is fine", ["quality"]),
        ("it fell apart", ["quality"]),
        ("fell down, apart from that", []),
        ("delivered late", ["delivery"]),
        ("great prices", ["price"]),
        ("a costume", []),
        ("the box was broken", ["quality", "packaging"]),
        ("服务态度很差", ["service"]),
        ("衣服有味道", ["smell"]),
        ("味道很好", ["taste"]),
        ("汤没有味道", ["taste", "smell"]),
        ("水果很甜", ["taste"]),
        ("價格便宜，物流快", ["price", "delivery"]),
        ("It was a gift", []),
        ("", []),
        ("👍", []),
    ],
)
def test_words_of_the_default_lists(clause: str, names: list[str]) -> None:
    assert found_in(clause) == names


def test_lists_can_be_replaced() -> None:
    own = {"battery": ["batter*", "runs out", "电池"], "colour": ("RED",)}
    assert found_in("Batteries; it runs out", own) == ["battery"]
    assert found_in("red-hot reds and a 電池", own) == ["battery", "colour"]
    assert found_in("the quality", own) == []
    both = sentiment.aspects(pd.DataFrame({"text": ["red quality"]}), aspects={**sentiment.ASPECTS, **own})
    assert both.mentions["aspect"].tolist() == ["quality", "colour"]


@pytest.mark.parametrize(
    ("aspects", "error"),
    [
        ([], TypeError), ("size", TypeError), ({}, ValueError), ({"a": []}, TypeError), ({"a": "word"}, TypeError),
        ({"a": [1]}, TypeError), ({1: ["a"]}, TypeError), ({"a": ["*"]}, TypeError), ({"": ["a"]}, ValueError),
    ],
)  # fmt: skip
def test_lists_that_are_none_are_refused(aspects, error) -> None:
    with pytest.raises(error, match="`aspects`"):
        check_aspects(aspects)


def small() -> pd.DataFrame:
    """Return reviews of two products in two months, with every row to leave out."""
    rows = [
        *[(1, i, "2024-01-10", 5, "Great quality") for i in range(30)],
        *[(1, i, "2024-02-10", 1, "The quality is terrible. Bad quality") for i in range(30)],
        *[(2, i, "2024-01-10", 4, "The price is great") for i in range(40)],
        (1, 90, "2024-01-10", 5, "系统默认好评"),
        (1, 91, "2024-01-11", 5, None),
        (2, 92, "2024-02-10", 1, "Muy mala calidad, no lo recomiendo"),
        (None, 93, "2024-02-10", 1, "Bad quality"),
        (2, 94, None, 1, "Bad quality"),
        (2, 95, "2024-04-10", 1, "Bad quality"),
    ]
    table = pd.DataFrame(rows, columns=["product_id", "customer_id", "reviewed_at", "rating", "text"])
    table["product_id"] = [f"p{one:.0f}" if one == one else None for one in table["product_id"]]
    table["reviewed_at"] = pd.to_datetime(table["reviewed_at"]).astype("datetime64[us]")
    return table.assign(review_id=np.arange(len(table)))


def test_what_is_left_out_is_told() -> None:
    found = sentiment.aspects(small(), as_of="2024-02-20")
    assert note_counts(found.notes) == {
        "default_praise": 1,
        "other_languages": 1,
        "no_text": 1,
        "rows_after_as_of": 1,
        "reviews_without_product": 1,
        "reviews_without_time": 1,
        "partial_period": 30,
    }
    assert str(found.as_of) == "2024-02-20 23:59:59.999999"


@pytest.mark.parametrize(
    ("clause", "polarity"),
    [("尺码完全不对", -1), ("性价比太低了", -1), ("外观很丑", -1), ("尺码偏小", -1), ("电池不耐用", -1),
     ("衣服有味道", -1), ("服务员很亲切", 1)],
)  # fmt: skip
def test_faults_in_chinese_clauses(clause: str, polarity: int) -> None:
    found = sentiment.aspects(pd.DataFrame({"text": [clause]})).mentions
    assert found["polarity"].unique().tolist() == [{1: "positive", -1: "negative"}[polarity]]


def test_levels_come_from_stars_where_there_are_any() -> None:
    reviews = pd.DataFrame({"text": ["质量很好"] * 3, "rating": [5, 4, 5]})
    assert "take levels from stars" in sentiment.aspects(reviews).summary()
    for locale, words in (("en", "stars"), ("zh", "星级")):
        assert words not in sentiment.aspects(reviews[["text"]]).summary(locale=locale)


def test_default_praise_is_in_no_share() -> None:
    table = sentiment.aspects(small(), as_of="2024-02-20").table
    quality = table[(table["product_id"] == "p1") & (table["aspect"] == "quality")].iloc[0]
    assert (quality["opinions"], quality["mentions"], quality["mention_share"]) == (60, 60, 1.0)
    price = table[(table["product_id"] == "p2") & (table["aspect"] == "price")].iloc[0]
    assert (price["opinions"], price["mentions"]) == (41, 40)


def test_a_review_mentions_an_aspect_once() -> None:
    found = sentiment.aspects(pd.DataFrame({"text": ["The quality. Quality! And quality? The price"]}))
    assert found.overall.set_index("aspect")["mentions"].loc[["quality", "price", "size"]].tolist() == [1, 1, 0]
    assert found.table is found.overall
    assert note_counts(found.notes) == {"no_product_id": None}


@pytest.mark.parametrize(("n", "reason"), [(29, "few_reviews"), (30, None)])
def test_few_reviews_have_no_shares(n: int, reason) -> None:
    found = sentiment.aspects(pd.DataFrame({"product_id": 1, "text": ["Good quality"] * n})).table
    assert [None if pd.isna(one) else one for one in found["reason"]] == [reason]
    assert found["mention_share"].isna().tolist() == [reason is not None]


@pytest.mark.parametrize(("n", "reason"), [(9, "few_mentions"), (10, None)])
def test_few_mentions_have_no_share_of_them(n: int, reason) -> None:
    table = pd.DataFrame({"product_id": 1, "text": ["Good quality"] * n + ["It was a gift"] * 40})
    found = sentiment.aspects(table).table
    assert [None if pd.isna(one) else one for one in found["reason"]] == [reason]
    assert found["called_negative_share"].isna().tolist() == [reason is not None]
    assert found["mention_share"].notna().all()


@pytest.mark.parametrize(("n", "is_corrected"), [(199, False), (200, True)])
def test_a_share_of_mentions_has_an_interval_only_where_stars_correct_it(n: int, is_corrected: bool) -> None:
    rating = [1.0] * 50 + [5.0] * (n - 50) + [np.nan] * 50
    table = pd.DataFrame({"product_id": 1, "text": ["Good quality"] * len(rating), "rating": rating})
    found = sentiment.aspects(table).table.iloc[0]
    names = ["low_star_share", "low_star_share_low", "low_star_share_high"]
    assert found[names].notna().tolist() == [is_corrected] * 3
    if is_corrected:  # all mentions are called alike, so that the stars decide
        assert found["low_star_share"] == pytest.approx(0.25)
        assert found["low_star_share_low"] == pytest.approx(0.195, abs=0.005)


def test_stars_that_all_mentions_have_are_the_share() -> None:
    from ecommine.sentiment._aspects.mentions import Mentions, Opinions
    from ecommine.sentiment._aspects.shares import aspect_shares

    rng = np.random.default_rng(0)
    covered, widths = 0, []
    n, runs = 600, 400
    for _ in range(runs):
        truth = rng.random(n) < 0.15
        call = np.where(rng.random(n) < 0.25, ~truth, truth)  # a quarter of the calls are wrong
        rating = np.where(rng.random(n) < 0.5, np.where(truth, 1.0, 5.0), np.nan)
        zeros = np.zeros(n, dtype=np.int64)
        opinions = Opinions(
            row=np.arange(n), product=zeros, category=zeros, customer=np.arange(n), time=zeros, rating=rating, age=zeros
        )
        mentions = Mentions(
            opinion=np.arange(n),
            aspect=zeros,
            sign=np.where(call, -1, 1),
            is_mixed=zeros > 0,
            clause=[""] * n,
            strength=call * 1.0,
        )
        shares = aspect_shares(opinions, mentions, zeros, 1, 1, 30, 0.95)
        covered += bool(shares.low_star_share_low[0, 0] <= 0.15 <= shares.low_star_share_high[0, 0])
        widths.append(shares.low_star_share_high[0, 0] - shares.low_star_share_low[0, 0])
        assert shares.called_negative_share[0, 0] > 0.2
    assert 0.92 <= covered / runs <= 0.98
    assert np.mean(widths) < 0.1


@pytest.mark.call("sentiment.aspects")
def test_every_library_finds_the_same(library) -> None:
    expected = sentiment.aspects(small(), as_of="2024-02-20")
    found = sentiment.aspects(library(small()), as_of="2024-02-20")
    assert found.headline == expected.headline
    assert note_counts(found.notes) == note_counts(expected.notes)
    for name, table in expected.tables.items():
        made = to_pandas(found.tables[name])
        assert list(made.columns) == list(table.columns)
        assert len(made) == len(table)
        for column in ("mentions", "negative", "mention_share", "difference", "mean_rating", "excess_negative"):
            if column in made:
                plain = to_pandas(table)[column].to_numpy()
                assert made[column].to_numpy() == pytest.approx(plain, nan_ok=True)
    assert len(to_pandas(found.priorities())) == len(expected.priorities())


def test_rows_in_any_order_give_the_same() -> None:
    drawn = written(0, PLANTED, n=900)[0].table
    one, other = sentiment.aspects(drawn), sentiment.aspects(drawn.sample(frac=1, random_state=0))
    for name in ("aspects", "overall", "changes", "stars"):
        pd.testing.assert_frame_equal(one.tables[name], other.tables[name])
    columns = ["product_id", "aspect", "polarity", "quote"]
    assert one.quotes[columns].equals(other.quotes[columns])
    pd.testing.assert_frame_equal(one.priorities(), other.priorities())


def test_the_table_of_stars() -> None:
    found = sentiment.aspects(small(), as_of="2024-02-20").stars
    assert found["ratings"].tolist() == [31, 30, 40, 1]
    assert found["mean_rating"].tolist()[:3] == [5.0, 1.0, 4.0]
    assert found["negative_share"].tolist()[:3] == [0.0, 1.0, 0.0]
    assert np.isnan(found["mean_rating"].tolist()[3])
    assert found["complete"].tolist() == [True, False, True, False]
    assert found["period_at"].tolist()[:2] == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")]


@pytest.mark.parametrize(("as_of", "complete"), [("2024-02-29", True), ("2024-02-28", False)])
def test_the_last_period_is_marked_until_it_is_over(as_of: str, complete: bool) -> None:
    found = sentiment.aspects(small(), as_of=as_of)
    assert found.changes["complete"].unique().tolist() == [complete]
    assert ("partial_period" in note_counts(found.notes)) is not complete


def test_the_excess_is_by_category_where_there_is_one() -> None:
    table = pd.DataFrame(
        {
            "product_id": np.repeat([1, 2, 3, 4], 100),
            "category": np.repeat(["a", "a", "b", "b"], 100),
            "text": ["Terrible quality, bad"] * 40
            + ["I got it"] * 160
            + ["Terrible quality, bad"] * 160
            + ["I got it"] * 40,
        }
    )
    by_category = sentiment.aspects(table).priorities().set_index("product_id")
    alone = sentiment.aspects(table.drop(columns="category")).priorities().set_index("product_id")
    assert by_category.loc[1, "category_rate"] == 0.2
    assert alone.loc[3, "category_rate"] == 0.5
    assert 1 in by_category.index
    assert 1 not in alone.index
    assert 0 < by_category.loc[1, "excess_negative"] < 20


def test_telephone_numbers_are_masked_wherever_texts_are_shown() -> None:
    table = pd.DataFrame({"text": ["Good quality call 13800138000 now"] * 3})
    found = sentiment.aspects(table)
    shown = [found.mentions["clause"], found.quotes["quote"]]
    assert all("***" in text and "1380" not in text for texts in shown for text in texts)


@pytest.mark.parametrize(
    "texts", [[], [None, ""], ["👍", "666"], ["系统默认好评"], ["x" * 100_000], ["no aspect here"]]
)
def test_odd_texts(texts) -> None:
    table = pd.DataFrame({"product_id": 1, "text": pd.Series(texts, dtype="object"), "rating": 3})
    found = sentiment.aspects(table)
    assert len(found.table) == 0
    assert len(found.overall) == len(sentiment.ASPECTS)
    assert found.summary()
    assert found.summary(locale="zh")


def test_no_text_and_wrong_products_are_errors() -> None:
    with pytest.raises(SchemaError, match="text"):
        sentiment.aspects(pd.DataFrame({"rating": [1]}))
    with pytest.raises(ValueError, match="`product`"):
        sentiment.aspects(small()).plot(product=77)


def clear_changes(table: pd.DataFrame) -> set:
    return changes_and_faults(table)[0]


def changes_and_faults(table: pd.DataFrame) -> tuple[set, set]:
    """Return products and aspects with a change, and those that are worse than elsewhere, beyond chance."""
    found = sentiment.aspects(table)
    changed = found.changes[found.changes["q_value"] <= 0.05]
    worse = found.table[(found.table["excess_q_value"] <= 0.05) & (found.table["excess_negative"] > 0)]
    return pairs_of(changed), pairs_of(worse)


def pairs_of(table: pd.DataFrame) -> set:
    ids = [None if pd.isna(one) else int(one) for one in table["product_id"]]
    return set(zip(ids, table["aspect"], strict=True))


def test_planted_faults_are_found() -> None:
    """The weak products are the first priorities, and the drop of the fourth is flagged in its month."""
    drawn = written(3, PLANTED, n=8_000)[0]
    found = sentiment.aspects(drawn.table)
    weak = drawn.truth[drawn.truth["kind"] == "weak"]
    first = found.priorities().head(3)
    pairs = set(zip(first["product_id"], first["aspect"], strict=True))
    assert set(zip(weak["product_id"], weak["aspect"], strict=True)) <= pairs
    drop = drawn.truth[drawn.truth["kind"] == "drop"].iloc[0]
    changes = found.changes
    clear = changes[(changes["q_value"] <= 0.05) & (changes["scope"] == "product")]
    assert (clear["product_id"] == drop["product_id"]).all()
    assert (clear["aspect"] == drop["aspect"]).all()
    assert len(clear) >= 1
    assert clear["period_at"].min() <= drop["since"] + pd.Timedelta("31D")


def test_a_whole_shop_shows_its_faults() -> None:
    shop = datasets.make_shop(
        1_000, 240, n_products=60, reviews=datasets.Reviews(share=0.6, weak_products=2, return_reasons=0, drops=0)
    )
    found = sentiment.aspects(shop.reviews).priorities().head(3)
    truth = shop.truth.reviews
    pairs = set(zip(found["product_id"], found["aspect"], strict=True))
    assert set(zip(truth["product_id"], truth["aspect"], strict=True)) <= pairs


@pytest.mark.parity
def test_shops_without_a_fault_change_nothing() -> None:
    """500 shops; beside them the power for a drop, and shops whose mix of products changes from month to month."""
    quiet = [changes_and_faults(written(seed, NOTHING, n=2_500)[0].table) for seed in range(500)]
    finds, faults = (sum(bool(one[i]) for one in quiet) for i in (0, 1))
    drops = 0
    for seed in range(20):
        drawn = written(seed, PLANTED, n=6_000)[0]
        drop = drawn.truth[drawn.truth["kind"] == "drop"].iloc[0]
        drops += (int(drop["product_id"]), drop["aspect"]) in clear_changes(drawn.table)
    mixes = sum(bool(clear_changes(mixed(seed))) for seed in range(100))
    print(f"shops without a change with one: {finds} of 500; drops found: {drops} of 20; moving mixes: {mixes} of 100")
    print(f"shops without a worse product with one: {faults} of 500")
    assert finds <= 35
    assert faults <= 35
    assert drops >= 18
    assert mixes <= 10


def mixed(seed: int) -> pd.DataFrame:
    """Return reviews of a weak product, whose share of the reviews grows from month to month, and of others."""
    from dataclasses import replace

    table = written(seed, replace(NOTHING, weak_products=1), n=6_000)[0].table
    rng = np.random.default_rng(seed)
    month = table["reviewed_at"].dt.month.to_numpy()
    stays = np.where(table["product_id"] == 1, month / 5, 1 - month / 8)
    return table[rng.random(len(table)) < stays]


@pytest.mark.parametrize(
    ("aspect", "column"),
    [("service", "service_waiters_attitude"), ("price", "price_level"), ("taste", "dish_taste")],
)
def test_aspects_of_labelled_restaurant_reviews(aspect: str, column: str) -> None:
    """Bu et al. (2021): 300 reviews with labels of people, -2 where an aspect is not mentioned."""
    from sentiment.labelled import real

    table = real("asap_restaurant_reviews_zh")
    reviews = pd.DataFrame({"review_id": range(len(table)), "text": table["reviewbody"]})
    mentions = sentiment.aspects(reviews).mentions
    polarity = mentions[mentions["aspect"] == aspect].set_index("review_id")["polarity"]
    true = table[column][table[column] != -2]
    both = true.index.intersection(polarity.index)
    assert len(both) / len(true) >= 0.85
    assert len(both) / len(polarity) >= 0.75
    assert abs((polarity == "negative").mean() - (true == -1).mean()) <= 0.10
    sign = polarity.loc[both].map({"positive": 1, "negative": -1, "neutral": 0, "mixed": 0})
    has_sign = (sign != 0) & (true.loc[both] != 0)
    assert (sign == true.loc[both])[has_sign].mean() >= 0.85


def test_reviews_of_another_age_are_no_change() -> None:
    """Early reviews complain of delivery; in the second month there are more of them, after a promotion."""
    rng = np.random.default_rng(0)
    n = 800
    month = rng.integers(1, 3, n)
    days = np.where(rng.random(n) < np.where(month == 1, 0.2, 0.8), 2, 60)
    text = np.where((days == 2) & (rng.random(n) < 0.6), "Delivery was terribly slow", "I use it daily")
    time = np.datetime64("2024-01-10", "us") + (month == 2) * np.timedelta64(31, "D")
    table = pd.DataFrame({"product_id": 1, "text": text, "reviewed_at": time})
    crude = sentiment.aspects(table).changes
    matched = sentiment.aspects(table.assign(ordered_at=time - days * np.timedelta64(1, "D"))).changes
    assert (crude["q_value"].dropna() < 1e-6).all()
    assert (matched["q_value"].dropna() > 0.05).all()
    assert len(matched["q_value"].dropna()) > 0


def test_stars_that_are_none_and_rows_that_repeat_are_left_out() -> None:
    table = pd.DataFrame({"review_id": [1, 2, 3, 4, 4], "text": "Good quality", "rating": [0.0, np.inf, -5, 4, 4]})
    found = sentiment.aspects(table.assign(reviewed_at=np.datetime64("2024-01-01", "us")), min_reviews=1)
    assert note_counts(found.notes) == {
        "ratings_out_of_range": 3, "repeated_review_ids": 1, "no_product_id": None, "partial_period": 4,
    }  # fmt: skip
    assert found.stars["ratings"].tolist() == [1]
    assert found.stars["mean_rating"].tolist() == [4.0]
    assert found.overall.set_index("aspect").loc["quality", "opinions"] == 4


def test_stars_of_reviews_are_no_polarity_of_mentions() -> None:
    text = ["The quality is great, but delivery was slow"] * 100 + ["The quality is great and delivery was fast"] * 150
    found = sentiment.aspects(pd.DataFrame({"text": text, "rating": [1] * 100 + [5] * 150}))
    quality = found.overall.set_index("aspect").loc["quality"]
    assert quality["called_negative_share"] == 0
    assert quality["low_star_share"] == pytest.approx(0.4)
