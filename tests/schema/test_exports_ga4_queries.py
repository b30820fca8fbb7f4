"""Tables that a query made of GA4's export: what is refused, and which aliases are read."""

import pandas as pd
import pytest

from ecommine import schema
from libraries import EAGER_AND_LAZY, to_pandas
from notes import note_counts

pytestmark = pytest.mark.parametrize("library", EAGER_AND_LAZY, ids=str)


def rows(*names: str, **columns: list) -> pd.DataFrame:
    """Return events of one visitor, a minute apart."""
    first = 1_714_521_600_000_000
    times = [first + i * 60_000_000 for i in range(len(names))]
    return pd.DataFrame({"event_timestamp": times, "event_name": names, "user_pseudo_id": "7.1", **columns})


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"key": ["a", "b"], "string_value": ["x", "y"], "int_value": [1, 2]}, "'key', 'string_value', 'int_value'"),
        ({"key": ["a", "b"], "value.string_value": ["x", "y"]}, "'key', 'value.string_value' are of parameters"),
        ({"event_params.key": ["a", "b"], "event_params.value.int_value": [1, 2]}, "are of parameters"),
        ({"item_id": ["a", "b"], "price": [1.0, 2.0]}, "'item_id', 'price' are of items"),
        ({"item_name": ["a", "b"], "quantity": [1, 2], "item_revenue": [3.0, 4.0]}, "are of items"),
        ({"items.item_id": ["a", "b"]}, "'items.item_id' are of items"),
        ({"items_item_name": ["a", "b"]}, "'items_item_name' are of items"),
    ],
)
def test_rows_of_parameters_and_items_are_refused_with_the_query(library, columns, told):
    table = library(rows("purchase", "view_item", **columns))
    with pytest.raises(schema.SchemaError, match=f"{told}.*SELECT event_timestamp, .* FROM `"):
        schema.from_ga4(table, timezone="UTC")


@pytest.mark.parametrize(
    "columns",
    [
        {"ecommerce_transaction_id": ["T1", None], "ecommerce_purchase_revenue": [30.0, None]},
        {"transaction_id": ["T1", None], "purchase_revenue": [30.0, None]},
        {"event_params_transaction_id": ["T1", None], "event_params_value": [30.0, None]},
    ],
)
def test_aliases_without_dots_are_the_fields(library, columns):
    more = {
        "device_category": ["mobile", "desktop"],
        "country": ["Chile", "Peru"],
        "event_params_ga_session_id": [5, 5],
    }
    shop = schema.from_ga4(library(rows("purchase", "view_item", **columns, **more)), timezone="UTC")
    orders = to_pandas(shop.orders)
    assert orders[["order_id", "amount", "device", "country"]].to_numpy().tolist() == [["T1", 30.0, "mobile", "Chile"]]
    assert to_pandas(shop.events).session_id.tolist() == ["7.1.5", "7.1.5"]


def test_an_alias_does_not_stand_in_for_the_field_itself(library):
    both = {"ecommerce.transaction_id": ["T1"], "ecommerce.purchase_revenue": [30.0], "purchase_revenue": [99.0]}
    assert to_pandas(schema.from_ga4(library(rows("purchase", **both)), timezone="UTC").orders).amount.tolist() == [
        30.0
    ]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({}, "1 of them, have no money.*purchase_revenue.*add a column to the query"),
        ({"purchase_revenue": [None, 5.0]}, "have no money.*leave these rows out"),
    ],
)
def test_purchases_without_money_are_told_by_the_names_of_the_export(library, columns, told):
    table = library(rows("purchase", "view_item", transaction_id=["T1", None], **columns))
    with pytest.raises(schema.SchemaError, match=told):
        schema.from_ga4(table, timezone="UTC")


@pytest.mark.parametrize("name", ["transaction_id", "ecommerce_transaction_id"])
@pytest.mark.parametrize("unknown", ["(not set)", ""])
def test_purchases_of_unknown_orders_are_counted(library, name, unknown):
    table = rows("purchase", "purchase", "view_item", value=[1.0, 2.0, None]).assign(**{name: unknown})
    shop = schema.from_ga4(library(table), timezone="UTC")
    assert shop.orders is None or not len(to_pandas(shop.orders))
    assert note_counts(shop.notes) == {"purchases_without_order": 2}


@pytest.mark.parametrize(("copies", "told"), [(1, {}), (2, {"events_repeated": 9}), (3, {"events_repeated": 18})])
def test_many_events_at_one_microsecond_are_told(library, copies, told):
    table = pd.concat([rows(*["view_item"] * 9, k="a")] * copies)
    assert note_counts(schema.from_ga4(library(table), timezone="UTC").notes) == told


def test_a_few_events_of_one_batch_are_not_told(library):
    table = rows(*["view_item"] * 20)
    table = pd.concat([table, table.head(2)])
    assert note_counts(schema.from_ga4(library(table), timezone="UTC").notes) == {}
