"""Published numbers: UCI Online Retail after the usual filters, and what goes wrong where returns are orders.

Spark has a real year of its own in ``test_spark.py``.
"""

import os
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import rfm
from libraries import to_pandas

FILE = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "online_retail.parquet"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here: set ECOMMINE_DATA to its folder")


@pytest.fixture(scope="module")
def raw():
    table = pd.read_parquet(FILE).rename(
        columns={
            "InvoiceNo": "order_id",
            "CustomerID": "customer_id",
            "InvoiceDate": "ordered_at",
            "Quantity": "quantity",
            "UnitPrice": "unit_price",
        }
    )
    table["customer_id"] = table["customer_id"].astype("Int64")
    return table[["order_id", "customer_id", "ordered_at", "quantity", "unit_price"]]


@pytest.fixture(scope="module")
def sold(raw):
    cancelled = raw["order_id"].astype(str).str.startswith("C")
    return raw[raw["customer_id"].notna() & ~cancelled & (raw["quantity"] > 0) & (raw["unit_price"] > 0)]


def test_the_usual_filters_give_the_published_totals(local_library, sold):
    table = to_pandas(rfm.score(local_library(sold), scheme=rfm.VALUE_GROUPS).table, sort=["customer_id"])
    assert len(table) == 4_338
    assert table["frequency"].sum() == 18_532
    assert table["monetary"].sum() == pytest.approx(8_911_407.904, abs=1e-5)
    # Chen, Sain and Guo (2012) and many after them: the customer who spent the most.
    best = table.loc[table["monetary"].idxmax()]
    assert (best["customer_id"], round(best["monetary"], 2)) == (14_646, 280_206.02)


def test_guests_and_returns_of_the_raw_file(raw):
    result = rfm.score(raw)
    assert result.as_of == datetime(2011, 12, 9, 12, 50)
    assert (result.notes[0].code, result.notes[0].count) == ("guests_left_out", 135_080)
    assert "1,447,682.12" in result.notes[0]
    table = result.table
    assert table["monetary"].sum() == pytest.approx(8_310_477.054, abs=1e-5)


def test_returns_as_orders_would_be_wrong_for_many(raw, sold):
    """Cancellations as orders change frequency for 1,557 of 4,338 customers, and the last time for 502."""
    known = raw[raw["customer_id"].notna()]
    as_of = "2011-12-09 12:50"
    right = rfm.table(sold, as_of=as_of).set_index("customer_id")
    wrong = rfm.table(known, as_of=as_of, returns="keep").set_index("customer_id").loc[right.index]
    assert (wrong["frequency"] != right["frequency"]).sum() == 1_557
    assert (wrong["last_order_at"] != right["last_order_at"]).sum() == 502
    assert (wrong["recency"] != right["recency"]).sum() == 444  # the others returned on the day of the order


def test_every_library_gives_the_same_scores_on_real_data(local_library, sold):
    expected = rfm.score(sold).table
    found = to_pandas(rfm.score(local_library(sold)).table, sort=["customer_id"])
    assert found["rfm_score"].tolist() == expected["rfm_score"].tolist()
    assert found["segment"].tolist() == expected["segment"].tolist()
    np.testing.assert_allclose(found["monetary"], expected["monetary"], rtol=0, atol=1e-6)
