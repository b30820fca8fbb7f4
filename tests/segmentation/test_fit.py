"""Segments: three types of customers are found, gaps are told from clouds, and later tables are assigned."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from ecommine import datasets, segmentation
from ecommine.segmentation._groups.stability import Choice, alternative_numbers, chosen_index
from libraries import to_pandas
from notes import note_counts
from segmentation.good_arguments import feature_table as small_table
from segmentation.simulate import ONE_TYPE, THREE_TYPES, feature_table, two_bursts


@pytest.fixture(scope="module")
def three():
    return feature_table(THREE_TYPES, 0)


@pytest.fixture(scope="module")
def fitted(three):
    return segmentation.fit(three[0])


def found_types(seed: int) -> tuple[int, float]:
    """Return the number of segments and their agreement with the types, of customers with two orders and more."""
    table, truth = feature_table(THREE_TYPES, seed)
    segments = segmentation.fit(table)
    joined = segments.table.merge(truth[["customer_id", "customer_type"]], on="customer_id")
    joined = joined[joined["orders"] > 1]
    return len(segments.stability), adjusted_rand_score(joined["customer_type"], joined["segment"])


def test_three_types_are_found_in_a_short_simulation():
    runs = [found_types(seed) for seed in (1,)]
    assert [number for number, _ in runs] == [3]
    assert min(rand for _, rand in runs) >= 0.85


@pytest.mark.parity
def test_three_types_are_found_in_a_long_simulation():
    runs = [found_types(seed) for seed in range(100)]
    assert sum(number == 3 and rand >= 0.85 for number, rand in runs) >= 95


SHOPS = {
    "four types": (lambda seed: feature_table("separated", seed)[0], "gaps"),
    "one type": (lambda seed: feature_table(ONE_TYPE, seed)[0], "no gap found"),
    "a season over 400 days": (
        lambda seed: feature_table(ONE_TYPE, seed, days=400, season=datasets.Season())[0], "no gap found",
    ),
    "weekdays only": (lambda seed: feature_table(ONE_TYPE, seed, weekdays=True)[0], "no gap found"),
    "two bursts of acquisition": (two_bursts, "no gap found"),
}  # fmt: skip


def few_prices(seed: int, prices: tuple[float, ...] = (20.0, 40.0)) -> pd.DataFrame:
    """Return features of one type of customers, whose mean order values are lumpy."""
    rng = np.random.default_rng(seed)
    months = rng.uniform(2, 12, 2_000)
    n_orders = 1 + rng.poisson(rng.gamma(4, 0.25, 2_000) * months)
    value = np.array([rng.choice(prices, n).mean() for n in n_orders])
    columns = {"orders": n_orders, "months": months, "orders_per_month": n_orders / (months + 1)}
    return pd.DataFrame({"customer_id": range(2_000), **columns, "average_order_value": value})


def one_cohort(seed: int) -> pd.DataFrame:
    """Return features of one type of customers who all began a year ago, whose rates are lumpy."""
    rng = np.random.default_rng(seed)
    n = 55_000
    n_orders = 1 + rng.poisson(rng.gamma(1, 0.2, n) * 12)
    columns = {"orders": n_orders, "months": 12.0, "orders_per_month": n_orders / 13}
    return pd.DataFrame({"customer_id": range(n), **columns, "average_order_value": rng.lognormal(3, 0.5, n)})


SHOPS["two prices"] = few_prices, "no gap found"
SHOPS["three prices"] = lambda seed: few_prices(seed, (29.9, 49.9, 79.9)), "no gap found"
SHOPS["one cohort"] = one_cohort, "no gap found"


def verdict(name: str, seed: int) -> str:
    return segmentation.fit(SHOPS[name][0](seed), n_segments=2).verdict


@pytest.mark.parametrize("name", SHOPS)
def test_structure_in_a_short_simulation(name):
    assert verdict(name, 0) == SHOPS[name][1]


@pytest.mark.parity
@pytest.mark.parametrize("name", SHOPS)
def test_structure_in_a_long_simulation(name):
    assert sum(verdict(name, seed) == SHOPS[name][1] for seed in range(100)) >= 95


def test_fewer_than_a_thousand_customers_are_too_few_to_tell(three, fitted):
    n = int(fitted.structure["customers"][0])
    assert fitted.verdict == "gaps"
    assert segmentation.fit(three[0].head(600), n_segments=3).verdict == "too few to tell"
    enough = three[0][three[0]["orders"] >= 3]
    assert n == len(enough)
    assert segmentation.fit(enough.head(1_000), n_segments=3).verdict == "gaps"
    few = segmentation.fit(enough.head(999), n_segments=3)
    assert few.verdict == "too few to tell"
    assert few.structure["p_value"].isna().all()
    assert len(set(few.table["segment"])) == 3  # labels stay


def test_recency_is_not_tested(three):
    segments = segmentation.fit(three[0], columns=["orders_per_month", "open_gap"], n_segments=2)
    assert segments.structure["axis"].tolist() == ["orders_per_month"]


def test_everybody_is_in_one_segment_and_the_first_brings_the_most(three, fitted):
    table = fitted.table
    assert table["customer_id"].tolist() == sorted(three[0]["customer_id"])
    assert (table["segment"] == "one_order").tolist() == (table["orders"] == 1).tolist()
    money = table.groupby("segment")["monetary"].mean()
    assert money["segment_1"] > money["segment_2"] > money["segment_3"]
    sizes = fitted.segments.set_index("segment")
    assert sizes["customers"].to_dict() == table["segment"].value_counts().to_dict()
    assert sizes["share_of_money"].sum() == pytest.approx(1)
    assert (
        sizes.loc["segment_1", "orders_per_month"] == table.groupby("segment")["orders_per_month"].median()["segment_1"]
    )
    assert fitted.choices.loc[fitted.choices["chosen"], "n_segments"].tolist() == [3]
    assert fitted.stability["jaccard"].min() > 0.95
    assert fitted.stability["jaccard"].min() == fitted.choices.set_index("n_segments").loc[3, "jaccard_weakest"]
    assert note_counts(fitted.notes) == {}


@pytest.mark.parametrize("unit", [0.01, 1_000.0])
def test_the_unit_of_the_currency_changes_nothing(three, unit):
    table = three[0].assign(**{name: three[0][name] * unit for name in ("monetary", "average_order_value")})
    again, before = (segmentation.fit(one, n_segments=3) for one in (table, three[0]))
    assert again.table["segment"].tolist() == before.table["segment"].tolist()
    np.testing.assert_allclose(again.structure["dip"], before.structure["dip"], atol=1e-9)


def test_neither_the_order_of_rows_nor_another_call_changes_anything(three):
    shuffled = three[0].sample(frac=1, random_state=0)
    again, before = (segmentation.fit(one, n_segments=3) for one in (shuffled, three[0]))
    pd.testing.assert_frame_equal(again.table, before.table)
    pd.testing.assert_frame_equal(again.stability, before.stability)


@pytest.mark.call("segmentation.fit")
def test_every_library_gives_the_same(library):
    segments = segmentation.fit(library(small_table()), n_segments=2)
    table = to_pandas(segments.table, sort=["customer_id"])
    assert table["segment"].tolist() == ["one_order", *["segment_1"] * 19, *["segment_2"] * 20]
    assert to_pandas(segments.segments)["customers"].tolist() == [19, 20, 1]
    later = segments.apply(library(small_table().tail(3)))
    assert to_pandas(later.table)["segment"].tolist() == ["segment_2"] * 3


def test_later_tables_get_the_same_codes_and_another_period_is_refused():
    table = small_table().assign(period="90d")
    segments = segmentation.fit(table, n_segments=2)
    later = segments.apply(table.assign(orders_per_month=4.2, average_order_value=95.0))
    assert set(later.table["segment"]) == {"one_order", "segment_1"}
    assert later.stability.equals(segments.stability)
    with pytest.raises(ValueError, match=r"`later` has features of the period '1y', .* fitted on '90d'"):
        segments.apply(table.assign(period="1y"))
    with pytest.raises(ValueError, match="`later` has features of the period None"):
        segments.apply(table.drop(columns="period"))
    with pytest.raises(ValueError, match="`features` has features of 2 periods"):
        segmentation.fit(table.assign(period=["1y", *["2y"] * 39]))
    again = pickle.loads(pickle.dumps(segments))
    assert again.apply(table).table.equals(segments.table)


def test_what_is_missing_or_not_above_zero_is_told():
    table = small_table()
    table.loc[[3, 4], "average_order_value"] = [np.nan, -5.0]
    segments = segmentation.fit(table, n_segments=2)
    assert note_counts(segments.notes) == {"columns_missing": 1, "values_raised": 1}
    assert segments.table["segment"].tolist()[3:5] == ["incomplete", "segment_2"]


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0.01, 50), st.floats(-10, 500)), min_size=12, max_size=30))
@settings(max_examples=8)
def test_any_table_has_one_segment_for_everybody(rows):
    orders, rate, value = map(list, zip(*rows, strict=True))
    orders[:4] = [2, 2, 2, 2]
    table = pd.DataFrame({"customer_id": range(len(rows)), "orders": orders, "orders_per_month": rate,
                          "average_order_value": value})  # fmt: skip
    segments = segmentation.fit(table, n_segments=2)
    known = {"segment_1", "segment_2", "one_order"}
    assert set(segments.table["segment"]) <= known
    assert segments.segments["customers"].sum() == len(rows)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.drop(columns="orders"), {}, "`features` lacks the columns 'orders'"),
        (lambda t: pd.concat([t, t.head(2)]), {}, "`features` has 2 rows of customers who have another one"),
        (lambda t: t.assign(customer_id=[None, *range(39)]), {}, "`features` has 1 rows without a customer_id"),
        (lambda t: t, {"columns": ["orders_per_mnth"]}, "did you mean 'orders_per_month'"),
        (lambda t: t.assign(city="x"), {"columns": ["city"]}, "`columns` must name columns of numbers"),
        (lambda t: t, {"columns": []}, "`columns` must name at least one column"),
        (lambda t: t.head(3), {"n_segments": 5}, "`features` has 2 customers with two orders"),
        (lambda t: t, {"n_segments": 0}, "`n_segments` must be"),
    ],
)
def test_tables_and_options_that_do_not_fit_are_named(change, options, message):
    with pytest.raises(ValueError, match=message):
        segmentation.fit(change(small_table()), **options)


def test_customers_without_an_order_are_incomplete():
    table = small_table()
    table["orders"] = table["orders"].astype(float)
    table.loc[[1, 2], "orders"] = [0, np.nan]
    segments = segmentation.fit(table, n_segments=2)
    assert segments.table["segment"].tolist()[:4] == ["one_order", "incomplete", "incomplete", "segment_1"]
    assert note_counts(segments.notes) == {"columns_missing": 2}


def choice(n_clusters: int, *similarity: float) -> Choice:
    return Choice(centers=np.zeros((n_clusters, 1)), similarity=np.resize(similarity, (n_clusters, 20)).T)


@pytest.mark.parametrize(("of_three", "others"), [((0.77, 0.97), (3,)), ((0.87,), ()), ((0.83, 0.87), ())])
def test_a_number_that_other_samples_would_choose_is_named(of_three, others):
    """Two segments of .9 against three of .87 or .85 on average: .88 would be taken."""
    choices = [choice(2, 0.9), choice(3, *of_three)]
    assert chosen_index([one.jaccard.min() for one in choices]) == 0
    assert alternative_numbers(choices, 2, np.random.RandomState(0)) == others


def test_a_number_that_hangs_on_chance_is_told():
    i = np.arange(80)
    noise = pd.DataFrame({"customer_id": i, "orders": 1 + i % 5, "orders_per_month": i * 7 % 13 + 1.0,
                          "average_order_value": i * 11 % 17 + 1.0})  # fmt: skip
    by_chance = segmentation.fit(noise)
    assert note_counts(by_chance.notes) == {"number_uncertain": None}
    assert "Another draw of chance may give" in by_chance.summary()
    assert note_counts(segmentation.fit(noise, n_segments=3).notes) == {}


def test_equal_customers_are_one_segment_whatever_the_number():
    segments = segmentation.fit(small_table(), columns=["orders"], n_segments=3)
    assert note_counts(segments.notes) == {"fewer_segments": 1}
    assert segments.stability["segment"].tolist() == ["segment_1"]


def test_many_customers_are_assigned_from_the_best_start_of_a_part(monkeypatch):
    """Above the rows on which starts are compared, K-Means goes on from the best one with more of them."""
    monkeypatch.setattr("ecommine.segmentation._groups.stability.MAX_STABILITY_ROWS", 300)
    monkeypatch.setattr("ecommine.segmentation._groups.stability.MAX_START_ROWS", 1_000)
    table, truth = feature_table(THREE_TYPES, 0)
    segments = segmentation.fit(table)
    joined = segments.table.merge(truth[["customer_id", "customer_type"]], on="customer_id")
    joined = joined[joined["orders"] > 1]
    assert adjusted_rand_score(joined["customer_type"], joined["segment"]) >= 0.85
    weakest = segments.choices.loc[segments.choices["chosen"], "jaccard_weakest"].item()
    assert segments.stability["jaccard"].min() == weakest


def test_the_names_of_scikit_learn_are_told_the_names_here():
    with pytest.raises(TypeError, match="no option `n_clusters` here: give n_segments="):
        segmentation.fit(small_table(), n_clusters=2)
    with pytest.raises(TypeError, match="no option `n_segments` here: give n_clusters="):
        segmentation.Segmentation(n_segments=2)
