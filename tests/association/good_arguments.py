"""What each public call of `association` needs to work; see ``edge``."""

from typing import Any

import numpy as np
import pandas as pd

from ecommine import association
from edge import Good


def order_lines() -> pd.DataFrame:
    """Return sixty orders of two or three of five products."""
    orders = np.repeat(np.arange(60), 3)
    line = np.arange(180)
    products = np.array(["tea", "pot", "cup", "milk", "jam"])[(orders * 3 + line % 3 * (1 + orders % 2)) % 5]
    frame = pd.DataFrame(
        {
            "order_id": orders,
            "customer_id": orders // 4,
            "ordered_at": np.datetime64("2024-01-01", "us") + orders * np.timedelta64(2, "D"),
            "product_id": products,
            "category": np.where(np.isin(products, ["tea", "milk"]), "drinks", "other"),
            "amount": line % 7 + 1.0,
        }
    )
    return frame.drop_duplicates(["order_id", "product_id"], ignore_index=True)


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    orders = order_lines()
    rules = association.rules(orders, min_support=0.05)
    return {
        "Comparison": association.compare(rules, rules),
        "Comparison.to_excel": Good("result.xlsx"),
        "Itemsets": association.itemsets(orders, min_support=0.05),
        "Itemsets.to_excel": Good("result.xlsx"),
        "NextOrders": association.next_orders(orders, min_support=0.05),
        "NextOrders.to_excel": Good("result.xlsx"),
        "Pairs": association.pairs(orders, min_support=0.05),
        "Pairs.to_excel": Good("result.xlsx"),
        "Rules": rules,
        "Rules.recommend": Good(["tea"]),
        "Rules.to_excel": Good("result.xlsx"),
        "compare": Good(rules, rules),
        "from_mlxtend": Good(rules.to_mlxtend(), n_orders=60),
        "itemsets": Good(orders, min_support=0.05),
        "next_orders": Good(orders, min_support=0.05),
        "pairs": Good(orders, min_support=0.05),
        "rules": Good(orders, min_support=0.05),
    }
