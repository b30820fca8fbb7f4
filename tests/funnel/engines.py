"""The compiled engine, as it runs on many events, on few."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from ecommine._core import codes, threads
from ecommine.funnel._match import engine


@contextmanager
def compiled_in_shares() -> Iterator[None]:
    """Follow events by compiled code, with the rows cut into shares."""
    from ecommine.funnel._match import numba_sort

    in_shares = partial(threads.equal_shares, fewest=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "MIN_EVENTS_FOR_COMPILED", 0)
        patch.setattr(threads, "core_count", lambda: 3)
        for module in (codes, numba_sort):
            patch.setattr(module, "equal_shares", in_shares)
        yield
