"""The picture: a bar a step and group, intervals, the naive share where windows are open."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl
from matplotlib.text import Text

from ecommine.funnel._steps.plot import largest_groups

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
    assert line.get_xdata()[-1] == pytest.approx(3_600)


@pytest.mark.parametrize(
    ("kind", "message"),
    [("panels", "`kind` 'panels'"), ("periods", "`kind` 'periods'"), ("pie", "`kind` .*'pie'")],
)
def test_kinds_that_cannot_be_drawn(kind, message):
    found = funnel.analyse(slow.table([(1, 0, "a"), (1, 1, "b")]), ["a", "b"])
    with pytest.raises(ValueError, match=message):
        found.plot(kind=kind)
    with pytest.raises(ValueError, match="`kind` 'time'"):
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
    with pytest.raises(ValueError, match="`kind` 'time'"):
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
    groups, _ = largest_groups(found._group_estimates, 9, "en")
    assert [label for label, _ in groups] == [f"p{one}" for one in range(1, 10)]


def five(sizes=(400, 5, 300, 200, 100)):
    """Groups of which the second is small and the last is unknown; every fourth goes on, half of those at once."""
    groups = [group for group, n in zip(["a", "b", "c", "d", None], sizes, strict=True) for _ in range(n)]
    frame = pd.DataFrame({"visitor_id": range(len(groups)), "event": "a", "device": groups})
    frame["occurred_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["visitor_id"] % 40, unit="D")
    went = frame[frame["visitor_id"] % 4 == 0].assign(event="b")
    went["occurred_at"] += pd.to_timedelta(np.where(went["visitor_id"] % 8 == 0, 60, 3_000), unit="s")
    return pd.concat([frame[frame["visitor_id"] % 40 != 1], frame[frame["visitor_id"] % 40 == 1], went])


def looks(axes):
    """The colours and markers of the lines of a picture, by their names."""
    return {
        line.get_label(): (line.get_color(), line.get_marker()) for line in axes.lines if line.get_label()[0] != "_"
    }


def test_a_group_looks_alike_in_every_picture():
    step = funnel.Funnel(["a", "b"], window="1h")
    found = funnel.analyse(five(), step, by="device", as_of="2024-03-01")
    bars = found.plot()
    colours = {bars.get_label().split(" (")[0]: bars[0].get_facecolor() for bars in bars.containers if len(bars) == 2}
    hatches = {bars.get_label().split(" (")[0]: bars[0].get_hatch() for bars in bars.containers if len(bars) == 2}
    assert list(colours) == ["a", "b", "c", "d", "unknown"]
    curves = looks(found.plot(kind="time"))
    assert list(curves) == list(colours)
    assert {name: mpl.colors.to_rgba(one) for name, (one, _) in curves.items()} == colours
    later = five().query("device != 'a' or occurred_at > '2024-01-09'")  # "a" is missing from the first week
    weeks = funnel.analyse(later, step, by="device", every="1w", as_of="2024-03-01").plot()
    assert looks(weeks) == curves
    panels = found.plot(kind="panels").get_figure().axes[: len(colours)]
    assert [one.patches[0].get_facecolor() for one in panels] == list(colours.values())
    assert [one.patches[0].get_hatch() for one in panels] == list(hatches.values())


def test_groups_without_a_colour_are_grey_in_their_panel():
    frame = pd.DataFrame({"visitor_id": range(55), "event": "a", "occurred_at": pd.Timestamp("2024-01-01")})
    frame["page"] = np.repeat([f"p{one}" for one in range(10)], range(1, 11))
    found = funnel.analyse(frame, ["a", "b"], by="page", as_of="2024-02-01")
    colours = [one.patches[0].get_facecolor() for one in found.plot(kind="panels").get_figure().axes[:10]]
    assert colours[:2] == [mpl.colors.to_rgba("#999999")] * 2
    assert colours[2:] == [bars[0].get_facecolor() for bars in found.plot().containers if len(bars) == 2]


def test_curves_differ_in_grey():
    frame = pd.concat([five((40, 40, 40, 40, 40)).assign(device=one) for one in range(8)])
    frame["visitor_id"] += 1_000 * frame["device"]
    axes = funnel.analyse(frame, ["a", "b"], by="device", as_of="2024-03-01").plot(kind="time")
    drawn = [line for line in axes.lines if line.get_label()[0] != "_"]
    assert len({line.get_marker() for line in drawn}) == 8
    assert len({str(line._dash_pattern) for line in drawn}) == 8


def test_shares_stand_above_the_bars_of_groups_where_there_is_room():
    shares = {"home": 60_200, "search": 30_100, "payment": 3_010, "confirmation": 150}
    frame = pd.DataFrame({step: np.arange(60_200) < n for step, n in shares.items()})
    frame = frame.assign(user_id=range(60_200), device=np.where(np.arange(60_200) % 2, "phone", "desk"))
    axes = funnel.from_reached(frame, list(shares), by="device").plot()
    axes.figure.canvas.draw()
    assert {"100.0%", "50.0%", "5.0%", "0.2%"} <= {text.get_text() for text in axes.texts}
    assert len(axes.texts) == 8
    assert apart([text.get_window_extent() for text in axes.texts])
    many = frame.assign(device=np.arange(60_200) % 7)
    assert not funnel.from_reached(many, list(shares), by="device").plot().texts


def apart(boxes):
    return not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_a_small_group_does_not_flatten_the_curves():
    step = funnel.Funnel(["a", "b"], window="1h")
    found = funnel.analyse(five(), step, by="device", as_of="2024-03-01")
    axes = found.plot(kind="time")
    last = found.table.query("step == 'b'").set_index("device")
    highs = last["conversion_high"]
    assert highs["b"] > 0.7
    assert axes.get_ylim()[1] == pytest.approx(1.05 * max(last.loc["b", "conversion"], highs.drop("b").max()))
    assert "cut where units are few" in axes.get_title()
    alike = funnel.analyse(five((400, 100, 300, 200, 100)), step, by="device", as_of="2024-03-01").plot(kind="time")
    assert "cut" not in alike.get_title()
    few = funnel.analyse(five((3, 5, 4, 0, 0)), step, by="device", as_of="2024-03-01")
    highs = few.table.query("step == 'b'").set_index("device")["conversion_high"]
    assert few.plot(kind="time").get_ylim()[1] == pytest.approx(1.05 * highs["b"])


def test_a_curve_jumps_at_its_end_where_later_attempts_count():
    rows = [(one, 0, "a") for one in range(90)] + [(one, 150, "a") for one in range(30)]
    rows += [(one, 6, "b") for one in range(60, 90)] + [(one, 156, "b") for one in range(30)]
    found = funnel.analyse(slow.table(rows), funnel.Funnel(["a", "b"], window="1h"), as_of="2024-03-01")
    axes = found.plot(kind="time")
    times, shares = axes.lines[0].get_data()
    assert shares[-2:] == pytest.approx([1 / 3, 2 / 3])
    assert times[-2:] == pytest.approx([3_600, 3_600])
    low, high = axes.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert (low, high) == pytest.approx(tuple(found.table.loc[1, ["conversion_low", "conversion_high"]]))
    assert axes.containers[0].lines[0].get_xdata()[0] < axes.get_xlim()[1]


def test_periods_name_their_groups_in_the_order_of_the_categories():
    frame = with_unknown().assign(device=lambda rows: pd.Categorical(rows["device"], ["web", "app"], ordered=True))
    axes = funnel.analyse(frame, ["a", "b"], by="device", every="1mo").plot()
    assert [name for name in axes.get_legend_handles_labels()[1] if name in ("web", "app", "unknown")] == [
        "web",
        "app",
        "unknown",
    ]
