"""The specification of a comparison in plain Python: every order of the steps, every limit put in its place."""

from itertools import permutations
from math import log, prod, sqrt
from statistics import mean

from scipy.optimize import brentq
from statsmodels.stats.proportion import proportion_confint


def shapley(before, after):
    """Change the factors one after the other, in every order, and take the mean of what each of them changes."""
    n = len(before)
    parts = [[] for _ in range(n)]
    for order in permutations(range(n)):
        now = list(before)
        for step in order:
            last = prod(now)
            now[step] = after[step]
            parts[step].append(prod(now) - last)
    return [mean(one) for one in parts]


def log_mean(before, after):
    """Split by the logarithmic mean (LMDI), which needs every factor above zero."""
    whole, other = prod(before), prod(after)
    weight = (other - whole) / log(other / whole) if other != whole else whole
    return [weight * log(b / a) for a, b in zip(before, after, strict=True)]


def limits(counts, level):
    """Return the step conversions of a funnel of totals, each with Wilson's interval."""
    pairs = list(zip(counts[1:], counts, strict=False))
    return [(part / whole, *proportion_confint(part, whole, 1 - level, "wilson")) for part, whole in pairs]


def contributions(before, after, level):
    """Return part, low and high of each step: each conversion alone is put to either limit, and the changes squared."""
    sides = [limits(before, level), limits(after, level)]
    middle = [[one[0] for one in side] for side in sides]
    parts = shapley(*middle)
    down, up = [0.0] * len(parts), [0.0] * len(parts)
    for side in (0, 1):
        for step, (_, low, high) in enumerate(sides[side]):
            moved = []
            for limit in (low, high):
                changed = [list(one) for one in middle]
                changed[side][step] = limit
                moved.append(shapley(*changed))
            for k, part in enumerate(parts):
                changes = [one[k] - part for one in moved]
                down[k] += min(*changes, 0) ** 2
                up[k] += max(*changes, 0) ** 2
    return [(part, part - sqrt(d), part + sqrt(u)) for part, d, u in zip(parts, down, up, strict=True)]


def ratio_interval(before, after):
    """Find the ratios R at which the distance of b - R a from zero is that of its limits (Donner and Zou)."""
    (a, a_low, a_high), (b, b_low, b_high) = before, after

    def too_low(ratio):
        return (b - ratio * a) ** 2 - (b - b_low) ** 2 - ratio**2 * (a_high - a) ** 2

    def too_high(ratio):
        return (b - ratio * a) ** 2 - (b_high - b) ** 2 - ratio**2 * (a - a_low) ** 2

    middle = b / a
    low = brentq(too_low, 0, middle) if b > 0 else 0.0
    return low, brentq(too_high, middle, 1e6)
