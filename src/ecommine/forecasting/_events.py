"""What events, promotions and prices do to past and future demand: factors of each series and period."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .._core.arrays import Bools, Floats
from .._core.notes import Note
from .._core.texts import counted, join_words
from ._calendar import Calendar, read_calendar
from ._drivers.event_days import SeenEvents, acting_periods, effects_of_calendar, weekdays
from ._drivers.event_effects import OCCURRENCE_SHARE, OCCURRENCE_STD
from ._drivers.future import Future, read_future, within_seen
from ._drivers.over_time import plain_shape, shape_beside_prices
from ._drivers.product_effects import deviations_of_products
from ._drivers.promotions import ProductEffects, price_elasticities, promotion_effects
from ._drivers.shared import SharedDemand, shared_demand
from ._panel.grid import Periods
from ._panel.series import Panel

MIN_FACTOR, MAX_FACTOR = 0.05, 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """Factors on demand, 1 where nothing acts.

    Attributes
    ----------
    history : float array of shape (n_series, n_periods)
        Of each past period; demand over it is the baseline.
    horizon : float array of shape (n_series, horizon)
        Of the periods to come.
    log_std : float array of shape (n_series, horizon)
        Standard error of the logarithm of the latter.
    notes : tuple of Note
    """

    history: Floats
    horizon: Floats
    log_std: Floats
    notes: tuple[Note, ...]


def estimate_drivers(
    panel: Panel, horizon: int, *, calendar: object | None = None, future: object | None = None
) -> Drivers:
    """Estimate what events, promotions and prices did to demand, and what they will do as far as they are known.

    Parameters
    ----------
    panel : Panel
    horizon : int
        Periods to come.
    calendar : table, optional
        Events with event, event_at, before and after, of history and horizon.
    future : table, optional
        Planned promotion and price of products and periods. Without it no promotion is expected, and prices stay.

    Raises
    ------
    ValueError, SchemaError
        If one of the tables is not as it should be, or a calendar meets numbered periods.
    """
    coming = panel.periods.following(horizon)
    has_promotions = panel.promotion is not None and bool((panel.promotion > 0).any())
    drivers = _without(panel, horizon)
    if calendar is None and future is None and not has_promotions:
        return drivers
    events = None if calendar is None else _dated_calendar(calendar, panel)
    plan = Future() if future is None else read_future(future, panel, coming)
    promotions, demand = _without(panel, horizon), panel.demand
    if has_promotions or plan.promotion is not None:
        promotions = _promotion_drivers(panel, coming, events, plan)
        demand = demand / promotions.history  # what is an event's is what promotions leave
    past = _Past(shared_demand(demand, panel.periods.days), np.ones(len(panel.periods)))
    if events is not None:
        drivers, event_factor = _event_drivers(panel, demand, coming, past.shared, events)
        past = past._replace(event_factor=event_factor)
    drivers = _combined(drivers, _without(panel, horizon, plan.notes))
    drivers = _combined(drivers, promotions)
    if plan.price is not None:
        drivers = _combined(drivers, _price_drivers(panel, past, plan))
    return drivers


class _Past(NamedTuple):
    """What all series have in common, and the factor that events put on each past period."""

    shared: SharedDemand
    event_factor: Floats


def _without(panel: Panel, horizon: int, notes: tuple[Note, ...] = ()) -> Drivers:
    """Return drivers that do nothing and take no memory."""
    ones = np.broadcast_to(1.0, (panel.n_series, horizon))
    return Drivers(
        history=np.broadcast_to(1.0, panel.demand.shape),
        horizon=ones,
        log_std=np.broadcast_to(0.0, ones.shape),
        notes=notes,
    )


def _combined(first: Drivers, second: Drivers) -> Drivers:
    """Return both factors multiplied, within reason."""
    return Drivers(
        history=_product(first.history, second.history),
        horizon=_product(first.horizon, second.horizon),
        log_std=np.hypot(first.log_std, second.log_std),
        notes=(*first.notes, *second.notes),
    )


def _product(first: Floats, second: Floats) -> Floats:
    if not any(second.strides):  # nothing but ones
        return first
    return second if not any(first.strides) else np.clip(first * second, MIN_FACTOR, MAX_FACTOR)


def _dated_calendar(calendar: object, panel: Panel) -> Calendar:
    if not panel.periods.is_dated:
        raise ValueError("`calendar` needs dates in `period_at`: events have no place among numbered periods")
    return read_calendar(calendar)


def _event_drivers(
    panel: Panel, demand: Floats, coming: Periods, shared: SharedDemand, calendar: Calendar
) -> tuple[Drivers, Floats]:
    """Return what events do to products, and to all of them in the past, from demand without promotions."""
    n_history = len(panel.periods)
    seen = effects_of_calendar(shared.factor, panel.periods, coming, calendar)
    notes, effects = _event_notes(seen, coming, calendar), seen.effects
    if effects is None:
        return _without(panel, len(coming), notes), np.ones(n_history)
    own = deviations_of_products(demand, shared.factor, shared.weight, panel.periods.days, effects)
    past, _ = own.factors(slice(0, n_history))
    to_come, variance = own.factors(slice(n_history, None))
    drivers = Drivers(
        history=np.clip(past * effects.factor[:n_history], MIN_FACTOR, MAX_FACTOR),
        horizon=np.clip(to_come * effects.factor[n_history:], MIN_FACTOR, MAX_FACTOR),
        log_std=np.sqrt(variance + effects.log_std[n_history:] ** 2),
        notes=notes,
    )
    return drivers, effects.factor[:n_history]


def _event_notes(seen: SeenEvents, coming: Periods, calendar: Calendar) -> tuple[Note, ...]:
    """Tell which events of the horizon were never seen, and which only once."""
    day = np.timedelta64(1, "D")
    first, end = coming.starts[0], coming.following(1).starts[0]
    acts = (calendar.day - calendar.before * day < end) & (calendar.day + (calendar.after + 1) * day > first)
    names = sorted({str(name) for name in calendar.event[acts]})
    never = [name for name in names if not seen.n_seen[name]]
    once = [name for name in names if seen.n_seen[name] == 1 and name not in seen.left_out]
    notes = []
    if seen.left_out:
        text = (
            f"{join_words(seen.left_out)} left out of the calendar: always in the same places of the history, so that "
            "the effect cannot be told from the level or the day of the week"
        )
        notes.append(Note(text, code="events_not_separable", count=len(seen.left_out)))
    if never:
        text = f"{join_words(never)} not in the history: no effect is assumed, since none could be learned"
        notes.append(Note(text, code="events_never_seen", count=len(never)))
    if once:
        text = f"{join_words(once)} seen once in the history: the next effect may differ, so that intervals are wide"
        notes.append(Note(text, code="events_seen_once", count=len(once)))
    return tuple(notes)


def _promotion_drivers(panel: Panel, coming: Periods, events: Calendar | None, plan: Future) -> Drivers:
    """Take promotions out of the history, and put planned ones into the horizon.

    Products with a promotion are compared with those without one in the same period, so that its effect is none of the
    event's. Where an event acts and all have a promotion, the two cannot be told apart: these periods do not count,
    and what they show beyond other promotions is the event's.
    """
    promotion = np.zeros(panel.demand.shape) if panel.promotion is None else np.nan_to_num(panel.promotion)
    is_promoted, periods, horizon = promotion > 0, panel.periods, len(coming)
    plain = np.where(is_promoted, np.nan, panel.demand)
    known = promotion if panel.promotion is None else panel.promotion
    event_factor = np.ones(len(periods))
    if events is not None:
        seen = effects_of_calendar(shared_demand(plain, periods.days).factor, periods, coming, events)
        event_factor = event_factor if seen.effects is None else seen.effects.factor[: len(periods)]
        known = np.where(np.isnan(plain).all(axis=0) & acting_periods(events, periods), np.nan, known)
    shape = plain_shape(panel.demand, is_promoted, periods.days, weekdays(periods), event_factor)
    weight = shared_demand(panel.demand, periods.days).weight
    effects = promotion_effects(panel.demand, known, shape, weight, (OCCURRENCE_STD, OCCURRENCE_SHARE))
    notes = _promotion_notes(int(is_promoted.sum()), is_known=effects is not None, plan=plan)
    if effects is None:
        return _without(panel, horizon, notes)
    gain = np.exp(effects.log_effect)[:, None] - 1
    planned = np.broadcast_to(0.0, (panel.n_series, horizon)) if plan.promotion is None else plan.promotion
    factor = 1 + planned * gain
    slope = planned * (gain + 1) / factor  # of the factor's logarithm by the effect's
    return Drivers(
        history=1 + promotion * gain,
        horizon=factor,
        log_std=slope * effects.log_std[:, None],
        notes=notes,
    )


def _promotion_notes(n_promoted: int, *, is_known: bool, plan: Future) -> tuple[Note, ...]:
    """Tell that promotions end, or that nothing could be learned of them."""
    periods = counted(n_promoted, "period")
    if not is_known:
        text = (
            f"{periods} of products with a promotion: no effect could be learned, so that none is taken out of the "
            "history and planned ones add nothing"
        )
        return (Note(text, code="promotions_without_effect", count=n_promoted),)
    if plan.promotion is not None:
        return ()
    text = (
        f"{periods} of products with a promotion: the forecast is without any, and their effect is taken out of the "
        "history; plan them in `future`"
    )
    return (Note(text, code="promotions_removed", count=n_promoted),)


def _price_drivers(panel: Panel, past: _Past, plan: Future) -> Drivers:
    """Bring the history to the last price, and the horizon to the planned one."""
    assert plan.price is not None
    price = np.full(panel.demand.shape, np.nan) if panel.price is None else panel.price
    promotion = np.zeros(panel.demand.shape) if panel.promotion is None else np.nan_to_num(panel.promotion)
    is_priced = (price > 0) & (promotion == 0)
    log_price = np.log(np.where(is_priced, price, 1))
    effects = _elasticities(panel, log_price, is_priced & ~np.isnan(panel.demand), past)
    if effects is None:
        text = "prices of the history hardly move: planned prices have no effect that could be learned"
        return _without(panel, plan.price.shape[1], (Note(text, code="prices_without_effect"),))
    position = np.where(is_priced, np.arange(is_priced.shape[1]), -1).max(axis=1)
    last = np.where(position >= 0, log_price[np.arange(len(position)), position], np.nan)[:, None]
    change = np.nan_to_num(np.log(np.where(plan.price > 0, plan.price, np.nan)) - last)
    if plan.promotion is not None:
        change = np.where(plan.promotion > 0, 0, change)
    change, n_cut = within_seen(log_price, is_priced, last, change)
    past_change = np.where(is_priced, np.nan_to_num(log_price - last), 0)
    elasticity = effects.log_effect[:, None]
    return Drivers(
        history=np.exp(elasticity * past_change),
        horizon=np.exp(elasticity * change),
        log_std=np.abs(change) * effects.log_std[:, None],
        notes=_cut_prices(n_cut),
    )


def _cut_prices(n_cut: int) -> tuple[Note, ...]:
    text = (
        f"{counted(n_cut, 'planned price')} far from all that were seen: the effect is that of the nearest price that "
        "the history can tell of"
    )
    return (Note(text, code="prices_beyond_seen", count=n_cut),) if n_cut else ()


def _elasticities(panel: Panel, log_price: Floats, is_used: Bools, past: _Past) -> ProductEffects | None:
    """Compare products in a period, or periods where the prices of all move at once."""
    shared, periods = past.shared, panel.periods
    shape = shape_beside_prices(shared.factor, log_price, is_used, periods.days, weekdays(periods), past.event_factor)
    return price_elasticities(panel.demand, log_price, is_used, shared.shape if shape is None else shape, shared.weight)
