"""Names of events: GA4's, and those of other systems for the same events."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import narwhals.stable.v2 as nw

from ..._core.checks import show
from ..._core.frames import Frame
from ..._core.texts import did_you_mean

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

AUTOMATIC_EVENTS = frozenset(
    {
        "ad_impression", "app_exception", "app_remove", "app_update", "click", "close_convert_lead",
        "earn_virtual_currency", "error", "file_download", "first_open", "first_visit", "form_start", "form_submit",
        "generate_lead", "join_group", "level_up", "login", "notification_open", "notification_receive", "os_update",
        "post_score", "qualify_lead", "screen_view", "scroll", "select_content", "select_promotion", "session_end",
        "spend_virtual_currency", "unlock_achievement", "user_engagement", "video_complete", "video_progress",
        "video_start", "view_promotion",
    }
)  # fmt: skip
"""Other names of GA4, which it collects by itself or recommends, and which no topic needs."""

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
        # RetailRocket
        "addtocart": "add_to_cart",
        # Chinese shops
        "曝光": "view_item_list",
        "点击": "select_item",
        "浏览": "view_item",
        "搜索": "search",
        "分享": "share",
        "注册": "sign_up",
        "收藏": "add_to_wishlist",
        "加购": "add_to_cart",
        "加入购物车": "add_to_cart",
        "移出购物车": "remove_from_cart",
        "查看购物车": "view_cart",
        "下单": "begin_checkout",
        "提交订单": "begin_checkout",
        "结算": "begin_checkout",
        "支付": "purchase",
        "付款": "purchase",
        "购买": "purchase",
        "退款": "refund",
    }
)
"""Names of Segment, Snowplow, Shopify, Taobao, REES46, RetailRocket and Chinese shops, and the GA4 name of each."""


def check_event_names(names: object) -> Mapping[str, str]:
    """Return the shop's own names of events, or numbers that stand for them, each with the name that it gets.

    Raises
    ------
    TypeError, ValueError
        If they are no names, or a name that they get is not known.

    Examples
    --------
    >>> check_event_names({"放进购物车": "add_to_card"})
    Traceback (most recent call last):
    ValueError: `names` must give a name of EVENT_NAMES, got 'add_to_card' for '放进购物车'; did you mean 'add_to_cart'?
    """
    if names is None:
        return {}
    is_code = isinstance(names, Mapping) and all(type(own) is not bool and isinstance(own, (str, int)) for own in names)
    if not isinstance(names, Mapping) or not is_code or not all(isinstance(name, str) for name in names.values()):
        raise TypeError(
            f"`names` must map names of events to names, such as {{'加购': 'add_to_cart'}}, got {show(names)}"
        )
    for own, name in names.items():
        if name not in EVENT_NAMES:
            near = did_you_mean(name, EVENT_NAMES)
            raise ValueError(f"`names` must give a name of EVENT_NAMES, got {name!r} for {own!r}{near}")
    return {str(own): name for own, name in names.items()}


def with_ga4_names(frame: Frame, own: Mapping[str, str] = MappingProxyType({})) -> Frame:
    """Return events with their GA4 names, by the shop's ``own`` ones first; names of no known system stay.

    A known name in another spelling is known too: "AddToCart", "add to cart" and "ADD-TO-CART" are add_to_cart.
    """
    event, letters = nw.col("event"), nw.col("event").str.replace_all(_SIGNS, "").str.to_lowercase()
    bare = event.str.replace_all(_BLANKS, "")
    known = _BY_LETTERS
    if isinstance(frame, nw.DataFrame):  # whose few names are looked up one by one
        present = [name for name in frame["event"].unique().to_list() if isinstance(name, str)]
        looked_up = {
            name: own.get(name)
            or own.get(re.sub(_BLANKS, "", name))
            or _BY_LETTERS.get(re.sub(_SIGNS, "", name).lower())
            for name in present
        }
        own, known = {name: new for name, new in looked_up.items() if new and new != name}, {}
    named = event
    for alias, name in known.items():
        named = nw.when(letters == alias).then(nw.lit(name)).otherwise(named)
    for alias, name in own.items():
        named = nw.when((event == alias) | (bare == alias)).then(nw.lit(name)).otherwise(named)
    return frame.with_columns(event=named) if known or own else frame


_BLANKS = "^[ \t\u00a0\u3000]+|[ \t\u00a0\u3000]+$"
_SIGNS = "[^0-9A-Za-z\u4e00-\u9fff]"
_BY_LETTERS = {
    re.sub(_SIGNS, "", alias).lower(): name
    for alias, name in [*((name, name) for name in EVENT_NAMES), *EVENT_ALIASES.items()]
}
"""Known names by their letters alone."""
