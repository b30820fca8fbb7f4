"""Arguments with which the calls on aspects, words, copies and scores of reviews work."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import sentiment
from edge import Good


def reviews() -> pd.DataFrame:
    """Return sixty reviews of three products by thirty customers."""
    place = np.arange(60)
    texts = ["Great quality, fits well", "Bad quality, it broke", "Delivery was slow but the price is good"]
    return pd.DataFrame(
        {
            "review_id": place,
            "product_id": [f"p{i}" for i in place % 3],
            "customer_id": place % 30,
            "order_id": place,
            "reviewed_at": np.datetime64("2024-01-05", "us") + place * np.timedelta64(1, "D"),
            "rating": np.array([5, 1, 3])[place // 2 % 3],
            "title": np.where(place % 5 == 0, "Review", None),
            "text": [f"{texts[i // 2 % 3]}, number {i}" for i in place],
        }
    )


def orders() -> pd.DataFrame:
    """Return the orders of the reviews, a quarter of which came back."""
    place = np.arange(60)
    lines = pd.DataFrame(
        {
            "order_id": place,
            "customer_id": place % 30,
            "product_id": [f"p{i}" for i in place % 3],
            "ordered_at": np.datetime64("2024-01-01", "us") + place * np.timedelta64(1, "D"),
            "quantity": 1,
            "amount": 9.5,
        }
    )
    back = lines[place % 4 == 1].assign(quantity=-1, amount=-9.5)
    back = back.assign(ordered_at=back["ordered_at"] + pd.Timedelta("6D"))
    return pd.concat([lines, back], ignore_index=True)


def good_reviews() -> dict[str, Any]:
    """Return arguments that work, and results."""
    table = reviews()
    low = table["rating"] <= 2
    return {
        "Aspects": sentiment.aspects(table),
        "Aspects.plot": Good(kind="periods", product="p1"),
        "Aspects.to_excel": Good("result.xlsx"),
        "Duplicates": sentiment.duplicates(table),
        "Duplicates.to_excel": Good("result.xlsx"),
        "Keywords": sentiment.keywords(table[low], table[~low], min_reviews=5),
        "Keywords.to_excel": Good("result.xlsx"),
        "NPS": sentiment.nps([10, 9, 3]),
        "NPS.to_excel": Good("result.xlsx"),
        "ReturnReasons": sentiment.return_reasons(table, orders(), min_reviews=2),
        "ReturnReasons.to_excel": Good("result.xlsx"),
        "aspects": Good(table, aspects={"quality": ["quality", "broke"], "price": ("price",)}),
        "duplicates": Good(table),
        "keywords": Good(table[low].reset_index(drop=True), table[~low].reset_index(drop=True)),
        "nps": Good([10, 9, 3]),
        "return_reasons": Good(table, orders(), as_of="2024-06-01"),
    }
