"""The specification of carts in plain Python: one visitor after the other, one event after the other."""

from datetime import datetime, timedelta
from itertools import groupby

import numpy as np
import pandas as pd

from ecommine.schema import EVENT_NAMES

START = datetime(2024, 1, 1)
TOUCHES = (
    "add_to_cart",
    "remove_from_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
)
KINDS = (*TOUCHES, "purchase")
STEPS = ("add_to_cart", *TOUCHES[2:])
COLUMNS = ("visitor_id", "minute", "event", "product_id", "value", "quantity", "session_id", "customer_id")
NUMBERS = ("product_id", "value", "quantity", "session_id", "customer_id")


def table(rows):
    """Make events of (visitor, minute, event, product, value, quantity, session, customer), None where left out."""
    frame = pd.DataFrame([(*row, *[None] * 8)[:8] for row in rows], columns=list(COLUMNS))
    at = START + pd.to_timedelta(frame.pop("minute").astype("float64"), unit="min")
    frame["occurred_at"] = pd.Series(at, dtype="datetime64[us]")
    frame["visitor_id"] = frame["visitor_id"].astype("int64")
    return frame.astype(dict.fromkeys(NUMBERS, "float64"))


def visits(rng, n, planted):
    """Draw the events of visitors with two carts of two products each, left in two weeks; return the other purchases.

    A cart is bought within five days with chance ``planted``, half of the time without being filled anew. Besides,
    every other visitor comes back within these days for two other products.
    """
    visitor, week = np.repeat(np.arange(n), 2), np.tile([0, 14], n)
    left = (week + rng.uniform(0, 5, 2 * n)) * 1440
    product, other = 4 * np.arange(2 * n), np.flatnonzero(rng.random(2 * n) < 0.5)
    back, refill = np.flatnonzero(rng.random(2 * n) < planted), rng.random(2 * n) < 0.5
    wait = rng.uniform(120, 5 * 1440, (2, 2 * n))
    blocks = [(np.arange(2 * n), left, "add_to_cart", 0, 0)]
    blocks += [(back[refill[back]], left + wait[0], "add_to_cart", 0, 1), (back, left + wait[0] + 5, "purchase", 0, 1)]
    blocks += [(other, left + wait[1], "add_to_cart", 2, 2), (other, left + wait[1] + 5, "purchase", 2, 2)]
    rows = [
        (visitor[cart], minute[cart], name, product[cart] + first + item, 10.0, 1, 3 * cart + session)
        for cart, minute, name, first, session in blocks
        for item in (0, 1)
    ]
    names = ("visitor_id", "minute", "event", "product_id", "value", "quantity", "session_id")
    frame = pd.concat([pd.DataFrame(dict(zip(names, row, strict=True))) for row in rows], ignore_index=True)
    minute = pd.to_timedelta((frame.pop("minute") * 60).round().astype("int64"), unit="s")
    return frame.assign(occurred_at=(START + minute).astype("datetime64[us]")), len(other)


def known(value):
    return value is not None and value == value


def plain(frame):
    """Make a list of dicts whose unknown values are None."""
    rows = frame.to_dict("records")
    return [{name: value if known(value) else None for name, value in row.items()} for row in rows]


def by_person(rows):
    """Give every event its customer, where the visitor has one only also where it is not on the event."""
    rows = [row for row in rows if any(one["event"] in KINDS for one in rows if one["visitor_id"] == row["visitor_id"])]
    customers = {}
    for row in rows:
        customers.setdefault(row["visitor_id"], set()).update({row.get("customer_id")} - {None})
    persons = {}
    for row in sorted(rows, key=_order):
        one = row.get("customer_id")
        if one is None and len(customers[row["visitor_id"]]) == 1:
            (one,) = customers[row["visitor_id"]]
        persons.setdefault(("visitor", row["visitor_id"]) if one is None else ("customer", one), []).append(row)
    return persons


def _rank(row):
    return EVENT_NAMES.index(row["event"]) if row["event"] in EVENT_NAMES else len(EVENT_NAMES)


def _order(row):
    ties = [(known(row.get(name)), row.get(name) or 0) for name in ("product_id", "session_id", "value", "quantity")]
    return (row["occurred_at"], _rank(row), row["event"], row["visitor_id"], *ties)


