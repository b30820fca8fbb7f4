"""Pictures of forecasts and trends: what they show, and that nothing global changes."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import forecasting
from forecasting.tables import sales

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")


@pytest.fixture(autouse=True)
def nothing_global_changes():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="module")
def table():
    return sales(np.random.default_rng(0).poisson([[9.0]] * 12, (12, 60)))


@pytest.fixture(scope="module")
def forecast(table):
    return forecasting.forecast(table, 6, every="1w")


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def test_a_product_with_its_bands(forecast):
    ax = forecast.plot("p03")
    assert labels(ax) == ["90% interval", "80% interval", "history", "forecast (mean)"]
    history, mean = ax.lines[0].get_ydata(), ax.lines[1].get_ydata()
    table = forecast.table[forecast.table["product_id"] == "p03"]
    assert mean.tolist() == table["mean"].tolist()
    assert len(history) == 24
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == table["p95"].max() or band.max() == history[-1]
    assert "p03" in ax.get_title()
    assert ax.get_ylabel() == "units per week"
    assert ax.get_ylim()[0] == 0


def test_bands_differ_in_grey(forecast):
    colours = [matplotlib.colors.to_rgb(part.get_facecolor()[0]) for part in forecast.plot("p03").collections]
    grey = [0.299 * red + 0.587 * green + 0.114 * blue for red, green, blue in colours]
    assert grey[0] - grey[1] > 0.1


def test_the_total_of_all_products_and_its_own_quantiles(forecast):
    ax = forecast.plot()
    total = forecast.total(by="period_at")
    assert ax.lines[1].get_ydata() == pytest.approx(total["mean"].to_numpy())
    assert "all products" in ax.get_title()


def test_a_total_without_quantiles_has_no_band(table):
    short = table[table["period_at"] < "2024-04-01"]
    ax = forecasting.forecast(short, 2, every="1w").plot()
    assert labels(ax) == ["history", "forecast (mean)"]


def test_events_show_beside_the_baseline(table):
    raised = table.assign(quantity=table["quantity"] * np.where(table["period_at"] == "2024-12-02", 4, 1))
    calendar = pd.DataFrame(
        {"event": "fair", "event_at": pd.to_datetime(["2024-12-04", "2025-03-06"]), "before": 2, "after": 2}
    )
    ax = forecasting.forecast(raised, 6, every="1w", calendar=calendar).plot("p01")
    assert labels(ax)[-1] == "without events and promotions"


def test_numbered_periods_and_ids_of_stores():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "product_id": np.repeat([1, 1, 2], 30),
            "store_id": np.repeat(["a", "b", "a"], 30),
            "period_at": np.tile(np.arange(30), 3),
            "quantity": rng.poisson(6, 90),
        }
    )
    result = forecasting.forecast(table, 3, by=("product_id", "store_id"))
    assert result.plot((1, "b")).get_xlabel() == "number of the period"
    assert "2 / a" in result.plot(2).get_title()
    with pytest.raises(ValueError, match="2 have 1"):
        result.plot(1)
    with pytest.raises(ValueError, match="product_id"):
        result.plot((3, "a"))
    for wrong in ((1, "b", "c"), (), [1, "b"], (1, ["b"]), np.eye(2), pd.NA):
        with pytest.raises((TypeError, ValueError), match="`product_id` must be"):
            result.plot(wrong)


def test_chinese_and_the_callers_axes(forecast):
    _, ax = plt.subplots()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a machine may have no Chinese font
        assert forecast.plot("p03", ax, locale="zh") is ax
    assert labels(ax) == ["90%区间", "80%区间", "历史", "预测（均值）"]
    with pytest.raises(ValueError, match="locale"):
        forecast.plot("p03", locale="fr")


def trending():
    rng, weeks = np.random.default_rng(2), np.arange(80)
    growth = np.r_[np.linspace(-1.2, 1.2, 26), np.zeros(30)]
    return forecasting.trends(sales(rng.poisson(30 * np.exp(growth[:, None] * weeks / 52))), every="1w")


def test_the_strongest_trends_rise_above_and_fall_below():
    result = trending()
    ax = result.plot()
    names = [label.get_text() for label in ax.get_yticklabels()]
    table = result.table.set_index("product_id")
    assert len(names) == 20
    assert (table.loc[names[:10], "direction"] == "falling").all()
    assert (table.loc[names[10:], "direction"] == "rising").all()
    assert names[-1] == table["growth"].idxmax()
    assert {line.get_marker() for line in ax.lines} >= {"^", "v"}


def test_a_shop_without_trends_says_so():
    result = forecasting.trends(sales(np.random.default_rng(3).poisson(9, (5, 30))), every="1w")
    assert any("beyond chance" in text.get_text() for text in result.plot().texts)
