"""The Net Promoter Score: hand-worked, from any column, with what it refuses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import sentiment
from ecommine.sentiment._nps import net_promoter_interval
from notes import note_counts


@pytest.mark.parametrize(
    ("scores", "points"),
    [
        ([10] * 10, (100.0, 47.5, 100.0)),
        ([9] * 20 + [7] * 10 + [6] * 10, (25.0, -1.4, 47.9)),
        ([0] * 10, (-100.0, -100.0, -47.5)),
        ([8], (0.0, -60.0, 60.0)),
        ([9], (100.0, -48.5, 100.0)),
    ],
)
def test_published_and_hand_worked_scores(scores, points) -> None:
    """The first two are Rocks's adjusted Wald interval by hand: (10 + .75 - .75) / 13 and its error."""
    found = sentiment.nps(scores)
    assert (found.nps, found.nps_low, found.nps_high) == pytest.approx(points, abs=0.05)


@pytest.mark.call("sentiment.nps")
def test_a_column_of_any_library(local_library) -> None:
    if local_library.lazy:
        pytest.skip("a lazy table has no column in memory")
    table = local_library(pd.DataFrame({"score": [10.0, 9, None, 8, 3]}))
    found = sentiment.nps(table["score"])
    assert (found.nps, found.answers) == (25.0, 4)
    assert note_counts(found.notes) == {"missing_scores": 1}
    assert found.table["answers"].tolist() == [2, 1, 1]
    assert found.table["share"].tolist() == [0.5, 0.25, 0.25]


def test_missing_scores_of_every_kind_are_left_out() -> None:
    found = sentiment.nps([None, np.nan, pd.NA, 10, 0])
    assert (found.nps, note_counts(found.notes)) == (0.0, {"missing_scores": 3})


@pytest.mark.parametrize(("scores", "codes"), [([5, 5, 1], {"like_stars": 3}), ([5, 5, 6], {})])
def test_stars_are_told_from_answers(scores, codes) -> None:
    assert note_counts(sentiment.nps(scores).notes) == codes


def test_no_answer_is_no_score() -> None:
    found = sentiment.nps([])
    assert np.isnan([found.nps, found.nps_low, found.nps_high]).all()
    assert "no score" in found.summary()


@pytest.mark.parametrize("scores", [[11], [-1], [7.5], [float("inf")]])
def test_what_is_no_answer_is_refused(scores) -> None:
    with pytest.raises(ValueError, match="`scores` must be whole numbers from 0 to 10"):
        sentiment.nps(scores)


@pytest.mark.parametrize("scores", [["10"], [True], "10", [[9]], {"a": 1}, 10, pd.DataFrame({"a": [1]})])
def test_what_is_no_list_of_numbers_is_refused(scores) -> None:
    with pytest.raises(TypeError, match="`scores`"):
        sentiment.nps(scores)


@given(st.lists(st.integers(0, 10), min_size=1, max_size=40), st.sampled_from([0.5, 0.9, 0.99]))
def test_the_interval_holds_the_score_and_mirrors(scores, level) -> None:
    found = sentiment.nps(scores, level=level)
    assert -100 <= found.nps_low <= found.nps <= found.nps_high <= 100
    mirror = {9: 0, 10: 0, 7: 7, 8: 8}
    other = sentiment.nps([mirror.get(score, 10) for score in scores], level=level)
    assert (other.nps, other.nps_low) == pytest.approx((-found.nps, -found.nps_high))


def test_the_interval_keeps_its_level() -> None:
    rng = np.random.default_rng(0)
    for chances in ((0.6, 0.3, 0.1), (0.2, 0.3, 0.5), (0.9, 0.08, 0.02)):
        counts = rng.multinomial(60, chances, 20_000)
        limits = {(p, d): net_promoter_interval(p, d, 60, 0.95)[1:] for p, _, d in np.unique(counts, axis=0).tolist()}
        truth = 100 * (chances[0] - chances[2])
        covered = np.mean([limits[p, d][0] <= truth <= limits[p, d][1] for p, _, d in counts.tolist()])
        assert 0.93 <= covered <= 0.985


@pytest.mark.parametrize(("highest", "is_warned"), [(5, True), (6, False)])
def test_the_summary_of_stars_begins_with_a_warning(highest: int, is_warned: bool) -> None:
    found = sentiment.nps([highest, 1, 3])
    assert found.summary().startswith("No answer is above 5") == is_warned
    assert found.summary(locale="zh").startswith("没有回答高于5分") == is_warned
