"""To mlxtend's own functions and back: both sides find the same, and each takes the other's tables."""

import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import association

patterns = pytest.importorskip("mlxtend.frequent_patterns", reason="mlxtend is not installed")

ORDERS, LEAST = 400, 8
SIDES = ["antecedents", "consequents"]


@pytest.fixture(scope="module")
def lines():
    return slow.lines(slow.random_baskets(ORDERS, 20, 4, np.random.default_rng(0)))


@pytest.fixture(scope="module")
def itemsets(lines):
    return association.itemsets(lines, min_support=LEAST / ORDERS)


def theirs_of(itemsets):
    """Make the frame that mlxtend's functions of itemsets return."""
    table = itemsets.table
    sets = pd.Series([frozenset(one) for one in table["itemset"]], dtype=object)
    return pd.DataFrame({"support": table["support"], "itemsets": sets})


def by_sides(rules):
    """Sort rules by their sides; sets have no order of their own."""
    named = rules.assign(**{side: rules[side].map(lambda one: tuple(sorted(one))) for side in SIDES})
    return named.set_index(SIDES).sort_index()


@pytest.mark.parametrize(("kind", "theirs"), [("all", "fpgrowth"), ("all", "apriori"), ("maximal", "fpmax")])
def test_itemsets_are_those_of_their_algorithms(lines, kind, theirs):
    baskets = pd.crosstab(lines["order_id"], lines["product_id"]) > 0
    result = getattr(patterns, theirs)(baskets, min_support=LEAST / ORDERS, use_colnames=True)
    ours = theirs_of(association.itemsets(lines, min_support=LEAST / ORDERS, kind=kind))
    assert len(ours) > 20
    assert dict(zip(ours["itemsets"], ours["support"], strict=True)) == pytest.approx(
        dict(zip(result["itemsets"], result["support"], strict=True))
    )


def test_their_rules_of_our_itemsets_are_ours(itemsets):
    theirs = patterns.association_rules(theirs_of(itemsets), metric="support", min_threshold=0)
    ours = association.rules(itemsets, max_consequent=None, test=None).to_mlxtend()
    assert len(ours) > 100
    assert list(ours.columns) == list(theirs.columns)
    pd.testing.assert_frame_equal(by_sides(ours), by_sides(theirs), check_exact=False, rtol=1e-9, atol=1e-12)


@pytest.mark.call("association.from_mlxtend")
def test_their_rules_are_a_result_of_ours_with_every_measure(itemsets):
    theirs = patterns.association_rules(theirs_of(itemsets), metric="lift", min_threshold=1.2)
    result = association.from_mlxtend(theirs, n_orders=ORDERS)
    ours = association.rules(itemsets, max_consequent=None, test=None).table
    ours = ours[ours["lift"] >= 1.2]
    pd.testing.assert_frame_equal(by_sides(result.table), by_sides(ours), rtol=1e-9)
    pd.testing.assert_frame_equal(by_sides(result.to_mlxtend()), by_sides(theirs), rtol=1e-9, atol=1e-12)
