"""Events, promotions and prices: what they did, what they will do, and what nobody can know."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, forecasting, schema
from ecommine.forecasting._events import estimate_drivers
from ecommine.forecasting._panel.series import read_panel
from ecommine.schema import SchemaError
from forecasting.tables import sales
from notes import note_counts

NAN = np.nan


def events(*days, event="fair", before=0, after=0):
    return pd.DataFrame({"event": event, "event_at": pd.to_datetime(list(days)), "before": before, "after": after})


def drivers(table, horizon, *, every="1d", **options):
    return estimate_drivers(read_panel(table, every=every), horizon, **options)


def a_shop(rng, *, n_series=20, n_days=120, peaks=(40,), height=3.0, level=20):
    mean = np.full((n_series, n_days), float(level))
    mean[:, list(peaks)] *= height
    return sales(rng.poisson(mean), freq="D")


def test_nothing_acts_without_a_reason():
    result = drivers(a_shop(np.random.default_rng(0)), 5)
    assert (result.history == 1).all()
    assert (result.horizon == 1).all()
    assert (result.log_std == 0).all()
    assert result.notes == ()


def test_an_event_returns_in_every_library(library):
    table = a_shop(np.random.default_rng(1))
    calendar = events("2024-02-10", "2024-05-02")
    result = drivers(library(table), 5, calendar=library(calendar))
    assert result.history[:, 40] == pytest.approx(np.full(20, 3.0), rel=0.12)
    assert result.history[:, 60] == pytest.approx(np.ones(20), abs=0.05)
    assert result.horizon[:, 2] == pytest.approx(np.full(20, 3.0), rel=0.12)
    assert (result.log_std[:, 2] > 0.3).all()
    assert result.horizon[:, [0, 1, 3, 4]] == pytest.approx(np.ones((20, 4)), abs=0.05)
    assert note_counts(result.notes) == {"events_seen_once": 1}


@pytest.mark.parametrize("n_series", [5, 500])
def test_uncertainty_counts_occurrences_not_products(n_series):
    """One year of 500 products is one observation: the interval is as wide as with five products."""
    table = a_shop(np.random.default_rng(2), n_series=n_series)
    result = drivers(table, 5, calendar=events("2024-02-10", "2024-05-02"))
    assert result.log_std[:, 2].mean() == pytest.approx(0.42, abs=0.06)


def test_an_event_that_was_never_seen_has_no_effect_and_a_note():
    table = a_shop(np.random.default_rng(3), peaks=())
    result = drivers(table, 5, calendar=events("2024-05-02", before=3))
    assert (result.horizon == 1).all()
    assert (result.history == 1).all()
    assert note_counts(result.notes) == {"events_never_seen": 1}


def test_events_that_are_not_near_are_no_note():
    table = a_shop(np.random.default_rng(4))
    assert drivers(table, 5, calendar=events("2024-02-10", "2024-09-02")).notes == ()


def test_weeks_and_months_move_by_their_share_of_days():
    """Thrice the demand on one day of each month: a week of it has 9/7 of the demand, February 31/29."""
    rng, days = np.random.default_rng(5), pd.date_range("2023-01-02", periods=7 * 80)
    is_event = days.day == 10
    daily = rng.poisson(np.where(is_event, 300, 100), (12, len(days)))
    calendar = events(*pd.date_range("2023-01-10", "2024-12-10", freq="MS") + pd.Timedelta(days=9))
    weekly = daily.reshape(12, 80, 7).sum(axis=2)
    result = drivers(sales(weekly, start="2023-01-02"), 4, every="1w", calendar=calendar)
    with_event = is_event.reshape(80, 7).any(axis=1)
    assert result.history[:, with_event].mean() == pytest.approx(9 / 7, rel=0.03)
    assert result.history[:, ~with_event].mean() == pytest.approx(1, rel=0.01)
    months = pd.DataFrame(daily.T, index=days).resample("MS").sum().to_numpy().T[:, :18]
    monthly = sales(months, start="2023-01-01", freq="MS")
    sometimes = calendar[calendar["event_at"].dt.month % 3 > 0]  # one of every month would be the level itself
    effect = drivers(monthly, 4, every="1mo", calendar=sometimes).horizon.mean(axis=0)
    assert effect.min() == pytest.approx(1)
    assert 1 < effect.max() < 1.15


WEEKEND = pd.date_range("2024-01-06", "2024-07-30", freq="W-SAT")


@pytest.mark.parametrize(
    ("every", "calendar"),
    [
        ("1d", events(*WEEKEND, after=1)),
        ("1d", events(*pd.date_range("2024-01-01", "2024-07-30", freq="D"))),
        ("1w", events(*WEEKEND)),
        ("1mo", events(*pd.date_range("2024-01-01", "2026-07-30", freq="MS"))),
    ],
)
def test_an_event_that_is_always_there_is_left_out(every, calendar):
    rng, freq = np.random.default_rng(6), {"1d": "D", "1w": "7D", "1mo": "MS"}[every]
    n = 24 if every == "1mo" else 26
    start = "2024-01-01"
    mean = np.where(pd.date_range(start, periods=n, freq=freq).day_of_week >= 5, 60, 20) if every == "1d" else 20
    table = sales(rng.poisson(np.broadcast_to(mean, (12, n))), start=start, freq=freq)
    result = drivers(table, 3, every=every, calendar=calendar)
    assert (result.history == 1).all()
    assert (result.horizon == 1).all()
    assert note_counts(result.notes) == {"events_not_separable": 1}


def test_an_event_beside_one_that_is_always_there_is_found():
    rng = np.random.default_rng(7)
    both = pd.concat([events(*WEEKEND, event="weekend", after=1), events("2024-02-10", "2024-05-02")])
    result = drivers(a_shop(rng), 5, calendar=both)
    assert result.history[:, 40] == pytest.approx(np.full(20, 3.0), rel=0.15)
    assert result.history[:, 33] == pytest.approx(np.ones(20), abs=0.05)
    assert note_counts(result.notes) == {"events_not_separable": 1, "events_seen_once": 1}


def test_the_planted_events_of_a_shop_lie_inside_their_intervals():
    """Two years of a simulated shop with 618 and Double 11; the factors of the third year are its truth."""
    shop = datasets.make_shop(3_000, 880, n_products=80, start="2022-07-04", stockouts=datasets.NO_STOCKOUTS)
    days = shop.truth.calendar.iloc[:, 0].to_numpy().astype("datetime64[us]")
    week = np.array(datasets.Season().weekdays)[(days.astype("datetime64[D]").astype(int) + 3) % 7]
    truth = shop.truth.calendar["factor"].to_numpy() / week
    start = np.datetime64("2024-10-21", "us")
    sold = schema.to_sales(shop.orders[shop.orders["ordered_at"] < start], every="1d", as_of="2024-10-20")
    calendar = pd.concat(
        [
            events(*(f"{year}-06-18" for year in (2022, 2023, 2024)), event="618", before=14, after=5),
            events(*(f"{year}-11-11" for year in (2022, 2023, 2024)), event="double_11", before=10, after=10),
        ]
    )
    horizon = int((days >= start).sum())
    result = drivers(sold, min(horizon, 28), calendar=calendar)
    wanted = truth[days >= start][:28]
    acts = np.abs(np.log(wanted)) > 0.05
    distance = np.abs(np.log(result.horizon[:, acts]) - np.log(wanted[acts]))
    assert acts.sum() >= 15
    assert (distance < 1.96 * result.log_std[:, acts]).mean() >= 0.85
    assert result.horizon[:, wanted.argmax()].mean() == pytest.approx(wanted.max(), rel=0.35)


def promoted(rng, gain=2.0):
    is_promoted = rng.uniform(size=(30, 60)) < 0.15
    units = rng.poisson(np.where(is_promoted, 12 * gain, 12))
    return sales(units, promotion=is_promoted)


def plan(names, weeks, **columns):
    days = pd.date_range("2025-02-24", periods=weeks, freq="7D").astype("datetime64[us]")
    table = pd.MultiIndex.from_product([names, days], names=["product_id", "period_at"]).to_frame(index=False)
    return table.assign(**columns)


def test_promotions_leave_the_forecast_unless_they_are_planned(library):
    table = promoted(np.random.default_rng(6))
    n_promoted = int(table["promotion"].sum())
    without = drivers(library(table), 3, every="1w")
    assert (without.horizon == 1).all()
    assert note_counts(without.notes) == {"promotions_removed": n_promoted}
    assert without.history.max() == pytest.approx(2, rel=0.12)
    future = plan(["p00", "p01"], 1, promotion=True)
    planned = drivers(library(table), 3, every="1w", future=library(future))
    assert planned.horizon[:2, 0] == pytest.approx([2, 2], rel=0.12)
    assert planned.horizon[2:] == pytest.approx(np.ones((28, 3)))
    assert planned.horizon[:, 1:] == pytest.approx(np.ones((30, 2)))
    assert (planned.log_std[:2, 0] > 0.1).all()
    assert planned.notes == ()


def test_the_forecast_is_the_baseline_and_the_plan_its_effect():
    table = promoted(np.random.default_rng(7))
    plain = forecasting.forecast(table, 2, every="1w")
    told = forecasting.forecast(table, 2, every="1w", future=plan(["p00"], 2, promotion=True))
    assert plain.table["event_effect"].abs().max() < 1e-9
    assert plain.table["mean"].mean() == pytest.approx(12, rel=0.06)
    first = told.table[told.table["product_id"] == "p00"]
    assert first["event_effect"].to_numpy() == pytest.approx(first["baseline"].to_numpy(), rel=0.25)
    assert told.table.loc[told.table["product_id"] != "p00", "event_effect"].abs().max() < 1e-9


def test_planned_prices_act_by_the_elasticity():
    rng = np.random.default_rng(8)
    price = 10 * np.exp(0.2 * rng.standard_normal((30, 60)))
    price[:, -1] = 10
    units = rng.poisson(40 * (price / 10) ** -2)
    table = sales(units, price=price)
    result = drivers(table, 1, every="1w", future=plan(["p00", "p01"], 1, price=[5.0, 10.0]))
    assert result.horizon[0, 0] == pytest.approx(4, rel=0.15)
    assert result.horizon[1, 0] == pytest.approx(1)
    assert (result.horizon[2:] == 1).all()
    assert result.history[3, 5] == pytest.approx((price[3, 5] / 10) ** -2, rel=0.15)
    still = drivers(sales(units, price=np.full(price.shape, 9.0)), 1, every="1w", future=plan(["p00"], 1, price=5.0))
    assert note_counts(still.notes) == {"prices_without_effect": None}
    assert (still.horizon == 1).all()


def common_promotions(rng, n_series, *, freq="7D", share=1.0, n=60):
    """Promotions of all (or a share of the) products in the same periods, which double demand."""
    is_promoted = np.zeros((n_series, n), dtype=bool)
    is_promoted[: int(np.ceil(share * n_series)), 5:56:7] = True
    week = np.where(np.arange(n) % 7 == 5, 1.5, 1.0) if freq == "D" else 1.0
    return sales(rng.poisson(100 * np.where(is_promoted, 2, 1) * week), freq=freq, promotion=is_promoted), is_promoted


@pytest.mark.parametrize(("n_series", "share", "freq"), [(10, 1, "7D"), (1, 1, "7D"), (3, 1, "7D"), (10, 0.5, "7D")])
def test_promotions_of_all_products_at_once_are_found_over_time(n_series, share, freq):
    table, is_promoted = common_promotions(np.random.default_rng(12), n_series, share=share, freq=freq)
    result = drivers(table, 2, every="1w")
    assert result.history[is_promoted] == pytest.approx(np.full(is_promoted.sum(), 2.0), rel=0.12)
    mean = forecasting.forecast(table, 2, every="1w").table["mean"]
    assert mean.mean() == pytest.approx(100, rel=0.06)
    planned = forecasting.forecast(table, 2, every="1w", future=plan(["p00"], 2, promotion=True)).table
    assert planned.loc[planned["product_id"] == "p00", "mean"].mean() == pytest.approx(200, rel=0.12)


@pytest.mark.parametrize("step", [False, True])
@pytest.mark.parametrize("n_series", [1, 8])
def test_prices_that_move_at_once_are_found_over_time(n_series, step):
    rng = np.random.default_rng(13)
    price = np.where(np.arange(60) > 30, 8.0, 10.0) if step else 10 * np.exp(0.2 * rng.standard_normal(60))
    price = np.broadcast_to(price, (n_series, 60))
    table = sales(rng.poisson(400 * (price / 10) ** -2), price=price)
    result = drivers(table, 1, every="1w", future=plan(["p00"], 1, price=[price[0, -1] * 1.2]))
    assert result.horizon[0, 0] == pytest.approx(1.2**-2, rel=0.2 if step else 0.1)


def test_the_sentence_names_what_acts():
    table = promoted(np.random.default_rng(15))
    calendar = events("2024-03-05", "2025-02-25")
    future = plan(["p00", "p01", "p02"], 2, promotion=True)
    planned = forecasting.forecast(table, 2, every="1w", future=future)
    assert "Planned promotions and prices add" in planned.summary()
    assert "计划中的促销与价格带来" in planned.summary(locale="zh")
    both = forecasting.forecast(table, 2, every="1w", future=future, calendar=calendar)
    assert "Events and planned promotions and prices add" in both.summary()


def test_no_note_claims_what_could_not_be_learned():
    rng = np.random.default_rng(14)
    always = sales(rng.poisson(20, (4, 60)), promotion=np.ones((4, 60), dtype=bool))
    assert note_counts(drivers(always, 2, every="1w").notes) == {"promotions_without_effect": 240}
    never = sales(rng.poisson(20, (4, 60)))
    planned = drivers(never, 2, every="1w", future=plan(["p00"], 2, promotion=True, price=9.0))
    assert note_counts(planned.notes) == {"promotions_without_effect": 0, "prices_without_effect": None}
    assert (planned.horizon == 1).all()


@pytest.mark.parametrize("price", [0.01, 9_000.0])
def test_a_price_far_from_all_that_were_seen_is_cut(price):
    """Ten units at the usual price were 1.7 billion at a thousandth of it."""
    rng = np.random.default_rng(16)
    seen = 10 * np.exp(0.2 * rng.standard_normal((12, 60)))
    table = sales(rng.poisson(40 * (seen / 10) ** -2), price=seen)
    result = drivers(table, 1, every="1w", future=plan(["p00"], 1, price=price))
    assert 1 / 30 < result.horizon[0, 0] < 30
    assert note_counts(result.notes) == {"prices_beyond_seen": 1}


@pytest.mark.parametrize("columns", [{"price": 0.0}, {"price": -2.0}, {"price": np.inf}])
def test_plans_that_cannot_be(columns):
    table = promoted(np.random.default_rng(17))
    with pytest.raises(SchemaError, match=f"`{next(iter(columns))}` must be"):
        drivers(table, 1, every="1w", future=plan(["p00"], 1, **columns))


def test_rows_of_the_plan_that_no_forecast_uses_are_noted():
    table = promoted(np.random.default_rng(9))
    future = pd.concat([plan(["p00", "nobody"], 5, promotion=False)])
    assert note_counts(drivers(table, 2, every="1w", future=future).notes) == {"future_rows_left_out": 8}


@pytest.mark.parametrize(
    ("change", "match"),
    [(lambda t: t.drop(columns="promotion"), "promotion"), (lambda t: t.assign(product_id=None), "product_id"),
     (lambda t: t.assign(period_at=t["period_at"] + pd.Timedelta(days=1)), "begin no period")],
)  # fmt: skip
def test_wrong_plans(change, match):
    table = promoted(np.random.default_rng(10))
    with pytest.raises(SchemaError, match=match):
        drivers(table, 2, every="1w", future=change(plan(["p00"], 1, promotion=True)))


def test_numbered_periods_have_no_events_but_may_have_promotions():
    rng = np.random.default_rng(11)
    is_promoted = rng.uniform(size=(10, 40)) < 0.2
    table = pd.DataFrame(
        {
            "product_id": np.repeat(np.arange(10), 40),
            "period_at": np.tile(np.arange(40), 10),
            "quantity": rng.poisson(np.where(is_promoted, 30, 10)).ravel(),
            "promotion": is_promoted.ravel(),
        }
    )
    with pytest.raises(ValueError, match="calendar"):
        drivers(table, 2, every=None, calendar=events("2024-02-10"))
    future = pd.DataFrame({"product_id": [3], "period_at": [41], "promotion": [True]})
    assert drivers(table, 2, every=None, future=future).horizon[3] == pytest.approx([1, 3], rel=0.2)


def shop_with_promotions_at_events(share, *, other_days=0.05, gain=2.0):
    """A simulated shop whose promotions double demand on the days of Double 11 for a share of the products."""
    shop = datasets.make_shop(
        3_000, 500, n_products=60, start="2023-07-03", stockouts=datasets.NO_STOCKOUTS,
        pricing=datasets.Pricing(promotion_rate=0),
    )  # fmt: skip
    units = shop.sales.pivot(index="product_id", columns="period_at", values="quantity").to_numpy(float)
    days = np.unique(shop.sales["period_at"].to_numpy())
    rng, is_event = np.random.default_rng(0), np.isin(days, EVENT_DAYS)
    is_promoted = (rng.uniform(size=units.shape) < other_days) & ~is_event
    is_promoted |= is_event & (np.arange(len(units)) < share * len(units))[:, None]
    sold = units + np.where(is_promoted, rng.poisson((gain - 1) * units), 0)
    return sales(sold, start="2023-07-03", freq="D", promotion=is_promoted), units, is_promoted, is_event


EVENT_DAYS = np.array(["2023-11-11", "2024-11-11"], dtype="datetime64[us]")


@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_a_promotion_on_the_day_of_an_event_counts_once(share):
    """What promotions and the event do together is what happened, and each of them is its own."""
    table, units, is_promoted, is_event = shop_with_promotions_at_events(share)
    days = events("2023-11-11", "2024-11-11", event="double_11")
    result = drivers(table, 7, calendar=days)
    plain = drivers(table.assign(promotion=False, quantity=units.ravel()), 7, calendar=days)
    both = is_promoted & is_event
    assert result.history[both].mean() == pytest.approx(2 * plain.history[both].mean(), rel=0.1)
    assert result.history[is_promoted & ~is_event].mean() == pytest.approx(2, rel=0.1)
    if share < 1:
        own = result.history[~is_promoted & is_event].mean()
        assert own == pytest.approx(plain.history[:, is_event].mean(), rel=0.1)
