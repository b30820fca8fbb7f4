"""One row per unit: windows, refunds, what was known before exposure, first exposures, pending and excluded units."""

import warnings

import numpy as np
import pandas as pd
import pytest

from abtest.slow import made_shop, slow_units
from ecommine import DataWarning, SchemaError, abtest
from libraries import to_pandas
from notes import warning_counts


def quiet(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return abtest.units(*args, **options)


def assigned(*rows, **columns):
    customers, variants, days = zip(*rows, strict=True)
    frame = {
        "customer_id": list(customers),
        "variant": list(variants),
        "assigned_at": pd.to_datetime(list(days), format="ISO8601"),
    }
    return pd.DataFrame(frame | columns)


def ordered(*rows):
    orders, customers, days, amounts = zip(*rows, strict=True)
    frame = {
        "order_id": list(orders),
        "customer_id": list(customers),
        "ordered_at": pd.to_datetime(list(days), format="ISO8601"),
    }
    return pd.DataFrame(frame | {"amount": [float(amount) for amount in amounts]})


@pytest.mark.call("abtest.units")
@pytest.mark.parametrize("rng", range(2))
def test_units_are_those_of_the_slow_version(rng, local_library):
    assignments, lines = made_shop(rng)
    slow = slow_units(assignments, lines)
    table = to_pandas(quiet(local_library(assignments), local_library(lines)), sort=["customer_id"])
    assert list(table.columns) == list(slow.columns)
    pd.testing.assert_frame_equal(table, to_pandas(slow))
    assert slow["excluded"].any()
    assert slow["pending"].any()


def test_an_as_of_in_the_past_is_what_was_known_then():
    assignments, lines = made_shop(3)
    as_of = pd.Timestamp("2024-02-10 12:00")
    table = to_pandas(quiet(assignments, lines, as_of=as_of, window="1w", before="2w"), sort=["customer_id"])
    slow = slow_units(assignments, lines, window=7, before=14, as_of=as_of)
    pd.testing.assert_frame_equal(table, to_pandas(slow))


def test_refunds_belong_to_the_order_they_refund():
    assignments = assigned(("ann", "a", "2024-03-10"))
    lines = ordered(
        (1, "ann", "2024-03-01", 50), (1, "ann", "2024-03-05", -10), (1, "ann", "2024-03-12", -40),  # before
        (2, "ann", "2024-03-11", 80), (2, "ann", "2024-04-20", -30),  # in the window, refunded long after it
        (3, "ann", "2024-03-24", 99), (4, "ann", "2024-05-01", 1),  # the window of 14 days is over at that moment
    )  # fmt: skip
    row = abtest.units(assignments, lines).iloc[0]
    assert (row["orders"], row["revenue"], row["revenue_before"]) == (1, 50.0, 40.0)
    early = quiet(assignments, lines, as_of="2024-04-01").iloc[0]
    assert early["revenue"] == 80.0


def test_the_moment_of_exposure_is_after_it():
    assignments = assigned(("ann", "a", "2024-03-10 12:00"), ("bob", "a", "2024-03-10 12:00"))
    lines = ordered((1, "ann", "2024-03-10 12:00", 5), (2, "bob", "2024-03-10 11:59", 7), (3, "x", "2024-06-01", 1))
    table = abtest.units(assignments, lines)
    assert table["revenue"].tolist() == [5.0, 0.0]
    assert table["revenue_before"].tolist() == [0.0, 7.0]


def test_a_window_is_over_at_its_last_moment():
    assignments = assigned(("ann", "a", "2024-03-01 00:00"), ("bob", "a", "2024-03-01 00:01"))
    lines = ordered((1, "ann", "2024-03-15 00:00", 5))
    assert abtest.units(assignments, lines)["pending"].tolist() == [False, True]


def test_charges_make_no_order_but_their_money_counts():
    assignments = assigned(("ann", "a", "2024-03-01"))
    lines = ordered((1, "ann", "2024-03-02", 20), (1, "ann", "2024-03-02", 5), (9, "zoe", "2024-05-01", 1))
    lines["line_type"] = ["product", "shipping", None]
    row = abtest.units(assignments, lines).iloc[0]
    assert (row["orders"], row["revenue"]) == (1, 25.0)


def test_a_negative_quantity_is_a_return_whatever_its_money():
    assignments = assigned(("ann", "a", "2024-03-01"))
    lines = ordered((1, "ann", "2024-03-02", 20), (2, "ann", "2024-03-03", 0), (9, "zoe", "2024-05-01", 1))
    lines["quantity"] = [1, -1, 1]
    table, counts = warning_counts(abtest.units, assignments, lines)
    assert table["orders"].tolist() == [1]
    assert counts == {"refunds_without_order": 1}


def test_first_exposures_count_and_two_arms_are_marked(library):
    assignments = assigned(
        ("ann", "a", "2024-03-05"), ("ann", "a", "2024-03-01"), ("bob", "b", "2024-03-02"), ("bob", "a", "2024-03-01"),
        ("cy", "b", "2024-03-02"), ("cy", "b", "2024-03-02"), (None, "a", "2024-03-02"), ("dan", "a", "2024-06-02"),
        device=list("mmddmdmm"),
    )  # fmt: skip
    lines = ordered((1, "ann", "2024-03-02", 20), (2, "x", "2024-05-01", 1), (7, "ann", "2024-03-09", -4))
    with pytest.warns(DataWarning) as caught:
        table = to_pandas(abtest.units(library(assignments), library(lines)), sort=["customer_id"])
    notes = next(one.message.notes for one in caught if isinstance(one.message, DataWarning))
    assert {note.code: note.count for note in notes} == {
        "guests_left_out": 1,
        "assignments_after_as_of": 1,
        "units_in_two_arms": 1,
        "later_exposures": 2,
        "refunds_without_order": 1,
    }
    assert table["customer_id"].tolist() == ["ann", "bob", "cy"]
    assert table["variant"].tolist() == ["a", "a", "b"]
    assert table["device"].tolist() == ["m", "d", "d"]
    assert table["excluded"].tolist() == [False, True, False]
    assert table["revenue"].tolist() == [20.0, 0.0, 0.0]


def test_no_customer_in_common_is_a_warning():
    table, counts = warning_counts(abtest.units, assigned((1, "a", "2024-03-01")), ordered((1, 2, "2024-04-02", 20)))
    assert counts == {"no_orders_matched": 0}
    assert table["revenue"].tolist() == [0.0]


def test_one_of_several_experiments_is_taken():
    rows = assigned(("ann", "a", "2024-03-01"), ("ann", "b", "2024-03-02"), experiment=["x", "y"])
    lines = ordered((1, "ann", "2024-04-02", 20))
    assert abtest.units(rows, lines, experiment="y")["variant"].tolist() == ["b"]
    assert abtest.units(rows.iloc[:1], lines)["variant"].tolist() == ["a"]
    with pytest.raises(ValueError, match="'x', 'y'"):
        abtest.units(rows, lines)
    with pytest.raises(ValueError, match="'z'"):
        abtest.units(rows, lines, experiment="z")
    with pytest.raises(ValueError, match="no column 'experiment'"):
        abtest.units(rows.drop(columns="experiment"), lines, experiment="x")


@pytest.mark.parametrize(
    ("change", "error", "names"),
    [
        (lambda a, o: (a.drop(columns="assigned_at"), o), SchemaError, "assigned_at"),
        (lambda a, o: (a.drop(columns="variant"), o), SchemaError, "variant"),
        (lambda a, o: (a.assign(revenue=1), o), SchemaError, "rename"),
        (lambda a, o: (a.assign(assigned_at=pd.NaT), o), SchemaError, "missing"),
        (lambda a, o: (a.assign(variant=None), o), SchemaError, "variant"),
        (lambda a, o: (a, o.assign(customer_id=1)), SchemaError, "customer_id"),
        (lambda a, o: (a, o.iloc[:0]), ValueError, "`as_of`"),
        (lambda a, o: (a, o.assign(currency=["EUR", "USD"])), SchemaError, "currencies"),
    ],
)
def test_errors_name_what_is_wrong(change, error, names):
    assignments = assigned(("ann", "a", "2024-03-01"))
    lines = ordered((1, "ann", "2024-04-02", 20), (2, "ann", "2024-04-03", 20))
    with pytest.raises(error, match=names):
        abtest.units(*change(assignments, lines))


@pytest.mark.parametrize("options", [{"window": "1mo"}, {"before": "soon"}, {"window": "0d"}])
def test_windows_have_a_fixed_length(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        abtest.units(assigned(("ann", "a", "2024-03-01")), ordered((1, "ann", "2024-04-02", 20)), **options)


def test_nobody_assigned_gives_no_rows(local_library):
    texts = {"customer_id": "string", "variant": "string"}  # a column of objects without a value has no type
    empty = assigned(("ann", "a", "2024-03-01")).astype(texts).iloc[:0]
    table = to_pandas(quiet(local_library(empty), local_library(ordered((1, "ann", "2024-04-02", 20)))))
    assert len(table) == 0
    assert np.array_equal(table.columns[:3], ["customer_id", "variant", "assigned_at"])
