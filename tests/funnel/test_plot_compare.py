"""The picture of a comparison: from the one conversion to the other, bar by bar."""

import warnings

import pytest

from ecommine import funnel

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")

LONG = "add_to_cart (device: mobile, country: Portugal, plan: professional)"


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def totals(*counts):
    return funnel.from_counts(dict(zip(["view_item", LONG, "$purchase$"], counts, strict=True)))


def bars(axes):
    """Where each bar begins and how long it is, in the order of the rows."""
    found = sorted(axes.patches, key=lambda bar: bar.get_y())
    return [bar.get_x() for bar in found], [bar.get_width() for bar in found]


def test_bars_lead_from_the_one_conversion_to_the_other():
    found = funnel.compare(totals(1_000, 400, 100), totals(1_000, 300, 120), names=("May", "June"))
    axes = found.plot()
    axes.figure.canvas.draw()
    starts, lengths = bars(axes)
    parts = found.table["contribution"].tolist()
    assert lengths == pytest.approx([0.1, *parts, 0.12])
    assert starts == pytest.approx([0, 0.1, 0.1 + parts[0], 0])
    assert starts[2] + lengths[2] == pytest.approx(0.12)
    low, high = axes.collections[1].get_segments()[0][:, 0]
    assert (low, high) == pytest.approx(tuple(0.1 + found.table.loc[0, ["contribution_low", "contribution_high"]]))
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["May", "add_to_cart (device: mobile, coun…", "$purchase$", "June"]
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"conversion", "increase", "decrease"}
    hatches = {bar.get_hatch() for bar in axes.patches}
    assert "///" in hatches  # in grey print the sign is still seen


def test_everybody_lost_and_nobody_entered():
    gone = funnel.compare(totals(100, 40, 10), totals(100, 0, 0)).plot()
    gone.figure.canvas.draw()
    assert bars(gone)[1] == pytest.approx([0.1, -0.1, 0, 0])
    none = funnel.compare(totals(0, 0, 0), totals(100, 40, 10)).plot()
    none.figure.canvas.draw()
    assert not none.patches
    nothing = funnel.compare(totals(10, 0, 0), totals(10, 0, 0)).plot()
    nothing.figure.canvas.draw()


def test_chinese_and_given_axes():
    from matplotlib import pyplot as plt

    axes = plt.subplots()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = funnel.compare(totals(100, 40, 10), totals(100, 50, 30)).plot(axes, locale="zh")
    assert drawn is axes
    assert "95%" in axes.get_title()
    assert [text.get_text() for text in axes.get_yticklabels()][::3] == ["之前", "之后"]


def test_the_title_stands_in_the_middle():
    axes = funnel.compare(totals(100, 40, 10), totals(100, 50, 30)).plot()
    axes.figure.canvas.draw()
    title, box = axes.title.get_window_extent(), axes.get_window_extent()
    assert title.width > 0
    assert (title.x0 + title.x1) / 2 == pytest.approx((box.x0 + box.x1) / 2, abs=1)
