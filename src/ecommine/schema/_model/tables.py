"""The canonical tables. The readers, the checks and the reference page are made from these declarations."""

from collections.abc import Mapping
from types import MappingProxyType

from .columns import Column, Kind, Table

LINE_TYPES = ("product", "shipping", "fee", "adjustment", "gift", "discount")


def _key(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """Declare a required id."""
    return Column(name=name, kind="id", meaning=meaning, required=True, nullable=nullable)


def _moment(name: str, meaning: str, *, required: bool = False, nullable: bool = True) -> Column:
    return Column(name=name, kind="time", meaning=meaning, unit="shop time", required=required, nullable=nullable)


def _money(name: str, meaning: str, *, unit: str = "currency", low: float | None = None) -> Column:
    return Column(name=name, kind="money", meaning=meaning, unit=unit, low=low)


def _count(name: str, meaning: str, *, unit: str, low: float | None = 0, required: bool = False) -> Column:
    return Column(
        name=name,
        kind="number",
        meaning=meaning,
        unit=unit,
        low=low,
        required=required,
        nullable=not required,
    )


def _optional(kind: Kind, **meanings: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind=kind, meaning=meaning) for name, meaning in meanings.items())


_CHANNEL = _optional("text", channel="Channel, such as web, app or shop")
_DEVICE = _optional("text", device="Device, such as mobile or desktop")
_COUNTRY = _optional("text", country="Country, as a code or a name")
_PRODUCT = _optional("id", product_id="Product")
_CUSTOMER = _optional("id", customer_id="Customer")
_STORE = _optional("id", store_id="Store or warehouse")

_ORDERS = Table(
    name="orders",
    row="an order line",
    columns=(
        _key("order_id", "Order; all its lines carry it"),
        _key("customer_id", "Customer; null is a guest order, or a further line of one with a customer", nullable=True),
        _moment("ordered_at", "When it was ordered", required=True, nullable=False),
        Column(
            name="amount",
            kind="money",
            unit="currency",
            nullable=False,
            meaning="Money of the line, negative for a return; quantity x unit_price - discount where not given",
        ),
        *_PRODUCT,
        _count("quantity", "Units, negative for a return", unit="units", low=None),
        _money("unit_price", "Price of one unit before discount", unit="currency per unit"),
        _money("discount", "Reduction on the whole line, positive"),
        _money("unit_cost", "What one unit cost the shop", unit="currency per unit"),
        Column(
            name="line_type",
            kind="choice",
            choices=LINE_TYPES,
            meaning="What the line is; null is a product",
        ),
        *_optional("text", category="Product category"),
        *_CHANNEL,
        *_DEVICE,
        *_COUNTRY,
        *_optional("text", currency="Currency code, such as EUR"),
        *_STORE,
        *_optional("text", promotion="Promotion", coupon="Coupon code", payment_method="How it was paid"),
    ),
    either=(("amount",), ("quantity", "unit_price")),
)

_BASKETS = Table(
    name="baskets",
    row="a product of an order",
    columns=(_key("order_id", "Order, receipt or basket"), _key("product_id", "Product")),
)

_EVENTS = Table(
    name="events",
    row="one action of a visitor",
    columns=(
        _key("visitor_id", "Visitor: a browser or a device"),
        Column(name="event", kind="text", required=True, nullable=False, meaning="What happened, by its GA4 name"),
        _moment("occurred_at", "When it happened", required=True, nullable=False),
        *_CUSTOMER,
        *_optional("id", session_id="Session"),
        *_PRODUCT,
        *_optional("text", page="Page or screen"),
        _count("position", "Rank in the list that was shown, 1 is the first", unit="rank", low=1),
        _count("result_count", "Results of a search", unit="results"),
        *_optional("text", query="Text that was searched for"),
        _money("value", "Money of the event"),
        *_CHANNEL,
        *_DEVICE,
        *_COUNTRY,
        *_optional("text", campaign="Campaign"),
    ),
)

_LINKS = Table(
    name="links",
    row="a visitor known to be a customer",
    columns=(
        _key("visitor_id", "Visitor: a browser or a device"),
        _key("customer_id", "Customer"),
        _moment("linked_at", "When the visitor was recognised, such as a login"),
    ),
)

_PRODUCTS = Table(
    name="products",
    row="a product",
    columns=(
        _key("product_id", "Product"),
        *_optional("text", category="Category", brand="Brand", title="Name shown to customers"),
        _money("price", "List price of one unit", unit="currency per unit", low=0),
        _money("unit_cost", "What one unit costs the shop", unit="currency per unit", low=0),
        _moment("launched_at", "First day on sale"),
    ),
    unique="product_id",
)

_CUSTOMERS = Table(
    name="customers",
    row="a customer",
    columns=(
        _key("customer_id", "Customer"),
        _moment("registered_at", "When the account was made"),
        _count("birth_year", "Year of birth", unit="year", low=1900),
        *_optional("text", gender="Gender, as the shop writes it"),
        *_COUNTRY,
        *_optional("text", city="City"),
        *_CHANNEL,
        *_optional("text", tier="Membership tier"),
    ),
    unique="customer_id",
)

