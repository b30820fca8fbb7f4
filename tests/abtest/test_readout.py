"""What every result can do: text, tables, workbooks, pickles; and plans from past units."""

import pickle

import numpy as np
import pandas as pd
import pytest

from ecommine import abtest
from libraries import to_pandas

HALVES = {"control": 0.5, "new": 0.5}


def units_of(n=1_000):
    rng = np.random.default_rng(0)
    before = rng.exponential(10, n)
    table = {"customer_id": np.arange(n), "variant": np.where(np.arange(n) % 2, "new", "control"), "before": before}
    table |= {"revenue": (rng.random(n) < 0.4) * (before + rng.exponential(5, n)), "orders": rng.integers(0, 3, n)}
    return pd.DataFrame(table | {"device": rng.choice(["mobile", "desktop"], n), "bought": rng.random(n) < 0.3})


def readout_of(units, **options):
    return abtest.Experiment("page", arms=HALVES, metrics=[abtest.Mean("revenue")]).analyse(units, **options)


def test_a_readout_shows_itself(tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    readout = readout_of(units_of(), by="device")
    assert repr(readout).startswith("Readout: page, 1,000 units (control 500, new 500), fixed")
    assert "<table" in readout._repr_html_()
    readout.to_excel(tmp_path / "page.xlsx")
    assert list(pd.read_excel(tmp_path / "page.xlsx", sheet_name=None)) == ["notes", "effects", "checks", "by"]
    assert list(readout_of(units_of()).tables) == ["effects", "checks"]
    assert readout_of(units_of()).by is None


def test_a_readout_pickles():
    readout = readout_of(units_of(), by="device")
    again = pickle.loads(pickle.dumps(readout))
    pd.testing.assert_frame_equal(again.table, readout.table)
    assert again.summary() == readout.summary()


def test_tables_stay_with_the_library_of_the_caller(local_library):
    readout = readout_of(local_library(units_of()), by="device")
    expected = {"polars": "polars", "polars-lazy": "polars", "pyarrow": "pyarrow"}.get(local_library.name, "pandas")
    for table in readout.tables.values():
        assert type(table).__module__.partition(".")[0] == expected


def test_withheld_numbers_are_null_in_every_library(local_library):
    units = units_of()
    readout = readout_of(local_library(units[units["customer_id"] % 4 > 0]), by="device")
    for table in (readout.table, readout.by):
        plain = to_pandas(table)
        assert plain[["difference", "p_value", "relative_difference_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("metric", "baseline", "std"),
    [
        (abtest.Mean("revenue"), lambda t: t["revenue"].mean(), lambda t: t["revenue"].std()),
        (abtest.Proportion("bought"), lambda t: t["bought"].mean(), lambda _: None),
        (
            abtest.Mean("revenue", "before"),
            lambda t: t["revenue"].mean(),
            lambda t: t["revenue"].std() * np.sqrt(1 - t["revenue"].corr(t["before"]) ** 2),
        ),
        (
            abtest.RatioOfMeans("revenue", "orders"),
            lambda t: t["revenue"].sum() / t["orders"].sum(),
            lambda t: (t["revenue"] - t["revenue"].sum() / t["orders"].sum() * t["orders"]).std() / t["orders"].mean(),
        ),
    ],
    ids=["mean", "proportion", "covariate", "ratio"],
)
def test_plans_from_past_units_take_their_mean_and_variance(metric, baseline, std, local_library):
    units = units_of()
    test = abtest.Experiment("page", arms=HALVES, metrics=[metric])
    plan = test.plan_from(local_library(units.drop(columns="variant")), relative=0.1)
    by_hand = test.plan(baseline=baseline(units), std=std(units), relative=0.1)
    assert plan.exact == pytest.approx(by_hand.exact)


def test_one_past_unit_gives_no_plan():
    test = abtest.Experiment("page", arms=HALVES, metrics=[abtest.Mean("revenue")])
    with pytest.raises(ValueError, match="`history`"):
        test.plan_from(units_of().iloc[:1], relative=0.1)


@pytest.mark.parametrize("looks", ["fixed", "sequential"])
def test_a_plan_says_how_to_read_the_result(looks):
    test = abtest.Experiment("page", arms=HALVES, metrics=[abtest.Mean("revenue")], looks=looks)
    plan = test.plan(baseline=5, std=10, relative=0.1)
    assert (
        abtest.Experiment("page", arms=HALVES, metrics=[abtest.Mean("revenue")], planned=plan).planned_units
        == plan.total
    )
    assert f"{plan.total:,}" in plan.summary()
    assert f"{plan.total:,}" in plan.summary(locale="zh")
    with pytest.raises(ValueError, match="`locale`"):
        plan.summary(locale="fr")
