"""The sessions of a shop: one for each order, and the lost ones that the funnel's chances leave behind."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._drawing import DAY, Bools, Floats, Ints, cumulative_weights, draw_columns, expand_runs, timestamps
from .funnel import Funnel
from .sessions import Sessions

RETURN = (DAY // 12, 5 * DAY)
"""An abandoned cart that is recovered waits at least two hours and at most five days."""

SESSIONS_PER_STRANGER = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bought:
    """Orders, and their lines order by order, as browsing needs them."""

    customer: Ints  # row, -1 for guests
    moment: Ints
    n_lines: Ints
    product: Ints  # row
    price: Floats
    amount: Floats

    def lines_of(self, orders: Ints) -> tuple[Ints, Ints]:
        """Expand orders to their lines: (position among the given orders, row of the line)."""
        run, position = expand_runs(self.n_lines[orders])
        return run, (np.cumsum(self.n_lines) - self.n_lines)[orders][run] + position


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shelves:
    """Products on sale: price paid and availability of each product (rows) on each day (columns), and popularity."""

    paid: Floats
    in_stock: Bools
    popularity: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lost:
    """Sessions that did not buy: how far they got, when, for whom; and the order that recovers the cart, or -1."""

    device: Ints
    depth: Ints
    moment: Ints
    customer: Ints
    recovered_by: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Browsing:
    """All sessions of a shop, those of the orders first, with what the events do not tell."""

    sessions: Sessions
    order_device: Ints
    customer: Ints  # row, -1 for strangers
    recovered: int

    def links(self, start: np.datetime64) -> pd.DataFrame:
        """Table of visitors that are known to be customers, since their first session."""
        known = np.flatnonzero(self.customer >= 0)
        known = known[np.argsort(self.sessions.anchor[known], kind="stable")]
        _, first = np.unique(self.sessions.visitor[known], return_index=True)
        known = known[first]
        return pd.DataFrame(
            {
                "visitor_id": self.sessions.visitor[known],
                "customer_id": self.customer[known] + 1,
                "linked_at": timestamps(start, self.sessions.anchor[known]),
            }
        )


def browse(rng: np.random.Generator, bought: Bought, shelves: Shelves, funnel: Funnel) -> Browsing:
    """Draw the device of each order, and as many lost sessions as the chances of that device imply."""
    devices, losing, naming, looking = rng.spawn(4)
    converting = funnel.shares * funnel.chances.prod(axis=1)
    share = converting / converting.sum()
    order_device = devices.choice(len(share), size=len(bought.moment), p=share).astype(np.int64)
    lost = _lost(losing, bought, shelves, funnel, order_device)
    customer = np.concatenate([bought.customer, lost.customer])
    visitor = _visitors(naming, customer, np.concatenate([order_device, lost.device]), bought, funnel)
    n_orders = len(bought.moment)
    done = Sessions(
        visitor=visitor[:n_orders],
        device=order_device,
        depth=np.full(n_orders, 4, dtype=np.int64),
        order=np.arange(1, n_orders + 1),
        anchor=bought.moment,
        backwards=np.ones(n_orders, dtype=np.bool_),
        n_items=bought.n_lines,
        product=bought.product + 1,
        price=bought.price,
        amount=bought.amount,
    )
    return Browsing(
        sessions=done.joined(_lost_sessions(looking, lost, visitor[n_orders:], bought, shelves)),
        order_device=order_device,
        customer=customer,
        recovered=int((lost.recovered_by >= 0).sum()),
    )


def _lost(rng: np.random.Generator, bought: Bought, shelves: Shelves, funnel: Funnel, order_device: Ints) -> Lost:
    """Draw lost sessions; each is near some order in time, and may be of the same customer."""
    device, depth = _failures(rng, funnel, order_device)
    near = rng.integers(max(len(bought.moment), 1), size=len(device)) if len(device) else device
    waited = rng.uniform(*RETURN, size=len(device))
    returning = (depth >= 2) & (rng.random(len(device)) < funnel.recovered)
    recovered_by = np.where(returning, near, -1)
    recovered_by[returning] = _recoverable(bought, shelves, near[returning], waited[returning])
    recovered = recovered_by >= 0
    days = shelves.in_stock.shape[1]
    around = bought.moment[near] + rng.uniform(-5 * DAY, 10 * DAY, len(device))
    anywhere = rng.uniform(0, days * DAY, len(device))
    around = np.where((around >= 0) & (around < days * DAY), around, anywhere)
    known = recovered | (rng.random(len(device)) < funnel.known)
    return Lost(
        device=device,
        depth=depth,
        moment=np.where(recovered, bought.moment[near] - waited, around).astype(np.int64),
        customer=np.where(known, bought.customer[near], -1),
        recovered_by=recovered_by,
    )


def _failures(rng: np.random.Generator, funnel: Funnel, order_device: Ints) -> tuple[Ints, Ints]:
    """Device and depth of the sessions that failed while so many succeeded (negative binomial)."""
    successes = np.bincount(order_device, minlength=len(funnel.devices))
    failures = rng.negative_binomial(np.maximum(successes, 1), funnel.chances.prod(axis=1))
    device = np.repeat(np.arange(len(successes), dtype=np.int64), np.where(successes > 0, failures, 0))
    reach = np.cumprod(np.hstack([np.ones((len(successes), 1)), funnel.chances[:, :-1]]), axis=1)
    stops = np.maximum(reach * (1 - funnel.chances), 1e-300)  # a device that always buys has no failures to place
    return device, draw_columns(rng, cumulative_weights(stops), stops.shape[1], device)


def _recoverable(bought: Bought, shelves: Shelves, orders: Ints, waited: Floats) -> Ints:
    """Keep the orders of customers whose products were all in stock when the cart was left; -1 for the others."""
    then = (bought.moment[orders] - waited).astype(np.int64)
    day = np.maximum(then // DAY, 0)
    run, line = bought.lines_of(orders)
    missing = np.bincount(run, weights=~shelves.in_stock[bought.product[line], day[run]], minlength=len(orders))
    return np.where((then >= 0) & (bought.customer[orders] >= 0) & (missing == 0), orders, -1)


def _visitors(rng: np.random.Generator, customer: Ints, device: Ints, bought: Bought, funnel: Funnel) -> Ints:
    """Return the number of each visitor: one for a customer's device, one for a guest order; strangers come back."""
    n_devices = len(funnel.devices)
    n_orders, n_customers = len(bought.moment), int(customer.max(initial=-1)) + 1
    strangers = int((customer[n_orders:] < 0).sum() / SESSIONS_PER_STRANGER) + 1
    key = customer * n_devices + device
    guest = np.flatnonzero(customer[:n_orders] < 0)
    key[guest] = n_customers * n_devices + guest
    nobody = n_orders + np.flatnonzero(customer[n_orders:] < 0)
    beyond = n_customers * n_devices + n_orders
    key[nobody] = beyond + rng.integers(strangers, size=len(nobody)) * n_devices + device[nobody]
    _, number = np.unique(key, return_inverse=True)
    return np.asarray(number + 1, dtype=np.int64)


