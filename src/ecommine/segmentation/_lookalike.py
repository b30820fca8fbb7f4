"""Lookalike: the customers most like some chosen ones, and what the likeness is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from .._core.arrays import Bools, Floats
from .._core.checks import confidence_level, hashable_values, number, one_of, several, show
from .._core.engines import tell_library_errors
from .._core.frames import collect, hand_back, opened
from .._core.notes import Note
from .._core.results import Result
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted, percent, quote_names
from ._customers.matrix import (
    CYCLES,
    check_customers,
    checked_columns,
    column_values,
    is_missing,
    is_number,
    learn_scale,
)
from ._groups.audiences import AUDIENCES, N_FOLDS, AudienceSize, audiences_of, out_of_fold_scores
from ._groups.comparisons import as_columns
from ._groups.stability import seed_of
from ._summary import lookalike_sentences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TableT_co = TypeVar("TableT_co", covariant=True)
MIN_SEEDS = 20
"""Seeds below which nothing is learned."""
FEW_SEEDS = 200
"""Seeds below which intervals are wide."""
RULE_AUC = 0.98
"""AUC above which seeds are a rule of the columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Lookalike(Result, Generic[TableT_co]):
    """Customers by likeness to the seeds; made by :func:`ecommine.segmentation.lookalike`.

    Attributes
    ----------
    table : table of the caller's library, one row per customer, sorted by customer_id
        customer_id, score (out of fold: the rank between 0 and 1 among the customers who are no seeds and whom the same
        model scored), audience: narrow, balanced or
        broad, the smallest that holds the customer (balanced holds the narrow ones too, and broad both); seed; or null.
    sizes : eager table, one row per size of audience
        audience, size (share of the customers who are no seeds), customers, seeds, captured (seeds that score as high,
        each by a model that did not know it), capture (their share), capture_low, capture_high, lift (capture / size: 1
        is chance), lift_low, lift_high.
    auc : float
        Chance that a seed scores higher than another customer; .5 is chance.
    level : float
        Level of the intervals.
    notes : tuple of Note
        What was left out; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({"customer_id": range(200), "x": [i % 50 for i in range(200)]})
    >>> seeds = customers["customer_id"][customers["x"] < 10]
    >>> segmentation.lookalike(customers, seeds, sizes=(0.05, 0.1, 0.2)).headline
    '40 seeds of 200 customers, by 1 column, AUC 1.00'
    """

    table: TableT_co
    sizes: Any
    auc: float
    level: float
    notes: tuple[Note, ...]
    _sizes: tuple[AudienceSize, ...]
    _columns: tuple[str, ...]
    _n_customers: int

    @property
    def headline(self) -> str:
        """The first line of the display."""
        seeds = counted(self._sizes[0].seeds, "seed")
        columns = counted(len(self._columns), "column")
        return f"{seeds} of {counted(self._n_customers, 'customer')}, by {columns}, AUC {self.auc:.2f}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"customers": self.table, "sizes": self.sizes}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return two or three sentences: how much better than chance each audience is."""
        one_of("locale", locale, LOCALES)
        codes = {note.code for note in self.notes}
        rule = self.auc if "seeds_are_a_rule" in codes else None
        return lookalike_sentences(self._sizes, rule, "few_seeds" in codes, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the lift of each size of audience with its interval.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_lift

        one_of("locale", locale, LOCALES)
        return draw_lift(self._sizes, self.level, ax, locale)


@tell_library_errors
def lookalike(
    features: IntoFrameT,
    seeds: object,
    /,
    *,
    sizes: Sequence[float] = (0.01, 0.05, 0.1),
    columns: Sequence[str] | None = None,
    level: float = 0.95,
    rng: int | np.random.Generator = 0,
) -> Lookalike[IntoFrameT]:
    r"""Find the customers who are most like some chosen ones.

    Parameters
    ----------
    features : table of customers
        One row per customer with customer_id and columns of numbers, as :func:`ecommine.segmentation.features` makes
        it. It must end before the seeds were chosen: features of later days know the outcome.
    seeds : list, column or table of ids
        The chosen customers; of a table, its column customer_id.
    sizes : three numbers
        Sizes of the audiences narrow, balanced and broad, as shares of the customers who are no seeds.
    columns : sequence of str, optional
        What likeness is judged by; by default all columns of numbers but weekdays and hours.
    level : float
        Level of the intervals.
    rng : int or numpy.random.Generator
        Source of chance.

    Returns
    -------
    Lookalike
        Frozen. ``.table`` has the score and the audience of each customer, ``.sizes`` what the audiences are worth.

    Raises
    ------
    ValueError
        If there are fewer than 20 seeds or 5 other customers, sizes do not ascend within (0, 1), or a column is no
        number.

    Notes
    -----
    Scores are of a logistic regression on the columns (rates and money in logs), each customer by a model that was
    fitted without them (five folds), seeds and others alike: a model scores the customers it was fitted on higher.
    They are ranked fold by fold, since the raw scores of five models are not of one scale.

    Seeds are in no audience and in no denominator. There is no "precision", since customers who are good but no seeds
    are not misses (Elkan and Noto 2008): of a perfect score, where one in ten good customers is a seed, precision would
    be 4 %. ``capture`` is the share of held-out seeds that score as high as the audience, and ``lift`` is capture over
    size; both are estimates for further customers who are like the seeds. Intervals are Wilson's. At a size of 1 % they
    hold the truth less often than they say where seeds are few. The lift of an audience below some ten customers is
    rough: each of the five models has but one or two of them.

    References
    ----------
    Elkan, C. and Noto, K. (2008). Learning classifiers from only positive and unlabeled data. KDD 2008, 213-220.
    https://doi.org/10.1145/1401890.1401920

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> taste = np.arange(1_000) % 100
    >>> customers = pd.DataFrame({"customer_id": range(1_000), "taste": taste, "noise": np.arange(1_000) * 7 % 13})
    >>> seeds = customers["customer_id"][(taste > 70) & (np.arange(1_000) % 3 == 0)]
    >>> result = segmentation.lookalike(customers, seeds)
    >>> result.sizes[["audience", "customers", "lift"]].round(1)
       audience  customers  lift
    0    narrow          9   7.2
    1  balanced         45   5.2
    2     broad         90   4.9
    """
    level = confidence_level(level)
    shares = _checked_sizes(sizes)
    seed = seed_of(rng)
    like = opened(features, argument="features")
    frame = collect(like)
    check_customers(frame, "features")
    frame = nw.maybe_reset_index(frame.sort("customer_id"))
    chosen = _checked_columns(frame, columns)
    is_seed, notes = _seeds(frame, seeds)
    score, auc = out_of_fold_scores(_matrix(frame, chosen), is_seed, seed)
    found, audience = audiences_of(score, is_seed, shares, level)
    table = {"score": score, "audience": audience}
    made = nw.from_native(build_table(table, like=like, samples={"audience": ""}), eager_only=True)
    joined = nw.concat([frame.select("customer_id"), made], how="horizontal")
    return Lookalike(
        table=cast("IntoFrameT", hand_back(joined, like=like)),
        sizes=build_table(_size_columns(found), like=like),
        auc=auc,
        level=level,
        notes=(*notes, *_notes_of_columns(frame, columns, chosen), *_notes(auc, found)),
        _sizes=found,
        _columns=chosen,
        _n_customers=len(frame),
    )


def _checked_sizes(sizes: object) -> tuple[float, float, float]:
    given = [number("sizes", size, low=0, high=1) for size in several("sizes", sizes, of="three numbers")]
    if len(given) != len(AUDIENCES) or not 0 < given[0] < given[1] < given[2] < 1:
        raise ValueError(f"`sizes` must be three ascending shares above 0 and below 1, got {show(sizes)}")
    return given[0], given[1], given[2]


def _checked_columns(frame: nw.DataFrame[Any], columns: object) -> tuple[str, ...]:
    if columns is not None:
        return checked_columns(frame, columns)
    chosen = [name for name in frame.columns if name not in ("customer_id", *CYCLES) and is_number(frame, name)]
    if not chosen:
        raise ValueError("`features` has no columns of numbers")
    return tuple(chosen)


def _seeds(frame: nw.DataFrame[Any], seeds: object) -> tuple[Bools, list[Note]]:
    """Return which customers are seeds, and a note of seeds that are no customers."""
    ids = _seed_ids(seeds)
    wanted = set(ids)
    customers = frame["customer_id"].to_list()
    is_seed = np.array([customer in wanted for customer in customers], dtype=bool)
    found = int(is_seed.sum())
    if found < MIN_SEEDS:
        raise ValueError(
            f"`seeds` has {counted(found, 'customer')} of `features`, of {counted(len(wanted), 'seed')}: give at least "
            f"{MIN_SEEDS}, with ids of the type of customer_id"
        )
    if len(frame) - found < N_FOLDS:
        others = counted(len(frame) - found, "customer")
        raise ValueError(f"`features` has {others} besides the `seeds`: give the features of at least {N_FOLDS} others")
    if found == len(wanted):
        return is_seed, []
    missing = len(wanted) - found
    text = f"{counted(missing, 'seed')} of {len(wanted):,} left out, for want of a row in `features`"
    return is_seed, [Note(text, code="seeds_unmatched", count=missing)]


def _seed_ids(seeds: object) -> tuple[Any, ...]:
    if hasattr(seeds, "columns"):
        table = opened(seeds, argument="seeds")
        if "customer_id" not in table.collect_schema().names():
            raise ValueError("`seeds` lacks the column customer_id")
        return tuple(collect(table.select("customer_id"))["customer_id"].drop_nulls().to_list())
    if hasattr(seeds, "to_list"):
        seeds = [seed for seed in seeds.to_list() if not is_missing(seed)]
    return hashable_values("seeds", seeds, of="customers")


def _matrix(frame: nw.DataFrame[Any], columns: Sequence[str]) -> Floats:
    """Return the coordinates of all customers; a missing value is the mean, and has a column of its own."""
    parts = []
    for name in columns:
        values = column_values(frame, name)
        coordinate = learn_scale(name, values).apply(values)
        is_missing = ~np.isfinite(coordinate)
        parts.append(np.where(is_missing, 0.0, coordinate))
        if is_missing.any():
            parts.append(is_missing.astype(np.float64))
    return np.column_stack(parts)


def _size_columns(found: Sequence[AudienceSize]) -> dict[str, Any]:
    columns = as_columns(found, "audience", "size", "customers", "seeds", "captured", "capture", "low", "high")
    low, high = columns.pop("low"), columns.pop("high")
    lifts = {"lift": columns["capture"], "lift_low": low, "lift_high": high}
    lifts = {name: value / columns["size"] for name, value in lifts.items()}
    return {**columns, "capture_low": low, "capture_high": high, **lifts}


def _notes_of_columns(frame: nw.DataFrame[Any], columns: object, chosen: Sequence[str]) -> list[Note]:
    """Return notes of columns that likeness is not judged by, and of missing values."""
    notes = []
    others = [name for name in frame.columns if name not in (*chosen, "customer_id", "period")]
    if columns is None and others:
        text = f"{counted(len(others), 'column')} left out, which have no mean: {quote_names(others)}"
        notes.append(Note(text, code="columns_left_out", count=len(others)))
    missing = np.zeros(len(frame), dtype=bool)
    for name in chosen:
        missing |= ~np.isfinite(column_values(frame, name))
    if missing.any():
        count = int(missing.sum())
        text = f"missing values of {counted(count, 'customer')} were taken as the mean, and as a column of their own"
        notes.append(Note(text, code="values_filled", count=count))
    return notes


def _notes(auc: float, sizes: Sequence[AudienceSize]) -> list[Note]:
    notes, n_seeds = [], sizes[0].seeds
    if auc > RULE_AUC:
        text = (
            f"the seeds are a rule of the columns (AUC {auc:.3f}): take columns that do not define them, and features "
            "that end before they were chosen"
        )
        notes.append(Note(text, code="seeds_are_a_rule", count=None))
    if n_seeds < FEW_SEEDS:
        text = f"{counted(n_seeds, 'seed')} are few: the intervals of an audience of {percent(0.01)} are too narrow"
        notes.append(Note(text, code="few_seeds", count=n_seeds))
    counts = [size.customers for size in sizes]
    if len(set(counts)) < len(counts):
        text = f"`sizes` are {counts[0]}, {counts[1]} and {counts[2]} customers: give larger ones, which differ"
        notes.append(Note(text, code="sizes_too_small", count=None))
    tied = max((size.left_tied for size in sizes if size.left_tied > max(size.customers, N_FOLDS)), default=0)
    if tied:
        text = (
            f"{counted(tied, 'customer')} score as high as the last of an audience and are not in it, which takes the "
            "first by customer_id: the columns do not tell them apart"
        )
        notes.append(Note(text, code="scores_tied", count=tied))
    return notes
