"""The home page: a list for each customer."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.checks import integer, one_of
from ..._core.codes import Labels
from ..._core.frames import Frame, opened
from ..._core.notes import Note
from ..._core.texts import counted
from .._rank import REPEATS, Choice, top_lists
from .._read.history import history_at
from .._read.products import codes_of, kind_of
from .._read.purchases import read_purchases
from .._reasons import Reasons, reasons_of
from .._result import Recommendations, Rows, make_recommendations
from .._signals.fitted import FittedSignals, ViewedSignal
from .lists import allowed_products, bestsellers, checked_k, fill_up, ids_of, short_lists

if TYPE_CHECKING:
    from .._recommender import Parts, Recommender

RANKINGS = ("probability", "margin")
LINES = {"order_id", "product_id", "ordered_at", "customer_id"}


def recommend_home(
    model: "Recommender",
    customers: object,
    k: object,
    repeat: object,
    available: object,
    max_per: object,
    rank_by: object,
) -> Recommendations:
    """Check the options, rank, and fill the lists of unknown customers with bestsellers."""
    parts, k = model._parts, checked_k(k)
    choice, notes = _choice(parts, k, repeat, available, max_per, rank_by)
    fitted, ids, known, like, more = _customers(parts, customers)
    positions = np.flatnonzero(known >= 0)
    lists = top_lists(fitted, parts.blend, known[positions], choice)
    reasons = reasons_of(fitted, lists, known[positions], parts.products.ids)
    best = bestsellers(fitted.history.recent, choice.allowed)
    nothing = np.zeros(0, dtype=np.int64)
    unknown = np.flatnonzero(known < 0)
    owner, product = fill_up(nothing, nothing, len(unknown), k, best, [])
    if choice.repeat == "only":
        owner, product = nothing, nothing
    if len(unknown):
        given = "nothing that they bought" if choice.repeat == "only" else "bestsellers, without a probability"
        text = f"{counted(len(unknown), 'customer')} whom the model does not know: {given}"
        notes.append(Note(text, code="unknown_customers", count=len(unknown)))
    owners = np.concatenate([positions[lists.owner], unknown[owner]])
    order = np.argsort(owners, kind="stable")
    products = np.concatenate([lists.product, product])[order]
    chance = 1 / (1 + np.exp(-lists.score)) if parts.has_chances else np.full(len(lists.score), np.nan)
    probability = np.concatenate([chance, np.full(len(owner), np.nan)])[order]
    whole = _with_bestsellers(reasons, len(owner), order)
    rows = Rows(
        key=ids[owners[order]],
        rank=_ranks(owners[order]),
        product=parts.products.ids[products],
        probability=probability,
        source=whole.sources,
        margin=probability * parts.products.margin[products],
        extra={},
        texts=[],
    )
    notes += [*more, *short_lists(owners[order], len(ids), k)]
    return make_recommendations(rows, "home", len(ids), model.as_of, tuple(notes), whole, like)


def _choice(
    parts: "Parts", k: int, repeat: object, available: object, max_per: object, rank_by: object
) -> tuple[Choice, list[Note]]:
    chosen = one_of("repeat", repeat, REPEATS)
    allowed, notes = allowed_products(parts.products, parts.fitted.history.day, available), []
    margin = None
    if one_of("rank_by", rank_by, RANKINGS) == "margin":
        margin = parts.products.margin
        unknown = int((allowed & np.isnan(margin)).sum())
        if unknown:
            text = f"{counted(unknown, 'product')} without a known margin: left out of lists ranked by margin"
            notes.append(Note(text, code="margin_unknown", count=unknown))
        losing = int((allowed & (margin < 0)).sum())
        if losing:
            text = f"{counted(losing, 'product')} whose price is below the cost: left out of lists ranked by margin"
            notes.append(Note(text, code="margin_negative", count=losing))
        allowed &= margin >= 0  # not where it is unknown
        margin = np.where(np.isnan(margin), 0.0, margin)
    most = None if max_per is None else integer("max_per", max_per, low=1)
    group = None if most is None else kind_of("category", parts.products.kinds)
    return Choice(k=k, repeat=chosen, allowed=allowed, margin=margin, group=group, max_per=most), notes


def _customers(parts: "Parts", customers: object) -> tuple[FittedSignals, Labels, Ints, Frame, list[Note]]:
    """Return the signals, ids and codes of the customers asked for (-1 for unknown ones), and whose library it is."""
    fitted = parts.fitted
    if customers is None:
        everyone = np.flatnonzero(fitted.history.orders > 0)
        return fitted, parts.customers[everyone], everyone, parts.like, []
    if hasattr(type(customers), "columns"):  # of an object, Polars would look them up
        like = opened(customers, argument="customers")
        if set(like.collect_schema().names()) >= LINES:
            return _by_orders(parts, customers)
    else:
        like = parts.like
    ids = ids_of(customers, "customer_id", argument="customers")
    codes = codes_of(parts.customers, ids)
    has_orders = np.append(fitted.history.orders > 0, False)  # the last is for those who are unknown
    return fitted, ids, np.where(has_orders[codes], codes, -1), like, []


def _by_orders(parts: "Parts", orders: object) -> tuple[FittedSignals, Labels, Ints, Frame, list[Note]]:
    """Read the orders of customers, and score these in the place of what the model knew of its own customers."""
    read = read_purchases(orders, None, argument="customers", guests=False)
    codes = codes_of(parts.products.ids, read.products)[read.product] if len(read.products) else read.product
    is_known, notes = codes >= 0, list(read.notes)
    if not is_known.all():
        text = f"{counted(int((~is_known).sum()), 'purchase')} of products that the model does not know: left out"
        notes.append(Note(text, code="unknown_lines", count=int((~is_known).sum())))
    day = max(read.today, parts.fitted.history.day)
    kept = {name: getattr(read, name)[is_known] for name in ("customer", "order", "day")}
    order = np.lexsort((kept["order"], kept["day"], codes[is_known], kept["customer"]))
    purchases = replace(
        read, products=parts.products.ids, product=codes[is_known][order], today=day,
        **{name: values[order] for name, values in kept.items()},
    )  # fmt: skip
    own = history_at(purchases, day, half_life=parts.half_life, window=1)
    history = replace(own, recent=parts.fitted.history.recent, buyers=parts.fitted.history.buyers)
    members = tuple(_without_views(member, history.n_customers) for member in parts.fitted.members)
    fitted = replace(parts.fitted, history=history, members=members)
    codes = np.where(history.orders > 0, np.arange(len(read.customers)), -1)
    return fitted, read.customers, codes, read.like, notes


def _without_views(member: Any, n_customers: int) -> Any:
    if not isinstance(member, ViewedSignal):
        return member
    from scipy.sparse import csr_array

    return replace(member, views=csr_array((n_customers, member.views.shape[1]), dtype=np.float32))


def _ranks(owner: Ints) -> Ints:
    """Return the place of each row among those of its owner, from 1; rows are sorted by owner."""
    starts = np.searchsorted(owner, owner)
    return np.arange(len(owner)) - starts + 1


def _with_bestsellers(reasons: Reasons, n: int, order: Ints) -> Reasons:
    """Add rows whose only reason is that many buy the product."""
    names = reasons.names if "popular" in reasons.names else (*reasons.names[:-1], "popular", "base")
    parts = _in_columns(reasons, names)
    filled = np.zeros((n, len(names)))
    filled[:, names.index("popular")] = 1.0
    products = {
        name: np.concatenate([codes, np.full((n, codes.shape[1]), -1)])[order]
        for name, codes in reasons.products.items()
    }
    return Reasons(names=names, parts=np.concatenate([parts, filled])[order], products=products, ids=reasons.ids)


def _in_columns(reasons: Reasons, names: tuple[str, ...]) -> Floats:
    parts = np.zeros((len(reasons.parts), len(names)))
    for i, name in enumerate(reasons.names):
        parts[:, names.index(name)] = reasons.parts[:, i]
    return parts
