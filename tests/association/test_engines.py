"""Both engines against a miner that counts every subset, and against each other."""

import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from association.slow import all_itemsets, baskets_of, closed, lines, maximal, random_baskets
from ecommine.association._mining import engine_numpy, mine
from ecommine.association._mining.tree import closed_and_maximal

BASKETS = st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=7), min_size=1, max_size=14)


def engines():
    yield pytest.param(engine_numpy, id="numpy")
    try:
        from ecommine.association._mining import engine_numba
    except ModuleNotFoundError:
        yield pytest.param(None, id="numba", marks=pytest.mark.skip(reason="numba is not installed"))
    else:
        yield pytest.param(engine_numba, id="numba")


@pytest.fixture(scope="session", params=engines())
def engine(request):
    return request.param


def as_dict(mined, products):
    return {
        tuple(products[row].tolist()): int(count)
        for level in mined.levels
        for row, count in zip(level.items, level.counts, strict=True)
    }


def mined(baskets, engine, **options):
    rows = baskets_of(lines(baskets))
    return mine.mine(rows, engine=engine, **options), rows.products


@given(baskets=BASKETS, least=st.integers(1, 4))
@settings(max_examples=150)
def test_every_itemset_is_found_once_with_its_count(engine, baskets, least):
    result, products = mined(baskets, engine, min_count=least)
    assert as_dict(result, products) == all_itemsets(baskets, least)
    assert sum(len(level.counts) for level in result.levels) == len(as_dict(result, products))


@given(baskets=BASKETS, least=st.integers(1, 3), longest=st.integers(1, 4))
@settings(max_examples=60)
def test_longest(engine, baskets, least, longest):
    result, products = mined(baskets, engine, min_count=least, max_size=longest)
    assert as_dict(result, products) == all_itemsets(baskets, least, longest)


@given(baskets=BASKETS, top=st.integers(1, 30), shortest=st.integers(1, 2))
@settings(max_examples=150)
def test_top_are_the_first_by_count_size_and_products(engine, baskets, top, shortest):
    result, products = mined(baskets, engine, top=top, min_size=shortest)
    everything = all_itemsets(baskets, 1)
    ranked = sorted((a for a in everything if len(a) >= shortest), key=lambda a: (-everything[a], len(a), a))
    listed = [a for a in sorted(as_dict(result, products)) if len(a) >= shortest]
    assert sorted(listed) == sorted(ranked[:top])
    assert (result.n_cut_off is not None) == (len(ranked) > top)


@given(baskets=BASKETS, least=st.integers(1, 3))
@settings(max_examples=100)
def test_closed_and_maximal(engine, baskets, least):
    result, products = mined(baskets, engine, min_count=least)
    marks = closed_and_maximal(result.levels, len(products))
    everything = all_itemsets(baskets, least)
    for place, expected in enumerate((closed(everything), maximal(everything))):
        kept = [level.take(mark[place]) for level, mark in zip(result.levels, marks, strict=True)]
        assert {tuple(products[row].tolist()) for level in kept for row in level.items} == expected


NEEDS_NUMBA = pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")


def test_engines_agree_on_a_shop(engine):
    baskets = random_baskets(4_000, 120, 5, np.random.default_rng(0))
    result, products = mined(baskets, engine, min_count=12)
    assert as_dict(result, products) == as_dict(*mined(baskets, engine_numpy, min_count=12))
    assert max(level.items.shape[1] for level in result.levels) >= 4


def test_more_orders_than_one_word_of_bits_and_long_itemsets(engine):
    baskets = [list(range(12))] * 130 + [[0, 1]] * 70
    result, products = mined(baskets, engine, min_count=130)
    counts = as_dict(result, products)
    assert len(counts) == 2**12 - 1
    assert (counts[0, 1], counts[tuple(range(12))]) == (200, 130)


def test_a_huge_basket_takes_no_time(engine):
    """All subsets of 10,000 products share one count: they are left out together, not listed."""
    baskets = [list(range(10_000))] * 2 + [[1, 2, 3]] * 5
    result, products = mined(baskets, engine, min_count=3)
    assert as_dict(result, products) == dict.fromkeys(all_itemsets([[1, 2, 3]], 1), 7)
    result, products = mined(baskets, engine, top=10)
    assert as_dict(result, products) == dict.fromkeys(all_itemsets([[1, 2, 3]], 1), 7)
    assert result.n_cut_off == 0


def test_too_many_itemsets_are_refused(engine, monkeypatch):
    monkeypatch.setattr(f"{engine.__name__}.MAX_ITEMSETS", 1_000)
    with pytest.raises(ValueError, match="`min_support` gives more than"):
        mined(
            [list(range(14))] * 3 + [[place, 20] for place in range(14)] * 2 + [list(range(20, 60))],
            engine,
            min_count=3,
        )


@pytest.mark.parametrize(
    ("baskets", "min_count", "max_size"),
    [
        ([list(range(30)), [1, 2], [2, 3]], 1, None),
        ([[*range(26), 40], list(range(26)), [*range(26), 41, 42]], 3, None),
        ([list(range(3_000)), [1]], 1, 3),
    ],
)
def test_subsets_of_large_orders_are_refused_before_they_are_counted(monkeypatch, baskets, min_count, max_size):
    monkeypatch.setattr(mine.engine_numpy, "mine", None)
    with pytest.raises(ValueError, match=r"`min_support` is reached by .* `max_size=`, or .* `top=`"):
        mined(baskets, mine.engine_numpy, min_count=min_count, max_size=max_size)


def test_large_orders_that_share_few_products_are_mined(engine):
    """Two orders of thirty products have four in common; with ``max_size`` or ``top`` one order of thirty is fine."""
    result, _ = mined([list(range(30)), list(range(26, 56)), [1]], engine, min_count=2)
    assert sum(len(level.counts) for level in result.levels) == 2**4 - 1 + 1
    result, _ = mined([list(range(30)), [1]], engine, min_count=1, max_size=2)
    assert sum(len(level.counts) for level in result.levels) == 30 + 30 * 29 // 2
    result, _ = mined([list(range(30)), [1, 2], [1, 2]], engine, top=3)
    assert sum(len(level.counts) for level in result.levels) == 3


@NEEDS_NUMBA
@pytest.mark.parametrize(
    ("n_pairs", "is_kept", "expected"),
    [(20, True, "numpy"), (18, True, "numba"), (18, False, "numpy"), (10, False, "numpy"), (9, False, "numba")],
)
def test_code_is_compiled_for_a_large_job_and_loaded_for_a_smaller_one(monkeypatch, n_pairs, is_kept, expected):
    """Four orders of three products make 18 pairs, a product with itself included."""
    monkeypatch.setattr(mine, "MIN_PAIRS_TO_LOAD", n_pairs)
    monkeypatch.setattr(mine, "MIN_PAIRS_TO_COMPILE", 2 * n_pairs)
    monkeypatch.setattr(mine, "is_compiled", lambda _: is_kept)
    assert mine._engine(baskets_of(lines([["a", "b", "c"]] * 4))).__name__.endswith(expected)


def test_code_of_an_older_source_is_not_taken_for_compiled(tmp_path):
    source, folder = tmp_path / "engine.py", tmp_path / "__pycache__"
    folder.mkdir()
    kept = folder / f"engine.f-1.py{sys.version_info.major}{sys.version_info.minor}.nbi"
    source.touch()
    assert not mine.is_compiled(source)
    kept.touch()
    os.utime(source, (1, 1))
    assert mine.is_compiled(source)
    os.utime(kept, (0, 0))
    assert not mine.is_compiled(source)
