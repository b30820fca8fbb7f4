"""Searches in a log of events: of what a session looks at first, and some that find nothing."""

from typing import Any

import numpy as np
import pandas as pd

SHARE_OF_SESSIONS = 0.3
"""Sessions that search before they look at their first product."""
SHARE_IN_VAIN = 0.1
"""Sessions without a product that search for what the shop has not."""
_NOT_SOLD = ("gift card", "spare parts", "vintage", "plus size", "subscription")
_SPELLINGS = 4
"""One in so many queries names the brand, too."""


def add_searches(rng: np.random.Generator, events: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """Return the events with searches among them, in order of time; all others stay as they are.

    A search stands halfway between the beginning of its session and the first product, for whose category it is, so
    that the view of that product is its click. Columns ``query`` and ``result_count`` are added.
    """
    first = events.drop_duplicates("session_id")
    viewed = events[events["event"] == "view_item"].drop_duplicates("session_id").set_index("session_id")
    began = first.set_index("session_id")
    lot = pd.Series(rng.random(len(began)), index=began.index)
    finds = lot.index[(lot < SHARE_OF_SESSIONS) & lot.index.isin(viewed.index)]
    in_vain = lot.index[(lot < SHARE_IN_VAIN) & ~lot.index.isin(viewed.index)]
    found = _searches(began.loc[finds], viewed.loc[finds, "occurred_at"])
    of_product = products.set_index("product_id").loc[viewed.loc[finds, "product_id"].to_numpy(dtype=np.int64)]
    with_brand = rng.integers(_SPELLINGS, size=len(finds)) == 0
    category, brand = of_product["category"].astype(str).to_numpy(), of_product["brand"].astype(str).to_numpy()
    found["query"] = np.where(with_brand, [f"{a} {b}" for a, b in zip(category, brand, strict=True)], category)
    sizes = products.groupby("category").size(), products.groupby(["category", "brand"]).size()
    both = sizes[1].reindex(pd.MultiIndex.from_arrays([category, brand])).to_numpy()
    found["result_count"] = np.where(with_brand, both, sizes[0].reindex(category).to_numpy())
    nothing = _searches(began.loc[in_vain], began.loc[in_vain, "occurred_at"] + pd.Timedelta(seconds=5))
    nothing["query"] = np.array(_NOT_SOLD)[rng.integers(len(_NOT_SOLD), size=len(nothing))]
    nothing["result_count"] = 0
    others = events.assign(
        query=pd.Series(None, index=events.index, dtype=events["event"].dtype),
        result_count=pd.Series(pd.NA, index=events.index, dtype="Int64"),
    )
    every = pd.concat([others, *(part.astype(dict(others.dtypes)) for part in (found, nothing))], ignore_index=True)
    return every.sort_values("occurred_at", kind="stable", ignore_index=True)


def _searches(began: pd.DataFrame, until: "pd.Series[pd.Timestamp]") -> pd.DataFrame:
    """Return one search for each session, between its beginning and a later time."""
    halfway = began["occurred_at"] + ((until - began["occurred_at"]) / 2).dt.floor("us")
    blank: dict[str, Any] = {"product_id": pd.NA, "value": np.nan, "order_id": pd.NA, "event": "search"}
    return began.assign(occurred_at=halfway, **blank).reset_index()
