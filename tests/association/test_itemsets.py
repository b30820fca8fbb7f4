"""Itemsets from order lines: by hand, in every table library, and every trap of the field."""

import pickle

import numpy as np
import pandas as pd
import pytest

from association.slow import all_itemsets, closed, lines, maximal, random_baskets
from ecommine import SchemaError, association, schema
from ecommine.association._mining.threshold import count_of_support
from libraries import to_pandas

BASKETS = [["bread", "butter", "jam"], ["bread", "butter"], ["bread", "jam"], ["milk"]]


def rows(table):
    """The table as plain tuples, whatever the library."""
    frame = to_pandas(table)
    return [
        (tuple(one), size, count)
        for one, size, count in zip(*(frame[c] for c in ("itemset", "size", "count")), strict=True)
    ]


@pytest.mark.call("association.itemsets")
def test_by_hand_in_every_library(library):
    result = association.itemsets(library(lines(BASKETS)), min_support=0.5)
    assert rows(result.table) == [
        (("bread",), 1, 3),
        (("butter",), 1, 2),
        (("jam",), 1, 2),
        (("bread", "butter"), 2, 2),
        (("bread", "jam"), 2, 2),
    ]
    assert to_pandas(result.table)["support"].tolist() == [0.75, 0.5, 0.5, 0.5, 0.5]
    assert (result.n_orders, result.min_count, result.truncated) == (4, 2, False)


def test_whole_number_ids_in_every_library(library):
    baskets = random_baskets(300, 15, 4, np.random.default_rng(1))
    result = association.itemsets(library(lines(baskets)), min_support=0.05)
    expected = all_itemsets(baskets, 15)
    assert {items: count for items, _, count in rows(result.table)} == expected
    assert len(rows(result.table)) == len(expected)


@pytest.mark.parametrize("kind", ["closed", "maximal"])
@pytest.mark.parametrize("max_size", [None, 1, 2])
def test_kinds_are_exact_under_a_limit_of_size(kind, max_size):
    baskets = random_baskets(400, 12, 4, np.random.default_rng(2))
    result = association.itemsets(lines(baskets), min_support=0.03, kind=kind, max_size=max_size)
    everything = all_itemsets(baskets, 12)
    expected = (closed if kind == "closed" else maximal)(everything)
    assert {items for items, *_ in rows(result.table)} == {
        a for a in expected if max_size is None or len(a) <= max_size
    }


def test_shares_that_are_whole_numbers_but_for_rounding():
    assert 0.28 * 25 > 7
    assert [count_of_support(0.28, 25), count_of_support(0.281, 25), count_of_support(1e-9, 25)] == [7, 8, 1]
    baskets = [["a"]] * 7 + [["b"]] * 18
    assert rows(association.itemsets(lines(baskets), min_support=0.28).table) == [(("b",), 1, 18), (("a",), 1, 7)]


def test_lines_of_a_product_in_one_order_count_once():
    result = association.itemsets(lines([["a", "a", "b"], ["a"]]), min_support=0.5)
    assert rows(result.table) == [(("a",), 1, 2), (("b",), 1, 1), (("a", "b"), 2, 1)]


def test_the_order_of_rows_does_not_matter(local_library):
    table = lines(random_baskets(300, 20, 4, np.random.default_rng(3)))
    mixed = table.sample(frac=1, random_state=np.random.default_rng(0)).reset_index(drop=True)
    result, other = (association.itemsets(local_library(one), top=50) for one in (table, mixed))
    assert rows(result.table) == rows(other.table)
    assert result.headline == other.headline


def test_ids_survive_parquet(tmp_path, local_library):
    if local_library.name != "pandas-numpy":
        pytest.importorskip("pyarrow")
    table = association.itemsets(local_library(lines([[1, 2], [1, 2], [3]])), min_support=0.5).table
    pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    frame = to_pandas(table)
    frame.to_parquet(tmp_path / "itemsets.parquet")
    assert [list(one) for one in pd.read_parquet(tmp_path / "itemsets.parquet")["itemset"]] == [[1], [2], [1, 2]]


def test_flat_twin_with_names(local_library):
    result = association.itemsets(local_library(lines([[1, 2], [1, 2], [3]])), min_support=0.5)
    assert to_pandas(result.to_flat())["itemset"].tolist() == ["1", "2", "1 + 2"]
    products = pd.DataFrame({"product_id": [1, 2], "title": ["tea", None]})
    assert to_pandas(result.to_flat(names=products))["itemset"].tolist() == ["tea", "2", "tea + 2"]
    assert to_pandas(result.to_flat(names={2: "milk"}))["itemset"].tolist() == ["1", "milk", "1 + milk"]
    with pytest.raises(ValueError, match="`title` is missing"):
        result.to_flat(names=products.drop(columns="title"))


