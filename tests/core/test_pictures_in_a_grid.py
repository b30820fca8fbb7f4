"""Pictures in a grid of subplots: labels, legend and title stay in their cell, whatever the layout of the figure."""

import itertools

import numpy as np
import pytest

from ecommine._core.pictures import color_bar, date_ticks, even_percents, finish_picture, legend_below

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")

from matplotlib import pyplot as plt  # noqa: E402

LONG = "A title that is much longer than the axes that it stands above, so that it has to be broken"


def draw(ax, title):
    ax.plot([0, 1], [0, 1], label="the first of several long names in a legend")
    ax.plot([0, 1], [1, 0], label="the second of several long names in a legend")
    ax.set_yticks([0, 1], ["a long name of a row", "another name"])
    ax.set_xlabel("what the horizontal axis shows, in rather many words")
    ax.set_title(title)
    legend_below(ax)
    return finish_picture(ax)


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("title", [LONG, "一个比坐标轴宽得多的标题需要换行才能放进自己的格子里面而不碰到旁边的图"])
@pytest.mark.parametrize("shape", [(2, 2), (1, 2)])
@pytest.mark.filterwarnings("ignore:the picture has Chinese text")
def test_nothing_reaches_into_a_neighbour(layout, title, shape):
    figure, axes = plt.subplots(*shape, figsize=(13, 8), layout=layout)
    for ax in axes.flat:
        draw(ax, title)
    figure.canvas.draw()
    boxes = [ax.get_tightbbox() for ax in axes.flat]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert all(ax.get_title() and not ax.get_title("right") for ax in axes.flat)
    assert all(ax.title.get_window_extent().width <= ax.get_window_extent().width * 1.05 for ax in axes.flat)
    plt.close(figure)


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("neighbour", ["a label", "a label far to the right of the axes, as of segments"])
def test_a_bar_of_colours_stands_beside_its_axes(layout, neighbour):
    figure, axes = plt.subplots(2, 2, figsize=(12, 9), layout=layout)
    axes[0, 0].annotate(neighbour, xy=(1.03, 0.5), xycoords="axes fraction", annotation_clip=False)
    image = axes[1, 0].imshow([[0.0, 1.0]], aspect="auto")
    bar = color_bar(axes[1, 0], image, "share of the row")
    draw(axes[0, 0], LONG)
    finish_picture(axes[1, 0])
    draw(axes[1, 1], LONG)
    figure.canvas.draw()
    own, beside = axes[1, 0].get_window_extent(), bar.ax.get_window_extent()
    assert 0 < beside.x0 - own.x1 < 0.05 * own.width
    assert beside.height == pytest.approx(own.height)
    assert axes[1, 0].get_tightbbox().x1 >= bar.ax.get_tightbbox().x1 - 1
    assert not axes[1, 0].get_tightbbox().overlaps(axes[1, 1].get_tightbbox())
    plt.close(figure)


@pytest.mark.parametrize("is_dated", [True, False])
@pytest.mark.parametrize(("columns", "is_turned"), [(5, True), (1, False)])
def test_names_and_dates_are_turned_where_they_would_touch(is_dated, columns, is_turned):
    figure, axes = plt.subplots(1, columns, figsize=(10, 4), squeeze=False)
    ax = axes[0, 0]
    if is_dated:
        ax.plot(np.arange("2024-01-01", "2024-05-01", dtype="datetime64[D]"), np.arange(121))
        date_ticks(ax)
    else:
        ax.bar(range(4), range(4))
        ax.set_xticks(range(4), ["a segment", "another segment", "a third one", "the last"])
    finish_picture(ax)
    figure.canvas.draw()
    assert {label.get_rotation() != 0 for label in ax.get_xticklabels()} == {is_turned}
    plt.close(figure)


def test_a_short_title_stays_on_one_line():
    ax = plt.subplots(layout="constrained")[1]
    assert draw(ax, "Short").get_title() == "Short"
    plt.close()


@pytest.mark.parametrize(
    ("shares", "texts"),
    [([1.0, 0.5], ["100%", "50%"]), ([1.0, 0.456], ["100.0%", "45.6%"]), ([0.0005, 0.2], ["0.05%", "20.00%"]),
     ([np.nan, 0.25], ["", "25%"]), ([], [])],
)  # fmt: skip
def test_shares_in_a_picture_have_one_precision(shares, texts):
    assert even_percents(shares) == texts