def label_sessions(rows, gap):
    """Give every event its session, visitor by visitor.

    By its id; without one it goes on with the session before, or, after a pause, begins one. Of several ids at one
    moment the largest goes on.
    """
    for visitor in {row["visitor_id"] for row in rows}:
        mine = sorted((row for row in rows if row["visitor_id"] == visitor), key=lambda row: row["occurred_at"])
        current, before = None, None
        for at, group in groupby(mine, key=lambda row: row["occurred_at"]):
            moment = list(group)
            ids = [row["session_id"] for row in moment if known(row.get("session_id"))]
            if ids:
                current = (visitor, "id", max(ids))
            elif current is None or at - before > gap:
                current = (visitor, "from", at)
            for row in moment:
                row["session"] = (visitor, "id", row["session_id"]) if known(row.get("session_id")) else current
            before = at


def session_ends(events, gap):
    """Return the last place of the session of each event; orders go on with the session before, or begin one."""
    labels = []
    for place, row in enumerate(events):
        goes_on = place and row["occurred_at"] - events[place - 1]["occurred_at"] <= gap
        labels.append(row.get("session") or (labels[-1] if goes_on else ("order", place)))
    last = {label: place for place, label in enumerate(labels)}
    return [last[label] for label in labels]


def walked(events, ends, within):
    """Follow one person: the carts, each with its events, and what became of every purchase."""
    carts, holder, filled, purchases = [], {}, {}, []
    for place, row in enumerate(events):
        product = row.get("product_id")
        open_carts = [cart for cart in carts if _is_open(cart, place, row["occurred_at"])]
        if row["event"] == "add_to_cart":
            cart = holder[product] if holder.get(product) in open_carts else _current(open_carts, place)
            if cart is None:
                cart = _begun(events, place, ends[place], within)
                carts.append(cart)
            cart["products"].add(product)
            holder[product] = cart
            filled.setdefault(ends[place], []).append((cart, product))
            cart["events"].append(place)
        elif row["event"] in TOUCHES and open_carts:
            cart = holder[product] if holder.get(product) in open_carts else open_carts[-1]
            cart["events"].append(place)
        elif row["event"] == "purchase" and product is None:
            _buy_unnamed(open_carts, filled.pop(ends[place], []), place)
            is_late = bool(carts) and carts[-1]["close"] is None
            purchases.append("bought" if open_carts else "late" if is_late else "none")
        elif row["event"] == "purchase":
            held = [(holder[one], one) for one in (product, None) if one in holder]
            purchases.append(_buy_named(open_carts, held, place, ends))
    return carts, purchases


def _current(open_carts, place):
    """Return the cart whose first session goes on."""
    return open_carts[-1] if open_carts and place <= open_carts[-1]["end"] else None


def _buy_unnamed(open_carts, put_in, place):
    """Buy what the session put in, or else the cart opened last."""
    put_in = [(cart, product) for cart, product in put_in if cart in open_carts]
    if not put_in and open_carts:
        open_carts[-1]["close"] = place
    for cart, product in put_in:
        if cart["close"] is None:
            _buy(cart, product, place)


def _buy_named(open_carts, held, place, ends):
    """Buy from the open cart that has the product, or complete the cart just bought; say what became of it."""
    is_open = [(cart, one) for cart, one in held if cart in open_carts]
    rest = [cart for cart, _ in held if cart["close"] is not None and place <= ends[cart["close"]]]
    if is_open:
        _buy(*is_open[0], place)
    if is_open or rest:
        (is_open[0][0] if is_open else rest[0])["took"].append(place)
        return "bought"
    if open_carts:
        return "beside"
    return "late" if any(cart["close"] is None for cart, _ in held) else "none"


def _begun(events, place, end, within):
    left = [one["occurred_at"] for one in events[: end + 1] if one["event"] in TOUCHES][-1]
    cart = {"start": place, "end": end, "close": None, "left": left, "deadline": left + within}
    return {**cart, "events": [], "took": [], "products": set(), "bought": set()}


