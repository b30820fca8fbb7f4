"""The slow and obvious versions: every subset of every basket, and tests as loops over orders."""

from collections import Counter, defaultdict
from itertools import combinations, permutations
from math import exp, lgamma, log, log1p

import numpy as np
import pandas as pd
from scipy.integrate import quad

from ecommine._core.frames import opened
from ecommine.association._mining.read import read_baskets


def lines(baskets, **columns):
    """Order lines of baskets (lists of products), in order; more columns are one value an order."""
    rows = [(order, product) for order, basket in enumerate(baskets) for product in basket]
    table = pd.DataFrame({"order_id": [row[0] for row in rows], "product_id": [row[1] for row in rows]})
    return table.assign(**{name: [values[row[0]] for row in rows] for name, values in columns.items()})


def baskets_of(lines, **options):
    """Read order lines into baskets, as a public call does."""
    return read_baskets(opened(lines, argument="orders"), **options)


def all_itemsets(baskets, least, longest=None):
    """Count every subset of every basket."""
    counts = Counter()
    for basket in baskets:
        items = sorted(set(basket))
        for size in range(1, len(items) + 1 if longest is None else min(longest, len(items)) + 1):
            counts.update(combinations(items, size))
    return {items: count for items, count in counts.items() if count >= least}


def closed(itemsets):
    return {a for a, n in itemsets.items() if not any(set(a) < set(b) and itemsets[b] == n for b in itemsets)}


def maximal(itemsets):
    return {a for a in itemsets if not any(set(a) < set(b) for b in itemsets)}


def strata_of(sizes, least=200):
    """Group sizes from below until at least so many orders are together; what is left joins the last group."""
    counts = Counter(sizes)
    groups, held = [[]], 0
    for size in sorted(counts):
        rest = sum(n for other, n in counts.items() if other >= size)
        if held >= least and rest >= least:
            groups.append([])
            held = 0
        groups[-1].append(size)
        held += counts[size]
    return {size: place for place, group in enumerate(groups) for size in group}


def expected_orders(baskets, a, b):
    return chance(baskets, a, b)[0]


def dispersion(baskets, a, b):
    """The variance of the count over its mean, and one per cent of the mean, squared, over the mean."""
    mean, variance = chance(baskets, a, b)
    return variance / mean + 0.01**2 * mean if mean else 1.0


def chance(baskets, a, b):
    """Sum over strata of n P_a P_b [1 - c (1 - P_a) (1 - P_b)], with c such that all pairs are expected; above zero.

    And the variance of n products of residuals: e (1 - P_a)² (1 - P_b)² over the cells of a two by two table of which
    the expected share e is that of both, P_a - e that of the first alone, and so on.
    """
    sets = [set(basket) for basket in baskets]
    stratum = strata_of([len(one) for one in sets])
    members = defaultdict(list)
    for one in sets:
        members[stratum[len(one)]].append(one)
    total = variance = 0.0
    for orders in members.values():
        n = len(orders)
        counts = Counter(item for one in orders for item in one)
        share = {item: count / n for item, count in counts.items()}
        pairs = sum(len(one) * (len(one) - 1) for one in orders) / n
        if not pairs:
            continue
        free, crowded = 0.0, 0.0
        for i, j in permutations(share, 2):
            free += share[i] * share[j]
            crowded += share[i] * share[j] * (1 - share[i]) * (1 - share[j])
        c = (free - pairs) / crowded if crowded > 1e-9 else 0.0
        p, q = share.get(a, 0.0), share.get(b, 0.0)
        taken = c * (1 - p) * (1 - q)
        both = p * q * (1 - taken if taken <= 0.5 else 0.25 / taken)
        total += n * both
        cells = [(both, 1 - p, 1 - q), (p - both, 1 - p, -q), (q - both, -p, 1 - q), (1 - p - q + both, -p, -q)]
        variance += n * sum(share * (x * y) ** 2 for share, x, y in cells)
    return total, variance


