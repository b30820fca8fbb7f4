"""What a funnel says: the table, the units, words and pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import narwhals.stable.v2 as nw

from ..._core.checks import counted, one_of
from ..._core.frames import opened
from ..._core.notes import Note
from ..._core.pictures import percent
from ..._core.results import Result
from ..._core.texts import Locale
from .._definition import Funnel
from .groups import ENTRY_ATTRIBUTIONS
from .notes import steps_without_events
from .summary import sentences
from .table import Measured, MemoryUnitStore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._spark.units import SparkUnitStore

Kind = Literal["steps", "panels", "time", "periods"]
KINDS = ("steps", "panels", "time", "periods")
SHOWN = ("step", "reached", "conversion", "conversion_low", "conversion_high", "dropped", "pending")
"""What fits on a screen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FunnelResult(Result):
    """A funnel measured; made by :func:`ecommine.funnel.analyse`, `from_counts` and `from_reached`.

    Attributes
    ----------
    table : eager table, one row a step (and group)
        period_at and complete (of `every`: when it begins, and whether all of it was seen); the column of `by`; step;
        reached (units); conversion (share of those that entered), conversion_low, conversion_high; step_conversion
        (share of those that reached the step before), step_conversion_low, step_conversion_high; dropped (stopped
        before this step, window over); pending (not here yet, window open); skipped (a later step without this one);
        naive_conversion (reached over entered, open windows counted as lost); seconds_p25, seconds_median, seconds_p75
        (from the entry to the step, of the attempt that reached it first).
    definition : Funnel or None
        The funnel.
    unit : str
        What is counted.
    entrants : int
        Units that entered.
    by : str or None
        The column of groups.
    attribution : str
        Which event decides the group of a unit.
    every : str or None
        The length of the periods.
    level : float
        Level of the intervals.
    as_of : datetime or None
        The moment up to which events count.
    notes : tuple of str
        What was left out, what is not decided yet, and what is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from ecommine import funnel
    >>> found = funnel.from_counts({"home": 90_400, "search": 45_200, "payment": 6_030, "confirmation": 452})
    >>> found.headline
    '4 steps, 90,400 users entered, 0.5% reached confirmation'
    >>> found.table[["step", "reached", "conversion", "step_conversion"]].round(4)
               step  reached  conversion  step_conversion
    0          home    90400      1.0000           1.0000
    1        search    45200      0.5000           0.5000
    2       payment     6030      0.0667           0.1334
    3  confirmation      452      0.0050           0.0750
    """

    table: Any
    definition: Funnel | None
    unit: str
    entrants: int
    by: str | None
    attribution: str = "first"
    every: str | None
    level: float
    as_of: datetime | None
    notes: tuple[Note, ...]
    _all: Measured
    _groups: tuple[tuple[Any, Measured], ...] = ()
    _parts: tuple[tuple[dict[str, Any], Measured], ...] = ()
    _seen: "MemoryUnitStore | SparkUnitStore | None"

    @property
    def units(self) -> Any:
        """One row a unit that entered, sorted by id, as an eager table; None for a funnel of totals.

        Its id; the column of `by`, null where the group is unknown or, by a step that the unit never reached, none (not
        with ``attribution="step"``, where a unit may be in several); deepest_step; first_entered_at, entered_at (of the
        attempt that reached the deepest step first) and deepest_at; pending (whether the window of the first entry is
        open and the last step not reached, so that it may still get further). Made when asked for. Of a funnel on Spark
        it is a lazy table of Spark, in any order.
        """
        if self._seen is None:
            return None
        return self._seen.table(self.unit, self.by, opened(self.table, argument="table"))

    @property
    def headline(self) -> str:
        """What stands on the first line."""
        when = "" if self.as_of is None else f"as of {self.as_of:%Y-%m-%d %H:%M}, "
        noun = self.unit.removesuffix("_id")
        last = self._all.rows[-1]
        is_known = last["conversion"] == last["conversion"]
        share = last["conversion" if is_known else "naive_conversion"]
        end = f", {percent(share)} reached {last['step']}{'' if is_known else ' so far'}" if share == share else ""
        window = "" if self.definition is None else f" within {self.definition.window_text}"
        return f"{when}{len(self._all.rows)} steps{window}, {counted(self.entrants, noun)} entered{end}"

    def _main(self) -> Any:
        return self.table

    def _shown(self) -> nw.DataFrame[Any]:
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        keys = [name for name in frame.columns if name in ("period_at", self.by)]
        return frame.select(*keys, *SHOWN)

    @property
    def tables(self) -> Mapping[str, Any]:
        """The tables by name."""
        return {"steps": self.table} if self._seen is None else {"steps": self.table, "units": self.units}

    def group(self, value: object) -> "FunnelResult":
        """Take one group of `by`, or one period, as a funnel of its own, such as one to compare with another.

        Of groups in periods it takes the group with its periods, and of these the next call takes one.

        Parameters
        ----------
        value : object
            The value of the column `by`, None for units whose value is unknown; or when the period begins.

        Raises
        ------
        ValueError
            If the funnel has no groups, or none of this value, or it is a period and the group is not chosen yet.
        """
        from .one_group import one_group

        return one_group(self, value)

    def summary(self, *, locale: Locale = "en") -> str:
        """Say in a few sentences how many convert, where most are lost, which group does best, and what is open.

        Groups by a later step (`attribution`) are not ranked: they are chosen by how far a unit came.
        """
        one_of("locale", locale, ("en", "zh"))
        steps = [] if self.definition is None else [step.name for step in self.definition.steps]
        return sentences(
            self._all,
            self.unit,
            locale,
            groups=self._groups if self.attribution in ENTRY_ATTRIBUTIONS else (),
            missing=steps_without_events(self.notes, steps),
            any_order=self.definition is not None and self.definition.order == "any",
        )

    def plot(
        self,
        ax: "Axes | None" = None,
        *,
        kind: Kind | None = None,
        locale: Locale = "en",
    ) -> "Axes":
        """Draw the funnel.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; by default a new figure.
        kind : {"steps", "panels", "time", "periods"}, optional
            "steps": bars with intervals, group beside group. "panels": a picture a group, in a figure of its own.
            "time": the share that has reached each step, by the time since the entry; of groups, the last step (of
            sessions on Spark the units are brought for it).
            "periods": conversion to the last step by period. By default "periods" where there are any, else "steps".
        locale : {"en", "zh"}
            The language of all text.

        Returns
        -------
        matplotlib Axes
            The axes, of panels the first.

        Raises
        ------
        ValueError
            If there is nothing to draw of that kind: panels without groups, times of totals, no periods.
        """
        from .plot import draw_panels, draw_steps
        from .plot_time import draw_periods, draw_time

        one_of("locale", locale, ("en", "zh"))
        kind = ("periods" if self.every else "steps") if kind is None else kind
        one_of("kind", kind, KINDS)
        frame = opened(self.table, argument="table")
        assert isinstance(frame, nw.DataFrame)
        if kind == "time":
            if self._seen is None:
                raise ValueError("`kind`: totals have no times; measure events with analyse")
            if self.by is not None and self.every is not None:
                raise ValueError("`kind`: groups in periods are too many curves; measure without `every` or `by`")
            growths, n_lines = self._seen.growths(grouped=self.by is not None)
            names, window = self._seen.names, self._seen.plan.window
            return draw_time(frame, growths, names, window, self.by, n_lines, self.level, ax, locale)
        if kind == "periods":
            if self.every is None:
                raise ValueError("`kind`: there are no periods; measure with every='1w'")
            order = [label for label, _ in self._groups]
            return draw_periods(frame, self.by, order, self.level, ax, locale)
        if self.every is not None:
            raise ValueError(f"`kind`: {kind!r} shows one time; measure without `every`")
        if kind == "panels":
            if self.by is None or ax is not None:
                raise ValueError("`kind`: panels need groups (`by`) and a figure of their own (no `ax`)")
            return draw_panels(frame, self.by, self.level, locale)
        return draw_steps(frame, self.by, self.level, ax, locale)
