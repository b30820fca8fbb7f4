"""Known numbers of UCI Online Retail, filtered as usual: stages and tiers."""

import os
from pathlib import Path

import pandas as pd
import pytest

from ecommine import segmentation
from libraries import to_pandas

FILE = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "online_retail.parquet"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here: set ECOMMINE_DATA to its folder")


@pytest.fixture(scope="module")
def raw():
    names = {"InvoiceNo": "order_id", "CustomerID": "customer_id", "InvoiceDate": "ordered_at", "Quantity": "quantity",
             "UnitPrice": "unit_price"}  # fmt: skip
    table = pd.read_parquet(FILE).rename(columns=names)[list(names.values())]
    table = table[table["customer_id"].notna()]
    return table.assign(customer_id=table["customer_id"].astype("int64"))


@pytest.fixture(scope="module")
def sold(raw):
    cancelled = raw["order_id"].astype(str).str.startswith("C")
    return raw[~cancelled & (raw["quantity"] > 0) & (raw["unit_price"] > 0)]


def test_stages(local_library, sold):
    assert len(sold) == 397_884
    result = segmentation.lifecycle(local_library(sold), as_of="2011-12-09")
    counts = to_pandas(result.counts).set_index("stage")["customers"].to_dict()
    assert counts == {
        "new": 38, "growing": 930, "mature": 1_921, "declining": 588, "lost": 861, "never_ordered": 0,
    }  # fmt: skip
    assert to_pandas(result.table)["returned"].sum() == 438


def test_tiers(raw, sold):
    """By the sum of 90 days 708, with 90 days of grace 962; 1,198 were ever in the tier."""
    buyers = raw[raw["customer_id"].isin(sold["customer_id"])]
    options = {"thresholds": {"base": 0, "gold": 1_000}, "window": "90d", "as_of": "2011-12-09"}
    with_grace = segmentation.tiers(buyers, grace="90d", **options)
    assert (with_grace.table["tier"] == "gold").sum() == 962
    assert (with_grace.table["spend"] >= 1_000).sum() == 708
    assert (segmentation.tiers(buyers, grace="1d", **options).table["tier"] == "gold").sum() == 708
    assert with_grace.changes.loc[with_grace.changes["change"] == "upgraded", "customer_id"].nunique() == 1_198
    assert len(with_grace.table) == 4_338
    one_down = segmentation.tiers(buyers, grace="90d", downgrade="one_down", **options)
    assert (one_down.table["tier"] == "gold").sum() == 962  # of two tiers both ways are one


def test_features(local_library, sold):
    table = to_pandas(segmentation.features(local_library(sold), as_of="2011-12-09"), sort=["customer_id"])
    assert (len(table), table["orders"].sum(), (table["gaps"] > 0).sum()) == (4_338, 18_532, 2_790)
    assert table["monetary"].sum() == pytest.approx(8_911_407.904, abs=1e-5)
    repeat = table[table["orders"] > 1]
    assert len(repeat) == 2_845
    # Between orders, whose gaps are 0 on one day, more would be beyond their own mean gap.
    between_orders = (repeat["open_gap"] > repeat["mean_gap"] * repeat["gaps"] / (repeat["orders"] - 1)).sum()
    assert ((repeat["open_gap"] > repeat["mean_gap"]).sum(), between_orders) == (782, 840)
    assert 6 not in set(table["weekday"])  # the shop never sells on a Saturday
