"""Assignment by hash: one answer for an id in every library and process, in the shares of the design."""

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecommine import abtest
from libraries import to_pandas

ARMS = {"control": 0.5, "a": 0.3, "b": 0.2}
PAGE = abtest.Experiment("page", arms=ARMS, metrics=[abtest.Proportion("converted")])


def by_hand(one, salt="page"):
    """The definition, written out: the hash as a fraction, and the arm in whose part of [0, 1) it falls."""
    share = int(sha256(f"{salt}:{one}".encode()).hexdigest()[:16], 16) / 16**16
    return "control" if share < 0.5 else "a" if share < 0.8 else "b"


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)))
def test_arms_are_those_of_the_definition(ids):
    assert PAGE.assign(ids)["variant"].tolist() == [by_hand(one) for one in ids]


@pytest.mark.parametrize("ids", [list(range(50)), [f"c{i}" for i in range(50)]])
def test_every_library_gives_the_same_arms(ids, library):
    table = to_pandas(PAGE.assign(library(pd.DataFrame({"customer_id": ids, "x": 1}))), sort=["customer_id"])
    assert list(table.columns) == ["customer_id", "variant", "experiment"]
    assert table["variant"].tolist() == [by_hand(one) for one in sorted(ids)]
    assert set(table["experiment"]) == {"page"}


def test_every_process_gives_the_same_arms():
    code = (
        "from ecommine import abtest;"
        "page = abtest.Experiment('page', arms={'control': .5, 'a': .3, 'b': .2}, metrics=[abtest.Proportion('x')]);"
        "print(*page.assign(range(20))['variant'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [by_hand(one) for one in range(20)]


def test_numbers_and_their_texts_are_one_id():
    whole, floats, texts = (
        PAGE.assign(ids)["variant"].tolist() for ids in (range(99), np.arange(99.0), [*map(str, range(99))])
    )
    assert whole == floats == texts


def test_columns_alone_will_do():
    series = pd.Series(["ann", "bob"], name="who")
    assert PAGE.assign(series)["variant"].tolist() == PAGE.assign(["ann", "bob"])["variant"].tolist()


def test_shares_are_those_of_the_design():
    counts = PAGE.assign(range(20_000))["variant"].value_counts()
    for arm, share in ARMS.items():
        assert counts[arm] == pytest.approx(20_000 * share, abs=4 * np.sqrt(20_000 * share * (1 - share)))


def test_experiments_and_salts_are_independent():
    other = abtest.Experiment("price", arms=ARMS, metrics=[abtest.Proportion("converted")])
    mine = PAGE.assign(range(5_000))["variant"]
    for theirs in (other.assign(range(5_000))["variant"], PAGE.assign(range(5_000), salt="again")["variant"]):
        table = pd.crosstab(mine, theirs).to_numpy()
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
        assert ((table - expected) ** 2 / expected).sum() < 20  # 4 degrees of freedom


@pytest.mark.parametrize(
    ("ids", "error", "names"),
    [
        ("ann", TypeError, "`ids`"),
        (3, TypeError, "`ids`"),
        (["ann", None], ValueError, "missing"),
        (pd.DataFrame({"user": [1]}), ValueError, "customer_id"),
        (np.eye(2), ValueError, "`ids`"),
        ([["ann"]], ValueError, "`ids`"),
    ],
)
def test_errors_name_the_ids(ids, error, names):
    with pytest.raises(error, match=names):
        PAGE.assign(ids)


def test_half_a_character_is_a_salt_too():
    assert PAGE.assign(["ann"], salt="\udfff")["variant"].item() in PAGE.arms


def test_unknown_shares_and_salts_are_errors():
    with pytest.raises(ValueError, match="shares"):
        abtest.Experiment("x", arms=["control", "a"], metrics=[abtest.Proportion("c")]).assign([1])
    with pytest.raises(TypeError, match="`salt`"):
        PAGE.assign([1], salt=3)
