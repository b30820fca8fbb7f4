"""Pictures: labelled axes, uncertainty where there is some, Chinese where it is asked for."""

import warnings

import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import association

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")


@pytest.fixture(scope="module")
def rules():
    baskets = slow.random_baskets(3_000, 60, 5, np.random.default_rng(0))
    for basket in baskets[::9]:
        basket[:] = sorted({*basket, 30, 31})
    lines = slow.lines(baskets, customer_id=[place % 400 for place in range(len(baskets))])
    return association.rules(lines, min_support=0.01, max_antecedent=1)


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def lines():
    """Two products that go together, two that never do, and orders of the same customers week after week."""
    rng = np.random.default_rng(1)
    baskets = slow.random_baskets(4_000, 30, 4, rng)
    for place, basket in enumerate(baskets):
        extra = {40, 41} if place % 8 == 0 else {50 + place % 2} if place % 3 == 0 else {60}
        basket[:] = sorted({*basket, *extra})
    orders = slow.lines(baskets, customer_id=[place % 500 for place in range(len(baskets))])
    days = pd.to_timedelta(orders["order_id"] // 500 * 7 + rng.integers(0, 3, len(baskets))[orders["order_id"]], "D")
    return orders.assign(ordered_at=pd.Timestamp("2024-01-01") + days)


def test_pairs_stand_beside_what_chance_gives(lines):
    pairs = association.pairs(lines, min_support=0.05, season=None)
    axes = pairs.plot(names={50: "cola", 51: "lemonade"})
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert "cola / lemonade" in labels
    substitutes = pairs.substitutes().reset_index(drop=True)
    row = substitutes.index[(substitutes["product_a"] == 50) & (substitutes["product_b"] == 51)][0]
    (low, _), (high, _) = axes.collections[0].get_segments()[row]
    mean, effect = substitutes.loc[row, ["expected", "design_effect"]]
    assert substitutes.loc[row, "count"] == 0 < low < mean < high
    draws = np.random.default_rng(0).poisson(mean / effect, 200_000) * effect
    assert np.quantile(draws, [0.025, 0.975]) == pytest.approx([low, high], abs=1.5 * effect)
    assert axes.get_xlabel()
    more = pairs.plot(relation="complement")
    assert "40 / 41" in [label.get_text() for label in more.get_yticklabels()]


def test_what_follows_is_drawn_with_its_quartiles(lines):
    result = association.next_orders(lines, within="30d", min_support=0.01)
    axes = result.plot(repeats=True)
    first = result.table.iloc[0]
    assert first["q_value"] < 0.05
    (low, _), (high, _) = axes.collections[0].get_segments()[0]
    assert (low, high) == pytest.approx((first["gap_p25"], first["gap_p75"]))
    assert "days" in axes.get_xlabel()
    others = result.plot()
    assert not any(label.get_text() == "60 → 60" for label in others.get_yticklabels())


def test_no_pair_is_an_empty_picture():
    lines = slow.lines([["a", "b"], ["a"], ["b"]])
    assert drawn(association.pairs(lines).plot())[1].startswith("no pair")
    with pytest.raises(ValueError, match="`relation` must be one of"):
        association.pairs(lines).plot(relation="none")


def drawn(axes):
    axes.figure.canvas.draw()
    return [text.get_text() for text in axes.texts], axes.get_title() or axes.get_title("right")


def test_scatter_has_every_rule(rules):
    axes = rules.plot()
    points = sum(len(one.get_offsets()) for one in axes.collections)
    assert points == len(rules.table)
    assert axes.get_xlabel().startswith("support")
    assert axes.get_ylabel().startswith("confidence")
    real = int(rules.table["productive"].sum())
    assert all(f"{n:,}" in drawn(axes)[1] for n in (len(rules.table), real))


def test_strongest_has_intervals_and_names(rules):
    axes = rules.plot(kind="strongest", names={30: "tea", 31: "milk"})
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels in (["tea → milk"], ["milk → tea"])
    low, high = axes.lines[0].get_xdata()
    row = rules.filter(productive=True).table.iloc[0]
    assert (low, high) == (row["adjusted_lift_low"], row["adjusted_lift_high"])
    assert "95%" in drawn(axes)[1]


def test_network_has_a_line_for_each_pair_of_rules(rules):
    axes = rules.plot(kind="network", names={30: "tea", 31: "milk"})
    texts, title = drawn(axes)
    assert {"tea", "milk"} <= set(texts)
    assert " 1 " in title


@pytest.mark.parametrize("kind", ["scatter", "strongest", "network"])
def test_no_rule_is_an_empty_picture(kind):
    empty = association.rules(slow.lines([["a"], ["b"]]), min_support=0.5)
    drawn(empty.plot(kind=kind))


@pytest.mark.parametrize("kind", ["scatter", "strongest", "network"])
def test_chinese(rules, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where no Chinese font is installed
        axes = rules.plot(kind=kind, locale="zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in axes.get_title() or axes.get_title("right"))


def test_untested_rules_are_drawn_by_plain_lift():
    result = association.rules(slow.lines([["a", "b"]] * 3 + [["a"]]), min_support=0.5, test=None)
    axes = result.plot()
    assert axes.child_axes[0].get_ylabel().startswith("lift")


def test_kinds(rules):
    with pytest.raises(ValueError, match="`kind` must be one of 'scatter', 'strongest', 'network', got 'graph'"):
        rules.plot(kind="graph")
