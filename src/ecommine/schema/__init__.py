"""The tables that every topic reads: their columns, the doors from raw exports, checks and errors.

A shop's export is mapped once, by the door of its table (`orders`, `events`, …) or by the function of a known export
(``from_...``). From there on every topic finds the same names, types and units.
"""

from ._columns import Column, Table
from ._doors import (
    assignments,
    customers,
    deliveries,
    events,
    links,
    orders,
    products,
    purchases,
    reviews,
    sales,
    stock,
    touches,
)
from ._errors import DataWarning, EcommineError, SchemaError
from ._event_names import EVENT_ALIASES, EVENT_NAMES
from ._exports_cdnow import from_cdnow
from ._exports_complete_journey import from_complete_journey
from ._exports_ga4 import from_ga4
from ._exports_olist import from_olist
from ._exports_rees46 import from_rees46
from ._exports_shopify import from_shopify
from ._exports_taobao import from_taobao_user_behavior
from ._exports_uci import from_uci_online_retail
from ._exports_woocommerce import from_woocommerce
from ._identify import identify
from ._outliers import outliers
from ._panel import to_sales
from ._quarantine import Quarantine, quarantine
from ._shop import Shop
from ._tables import TABLES

__all__ = [
    "EVENT_ALIASES",
    "EVENT_NAMES",
    "TABLES",
    "Column",
    "DataWarning",
    "EcommineError",
    "Quarantine",
    "SchemaError",
    "Shop",
    "Table",
    "assignments",
    "customers",
    "deliveries",
    "events",
    "from_cdnow",
    "from_complete_journey",
    "from_ga4",
    "from_olist",
    "from_rees46",
    "from_shopify",
    "from_taobao_user_behavior",
    "from_uci_online_retail",
    "from_woocommerce",
    "identify",
    "links",
    "orders",
    "outliers",
    "products",
    "purchases",
    "quarantine",
    "reviews",
    "sales",
    "stock",
    "to_sales",
    "touches",
]
