"""The tables that every topic reads: their columns, the doors from raw exports, checks and errors.

A shop's export is mapped once, by the door of its table (`orders`, `events`, …) or by the function of a known export
(``from_...``). From there on every topic finds the same names, types and units.
"""

from ._derive.identify import identify
from ._derive.panel import to_sales
from ._exports.cdnow import from_cdnow
from ._exports.complete_journey import from_complete_journey
from ._exports.ga4 import from_ga4
from ._exports.olist import from_olist
from ._exports.rees46 import from_rees46
from ._exports.shopify import from_shopify
from ._exports.taobao import from_taobao_user_behavior
from ._exports.uci import from_uci_online_retail
from ._exports.woocommerce import from_woocommerce
from ._map.readers import (
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
from ._model.columns import Column, Table
from ._model.errors import DataWarning, EcommineError, SchemaError
from ._model.event_names import EVENT_ALIASES, EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES
from ._validate.outliers import outliers
from ._validate.quarantine import Quarantine, quarantine

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