def design_effect(baskets, customers, a, b):
    """Squares of sums over customers over squares of single orders, of (x_a - F_a) (x_b - F_b)."""
    sets = [set(basket) for basket in baskets]
    stratum = strata_of([len(one) for one in sets])
    n, with_a, with_b = Counter(), Counter(), Counter()
    for one in sets:
        group = stratum[len(one)]
        n[group] += 1
        with_a[group] += a in one
        with_b[group] += b in one
    sums, alone = defaultdict(float), 0.0
    for one, customer in zip(sets, customers, strict=True):
        group = stratum[len(one)]
        score = ((a in one) - with_a[group] / n[group]) * ((b in one) - with_b[group] / n[group])
        sums[customer] += score
        alone += score**2
    orders = Counter(customers)
    worth = len(customers) ** 2 / sum(n**2 for n in orders.values())
    limit = 1 + 1.645 * (2 / worth) ** 0.5 if len(orders) < len(customers) else 1.0
    by_chance = chance(baskets, a, b)[0] * dispersion(baskets, a, b)
    return max(limit * sum(value**2 for value in sums.values()) / max(alone, by_chance), 1.0)


def log_lift_variance(baskets, customers, a, b):
    """Delta method, summed up customer by customer."""
    sets = [set(basket) for basket in baskets]
    n, n_a, n_b = len(sets), sum(a in one for one in sets), sum(b in one for one in sets)
    n_ab = sum(a in one and b in one for one in sets)
    sums = defaultdict(float)
    for one, customer in zip(sets, customers, strict=True):
        sums[customer] += (a in one and b in one) / n_ab - (a in one) / n_a - (b in one) / n_b + 1 / n
    c = len(sums)
    return sum(value**2 for value in sums.values()) * c / (c - 1)


def log_adjusted_variance(baskets, customers, a, b):
    """Delta method: x_ab / n_ab - sum_s w_s (x_a P_sb + x_b P_sa - P_sa P_sb) / E, summed up customer by customer."""
    sets = [set(basket) for basket in baskets]
    stratum = strata_of([len(one) for one in sets])
    members = defaultdict(list)
    for one in sets:
        members[stratum[len(one)]].append(one)
    shares, weights = {}, {}
    for group, orders in members.items():
        p, q = (sum(item in one for one in orders) / len(orders) for item in (a, b))
        alone = len(orders) * p * q
        shares[group] = p, q
        weights[group] = expected_orders(orders, a, b) / alone if alone else 0.0
    mean = sum(len(orders) * weights[g] * shares[g][0] * shares[g][1] for g, orders in members.items())
    n_ab = sum(a in one and b in one for one in sets)
    sums = defaultdict(float)
    for one, customer in zip(sets, customers, strict=True):
        group = stratum[len(one)]
        p, q = shares[group]
        chance = weights[group] * ((a in one) * q + (b in one) * p - p * q) / mean
        sums[customer] += (a in one and b in one) / n_ab - chance
    c = len(sums)
    return sum(value**2 for value in sums.values()) * c / (c - 1)


def upper_tail(count, mean, spread):
    """P(Y >= count / spread) of a Poisson count Y of mean / spread, as an integral over the times of its arrivals."""
    shape = count / spread
    return quad(lambda t: exp((shape - 1) * log(t) - t - lgamma(shape)), 0, mean / spread, limit=200)[0]


def lower_tail(count, mean, spread):
    """P(X <= count) of a binomial count of this mean and variance, or of a Poisson count where it is spread more."""
    if spread >= 0.999:
        shape = count / spread + 1
        return 1 - quad(lambda t: exp((shape - 1) * log(t) - t - lgamma(shape)), 0, mean / spread, limit=200)[0]
    n, chance_of_one = mean / (1 - spread), 1 - spread
    beta = lgamma(n - count) + lgamma(count + 1) - lgamma(n + 1)
    return quad(lambda x: exp((n - count - 1) * log(x) + count * log1p(-x) - beta), 0, 1 - chance_of_one)[0]


def random_baskets(n_orders, n_items, mean_size, rng):
    """Baskets of independent products with Zipf popularity and sizes of cv about .8."""
    weights = 1 / np.arange(1, n_items + 1)
    sizes = 1 + rng.negative_binomial(1.5, 1.5 / (1.5 + mean_size - 1), n_orders)
    return [
        sorted(rng.choice(n_items, min(size, n_items), replace=False, p=weights / weights.sum()).tolist())
        for size in sizes
    ]
