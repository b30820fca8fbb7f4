"""Slow, obvious versions that several tests compare with."""

import math


def slow_interval(trials, z):
    """Return the share of successes of (success, cluster) with Wilson's limits, from a loop over clusters."""
    n = len(trials)
    if not n:
        return (math.nan,) * 3
    share = sum(success for success, _ in trials) / n
    clusters = {cluster for _, cluster in trials}
    squares = 0.0
    for cluster in clusters:
        mine = [success for success, one in trials if one == cluster]
        squares += (sum(mine) - share * len(mine)) ** 2
    size = len(clusters)
    if 0 < share < 1 and squares > 1e-9 * n:
        size = min(share * (1 - share) / (squares / n**2), n)
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return share, max(middle - half, 0.0), min(middle + half, 1.0)
