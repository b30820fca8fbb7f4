"""Pictures: what is drawn, on whose axes, and from nothing."""

import numpy as np
import pytest

from ecommine import retention
from retention.good_arguments import order_lines
from retention.simulated import date_of, leaving, lines

plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
CALLS = {
    "cohorts": lambda orders: retention.cohorts(orders, first_orders_from="2023-01-01"),
    "curve": lambda orders: retention.curve(orders, first_orders_from="2023-01-01"),
    "value": lambda orders: retention.value(orders, horizon="60d", first_orders_from="2023-01-01"),
    "warnings": retention.churn_warnings,
    "reminders": retention.replenishment,
}


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", CALLS)
def test_draws_on_the_axes_given(name):
    figure, axes = plt.subplots(2)
    result = CALLS[name](order_lines())
    assert result.plot(axes[1]) is axes[1]
    assert not axes[0].get_title()
    figure.draw_without_rendering()


@pytest.mark.parametrize("name", CALLS)
def test_draws_nothing_as_nothing(name):
    orders = lines([], [], product_id=[])
    ax = CALLS[name](orders).plot()
    assert "nothing to draw" in [text.get_text() for text in ax.texts]


def test_open_cells_are_hatched_and_hold_no_number():
    orders = lines([0, 1, 1, 2], [0, 2, 40, 33])
    ax = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-03-10").plot()
    assert [patch.get_hatch() for patch in ax.patches] == ["///", "///"]
    assert sorted(text.get_text() for text in ax.texts) == ["100%", "100%", "50%"]
    money = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-03-10").plot(kind="revenue")
    assert sorted(text.get_text() for text in money.texts) == ["10", "10", "15"]


def test_first_seen_cohorts_are_marked():
    ax = retention.cohorts(lines([0, 1], [0, 40]), first_orders_from="2023-02-01").plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "2023-01 (first seen, n = 1)",
        "2023-02 (n = 1)",
    ]


def test_cohorts_of_fewer_than_ten_have_no_colour():
    orders = lines([*range(19), 0, 10], [*[0] * 9, *[31] * 10, 40, 65])
    ax = retention.cohorts(orders, first_orders_from="2023-01-01", as_of="2023-03-31").plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2023-01 (n = 9)", "2023-02 (n = 10)"]
    shown = np.ma.filled(ax.images[0].get_array().astype(float), np.nan)
    assert np.isnan(shown[0]).all()
    assert shown[1, 1] == pytest.approx(0.1)
    assert "11%" in [text.get_text() for text in ax.texts]


def test_above_the_line_is_flagged():
    orders, last, _ = leaving(0, n=300)
    result = retention.churn_warnings(orders, as_of=date_of(last))
    usual, flagged, limit = result.plot().lines
    for line, is_above in ((usual, False), (flagged, True)):
        x, y = line.get_data()
        assert len(x)
        assert ((y > x) == is_above).all()
    assert (limit.get_xdata() == limit.get_ydata()).all()
    assert "limit" in [text.get_text() for text in limit.axes.get_legend().get_texts()]


def test_the_curve_has_a_line_per_group():
    orders = order_lines()
    ax = retention.curve(orders, by="category", first_orders_from="2023-01-01").plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["pot", "tea"]
    assert len(ax.lines) == 2


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:the picture has Chinese text", "ignore:Glyph")
def test_chinese_titles(name):
    ax = CALLS[name](order_lines()).plot(locale="zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in ax.get_title())
