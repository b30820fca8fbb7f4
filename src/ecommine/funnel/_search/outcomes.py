"""What follows each search: clicks, another search, purchases and their money."""

from dataclasses import dataclass, fields, replace

import numpy as np

from ..._core.arrays import Bools, Floats, Ints, sort_order
from ..._core.notes import Note
from .read import NONE, SearchLog, SearchOptions

OPENING_EVENTS = ("select_item", "view_item")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchOutcomes:
    """One value per search, in the order of the log: arrays of shape (n_searches,)."""

    query: Ints  # code of the query, NONE where unknown
    unit: Ints  # code of the visitor
    results: Floats  # NaN where unknown
    is_clicked: Bools  # whether a result was clicked before the next search
    is_exit: Bools  # whether nothing followed
    next_search: Ints  # the search that replaced this one; NONE where none did
    next_query: Ints  # its query
    is_bought: Bools  # whether a purchase is credited
    money: Floats  # the value of the purchases credited
    is_over: Bools  # whether the session is over
    is_decided: Bools  # whether purchases can no longer be credited
    has_money: bool  # whether the log has values
    has_purchases: bool  # whether the log has purchases
    notes: tuple[Note, ...]  # what was assumed

    def __len__(self) -> int:
        return len(self.query)

    @property
    def is_replaced(self) -> Bools:
        """Whether another query replaced the search."""
        return np.asarray(self.next_search != NONE)

    def with_query(self) -> "SearchOutcomes":
        """Return the searches whose query is known; ``next_search`` still numbers all searches."""
        is_kept = self.query != NONE
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{n: v[is_kept] for n, v in arrays.items() if isinstance(v, np.ndarray)})


def find_outcomes(log: SearchLog, options: SearchOptions) -> SearchOutcomes:
    """Find what follows each search."""
    n = len(log)
    is_click = log.events.is_event(log.click)
    is_clicked = np.bincount(log.search[is_click & (log.search != NONE)], minlength=n) > 0
    is_over = log.is_session_over(options.gap)
    purchases = np.flatnonzero(log.events.is_event("purchase"))
    credited, notes = _credit_purchases(log, purchases, options)
    values = log.events.floats("value")
    money = np.zeros(len(purchases)) if values is None else values[purchases]
    n_unknown = int(np.isnan(money).sum())
    if n_unknown:
        text = f"{n_unknown:,} of {len(purchases):,} purchases without a value: they count as bought, without money"
        notes.append(Note(text, code="purchases_without_value", count=n_unknown))
    is_credited = credited != NONE
    next_search = _next_searches(log, is_clicked, options.reformulation_within)
    return SearchOutcomes(
        query=log.query,
        unit=log.events.unit[log.first_event],
        results=log.results,
        is_clicked=is_clicked,
        is_exit=log.is_exit,
        next_search=next_search,
        next_query=np.where(next_search != NONE, log.query[next_search], NONE) if n else next_search,
        is_bought=np.bincount(credited[is_credited], minlength=n) > 0,
        money=np.bincount(credited[is_credited], np.nan_to_num(money[is_credited]), minlength=n).astype(np.float64),
        is_over=is_over,
        is_decided=is_over if options.within is None else log.events.until - log.searched_at >= options.within,
        has_money=values is not None and bool(n_unknown < len(purchases)),
        has_purchases=bool(len(purchases)),
        notes=tuple(notes),
    )


def _next_searches(log: SearchLog, is_clicked: Bools, within: int) -> Ints:
    """Return the search that replaced each one: the next of the session, soon, by another query, without a click."""
    first_event, next_search = log.first_event, np.full(len(log), NONE)
    if len(log) < 2:  # there is no pair
        return next_search
    session, query = log.session[first_event], log.query
    is_soon = (session[1:] == session[:-1]) & (np.diff(log.searched_at) <= within) & ~is_clicked[:-1]
    is_other = (query[1:] != query[:-1]) & (query[1:] != NONE) & (query[:-1] != NONE)
    next_search[:-1] = np.where(is_soon & is_other, np.arange(1, len(log)), NONE)
    return next_search


def _credit_purchases(log: SearchLog, purchases: Ints, options: SearchOptions) -> tuple[Ints, list[Note]]:
    """Return the search that each purchase is credited to, NONE where there is none."""
    within, notes = options.within, []
    credited = log.search[purchases] if within is None else _last_of_visitor(log, purchases)
    if options.attribution == "clicked" and len(purchases) and len(log):
        is_opening = log.events.is_event(*OPENING_EVENTS) & (log.search != NONE)
        product = log.events.codes("product_id")[0] if log.events.has("product_id") else np.full(len(is_opening), NONE)
        if (product[purchases] != NONE).any() and (product[is_opening] != NONE).any():
            group = log.session if within is None else log.events.unit
            last_opening = _last_openings(log, purchases, is_opening, product, group)
            credited = np.where(product[purchases] != NONE, last_opening, credited)
        else:
            text = "clicks or purchases name no products: a purchase is credited to the last search before it"
            notes.append(Note(text, code="credited_to_last_search"))
    if within is not None and len(log):
        is_late = log.events.time[purchases] - log.searched_at[np.maximum(credited, 0)] > within
        credited = np.where(is_late, NONE, credited)
    if n_lost := int((credited == NONE).sum()):
        text = f"{n_lost:,} of {len(purchases):,} purchases credited to no search"
        notes.append(Note(text, code="purchases_without_search", count=n_lost))
    return credited, notes


def _last_of_visitor(log: SearchLog, purchases: Ints) -> Ints:
    """Return the visitor's last search before each purchase, whatever the session."""
    search, unit = np.full(len(log.by_time), NONE), np.empty(len(log.by_time), dtype=np.int64)
    search[log.by_time[log.first_event]], unit[log.by_time] = np.arange(len(log)), log.events.unit
    position = log.by_time[purchases]
    last = np.maximum.accumulate(np.where(search != NONE, np.arange(len(search)), NONE))[position]
    return np.where((last != NONE) & (unit[np.maximum(last, 0)] == unit[position]), search[last], NONE)


def _last_openings(log: SearchLog, purchases: Ints, is_opening: Bools, product: Ints, group: Ints) -> Ints:
    """Return the search under which the product of each purchase was opened last, in its session or by its visitor."""
    is_purchase, is_buyer = np.zeros(len(group), dtype=bool), np.zeros(int(group.max()) + 1, dtype=bool)
    is_purchase[purchases], is_buyer[group[purchases]] = True, True
    rows = np.flatnonzero((is_opening | is_purchase) & (product != NONE) & is_buyer[group])
    rows = rows[sort_order(group[rows], product[rows], log.by_time[rows])]
    last = np.maximum.accumulate(np.where(is_opening[rows], np.arange(len(rows)), NONE))
    opening = rows[np.maximum(last, 0)]
    is_same = (last != NONE) & (group[opening] == group[rows]) & (product[opening] == product[rows])
    search = np.full(len(group), NONE)
    search[rows] = np.where(is_same, log.search[opening], NONE)
    return search[purchases]
