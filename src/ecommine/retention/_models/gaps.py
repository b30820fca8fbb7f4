r"""Gaps between purchases of an item: how long a customer's next one is expected to be, and how it spreads.

The log gap of a customer's j-th purchase of an item, of q times the usual quantity of that item, is

.. math:: \log g_j = \mu_{item} + u_{pair} + p \log q_j + e_j

with one power p of the quantity, fitted within pairs. The mean of a pair is shrunk to that of the item by the two
variances. What a next gap was over what had been expected before it, closed or still open, gives one curve by Kaplan
and Meier for pairs of about as many gaps: it holds what the shop's customers do, stopping included.

The typical gap of an item is the median of Wang and Chang's estimate: closed gaps of one customer share one weight,
and an open gap counts, as censored, only for who has no closed one. Closed gaps alone are too short, as long ones are
still open; pooled gaps are too short, as frequent customers have more of them.

References
----------
Wang, M.-C. and Chang, S.-H. (1999). Nonparametric estimation of a recurrent survival function. Journal of the American
Statistical Association 94(445), 146-153. https://doi.org/10.1080/01621459.1999.10473831
"""

from dataclasses import dataclass

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, run_starts
from ..._stats.arrays import divide, sums_by_group
from ..._stats.survival import KaplanMeier
from .._read.pairs import PairDays

CLASSES = (1, 2, 4, 8)
"""Least closed gaps of each class of pairs."""
PRIOR_PAIRS = 10.0
"""Pairs of the average item that an item's own mean is weighed against."""
MEDIAN = 0.5
CLOSE = float(np.log(1.2))
"""Log ratio up to which a gap is close to what was expected."""
STEP = 0.02
"""Width of the classes of log ratios of a gap to what was expected."""
REACH = 5.0
"""Log ratios are cut at plus and minus this."""
N_STEPS = int(2 * REACH / STEP)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expected:
    """What is expected of the next gap of each pair with a closed gap, as known at the end of a day.

    Attributes
    ----------
    pair : int array of shape (n,)
        In the pairs of the days.
    purchases, last : int arrays of shape (n,)
    log_gap : float array of shape (n,)
        Mean log of the next gap: the pair's own, shrunk, and lengthened by the last quantity.
    item_log_gap : float array of shape (n_items,)
        The items' means.
    power : float
        Of the quantity.
    ratio_events, ratio_censored : int arrays of shape (n_classes, N_STEPS)
        Next gaps by class of earlier gaps and log ratio to what was expected, closed and still open.
    item_gaps, item_close : int arrays of shape (n_items,)
        Closed gaps of which something was expected, and those of them that were within 20 % of it.
    """

    pair: Ints
    purchases: Ints
    last: Ints
    log_gap: Floats
    item_log_gap: Floats
    power: float
    ratio_events: Ints
    ratio_censored: Ints
    item_gaps: Ints
    item_close: Ints

    @classmethod
    def at(cls, days: PairDays, today: int) -> "Expected":
        """Fit the gaps known at the end of a day."""
        rows = np.flatnonzero(days.day <= today) if today < days.today else slice(None)
        pair, day = days.pair[rows], days.day[rows]
        size, mean_size = days.quantity[rows], _mean_log_size(days.quantity[rows], days.item, pair, days.n_items)
        has_next = np.zeros(len(pair), dtype=bool)
        has_next[:-1] = pair[1:] == pair[:-1]
        begins = np.flatnonzero(has_next)
        gap, of_pair = np.log(day[begins + 1] - day[begins]), pair[begins]
        quantity = np.log(size[begins]) - mean_size[days.item[of_pair]]
        power = _power(of_pair, gap, quantity)
        rest = gap - power * quantity
        is_first = run_starts(of_pair) if len(of_pair) else np.zeros(0, dtype=bool)
        run, starts = np.cumsum(is_first) - 1, np.flatnonzero(is_first)
        n_gaps = np.diff(np.append(starts, len(run)))
        sums = np.add.reduceat(rest, starts) if len(rest) else rest
        mean, pairs = sums / np.maximum(n_gaps, 1), of_pair[starts]
        item = days.item[pairs]
        item_mean = _item_means(item, mean, days.n_items)
        noise = _relative_noise(rest, run, mean, n_gaps, item, item_mean)
        last_row = begins[np.append(starts[1:], len(run)) - 1] + 1 if len(run) else begins
        before = np.cumsum(rest) - rest
        before -= before[starts][run] if len(run) else 0.0
        order = np.arange(len(run)) - starts[run]
        shrunk = (before + noise * item_mean[item][run]) / (order + noise) + power * quantity
        last_quantity = np.log(size[last_row]) - mean_size[item]
        expected = (sums + noise * item_mean[item]) / (n_gaps + noise) + power * last_quantity
        open_gap = today - day[last_row]
        middle = (today + (int(day.min()) if len(day) else today)) // 2
        is_close = (order >= 1) & (np.abs(gap - shrunk) <= CLOSE)
        events = _by_ratio(gap - shrunk, order, (order >= 1) & (day[begins] >= middle))
        with np.errstate(divide="ignore"):
            censored = _by_ratio(np.log(open_gap) - expected, n_gaps, (open_gap > 0) & (day[last_row] >= middle))
        return cls(
            pair=pairs,
            purchases=n_gaps + 1,
            last=day[last_row],
            log_gap=expected,
            item_log_gap=item_mean,
            power=power,
            ratio_events=events,
            ratio_censored=censored,
            item_gaps=np.bincount(item[run[order >= 1]], minlength=days.n_items),
            item_close=np.bincount(item[run[is_close]], minlength=days.n_items),
        )

    def curves(self) -> list[KaplanMeier | None]:
        """Return for each class the curve of the log ratio; None for a class without a closed next gap."""
        found: list[KaplanMeier | None] = []
        for events, censored in zip(self.ratio_events, self.ratio_censored, strict=True):
            n = int(events.sum() + censored.sum())
            times = np.arange(N_STEPS)
            curve = KaplanMeier.from_counts(times, events, censored, n=n, horizon=N_STEPS) if events.sum() else None
            found.append(curve)
        return found

    def quantile_days(self, silence: Ints, shares: tuple[float, ...]) -> Floats:
        """Return after how many days since the last purchase these shares of pairs have bought, given the silence.

        Returns
        -------
        float array of shape (n_shares, n)
            NaN where the curve never reaches the share.
        """
        found = np.full((len(shares), len(self.pair)), np.nan)
        classes = class_of(self.purchases - 1)
        with np.errstate(divide="ignore"):
            ratio = np.log(silence) - self.log_gap
        for number, curve in enumerate(self.curves()):
            members = np.flatnonzero(classes == number)
            if curve is None or not len(members):
                continue
            survival = np.append(1.0, curve.survival[:-1])
            from_step = np.where(silence[members] > 0, _step_of(ratio[members]) + 1, 0)
            for i, share in enumerate(shares):
                step = np.searchsorted(-survival, -survival * (1 - share))[from_step]
                reached = step < len(survival)
                middle = (np.minimum(step, N_STEPS) - 0.5) * STEP - REACH
                length = _whole(np.exp(middle + self.log_gap[members]), share)
                length = np.maximum(length, silence[members] + 1)
                found[i, members] = np.where(reached, length, np.nan)
        return found


