"""The wording of errors, warnings and notes stands in ``texts/en.md``; other tests look at codes and numbers."""

import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import DataWarning, SchemaError, schema
from golden import check_texts
from raw_orders import orders, texts

TEXTS = Path(__file__).parent / "texts"
DAY = pd.Timestamp("2024-05-01")
SALES = pd.DataFrame(
    {"order_id": [1, 2, 3, 4, 5], "customer_id": 1, "product_id": ["tea", None, "tea", "tea", "ham"],
     "ordered_at": DAY,
     "quantity": [1, 1, None, 2, 3], "unit_price": 4.0, "line_type": ["product", None, None, "fee", None]}
)  # fmt: skip
STOCK = pd.DataFrame({"product_id": ["x"], "stocked_at": DAY, "on_hand": [1]})
SOLD = pd.DataFrame(
    {"order_id": [1, 1, 2, 3], "customer_id": 1, "product_id": "tea", "quantity": [2, -2, 1, 1], "unit_price": 4.0,
     "ordered_at": [DAY, DAY, DAY, pd.Timestamp("2024-06-01")]}
)  # fmt: skip
EVENTS = pd.DataFrame({"visitor_id": ["x", "y", "z"], "event": "page_view", "occurred_at": DAY})
LINKS = pd.DataFrame({"visitor_id": ["x", "y", "y"], "customer_id": ["anna", "bob", "cy"]})
LATE = SALES.assign(ordered_at=[DAY, DAY, DAY, DAY, pd.Timestamp("2024-06-01")])


def aware(frame):
    return frame.assign(ordered_at=pd.Series(frame["ordered_at"]).dt.tz_localize("Asia/Tokyo"))


SCENARIOS = {
    "names": lambda: schema.orders(orders().rename(columns={"amount": "Amount"}), order_id="order", customer_id="id"),
    "a name that is taken": lambda: schema.orders(orders(Total=1.0), amount="Total"),
    "types": lambda: schema.orders(orders(ordered_at=texts("a", "b", "c"), amount=np.array([True, False, True]))),
    "values": lambda: schema.orders(
        orders(
            order_id=texts("", "b", None),
            customer_id=np.array([7.5, 1.0, np.nan]),
            ordered_at=np.array(["1899-12-30", "NaT", "2024-05-01"], dtype="datetime64[us]"),
            amount=texts("n/a", "inf", "1"),
            line_type=texts("Product", None, "gift"),
        )
    ),
    "limits": lambda: schema.reviews(pd.DataFrame({"review_id": [1, 1], "text": ["a", "b"], "rating": [0, 6]})),
    "true or false": lambda: schema.sales(
        pd.DataFrame({"product_id": [1], "quantity": [1], "promotion": [2], "in_stock": [1.5]})
    ),
    "copies and currencies": lambda: schema.orders(
        pd.concat([orders(currency=texts("EUR", "EUR", "USD"))] * 2), duplicates="drop"
    ),
    "ids of mixed types": lambda: schema.orders(orders(order_id=texts("a", 1, 2))),
    "a zone that is not given": lambda: schema.orders(aware(orders())),
    "zone": lambda: schema.orders(orders(), timezone="Mars/Base"),
    "format": lambda: schema.orders(orders(), format="%d.%m.%y"),
    "no table": lambda: schema.orders([1, 2]),
    "quarantine of an unknown column": lambda: schema.quarantine("orders", orders(), custmer_id="x"),
    "outliers without a group": lambda: schema.outliers(
        pd.DataFrame({"group": ["a", "a", None], "amount": [1.0, 2.0, 3.0]}), by="group"
    ),
    "outliers of an unknown column": lambda: schema.outliers(orders(), column="price"),
    "visitors and customers": lambda: schema.identify(EVENTS, LINKS),
    "a panel of sales": lambda: schema.to_sales(LATE, as_of="2024-05-02", stock=STOCK),
    "a panel with cancelled orders and prices": lambda: schema.to_sales(
        SOLD, prices=pd.DataFrame({"product_id": ["ham"], "changed_at": DAY, "price": 2.0})
    ),
    "ids that were mended": lambda: schema.orders(
        orders(customer_id=texts("7.0", "NULL", " a"), order_id=texts("1.23457E+12", "b", "c"))
    ),
    "ids in capitals": lambda: schema.orders(
        orders(customer_id=texts("Ann@x.org", "ann@x.org", "b"), product_id=texts("A1", "a1", "b"))
    ),
    "ids of several people": lambda: schema.orders(
        orders(
            customer_id=texts("guest", "张**", "游客"), quantity=1.0, unit_price=5.0, discount=np.array([-1.0, 0, 1])
        )
    ),
    "one giant customer": lambda: schema.orders(
        pd.DataFrame(
            {"order_id": range(1, 301), "customer_id": [*["till"] * 150, *(f"c{i}" for i in range(150))]}
            | {"ordered_at": DAY, "amount": 1.0}
        )
    ),
    "the total of an order on each line": lambda: schema.orders(
        SOLD.assign(product_id=list("abcd"), quantity=1, amount=[8.0, 8.0, 4.0, 4.0])
    ),
    "amounts in cents": lambda: schema.orders(
        pd.DataFrame({"order_id": range(20), "customer_id": 1, "quantity": 1, "unit_price": 4.0}).assign(
            amount=400.0, ordered_at=DAY
        )
    ),
    "a customer on some lines": lambda: schema.orders(
        SOLD.assign(order_id=[1, 1, 2, 2], product_id=list("abcd"), customer_id=["a", None, "b", None])
    ),
    "a day on some lines": lambda: schema.orders(SOLD.assign(ordered_at=[DAY, None, DAY, DAY])),
    "copies that are kept": lambda: schema.orders(pd.concat([orders().assign(product_id="tea")] * 2)),
    "a decimal mark of numbers": lambda: schema.orders(orders(), decimal=","),
    "headings that are repeated": lambda: schema.orders(orders(amount=texts("5", "amount", "6"))),
    "units that are mixed": lambda: schema.orders(
        orders(ordered_at=np.array([1714556400000, 1714556400, 1714556401])), format="unix_ms"
    ),
    "dates of a spreadsheet": lambda: schema.orders(
        orders(ordered_at=pd.Series([DAY, "13/05/2024", "14/05/2024"], dtype=object))
    ),
    "ids that are all rounded": lambda: schema.orders(orders(order_id=texts("1.2E+15", "1.3E+15", "1.3E+15"))),
    "own names of events": lambda: schema.events(
        EVENTS.assign(event=["browse", "buy", "hover"]), names={"browse": "view_item", "pay": "purchase"}
    ),
    "reading a table that is not canonical": lambda: schema.to_sales(SALES.drop(columns="quantity")),
}


def sentences(scenario):
    with warnings.catch_warnings(record=True, action="always") as caught:
        try:
            scenario()
        except (SchemaError, TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
    notes = [note for warning in caught if warning.category is DataWarning for note in warning.message.notes]
    return "\n".join(f"- `{note.code}`: {note}" for note in notes)


def test_the_wording_is_the_golden_one():
    check_texts(TEXTS / "en.md", {name: sentences(scenario) for name, scenario in SCENARIOS.items()})


def test_every_documented_code_has_a_scenario():
    documented = re.findall(r"^([a-z]+(?:_[a-z]+)+)[ ,]", schema.__doc__, flags=re.MULTILINE)
    written = "\n".join(sentences(scenario) for scenario in SCENARIOS.values())
    found = set(re.findall("^- `([a-z_]+)`:", written, flags=re.MULTILINE))
    assert {re.sub("^lines_without_.*", "lines_without_time", code) for code in found} == set(documented)
