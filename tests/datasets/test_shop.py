"""The whole shop: its tables agree with each other, and each agrees with the truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import datasets, schema

SHORT = pd.Timedelta(minutes=5)


@pytest.fixture(scope="module")
def shop() -> datasets.SimulatedShop:
    """A shop of medium size with guests and frequent stockouts."""
    return datasets.make_shop(
        3_000, days=364, n_products=120, guests=0.1, stockouts=datasets.Stockouts(share=0.08), rng=1
    )


def test_every_table_passes_its_reader(shop: datasets.SimulatedShop) -> None:
    for name, table in shop.tables.items():
        pd.testing.assert_frame_equal(getattr(schema, name)(table), table)
    assert isinstance(shop, schema.Shop)
    assert str(shop).startswith("SimulatedShop with orders (order_id, customer_id")


def test_money_of_a_line_adds_up(shop: datasets.SimulatedShop) -> None:
    lines = shop.orders
    assert np.allclose(lines["quantity"] * lines["unit_price"] - lines["discount"], lines["amount"], atol=1e-9)
    assert (lines["quantity"] >= 1).all()
    assert not lines.duplicated(["order_id", "product_id"]).any()
    assert lines["ordered_at"].is_monotonic_increasing
    assert lines.groupby("order_id")[["ordered_at", "device"]].nunique().eq(1).all(axis=None)
    assert lines["order_id"].unique().tolist() == list(range(1, lines["order_id"].max() + 1))


def test_every_order_has_its_events_with_its_price(shop: datasets.SimulatedShop) -> None:
    bought = shop.events[shop.events["event"] == "purchase"].set_index("order_id")
    orders = shop.orders.groupby("order_id").agg(
        amount=("amount", "sum"),
        ordered_at=("ordered_at", "first"),
        device=("device", "first"),
        lines=("amount", "size"),
    )
    bought = bought.loc[orders.index]
    assert len(bought) == len(orders)
    assert bought["value"].to_numpy() == pytest.approx(orders["amount"].to_numpy(), abs=0.005)
    assert (bought["occurred_at"].to_numpy() == orders["ordered_at"].to_numpy()).all()
    assert (bought["device"].to_numpy() == orders["device"].to_numpy()).all()


@pytest.mark.parametrize("event", ["view_item", "add_to_cart"])
def test_every_order_line_was_viewed_and_added(shop: datasets.SimulatedShop, event: str) -> None:
    session_of = shop.events.dropna(subset="order_id").set_index("session_id")["order_id"]
    seen = shop.events[shop.events["event"] == event].assign(order_id=lambda t: t["session_id"].map(session_of))
    seen = seen.dropna(subset="order_id").astype({"order_id": "int64", "product_id": "int64"})
    both = shop.orders.merge(seen, on=["order_id", "product_id"], how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    told = both["amount"] if event == "add_to_cart" else both["amount"] / both["quantity"]
    assert both["value"].to_numpy() == pytest.approx(told.to_numpy(), abs=0.005)
    assert (both["occurred_at"] <= both["ordered_at"]).all()


def test_sales_are_the_orders(shop: datasets.SimulatedShop) -> None:
    lines = shop.orders.assign(period_at=shop.orders["ordered_at"].dt.floor("D").astype("datetime64[us]"))
    units = lines.groupby(["product_id", "period_at"], as_index=False).agg(
        units=("quantity", "sum"), amount=("amount", "sum")
    )
    both = shop.sales.merge(units, on=["product_id", "period_at"], how="left").fillna({"units": 0, "amount": 0})
    assert both["units"].sum() == shop.orders["quantity"].sum()
    assert (both["quantity"] == both["units"]).all()
    assert both["amount"].to_numpy() == pytest.approx((both["price"] * both["quantity"]).to_numpy())
    assert (both["unit_cost"] > 0).all()


def test_nothing_is_sold_out_of_stock(shop: datasets.SimulatedShop) -> None:
    sales, wanted = shop.sales, shop.truth.demand["wanted"]
    out = sales["in_stock"] == 0
    assert out.mean() == pytest.approx(0.08, abs=0.02)
    assert (sales.loc[out, "quantity"] == 0).all()
    assert (sales.loc[~out, "quantity"] == wanted[~out]).all()
    assert wanted[out].sum() > 500
    assert ((shop.stock["on_hand"] == 0) == out).all()
    assert (shop.stock["on_hand"] >= sales["quantity"]).all()


def test_the_stockout_calendar_is_that_of_the_panel(shop: datasets.SimulatedShop) -> None:
    spells = shop.truth.stockouts
    days = (spells["ends_at"] - spells["starts_at"]).dt.days
    assert days.min() >= 1
    assert days.sum() == (shop.sales["in_stock"] == 0).sum()
    first = spells.merge(
        shop.sales, left_on=["product_id", "starts_at"], right_on=["product_id", "period_at"], how="left"
    )
    assert (first["in_stock"] == 0).all()


def test_carts_hold_nothing_out_of_stock(shop: datasets.SimulatedShop) -> None:
    added = shop.events[shop.events["event"] == "add_to_cart"]
    cart = added.assign(period_at=(added["occurred_at"] - SHORT).dt.floor("D"))
    same_day = cart["period_at"] == added["occurred_at"].dt.floor("D")  # a session may run past midnight
    joined = cart[same_day].astype({"product_id": "int64"}).merge(shop.sales, on=["product_id", "period_at"])
    assert joined["in_stock"].mean() > 0.9999


def test_conversion_of_each_device_is_binomial(shop: datasets.SimulatedShop) -> None:
    events = shop.events
    sessions = events[events["event"] == "page_view"].groupby("device").size()
    truth = shop.truth.funnel.steps.set_index(["device", "event"])["conversion"].unstack()
    for event in ("view_item", "add_to_cart", "begin_checkout", "purchase"):
        reached = events[events["event"] == event].groupby("device")["session_id"].nunique()
        told = truth[event].reindex(reached.index)
        assert (np.abs(reached / sessions - told) < 4 * np.sqrt(told * (1 - told) / sessions)).all()
    mobile = sessions["mobile"] / sessions.sum()
    assert mobile == pytest.approx(0.7, abs=0.01)


def test_visitors_are_linked_to_the_customers_who_ordered(shop: datasets.SimulatedShop) -> None:
    bought = shop.events.dropna(subset="order_id").astype({"order_id": "int64"})
    linked = bought.merge(shop.links, on="visitor_id", how="left")
    told = shop.orders.groupby("order_id")["customer_id"].first()
    got = linked.set_index("order_id")["customer_id"].astype("Int64")
    assert (got.isna() == told.isna()).all()
    assert (got.dropna() == told.dropna()).all()
    assert shop.links["visitor_id"].is_unique
    strangers = ~shop.events["visitor_id"].isin(shop.links["visitor_id"])
    assert 0.2 < strangers.mean() < 0.7


def test_abandoned_carts_are_recovered(shop: datasets.SimulatedShop) -> None:
    """Carts left by a visitor known to be a customer who orders the same products within five days."""
    carts = shop.events[shop.events["event"] == "add_to_cart"].merge(shop.links, on="visitor_id")
    carts["sold"] = carts["session_id"].isin(shop.events.dropna(subset="order_id")["session_id"])
    left = carts[~carts["sold"]].astype({"product_id": "int64"})
    lines = shop.orders.dropna(subset="customer_id").astype({"customer_id": "int64"})
    again = left.merge(lines[["customer_id", "product_id", "order_id", "ordered_at"]], on=["customer_id", "product_id"])
    soon = (again["ordered_at"] - again["occurred_at"]).between(pd.Timedelta(0), pd.Timedelta(days=5))
    recovered = again.loc[soon, "session_id"].nunique()
    assert shop.truth.recovered_carts > 500
    assert shop.truth.recovered_carts * 0.99 <= recovered < shop.truth.recovered_carts * 1.5


def test_customers_buy_at_the_rate_of_their_type(shop: datasets.SimulatedShop) -> None:
    orders = shop.orders.groupby("customer_id")["order_id"].nunique().reindex(shop.customers["customer_id"]).fillna(0)
    kind = shop.truth.customers.set_index("customer_id")["customer_type"]
    mean = orders.groupby(kind).mean()
    assert mean["loyal"] > 2 * mean["regular"] > 4 * mean["occasional"]
    assert mean["one_time"] <= 1
    assert shop.truth.lost_orders > 0
    assert shop.orders["customer_id"].isna().mean() == pytest.approx(0.1, abs=0.03)


def test_orders_follow_the_peaks(shop: datasets.SimulatedShop) -> None:
    day = shop.orders.drop_duplicates("order_id")["ordered_at"].dt.normalize()
    counts = day.value_counts()
    assert counts.idxmax() == pd.Timestamp("2024-11-11")
    assert counts[pd.Timestamp("2024-06-18")] > 1.7 * counts[day.dt.month.groupby(day).first() == 5].mean()
    factor = shop.truth.calendar.set_index("day")["factor"]
    late = factor[factor.index >= "2024-10-01"]  # everybody has arrived
    assert np.corrcoef(counts.reindex(late.index), late)[0, 1] > 0.95


def test_elasticity_of_the_units_sold_is_recovered() -> None:
    """Weekly log share of each product on its log price, for products with many units."""
    shop = datasets.make_shop(
        12_000,
        days=364,
        n_products=400,
        pricing=datasets.Pricing(residual=0, price_spread=0.2, promotion_rate=0),
        stockouts=datasets.NO_STOCKOUTS,
        basket=datasets.NO_ASSOCIATION,
    )
    week = (shop.sales["period_at"] - pd.Timestamp("2024-01-01")).dt.days // 7
    weekly = shop.sales.groupby(["product_id", week]).agg(quantity=("quantity", "sum"), price=("price", "first"))
    units = weekly["quantity"].groupby("product_id")
    weekly = weekly[(units.transform("sum") > 1_500) & (units.transform("min") > 0)]
    share = np.log(weekly["quantity"] / weekly.groupby("period_at")["quantity"].transform("sum"))
    x = np.log(weekly["price"]) - np.log(weekly["price"]).groupby("product_id").transform("mean")
    slope = (x * share).groupby("product_id").sum() / (x**2).groupby("product_id").sum()
    truth = shop.truth.products.set_index("product_id").reindex(slope.index)
    units = weekly["quantity"].groupby("product_id").sum()
    assert len(slope) > 20
    assert np.average(slope - truth["sales_elasticity"], weights=units) == pytest.approx(0, abs=0.1)
    assert np.corrcoef(slope, truth["sales_elasticity"])[0, 1] > 0.9
    assert (truth["sales_elasticity"].abs() < truth["elasticity"].abs()).all()


def test_a_shop_without_association_plants_nothing() -> None:
    assert len(datasets.make_shop(20, days=30, basket=datasets.NO_ASSOCIATION).truth.bundles) == 0


def test_the_same_seed_gives_the_same_shop() -> None:
    one, again, other = (datasets.make_shop(60, days=60, rng=rng) for rng in (4, 4, 5))
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])
        assert not table.equals(other.tables[name])
    from_generator = datasets.make_shop(60, days=60, rng=np.random.default_rng(4))
    pd.testing.assert_frame_equal(one.orders, from_generator.orders)


def test_settings_of_one_part_leave_the_others_alone() -> None:
    plain = datasets.make_shop(60, days=60)
    other = datasets.make_shop(60, days=60, funnel=datasets.Funnel(known=0.9, gap_minutes=9))
    pd.testing.assert_frame_equal(plain.orders.drop(columns="device"), other.orders.drop(columns="device"))
    pd.testing.assert_frame_equal(plain.stock, other.stock)
    assert len(other.events) > 0


@given(
    n_customers=st.integers(1, 40),
    days=st.integers(1, 40),
    n_products=st.integers(2, 30),
    guests=st.floats(0, 0.9),
    share=st.floats(0, 0.8),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=25, deadline=None)
def test_any_small_shop_agrees_with_itself(
    n_customers: int, days: int, n_products: int, guests: float, share: float, seed: int
) -> None:
    shop = datasets.make_shop(
        n_customers,
        days=days,
        n_products=n_products,
        guests=guests,
        basket=datasets.NO_ASSOCIATION,
        stockouts=datasets.Stockouts(share=share, mean_length=5),
        rng=seed,
    )
    assert shop.sales["quantity"].sum() == shop.orders["quantity"].sum()
    assert (shop.sales.loc[shop.sales["in_stock"] == 0, "quantity"] == 0).all()
    assert (shop.stock["on_hand"] >= shop.sales["quantity"]).all()
    purchases = shop.events.dropna(subset="order_id")
    assert purchases["value"].sum() == pytest.approx(shop.orders["amount"].sum())
    assert len(purchases) == shop.orders["order_id"].nunique()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: datasets.make_shop(0), "`n_customers` must be at least 1, got 0"),
        (lambda: datasets.make_shop(5, days=0), "`days` must be at least 1, got 0"),
        (lambda: datasets.make_shop(5, n_products=1), "`n_products` must be at least 2, got 1"),
        (lambda: datasets.make_shop(5, guests=1.0), "`guests` must be between 0 and 0.99, got 1.0"),
        (lambda: datasets.make_shop(5, types="both"), "`types` must be one of 'separated', 'overlapping'"),
        (lambda: datasets.make_shop(5, start="June"), "`start` must be a day such as '2024-01-01', got 'June'"),
        (
            lambda: datasets.make_shop(5, n_products=10),
            "`bundle_size` must be at most 6 with `n_products` = 10",
        ),
    ],
)
def test_errors_name_argument_and_value(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
