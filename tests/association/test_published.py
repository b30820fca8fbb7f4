"""Counts that others have published, on their data."""

import os
from pathlib import Path

import pandas as pd
import pytest

from association.test_engines import engine  # noqa: F401  # a fixture
from ecommine import association
from ecommine.association._mining import mine

DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[3] / "shared" / "data"))
NEEDS = pytest.mark.skipif(not DATA.is_dir(), reason="the folder of real data is not there (ECOMMINE_DATA)")
pytestmark = NEEDS

# Hahsler et al., arules (Groceries) and the FIMI repository: all, closed and maximal itemsets; the empty set is none.
COUNTS = [
    ("groceries", 0.05, (31, 31, 27)),
    ("groceries", 0.01, (333, 333, 243)),
    ("groceries", 0.005, (1_001, 1_001, 708)),
    ("groceries", 0.001, (13_492, 13_464, 7_794)),
    ("fimi_chess", 0.9, (622, 498, 34)),
    ("fimi_chess", 0.8, (8_227, 5_083, 226)),
    ("fimi_chess", 0.7, (48_731, 23_892, 891)),
    ("fimi_retail", 0.01, (159, 159, 78)),
    ("fimi_retail", 0.001, (7_589, 7_572, 3_452)),
    ("fimi_retail", 0.0005, (19_242, 19_114, 8_143)),
    ("fimi_T10I4D100K", 0.01, (385, 385, 370)),
    ("fimi_T10I4D100K", 0.005, (1_073, 1_073, 585)),
    ("fimi_T10I4D100K", 0.001, (27_532, 26_806, 4_054)),
]
RULES = [
    (0.001, 0.8, 410),
    (0.001, 0.5, 5_668),
    (0.001, 0.9, 129),
    (0.01, 0.5, 15),
    (0.005, 0.5, 120),
    (0.006, 0.5, 67),
    (0.006, 0.25, 463),
    (0.01, 0.2, 231),
]


def read(name):
    return pd.read_parquet(DATA / f"{name}.parquet")


@pytest.mark.parametrize(("name", "share", "expected"), COUNTS)
def test_counts_of_itemsets(engine, monkeypatch, name, share, expected):  # noqa: F811
    monkeypatch.setattr(mine, "_engine", lambda _: engine)
    lines = read(name)
    result = [
        len(association.itemsets(lines, min_support=share, kind=kind).table) for kind in ("all", "closed", "maximal")
    ]
    assert tuple(result) == expected


@pytest.mark.parametrize(
    ("share", "sizes"),
    [(0.05, [28, 3]), (0.01, [88, 213, 32]), (0.005, [120, 605, 264, 12]), (0.001, [157, 2981, 6831, 3137, 376, 10])],
)
def test_sizes_of_itemsets(share, sizes):
    result = association.itemsets(read("groceries"), min_support=share)
    assert result.table["size"].value_counts().sort_index().tolist() == sizes
    assert result.n_orders == 9_835
    assert result.table.loc[0, ["itemset", "count"]].tolist() == [["whole milk"], 2_513]


@pytest.mark.parametrize(("share", "confidence", "expected"), RULES)
def test_counts_of_rules(share, confidence, expected):
    result = association.rules(read("groceries"), min_support=share, min_confidence=confidence, test=None)
    assert len(result.table) == expected


def test_the_strongest_rule():
    result = association.rules(read("groceries"), min_support=0.001, min_confidence=0.8, test=None)
    best = result.table.iloc[0]
    assert (best["antecedents"], best["consequents"]) == (["liquor", "red/blush wine"], ["bottled beer"])
    assert best["count"] == 19
    assert round(best["lift"], 3) == 11.235


@pytest.mark.parametrize(("level", "expected"), [("level2", (625, 625, 270)), ("level1", (295, 295, 44))])
def test_hierarchy(level, expected):
    groups = read("groceries_hierarchy")
    item = groups.columns[0]
    lines = read("groceries").merge(groups, left_on="product_id", right_on=item, how="left", suffixes=("", "_group"))
    lines = pd.DataFrame({"order_id": lines["order_id"], "product_id": lines[level]})
    result = [
        len(association.itemsets(lines, min_support=0.01, kind=kind).table) for kind in ("all", "closed", "maximal")
    ]
    assert tuple(result) == expected


def test_the_usual_test_and_the_adjusted_one():
    """Fisher finds 1,591 of 14,196 pairs at Benjamini-Hochberg .05; adjusted for basket size 98 are left."""
    lines = read("groceries")
    usual = association.rules(lines, min_support=1 / 9_835, max_antecedent=1, test="fisher", level=None).table
    assert (usual["q_value"] < 0.05).sum() == 2 * 1_591
    assert (usual["p_value"] < 0.05).sum() == 2 * 3_100
    strict = association.rules(
        lines, min_support=1 / 9_835, max_antecedent=1, test="fisher", correction="bonferroni", level=None
    ).table
    assert (strict["q_value"] < 0.05).sum() == 2 * 413
    adjusted = association.rules(lines, min_support=1 / 9_835, max_antecedent=1, level=None).table
    assert adjusted["productive"].sum() == 2 * 98
    assert usual["lift"].median() > 1.7
    assert adjusted["adjusted_lift"].median() < 1.08
