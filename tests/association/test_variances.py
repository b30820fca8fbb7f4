"""Design effects and variances of rules: compiled loops against plain ones, these against sums over customers."""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.slow import baskets_of, lines, random_baskets
from ecommine.association._evidence import variances
from ecommine.association._evidence.clusters import Clusters
from ecommine.association._evidence.strata import stratify_orders
from ecommine.association._mining.postings import Postings, RuleSide

SEEDS = st.integers(0, 2**31)


class Shop:
    """Random baskets of few products, some customers with many orders, and random rules that some order holds."""

    def __init__(self, seed, size):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(30, 900))
        table = lines(random_baskets(n, 12, 4, rng))
        customers = rng.integers(0, max(n // 5, 1), n + 1).astype("float64")
        customers[rng.random(n + 1) < 0.1] = np.nan
        table["customer_id"] = customers[table["order_id"].to_numpy()]
        self.baskets = baskets_of(table)
        self.strata = stratify_orders(self.baskets)
        self.clusters = Clusters.make(self.baskets.cluster_of_order, self.strata)
        self.postings = Postings(self.baskets)
        self.rules = self._rules(size, rng)
        self.left, self.right = (
            RuleSide(postings=self.postings, sets=self.rules[:, part]) for part in (slice(None, -1), slice(-1, None))
        )

    def _rules(self, size, rng):
        rows = np.split(self.baskets.items, self.baskets.starts[1:-1])
        long = [row for row in rows if len(row) >= size] or [np.arange(size)]
        return np.array([rng.permutation(long[rng.integers(len(long))])[:size] for _ in range(12)], dtype=np.int32)

    def shares(self, side):
        return self.strata.shares(variances.stratum_counts(side, self.strata))


def compiled_and_plain(function):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variances, "MIN_RULES_TO_COMPILE", 0)
        compiled = function()
        patch.setattr(variances, "MIN_RULES_TO_COMPILE", 10**9)
        return compiled, function()


@pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
@given(seed=SEEDS, size=st.integers(2, 4))
@settings(max_examples=60)
def test_compiled_loops_give_what_plain_ones_give(seed, size):
    shop = Shop(seed, size)
    sides, strata = (shop.clusters, shop.left, shop.right), shop.strata
    shares = shop.shares(shop.left), shop.shares(shop.right)
    functions = [
        lambda: variances.stratum_counts(shop.left, strata),
        lambda: variances.design_effects(*sides, *shares, strata),
        lambda: variances.sums_of_squares(*sides, shares[1], shares[0] / 2, shares[0] * shares[1], strata),
    ]
    if shop.baskets.n_orders and _together(shop).all():
        functions.append(lambda: variances.log_lift_variances(*sides, shop.baskets.n_orders))
    if size > 2:
        given_set, item = (
            RuleSide(postings=shop.postings, sets=shop.rules[:, part]) for part in (slice(1, -1), slice(0, 1))
        )
        functions.append(
            lambda: variances.design_effects_within(shop.clusters, given_set, item, shop.right, strata=strata)
        )
    for function in functions:
        compiled, plain = compiled_and_plain(function)
        np.testing.assert_allclose(compiled, plain, rtol=1e-9, atol=1e-12)


def _together(shop):
    return np.array([len(shop.postings.orders_with(rule)) for rule in shop.rules]) > 0


@given(seed=SEEDS)
@settings(max_examples=40)
def test_variance_of_a_lift_is_the_sum_of_squares_over_customers(seed):
    """U_c = n_ab,c / n_ab - n_a,c / n_a - n_b,c / n_b + n_c / n, customer by customer in Python."""
    shop = Shop(seed, 3)
    if not _together(shop).all():
        return
    result = variances.log_lift_variances(shop.clusters, shop.left, shop.right, shop.baskets.n_orders)
    for rule, variance in zip(shop.rules, result, strict=True):
        sets = [rule, rule[:-1], rule[-1:], []]
        sums = np.zeros(shop.clusters.n_customers)
        for orders, sign in zip(map(shop.postings.orders_with, sets), (1, -1, -1, 1), strict=True):
            for order in orders:
                sums[shop.clusters.customer_of_order[order]] += sign / len(orders)
        n = shop.clusters.n_customers
        assert variance == pytest.approx((sums**2).sum() * n / max(n - 1, 1), rel=1e-9, abs=1e-15)
