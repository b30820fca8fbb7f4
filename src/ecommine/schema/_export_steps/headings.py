"""Headings of exports: those with blanks around them, invisible characters or other capitals are read as the known."""

from collections.abc import Mapping
from types import MappingProxyType

from ..._core.frames import Frame
from ..._core.notes import Note
from ..._core.texts import counted
from .._exports.base import Export
from .signatures import heading_key

_SHOWN = 4

KNOWN_HEADINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Shopify": (
            "Name", "Email", "Phone", "Id", "Created at", "Subtotal", "Shipping", "Total", "Refunded Amount",
            "Financial Status", "Fulfillment Status", "Cancelled at", "Paid at", "Fulfilled at", "Accepts Marketing",
            "Taxes", "Discount Amount", "Outstanding Balance", "Shipping Country", "Source", "Currency", "Location",
            "Discount Code", "Payment Method", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku",
            "Lineitem discount", "Vendor",
        ),
        "WooCommerce": (
            "order_id", "order_date", "status", "customer_id", "shipping_total", "fee_total", "order_total",
            "refunded_total", "tax_total", "discount_total", "item_name", "item_quantity", "item_subtotal",
            "item_total", "item_product_id", "item_sku", "billing_country", "billing_email", "billing_phone",
            "order_currency", "payment_method",
        ),
        "Taobao orders": (
            "订单编号", "买家会员名", "买家支付宝账号", "联系手机", "买家应付货款", "买家应付邮费", "总金额",
            "买家实际支付金额", "退款金额", "宝贝总数量", "宝贝种类", "宝贝标题", "订单状态", "订单创建时间",
            "订单付款时间", "店铺名称",
            "主订单编号", "商品标题", "标题", "商品价格", "价格", "购买数量", "商家编码", "外部系统编号", "商品ID",
        ),
        "Youzan orders": (
            "订单号", "订单状态", "订单创建时间", "买家付款时间", "商品种类数", "商品金额合计", "运费", "应收订单金额",
            "订单实付金额", "订单已退款金额", "全部商品名称", "买家手机号", "收货人手机号/提货人手机号", "收货人手机号",
            "买家昵称", "付款方式", "归属店铺", "商品名称", "商品单价", "商品数量", "规格编码", "商品编码", "商品条码",
            "商品实际成交金额",
        ),
        "JD orders": (
            "订单号", "订单编号", "商品ID", "货号", "商品名称", "订购数量", "支付方式", "下单时间", "京东价",
            "订单金额", "结算金额", "应付金额", "余额支付", "运费金额", "订单状态", "付款确认时间",
            "订单完成时间", "下单帐号",
            "下单账号", "联系电话", "订单渠道",
        ),
        "Olist": (
            "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
            "order_delivered_carrier_date", "order_delivered_customer_date", "order_estimated_delivery_date",
            "order_item_id", "product_id", "seller_id", "price", "freight_value", "customer_unique_id",
            "customer_city", "customer_state", "product_category_name", "review_id", "review_score",
            "review_comment_title", "review_comment_message", "review_creation_date", "payment_sequential",
            "payment_type",
        ),
        "GA4": ("event_timestamp", "event_name", "user_pseudo_id", "user_id", "event_params", "items", "ecommerce"),
        "UCI Online Retail": (
            "InvoiceNo", "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "Price",
            "CustomerID", "Customer ID", "Country",
        ),
        "CDNOW": ("customer_id", "date", "quantity", "amount", "number_of_cds", "dollar_value"),
        "REES46": (
            "event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id",
            "user_session",
        ),
    }
)  # fmt: skip
"""The headings that an export is read by."""


def with_known_headings(frame: Frame, export: Export, system: str) -> Frame:
    """Return a table whose headings are those that its export is known by, and note which were mended."""
    names = frame.collect_schema().names()
    known = {heading_key(name): name for name in KNOWN_HEADINGS[system]}
    renamed: dict[str, str] = {}
    for name in names:
        meant = known.get(heading_key(name))
        if meant is not None and meant not in names and meant not in renamed.values():
            renamed[name] = meant
    if not renamed:
        return frame
    shown = ", ".join(f"{name!r} as {meant!r}" for name, meant in list(renamed.items())[:_SHOWN])
    shown += ", …" if len(renamed) > _SHOWN else ""
    text = f"{counted(len(renamed), 'heading')} read without regard to blanks and capitals: {shown}"
    export.notes.append(Note(text, code="headings_mended", count=len(renamed)))
    return frame.rename(renamed)
