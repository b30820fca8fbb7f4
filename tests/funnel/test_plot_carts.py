"""The pictures of carts: bars that fill up to one, and the curve of recovery."""

import warnings

import numpy as np
import pytest

from ecommine import funnel
from funnel import slow_carts
from funnel.test_carts import AS_OF, many

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def test_the_bars_of_a_step_are_the_shares_of_its_carts():
    found = funnel.carts(many(), as_of=AS_OF)
    axes = found.plot()
    axes.figure.canvas.draw()
    steps = [text.get_text().split("\n")[0] for text in axes.get_xticklabels()]
    assert steps == found.steps["checkout_step"].tolist()
    tops = np.sum([[bar.get_height() for bar in bars] for bars in axes.containers], axis=0)
    assert tops == pytest.approx([1.0] * len(steps))
    bought = [bar.get_height() for bar in axes.containers[0]]
    assert bought == pytest.approx([(part["status"] == "bought").mean() for _, part in groups(found)])
    assert axes.get_legend().get_texts()[0].get_text() == "bought in that session"


def groups(found):
    return [(step, found.table[found.table["checkout_step"] == step]) for step in found.steps["checkout_step"]]


def test_the_curve_is_the_table_of_recovery():
    found = funnel.carts(many(), as_of=AS_OF)
    axes = found.plot(kind="recovery")
    axes.figure.canvas.draw()
    hours, shares = axes.lines[0].get_data()
    assert hours.tolist() == found.recovery["hours"].tolist()
    assert shares.tolist() == found.recovery["recovered"].tolist()
    assert axes.get_xlabel() == "hours since the cart was left"


@pytest.mark.parametrize("kind", ["steps", "recovery"])
def test_no_carts_are_drawn_as_such(kind):
    axes = funnel.carts(slow_carts.table([(1, 0, "view_item")])).plot(kind=kind)
    assert axes.get_title() == "no carts"


@pytest.mark.parametrize(("kind", "label"), [("steps", "购物车占比"), ("recovery", "被放弃的购物车中已购买的比例")])
def test_chinese(kind, label):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = funnel.carts(many(), as_of=AS_OF).plot(kind=kind, locale="zh")
    assert axes.get_ylabel() == label


def left(n):
    rows = [(one, 0, "add_to_cart") for one in range(n)] + [(one, 600, "purchase") for one in range(4, n, 5)]
    return funnel.carts(slow_carts.table(rows), recover_within="7d", as_of="2100-01-01")


@pytest.mark.parametrize("n", [2, 40])
def test_the_band_is_the_interval_of_each_hour(n):
    found = left(n)
    (band,) = found.plot(kind="recovery").collections
    last = found.recovery.iloc[-1]
    corners = band.get_paths()[0].vertices
    at_end = corners[corners[:, 0] == last["hours"], 1]
    assert (at_end.min(), at_end.max()) == pytest.approx((last["recovered_low"], last["recovered_high"]))


def test_what_is_written_beside_the_curve_does_not_overlap():
    from matplotlib import pyplot as plt

    for found in (left(2), left(40), funnel.carts(many(), as_of=AS_OF)):
        axes = found.plot(plt.subplots(figsize=(5, 2.5))[1], kind="recovery")
        axes.figure.canvas.draw()
        one, other = (text.get_window_extent() for text in axes.texts)
        assert not one.overlaps(other)


@pytest.mark.filterwarnings("ignore:the picture has Chinese text")
@pytest.mark.parametrize(("within", "written"), [("7d", "7天内"), ("36h", "36小时内"), ("90min", "90分钟内")])
def test_the_window_is_written_in_chinese(within, written):
    found = funnel.carts(many(), as_of=AS_OF, recover_within=within)
    assert written in found.plot(kind="recovery", locale="zh").get_title()
    assert written in found.summary(locale="zh")
