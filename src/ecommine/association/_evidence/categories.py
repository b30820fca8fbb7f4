"""Product pairs and their categories: which pairs are bought together more than other pairs of their categories."""

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.frames import Frame, collect
from ..._core.tables import build_table
from .._mining.baskets import Baskets
from .conditions import Conditions
from .expected import upper_tail
from .pair_tests import COMPLEMENT, PairOptions, frequent_products, shares_by_stratum, test_pairs
from .strata import Strata, stratify_orders

MIN_EXPECTED_OF_OTHERS = 1e-9
"""Expected orders of all other pairs of two categories, from which these have a lift."""


def explain_by_category(categories: Baskets, baskets: Baskets, lines: Frame, options: PairOptions, like: Frame) -> Any:
    """Test the complements among product pairs against all other pairs of the same two categories.

    Parameters
    ----------
    categories, baskets : Baskets
        The same orders by category and by product.
    lines : narwhals frame
        Order lines with product_id and category.
    options : PairOptions
    like : narwhals frame
        In whose library the table is.
    """
    tested, _ = test_pairs(baskets, options)
    is_complement = tested.relation == COMPLEMENT
    a, b, count, mean = (column[is_complement] for column in (tested.a, tested.b, tested.count, tested.expected))
    category = _category_of_product(baskets, categories, lines)
    together, by_chance = _pairs_of_categories(baskets, category, len(categories.products), options)
    left, right = category[a], category[b]
    others = by_chance[left, right] - mean  # the pair itself is no part of what explains it
    is_known = (left >= 0) & (right >= 0) & (others > MIN_EXPECTED_OF_OTHERS)
    lift = np.divide(together[left, right] - count, others, out=np.ones(len(others)), where=is_known)
    p = upper_tail(count, mean * lift)
    labels = [*categories.products.tolist(), None]
    columns = {
        "product_a": baskets.products[a].tolist(),
        "product_b": baskets.products[b].tolist(),
        "category_a": [labels[code] for code in left],
        "category_b": [labels[code] for code in right],
        "count": count,
        "expected": mean,
        "adjusted_lift": count / mean,
        "q_value": tested.q[is_complement],
        "lift_of_categories": lift,
        "p_given_category": p,
        "explained": p >= options.alpha,
    }
    samples = {
        f"{name}_{side}": (ids.products[:1].tolist() or [""])[0]
        for name, ids in (("product", baskets), ("category", categories))
        for side in "ab"
    }
    return build_table(columns, like=like, samples=samples)


def _pairs_of_categories(baskets: Baskets, category: Ints, n: int, options: PairOptions) -> tuple[Floats, Floats]:
    """Count and expect the pairs of products between every two of ``n`` categories, and within each."""
    conditions = Conditions.of(baskets, options.season, clustered=options.clustered)
    baskets = conditions.sample(baskets)
    items, _ = frequent_products(baskets, options.min_support)
    strata = stratify_orders(baskets, conditions)
    shares, by_order = shares_by_stratum(baskets, items, strata)
    membership = np.zeros((len(items), n))
    is_known = category[items] >= 0
    membership[np.flatnonzero(is_known), category[items][is_known]] = 1.0
    in_category = by_order @ membership
    together = in_category.T @ in_category
    by_chance, by_chance_alone = _expected_of_categories(shares, membership, strata)
    own = np.arange(n)
    together[own, own] = (together[own, own] - in_category.sum(axis=0)) / 2
    by_chance[own, own] = (by_chance[own, own] - by_chance_alone) / 2
    return together, by_chance


def _expected_of_categories(shares: Floats, membership: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """Expect the pairs between categories, and, by category, those of products with themselves."""
    in_category, uncertain = shares @ membership, shares * (1 - shares)
    uncertain_in_category = uncertain @ membership
    weights = strata.n_orders_with_pairs[:, None]
    crowded = (strata.n_orders_with_pairs * strata.crowding)[:, None]
    between = (weights * in_category).T @ in_category
    between -= (crowded * uncertain_in_category).T @ uncertain_in_category
    alone = (weights * (shares**2 @ membership) - crowded * (uncertain**2 @ membership)).sum(axis=0)
    return between, alone


def _category_of_product(baskets: Baskets, categories: Baskets, lines: Frame) -> Ints:
    """Return the category code of each product, -1 where it has none; of several, the first by name."""
    rows = collect(lines.filter(~nw.col("category").is_null()).select("product_id", "category").unique())
    rows = rows.sort("category", descending=True)
    code = {category: position for position, category in enumerate(categories.products.tolist())}
    of_product = dict(zip(rows["product_id"].to_list(), rows["category"].to_list(), strict=True))
    codes = [code.get(of_product.get(product), -1) for product in baskets.products.tolist()]
    return np.array(codes, dtype=np.int64)
