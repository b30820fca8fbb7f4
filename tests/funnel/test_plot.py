"""The picture: a bar a step and group, intervals, the naive share where windows are open."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from ecommine._core.frames import opened
from funnel import slow

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl
from matplotlib.text import Text

from ecommine.funnel._plot import labels_of

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
    assert set(labels) == {"app (100 entered)", "web (199 entered)", "open windows counted as lost"}


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


@pytest.mark.filterwarnings("ignore:the picture has Chinese text")
@pytest.mark.parametrize("locale", ["en", "zh"])
@pytest.mark.parametrize("kind", ["panels", "time", "periods"])
def test_every_kind_draws_its_groups(kind, locale):
    rows = [(one, 60 * one, "a", "web" if one % 3 else "app") for one in range(900)]
    rows += [(one, 60 * one + 20 + one % 50, "b", "web") for one in range(0, 900, 2)]
    options = {"every": "1w"} if kind == "periods" else {}
    found = funnel.analyse(slow.table(rows), funnel.Funnel(["a", "b"], window="1h"), by="device", **options)
    ax = found.plot(kind=kind, locale=locale)
    figure = ax.get_figure()
    assert ax.get_ylabel()
    if kind == "panels":
        assert [one.get_title().split(" (")[0].split("（")[0] for one in figure.axes] == ["device: app", "device: web"]
    else:
        assert ax.get_xlabel()
        assert {"app", "web"} <= {text.get_text().split(" (")[0] for text in ax.get_legend().get_texts()}


def test_curves_end_at_the_conversion():
    rows = [(one, one, "a") for one in range(300)] + [(one, one + one % 90, "b") for one in range(0, 300, 2)]
    found = funnel.analyse(slow.table(rows), funnel.Funnel(["a", "b"], window="1h"), as_of="2024-01-01 04:00")
    line = found.plot(kind="time").lines[0]
    assert line.get_ydata()[-1] == pytest.approx(found.table.loc[1, "conversion"])
    assert line.get_xdata()[-1] == pytest.approx(60)


@pytest.mark.parametrize(
    ("kind", "message"),
    [("panels", "need groups"), ("periods", "there are no periods"), ("pie", "`kind` must be one of")],
)
def test_kinds_that_cannot_be_drawn(kind, message):
    found = funnel.analyse(slow.table([(1, 0, "a"), (1, 1, "b")]), ["a", "b"])
    with pytest.raises(ValueError, match=message):
        found.plot(kind=kind)
    with pytest.raises(ValueError, match="totals have no times"):
        funnel.from_counts({"a": 2, "b": 1}).plot(kind="time")


def with_unknown():
    frame = pd.DataFrame({"visitor_id": range(60), "event": "a", "occurred_at": pd.Timestamp("2024-01-01")})
    after = frame[frame["visitor_id"] % 3 == 0].assign(event="b", occurred_at=pd.Timestamp("2024-01-02"))
    frame = pd.concat([frame, after, frame[:1].assign(occurred_at=pd.Timestamp("2024-02-01"))])
    return frame.assign(device=frame["visitor_id"].mod(3).map({0: None, 1: "app", 2: "web"}))


@pytest.mark.parametrize(("kind", "every"), [("steps", None), ("panels", None), ("time", None), ("periods", "1mo")])
def test_an_unknown_group_is_drawn_as_unknown(kind, every):
    found = funnel.analyse(with_unknown(), ["a", "b"], by="device", every=every)
    figure = found.plot(kind=kind).get_figure()
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert any("unknown" in text for text in texts)
    assert not any("nan" in text.split() for text in texts)


def test_times_of_groups_in_periods_are_refused():
    found = funnel.analyse(with_unknown(), ["a", "b"], by="device", every="1mo")
    with pytest.raises(ValueError, match="groups in periods are too many curves"):
        found.plot(kind="time")


def test_the_largest_of_many_groups_are_drawn():
    frame = pd.DataFrame({"visitor_id": range(210), "event": "a", "occurred_at": pd.Timestamp("2024-01-01")})
    frame["page"] = np.repeat([f"p{one:02d}" for one in range(20)], range(1, 21))
    found = funnel.analyse(frame, ["a", "b"], by="page", as_of="2024-02-01")
    for kind, n in (("steps", 8), ("panels", 12)):
        figure = found.plot(kind=kind).get_figure()
        texts = " ".join(text.get_text() for text in figure.findobj(Text))
        assert f"the largest {n} of 20 groups" in texts
        assert "p19 (20 entered)" in texts
        assert "p01" not in texts


def test_long_names_do_not_overlap():
    for name in ("step number {} of the wizard", "step_number_{}_of_the_wizard_that_has_a_long_name"):
        ax = funnel.from_counts({name.format(one): 100 - one for one in range(11)}).plot()
        figure = ax.get_figure()
        figure.canvas.draw()
        boxes = [text.get_window_extent() for text in ax.get_xticklabels()]
        if ax.get_xticklabels()[0].get_rotation() == 0:
            assert all(left.x1 < right.x0 for left, right in pairwise(boxes))
        else:
            assert all(text.get_text().endswith("…") for text in ax.get_xticklabels())


def test_the_largest_groups_are_those_of_all_periods():
    sizes = {"p0": (9, 1), **{f"p{one}": (2, 20) for one in range(1, 10)}}
    pages = [(page, f"2024-0{month}-01") for page, n in sizes.items() for month in (1, 2) for _ in range(n[month - 1])]
    frame = pd.DataFrame(pages, columns=["page", "at"])
    frame = frame.assign(visitor_id=range(len(frame)), event="a", occurred_at=pd.to_datetime(frame.pop("at")))
    found = funnel.analyse(frame, ["a", "b"], by="page", every="1mo", as_of="2024-04-01")
    labels, _ = labels_of(opened(found.table, argument="table"), "page", 9, "en")
    assert labels == [f"p{one}" for one in range(1, 10)]
