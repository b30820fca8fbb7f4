"""Event names: those of other systems become GA4's, a shop's own stay."""

import numpy as np
import pandas as pd
import pytest

from ecommine import schema
from libraries import EAGER_AND_LAZY, to_pandas
from notes import warning_counts
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
    out, counts = warning_counts(schema.events, library(events(*names)))
    assert counts == {"event_names_unknown": 1}
    out = to_pandas(out, sort=["visitor_id"])
    assert out["event"].tolist() == [
        *(schema.EVENT_ALIASES.get(name, name) for name in names[:-2]),
        *["view_item"] * 2,
    ]


def test_rejected_rows_keep_the_name_that_they_came_with(library):
    frame = events("pv", "buy", "pv")
    frame["occurred_at"] = np.array(["2024-05-01", "NaT", "1970-01-01"], dtype="datetime64[us]")
    split = schema.quarantine("events", library(frame))
    assert to_pandas(split.valid)["event"].tolist() == ["view_item"]
    assert to_pandas(split.rejected, sort=["visitor_id"])["event"].tolist() == ["buy", "pv"]


def test_own_names_are_mapped(library):
    out = schema.events(
        library(events("放入", "view", "结账完成")), names={"放入": "add_to_cart", "结账完成": "purchase"}
    )
    assert to_pandas(out, sort=["visitor_id"])["event"].tolist() == ["add_to_cart", "view_item", "purchase"]


def test_an_own_name_comes_before_a_known_one(library):
    out = schema.events(library(events("cart", "view", "buy")), names={"cart": "view_cart"})
    assert to_pandas(out, sort=["visitor_id"])["event"].tolist() == ["view_cart", "view_item", "purchase"]


def test_known_names_are_known_in_any_spelling(library):
    names = ["AddToCart", "add to cart", "VIEW-ITEM", "Purchase", "addtocart", "begin-checkout", "加购", "浏览", "支付"]
    expected = ["add_to_cart", "add_to_cart", "view_item", "purchase", "add_to_cart", "begin_checkout"]
    out = to_pandas(schema.events(library(events(*names))), sort=["visitor_id"])
    assert out["event"].tolist() == [*expected, "add_to_cart", "view_item", "purchase"]


def test_a_log_whose_names_are_half_known_is_told(library):
    _, counts = warning_counts(schema.events, library(events("view", "basket_add", "basket_add", "buy")))
    assert counts == {"event_names_unknown": 1}
    _, counts = warning_counts(schema.events, library(events("view")), names={"absent": "purchase"})
    assert counts == {"names_without_events": 1}


@pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)
@pytest.mark.parametrize("name", ["点赞", "order_paid"])
def test_unknown_names_beside_known_ones_are_told(library, name):
    out, counts = warning_counts(schema.events, library(events("view", "add_to_cart", "buy", name, name)))
    assert counts == {"event_names_unknown": 1}
    assert to_pandas(out)["event"].tolist().count(name) == 2


@pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)
@pytest.mark.parametrize("name", ["scroll", "user_engagement"])
def test_other_names_of_ga4_are_no_news(library, name):
    schema.events(library(events("view", "add_to_cart", "buy", name)))


@pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)
@pytest.mark.parametrize("names", [{1: "view_item", 4: "purchase"}, {"1": "view_item", "4": "purchase"}])
def test_codes_of_events_are_mapped_by_number_or_text(library, names):
    codes = events("x", "y", "z").assign(event=[1, 4, 1])
    assert to_pandas(schema.events(library(codes), names=names))["event"].tolist() == [
        "view_item",
        "purchase",
        "view_item",
    ]


@pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)
@pytest.mark.parametrize(("name", "of"), [("点赞", "share"), ("paid", "purchase")])
def test_quarantine_knows_own_names(library, name, of):
    split = schema.quarantine("events", library(events(name, None)), names={name: of})
    assert to_pandas(split.valid)["event"].tolist() == [of]
    assert len(to_pandas(split.rejected)) == 1
    with pytest.raises(TypeError, match="`names` are names of events, which orders does not have"):
        schema.quarantine("orders", library(events(name)), names={name: of})


@pytest.mark.parametrize(
    ("names", "error", "words"),
    [
        ({"x": "add_to_card"}, ValueError, "did you mean 'add_to_cart'"),
        ({"x": 1}, TypeError, "`names` must map names of events"),
        ({True: "purchase"}, TypeError, "`names` must map names of events"),
        (["x"], TypeError, "`names` must map names of events"),
    ],
)
def test_names_that_cannot_be_are_refused(names, error, words):
    with pytest.raises(error, match=words):
        schema.events(events("x"), names=names)
