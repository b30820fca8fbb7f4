"""A shop: the canonical tables that one export holds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import narwhals.stable.v2 as nw

from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.output.html import html_table


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Shop:
    """The canonical tables of one shop; a table that its export lacks is None.

    Attributes
    ----------
    orders, events, links, products, customers, sales, reviews, assignments, touches, stock, purchases, deliveries
        The tables, by their canonical names.
    notes : tuple of Note
        What was left out or assumed, with these codes and those of `ecommine.schema`:

        ========================= =======================================================================
        code                      meaning
        ========================= =======================================================================
        read_as_shipping, ...     lines that are not products, by type (``read_as_`` and the type)
        copies_dropped            exact copies of rows of a table were dropped
        cancelled_left_out        cancelled orders were left out
        cancelled_invoices        UCI: lines of cancelled invoices are returns
        refunded_in_full          Shopify, WooCommerce, Taobao, Youzan: all lines of orders were taken back
        items_refunded            Taobao: items that were closed after a refund were taken back
        items_closed              Taobao: items that are closed, though nothing was refunded, count as sold
        guest_lines               UCI: lines without a customer are guest orders
        stock_adjustments         UCI: adjustments of the stock
        free_lines                UCI: product lines at price zero
        codes_in_capitals         UCI: stock codes that were written in small letters
        orders_repeated           Shopify, WooCommerce, JD, UCI: orders that are there twice in whole were taken once
        states_unknown            Shopify, WooCommerce, JD, Taobao, Youzan: a state of orders that is not known
        rows_missing              Shopify, WooCommerce, JD, Taobao, Youzan: a total is above the sum of its lines
        customers_by_contact      orders whose customer is known by an e-mail or a telephone number only
        customers_masked          orders whose customer is masked, hence not known
        missing_subtotal          Shopify: the sum of the products is used
        missing_shipping          Shopify, WooCommerce: read as 0
        missing_order_total       WooCommerce: the sum of the lines is used
        items_without_total       WooCommerce: item_subtotal and item_total stand in for each other
        orders_without_items      WooCommerce: the total is a fee; Olist: left out
        headings_mended           headings were read without regard to blanks and capitals
        items_without_order       Olist, Taobao, Youzan: items of unknown orders were left out
        missing_freight           Olist: read as 0
        without_customers_table   Olist: every order counts as one of a new customer
        without_products_table    Complete Journey: few other lines can be recognised
        campaigns_on_first_day    Complete Journey: a campaign is one mailing on its first day
        orders_by_day             CDNOW: transactions read as orders by customer and day
        free_transactions         CDNOW: transactions with an amount of zero
        orders_by_session         REES46: an order is what was bought in one session
        purchases_without_session REES46: left out of the orders
        other_days_left_out       Taobao: actions outside the days of the file were left out
        no_orders_in_export       Taobao: purchases have no price
        events_without_visitor    GA4: events without a user_pseudo_id were left out
        purchases_without_order   GA4: purchases without a transaction_id were left out of the orders
        repeated_purchases        GA4: purchases sent again with the same transaction_id were left out
        items_without_price       GA4: read as free
        events_repeated           GA4: many events at one microsecond: is the table one after UNNEST?
        ========================= =======================================================================

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import schema
    >>> shop = schema.Shop(products=pd.DataFrame({"product_id": ["a", "b"]}))
    >>> shop
    Shop with products (product_id)
    >>> shop.orders is None
    True
    """

    orders: Any = None
    events: Any = None
    links: Any = None
    products: Any = None
    customers: Any = None
    sales: Any = None
    reviews: Any = None
    assignments: Any = None
    touches: Any = None
    stock: Any = None
    purchases: Any = None
    deliveries: Any = None
    notes: tuple[Note, ...] = ()

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables that are not None, by name."""
        named = {field.name: getattr(self, field.name) for field in fields(Shop) if field.name != "notes"}
        return {name: table for name, table in named.items() if table is not None}

    def _repr_html_(self) -> str:
        rows = [
            [
                name,
                f"{len(frame):,}" if isinstance(frame, nw.DataFrame) else "lazy",
                ", ".join(frame.collect_schema().names()),
            ]
            for name, frame in ((name, opened(table, argument=name)) for name, table in self.tables.items())
        ]
        return html_table(type(self).__name__, ["table", "rows", "columns"], rows, self.notes)

    def __repr__(self) -> str:
        opened_tables = ((name, opened(table, argument=name)) for name, table in self.tables.items())
        described = (f"{name} ({', '.join(frame.collect_schema().names())})" for name, frame in opened_tables)
        notes = "".join(f"\n  note: {note}" for note in self.notes)
        return f"{type(self).__name__} with {', '.join(described) or 'no tables'}{notes}"
