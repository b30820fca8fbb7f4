"""Bars on standard error, where they are asked for, and the same tables with and without."""

import pandas as pd
import pytest

from association.test_texts import shop
from ecommine import association
from ecommine._core.threads import Progress


@pytest.fixture(scope="module")
def calls():
    lines = shop(800)
    both = [association.rules(lines, min_support=0.01, max_antecedent=1) for _ in range(2)]
    return {
        "rules": lambda **options: association.rules(lines, min_support=0.01, max_antecedent=2, **options),
        "pairs": lambda **options: association.pairs(lines, **options),
        "next_orders": lambda **options: association.next_orders(shop(), **options),
        "compare": lambda **options: association.compare(*both, **options),
    }


@pytest.mark.parametrize("name", ["rules", "pairs", "next_orders", "compare"])
def test_progress_is_shown_when_asked_for_and_changes_nothing(name, calls, capsys):
    plain = calls[name]()
    assert capsys.readouterr().err == ""
    watched = calls[name](progress=True)
    shown = capsys.readouterr()
    assert shown.out == ""
    done, total = shown.err.splitlines()[-1].rpartition("] ")[2].split()[:3:2]
    assert done == total != "0"
    pd.testing.assert_frame_equal(watched.table, plain.table)
    with pytest.raises(TypeError, match="`progress` must be True or False, got 'yes'"):
        calls[name](progress="yes")


def test_a_bar_ends_once_and_draws_no_more_than_one_needs(capsys):
    bar = Progress("count", 10_000, "things", is_shown=True)
    for _ in range(9_999):
        bar.advance(1)
    bar.reach(9_000)
    assert bar.done == 9_999
    assert capsys.readouterr().err.count("\r") < 100
    bar.reach(10_000)
    assert capsys.readouterr().err == f"\rcount [{'#' * 30}] 10,000 of 10,000 things\n"


def test_nothing_to_do_draws_nothing(capsys):
    Progress("count", 0, "things", is_shown=True).advance(0)
    assert capsys.readouterr().err == ""
