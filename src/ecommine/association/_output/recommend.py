"""What goes with a basket."""

from collections.abc import Collection, Iterable
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from ..._core.frames import build
from .._mining.baskets import chosen


def recommend(frame: nw.DataFrame[Any], basket: Iterable[object], n: int, known: Collection[object] | None) -> Any:
    """Take the likeliest consequents of the rules whose antecedents are in the basket.

    ``known`` are the products of all orders, where these are at hand.
    """
    held = set(chosen(basket, argument="basket"))
    if known is not None and held and held.isdisjoint(known):
        raise ValueError(
            f"`basket` has no product that any order holds, such as {min(held, key=str)!r}: give product ids"
        )
    confidence, lift = frame["confidence"].to_numpy(), frame["lift"].to_numpy()
    sides = zip(frame["antecedents"].to_list(), frame["consequents"].to_list(), strict=True)
    best: dict[Any, int] = {}
    for row, (antecedents, consequents) in enumerate(sides):
        if not held.issuperset(antecedents):
            continue
        for product in consequents:
            if product not in held and (product not in best or confidence[row] > confidence[best[product]]):
                best[product] = row
    ranked = sorted(best, key=lambda product: (-confidence[best[product]], -lift[best[product]], str(product)))[:n]
    rows = np.array([best[product] for product in ranked], dtype=np.int64)
    because = frame["antecedents"].to_list()
    if not ranked:
        return (
            build({"product_id": [None], "confidence": [0.0], "lift": [0.0], "because": [[None]]}, like=frame)
            .head(0)
            .to_native()
        )
    columns = {"product_id": ranked, "confidence": confidence[rows], "lift": lift[rows]}
    return build({**columns, "because": [because[row] for row in rows]}, like=frame).to_native()
