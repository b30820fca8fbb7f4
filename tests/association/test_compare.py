"""Two periods: what is new, dead, changed, and what only seems so."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from association import slow
from ecommine import association
from libraries import to_pandas


def period(seed, bundles, n_orders=3_000):
    """Baskets with pairs planted in shares of the orders."""
    rng = np.random.default_rng(seed)
    baskets = slow.random_baskets(n_orders, 40, 4, rng)
    for (a, b), share in bundles.items():
        for place in np.flatnonzero(rng.random(n_orders) < share):
            baskets[place] = sorted({*baskets[place], a, b})
    lines = slow.lines(baskets, customer_id=[place % 900 for place in range(n_orders)])
    return baskets, lines


def rules(lines):
    return association.rules(lines, min_support=0.004, max_antecedent=1)


@pytest.fixture(scope="module")
def two():
    before = period(0, {(30, 31): 0.08, (32, 33): 0.08, (34, 35): 0.03})
    after = period(1, {(30, 31): 0.08, (36, 37): 0.08, (34, 35): 0.12})
    return before, after


def statuses(result):
    return {
        (*row["antecedents"], *row["consequents"]): row["status"]
        for row in to_pandas(result.table).to_dict("records")
        if row["antecedents"] < row["consequents"]
    }


def test_new_dead_and_same(two):
    result = association.compare(*(rules(lines) for _, lines in two))
    kinds = statuses(result)
    assert (kinds[36, 37], kinds[32, 33], kinds[30, 31]) == ("new", "dead", "same")
    assert kinds[34, 35] in ("changed", "same")
    assert result.headline.startswith(f"{len(result.table)} rules: 2 new, 2 dead")
    assert to_pandas(result.to_flat(names={36: "tea"}))["antecedents"].isin(["tea"]).any()


def test_ratios_and_p_values_are_those_of_the_slow_version(two):
    result = association.compare(*(rules(lines) for _, lines in two), correction=None)
    customers = [place % 900 for place in range(3_000)]
    for row in result.table.to_dict("records"):
        a, b = row["antecedents"][0], row["consequents"][0]
        lift, variance = [], []
        for baskets, _ in two:
            n_a, n_b = (sum(one in basket for basket in baskets) for one in (a, b))
            n_ab = sum(a in basket and b in basket for basket in baskets)
            lift.append((n_ab or 0.5) * 3_000 / n_a / n_b)
            variance.append(slow.log_lift_variance(baskets, customers, a, b) if n_ab else 1 / 0.5 + 1 / n_a + 1 / n_b)
        assert row["lift_ratio"] == pytest.approx(lift[1] / lift[0])
        z = np.log(lift[1] / lift[0]) / np.sqrt(sum(variance))
        assert row["p_value"] == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6, abs=1e-300)
        assert row["lift_ratio_low"] == pytest.approx(
            lift[1] / lift[0] * np.exp(-1.959964 * np.sqrt(sum(variance))), rel=1e-6
        )


def test_halves_of_one_shop_hardly_differ():
    """A rule that is significant in one half only is unclear, not new or dead."""
    differ = 0
    for seed in range(0, 20, 2):
        halves = [period(half, {(30, 31): 0.05, (32, 33): 0.012, (34, 35): 0.012}) for half in (seed, seed + 1)]
        kinds = statuses(association.compare(*(rules(lines) for _, lines in halves)))
        differ += not set(kinds.values()) <= {"same", "unclear"}
        assert kinds[30, 31] == "same"
    assert differ <= 3  # of ten at a rate of 5 %: one run in a thousand has more


def test_products_that_one_side_does_not_sell(two):
    _, lines = two[1]
    fewer = lines[lines["product_id"] != 36]
    result = association.compare(rules(fewer), rules(lines))
    row = result.table[result.table["antecedents"].map(lambda one: one == [36])].iloc[0]
    assert np.isnan(row["p_value"])
    assert row["status"] == "unclear"
    assert {note.code: note.count for note in result.notes} == {"no_lift_ratio": 2}


@pytest.mark.call("association.compare")
def test_every_library_gives_the_same(two, local_library):
    ours = association.compare(*(rules(lines) for _, lines in two)).table
    theirs = to_pandas(association.compare(*(rules(local_library(lines)) for _, lines in two)).table)
    pd.testing.assert_frame_equal(theirs[ours.columns[2:]], ours[ours.columns[2:]], rtol=1e-9, check_dtype=False)


def test_what_cannot_be_compared(two):
    result = rules(two[0][1])
    with pytest.raises(TypeError, match=r"`before` must be the result of association\.rules, got DataFrame"):
        association.compare(two[0][1], result)
    untested = association.rules(two[0][1], min_support=0.01, test=None)
    fisher = association.rules(two[0][1], min_support=0.01, test="fisher")
    with pytest.raises(ValueError, match=r"`before` and `after`.*'fisher' and 'adjusted'"):
        association.compare(fisher, result)
    with pytest.raises(ValueError, match="`after`"):
        association.compare(result, untested)


def notes(result):
    return [(note.partition(":")[0], note.code, note.count) for note in result.notes]


def with_customers(lines, customers):
    return lines.assign(customer_id=np.asarray(customers)[lines["order_id"].to_numpy()])


def test_large_customers_are_left_out_of_the_ratio(two):
    """Two accounts with most of the orders count, but ratio and test are those of the table without them."""
    (_, before), (_, after) = two
    large = with_customers(before, [0] * 1_200 + [1] * 900 + list(range(2, 902)) + [901])
    both, alone = (association.compare(rules(some), rules(after)) for some in (large, large[large["customer_id"] > 1]))
    assert notes(both) == [("`before`", "large_customers_apart", 2)]
    assert notes(alone) == []
    key = [
        both.to_flat().set_index(["antecedents", "consequents"]),
        alone.to_flat().set_index(["antecedents", "consequents"]),
    ]
    common = key[0].index.intersection(key[1].index)
    assert len(common) >= 4
    tested = ["lift_ratio", "lift_ratio_low", "lift_ratio_high", "p_value"]
    pd.testing.assert_frame_equal(key[0].loc[common, tested], key[1].loc[common, tested])
    assert (key[0].loc[common, "count_before"] > key[1].loc[common, "count_before"]).all()


def test_too_few_customers_of_a_side_are_not_compared_but_single_orders_are(two):
    (_, before), (_, after) = two
    few = with_customers(after, np.arange(3_000) % 8)
    result = association.compare(rules(before), rules(few))
    assert notes(result) == [("`after`", "few_customers", 8)]
    assert len(result.table) > 0
    assert result.table[["p_value", "q_value", "lift_ratio_low"]].isna().all(axis=None)
    assert result.table["lift_ratio"].notna().all()
    assert set(result.table["status"]) <= {"unclear", "same"}
    single = association.rules(few, min_support=0.004, max_antecedent=1, cluster=None)
    tested = association.compare(rules(before), single)
    assert notes(tested) == []
    assert tested.table["p_value"].notna().all()
    assert statuses(tested)[36, 37] == "new"


@cache
def year(seed, months_sold, *, n_orders=3_600, together=0.06):
    """A year of orders; products 30 and 31 are sold in its first months, and there a share of orders has both."""
    rng = np.random.default_rng(seed)
    baskets = slow.random_baskets(n_orders, 30, 4, rng)
    month = np.arange(n_orders) * 12 // n_orders
    for place in np.flatnonzero(month < months_sold):
        both = rng.random() < together
        has = both | (rng.random(2) < 0.1)
        baskets[place] = sorted({*baskets[place], *np.flatnonzero(has) + 30})
    times = np.datetime64("2024-01-01", "us") + np.arange(n_orders) * np.timedelta64(365 * 86_400 // n_orders, "s")
    customers = rng.integers(0, 900, n_orders)
    return baskets, customers, times, slow.lines(baskets, customer_id=customers, ordered_at=pd.Series(times))


def slow_lift(baskets, customers, stratum, a, b):
    """Return the lift within strata, and the variance of its logarithm as a sum over customers of influences."""
    has = np.array([[one in basket for basket in baskets] for one in (a, b)], dtype=float)
    n = np.bincount(stratum)
    p, q = (np.bincount(stratum, side) / np.maximum(n, 1) for side in has)
    both, mean = (has[0] * has[1]).sum(), (n * p * q).sum()
    influence = has[0] * has[1] / both - (has[0] * q[stratum] + has[1] * p[stratum] - (p * q)[stratum]) / mean
    by_customer = pd.Series(influence).groupby(customers).sum()
    return both / mean, (by_customer**2).sum() * len(by_customer) / (len(by_customer) - 1)


@pytest.mark.parametrize("season", ["auto", "month", "quarter"])
def test_lifts_within_periods_are_those_of_the_slow_version(season):
    shops = [year(seed, months) for seed, months in ((0, 12), (1, 2))]
    result = association.compare(*(rules(shop[3]) for shop in shops), season=season, correction=None)
    row = next(row for row in result.table.to_dict("records") if row["antecedents"] == [30])
    months = [shop[2].astype("datetime64[M]").astype(int) - 54 * 12 for shop in shops]
    periods = [of_shop // 3 if season == "quarter" else of_shop for of_shop in months]  # 70 orders are a week
    (lift, variance), (lift_after, variance_after) = (
        slow_lift(baskets, customers, period, 30, 31)
        for (baskets, customers, _, _), period in zip(shops, periods, strict=True)
    )
    assert row["lift_before"] == pytest.approx(lift)
    assert row["lift_after"] == pytest.approx(lift_after)
    assert row["lift_ratio"] == pytest.approx(lift_after / lift)
    z = np.log(lift_after / lift) / np.sqrt(variance + variance_after)
    assert row["p_value"] == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)


def test_a_season_of_one_side_is_no_change():
    """With one habit, what is sold for half of a year has twice the lift over it, and the same one in that half."""
    before, after = (rules(year(seed, months)[3]) for seed, months in ((0, 12), (1, 6)))
    plain, held = (association.compare(before, after, season=season) for season in (None, "auto"))
    assert statuses(plain)[30, 31] == "changed"
    assert statuses(held)[30, 31] == "same"
    row = held.table[held.table["antecedents"].map(lambda one: one == [30])].iloc[0]
    assert row["lift_ratio_low"] < 1 < row["lift_ratio_high"]
    assert {note.code: note.count for note in held.notes} == {"season_held_fixed": 24}
    assert plain.notes == ()


def test_a_change_of_habit_within_a_season_is_found():
    before, after = (rules(year(seed, 6, together=together)[3]) for seed, together in ((0, 0.01), (1, 0.12)))
    result = association.compare(before, after)
    assert statuses(result)[30, 31] == "new"
    row = result.table[result.table["antecedents"].map(lambda one: one == [30])].iloc[0]
    assert row["lift_ratio_low"] > 1.2


def test_one_period_has_nothing_to_hold_fixed_and_two_sides_have_one_period():
    """A month beside a year: both by week, of which the month has five; by month there would be one and twelve."""
    year_of_orders, month = rules(year(0, 12, n_orders=9_000)[3]), year(1, 12, n_orders=9_000)[3]
    month = rules(month[month["ordered_at"] < "2024-01-29"])
    assert [note.count for note in association.compare(year_of_orders, month).notes] == [53 + 4]
    few = year(2, 12)[3]
    assert [note.code for note in association.compare(year_of_orders, rules(few)).notes] == ["season_held_fixed"]
    assert association.compare(year_of_orders, rules(few)).notes[0].count == 24  # 70 orders are no week


def test_without_times_no_season_is_held_fixed(two):
    plain = [rules(lines) for _, lines in two]
    assert association.compare(*plain).notes == association.compare(*plain, season=None).notes
    dated = rules(year(0, 12)[3])
    with pytest.raises(ValueError, match=r"`season` is 'month', but `after` has rules .* without the times"):
        association.compare(dated, plain[1], season="month")
    with pytest.raises(ValueError, match="`season` must be one of"):
        association.compare(dated, dated, season="day")


def test_products_of_different_seasons_of_one_side_have_no_ratio():
    lines = year(0, 12)[3]
    is_early = (lines["ordered_at"] < "2024-07-01") == (lines["product_id"] == 30)
    apart = lines[~lines["product_id"].isin([30, 31]) | is_early]
    result = association.compare(rules(lines), rules(apart))
    row = result.table[result.table["antecedents"].map(lambda one: one == [30])].iloc[0]
    assert np.isnan(row["lift_ratio"])
    assert np.isnan(row["lift_after"])
    assert result.notes[-1].code == "no_lift_ratio"
