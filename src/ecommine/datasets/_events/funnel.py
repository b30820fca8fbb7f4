"""Funnels with known probabilities: what share of sessions goes on to each step, by device."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..._core.checks import instances, number, one_of, text
from .._drawing import DAY, MAX_DAYS, Floats, Ints, Rng, Simulated, draw_count, parse_day, settings_of, spawn_generators
from .sessions import STEPS, Sessions, events_table

MINUTE = 60_000_000
MAX_GAPS = 1_000.0
"""After a thousand mean gaps the few of a session are over, to the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device: its share of sessions, and the chance to go on from each step to the next.

    Examples
    --------
    >>> from ecommine import datasets
    >>> round(datasets.Device(name="tv", share=1, view=0.5, cart=0.5, checkout=0.5, purchase=0.5).conversion, 4)
    0.0625
    """

    name: str
    share: float
    view: float
    cart: float
    checkout: float
    purchase: float

    def __post_init__(self) -> None:
        text("name", self.name)
        number("share", self.share, low=1e-9, cap=1e9)
        for name in ("view", "cart", "checkout", "purchase"):
            number(name, getattr(self, name), low=1e-6, high=1)

    @property
    def steps(self) -> tuple[float, ...]:
        """Chances to go on, first step first."""
        return (self.view, self.cart, self.checkout, self.purchase)

    @property
    def conversion(self) -> float:
        """Share of sessions that end in a purchase."""
        return math.prod(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Settings of sessions; by default a quarter of them end in a purchase.

    Attributes
    ----------
    devices : tuple of Device
        Devices with their shares and chances.
    gap_minutes : float
        Mean time between two events of a session (exponential).
    known : float
        Share of the lost sessions of `make_shop` that belong to customers; the rest are strangers.
    recovered : float
        Share of the abandoned carts of `make_shop` that are bought within five days, in another session.

    Examples
    --------
    >>> from ecommine import datasets
    >>> round(datasets.Funnel().conversion, 3)
    0.25
    """

    devices: tuple[Device, ...] = (
        Device(name="mobile", share=0.7, view=0.85, cart=0.62, checkout=0.62, purchase=0.705),
        Device(name="desktop", share=0.2, view=0.88, cart=0.66, checkout=0.70, purchase=0.78),
        Device(name="tablet", share=0.1, view=0.86, cart=0.62, checkout=0.66, purchase=0.72),
    )
    gap_minutes: float = 1.0
    known: float = 0.3
    recovered: float = 0.1

    def __post_init__(self) -> None:
        object.__setattr__(self, "devices", instances("devices", self.devices, Device))
        if not self.devices:
            raise ValueError("`devices` must hold at least one Device, got ()")
        number("gap_minutes", self.gap_minutes, low=1e-6, cap=1e6)
        number("known", self.known, low=0, high=1)
        number("recovered", self.recovered, low=0, high=1)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the devices."""
        return tuple(device.name for device in self.devices)

    @property
    def shares(self) -> Floats:
        """Share of sessions of each device; they add up to one."""
        shares = np.array([device.share for device in self.devices], dtype=np.float64)
        return np.asarray(shares / shares.sum(), dtype=np.float64)

    @property
    def chances(self) -> Floats:
        """Chance to go on, one row for each device, one column for each step."""
        return np.array([device.steps for device in self.devices], dtype=np.float64)

    @property
    def conversion(self) -> float:
        """Share of all sessions that end in a purchase."""
        return float(self.shares @ self.chances.prod(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelTruth:
    """The truth behind sessions.

    Attributes
    ----------
    steps : pandas.DataFrame
        device, share, event, step_conversion (chance to come here from the step before), conversion (from the first
        step), if one waits long enough.
    gap_minutes : float
        Mean time between two events of a session.

    Examples
    --------
    >>> from ecommine import datasets
    >>> truth = datasets.make_funnel(100).truth
    >>> round(truth.conversion("purchase"), 3)
    0.25
    """

    steps: pd.DataFrame
    gap_minutes: float

    def conversion(self, event: str, *, device: str | None = None, within_minutes: float = math.inf) -> float:
        """Share of sessions of one product that reach the step within a time after their first event.

        Parameters
        ----------
        event : str
            The step.
        device : str, optional
            One device; by default all, by their shares.
        within_minutes : float
            Time allowed; the time to the k-th step is the sum of k exponential gaps (Erlang).
        """
        one_of("event", event, STEPS)
        if within_minutes is not math.inf:
            within_minutes = number("within_minutes", within_minutes, low=0)
        here = self.steps[self.steps["event"] == event]
        if device is not None:
            one_of("device", device, here["device"].tolist())
            here = here[here["device"] == device]
        reached = float(np.average(here["conversion"], weights=here["share"]))
        return reached * _erlang(STEPS.index(event), within_minutes / self.gap_minutes)


def _erlang(count: int, time: float) -> float:
    """Chance that ``count`` gaps of mean one take at most ``time``."""
    if time > MAX_GAPS or count == 0:
        return 1.0
    return 1 - math.exp(-time) * sum(time**k / math.factorial(k) for k in range(count))


def funnel_truth(funnel: Funnel) -> FunnelTruth:
    """Lay the chances out as a table."""
    chances = np.hstack([np.ones((len(funnel.devices), 1)), funnel.chances])
    steps = pd.DataFrame(
        {
            "device": np.repeat(np.array(funnel.names, dtype=object), len(STEPS)),
            "share": np.repeat(funnel.shares, len(STEPS)),
            "event": list(STEPS) * len(funnel.devices),
            "step_conversion": chances.ravel(),
            "conversion": np.cumprod(chances, axis=1).ravel(),
        }
    )
    return FunnelTruth(steps=steps, gap_minutes=funnel.gap_minutes)


def make_funnel(
    n_visitors: int = 1_000,
    days: float = 30,
    *,
    start: str = "2024-01-01",
    funnel: Funnel | None = None,
    sessions_per_visitor: float = 1.0,
    visitor_spread: float = 0.0,
    trend: float = 0.0,
    n_products: int = 100,
    rng: Rng = 0,
) -> Simulated[FunnelTruth]:
    """Draw an event log whose conversion is known, seen up to the end of the period.

    Each session looks at one product. Sessions begin evenly over the period, and what they do after its end is not
    seen: with a long ``gap_minutes`` the last ones are still pending.

    Parameters
    ----------
    n_visitors : int
        Number of visitors.
    days : float
        Length of the period.
    start : str
        First day.
    funnel : Funnel, optional
        Chances by device and the gap between events.
    sessions_per_visitor : float
        Mean number of sessions (1 + Poisson).
    visitor_spread : float
        How alike the sessions of one visitor are, in [0, 1): at each step the visitor's own chance is beta with the
        device's chance as mean and ``visitor_spread`` as intra-class correlation.
    trend : float
        Relative change of the last step's chance from the middle of the period to its end (and back to its start).
    n_products : int
        Products to look at, all alike, at a price of 10.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Simulated
        ``.table``: visitor_id, session_id, event, occurred_at, product_id, value, device, order_id (null but for
        purchases). ``.truth``: a `FunnelTruth`.

    Examples
    --------
    >>> from ecommine import datasets
    >>> drawn = datasets.make_funnel(10_000)
    >>> counts = drawn.table["event"].value_counts()
    >>> round(float(counts["purchase"] / counts["page_view"]), 2)
    0.25
    """
    n_visitors, n_products = draw_count("n_visitors", n_visitors), draw_count("n_products", n_products)
    days = number("days", days, low=1e-6, cap=MAX_DAYS)
    sessions_per_visitor = number("sessions_per_visitor", sessions_per_visitor, low=1, cap=10_000)
    visitor_spread = number("visitor_spread", visitor_spread, low=0, high=0.99)
    plan = settings_of("funnel", funnel, Funnel)
    trend = _checked_trend(plan, trend)
    who, when, luck, what, pauses = spawn_generators(rng, 5)
    visits = 1 + who.poisson(sessions_per_visitor - 1, n_visitors)
    visitor = np.repeat(np.arange(n_visitors, dtype=np.int64), visits)
    device = who.choice(len(plan.devices), size=n_visitors, p=plan.shares).astype(np.int64)
    moment = np.sort(when.random(len(visitor)))
    visitor = when.permutation(visitor)
    chances = _own_chances(luck, plan.chances[device], visitor_spread)[visitor]
    chances[:, -1] *= 1 + trend * (2 * moment - 1)
    depth = np.cumprod(luck.random(chances.shape) < chances, axis=1).sum(axis=1).astype(np.int64)
    product = what.integers(1, n_products + 1, len(visitor))
    table = events_table(
        pauses,
        _one_product(visitor + 1, device[visitor], depth, product, (moment * days * DAY).astype(np.int64)),
        gap=plan.gap_minutes * MINUTE,
        start=parse_day(start),
        devices=plan.names,
        end=int(days * DAY),
    )
    return Simulated(table=table, truth=funnel_truth(plan))


def _checked_trend(funnel: Funnel, trend: float) -> float:
    room = 1 / float(funnel.chances[:, -1].max()) - 1
    return number("trend", trend, low=-min(room, 1.0), high=min(room, 1.0))


def _own_chances(rng: np.random.Generator, mean: Floats, alike: float) -> Floats:
    """Each visitor's own chance at each step."""
    if alike == 0:
        return mean.copy()
    weight = (1 - alike) / alike
    return np.where(mean >= 1, 1.0, rng.beta(mean * weight, np.maximum(1 - mean, 1e-9) * weight))


def _one_product(visitor: Ints, device: Ints, depth: Ints, product: Ints, begun: Ints) -> Sessions:
    """Sessions that look at one product each (none if they leave at once)."""
    looks = depth > 0
    price = np.full(int(looks.sum()), 10.0)
    return Sessions(
        visitor=visitor,
        device=device,
        depth=depth,
        order=np.cumsum(depth == len(STEPS) - 1) * (depth == len(STEPS) - 1),
        anchor=begun,
        backwards=np.zeros(len(depth), dtype=np.bool_),
        n_items=looks.astype(np.int64),
        product=product[looks],
        price=price,
        amount=price,
    )