def _is_open(cart, place, at):
    return cart["close"] is None and (at <= cart["deadline"] or place <= cart["end"])


def _buy(cart, product, place):
    """Buy a product: that is all in the first session; later half of the products must be bought."""
    cart["bought"] |= {product} if place > cart["end"] else set()
    if place <= cart["end"] or 2 * len(cart["bought"]) >= len(cart["products"]):
        cart["close"] = place


def contents(events, places):
    """Replay what is put in and taken out: units of each product."""
    units = {}
    for place in places:
        row = events[place]
        product, quantity = row.get("product_id"), row.get("quantity")
        counts = known(quantity) and quantity > 0
        if row["event"] == "add_to_cart":
            units[product] = units.get(product, 0) + (quantity if counts else 1)
        elif row["event"] == "remove_from_cart":
            units[product] = max(units.get(product, 0) - quantity, 0) if counts else 0
    return {product: number for product, number in units.items() if number > 0}


def after_purchase(events, cart, units):
    """Take what was bought out of the cart."""
    units, added = (
        dict(units),
        {events[i].get("product_id") for i in cart["events"] if events[i]["event"] == TOUCHES[0]},
    )
    if cart["close"] is not None and events[cart["close"]].get("product_id") is None:
        return {}
    for place in cart["took"]:
        product, quantity = events[place].get("product_id"), events[place].get("quantity")
        if product not in added:
            units.pop(None, None)
        elif known(quantity) and quantity > 0:
            units[product] = max(units.get(product, 0) - quantity, 0)
        else:
            units.pop(product, None)
    return {product: number for product, number in units.items() if number > 0}


def worth(events, cart, units):
    """Value units at the mean price at which the product was put in."""
    found = []
    for product, number in units.items():
        adds = [events[i] for i in cart["events"] if events[i]["event"] == TOUCHES[0]]
        adds = [row for row in adds if row.get("product_id") == product and known(row.get("value"))]
        put = sum(row["quantity"] if known(row.get("quantity")) and row["quantity"] > 0 else 1 for row in adds)
        if adds:
            found.append(number * sum(row["value"] for row in adds) / put)
    return sum(found) if found or not units else np.nan


def described(events, cart, until, gap):
    """Write one cart."""
    first = [i for i in cart["events"] if i <= cart["end"]]
    units, close = contents(events, cart["events"]), cart["close"]
    left = after_purchase(events, cart, units)
    is_over = until - events[cart["end"]]["occurred_at"] > gap
    over = is_over or cart["end"] < len(events) - 1
    if close is not None:
        status = "bought" if close <= cart["end"] else "recovered"
    elif not units:
        status = "emptied"
    else:
        status = "abandoned" if over and until >= cart["deadline"] else "pending"
    return {
        "opened_at": events[cart["start"]]["occurred_at"],
        "last_touched_at": events[cart["events"][-1]]["occurred_at"],
        "abandoned_at": cart["left"] if status != "bought" and over else pd.NaT,
        "bought_at": pd.NaT if close is None else events[close]["occurred_at"],
        "status": status,
        "checkout_step": STEPS[max(STEPS.index(events[i]["event"]) for i in first if events[i]["event"] in STEPS)],
        "items": len(units),
        "units": float(sum(units.values())),
        "value": worth(events, cart, units),
        "items_left": len(left),
        "value_left": worth(events, cart, left),
        "_bought": status == "bought" and is_over,
        "_at_risk": status != "bought" and is_over and bool(contents(events, first)),
    }


def with_orders(persons, orders, gap):
    """Give purchases the products of their order, and add the orders that no purchase event is."""
    orders = _orders(orders)
    events = _events_of(persons, orders, gap)
    for order_id, (person, at, lines) in sorted(orders.items()):
        products = sorted({line["product_id"] for line in lines} - {None})
        if order_id in events and events[order_id]["product_id"] is None:
            events[order_id].setdefault("products", set()).update(products)
        elif order_id not in events and person in persons:
            new = {"event": "purchase", "occurred_at": at, "customer_id": person[1], "visitor_id": None}
            persons[person].append({**new, "product_id": None, "products": set(products), "late": order_id})
    for person, rows in persons.items():
        persons[person] = [one for row in sorted(rows, key=_by_time) for one in _expanded(row)]


