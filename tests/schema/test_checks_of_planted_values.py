"""Faults of ten kinds, a thousand in real order lines: those rows are rejected with every reason, and no other."""

import os
from functools import cache
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, schema
from libraries import to_pandas

REAL = Path(os.environ.get("ECOMMINE_DATA", "../shared/data")) / "online_retail.parquet"

KINDS = (  # column, what is planted, the reason that it must get
    ("order_id", None, "order_id is missing"),
    ("order_id", "", "order_id is empty text"),
    ("customer_id", 12345.5, "customer_id is a float that is not an exact id"),
    ("customer_id", 1234567890123456789.0, "customer_id is a float that is not an exact id"),
    ("ordered_at", np.datetime64("NaT", "us"), "ordered_at is missing"),
    ("ordered_at", np.datetime64("1899-12-30"), "ordered_at is before 1970-03-01 or after 2099"),
    ("quantity", None, "quantity is missing"),
    ("quantity", "6 pcs", "quantity is not a number"),
    ("unit_price", np.nan, "unit_price is missing"),
    ("unit_price", np.inf, "unit_price is infinite"),
)


def plant(frame: pd.DataFrame, each: int, *, rng: int = 0) -> tuple[pd.DataFrame, dict[int, set[str]]]:
    """Plant each kind of fault in ``each`` rows; a row may get two, in different columns."""
    draw = np.random.default_rng(rng)
    pool = draw.choice(len(frame), size=7 * each, replace=False)
    columns = {name: frame[name].to_numpy(copy=True) for name in dict.fromkeys(name for name, _, _ in KINDS)}
    columns |= {name: columns[name].astype(object) for name in ("order_id", "quantity")}
    reasons: dict[int, set[str]] = {}
    used = set()
    for name, value, reason in KINDS:
        free = [row for row in pool if (name, row) not in used]
        for row in draw.choice(free, size=each, replace=False):
            columns[name][row] = value
            used.add((name, row))
            reasons.setdefault(int(row), set()).add(reason)
    return frame.assign(**columns, row=np.arange(len(frame))), reasons


def drawn(rows: int, *, rng: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(rng)
    order = draw.integers(0, rows // 3, rows)
    customers = np.where(draw.random(rows) < 0.25, np.nan, draw.integers(1, 99, rows))
    return pd.DataFrame(
        {
            "order_id": [f"A{number}" for number in order],
            "customer_id": customers[order],  # an order is of one customer, or of a guest
            "ordered_at": np.datetime64("2024-01-01", "us") + draw.integers(0, 10**13, rows).astype("timedelta64[us]"),
            "quantity": draw.integers(-3, 9, rows).astype(str),
            "unit_price": draw.integers(0, 10_000, rows) / 100,
        }
    )


@cache
def real() -> pd.DataFrame:
    if not REAL.is_file():
        pytest.skip("online_retail.parquet is not in the folder that ECOMMINE_DATA names")
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    raw = pd.read_parquet(REAL)
    return pd.DataFrame(
        {
            "order_id": raw["InvoiceNo"].astype(object),
            "customer_id": raw["CustomerID"].astype("float64"),
            "ordered_at": raw["InvoiceDate"].astype("datetime64[us]"),
            "quantity": raw["Quantity"].astype(str).astype(object),
            "unit_price": raw["UnitPrice"],
        }
    )


def check(library, frame: pd.DataFrame, each: int) -> None:
    broken, expected = plant(frame, each)
    assert sum(map(len, expected.values())) == len(KINDS) * each
    assert any(len(reasons) == 2 for reasons in expected.values())
    split = schema.quarantine("orders", library(broken))
    rejected = to_pandas(split.rejected)
    found = {row: set(text.split("; ")) for row, text in zip(rejected["row"], rejected["reason"], strict=True)}
    assert len(rejected) == len(found)
    assert found == expected
    valid = to_pandas(nw.from_native(split.valid).select("row", "amount").to_native(), sort=["row"])
    good = np.setdiff1d(broken["row"], list(expected))
    assert valid["row"].tolist() == good.tolist()
    amounts = frame["quantity"].astype(float) * frame["unit_price"]
    np.testing.assert_allclose(valid["amount"], amounts.to_numpy()[good], rtol=1e-12)


def test_sixty_faults_in_drawn_order_lines(library):
    check(library, drawn(600), each=6)


def test_a_thousand_faults_in_real_order_lines(library):
    """Every tenth line; all half a million are in `make parity`."""
    check(library, real().iloc[::10].reset_index(drop=True), each=100)


@pytest.mark.parity
def test_a_thousand_faults_among_all_real_order_lines(local_library):
    check(local_library, real(), each=100)


def test_the_reader_counts_what_was_planted(library):
    broken, expected = plant(drawn(600), each=6)
    with pytest.raises(SchemaError) as caught:
        schema.orders(library(broken))
    told = "\n".join(caught.value.problems)
    for reason in {reason for reasons in expected.values() for reason in reasons}:
        count = sum(reason in reasons for reasons in expected.values())
        column, words = reason.split(" ", 1)
        assert f"`{column}` {words} in {count} rows, first " in told


def test_row_order_does_not_matter(library):
    broken, expected = plant(drawn(600), each=6)
    shuffled = broken.sample(frac=1, random_state=0).reset_index(drop=True)
    split = schema.quarantine("orders", library(shuffled))
    rejected = to_pandas(split.rejected)
    found = {row: set(text.split("; ")) for row, text in zip(rejected["row"], rejected["reason"], strict=True)}
    assert found == expected


# Passes


@pytest.fixture
def passes(monkeypatch):
    """Count how often a lazy table is computed."""
    seen = []
    plain = nw.LazyFrame.collect

    def counted(frame, *how, **more):
        seen.append(frame)
        return plain(frame, *how, **more)

    monkeypatch.setattr(nw.LazyFrame, "collect", counted)
    return seen


def test_a_valid_lazy_table_is_computed_for_its_values_and_for_its_orders(library, passes):
    schema.orders(library(drawn(30)))
    assert len(passes) in ((2, 3) if library.lazy else (0,))  # the third is of the orders alone, which are few


def test_types_alone_need_no_pass(library, passes):
    schema.orders(library(drawn(30)), check="types")
    assert passes == []


def test_an_error_needs_one_more_pass_for_its_examples(library, passes):
    with pytest.raises(SchemaError):
        schema.orders(library(plant(drawn(600), each=6)[0]))
    assert len(passes) in ((2, 3, 4) if library.lazy else (0,))


def test_quarantine_needs_no_pass(library, passes):
    split = schema.quarantine("orders", library(drawn(30)))
    assert passes == []
    sizes = ("lazy", "lazy") if library.lazy else ("30 rows", "0 rows")
    assert repr(split) == f"Quarantine(valid: {sizes[0]}, rejected: {sizes[1]})"
    assert passes == []