def _whole(length: Floats, share: float) -> Floats:
    """Round a limit outwards, so that whole days hold at least the share between them, and a median to the nearest."""
    return np.rint(length) if share == MEDIAN else np.floor(length) if share < MEDIAN else np.ceil(length)


def class_of(n_gaps: Ints) -> Ints:
    """Return the class of pairs by their closed gaps.

    Examples
    --------
    >>> class_of(np.array([1, 3, 9])).tolist()
    [0, 1, 3]
    """
    return np.searchsorted(CLASSES, n_gaps, side="right") - 1


def _step_of(ratio: Floats) -> Ints:
    return np.clip(np.floor((ratio + REACH) / STEP), 0, N_STEPS - 1).astype(np.int64)


def _by_ratio(ratio: Floats, n_gaps: Ints, kept: Bools) -> Ints:
    """Count log ratios by class and step."""
    key = class_of(n_gaps[kept]) * N_STEPS + _step_of(ratio[kept])
    return np.bincount(key, minlength=len(CLASSES) * N_STEPS).reshape(len(CLASSES), N_STEPS)


def _mean_log_size(quantity: Floats, item: Ints, pair: Ints, n_items: int) -> Floats:
    """Return the items' mean log quantities; over them the unit in which an item is sold does not matter."""
    several = np.flatnonzero(quantity != 1.0)  # most logs are 0
    if not len(several):
        return np.zeros(n_items)
    n = np.bincount(item[pair], minlength=n_items)
    return sums_by_group(item[pair[several]], np.log(quantity[several]), n_items) / np.maximum(n, 1)


