"""The picture: a bar a step and group, intervals, the naive share where windows are open."""

import pytest

from ecommine import funnel
from funnel import slow

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def events(n=300):
    rows = [(one, 10 * one, "a", "web" if one % 3 else "app") for one in range(n)]
    return slow.table(rows + [(one, 10 * one + 30 + one % 50, "b", "web") for one in range(0, n, 4)])


def test_bars_have_the_height_of_the_conversion_and_intervals():
    found = funnel.analyse(events(), ["a", "b"], as_of="2024-06-01")
    axes = found.plot()
    axes.figure.canvas.draw()
    heights = [bar.get_height() for bar in axes.containers[0]]
    assert heights == pytest.approx(found.table["conversion"].tolist())
    low, high = axes.collections[0].get_segments()[1][:, 1]
    assert (low, high) == pytest.approx(tuple(found.table.loc[1, ["conversion_low", "conversion_high"]]))
    assert axes.get_ylabel() == "conversion (share of those that entered)"
    assert axes.get_legend() is None


def test_groups_have_a_legend_and_open_windows_a_cross():
    found = funnel.analyse(events(), funnel.Funnel(["a", "b"], window="1h"), by="device", as_of="2024-01-03 01:40")
    axes = found.plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert set(labels) == {"app", "web", "open windows counted as lost"}


def test_all_windows_open_draws_the_naive_share_alone():
    found = funnel.analyse(events(), funnel.Funnel(["a", "b"], window="9d"))
    axes = found.plot()
    assert all(bar.get_height() == 0 for bar in axes.patches)
    assert axes.lines[-1].get_ydata() == pytest.approx(found.table["naive_conversion"].tolist())


def test_chinese():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        axes = funnel.from_counts({"a": 10, "b": 5}).plot(locale="zh")
    assert "转化率" in axes.get_ylabel()
    with pytest.raises(ValueError, match="`locale` must be one of"):
        funnel.from_counts({"a": 10, "b": 5}).plot(locale="fr")
