"""What goes with a basket: the likeliest consequents of the rules whose antecedents it holds."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.tables import build_table, product_text
from .._mining.read import check_product_ids
from .rule_table import SIDES


def recommend_products(frame: nw.DataFrame[Any], basket: Iterable[object], n: int, names: Mapping[Any, str]) -> Any:
    """Return a table of at most ``n`` products that go with a basket, the likeliest first.

    Parameters
    ----------
    frame : narwhals frame
        The table of rules.
    basket : iterable of product ids
    n : int
    names : mapping of product id to name
        Empty where names are not wanted.
    """
    in_basket = set(check_product_ids(basket, argument="basket"))
    confidence, lift = frame["confidence"].to_numpy(), frame["lift"].to_numpy()
    antecedents, consequents = (frame[side].to_list() for side in SIDES)
    best: dict[Any, int] = {}  # the rule of the highest confidence per product
    for row, (left, right) in enumerate(zip(antecedents, consequents, strict=True)):
        if not in_basket.issuperset(left):
            continue
        for product in set(right) - in_basket:
            if product not in best or confidence[row] > confidence[best[product]]:
                best[product] = row
    ranked = sorted(best, key=lambda product: (-confidence[best[product]], -lift[best[product]], str(product)))[:n]
    rows = [best[product] for product in ranked]
    columns = {
        "product_id": ranked,
        **({"title": [product_text(product, names) for product in ranked]} if names else {}),
        "confidence": confidence[rows],
        "lift": lift[rows],
        "because": [antecedents[row] for row in rows],
    }
    sample = next((product for right in consequents for product in right), "")
    return build_table(columns, like=frame, samples={"product_id": sample, "title": "", "because": [sample]})
