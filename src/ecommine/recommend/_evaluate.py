"""Evaluation on later windows: what a candidate would have shown then, against what was bought."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, cast

import numpy as np
from narwhals.stable.v2.typing import IntoFrame

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import confidence_level, integer, one_of
from .._core.engines import tell_library_errors
from .._stats.multiple_testing import CORRECTIONS, Correction
from ._compare import compare
from ._evaluation import BASELINES, Evaluation, make_evaluation
from ._fit import Source, checked_signals, fit_baskets_at, read_source
from ._learn import default_blend
from ._measures import Measured, counts_of, hits_of, ndcg_of
from ._placements.lists import checked_k
from ._rank import REPEATS, Choice, Repeat, top_lists
from ._signals.baskets import about_baskets, default_basket_weights, hide_one, order_matrix
from ._signals.options import Own, Popular, Signal
from ._signals.pairs import is_stored

DEFAULT = "default"
PLACEMENTS = ("home", "checkout")
MAX_BASKETS = 5_000
"""Baskets of a window that are looked at."""
BLOCK = 1_024


@tell_library_errors
def evaluate(
    orders: IntoFrame,
    /,
    *,
    placement: Literal["home", "checkout"] = "home",
    candidates: Mapping[str, Any] | None = None,
    k: int = 10,
    horizon: str | timedelta = "28d",
    n_windows: int = 3,
    repeat: Repeat = "auto",
    products: IntoFrame | None = None,
    events: IntoFrame | None = None,
    correction: Correction | None = "holm",
    level: float = 0.95,
    as_of: datetime | date | str | None = None,
    rng: int | np.random.Generator = 0,
) -> Evaluation:
    """Compare ways to recommend on the latest windows, each fitted only on what was known before.

    Parameters
    ----------
    orders, products, events, horizon, as_of
        As in `fit`.
    placement : {"home", "checkout"}
        Lists for customers, against what they bought within the horizon; or for baskets of which one product by chance
        is hidden, against that product.
    candidates : mapping of name to signals, optional
        "auto", a list of signals to be blended, or one signal alone, which ranks by its score; by default the blend
        "default". For checkout only the default, beside "together", EASE alone. "own" and "popular" are always there.
    k : int
        Places of a list.
    n_windows : int
        Windows of one horizon each, the last one up to `as_of`.
    repeat : {"auto", "exclude", "only"}
        As in `Recommender.home`; only "auto" for checkout.
    correction : {"holm", "bh", "bonferroni"} or None
        Of the p-values of all candidates.
    level : float
        Of the intervals; a q-value below 1 - level is a verdict.
    rng : int or Generator
        Source of the hidden products and of the sign flips. One product of each basket is hidden: where a verdict of
        checkout is close, look at several.

    Returns
    -------
    Evaluation
        Frozen, with ``.table``, ``.by`` (past orders), ``.summary()`` and ``.plot()``.

    Raises
    ------
    ecommine.SchemaError
        If a column is missing or of the wrong type.
    ValueError
        If an option cannot be read, or the orders are too few for one window.

    Notes
    -----
    Time is cut for everyone at once: a random split lets a model learn from later purchases of the same days, and
    shows EASE at three times what it is worth (Ji et al. 2023). All products are ranked (Krichene and Rendle 2020).
    Rows are customers who were known before the window and bought in it; each is one unit in all windows, and
    differences from the better of own history and bestsellers are tested by 9,999 sign flips of whole customers.
    "better" needs a q-value below 1 - level and the same sign in each window. Measures compare lists with what was
    bought anyway: the effect of showing it takes an experiment.

    References
    ----------
    Krichene, W. and Rendle, S. (2020). On sampled metrics for item recommendation. KDD 2020, 1748-1757.
    https://doi.org/10.1145/3394486.3403226

    Ji, Y., Sun, A., Zhang, J. and Li, C. (2023). A critical study on data leakage in recommender system offline
    evaluation. ACM Transactions on Information Systems 41(3). https://doi.org/10.1145/3569930

    Li, M., Jullien, S., Ariannezhad, M. and de Rijke, M. (2023). A next basket recommendation reality check. ACM
    Transactions on Information Systems 41(4). https://doi.org/10.1145/3587153

    Examples
    --------
    Everybody buys the same two products again each week:

    >>> import pandas as pd
    >>> orders = pd.DataFrame({"customer_id": [f"c{i % 30}" for i in range(600)]})
    >>> orders["order_id"] = orders.index
    >>> orders["product_id"] = ["p" + str(i % 30 % 6 + i // 30 % 2) for i in range(600)]
    >>> orders["ordered_at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(orders.index // 30 * 4, unit="D")
    >>> result = evaluate(orders, k=2, horizon="14d", n_windows=1)
    >>> result.table[["candidate", "customers", "ndcg", "verdict"]].tail(3)
      candidate  customers      ndcg   verdict
    3       own         30  1.000000  baseline
    4   popular         30  0.333333  baseline
    5   default         30  1.000000   unclear
    """
    place = one_of("placement", placement, PLACEMENTS)
    k, windows = checked_k(k), integer("n_windows", n_windows, low=1, cap=50)
    level, corrected = confidence_level(level), cast("Correction | None", one_of("correction", correction, CORRECTIONS))
    repeats, generator = one_of("repeat", repeat, REPEATS), _generator(rng)
    if place == "checkout" and repeats != "auto":
        raise ValueError(f"`repeat` of {repeat!r} is of the home page: leave it out for checkout")
    source = read_source(orders, products, events, horizon, "auto", 5_000, as_of)
    days = [source.today - i * source.horizon for i in range(windows, 0, -1)]
    first = int(source.purchases.day.min()) if len(source.purchases.day) else source.today
    if days[0] < first:
        raise ValueError(
            f"`n_windows` of {windows} and `horizon` of {source.horizon} days begin before all orders: take fewer or "
            "shorter windows"
        )
    chosen = _checked_candidates(candidates, source, place)
    if place == "home":
        measured = {name: _home(source, signals, days, k, repeats) for name, signals in chosen.items()}
    else:
        measured = _checkout(source, days, k, generator)
    baseline = max(BASELINES, key=lambda name: measured[name].ndcg.mean() if len(measured[name].ndcg) else 0.0)
    names = [name for name in measured if name not in BASELINES]
    reference = measured[baseline]
    differences = [measured[name].ndcg - reference.ndcg for name in names]
    compared = compare(differences, reference.unit, reference.window, windows, corrected, 1 - level, generator)
    return make_evaluation(
        source,
        measured,
        baseline,
        dict(zip(names, zip(compared.q_value.tolist(), compared.verdict, strict=True), strict=True)),
        days,
        k,
        level,
        place,
    )


def _generator(rng: object) -> np.random.Generator:
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng(integer("rng", rng, low=0))


def _checked_candidates(candidates: object, source: Source, placement: str) -> dict[str, tuple[Signal, ...]]:
    """Return the signals of each candidate, the baselines first."""
    chosen: dict[str, tuple[Signal, ...]] = {"own": (Own(),), "popular": (Popular(),)}
    if candidates is None:
        return {**chosen, DEFAULT: source.signals}
    if placement == "checkout":
        raise ValueError("`candidates` cannot be chosen for checkout: its blend and EASE are compared")
    if not isinstance(candidates, Mapping):
        raise TypeError(f"`candidates` must be a mapping of names to signals, got {type(candidates).__name__}")
    for name, signals in candidates.items():
        if not isinstance(name, str) or name in chosen:
            raise ValueError(f"`candidates` must have names as text other than 'own' and 'popular', got {name!r}")
        try:
            chosen[name] = checked_signals(signals) or source.signals
        except (TypeError, ValueError) as error:
            raise type(error)(f"`candidates`, {name!r}: {error}") from None
    return chosen


def _home(source: Source, signals: Sequence[Signal], days: list[int], k: int, repeat: Repeat) -> Measured:
    """Measure the lists of one candidate in each window."""
    source = replace(source, signals=tuple(signals))
    return _together([_home_window(source, day, i, k, repeat) for i, day in enumerate(days)])


def _home_window(source: Source, day: int, window: int, k: int, repeat: Repeat) -> Measured:
    fitted, truth = source.fitted(day), source.outcome(day)
    blend = None
    if len(source.signals) > 1:
        blend = source.blend(source.earlier(day)) or default_blend(fitted)
    history, allowed = fitted.history, source.products.is_launched(day)
    customers = np.flatnonzero((history.orders > 0) & (np.diff(truth.indptr) > 0))
    lists = top_lists(fitted, blend, customers, Choice(k=k, repeat=repeat, allowed=allowed))
    hit, wanted = hits_of(lists, truth, customers), counts_of(truth, customers)
    hits = np.bincount(lists.owner, hit, minlength=len(customers))
    fresh = _new_only(truth, history)
    new_wanted = counts_of(fresh, customers)
    novel = top_lists(fitted, blend, customers, Choice(k=k, repeat="exclude", allowed=allowed))
    ndcg_new = ndcg_of(novel.owner, novel.rank, hits_of(novel, fresh, customers), np.maximum(new_wanted, 1), k)
    known = max(int((history.buyers > 0).sum()), 1)
    return Measured(
        unit=customers,
        window=np.full(len(customers), window),
        orders=history.orders[customers],
        ndcg=ndcg_of(lists.owner, lists.rank, hit, wanted, k),
        precision=hits / k,
        recall=hits / np.minimum(wanted, k),
        hit_rate=(hits > 0).astype(np.float64),
        ndcg_new=np.where(new_wanted > 0, ndcg_new, np.nan),
        shown=np.array([len(np.unique(lists.product)) / known]),
        repeats=np.array(
            [is_stored(history.matrix(), customers[lists.owner], lists.product).mean() if len(lists.owner) else np.nan]
        ),
    )


def _new_only(truth: Any, history: Any) -> Any:
    """Return what was bought that the customer had not bought before."""
    from scipy.sparse import csr_array

    row = np.repeat(np.arange(truth.shape[0]), np.diff(truth.indptr))
    is_new = ~is_stored(history.matrix(), row, truth.indices)
    return csr_array((truth.data[is_new], (row[is_new], truth.indices[is_new])), shape=truth.shape)


def _together(parts: list[Measured]) -> Measured:
    """Join the windows of a candidate."""
    names = Measured.__dataclass_fields__
    return Measured(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _checkout(source: Source, days: list[int], k: int, rng: np.random.Generator) -> dict[str, Measured]:
    """Hide a product of each basket, and look at which place each candidate has it."""
    windows = [_checkout_window(source, day, i, k, rng) for i, day in enumerate(days)]
    return {name: _together([window[name] for window in windows]) for name in (*BASELINES, DEFAULT, "together")}


def _checkout_window(source: Source, day: int, window: int, k: int, rng: np.random.Generator) -> dict[str, Measured]:
    signals, weights = fit_baskets_at(source, day)
    weights = weights or default_basket_weights()
    later = source.purchases.after(day, day + source.horizon)
    orders = order_matrix(later, signals.catalogue)
    owner = np.full(source.purchases.n_orders, -1)
    owner[later.order] = later.customer
    is_known = (owner >= 0) & (signals.history.orders[owner] > 0)
    chosen = np.flatnonzero(np.diff(orders.indptr) > 1)
    if len(chosen) > MAX_BASKETS:
        chosen = np.sort(rng.choice(chosen, MAX_BASKETS, replace=False))
    customers = np.where(is_known, owner, -1)[chosen]
    unit = np.where(owner[chosen] >= 0, owner[chosen], len(source.purchases.customers) + chosen)
    past = np.where(customers >= 0, signals.history.orders[customers], 0)
    found: dict[str, list[Ints]] = {name: [] for name in (*BASELINES, DEFAULT, "together")}
    baskets, hidden = hide_one(orders[chosen], rng)
    cache: dict[str, Any] = {}
    for first in range(0, len(chosen), BLOCK):
        part = slice(first, first + BLOCK)
        scores = signals.scores(baskets[part], customers[part], cache)
        about = about_baskets(baskets[part], customers[part]) @ weights.coefficients[len(scores) :]
        blended: Any = sum(weight * score for weight, score in zip(weights.coefficients, scores, strict=False))
        is_open = baskets[part].toarray() == 0
        totals = {"own": scores[2], "popular": scores[1], DEFAULT: blended + about[:, None], "together": scores[0]}
        for name, total in totals.items():
            found[name].append(_places(total, scores[1][0], is_open, hidden[part], needs_score=name == "own"))
    made = {}
    for name, parts in found.items():
        place = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        made[name] = _hidden_measures(place, unit, past, window, k)
    return made


def _places(total: Any, popular: Floats, is_open: Bools, hidden: Ints, *, needs_score: bool) -> Ints:
    """Return the place of the hidden product, from 1; 0 where it is not on the list. Ties go by recent customers."""
    row = np.arange(len(hidden))
    total = np.broadcast_to(total, is_open.shape)
    own = total[row, hidden][:, None]
    before = (total > own) | ((total == own) & (popular[None, :] > popular[hidden][:, None]))
    place = (before & is_open).sum(axis=1) + 1
    return np.where((own[:, 0] > 0) | ~np.full(len(hidden), needs_score), place, 0)


def _hidden_measures(place: Ints, unit: Ints, past: Ints, window: int, k: int) -> Measured:
    hit = (place > 0) & (place <= k)
    unknown = np.full(len(place), np.nan)
    return Measured(
        unit=unit,
        window=np.full(len(place), window),
        orders=past,
        ndcg=np.where(hit, 1 / np.log2(1 + np.maximum(place, 1)), 0.0),
        precision=hit / k,
        recall=hit.astype(np.float64),
        hit_rate=hit.astype(np.float64),
        ndcg_new=unknown,
        shown=np.array([np.nan]),
        repeats=np.array([np.nan]),
    )
