"""Baskets: sizes as asked, associations only where planted, with the size-adjusted lift that the truth tells."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets

VARYING = datasets.Basket(mean_size=4, size_cv=0.9)
EMPTY = datasets.Basket(mean_size=4, size_cv=0.9, bundles=0)


def _adjusted(table: pd.DataFrame, n_products: int) -> tuple[np.ndarray, np.ndarray]:
    """Orders with both products, and those expected at the basket sizes: sum over sizes of n F_a F_b c."""
    baskets = np.zeros((table["order_id"].max(), n_products))
    baskets[table["order_id"] - 1, table["product_id"] - 1] = 1
    expected = np.zeros((n_products, n_products))
    for size in np.unique(baskets.sum(axis=1)):
        alike = baskets[baskets.sum(axis=1) == size]
        share = alike.mean(axis=0)
        pairs = size * (size - 1) / (share.sum() ** 2 - (share**2).sum()) if size > 1 else 0.0
        expected += len(alike) * pairs * np.outer(share, share)
    return baskets.T @ baskets, expected


def _pairs(observed: np.ndarray, expected: np.ndarray, least: float) -> np.ndarray:
    """Standardised excess of each pair whose expected count is large enough."""
    upper = np.triu_indices(len(observed), 1)
    common = expected[upper] >= least
    return ((observed - expected) / np.sqrt(np.maximum(expected, 1e-9)))[upper][common]


def test_sizes_have_the_mean_and_spread_asked_for() -> None:
    sizes = datasets.make_baskets(40_000, 400, basket=VARYING).table.groupby("order_id").size()
    assert len(sizes) == 40_000
    assert sizes.mean() == pytest.approx(4, rel=0.02)
    assert sizes.std() / sizes.mean() == pytest.approx(0.9, rel=0.03)
    fixed = datasets.make_baskets(500, basket=datasets.Basket(mean_size=3, size_cv=0)).table.groupby("order_id").size()
    assert (fixed == 3).all()


def test_products_are_bought_by_popularity() -> None:
    """Baskets of one product are drawn straight from the weights."""
    drawn = datasets.make_baskets(50_000, 50, basket=datasets.Basket(mean_size=1, size_cv=0, bundles=0), zipf=1.1)
    seen = drawn.table["product_id"].value_counts().reindex(range(1, 51)).to_numpy()
    expected = 50_000 * drawn.truth.popularity["popularity"].to_numpy()
    assert ((seen - expected) ** 2 / expected).sum() < 85.4  # chi-square, 49 degrees of freedom, p = .001


@pytest.mark.parametrize("taste", [1.0, 8.0])
def test_without_bundles_pairs_meet_by_chance_given_the_sizes(taste: float) -> None:
    plan = datasets.Basket(mean_size=4, size_cv=0.9, bundles=0, taste=taste)
    drawn = datasets.make_baskets(10_000, 300, basket=plan)
    observed, expected = _adjusted(drawn.table, 300)
    excess = _pairs(observed, expected, 5)
    assert len(drawn.truth.pairs) == 0
    assert len(excess) > 3_000
    assert abs(excess.mean()) < 0.1
    assert 0.85 < excess.std() < 1.05  # a little below one: the margins are those of the same baskets


def test_plain_lift_is_wrong_where_sizes_vary() -> None:
    """What the size adjustment is for: without association, independence still says that most pairs are associated."""
    table = datasets.make_baskets(20_000, 100, basket=EMPTY).table
    observed, expected = _adjusted(table, 100)
    share = np.diag(observed) / 20_000
    plain = _pairs(observed, 20_000 * np.outer(share, share), 20)
    assert plain.mean() > 2
    assert abs(_pairs(observed, expected, 20).mean()) < 0.1


@pytest.mark.parametrize("bundle_size", [2, 3])
def test_planted_pairs_meet_as_often_as_the_truth_tells(bundle_size: int) -> None:
    plan = datasets.Basket(mean_size=4, size_cv=0.9, bundles=6, bundle_size=bundle_size, bundle_rate=0.02)
    drawn = datasets.make_baskets(40_000, 150, basket=plan)
    pairs = drawn.truth.pairs
    assert len(pairs) == 6 * bundle_size * (bundle_size - 1) // 2
    observed, expected = _adjusted(drawn.table, 150)
    at = pairs["product_id"] - 1, pairs["other_product_id"] - 1
    told = pairs["expected_orders"].to_numpy()
    assert (np.abs(observed[at] - told) < 4 * np.sqrt(told)).all()
    lift = observed[at] / expected[at]
    slack = 4 * np.sqrt(1 / told + 1 / pairs["by_chance"].to_numpy() / 30)
    assert (np.abs(np.log(lift / pairs["adjusted_lift"].to_numpy())) < np.maximum(slack, 0.05)).all()
    assert np.median(lift / pairs["adjusted_lift"]) == pytest.approx(1, abs=0.04)
    assert (pairs["adjusted_lift"] > 1.5).all()


def test_bundles_are_disjoint_and_of_middling_popularity() -> None:
    pairs = datasets.make_baskets(100, 300).truth.pairs
    products = pairs[["product_id", "other_product_id"]].to_numpy().ravel()
    assert len(np.unique(products)) == 20
    assert products.min() > 15  # product 1 is the most popular
    assert products.max() <= 180


def test_tastes_make_the_orders_of_a_customer_alike() -> None:
    """Share of products that two orders of one customer have in common, with and without favourites."""
    common = []
    for taste in (1.0, 20.0):
        plan = datasets.Basket(mean_size=4, size_cv=0, bundles=0, taste=taste)
        table = datasets.make_baskets(4_000, 200, basket=plan, orders_per_customer=2).table
        again = table.merge(table, on=["customer_id", "product_id"])
        common.append((again["order_id_x"] < again["order_id_y"]).mean())
    assert common[1] > 2 * common[0]


def test_each_customer_has_the_orders_asked_for() -> None:
    table = datasets.make_baskets(1_000, orders_per_customer=20).table
    orders = table.groupby("customer_id")["order_id"].nunique()
    assert (orders == 20).all()
    assert table["ordered_at"].is_monotonic_increasing
    assert table.groupby("order_id")["ordered_at"].nunique().eq(1).all()


def test_the_same_seed_gives_the_same_baskets() -> None:
    first, again, other = (datasets.make_baskets(300, rng=rng).table for rng in (3, 3, 4))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_a_lift_is_null_where_no_order_can_hold_a_pair() -> None:
    drawn = datasets.make_baskets(5, 100, basket=datasets.Basket(mean_size=1, size_cv=0))
    assert drawn.truth.pairs["adjusted_lift"].isna().all()
    assert (drawn.truth.pairs["expected_orders"] == 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_baskets(0), "`n_orders` must be at least 1, got 0"),
        (lambda: datasets.make_baskets(zipf=-1), "`zipf` must be at least 0, got -1"),
        (lambda: datasets.make_baskets(orders_per_customer=0), "`orders_per_customer` must be at least 1, got 0"),
        (
            lambda: datasets.make_baskets(10, 20),
            "`bundles` x `bundle_size` must be at most 11 with `n_products` = 20, got 20",
        ),
        (lambda: datasets.Basket(size_cv=0.1), "`size_cv` must be 0 or at least 0.46 at this mean, got 0.1"),
        (lambda: datasets.Basket(bundle_size=1), "`bundle_size` must be at least 2, got 1"),
        (lambda: datasets.Basket(bundle_rate=0.5), "`bundle_rate` must be between 0 and 0.0666667, got 0.5"),
        (lambda: datasets.Basket(taste=0.5), "`taste` must be at least 1, got 0.5"),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