def _by_time(row):
    return (row["occurred_at"], _rank(row), row.get("late", -1))


def _orders(orders):
    """Return person, moment and lines of each order."""
    found = {}
    for line in plain(orders):
        found.setdefault(line["order_id"], []).append(line)
    return {
        order_id: (("customer", lines[0]["customer_id"]), min(line["ordered_at"] for line in lines), lines)
        for order_id, lines in found.items()
    }


def _events_of(persons, orders, gap):
    """Return the purchase event of each order: by its id, else the nearest, which is of the nearest order."""
    found, nearest = {}, {}
    for key in sorted(persons):
        purchases = [row for row in persons[key] if row["event"] == "purchase"]
        for row in purchases:
            if row.get("order_id") in orders:
                found.setdefault(row["order_id"], row)
        for order_id, (person, at, _) in orders.items():
            loose = [(i, row) for i, row in enumerate(purchases) if row.get("order_id") is None]
            apart = [(abs(row["occurred_at"] - at), i) for i, row in loose]
            if person == key and apart and min(apart)[0] <= gap:
                nearest[order_id] = (min(apart)[0], at, order_id, purchases[min(apart)[1]])
    used = []
    for _, _, order_id, row in sorted(nearest.values(), key=lambda one: one[:3]):
        if order_id not in found and not any(row is one for one in used):
            found[order_id] = row
            used.append(row)
    return found


def _expanded(row):
    products = sorted(row.get("products", ()))
    return [{**row, "product_id": one, "quantity": None} for one in products] or [row]


def latest(records, product, at):
    """Return the value of the last record of a product at or before a moment."""
    known = [(time, value) for one, time, value in records if one == product and time <= at]
    return max(known)[1] if known else None


def flags(events, cart, until, prices, stock):
    """Say what the tables tell of a cart that was left: true, false, or None."""
    first = [i for i in cart["events"] if i <= cart["end"]]
    end = min(cart["deadline"], until) if cart["close"] is None else events[cart["close"]]["occurred_at"]
    rises, early, later = [], [], []
    for product in {**contents(events, first), **contents(events, cart["events"])}:
        added = next(events[i]["occurred_at"] for i in cart["events"] if _puts(events[i], product))
        before, after = latest(prices, product, added), latest(prices, product, cart["left"])
        days = [(time.date(), value) for one, time, value in stock if one == product]
        if product in contents(events, first):
            rises += [] if before is None or after is None else [after > before]
            early += [value <= 0 for day, value in days if added.date() <= day <= cart["left"].date()]
        if product in contents(events, cart["events"]):
            later += [value <= 0 for day, value in days if cart["left"].date() < day <= end.date()]
    named = {"out_of_stock": early, "price_rise": rises, "out_of_stock_later": later}
    return {name: any(one) if one else None for name, one in named.items()}


def _puts(row, product):
    return row["event"] == TOUCHES[0] and row.get("product_id") == product


def carts(frame, *, within=timedelta(days=7), gap=timedelta(minutes=30), until=None, **tables):
    """Return one row a cart, sorted as the library does, and what became of the purchases.

    ``tables`` are orders, prices and stock; the last two as lists of (product, time, value).
    """
    rows = plain(frame)
    until = max(row["occurred_at"] for row in rows) if until is None else until
    rows = [row for row in rows if row["occurred_at"] <= until]
    label_sessions(rows, gap)
    persons = by_person(rows)
    if "orders" in tables:
        with_orders(persons, tables["orders"], gap)
    found, purchases = [], []
    for (kind, one), events in persons.items():
        mine, became = walked(events, session_ends(events, gap), within)
        purchases += became
        for place, cart in enumerate(mine):
            name = f"{kind[0]}{int(one)}-{place + 1}"
            row = {"cart_id": name, **described(events, cart, until, gap)}
            known = flags(events, cart, until, tables.get("prices", []), tables.get("stock", []))
            was_left = row["abandoned_at"] is not pd.NaT
            found.append({**row, **{key: value if was_left else None for key, value in known.items()}})
    return found, {name: purchases.count(name) for name in ("bought", "beside", "late", "none")}
