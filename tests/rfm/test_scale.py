"""Cut points: learned, fixed and mixed; ties, order, errors."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import rfm
from libraries import to_pandas
from notes import note_counts
from rfm.slow import shop, slow_cuts, slow_score


def customers(recency, frequency, monetary):
    return pd.DataFrame(
        {
            "customer_id": np.arange(len(recency)),
            "recency": np.array(recency, dtype="int64"),
            "frequency": np.array(frequency, dtype="int64"),
            "monetary": np.array(monetary, dtype="float64"),
        }
    )


def ten():
    return customers(range(10), [1, 1, 1, 1, 1, 1, 2, 3, 4, 9], [10.0 * i for i in range(1, 11)])


def test_learned_by_hand(library):
    scale = rfm.Scale.learn(library(ten()), bins=5)
    # One fifth of ten is two: the second, fourth, sixth and eighth value, and ties are kept.
    assert scale == rfm.Scale(recency=(1, 3, 5, 7), frequency=(1, 1, 1, 3), monetary=(20.0, 40.0, 60.0, 80.0))
    assert note_counts(scale.notes) == {"tied_levels": 3}
    assert "60%" in scale.notes[0]
    table = to_pandas(scale.apply(library(ten())), sort=["customer_id"])
    assert table["recency_score"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert table["frequency_score"].tolist() == [1, 1, 1, 1, 1, 1, 4, 4, 5, 5]
    assert table["monetary_score"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert table["rfm_score"].tolist() == [511, 511, 412, 412, 313, 313, 244, 244, 155, 155]


def test_fixed_and_learned_cuts_mix():
    wanted = rfm.Scale(recency=(30, 90, 180), frequency=4, monetary=2)
    scale = rfm.Scale.learn(ten(), bins=wanted)
    assert scale.recency == (30, 90, 180)
    assert scale.levels == (4, 4, 2)
    assert (wanted.learned, scale.learned) == (False, True)
    edges = customers([0, 30, 31, 90, 91, 180, 181, 9999], [1] * 8, [0.0] * 8)
    assert scale.apply(edges)["recency_score"].tolist() == [4, 4, 3, 3, 2, 2, 1, 1]


def test_ten_levels_take_two_digits_each():
    scale = rfm.Scale(recency=tuple(range(1, 10)), frequency=(1,), monetary=(5,))
    table = scale.apply(customers([0, 99], [1, 2], [5.0, 6.0]))
    assert table["rfm_score"].tolist() == [100101, 10202]


def test_ninety_nine_levels(library):
    many = customers(range(500), range(500), range(500))
    scale = rfm.Scale.learn(library(many), bins=99)
    scores = to_pandas(scale.apply(library(many)))["frequency_score"]
    assert (scores.min(), scores.max(), scores.nunique()) == (1, 99, 99)


def test_equal_customers_get_equal_scores():
    same = customers([7] * 10, [3] * 10, [5.0] * 10)
    scale = rfm.Scale.learn(same)
    assert scale.apply(same)["rfm_score"].unique().tolist() == [511]
    assert len(scale.notes) == 3


def test_one_customer():
    scale = rfm.Scale.learn(customers([3], [2], [9.5]), bins=3)
    assert scale == rfm.Scale(recency=(3, 3), frequency=(2, 2), monetary=(9.5, 9.5))
    assert scale.apply(customers([3], [2], [9.5]))["rfm_score"].tolist() == [311]


def test_money_ties_do_not_depend_on_the_last_bits():
    # 0.1 + 0.2 and 0.3 differ in the last bit, as sums in different row orders do.
    table = customers([1, 1, 1], [1, 1, 1], [0.1 + 0.2, 0.3, 5.0])
    scale = rfm.Scale.learn(table, bins=3)
    assert scale.monetary == (0.3, 0.3)
    assert scale.apply(table)["monetary_score"].tolist() == [1, 1, 3]


def test_a_scale_applies_to_another_library(library):
    scale = rfm.Scale.learn(rfm.table(shop().dropna(), returns="drop"))
    expected = scale.apply(rfm.table(shop().dropna(), returns="drop"))
    theirs = to_pandas(scale.apply(rfm.table(library(shop().dropna()), returns="drop")), sort=["customer_id"])
    assert theirs["rfm_score"].tolist() == expected["rfm_score"].tolist()


def test_a_scale_pickles():
    scale = rfm.Scale.learn(ten())
    again = pickle.loads(pickle.dumps(scale))
    assert again == scale
    assert again.notes == scale.notes


values = st.lists(st.integers(0, 12), min_size=1, max_size=30)


@settings(max_examples=60)
@given(values, st.integers(2, 7))
def test_learned_cuts_match_the_slow_version(numbers, levels):
    table = customers(numbers, numbers, [n / 4 for n in numbers])
    scale = rfm.Scale.learn(table, bins=levels)
    cuts = slow_cuts(numbers, levels)
    assert scale.recency == scale.frequency == cuts
    assert scale.monetary == tuple(cut / 4 for cut in cuts)
    scored = scale.apply(table)
    assert scored["frequency_score"].tolist() == [slow_score(n, cuts) for n in numbers]
    assert scored["recency_score"].tolist() == [levels + 1 - slow_score(n, cuts) for n in numbers]
    assert scored["monetary_score"].tolist() == scored["frequency_score"].tolist()


@settings(max_examples=40)
@given(values, st.integers(2, 6), st.randoms(use_true_random=False))
def test_learning_is_the_same_in_any_order_and_again(numbers, levels, random):
    table = customers(numbers, numbers, numbers)
    shuffled = table.sample(frac=1, random_state=random.randrange(2**31))
    scale = rfm.Scale.learn(table, bins=levels)
    assert rfm.Scale.learn(shuffled, bins=levels) == scale
    assert rfm.Scale.learn(table, bins=scale) == scale
    assert scale.apply(scale.apply(table)).equals(scale.apply(table))


@settings(max_examples=40)
@given(values, st.integers(2, 6))
def test_scores_never_fall_where_the_measure_is_better(numbers, levels):
    table = customers(numbers, numbers, numbers)
    scored = rfm.Scale.learn(table, bins=levels).apply(table).sort_values("recency")
    assert scored["recency_score"].is_monotonic_decreasing
    assert scored["frequency_score"].is_monotonic_increasing
    assert scored["monetary_score"].is_monotonic_increasing
    assert scored["recency_score"].between(1, levels).all()


@pytest.mark.parametrize(
    ("cuts", "error", "match"),
    [
        ({"recency": (30, 20)}, ValueError, "`recency` must have increasing cut points"),
        ({"frequency": ()}, ValueError, "`frequency` must have 1 to 98 cut points, got 0"),
        ({"frequency": tuple(range(99))}, ValueError, "got 99"),
        ({"monetary": (1.0, float("inf"))}, ValueError, "monetary"),
        ({"monetary": (float("nan"),)}, ValueError, "monetary"),
        ({"monetary": ("1",)}, TypeError, "monetary"),
        ({"recency": 1}, ValueError, "`recency` must be between 2 and 99, got 1"),
        ({"recency": 100}, ValueError, "`recency`"),
        ({"recency": 2.5}, ValueError, "`recency` must be a whole number"),
        ({"recency": "5"}, TypeError, "`recency` must be a number"),
        ({"recency": True}, TypeError, "`recency` must be a number"),
    ],
)
def test_wrong_cuts_name_the_measure(cuts, error, match):
    with pytest.raises(error, match=match):
        rfm.Scale(**cuts)


def test_a_scale_that_is_not_learned_is_refused():
    with pytest.raises(ValueError, match=r"Scale.learn"):
        rfm.Scale(recency=(30,)).apply(ten())


def test_nobody_to_learn_from_is_refused(library):
    with pytest.raises(ValueError, match="no customer to learn cut points from"):
        rfm.Scale.learn(library(ten().iloc[:0]))


def test_missing_values_are_refused():
    table = ten()
    table.loc[2, "recency"] = np.nan
    with pytest.raises(ValueError, match="1 missing value in recency"):
        rfm.Scale.learn(table)


def test_a_table_without_the_measures_is_refused():
    with pytest.raises(ValueError, match=r"`table` has no frequency, monetary.*ecommine.rfm.table"):
        rfm.Scale.learn(ten()[["customer_id", "recency"]])


@pytest.mark.parametrize(("measure", "value"), [("monetary", 1e13), ("monetary", np.nan), ("recency", np.nan)])
def test_measures_that_cannot_be_compared_are_refused(measure, value):
    scale = rfm.Scale(recency=(30,), frequency=(1,), monetary=(100,))
    table = pd.DataFrame({"recency": [1.0, 2], "frequency": [1, 2], "monetary": [5.0, 6]})
    table.loc[0, measure] = value
    with pytest.raises(ValueError, match=f"1 customer whose {measure}"):
        scale.apply(table)


def test_cut_points_of_a_millionth_are_inclusive_edges():
    scale = rfm.Scale(recency=(30,), frequency=(1,), monetary=(2.5e-6,))
    table = pd.DataFrame({"recency": [1], "frequency": [1], "monetary": [2.5e-6], "_micro": ["mine"]})
    scored = scale.apply(table)
    assert scored["monetary_score"].tolist() == [1]
    assert scored["_micro"].tolist() == ["mine"]
