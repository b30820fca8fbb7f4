"""Pictures: what they show, in both languages, and that nothing global changes."""

import numpy as np
import pandas as pd
import pytest

from ecommine import segmentation
from segmentation.good_arguments import feature_table
from segmentation.slow import as_of, orders

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:the picture has Chinese text", "ignore:Glyph")


@pytest.fixture(autouse=True)
def nothing_global_changes():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


def lines():
    return orders(("ann", 0, 60.0), ("ann", 95, 60.0), ("bob", 10, 30.0), ("cy", 200, 5.0))


def shown(ax):
    return [text.get_text().strip() for text in ax.texts]


def labels(axis):
    return [text.get_text() for text in axis.get_ticklabels()]


def test_stages():
    ax = segmentation.lifecycle(lines(), as_of=as_of(203)).plot()
    assert shown(ax) == ["1 (33.3%)", "0 (0%)", "0 (0%)", "1 (33.3%)", "1 (33.3%)"]
    assert labels(ax.yaxis) == ["new", "growing", "mature", "declining", "lost"]
    assert [bar.get_width() for bar in ax.patches] == [1, 0, 0, 1, 1]
    zh = segmentation.lifecycle(lines(), as_of=as_of(203)).plot(locale="zh")
    assert labels(zh.yaxis) == ["新客", "成长期", "成熟期", "衰退期", "流失"]


def test_tiers():
    result = segmentation.tiers(lines(), thresholds={"basic": 0, "gold": 100})
    ax = result.plot()
    assert shown(ax) == ["1 (33.3%)", "2 (66.7%)"]
    assert ax.get_title() == "Customers by tier, as of 2024-07-19"
    assert result.plot(locale="zh").get_title() == "各会员等级的客户数（截至2024-07-19）"


def test_transitions():
    known = pd.DataFrame({"customer_id": ["ann"], "registered_at": pd.to_datetime(["2024-01-01"])})
    result = segmentation.transitions(lines(), customers=known, as_of=as_of(268))
    ax = result.plot()
    rates = result.table.dropna(subset=["rate"])
    assert len(shown(ax)) == len(rates)
    assert labels(ax.xaxis) == ["growing", "mature", "declining", "lost"]
    assert result.plot(locale="zh").get_xlabel() == "新阶段"
    empty = segmentation.transitions(lines(), as_of=as_of(203)).plot()
    assert shown(empty) == []


@pytest.mark.parametrize("columns", [("orders_per_month", "average_order_value"), ("orders_per_month",)])
def test_segments(columns):
    segments = segmentation.fit(feature_table(), columns=columns, n_segments=2)
    ax = segments.plot()
    assert [len(one.get_offsets()) for one in ax.collections] == [19, 20]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "segment 1: 47.5% of customers", "segment 2: 50% of customers",
    ]  # fmt: skip
    assert ax.get_xscale() == "log"
    ours = plt.figure().add_subplot()
    assert segments.plot(ours, locale="zh") is ours
    assert ours.get_legend().get_texts()[0].get_text() == "客户群1：占客户的47.5%"


def test_profiles_show_what_differs():
    table = pd.DataFrame({"customer_id": range(80), "segment": ["a"] * 40 + ["b"] * 40, "monetary": 5.0})
    table["city"] = ["Rome"] * 35 + ["Oslo"] * 45
    table["noise"] = np.arange(80) % 2
    ax = segmentation.profile(table).plot()
    assert labels(ax.yaxis) == ["city: Rome"]
    assert shown(ax) == ["200", "0"]
    assert labels(ax.xaxis) == ["a", "b"]
    alike = segmentation.profile(table[["customer_id", "segment", "noise"]]).plot(locale="zh")
    assert shown(alike) == []


def test_lift():
    table = feature_table()
    result = segmentation.lookalike(table, range(25), sizes=(0.1, 0.2, 0.5))
    ax = result.plot()
    assert [label.split("\n")[0] for label in labels(ax.xaxis)] == ["narrow", "balanced", "broad"]
    (points,) = (line for line in ax.lines if line.get_marker() == "o")
    assert points.get_ydata().tolist() == pytest.approx(result.sizes["lift"].tolist())
    assert "random" in shown(ax)
    assert labels(result.plot(locale="zh").xaxis)[0].startswith("窄")
