"""Names of events: GA4's, and those of other systems for the same events."""

from collections.abc import Mapping
from types import MappingProxyType

import narwhals.stable.v2 as nw

from ..._core.frames import Frame

EVENT_NAMES = (
    "page_view",
    "session_start",
    "sign_up",
    "search",
    "view_search_results",
    "share",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_wishlist",
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
    "refund",
)
"""Event names of GA4 that the topics know; other names are kept as the shop's own."""

EVENT_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        # Taobao UserBehavior
        "pv": "view_item",
        "fav": "add_to_wishlist",
        "buy": "purchase",
        # REES46
        "view": "view_item",
        "cart": "add_to_cart",
        # Segment e-commerce specification
        "Products Searched": "search",
        "Product List Viewed": "view_item_list",
        "Product Clicked": "select_item",
        "Product Viewed": "view_item",
        "Product Added": "add_to_cart",
        "Product Removed": "remove_from_cart",
        "Product Added to Wishlist": "add_to_wishlist",
        "Product Shared": "share",
        "Cart Viewed": "view_cart",
        "Checkout Started": "begin_checkout",
        "Payment Info Entered": "add_payment_info",
        "Order Completed": "purchase",
        "Order Refunded": "refund",
        "Signed Up": "sign_up",
        # Shopify web pixels
        "page_viewed": "page_view",
        "search_submitted": "search",
        "collection_viewed": "view_item_list",
        "product_viewed": "view_item",
        "product_added_to_cart": "add_to_cart",
        "product_removed_from_cart": "remove_from_cart",
        "cart_viewed": "view_cart",
        "checkout_started": "begin_checkout",
        "checkout_shipping_info_submitted": "add_shipping_info",
        "payment_info_submitted": "add_payment_info",
        "checkout_completed": "purchase",
        # Snowplow e-commerce
        "product_view": "view_item",
        "list_view": "view_item_list",
        "list_click": "select_item",
        "checkout_step": "begin_checkout",
        "transaction": "purchase",
    }
)
"""Names of Segment, Snowplow, Shopify, Taobao and REES46, and the GA4 name of each."""


def with_ga4_names(frame: Frame) -> Frame:
    """Return events with their GA4 names; names of no known system stay."""
    aliases: Mapping[str, str] = EVENT_ALIASES
    if isinstance(frame, nw.DataFrame):
        present = set(frame["event"].unique().to_list())
        aliases = {alias: name for alias, name in EVENT_ALIASES.items() if alias in present}
    named = nw.col("event")
    for alias, name in aliases.items():
        named = nw.when(nw.col("event") == alias).then(nw.lit(name)).otherwise(named)
    return frame.with_columns(event=named) if aliases else frame