def _power(pair: Ints, gap: Floats, quantity: Floats) -> float:
    """Fit the power of the quantity within pairs, between 0 and 1."""
    if not len(pair):
        return 0.0
    run = np.cumsum(run_starts(pair)) - 1
    n = np.bincount(run)
    gap, quantity = (values - (np.bincount(run, weights=values) / n)[run] for values in (gap, quantity))
    spread = float(quantity @ quantity)
    return float(np.clip(quantity @ gap / spread, 0.0, 1.0)) if spread > 1e-9 else 0.0


def _item_means(item: Ints, mean: Floats, n_items: int) -> Floats:
    """Return the items' mean log gaps, those of few pairs drawn to the mean of all."""
    overall = float(mean.mean()) if len(mean) else 0.0
    sums, n = sums_by_group(item, mean, n_items), np.bincount(item, minlength=n_items)
    return (sums + PRIOR_PAIRS * overall) / (n + PRIOR_PAIRS)


def _relative_noise(rest: Floats, run: Ints, mean: Floats, n_gaps: Ints, item: Ints, item_mean: Floats) -> float:
    """Return the variance within pairs over that between them: so many gaps weigh as much as the item's mean."""
    free = int((n_gaps - 1).sum())
    if free < 1:
        return 1.0
    within = float(((rest - mean[run]) ** 2).sum()) / free
    deviation = mean - item_mean[item]
    between = float(deviation @ deviation) / len(mean) - within * float((1.0 / n_gaps).mean())
    return float(np.clip(within / max(between, 1e-9), 1e-3, 1e3))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TypicalGaps:
    """Wang and Chang's median gap of each group, NaN where the curve does not reach one half."""

    median: Floats
    customers: Ints
    repeaters: Ints


def typical_gaps(group: Ints, unit: Ints, gap: Ints, open_group: Ints, open_gap: Ints, n_groups: int) -> TypicalGaps:
    """Estimate the median gap by group with one weight per unit.

    Parameters
    ----------
    group, unit, gap : int arrays of shape (n_gaps,)
        The group and the unit of each gap that ended in a purchase, sorted by unit, and its days.
    open_group, open_gap : int arrays of shape (n_open,)
        The group of each unit without such a gap, and the days since its only purchase.
    n_groups : int

    Examples
    --------
    Of three customers one has the gaps 2 and 4, one a gap of 8, and one none in ten days:

    >>> same = np.zeros(3, dtype=int)
    >>> found = typical_gaps(same, np.array([0, 0, 1]), np.array([2, 4, 8]), same[:1], np.array([10]), 1)
    >>> found.median.tolist(), found.customers.tolist(), found.repeaters.tolist()
    ([8.0], [3], [2])
    """
    is_first = run_starts(unit) if len(unit) else np.zeros(0, dtype=bool)
    run = np.cumsum(is_first) - 1
    repeaters = np.bincount(group[is_first], minlength=n_groups)
    customers = repeaters + np.bincount(open_group, minlength=n_groups)
    span = int(max(gap.max(initial=0), open_gap.max(initial=0))) + 1
    cell, events, open_before = _gaps_by_cell(group, gap, 1.0 / np.bincount(run)[run], open_group, open_gap, span)
    of = cell // span
    starts = np.flatnonzero(run_starts(of)) if len(of) else of
    width = np.diff(np.append(starts, len(of)))
    before = np.cumsum(events) - events
    at_risk = customers[of] - open_before - (before - np.repeat(before[starts], width))
    with np.errstate(divide="ignore"):
        log_left = np.log(np.maximum(1.0 - divide(events, np.maximum(at_risk, events)), 0.0))
    log_left = np.maximum(log_left, -50.0)  # nobody is left; sums stay finite
    total = np.cumsum(log_left)
    survival = np.exp(total - np.repeat(total[starts] - log_left[starts], width))
    is_low = np.flatnonzero(survival <= 0.5 + 1e-9)
    median = np.full(n_groups, np.nan)
    median[of[is_low][::-1]] = (cell % span)[is_low][::-1]  # the first of each group stays
    return TypicalGaps(median=median, customers=customers, repeaters=repeaters)


def _gaps_by_cell(
    group: Ints, gap: Ints, weight: Floats, open_group: Ints, open_gap: Ints, span: int
) -> tuple[Ints, Floats, Ints]:
    """Return the cells of a group and a gap with closed gaps, their weight, and the group's shorter open gaps."""
    closed, still_open = group * span, open_group * span
    closed += gap
    still_open += open_gap
    cells = np.sort(closed)
    cells = cells[run_starts(cells)] if len(cells) else cells
    still_open.sort()
    before, of_earlier_groups = (np.searchsorted(still_open, at) for at in (cells, cells // span * span))
    return cells, np.bincount(np.searchsorted(cells, closed), weights=weight), before - of_earlier_groups
