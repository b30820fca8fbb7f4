"""Pictures: labelled axes, uncertainty where there is some, Chinese where it is asked for."""

import warnings

import numpy as np
import pytest

from association import slow
from ecommine import association

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")


@pytest.fixture(scope="module")
def rules():
    baskets = slow.random_baskets(3_000, 40, 5, np.random.default_rng(0))
    for basket in baskets[::9]:
        basket[:] = sorted({*basket, 30, 31})
    lines = slow.lines(baskets, customer_id=[place % 400 for place in range(len(baskets))])
    return association.rules(lines, min_support=0.01, max_antecedent=1)


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def drawn(axes):
    axes.figure.canvas.draw()
    return [text.get_text() for text in axes.texts], axes.get_title()


def test_scatter_has_every_rule(rules):
    axes = rules.plot()
    points = sum(len(one.get_offsets()) for one in axes.collections)
    assert points == len(rules.table)
    assert axes.get_xlabel().startswith("support (share of orders")
    assert axes.get_ylabel().startswith("confidence (share of orders with A")
    real = int(rules.table["productive"].sum())
    assert drawn(axes)[1] == f"{len(rules.table):,} rules, {real} of them productive"


def test_strongest_has_intervals_and_names(rules):
    axes = rules.plot(kind="strongest", names={30: "tea", 31: "milk"})
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels in (["tea → milk"], ["milk → tea"])
    low, high = axes.lines[0].get_xdata()
    row = rules.filter(productive=True).table.iloc[0]
    assert (low, high) == (row["lift_low"], row["lift_high"])
    assert "95%" in drawn(axes)[1]


def test_network_has_a_line_for_each_pair_of_rules(rules):
    axes = rules.plot(kind="network", names={30: "tea", 31: "milk"})
    texts, title = drawn(axes)
    assert {"tea", "milk"} <= set(texts)
    assert title == "Bought together more than by chance: the 1 strongest, with adjusted lifts"


@pytest.mark.parametrize("kind", ["scatter", "strongest", "network"])
def test_no_rule_is_an_empty_picture(kind):
    empty = association.rules(slow.lines([["a"], ["b"]]), min_support=0.5)
    drawn(empty.plot(kind=kind))


@pytest.mark.parametrize("kind", ["scatter", "strongest", "network"])
def test_chinese(rules, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where no Chinese font is installed
        axes = rules.plot(kind=kind, locale="zh")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in axes.get_title())


def test_untested_rules_are_drawn_by_plain_lift():
    found = association.rules(slow.lines([["a", "b"]] * 3 + [["a"]]), min_support=0.5, test=None)
    axes = found.plot()
    assert axes.figure.axes[1].get_ylabel() == "lift (times what independence brings)"


def test_kinds(rules):
    with pytest.raises(ValueError, match="`kind` must be one of 'scatter', 'strongest', 'network', got 'graph'"):
        rules.plot(kind="graph")
