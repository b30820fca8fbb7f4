"""What known exports look like, so that an error can name the reader of a table that came to the wrong one."""

import re
import unicodedata
from collections.abc import Sequence

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))

_SIGNATURES: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (reader, frozenset(names))
    for reader, names in (
        ("from_shopify", {"Name", "Created at", "Lineitem name", "Lineitem quantity"}),
        ("from_woocommerce", {"order_id", "order_date", "item_name", "item_total"}),
        ("from_ga4", {"event_name", "event_timestamp", "user_pseudo_id"}),
        ("from_uci_online_retail", {"InvoiceNo", "StockCode", "InvoiceDate"}),
        ("from_uci_online_retail", {"Invoice", "StockCode", "InvoiceDate"}),
        ("from_rees46", {"event_time", "event_type", "user_session"}),
        ("from_olist", {"order_id", "order_purchase_timestamp", "order_status"}),
        ("from_complete_journey", {"household_id", "basket_id", "sales_value"}),
        ("from_cdnow", {"customer_id", "date", "number_of_cds"}),
        ("from_taobao_orders", {"订单编号", "买家会员名", "订单创建时间"}),
        ("from_taobao_orders", {"订单编号", "买家实际支付金额"}),
        ("from_jd_orders", {"订单号", "京东价", "下单时间"}),
        ("from_jd_orders", {"订单号", "订购数量", "下单帐号"}),
        ("from_youzan_orders", {"订单号", "全部商品名称", "订单实付金额"}),
        ("from_youzan_orders", {"订单号", "应收订单金额", "买家付款时间"}),
    )
)


def reader_of_export(names: Sequence[str]) -> str | None:
    """Return the reader of the export whose columns a table has, None where it is no known one.

    Examples
    --------
    >>> reader_of_export(["订单号", "商品ID", "京东价", "下单时间"])
    'from_jd_orders'
    """
    present = {heading_key(name) for name in names}
    return next((reader for reader, signature in _SIGNATURES if set(map(heading_key, signature)) <= present), None)


def heading_key(name: str) -> str:
    r"""Return a heading in small letters, without blanks around it and what nobody sees.

    Examples
    --------
    >>> heading_key("\ufeffLineitem  Quantity "), heading_key("\u3000宝贝标题")
    ('lineitem quantity', '宝贝标题')
    """
    return " ".join(unicodedata.normalize("NFKC", name.translate(_INVISIBLE)).casefold().split())


def title_rows(names: Sequence[str]) -> str:
    """Return what to do about a table whose headings stand below other rows, as those of reports in Excel do."""
    unnamed = sum(name.startswith("Unnamed: ") or re.fullmatch("__UNNAMED__[0-9]+", name) is not None for name in names)
    if 2 * unnamed < len(names) or not unnamed:
        return ""
    return "the headings seem to stand below a title: read the file with header=..., the number of rows above them"
