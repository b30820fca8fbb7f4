"""Visits: chances of the next product, lists that are filled up, and views that are left out."""

import numpy as np
import pandas as pd
import pytest

from ecommine import recommend
from recommend.shops import START, lines


def visits(n, seed):
    """Return visits of which each next product is a neighbour in one of three moves, else one that nobody viewed."""
    rng, rows = np.random.default_rng(seed), []
    for i in range(n):
        first = int(rng.integers(0, 20))
        following = (first + 1) % 20 if rng.random() < 1 / 3 else 1_000 + seed * n + i
        rows += [(f"v{seed}-{i}", first, 2 * i), (f"v{seed}-{i}", following, 2 * i + 1)]
    visitor, product, minute = zip(*rows, strict=True)
    at = START + np.array(minute) * np.timedelta64(1, "m")
    return pd.DataFrame({"visitor_id": visitor, "event": "view_item", "occurred_at": at, "product_id": product})


def test_chances_of_the_next_product_leave_room_for_what_nobody_viewed():
    products = pd.DataFrame({"product_id": [*range(20), *range(1_000, 3_400)]})
    orders = lines([1, 2], [0, 1], [0, 60])
    model = recommend.fit(orders, products=products, events=visits(1_200, 0))
    later = visits(1_200, 1)
    last = later.groupby("visitor_id").tail(1).set_index("visitor_id")["product_id"]
    table = model.visit(later.groupby("visitor_id").head(1), k=10).table
    is_next = table["visitor_id"].map(last) == table["recommended_id"]
    assert is_next.groupby(table["visitor_id"]).any().mean() == pytest.approx(1 / 3, abs=0.05)
    assert table.groupby("visitor_id")["probability"].sum().mean() == pytest.approx(1 / 3, abs=0.07)  # nowhere near 1


def test_bestsellers_fill_up_lists_of_visits():
    products = pd.DataFrame({"product_id": range(30)})
    orders = lines([1, 2, 3], [7, 7, 8], [20, 20, 20])
    events = visits(2, 0).assign(product_id=[0, 1, 2, 3])
    table = recommend.fit(orders, products=products, events=events).visit(events.head(1), k=5).table
    assert table["recommended_id"].tolist() == [1, 2, 3, 7, 8]
    assert table["source"].tolist()[3:] == ["popular", "popular"]
    assert table["probability"].isna().all()  # one visit teaches nothing


def test_views_after_the_last_order_are_counted():
    events = visits(5, 0).assign(product_id=[0, 1] * 5)
    orders = lines([1, 2], [0, 1], [0, 0]).assign(ordered_at=START + np.timedelta64(150, "s"))
    model = recommend.fit(orders, events=events)
    assert ("views_after_as_of", 7) in [(note.code, note.count) for note in model.notes]