_SALES = Table(
    name="sales",
    row="a product in a period (and a store)",
    columns=(
        _key("product_id", "Product"),
        Column(
            name="quantity",
            kind="number",
            unit="units",
            required=True,
            meaning="Units sold less units returned; null where it was out of stock",
        ),
        _moment("period_at", "Start of the period"),
        _count("units_sold", "Units ordered in the period; null where it was out of stock", unit="units"),
        _count("returned", "Units that came back in the period", unit="units"),
        _money("revenue", "Money of all lines of the period, returns included"),
        _money("price", "Price of one unit in the period", unit="currency per unit"),
        _money("price_low", "Lowest unit price at which it was sold", unit="currency per unit"),
        _money("price_high", "Highest unit price at which it was sold", unit="currency per unit"),
        _money("unit_cost", "What one unit cost the shop", unit="currency per unit"),
        Column(name="promotion", kind="boolean", meaning="Whether a promotion ran; null where nothing was sold"),
        *_optional("text", category="Product category"),
        _money("competitor_price", "Price at the competitor", unit="currency per unit"),
        *_STORE,
        Column(name="in_stock", kind="share", unit="share of the period", meaning="How long it could be bought"),
        Column(name="complete", kind="boolean", meaning="Whether the period was over when the table was made"),
    ),
)

_REVIEWS = Table(
    name="reviews",
    row="a review",
    columns=(
        _key("review_id", "Review"),
        Column(name="text", kind="text", required=True, meaning="What was written; null for a bare rating"),
        *_optional("text", title="Title of the review"),
        *_PRODUCT,
        *_CUSTOMER,
        *_optional("id", order_id="Order that the review is about"),
        _moment("reviewed_at", "When it was written"),
        Column(name="rating", kind="number", unit="stars", low=1, high=5, meaning="Stars, 1 to 5"),
        *_optional("text", language="Language code, such as en or zh"),
        _moment("ordered_at", "When what it is about was bought"),
        *_optional("text", category="Product category"),
    ),
    unique="review_id",
)

_ASSIGNMENTS = Table(
    name="assignments",
    row="a unit in an experiment",
    columns=(
        _key("customer_id", "Customer, or any unit that was assigned"),
        Column(name="variant", kind="text", required=True, nullable=False, meaning="Variant, such as control"),
        _moment("assigned_at", "When it was assigned"),
        *_optional("text", experiment="Experiment"),
    ),
)

_TOUCHES = Table(
    name="touches",
    row="a marketing contact",
    columns=(
        _key("customer_id", "Customer"),
        Column(name="channel", kind="text", required=True, nullable=False, meaning="Channel, such as email"),
        _moment("touched_at", "When it happened", required=True, nullable=False),
        *_optional("text", campaign="Campaign"),
        _count("impressions", "Times shown", unit="impressions"),
        _count("clicks", "Times clicked", unit="clicks"),
        _money("cost", "What the contact cost", low=0),
        Column(name="converted", kind="boolean", meaning="Whether a conversion followed"),
        _money("value", "Money of the conversion"),
    ),
)

_STOCK = Table(
    name="stock",
    row="a product on a day (in a store)",
    columns=(
        _key("product_id", "Product"),
        _moment("stocked_at", "The day", required=True, nullable=False),
        _count("on_hand", "Units that can be sold", unit="units", required=True),
        _count("on_order", "Units on their way from suppliers", unit="units"),
        *_STORE,
    ),
)

_PURCHASES = Table(
    name="purchases",
    row="a line ordered from a supplier",
    columns=(
        _key("product_id", "Product"),
        _key("supplier_id", "Supplier"),
        _moment("ordered_at", "When it was ordered", required=True, nullable=False),
        _moment("received_at", "When it arrived; null while it is open", required=True),
        _count("quantity", "Units ordered", unit="units", required=True),
        _money("unit_cost", "What one unit costs the shop", unit="currency per unit", low=0),
        _moment("promised_at", "When the supplier promised it"),
        _count("rejected_quantity", "Units refused on arrival", unit="units"),
    ),
)

_DELIVERIES = Table(
    name="deliveries",
    row="a parcel",
    columns=(
        _key("order_id", "Order"),
        _moment("shipped_at", "When it left; null while it is waiting", required=True),
        _moment("delivered_at", "When it arrived; null while it is under way", required=True),
        _moment("promised_at", "When it was promised to arrive"),
        *_optional("text", carrier="Carrier", origin="Where it left", destination="Where it went"),
        _money("cost", "What shipping cost the shop", low=0),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _ORDERS,
            _BASKETS,
            _EVENTS,
            _LINKS,
            _PRODUCTS,
            _CUSTOMERS,
            _SALES,
            _REVIEWS,
            _ASSIGNMENTS,
            _TOUCHES,
            _STOCK,
            _PURCHASES,
            _DELIVERIES,
        )
    }
)
"""Every canonical table by name."""
