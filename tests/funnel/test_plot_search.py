"""The pictures of searches: a bar a query with its reason, and the clicks by place."""

import warnings

import pytest

from ecommine import funnel
from ecommine._core.pictures import thousands
from funnel import searchlog

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def found():
    true = searchlog.truth(25)
    true.loc[3, "query"], true.loc[4, "query"] = "price in $ of " + "a long query " * 5, "春季新款连衣裙女士碎花长裙"
    true.loc[3, "zero"], true.loc[4, "buys"] = 0.9, 0.01
    return funnel.search(searchlog.log(true, 8_000), as_of="2100-01-01")


def test_bars_are_as_long_as_the_stake_and_labels_are_cut(found):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = found.plot()
        axes.figure.canvas.draw()
    shown = found.opportunities.head(15)
    widths = sorted((bar.get_width() for bar in axes.patches), reverse=True)
    assert widths == pytest.approx(shown["potential_gain"].tolist())
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert "price in $ of a long query a lon…" in labels
    assert max(map(len, labels)) <= 33
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "nothing found" in named


def test_the_curve_has_its_intervals(found):
    axes = found.plot(kind="positions")
    curve = axes.containers[0].lines[0].get_ydata()
    assert curve == pytest.approx(found.positions["examination"].tolist())
    low, high = axes.collections[0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx(tuple(found.positions.loc[0, ["examination_low", "examination_high"]]))


def test_nothing_to_show(found):
    empty = funnel.search(searchlog.log(searchlog.truth(2), 5).drop(columns="position"))
    assert empty.plot().get_title() == "no query is below the typical one"
    assert empty.plot(kind="positions").get_title() == "positions are not known"


def test_chinese(found):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "搜索词" in found.plot(locale="zh").get_title()
        assert found.plot(kind="positions", locale="zh").get_xlabel() == "位置"
    with pytest.raises(ValueError, match="`kind` must be one of"):
        found.plot(kind="bars")


@pytest.mark.filterwarnings("ignore:the picture has Chinese text")
def test_labels_say_which_searches_are_counted(found):
    axes = found.plot()
    first = found.opportunities.iloc[0]
    label = axes.texts[0].get_text()
    assert label.removesuffix(" *") == f"n = {thousands(first['searches'])}"
    said = axes.get_legend().get_title().get_text()
    assert said.startswith("n: searches that count for the reason")
