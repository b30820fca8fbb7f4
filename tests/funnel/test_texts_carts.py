"""The wording of carts: every note, headline and summary, in one golden file per language."""

import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import funnel
from funnel import slow_carts
from funnel.test_carts import AS_OF, many
from golden import check_texts

DOCUMENTED = set(
    re.findall(r"^([a-z]+(?:_[a-z]+)+) +[a-z]", inspect.getdoc(funnel.Carts).split("Codes of")[1], re.MULTILINE)
)
"""Codes in the table of the docstring."""
TEXTS = Path(__file__).parent / "texts"
LONG_AFTER = "2024-03-01"


def orders_of(minutes, **columns):
    at = slow_carts.START + pd.to_timedelta(minutes, unit="min")
    frame = pd.DataFrame({"order_id": range(len(minutes)), "customer_id": 7, "product_id": 1.0, **columns})
    return frame.assign(ordered_at=pd.Series(at, dtype="datetime64[us]"))


def no_carts():
    return funnel.carts(slow_carts.table([(1, 0, "view_item")]))


def nothing_decided():
    return funnel.carts(slow_carts.table([(1, 0, "add_to_cart", 1, 9.0), (2, 5, "add_to_cart", 1, 9.0)]))


def open_windows():
    return funnel.carts(many(), as_of=AS_OF)


def no_window_over():
    rows = [(1, 0, "add_to_cart", 1, 9.0), (2, 90, "add_to_cart", 1, 9.0), (3, 200, "add_to_cart", 1, 9.0)]
    return funnel.carts(slow_carts.table(rows))


def decided():
    rows = [(visitor, 0, "add_to_cart", 1, 10.0) for visitor in range(1, 41)]
    rows += [(visitor, 2, "begin_checkout") for visitor in range(1, 31)]
    rows += [(visitor, 5, "purchase", 1) for visitor in range(1, 11)]
    rows += [(visitor, 1440, "purchase", 1) for visitor in range(11, 16)]
    return funnel.carts(slow_carts.table(rows), as_of=LONG_AFTER, recover_within="2d")


def reasons():
    rows = [(visitor, 0, "add_to_cart", 1, 10.0) for visitor in (1, 2)]
    stock = pd.DataFrame({"product_id": [1], "stocked_at": [pd.Timestamp(slow_carts.START)], "on_hand": [0]})
    return funnel.carts(slow_carts.table(rows), as_of=LONG_AFTER, stock=stock.astype({"stocked_at": "datetime64[us]"}))


def values_unknown():
    rows = [(1, 0, "add_to_cart", 1, 9.0), (1, 1, "add_to_cart", 2), (2, 0, "add_to_cart", 2)]
    return funnel.carts(slow_carts.table(rows), as_of=LONG_AFTER)


def purchases_outside():
    rows = [
        (1, 0, "purchase", 3),
        (1, 1, "view_cart"),
        (1, 5, "add_to_cart", 1, 9.0),
        (1, 6, "purchase", 2),
        (1, 20_000, "purchase", 1),
        (2, 0, "add_to_cart", 1, 9.0, None, None, 7),
        (2, 1, "add_to_cart", 1, 9.0, None, None, 8),
    ]
    return funnel.carts(slow_carts.table(rows), as_of=LONG_AFTER)


def rows_left_out():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0, None, None, 7)] * 4)
    frame["visitor_id"] = pd.array([1, None, 1, 1], dtype="Int64")
    frame.loc[2, "event"] = None
    frame.loc[3, "occurred_at"] = pd.Timestamp("2024-04-01")
    orders = orders_of(
        [0, 1440, 1440, 1440, 100_000],
        order_id=[None, "a", "b", "c", "d"],
        line_type=["product", "shipping", "product", "product", "product"],
        quantity=[1, 1, -1, 1, 1],
    )
    day = pd.Series(pd.to_datetime(["2024-01-01"] * 2).astype("datetime64[us]"))
    sales = pd.DataFrame({"product_id": 1, "period_at": day, "price": [9.0, np.nan]})
    stock = pd.DataFrame({"product_id": 1, "stocked_at": day, "on_hand": [np.nan, np.nan]})
    return funnel.carts(frame, orders=orders, sales=sales, stock=stock, as_of=LONG_AFTER)


def few_matched():
    frame = slow_carts.table([(1, 0, "add_to_cart", 1, 9.0), *((1, at, "purchase", 1) for at in (5, 90, 180))])
    return funnel.carts(frame.assign(customer_id=7), orders=orders_of([5]), as_of=LONG_AFTER)


def products_unknown():
    rows = [(visitor, 0, "add_to_cart", 1, 10.0) for visitor in range(10)]
    return funnel.carts(slow_carts.table([*rows, (1, 1440, "purchase"), (2, 1440, "purchase", 1)]), as_of=LONG_AFTER)


SCENARIOS = (
    no_carts,
    nothing_decided,
    open_windows,
    no_window_over,
    decided,
    reasons,
    values_unknown,
    purchases_outside,
    rows_left_out,
    few_matched,
    products_unknown,
)


def text_of(result, locale, warned):
    if locale == "zh":
        return result.summary(locale="zh")
    notes = [f"- `{note.code}` {note}" for note in result.notes]
    return "\n".join([result.headline, "", *notes, *(f"- warning: {text}" for text in warned), "", result.summary()])


def test_texts():
    texts = {"en": {}, "zh": {}}
    codes = set()
    for scenario in SCENARIOS:
        with warnings.catch_warnings(record=True, action="always") as caught:
            result = scenario()
        codes |= {note.code for notes in (result.notes, *(one.message.notes for one in caught)) for note in notes}
        for locale, written in texts.items():
            written[scenario.__name__] = text_of(result, locale, [str(one.message) for one in caught])
    assert codes == DOCUMENTED
    for locale, written in texts.items():
        check_texts(TEXTS / f"carts.{locale}.md", written)
