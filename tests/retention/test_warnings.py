"""Who has gone quiet, and who buys again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from ecommine import retention
from ecommine._stats.intervals import wilson_interval
from ecommine.retention._models.chance import Chance
from ecommine.retention._models.frequent import Frequent, learn_return
from ecommine.retention._models.quiet import RateDistribution
from ecommine.retention._read.days import read_days
from ecommine.retention._summary import warning_sentences
from libraries import to_pandas
from notes import note_counts
from retention.good_arguments import order_lines
from retention.real_shops import cdnow, online_retail
from retention.simulated import date_of, leaving, lines


@pytest.mark.call("retention.churn_warnings")
def test_every_library_gives_the_same(library):
    orders = order_lines()
    mine, theirs = (retention.churn_warnings(frame, horizon="30d") for frame in (orders, library(orders)))
    pd.testing.assert_frame_equal(to_pandas(theirs.table), to_pandas(mine.table), check_exact=False, rtol=1e-9)
    pd.testing.assert_frame_equal(to_pandas(theirs.checks), to_pandas(mine.checks), check_exact=False, rtol=1e-9)


def test_worked_by_hand():
    orders = lines([*[0] * 6, *[1] * 6, *[2] * 5], [0, 10, 20, 30, 40, 50, *range(0, 120, 20), *range(5)], amount=30.0)
    result = retention.churn_warnings(orders, as_of=date_of(100), horizon="10d")
    table = result.table.set_index("customer_id")
    assert sorted(table.index) == [0, 1]
    assert table["purchases"].tolist() == [6, 6]
    assert table.loc[0, "open_gap"] == 50
    rates = RateDistribution.learn(np.array([5, 5, 4]), np.array([100, 100, 100]))
    r, alpha = rates.shape, rates.inverse_scale
    active = RateDistribution.learn(np.array([5, 5]), np.array([50, 100]))
    expected = (active.inverse_scale + 50) / (active.shape + 5)
    assert table.loc[0, "usual_gap"] == pytest.approx(expected)
    assert table.loc[0, "quiet_p"] == pytest.approx(((alpha + 50) / (alpha + 100)) ** (r + 5))
    assert table.loc[0, "usual_spend"] == pytest.approx(30 * 10 / table.loc[0, "usual_gap"])
    assert note_counts(result.notes) == {"infrequent_left_out": 1, "short_history": 2}
    assert table["return_probability"].isna().all()
    assert result.checks.empty


def test_the_chance_of_a_silence_is_that_of_a_gamma_mixture():
    rates = RateDistribution(shape=1.7, inverse_scale=40.0)
    posterior = stats.gamma(1.7 + 5, scale=1 / (40 + 90))
    expected, _ = integrate.quad(lambda rate: posterior.pdf(rate) * np.exp(-rate * 55), 0, 3)
    assert rates.silence_p(np.array([5]), np.array([90]), np.array([55]))[0] == pytest.approx(expected)
    longest = rates.longest_usual(np.array([5]), np.array([90]), 0.05)
    assert rates.silence_p(np.array([5]), np.array([90]), longest)[0] == pytest.approx(0.05)


def test_a_silence_of_all_makes_no_usual_gap_longer():
    orders = pd.concat([lines([i] * 9, [i + 7 * j for j in range(9)]) for i in range(40)])
    early, late = (retention.churn_warnings(orders, as_of=date_of(day)).table for day in (100, 400))
    assert early["usual_gap"].to_numpy() == pytest.approx(7, rel=0.01)
    assert late["usual_gap"].to_numpy() == pytest.approx(7, rel=0.01)
    assert late["flagged"].all()


@pytest.mark.parametrize("horizon", ["7d", "30d"])
def test_without_churn_little_is_at_risk(horizon):
    orders, last, _ = leaving(1, n=1_500, churn=False)
    table = retention.churn_warnings(orders, as_of=date_of(last), horizon=horizon).table
    flagged = table["flagged"]
    assert table["spend_at_risk"].sum() < 0.05 * table["usual_spend"].sum()
    assert (table.loc[flagged, "spend_at_risk"] >= 0).all()
    assert table.loc[~flagged, "spend_at_risk"].isna().all()
    assert table["flagged"].is_monotonic_decreasing


def test_rates_are_learned():
    rng = np.random.default_rng(0)
    rate = rng.gamma(2.0, 1 / 60, 40_000)
    found = RateDistribution.learn(rng.poisson(rate * 300), np.full(40_000, 300))
    assert found.shape == pytest.approx(2.0, rel=0.04)
    assert found.inverse_scale == pytest.approx(60, rel=0.04)


def test_flagged_since_is_the_day_on_which_the_chance_fell_below():
    orders, last, _ = leaving(0, n=300)
    known = orders[orders["ordered_at"] <= date_of(last)]
    table = retention.churn_warnings(known, as_of=date_of(last)).table
    flagged = table[table["flagged"]]
    assert (table.loc[~table["flagged"], "flagged_since"]).isna().all()
    assert (flagged["flagged_since"] <= date_of(last)).all()
    longest = (flagged["flagged_since"] - pd.to_timedelta(1, "D")).max()
    assert longest < pd.Timestamp(date_of(last))
    days, _ = read_days(known, date_of(last))
    repeaters, now = (Frequent.at(days, days.today, least) for least in (2, 6))
    rates = RateDistribution.learn(repeaters.gaps, repeaters.age)
    ids = days.customers[now.position]
    since = flagged.set_index("customer_id")["flagged_since"].reindex(ids)
    day = ((since - pd.Timestamp(0)).dt.days).to_numpy()
    is_flagged = ~np.isnan(day)
    silence = day[is_flagged] - (days.today - now.silence[is_flagged])
    for shift, is_below in ((0, True), (-1, False)):
        p = rates.silence_p(now.gaps[is_flagged], now.span[is_flagged], silence + shift)
        assert ((p < 0.05) == is_below).all()


def test_learning_uses_nothing_later():
    orders, last, _ = leaving(1, n=600)
    days, _ = read_days(orders, date_of(last))
    early, _ = read_days(orders, date_of(last - 100))
    one, other = (learn_return(known, early.today, 30, 6) for known in (days, early))
    np.testing.assert_array_equal(one.weight, other.weight)


def test_what_is_beyond_the_learned_is_taken_for_its_edge():
    x = np.linspace(0, 1, 300)[:, None]
    chance = Chance.learn(x, np.tile([True, False, False], 100))
    assert chance.predict(np.array([[50.0]])) == chance.predict(np.array([[1.0]]))
    assert Chance.learn(x, np.zeros(300, dtype=bool)) is None
    assert Chance.learn(x[:99], np.tile([True, False, False], 33)) is None


def test_checks_say_what_was_predicted_and_what_happened():
    orders, last, _ = leaving(2)
    result = retention.churn_warnings(orders, as_of=date_of(last))
    checks = result.checks[~result.checks["flagged"]]
    assert checks["customers"].iloc[:-1].sum() == checks["customers"].iloc[-1]
    then = date_of(last - 30)
    days, _ = read_days(orders, then)
    frequent = days.customers[Frequent.at(days, days.today, 6).position]
    at = orders["ordered_at"]
    buyers = orders.loc[(at > then) & (at <= date_of(last)), "customer_id"]
    assert checks["actual"].iloc[-1] == pytest.approx(np.isin(frequent, buyers).mean())
    assert set(checks["verdict"].dropna()) <= {"agrees", "too_high", "too_low"}


def test_the_flagged_are_checked_at_all_earlier_moments():
    orders, last, _ = leaving(2, n=800)
    orders = orders[orders["ordered_at"] <= date_of(last)]
    row = retention.churn_warnings(orders, as_of=date_of(last)).checks.iloc[-1]
    predicted, bought = [], []
    for back in range(30, 391, 30):
        now = retention.churn_warnings(orders[orders["ordered_at"] <= date_of(last - back)], as_of=date_of(last - back))
        if now.table["return_probability"].isna().any() or len(predicted) == 12:
            break
        flagged = now.table[now.table["flagged"]]
        at = orders["ordered_at"]
        after = orders.loc[(at > date_of(last - back)) & (at <= date_of(last - back + 30)), "customer_id"]
        predicted.append(flagged["return_probability"].to_numpy())
        bought.append(flagged["customer_id"].isin(after).to_numpy())
    assert row["flagged"]
    assert row["moments"] == len(predicted) > 5
    assert row["customers"] == len(np.concatenate(bought))
    assert row["predicted"] == pytest.approx(np.concatenate(predicted).mean())
    assert row["actual"] == pytest.approx(np.concatenate(bought).mean())
    low, _ = wilson_interval(row["actual"], float(row["customers"]), 1.959964)
    assert 0 < row["actual_low"] < low  # the same customers are flagged again and again
    assert row["verdict"] == "agrees"


@pytest.mark.parametrize(("n", "is_quoted"), [(30, True), (29, False)])
def test_the_summary_quotes_the_flagged_from_thirty_on(n, is_quoted):
    orders, last, _ = leaving(2, n=400)
    result = retention.churn_warnings(orders, as_of=date_of(last))
    counts = result._warned.checks.customers.copy()
    counts[-1] = n
    warned = replace(result._warned, checks=replace(result._warned.checks, customers=counts))
    share = f"{100 * result.checks['actual'].iloc[-1]:.3g}%"
    assert (f"{share} (" in warning_sentences(warned, 30, 6, "en")) == is_quoted
    assert (share in warning_sentences(warned, 30, 6, "zh")) == is_quoted


@pytest.mark.parametrize("shop", [online_retail, cdnow])
def test_the_quiet_of_real_shops_come_back_as_predicted(shop):
    row = retention.churn_warnings(shop()).checks.iloc[-1]
    assert row["customers"] >= 30
    assert row["predicted"] == pytest.approx(row["actual"], abs=0.1)


def test_money_changes_no_probability():
    orders, last, _ = leaving(3, n=500)
    one = retention.churn_warnings(orders, as_of=date_of(last)).table
    other = retention.churn_warnings(orders.assign(amount=72.0), as_of=date_of(last)).table
    assert one["customer_id"].tolist() == other["customer_id"].tolist()
    np.testing.assert_allclose(one["return_probability"], other["return_probability"])
    np.testing.assert_allclose(7.2 * one["spend_at_risk"], other["spend_at_risk"])


@pytest.mark.parametrize("rows", [([0], [3]), (range(4), range(4)), ([], []), ([0] * 9, [4] * 9)])
def test_shops_without_frequent_customers(rows):
    result = retention.churn_warnings(lines(list(rows[0]), list(rows[1])))
    assert len(result.table) == 0
    for locale in ("en", "zh"):
        assert result.summary(locale=locale)


def outcomes(seeds, **options):
    """Return by shop: predicted less actual, and the shares flagged of those who are alive and of those who left."""
    found = []
    for seed in seeds:
        orders, last, gone = leaving(seed, **options)
        table = retention.churn_warnings(orders, as_of=date_of(last)).table
        at = orders["ordered_at"]
        after = orders.loc[(at > date_of(last)) & (at <= date_of(last + 30)), "customer_id"]
        bought, left = np.isin(table["customer_id"], after), gone[table["customer_id"]]
        flagged = table["flagged"].to_numpy()
        lost = flagged[left].mean() if left.any() else np.nan
        found.append((table["return_probability"].mean() - bought.mean(), flagged[~left].mean(), lost))
    return np.array(found)


def test_known_truth():
    found = outcomes(range(3))
    assert np.abs(found[:, 0]).max() <= 0.035
    assert 0.03 <= found[:, 1].mean() <= 0.05
    assert found[:, 2].min() >= 0.78


def test_without_churn_few_are_flagged():
    assert outcomes(range(2), churn=False)[:, 1].max() <= 0.06


@pytest.mark.parity
def test_known_truth_in_100_shops():
    found = outcomes(range(100))
    print(f"off by at most {np.abs(found[:, 0]).max():.4f}; flagged {found[:, 1].mean():.3f} of those alive")
    print(f"({found[:, 1].min():.3f} to {found[:, 1].max():.3f}), {found[:, 2].mean():.3f} of the gone")
    assert np.abs(found[:, 0]).max() <= 0.035
    assert 0.03 <= found[:, 1].mean() <= 0.05
    assert found[:, 2].mean() >= 0.78


@pytest.mark.parity
def test_without_churn_few_are_flagged_in_50_shops():
    flagged = outcomes(range(50), churn=False)[:, 1]
    print(f"flagged without churn {flagged.mean():.3f}, at most {flagged.max():.3f}")
    assert flagged.mean() <= 0.06
