"""Product pairs and their categories: which pairs are more than what their categories already explain."""

from collections.abc import Iterator
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import Frame, collect
from .._encoding import Ints
from .._mining.baskets import Baskets
from .._names import typed
from .._output.measures import Floats
from .expected import strata, upper_tail
from .pair_tests import Wish, by_stratum, compared, frequent


def explained(categories: Baskets, baskets: Baskets, lines: Frame, wish: Wish, like: Frame) -> Any:
    """Ask of each pair of products that goes together whether it does so more than others of its categories."""
    found, _ = compared(baskets, wish)
    real = found.relation == 0
    a, b, count, mean = (one[real] for one in (found.a, found.b, found.count, found.expected))
    category = _categories(baskets, categories, lines)
    together, chance = _between(baskets, category, len(categories.products), wish)
    left, right = category[a], category[b]
    rest = chance[left, right] - mean  # the pair itself is no part of what explains it
    known = (left >= 0) & (right >= 0)
    lift = np.divide(together[left, right] - count, rest, out=np.ones(len(rest)), where=known & (rest > 1e-9))
    given = upper_tail(count, mean * lift)
    labels = [*categories.products.tolist(), None]
    shown = {
        "product_a": baskets.products[a].tolist(),
        "product_b": baskets.products[b].tolist(),
        "category_a": [labels[one] for one in left],
        "category_b": [labels[one] for one in right],
        "count": count,
        "expected": mean,
        "adjusted_lift": count / mean,
        "q_value": found.q[real],
        "lift_of_categories": lift,
        "p_given_category": given,
        "explained": given >= wish.alpha,
    }
    samples = {name: (one.products[:1].tolist() or [""])[0] for name, one in _sides(baskets, categories)}
    return typed(shown, samples, like)


def _sides(products: Baskets, categories: Baskets) -> Iterator[tuple[str, Baskets]]:
    for letter in "ab":
        yield f"product_{letter}", products
        yield f"category_{letter}", categories


def _between(baskets: Baskets, category: Ints, n: int, wish: Wish) -> tuple[Floats, Floats]:
    """Count, and expect, the pairs of products between every two categories, and within each."""
    items, _ = frequent(np.bincount(baskets.items, minlength=len(baskets.products)), wish.share, baskets.n_orders)
    found = strata(baskets, wish.season)
    shares, held = by_stratum(baskets, items, found)
    belongs = np.zeros((len(items), n))
    known = category[items] >= 0
    belongs[np.flatnonzero(known), category[items][known]] = 1.0
    held_by_category, shares_by_category = held @ belongs, shares @ belongs
    uncertain = shares * (1 - shares)
    weights, crowded = found.with_pairs[:, None], (found.with_pairs * found.crowding)[:, None]
    uncertain_by_category = uncertain @ belongs
    together = held_by_category.T @ held_by_category
    chance = (weights * shares_by_category).T @ shares_by_category
    chance -= (crowded * uncertain_by_category).T @ uncertain_by_category
    own = np.arange(n)
    alone = (weights * (shares**2 @ belongs) - crowded * (uncertain**2 @ belongs)).sum(axis=0)
    together[own, own] = (together[own, own] - held_by_category.sum(axis=0)) / 2
    chance[own, own] = (chance[own, own] - alone) / 2
    return together, chance


def _categories(baskets: Baskets, categories: Baskets, lines: Frame) -> Ints:
    """Return the category code of each product, -1 where it has none; of several, the first by name."""
    rows = collect(lines.filter(~nw.col("category").is_null()).select("product_id", "category").unique())
    rows = rows.sort("category", descending=True)
    code = {one: place for place, one in enumerate(categories.products.tolist())}
    of_product = dict(zip(rows["product_id"].to_list(), rows["category"].to_list(), strict=True))
    return np.array([code.get(of_product.get(one), -1) for one in baskets.products.tolist()], dtype=np.int64)
