"""Sums of squares over customers for many rules at once, against sums customer by customer in Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.slow import baskets_of, lines, random_baskets
from ecommine.association._evidence import customer_squares, set_shares, variances
from ecommine.association._evidence.clusters import Clusters
from ecommine.association._evidence.customer_squares import (
    RuleLists,
    order_squares,
    order_squares_of_lift,
    sum_squares,
)
from ecommine.association._evidence.order_lists import OrderLists, lists_of_itemsets
from ecommine.association._evidence.set_shares import SetShares
from ecommine.association._evidence.strata import stratify_orders
from ecommine.association._mining.mine import mine
from ecommine.association._mining.postings import Postings
from ecommine.association._mining.tree import ItemsetIndex

SEEDS = st.integers(0, 2**31)


class Shop:
    """Random baskets of few products, some customers with many orders and some guests, and random rules."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(30, 900))
        table = lines(random_baskets(n, 12, 4, rng))
        customers = rng.integers(0, max(n // 5, 1), n + 1).astype("float64")
        customers[rng.random(n + 1) < 0.1] = np.nan
        table["customer_id"] = customers[table["order_id"].to_numpy()]
        self.baskets = baskets_of(table)
        self.sets = [set(row.tolist()) for row in np.split(self.baskets.items, self.baskets.starts[1:-1])]
        self.strata = stratify_orders(self.baskets)
        self.clusters = Clusters.make(self.baskets.cluster_of_order, self.strata)
        self.levels = mine(self.baskets, min_count=max(n // 50, 2)).levels
        self.index = ItemsetIndex(self.levels, len(self.baskets.products))
        self.itemsets = [tuple(row) for level in self.levels for row in level.items.tolist()]
        postings = Postings(self.baskets)
        self.lists = OrderLists.make(lists_of_itemsets(postings, self.levels, self.index, self.clusters), self.clusters)
        sides = rng.integers(0, len(self.itemsets), (2, 40))
        together = [self.orders_with(self.itemsets[a], self.itemsets[b]) for a, b in sides.T]
        self.left, self.right = sides[:, [len(orders) > 0 for orders in together]]
        self.weight = rng.random((len(self.left), self.strata.n_strata))
        side = {"left": self.left, "right": self.right, "left_row": self.left, "right_row": self.right}
        shares = rng.random((len(self.itemsets), self.strata.n_strata))
        self.rules = RuleLists(lists=self.lists, shares=shares, **side)
        days = rng.integers(0, 9, self.baskets.n_orders)
        self.by_day = Clusters.make(self.baskets.cluster_of_order, self.strata, days)
        self.days, self.known = days, {}

    def orders_with(self, *itemsets):
        wanted = set().union(*itemsets)
        return [order for order, products in enumerate(self.sets) if wanted <= products]

    def has(self, itemset):
        """Return which orders have all products of an itemset, found order by order."""
        if itemset not in self.known:
            self.known[itemset] = np.array([set(itemset) <= products for products in self.sets], dtype=float)
        return self.known[itemset]

    def slow_squares(self, weight, row):
        """Sum x_AB - y (q x_A + p x_B - p q) by customer and by day; the squares of both and of orders."""
        has_a, has_b = (self.has(self.itemsets[side[row]]) for side in (self.left, self.right))
        stratum = self.strata.stratum_of_order
        p, q = self.rules.left_share[row][stratum], self.rules.right_share[row][stratum]
        value = has_a * has_b - weight[row][stratum] * (q * has_a + p * has_b - p * q)
        groups = (self.baskets.cluster_of_order, self.days, np.arange(len(value)))
        return [(np.bincount(group, value) ** 2).sum() for group in groups]

    def slow_lift(self, row):
        has_a, has_b = (self.has(self.itemsets[side[row]]) for side in (self.left, self.right))
        parts = ((has_a * has_b, 1), (has_a, -1), (has_b, -1), (np.ones_like(has_a), 1))
        by_order = sum(sign * has / has.sum() for has, sign in parts)
        return (np.bincount(self.baskets.cluster_of_order, by_order) ** 2).sum(), (by_order**2).sum()


@pytest.fixture(params=["all customers", "customers with the side"])
def ratio(request):
    """Sums go through all customers, or through those with the more frequent side of each rule."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(customer_squares, "MIN_RATIO_TO_SKIP_CUSTOMERS", 0 if "side" in request.param else 10**9)
        patch.setattr(customer_squares, "CELLS_PER_BLOCK", 300)
        yield


@given(seed=SEEDS)
@settings(max_examples=30)
def check_squares(seed):
    shop = Shop(seed)
    one = np.ones_like(shop.weight)
    wanted = {"with_lift": True, "with_blocks": True, "with_orders": True}
    sums = sum_squares(shop.rules, shop.by_day, [None, shop.weight], **wanted)
    counts = [shop.lists.count_by_stratum(shop.strata.n_strata)[side] for side in (shop.left, shop.right)]
    together = [
        shop.orders_with(shop.itemsets[a], shop.itemsets[b]) for a, b in zip(shop.left, shop.right, strict=True)
    ]
    counts = [np.array([shop.strata.count(orders) for orders in together]), *counts]
    total = [side.sum(axis=1) for side in counts]
    by_order = [order_squares(*counts, shop.strata.n_orders, shop.rules, y) for y in (None, shop.weight)]
    lift_by_order = order_squares_of_lift(*total, shop.baskets.n_orders)
    for row in range(len(shop.left)):
        for position, weight in enumerate((one, shop.weight)):
            of_customers, of_days, of_orders = shop.slow_squares(weight, row)
            assert sums.squares[position, row] == pytest.approx(of_customers, rel=1e-9, abs=1e-9)
            assert by_order[position][row] == pytest.approx(of_orders, rel=1e-9, abs=1e-9)
            if position == 0:
                expected = of_days, of_orders
                assert (sums.by_block[row], sums.by_order[row]) == pytest.approx(expected, rel=1e-9, abs=1e-9)
        assert (sums.lift[row], lift_by_order[row]) == pytest.approx(shop.slow_lift(row), rel=1e-9, abs=1e-12)


def test_squares_are_those_of_sums_customer_by_customer(ratio):
    check_squares()


@given(seed=SEEDS)
@settings(max_examples=30)
def test_variances_of_rules_are_those_of_single_rules(seed):
    """A rule alone or among others, its orders of one customer each or not."""
    shop = Shop(seed)
    clusters = Clusters.make(np.arange(shop.baskets.n_orders), shop.strata)
    assert clusters.are_single
    least = np.random.default_rng(seed).random(len(shop.left)) * 3
    assert (variances.design_effects(shop.rules, clusters, least) == 1).all()
    effects = variances.design_effects(shop.rules, shop.clusters, least)
    for row in range(len(effects)):
        alone = variances.design_effects(shop.rules.take(np.array([row])), shop.clusters, least[[row]])
        by_customer, _, by_order = shop.slow_squares(np.ones_like(shop.weight), row)
        limit = 1 + 1.645 * (2 / shop.clusters.n_effective) ** 0.5
        effect = max(limit * by_customer / max(by_order, least[row]), 1)
        expected = effect if not shop.clusters.are_single else 1
        assert (effects[row], alone[0]) == pytest.approx((expected, expected), rel=1e-9)


@given(seed=SEEDS)
@settings(max_examples=30)
def test_design_effects_within_are_those_of_the_slow_version(seed):
    shop = Shop(seed)
    longer = [row for row, items in enumerate(shop.itemsets) if len(items) == 3]
    rules = [(given, item, rest) for row in longer for given, item, rest in [shop.itemsets[row]]]
    sets = np.array(
        [[shop.itemsets.index(tuple(sorted(part))) for part in ((g,), (g, i), (g, r))] for g, i, r in rules]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variances, "CELLS_PER_BLOCK", 500)
        effects = variances.design_effects_within(shop.lists, *sets.reshape(-1, 3).T, shop.strata.n_strata)
    for effect, (given_item, item, rest) in zip(effects, rules, strict=True):
        orders = shop.orders_with((given_item,))
        stratum = shop.strata.stratum_of_order[orders]
        score = np.ones(len(orders))
        for one in (item, rest):
            has = np.array([one in shop.sets[order] for order in orders], dtype=float)
            mean = np.bincount(stratum, has) / np.maximum(np.bincount(stratum), 1)
            score *= has - mean[stratum]
        sums = np.bincount(shop.baskets.cluster_of_order[orders], score)
        expected = max((sums**2).sum() / (score**2).sum(), 1) if (score**2).sum() > 1e-12 else 1
        assert effect == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("cells", [0, 40, 10**6])
def test_shares_are_the_same_kept_or_not(monkeypatch, cells):
    monkeypatch.setattr(set_shares, "MAX_KEPT_CELLS", cells)
    shop = Shop(5)
    sizes = np.array([len(items) for items in shop.itemsets])
    sets = SetShares(shop.lists, sizes, shop.strata)
    wanted = np.array([3, 0, len(sizes) - 1, 3])
    counts = np.array([shop.strata.count(shop.orders_with(shop.itemsets[row])) for row in wanted])
    for _ in range(2):
        assert sets.shares(wanted) == pytest.approx(counts / np.maximum(shop.strata.n_orders, 1))
        assert sets.counts(wanted).tolist() == counts.tolist()