def test_nothing_frequent_still_tells_the_orders(local_library):
    result = association.itemsets(local_library(lines([["a"], ["b"], ["c"]])), min_support=0.5)
    assert (rows(result.table), result.n_orders) == ([], 3)
    assert result.headline == "0 itemsets in at least 2 of 3 orders"
    assert "0 rows" in repr(result)
    assert list(to_pandas(result.to_flat()).columns) == ["itemset", "size", "count", "support"]


def test_an_empty_table():
    result = association.itemsets(lines([["a"]]).iloc[:0], min_support=0.5)
    assert (len(result.table), result.n_orders) == (0, 0)


def test_top_says_what_it_left_out():
    result = association.itemsets(lines([["a", "b"]] * 3 + [["a", "c"]] * 2), top=2)
    assert rows(result.table) == [(("a",), 1, 5), (("b",), 1, 3)]
    assert result.truncated
    assert {note.code: note.count for note in result.notes} == {"truncated": 2}
    everything = association.itemsets(lines([["a", "b"]]), top=3)
    assert not everything.truncated
    assert everything.notes == ()


def test_only_products_count():
    table = lines([["a", "post"], ["a", "b"], ["post"]]).assign(
        line_type=["product", "shipping", None, "product", "fee"]
    )
    result = association.itemsets(table, min_support=0.1)
    assert rows(result.table) == [(("a",), 1, 2), (("b",), 1, 1), (("a", "b"), 2, 1)]
    assert result.n_orders == 2
    assert {note.code: note.count for note in result.notes} == {"other_lines_left_out": 2}


def returned():
    """Order 0 gives back one of two a; order 1 gives back its only a; order 2 is a cancellation; order 3 keeps b."""
    table = lines([["a", "a", "b"], ["a", "a", "b"], ["a"], ["b"]])
    return table.assign(quantity=[2, -1, 1, 1, -1, 1, -3, 1])


@pytest.mark.parametrize(
    ("returns", "expected", "orders"),
    [
        ("net", {("a",): 1, ("b",): 3, ("a", "b"): 1}, 3),
        ("drop", {("a",): 2, ("b",): 3, ("a", "b"): 2}, 3),
        ("keep", {("a",): 3, ("b",): 3, ("a", "b"): 2}, 4),
    ],
)
def test_returns(library, returns, expected, orders):
    result = association.itemsets(library(returned()), min_support=0.01, returns=returns)
    assert {items: count for items, _, count in rows(result.table)} == expected
    assert result.n_orders == orders


def test_returns_by_amount():
    table = lines([["a", "b"], ["a", "a"]]).assign(amount=[5.0, 5.0, 5.0, -5.0])
    result = association.itemsets(table, min_support=0.1)
    assert {items: count for items, _, count in rows(result.table)} == {("a",): 1, ("b",): 1, ("a", "b"): 1}


def test_as_of(library):
    table = lines(
        [["a"], ["b"], ["c"]], ordered_at=pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]).as_unit("us")
    )
    result = association.itemsets(library(table), min_support=0.1, as_of="2024-01-02")
    assert result.n_orders == 2
    assert {note.code: note.count for note in result.notes} == {"rows_after_as_of": 1}
    assert result.headline.startswith("as of 2024-01-02 23:59, 2 itemsets")
    with pytest.raises(ValueError, match=r"`as_of`.*ordered_at"):
        association.itemsets(library(lines([["a"]])), min_support=0.1, as_of="2024-01-02")


def test_items_limits_products_but_not_orders(library):
    result = association.itemsets(library(lines(BASKETS)), min_support=0.2, items=["bread", "jam"])
    assert rows(result.table) == [(("bread",), 1, 3), (("jam",), 1, 2), (("bread", "jam"), 2, 2)]
    assert result.n_orders == 4


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"min_support": 0}, ValueError, "`min_support` must be above 0"),
        ({"min_support": 2}, ValueError, "`min_support` must be between 0 and 1, got 2"),
        ({"top": 0}, ValueError, "`top` must be at least 1"),
        ({"kind": "open"}, ValueError, "`kind` must be one of 'all', 'closed', 'maximal', got 'open'"),
        ({"items": "bread"}, TypeError, "`items`.*'bread'"),
        ({"items": ["bread", "tea"]}, ValueError, "`items`.*'tea'"),
        ({"returns": "all"}, ValueError, "`returns` must be one of"),
        ({"max_size": 0}, ValueError, "`max_size` must be at least 1"),
    ],
)
def test_options_out_of_range(options, error, message):
    with pytest.raises(error, match=message):
        association.itemsets(lines(BASKETS), **options)


