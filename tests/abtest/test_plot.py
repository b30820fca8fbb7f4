"""Pictures: what they show, in both languages, and that nothing global changes."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import abtest

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")


@pytest.fixture(autouse=True)
def nothing_global_changes():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def units_of(n=8_000):
    rng = np.random.default_rng(0)
    is_new = np.arange(n) % 2 == 1
    days = np.datetime64("2024-03-01", "us") + rng.integers(0, 10, n) * np.timedelta64(86_400_000_000, "us")
    table = {"customer_id": np.arange(n), "variant": np.where(is_new, "new", "control"), "assigned_at": days}
    table |= {"bought": rng.random(n) < 0.2 + 0.05 * is_new, "revenue": rng.exponential(1, n)}
    return pd.DataFrame(table | {"device": rng.choice(["mobile", "desktop"], n), "loss": -rng.exponential(1, n)})


@pytest.fixture(scope="module")
def readout():
    metrics = [abtest.Proportion("bought"), abtest.Mean("revenue"), abtest.Mean("loss")]
    test = abtest.Experiment("page", arms={"control": 0.5, "new": 0.5}, metrics=metrics, primary="bought")
    return test.analyse(units_of(), by="device")


def labels_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def texts_on(ax):
    return [text.get_text() for text in ax.texts]


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_metric_without_a_relative_difference_is_written(readout):
    ax, row = readout.plot(), readout.table.iloc[2]
    low, high = row["difference_low"], row["difference_high"]
    assert texts_on(ax) == [f"difference {row['difference']:.3g} ({low:.3g} to {high:.3g})"]
    assert legend_of(ax) == ["better", "no clear difference"]


def test_without_any_relative_difference_differences_are_drawn():
    test = abtest.Experiment("page", arms={"control": 0.5, "new": 0.5}, metrics=[abtest.Mean("loss")])
    found = test.analyse(units_of())
    ax = found.plot()
    (line,) = (line.get_xdata() for line in ax.lines if line.get_linewidth() == 2)
    np.testing.assert_allclose(line, found.table[["difference_low", "difference_high"]].iloc[0])
    assert "difference, in units" in ax.get_xlabel()


def test_guardrails_show_their_margin_and_look_like_no_improvement():
    returned = {
        "kept": abtest.Guardrail(abtest.Proportion("returned", better="lower"), margin=0.05),
        "broken": abtest.Guardrail(abtest.Proportion("bought", better="lower", name="calls"), relative_margin=0.1),
    }
    metrics = [abtest.Proportion("bought"), *returned.values()]
    units = units_of().assign(returned=np.arange(8_000) // 2 % 10 == 0)
    test = abtest.Experiment("page", arms={"control": 0.5, "new": 0.5}, metrics=metrics, primary="bought")
    found = test.analyse(units)
    assert found.table["verdict"].tolist() == ["better", "passed", "failed"]
    ax = found.plot()
    assert legend_of(ax) == ["better", "guardrail kept", "guardrail broken", "margin of a guardrail"]
    margins = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(margins, [0.05 / found.table["control"].iloc[1], 0.1])
    points = [(line.get_marker(), line.get_color()) for line in ax.lines if line.get_marker() not in ("None", "")]
    assert len(set(points)) == 3


def test_the_forest_has_a_row_for_each_metric_and_a_line_for_each_interval(readout):
    ax = readout.plot()
    assert labels_of(ax) == ["bought, new", "revenue, new", "loss, new"]
    lines = [
        line.get_xdata()
        for line in ax.lines
        if len(line.get_xdata()) == 2 and line.get_ydata()[0] == line.get_ydata()[1]
    ]
    shown = readout.table.dropna(subset=["relative_difference"])
    np.testing.assert_allclose(lines, shown[["relative_difference_low", "relative_difference_high"]])
    assert len(lines) == 2  # a metric below zero has no relative difference


def test_days_are_cumulative_and_end_at_the_readout(readout):
    ax = readout.plot(kind="days")
    (line,) = (line for line in ax.lines if line.get_label() == "new")
    assert len(line.get_xdata()) == 10
    assert line.get_ydata()[-1] == pytest.approx(readout.table["difference"].iloc[0])
    first = readout._days[0]
    own = units_of()
    own = own[own["assigned_at"] == own["assigned_at"].min()]
    means = own.groupby("variant")["bought"].mean()
    assert first.difference == pytest.approx(means["new"] - means["control"])
    assert "assignment day" in ax.get_title()


def test_groups_are_those_of_the_primary_metric(readout):
    ax = readout.plot(kind="by")
    assert labels_of(ax) == ["device desktop, new", "device mobile, new"]


@pytest.mark.parametrize("kind", ["forest", "days", "by"])
def test_pictures_speak_chinese_on_the_axes_of_the_caller(readout, kind):
    own = plt.subplots()[1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a machine without a Chinese font says so
        ax = readout.plot(own, kind=kind, locale="zh")
    assert ax is own
    assert any("\u4e00" <= letter <= "\u9fff" for letter in ax.get_title())


def test_what_cannot_be_drawn_is_an_error(readout):
    units = units_of().drop(columns="assigned_at")
    test = abtest.Experiment("page", arms={"control": 0.5, "new": 0.5}, metrics=[abtest.Proportion("bought")])
    plain = test.analyse(units)
    with pytest.raises(ValueError, match="assigned_at"):
        plain.plot(kind="days")
    with pytest.raises(ValueError, match="`by`"):
        plain.plot(kind="by")
    with pytest.raises(ValueError, match="`kind`"):
        plain.plot(kind="bars")
    with pytest.raises(ValueError, match="withheld"):
        test.analyse(units[units["customer_id"] % 4 > 0]).plot()
