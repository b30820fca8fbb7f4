"""Notes of event logs whose names are half known."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import quote_names
from .._convert.plan import RAW
from .._model.event_names import EVENT_NAMES

_MAIN = ("view_item", "add_to_cart", "purchase")
"""Names that nearly every log of a shop has."""
_SHOWN = 4


def event_notes(frame: Frame, own: Mapping[str, str]) -> list[Note]:
    """Return notes of an own name that no event has, and of main events that are missing while others are unknown."""
    sizes = collect(
        frame.select(raw=nw.col(RAW + "event"), event=nw.col("event")).group_by("raw", "event").agg(n=nw.len())
    )
    rows = list(zip(*(sizes[name].to_list() for name in ("raw", "event", "n")), strict=True))
    absent = [name for name in own if name not in {str(row[0]) for row in rows}]
    notes = []
    if absent:
        text = f"no event is called {quote_names(absent)}, which `names` maps"
        notes.append(Note(text, code="names_without_events", count=len(absent)))
    known = {event for _, event, _ in rows}
    lacking = [name for name in _MAIN if name not in known]
    unknown = sorted((-n, str(raw)) for raw, event, n in rows if isinstance(event, str) and event not in EVENT_NAMES)
    if 0 < len(lacking) < len(_MAIN) and unknown:
        listed = ", ".join(f"{name!r} ({-n:,})" for n, name in unknown[:_SHOWN])
        text = f"no event is {' or '.join(map(repr, lacking))}, and these names are not known: {listed}; map yours, "
        text += f"such as names={{'...': {lacking[0]!r}}}"
        notes.append(Note(text, code="event_names_unknown", count=len(unknown)))
    return notes
