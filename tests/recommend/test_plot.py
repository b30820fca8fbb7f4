"""Pictures: what is drawn, on whose axes, and from nothing."""

import pytest

from ecommine import recommend
from recommend.good_arguments import order_lines
from recommend.shops import lines

plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
CALLS = {
    "model": recommend.fit,
    "home": lambda orders: recommend.fit(orders).home(k=4),
    "evaluation": lambda orders: recommend.evaluate(orders, horizon="7d", n_windows=2),
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
    orders = lines([1, None], ["a", "b"], [0, 30])
    result = recommend.fit(orders).home(available=[]) if name == "home" else CALLS[name](orders)
    ax = result.plot()
    assert "nothing to draw" in [text.get_text() for text in ax.texts]


def test_the_bars_of_a_place_add_up():
    result = recommend.fit(order_lines()).home(k=4)
    tops = {}
    for patch in result.plot().patches:
        tops[round(patch.get_x(), 2)] = max(tops.get(round(patch.get_x(), 2), 0), patch.get_y() + patch.get_height())
    assert list(tops.values()) == pytest.approx([1.0] * 4)


def test_a_candidate_has_a_point_for_each_window():
    ax = recommend.evaluate(order_lines(), horizon="14d", n_windows=2).plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["own history", "bestsellers", "default"]
    assert [len(points.get_offsets()) for points in ax.collections if hasattr(points, "get_sizes")] == [3, 3]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore:the picture has Chinese text", "ignore:Glyph")
def test_chinese_titles(name):
    ax = CALLS[name](order_lines()).plot(locale="zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in ax.get_title())
