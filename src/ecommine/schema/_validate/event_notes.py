"""Notes of event logs whose names are half known."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw

from ..._core.frames import Frame, collect
from ..._core.notes import Note
from ..._core.texts import quote_names
from .._convert.plan import RAW
from .._model.event_names import AUTOMATIC_EVENTS, EVENT_NAMES

_MAIN = ("view_item", "add_to_cart", "purchase")
"""Names that nearly every log of a shop has."""
_SHOWN = 4


def event_notes(frame: Frame, own: Mapping[str, str]) -> list[Note]:
    """Return notes of an own name that no event has, and of main events that are missing while others are unknown."""
    sizes = collect(
        frame.select(raw=nw.col(RAW + "event"), event=nw.col("event")).group_by("raw", "event").agg(n=nw.len())
    )
    rows = list(zip(*(sizes[name].to_list() for name in ("raw", "event", "n")), strict=True))
    came = {_as_text(raw) for raw, _, _ in rows}
    came |= {name.strip() for name in came}
    absent = [name for name in own if name not in came]
    notes = []
    if absent:
        text = f"no event is called {quote_names(absent)}, which `names` maps"
        notes.append(Note(text, code="names_without_events", count=len(absent)))
    known = {event for _, event, _ in rows}
    lacking = [name for name in _MAIN if name not in known]
    names = {*EVENT_NAMES, *AUTOMATIC_EVENTS}
    unknown = sorted((-n, _as_text(raw)) for raw, event, n in rows if isinstance(event, str) and event not in names)
    if len(lacking) < len(_MAIN) and unknown:
        listed = ", ".join(f"{name!r} ({-n:,})" for n, name in unknown[:_SHOWN])
        more = ", …" if len(unknown) > _SHOWN else ""
        lacks = f"no event is {' or '.join(map(repr, lacking))}, and " if lacking else ""
        text = f"{lacks}these names are not known and stay as they are: {listed}{more}; map those that are events of a "
        text += f"shop, such as names={{'...': {lacking[0] if lacking else 'purchase'!r}}}"
        notes.append(Note(text, code="event_names_unknown", count=len(unknown)))
    return notes


def _as_text(raw: object) -> str:
    """Return a name as text; of a code that went through a float without its fraction."""
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)
