"""Event names: those of other systems become GA4's, a shop's own stay."""

import numpy as np
import pandas as pd

from ecommine import schema
from libraries import to_pandas
from raw_orders import texts


def events(*names):
    day = np.array(["2024-05-01"] * len(names), dtype="datetime64[us]")
    return pd.DataFrame({"visitor_id": range(len(names)), "event": texts(*names), "occurred_at": day})


def test_every_alias_leads_to_a_name_of_ga4():
    assert set(schema.EVENT_ALIASES.values()) <= set(schema.EVENT_NAMES)
    assert not set(schema.EVENT_ALIASES) & set(schema.EVENT_NAMES)
    assert len(set(schema.EVENT_NAMES)) == len(schema.EVENT_NAMES) == 18


def test_every_name_on_every_library(library):
    names = [*schema.EVENT_ALIASES, *schema.EVENT_NAMES, "弹窗", "View_Item", "pv "]
    out = to_pandas(schema.events(library(events(*names))), sort=["visitor_id"])
    assert out["event"].tolist() == [schema.EVENT_ALIASES.get(name, name) for name in names]


def test_rejected_rows_keep_the_name_that_they_came_with(library):
    frame = events("pv", "buy", "pv")
    frame["occurred_at"] = np.array(["2024-05-01", "NaT", "1970-01-01"], dtype="datetime64[us]")
    split = schema.quarantine("events", library(frame))
    assert to_pandas(split.valid)["event"].tolist() == ["view_item"]
    assert to_pandas(split.rejected, sort=["visitor_id"])["event"].tolist() == ["buy", "pv"]
