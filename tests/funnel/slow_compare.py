"""The specification of a comparison in plain Python: every order of the steps, every conversion moved alone."""

from itertools import permutations
from math import log, prod, sqrt

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
    return [sum(one) / len(one) for one in parts]


def log_mean(before, after):
    """Split by the logarithmic mean (LMDI), which needs every factor above zero."""
    whole, other = prod(before), prod(after)
    weight = (other - whole) / log(other / whole) if other != whole else whole
    return [weight * log(b / a) for a, b in zip(before, after, strict=True)]


def limits(counts, level):
    """Return the step conversions of a funnel of totals, each with Wilson's interval."""
    pairs = list(zip(counts[1:], counts, strict=False))
    return [(part / whole, *proportion_confint(part, whole, 1 - level, "wilson")) for part, whole in pairs]


def slopes(values, part):
    """Tell how the part moves with each conversion, by moving it alone: the part is linear in each of them."""
    found = []
    for side in (0, 1):
        for step in range(len(values[0])):
            changed = [list(one) for one in values]
            changed[side][step] += 0.5
            found.append((shapley(*changed)[part] - shapley(*values)[part]) / 0.5)
    return found


def limit(sides, part, way):
    """Move all conversions together to the edge of the ellipse through their limits, where the part is least or most.

    The direction is that of the slopes, taken at the conversions and once more at the edge; the farther one counts.
    """
    middle = [[one[0] for one in side] for side in sides]
    n, now, found = len(middle[0]), middle, []
    for _ in range(2):
        slope = slopes(now, part)
        ends = [one for side in sides for one in side]
        away = [(high - at if way * one > 0 else at - low) for (at, low, high), one in zip(ends, slope, strict=True)]
        length = sqrt(sum((one * far) ** 2 for one, far in zip(slope, away, strict=True)))
        moves = [way * far**2 * one / length if length else 0.0 for one, far in zip(slope, away, strict=True)]
        now = [[middle[side][step] + moves[side * n + step] for step in range(n)] for side in (0, 1)]
        found.append(shapley(*now)[part])
    return max(found, key=lambda one: way * one)


def contributions(before, after, level):
    """Return part, low and high of each step of two funnels of totals."""
    sides = [limits(before, level), limits(after, level)]
    parts = shapley(*([one[0] for one in side] for side in sides))
    return [(value, limit(sides, part, -1), limit(sides, part, 1)) for part, value in enumerate(parts)]


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
