"""Chances against what happened: limits by customer, parts, and the step that corrects them."""

import numpy as np
import pytest

from ecommine import recommend
from ecommine._stats.intervals import normal_quantile, wilson_interval
from ecommine.recommend._calibration import Shown, calibration_columns, recalibrated, shown_at
from ecommine.recommend._fit import read_source
from ecommine.recommend._learn import Blend, Logistic
from ecommine.recommend._rank import Choice
from recommend.good_arguments import order_lines
from recommend.shops import tastes


def test_customers_are_the_units_of_the_limits():
    """All ten products of a customer are bought, or none: a customer is one trial."""
    rng = np.random.default_rng(0)
    happened = np.repeat(rng.random(200) < 0.3, 10)
    shown = Shown(customer=np.repeat(np.arange(200), 10), score=rng.normal(size=2_000),
                  is_bought=np.ones(2_000, dtype=bool), happened=happened)  # fmt: skip
    columns = calibration_columns(shown)
    expected = wilson_interval(happened.mean(), 200.0, normal_quantile(0.95))
    assert [columns["actual_low"][-1], columns["actual_high"][-1]] == pytest.approx(expected)
    assert columns["recommendations"][-1] == 2_000


def test_the_parts_add_up():
    table = recommend.fit(tastes(0, n=120)).calibration
    assert table["part"].tolist() == ["all"] * 10 + ["bought before", "new", "all"]
    assert table["tenth"].tolist()[:10] == list(range(1, 11))
    parts, whole = table.iloc[10:12], table.iloc[12]
    for name in ("predicted", "actual"):
        assert (parts[name] * parts["recommendations"]).sum() == pytest.approx(whole[name] * whole["recommendations"])
    assert parts["recommendations"].sum() == whole["recommendations"] == table["recommendations"].iloc[:10].sum()


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 1.0), (1.5, 0.0), (0.5, -2.0)])
def test_wrong_chances_of_what_is_shown_are_corrected(slope, shift):
    source = read_source(tastes(0), None, None, "28d", "auto", 5_000, None)
    days = source.earlier(source.today)
    right, moments = source.blend(days), [source.moment(day) for day in days]
    wrong = {
        name: Logistic(intercept=slope * part.intercept + shift, coefficients=slope * part.coefficients)
        for name, part in (("bought", right.bought), ("new", right.new))
    }
    mended = recalibrated(Blend(**wrong), moments)
    for repeat in ("only", "exclude"):
        shown = [shown_at(fitted, mended, outcome, Choice(k=10, repeat=repeat, allowed=allowed), 1_500)
                 for fitted, outcome, allowed in moments]  # fmt: skip
        chance = np.concatenate([one.chance for one in shown]).mean()
        assert chance == pytest.approx(np.concatenate([one.happened for one in shown]).mean(), rel=0.1)


def test_rows_of_some_customers_are_those_of_the_whole_matrix():
    history = read_source(order_lines(), None, None, "28d", "auto", 5_000, None)
    history = history.history(history.today)
    some = np.array([5, 0, 0, 7])
    found = history.matrix(history.decayed, customers=some).toarray()
    assert (found == history.matrix(history.decayed).toarray()[some]).all()


def test_the_summary_says_whether_chances_held():
    model = recommend.fit(tastes(0))
    row, text = model.calibration.iloc[-1], model.summary()
    held = row["actual_low"] <= row["predicted"] <= row["actual_high"]
    word = "as said" if held else "too high" if row["predicted"] > row["actual"] else "too low"
    assert word in text
    assert "learned before that" in text
