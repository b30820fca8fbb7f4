"""What each public call of `schema` needs to work; see ``edge``."""

from typing import Any

import pandas as pd

from ecommine import schema
from edge import Good

TIMES = pd.to_datetime(["2024-05-01 10:00", "2024-05-08 11:00", "2024-05-20 12:00"]).as_unit("us")


def tables() -> dict[str, pd.DataFrame]:
    """Return each canonical table with three rows and its required columns, some optional ones too."""
    ids = ["a", "b", "c"]
    columns: dict[str, dict[str, Any]] = {
        "orders": {"order_id": [1, 2, 3], "customer_id": ids, "ordered_at": TIMES, "amount": [5.0, 6.0, 7.0],
                   "product_id": ids, "quantity": [1, 2, 1], "unit_price": [5.0, 3.0, 7.0]},
        "baskets": {"order_id": [1, 1, 2], "product_id": ids},
        "events": {"visitor_id": ids, "event": "page_view", "occurred_at": TIMES},
        "links": {"visitor_id": ids, "customer_id": ids, "linked_at": TIMES},
        "products": {"product_id": ids, "price": [1.0, 2.0, 3.0]},
        "customers": {"customer_id": ids, "registered_at": TIMES},
        "sales": {"product_id": ids, "quantity": [1.0, 2.0, 3.0], "period_at": TIMES},
        "reviews": {"review_id": ids, "text": ids, "rating": [1, 2, 5]},
        "assignments": {"customer_id": ids, "variant": ids, "assigned_at": TIMES},
        "touches": {"customer_id": ids, "channel": ids, "touched_at": TIMES},
        "stock": {"product_id": ids, "stocked_at": TIMES, "on_hand": [1, 2, 3]},
        "purchases": {"product_id": ids, "supplier_id": ids, "ordered_at": TIMES, "received_at": TIMES, "quantity": 1},
        "deliveries": {"order_id": ids, "shipped_at": TIMES, "delivered_at": TIMES},
    }  # fmt: skip
    return {name: pd.DataFrame(values) for name, values in columns.items()}


def exports() -> dict[str, Good]:
    """Return a small export of each shop system and data set that is known."""
    from schema.test_exports_china import JD, TAOBAO_ITEMS, YOUZAN
    from schema.test_exports_china import TAOBAO as TAOBAO_ORDERS
    from schema.test_exports_data import CDNOW, GOODS, REES46, SOLD, TAOBAO, UCI
    from schema.test_exports_shops import OLIST, SHOPIFY, WOO, text

    ga4 = pd.DataFrame(
        {
            "event_timestamp": [1714521600000000, 1714521660000000],
            "event_name": ["view_item", "purchase"],
            "user_pseudo_id": ["7.1", "7.1"],
            "ecommerce.transaction_id": [None, "T1"],
            "ecommerce.purchase_revenue": [None, 30.0],
        }
    )
    return {
        "from_cdnow": Good(CDNOW),
        "from_complete_journey": Good(SOLD, products=GOODS),
        "from_ga4": Good(ga4),
        "from_jd_orders": Good(JD),
        "from_olist": Good(text(OLIST["orders"]), text(OLIST["items"]), customers=text(OLIST["customers"])),
        "from_rees46": Good(REES46),
        "from_shopify": Good(text(SHOPIFY)),
        "from_taobao_orders": Good(TAOBAO_ORDERS, TAOBAO_ITEMS),
        "from_taobao_user_behavior": Good(TAOBAO),
        "from_uci_online_retail": Good(UCI),
        "from_woocommerce": Good(text(WOO)),
        "from_youzan_orders": Good(YOUZAN),
    }


def good() -> dict[str, Any]:
    """Return arguments that work, and results."""
    raw = tables()
    readers = {name: Good(table) for name, table in raw.items()}
    column = schema.Column(name="size", kind="number", meaning="Size")
    return {
        **readers,
        **exports(),
        "Column": Good(name="size", kind="number", meaning="Size"),
        "Quarantine": schema.quarantine("orders", raw["orders"]),
        "Shop": schema.Shop(orders=raw["orders"]),
        "Table": Good(name="sizes", row="a size", columns=(column,)),
        "Table.column": Good("size"),
        "identify": Good(raw["events"], raw["links"]),
        "outliers": Good(raw["orders"]),
        "quarantine": Good("orders", raw["orders"]),
        "to_sales": Good(raw["orders"], every="1w"),
    }
