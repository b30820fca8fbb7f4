"""Profile: what makes each segment different, in shares of customers and of money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from .._core.arrays import Bools, Floats, Ints
from .._core.checks import names, one_of, text
from .._core.codes import factorize_sorted
from .._core.engines import tell_library_errors
from .._core.frames import collect, opened
from .._core.notes import Note
from .._core.results import Result, check_path
from .._core.tables import build_table
from .._core.texts import LOCALES, Locale, counted, did_you_mean, quote_names
from .._stats.multiple_testing import adjust_p_values
from ._customers.matrix import CYCLES, column_values, is_missing, is_number
from ._features import FEATURES
from ._groups.comparisons import (
    ProfileRow,
    SegmentSize,
    as_columns,
    compare_categories,
    compare_numbers,
    segment_sizes,
    size_columns,
)
from ._summary import profile_sentences
from ._words import SEGMENT_CODE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OF_ORDERS = frozenset(
    (
        *(name for name in FEATURES if name != "months_since_registration"),
        *("recency", "frequency", "recency_score", "frequency_score", "monetary_score", "rfm_score", "weighted_score"),
        *("stage", "age_days", "returned", "tier", "spend", "spend_to_next", "spend_to_keep", "next_tier", "change"),
        "segment",
    )
)
"""Columns made from the orders that segments are made from too: a test of them finds what put them there."""
MAX_CATEGORIES = 24
"""Categories that are shown; rarer ones are one, `other`."""
OTHER = "other"
_COLUMNS = (
    *("segment", "column", "category", "known", "null_share", "level", "everybody", "difference", "index"),
    *("share_of_money", "p_value", "q_value"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Profile(Result):
    """What makes each segment different; made by :func:`ecommine.segmentation.profile`.

    Attributes
    ----------
    table : eager table, one row per segment, column and category (or one for a column of numbers)
        segment; column; category (null for a column of numbers); known (customers of the segment with a value);
        null_share (of the segment); level (share of the known ones with the category, or their mean); everybody (the
        same of all customers); difference (level - everybody); index (100 x level / everybody: 100 is like everybody;
        null where everybody is 0 or below); share_of_money (of the segment's known money, of categories); p_value and
        q_value (Benjamini and Hochberg) of the segment against all other customers, null for columns of the fit or made
        from the same orders.
    segments : eager table, one row per segment
        segment, customers, share, money, share_of_money (null where there is no column monetary).
    by : str
        The column of the segments.
    notes : tuple of Note
        What is missing; :mod:`ecommine.segmentation` lists the codes.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({"customer_id": range(4), "segment": ["a", "a", "b", "b"], "city": list("xxxy")})
    >>> segmentation.profile(customers).headline
    '4 customers in 2 segments, 1 column'
    """

    table: Any
    segments: Any
    by: str
    notes: tuple[Note, ...]
    _rows: tuple[ProfileRow, ...]
    _sizes: tuple[SegmentSize, ...]

    @property
    def headline(self) -> str:
        """The first line of the display."""
        total = counted(sum(size.customers for size in self._sizes), "customer")
        columns = counted(len({row.column for row in self._rows}), "column")
        return f"{total} in {counted(len(self._sizes), 'segment')}, {columns}"

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"profile": self.table, "segments": self.segments}

    def summary(self, *, locale: Locale = "en") -> str:
        """Return a sentence for each segment: its size, its money, and what is most unlike everybody."""
        one_of("locale", locale, LOCALES)
        return profile_sentences(self._sizes, self._rows, locale)

    def plot(self, ax: "Axes | None" = None, *, locale: Locale = "en") -> "Axes":
        """Draw the index of what differs most, by segment: 100 is like everybody.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        locale : {"en", "zh"}
            The language of all text.
        """
        from ._plot import draw_profile

        one_of("locale", locale, LOCALES)
        return draw_profile(self._sizes, self._rows, ax, locale)

    @tell_library_errors
    def to_html(self, path: str | PathLike[str], *, locale: Locale = "en") -> None:
        """Write a page with a portrait of each segment, which needs no other file.

        Parameters
        ----------
        path : str or path
            Where to write it.
        locale : {"en", "zh"}
            The language of all text.

        Raises
        ------
        TypeError, ValueError
            If `path` is no path.
        """
        from ._portrait import portrait_page

        one_of("locale", locale, LOCALES)
        checked = check_path(path)
        checked.write_text(portrait_page(self._sizes, self._rows, self.notes, locale), encoding="utf8")


@tell_library_errors
def profile(customers: object, /, *, by: str = "segment", fitted: Sequence[str] = ()) -> Profile:
    """Compare each segment with everybody, column by column.

    Parameters
    ----------
    customers : table of customers
        Any library's table with customer_id, the segments, and columns to compare: numbers, text or true and false.
        Columns of times are left out. Where it has the column monetary, shares of money are computed.
    by : str
        The column of the segments, such as segment, stage or tier.
    fitted : sequence of str
        Columns that the segments were fitted on, beside those that :func:`ecommine.segmentation.features` makes, which
        are known: they are compared but not tested.

    Returns
    -------
    Profile
        Frozen. ``.table`` has the comparisons, ``.segments`` the sizes.

    Raises
    ------
    ValueError
        If `by` or `fitted` name a column that is not there, or there are no columns to compare.

    Notes
    -----
    Segments differ in the columns that they were made from, whether or not there is anything to find: of segments of
    pure noise, 89 % of such tests are significant. So only columns from outside are tested (Gao, Bien and Witten 2024):
    means by Welch's test, shares by Pearson's, each segment against all other customers.

    References
    ----------
    Gao, L. L., Bien, J. and Witten, D. (2024). Selective inference for hierarchical clustering. Journal of the American
    Statistical Association 119(545), 332-342. https://doi.org/10.1080/01621459.2022.2116331

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import segmentation
    >>> customers = pd.DataFrame({
    ...     "customer_id": range(6),
    ...     "segment": ["a", "a", "a", "b", "b", "b"],
    ...     "monetary": [50.0, 60.0, 70.0, 5.0, 5.0, 10.0],
    ...     "city": ["Rome", "Rome", "Oslo", "Oslo", "Oslo", None],
    ... })
    >>> result = segmentation.profile(customers)
    >>> columns = ["segment", "category", "known", "null_share", "level", "everybody", "index"]
    >>> result.table.loc[result.table["column"] == "city", columns].round(2)
      segment category  known  null_share  level  everybody  index
    1       a     Oslo      3        0.00   0.33        0.6  55.56
    2       a     Rome      3        0.00   0.67        0.4 166.67
    4       b     Oslo      2        0.33   1.00        0.6 166.67
    5       b     Rome      2        0.33   0.00        0.4   0.00
    """
    text("by", by, example="'segment'")
    untested = OF_ORDERS | set(names("fitted", fitted, of="columns"))
    like = opened(customers, argument="customers")
    frame = collect(like)
    _check_named(frame, by, fitted)
    segment, labels, notes = _segments(frame, by)
    money = np.nan_to_num(column_values(frame, "monetary")) if _has_money(frame) else None
    rows: list[ProfileRow] = []
    chosen, left_out = _columns(frame, by)
    for name in chosen:
        is_tested = name not in untested
        if is_number(frame, name) and name not in CYCLES:
            rows += compare_numbers(name, column_values(frame, name), segment, labels, is_tested=is_tested)
        else:
            code, categories = _categories(frame[name])
            rows += compare_categories(name, code, categories, segment, labels, money, is_tested=is_tested)
    if not rows:
        raise ValueError("`customers` has no columns to compare: give columns of numbers, text or true and false")
    rows.sort(key=lambda row: labels.index(row.segment))
    q_values = adjust_p_values(np.array([row.p_value for row in rows]), "bh")
    rows = [replace(row, q_value=q_value) for row, q_value in zip(rows, q_values.tolist(), strict=True)]
    sizes = segment_sizes(segment, labels, money)
    return Profile(
        table=build_table(as_columns(rows, *_COLUMNS), like=like, samples={"category": ""}),
        segments=build_table(size_columns(sizes), like=like),
        by=by,
        notes=(*notes, *_notes(frame, chosen, left_out, money)),
        _rows=tuple(rows),
        _sizes=sizes,
    )


def _check_named(frame: nw.DataFrame[Any], by: str, fitted: Sequence[str]) -> None:
    for argument, name in [("by", by), *(("fitted", name) for name in names("fitted", fitted, of="columns"))]:
        if name not in frame.columns:
            near = did_you_mean(name, frame.columns)
            raise ValueError(f"`{argument}` names {name!r}, which `customers` does not have{near}")


def _segments(frame: nw.DataFrame[Any], by: str) -> tuple[Ints, list[str], list[Note]]:
    as_text = _text_of(frame[by])
    found = as_text.drop_nulls().unique().to_list()
    codes, labels = factorize_sorted(as_text, argument="`by`", order=sorted(found, key=_segment_key))
    if not len(labels):
        raise ValueError(f"`customers` has no value of `{by}`")
    count = int((codes < 0).sum())
    notes = []
    if count:
        text = f"{counted(count, 'customer')} without a value of `{by}` count in everybody but in no segment"
        notes.append(Note(text, code="without_segment", count=count))
    return codes, [str(label) for label in labels], notes


def _segment_key(label: str) -> tuple[int, int, str]:
    """Return what segments are sorted by: numbered ones by number, before all others."""
    match = SEGMENT_CODE.fullmatch(label)
    return (0, int(match[1]), "") if match else (1, 0, label)


def _has_money(frame: nw.DataFrame[Any]) -> bool:
    return "monetary" in frame.columns and is_number(frame, "monetary")


def _columns(frame: nw.DataFrame[Any], by: str) -> tuple[list[str], list[str]]:
    """Return the columns that are compared, and those of other types."""
    kept, others = [], []
    for name, dtype in frame.schema.items():
        if name in (by, "customer_id", "period"):
            continue
        is_text = dtype in (nw.String, nw.Categorical, nw.Boolean) or isinstance(dtype, (nw.Enum, nw.Categorical))
        if dtype.is_numeric() or is_text or dtype == nw.Object:
            kept.append(name)
        else:
            others.append(name)
    return kept, others


def _categories(column: nw.Series[Any]) -> tuple[Ints, list[str]]:
    """Return each value as a number among the commonest, -1 where it is missing; the rarer ones are one."""
    as_text = _as_text(column) if column.name in CYCLES else _text_of(column)
    codes, labels = factorize_sorted(as_text, argument=f"`{column.name}`")
    if len(labels) <= MAX_CATEGORIES:
        return codes, [str(label) for label in labels]
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    common = np.sort(np.argsort(-counts, kind="stable")[: MAX_CATEGORIES - 1])
    rank = np.full(len(labels) + 1, MAX_CATEGORIES - 1)
    rank[common], rank[-1] = np.arange(len(common)), -1
    return rank[codes], [*(str(labels[i]) for i in common), OTHER]


def _text_of(column: nw.Series[Any]) -> nw.Series[Any]:
    """Return a column as text; true and false are written alike in every library."""
    return _as_text(column) if column.dtype in (nw.Object, nw.Boolean) else column.cast(nw.String)


def _as_text(column: nw.Series[Any]) -> nw.Series[Any]:
    values = [None if is_missing(value) else _plain_text(value) for value in column.to_list()]
    return nw.new_series(column.name, values, nw.String, backend=column.implementation)


def _plain_text(value: object) -> str:
    """Return a value as text; a whole number, which pandas may hold as a float, without its point."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _notes(
    frame: nw.DataFrame[Any], chosen: Sequence[str], left_out: Sequence[str], money: Floats | None
) -> list[Note]:
    notes = []
    if left_out:
        text = f"{counted(len(left_out), 'column')} of times or other types left out: {quote_names(left_out)}"
        notes.append(Note(text, code="columns_left_out", count=len(left_out)))
    notes += _notes_of_missing(frame, chosen, money)
    if money is None:
        text = "there is no column `monetary`, so that shares of money are unknown"
        notes.append(Note(text, code="money_unknown", count=None))
    return notes


def _notes_of_missing(frame: nw.DataFrame[Any], chosen: Sequence[str], money: Floats | None) -> list[Note]:
    """Return one note for the columns that are known for the same customers."""
    groups: dict[bytes, tuple[list[str], Bools]] = {}
    for name in chosen:
        known = _is_known(frame, name)
        if name not in FEATURES and not known.all():
            groups.setdefault(known.tobytes(), ([], known))[0].append(name)
    notes = []
    for columns, known in groups.values():
        count = int(known.sum())
        part = ""
        if money is not None and money.sum() > 0:
            part = f", with {money[known].sum() / money.sum():.0%} of the money"
        verb = "is" if len(columns) == 1 else "are"
        text = f"{quote_names(columns)} {verb} known for {count:,} of {counted(len(known), 'customer')}{part}"
        notes.append(Note(text, code="values_missing", count=len(known) - count))
    return notes


def _is_known(frame: nw.DataFrame[Any], name: str) -> Bools:
    if is_number(frame, name):
        return np.isfinite(column_values(frame, name))
    return ~frame[name].is_null().to_numpy().astype(bool)