def _lost_sessions(rng: np.random.Generator, lost: Lost, visitor: Ints, bought: Bought, shelves: Shelves) -> Sessions:
    """Draw the products that lost sessions look at: those of the recovering order, or popular ones."""
    recovered = lost.recovered_by >= 0
    n_items = np.where(lost.depth > 0, 1 + rng.poisson(1.0, len(lost.depth)), 0)
    n_items[recovered] = bought.n_lines[lost.recovered_by[recovered]]
    session, _ = expand_runs(n_items)
    day = np.minimum(lost.moment[session] // DAY, shelves.in_stock.shape[1] - 1)
    weights = np.where(shelves.in_stock, shelves.popularity[:, None], 1e-12).T
    product = draw_columns(rng, cumulative_weights(weights), weights.shape[1], day)
    product[recovered[session]] = bought.product[bought.lines_of(lost.recovered_by[recovered])[1]]
    price = shelves.paid[product, day]
    return Sessions(
        visitor=visitor,
        device=lost.device,
        depth=lost.depth,
        order=np.zeros(len(lost.depth), dtype=np.int64),
        anchor=lost.moment,
        backwards=np.zeros(len(lost.depth), dtype=np.bool_),
        n_items=n_items,
        product=product + 1,
        price=price,
        amount=price,
    )