def test_missing_values_and_columns(local_library):
    table = lines(BASKETS)
    with pytest.raises(SchemaError, match="product_id"):
        association.itemsets(local_library(table[["order_id"]]))
    table["product_id"] = table["product_id"].astype(object)
    table.loc[0, "product_id"] = None
    result = association.itemsets(local_library(table), min_support=0.2)
    assert {note.code: note.count for note in result.notes} == {"missing_product_left_out": 1}
    broken = lines(BASKETS).astype({"order_id": "float64"})
    broken.loc[1, "order_id"] = np.nan
    with pytest.raises(SchemaError, match=r"`order_id`.*1 line.*schema\.quarantine"):
        association.itemsets(local_library(broken.astype({"order_id": "Int64"})))


def test_a_shop_is_no_table():
    with pytest.raises(TypeError, match=r"`orders`.*Shop.*shop\.orders"):
        association.itemsets(schema.Shop(orders=lines(BASKETS)))
    with pytest.raises(TypeError, match="`orders` must be a pandas"):
        association.itemsets([["a", "b"]])


def test_a_text_column_is_not_split_into_letters():
    result = association.itemsets(lines([["tea"], ["tea"]]), min_support=1.0)
    assert rows(result.table) == [(("tea",), 1, 2)]


def test_results_pickle():
    result = association.itemsets(lines(BASKETS), min_support=0.5)
    again = pickle.loads(pickle.dumps(result))
    assert again.headline == result.headline
    assert rows(again.table) == rows(result.table)


@pytest.mark.spark
def test_spark_needs_a_support(spark):
    from libraries import to_spark

    with pytest.raises(ValueError, match="`top` cannot be mined on Spark"):
        association.itemsets(to_spark(spark, lines(BASKETS)))


@pytest.mark.spark
def test_spark_gives_the_same_table(spark):
    from libraries import to_spark

    table = lines(random_baskets(3_000, 80, 5, np.random.default_rng(4)))
    for kind in ("all", "closed", "maximal"):
        ours = association.itemsets(table, min_support=0.004, kind=kind)
        theirs = association.itemsets(to_spark(spark, table), min_support=0.004, kind=kind)
        assert rows(theirs.table) == rows(ours.table)
        assert len(ours.table) > 100


def test_top_of_a_kind_counts_ties_of_the_last():
    """{a, b, c} has the count of a and b, which are therefore not closed, though there are three itemsets before it."""
    table = lines([["a", "b", "c"], ["a", "b", "c"], ["d"], ["d"], ["d"]])
    assert rows(association.itemsets(table, top=3, kind="closed").table) == [(("d",), 1, 3), (("a", "b", "c"), 3, 2)]


def test_ids_above_63_bits():
    big = np.array([2**63, 2**63 + 1], dtype="uint64")
    result = association.itemsets(pd.DataFrame({"order_id": [1, 1], "product_id": big}), min_support=0.5)
    assert rows(result.table)[-1] == ((2**63, 2**63 + 1), 2, 1)


def test_names_that_are_missing_or_shared():
    result = association.itemsets(lines([[1, 2, 3]]), min_support=0.5, max_size=1)
    names = pd.DataFrame({"product_id": [1, 2, 3], "title": pd.array(["tea", None, "tea"], dtype="string")})
    assert result.to_flat(names=names)["itemset"].tolist() == ["tea (1)", "2", "tea (3)"]


def test_orders_with_lines_of_several_customers_take_the_first_by_id(local_library):
    table = lines([["a", "b"], ["a", "b"], ["a"]]).assign(customer_id=["y", "x", None, "x", None])
    for one in (table, table.iloc[::-1]):
        result = association.itemsets(local_library(one.reset_index(drop=True)), min_support=0.1)
        assert result._baskets.customers.tolist() == [0, 0, -1]
        assert {note.code: note.count for note in result.notes} == {"mixed_customers": 2}


@pytest.mark.parametrize("kind", ["int8", "int16", "int64"])
def test_short_and_negative_ids(kind):
    table = lines([[-100, 100], [-100, 7], [-100, 100]])
    table["product_id"] = table["product_id"].astype(kind)
    result = association.itemsets(table, min_support=0.5).table
    assert [list(one) for one in result["itemset"]] == [[-100], [100], [-100, 100]]
