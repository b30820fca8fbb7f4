"""The tables that every topic reads: their columns, the readers that map raw exports to them, checks and errors.

A shop's export is mapped once, by the reader of its table (`orders`, `events`, …) or by the function of a known export
(``from_...``). From there on every topic finds the same names, types and units.

What was left out or assumed is a `DataWarning`, or stands in the ``notes`` of a `Shop`: sentences with a ``code`` and
a ``count``.

=============================== =====================================================================
code                            meaning
=============================== =====================================================================
copies_dropped                  exact copies of rows were dropped
several_currencies              ``currency`` holds several currencies
mixed_ids_read_as_text          an id column mixes numbers and text
timezone_assumed                times were converted in a zone that was not given
ids_read_as_missing             ids such as NULL, nan or blanks were read as missing
ids_trimmed                     blanks around ids, capitals of e-mails and the like were taken off
ids_without_fraction            whole numbers such as 13085.0 were read as 13085
ids_rounded                     ids that a spreadsheet rounded: different ones may have become one
ids_differ_in_capitals          ids that differ from others in capitals only
ids_of_nobody                   ids such as guest, 0 or 匿名, each of which counts as one person
ids_masked                      ids that a system has masked, which several people may share
customers_filled                lines without a customer are of the customer of the other lines of their order
customers_unsure                such lines stay guests, since their order has several customers or days
amounts_repeated                ``amount`` seems to be the total of the order on each of its lines
amounts_contradict_prices       ``amount`` is far above quantity x unit_price, or the price of one unit
copies_kept                     exact copies of rows of orders or events were kept
giant_customer                  one customer has far more rows of ``orders`` than a person would
decimal_without_effect          columns are numbers already, to which ``decimal=","`` does nothing
discounts_negative              ``discount`` is below zero on lines that are no returns
event_names_unknown             `events`: main events are missing, and some names are not known
names_without_events            `events`: own names that no event has
rows_without_group              `outliers`: rows without a group have no fence
events_identified               `identify`: how many events have a customer
visitors_with_several_customers `identify`: visitors linked to several customers at once stay unknown
lines_without_time, ...         `to_sales`: lines without a time, product, quantity, amount or store
lines_not_products              `to_sales`: lines that are not products were left out
rows_after_as_of                `to_sales`: lines after ``as_of`` were left out
orders_cancelled                `to_sales`: orders cancelled in full within a period
stock_unknown                   `to_sales`: product periods that are not in ``stock``
price_unknown                   `to_sales`: product periods without a sale that have no price
=============================== =====================================================================

The codes of the known exports stand at `Shop`.
"""

from ._derive.identify import identify
from ._derive.panel import to_sales
from ._exports.cdnow import from_cdnow
from ._exports.complete_journey import from_complete_journey
from ._exports.ga4 import from_ga4
from ._exports.jd import from_jd_orders
from ._exports.olist import from_olist
from ._exports.rees46 import from_rees46
from ._exports.shopify import from_shopify
from ._exports.taobao import from_taobao_user_behavior
from ._exports.taobao_orders import from_taobao_orders
from ._exports.uci import from_uci_online_retail
from ._exports.woocommerce import from_woocommerce
from ._exports.youzan import from_youzan_orders
from ._map.quarantine import Quarantine, quarantine
from ._model.columns import Column, Table
from ._model.errors import DataWarning, EcommineError, SchemaError
from ._model.event_names import EVENT_ALIASES, EVENT_NAMES
from ._model.shop import Shop
from ._model.tables import TABLES
from ._readers.catalogue import customers, products, sales
from ._readers.contacts import assignments, reviews, touches
from ._readers.events import events, links
from ._readers.orders import baskets, orders
from ._readers.supply import deliveries, purchases, stock
from ._validate.outliers import outliers

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
    "baskets",
    "customers",
    "deliveries",
    "events",
    "from_cdnow",
    "from_complete_journey",
    "from_ga4",
    "from_jd_orders",
    "from_olist",
    "from_rees46",
    "from_shopify",
    "from_taobao_orders",
    "from_taobao_user_behavior",
    "from_uci_online_retail",
    "from_woocommerce",
    "from_youzan_orders",
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
