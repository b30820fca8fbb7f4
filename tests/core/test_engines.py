"""PyArrow's joins and types, and tables handed to DuckDB, against what the other libraries do by themselves."""

import pickle

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

from ecommine import funnel, rfm, schema
from ecommine._core.engines import check_pickles
from ecommine._core.frames import build, collect, hand_back, join, opened
from ecommine._core.tables import build_table


@pytest.fixture
def pa():
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed")


@pytest.fixture
def duckdb():
    return pytest.importorskip("duckdb", reason="duckdb is not installed")


def joined(left, right, how, on=("id",)):
    return join(opened(left, argument="l"), opened(right, argument="r"), on=list(on), how=how).to_native()


def odd_columns(pa, n):
    return {
        "null": pa.nulls(n),
        "list": pa.array([[i, None] for i in range(n)]),
        "struct": pa.array([{"a": i} for i in range(n)]),
        "map": pa.array([[("k", i)] for i in range(n)], pa.map_(pa.string(), pa.int64())),
        "fixed list": pa.array([[i, i] for i in range(n)], pa.list_(pa.int64(), 2)),
        "nested": pa.array([[{"a": [i]}] for i in range(n)]),
        "dictionary": pa.array([str(i) for i in range(n)]).dictionary_encode(),
    }


@pytest.mark.parametrize("name", ["null", "list", "struct", "map", "fixed list", "nested", "dictionary"])
@pytest.mark.parametrize("how", ["inner", "left", "semi"])
def test_columns_of_any_type_ride_along_on_either_side(pa, name, how):
    left = pa.table({"id": ["c", "a", None, "b"], "ours": odd_columns(pa, 4)[name]})
    right = pa.table({"id": ["b", "c", None], "theirs": odd_columns(pa, 3)[name]})
    found = joined(left, right, how).to_pylist()
    assert [row["id"] for row in found] == (["c", "a", None, "b"] if how == "left" else ["c", "b"])
    ours = dict(zip(left["id"].to_pylist(), left["ours"].to_pylist(), strict=True))
    theirs = dict(zip(["b", "c"], right["theirs"].to_pylist()[:2], strict=True))
    assert [row["ours"] for row in found] == [ours[row["id"]] for row in found]
    assert how == "semi" or [row["theirs"] for row in found] == [theirs.get(row["id"]) for row in found]


@pytest.mark.parametrize("how", ["inner", "left"])
def test_an_arrow_join_equals_that_of_pandas(pa, how):
    rng = np.random.default_rng(5)
    left = pd.DataFrame({"a": rng.integers(0, 9, 80), "b": rng.integers(0, 3, 80), "x": np.arange(80), "left": 1})
    right = pd.DataFrame({"a": rng.integers(0, 9, 30), "b": rng.integers(0, 3, 30), "x": np.arange(30), "key_0": 2})
    found = joined(pa.Table.from_pandas(left), pa.Table.from_pandas(right), how, on=("a", "b")).to_pandas()
    expected = joined(left, right, how, on=("a", "b"))
    assert list(found.columns) == list(expected.columns) == ["a", "b", "x", "left", "x_right", "key_0"]
    order = ["x", "x_right"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True), check_dtype=False
    )
    assert found["x"].is_monotonic_increasing


def test_columns_that_only_share_a_name_keep_their_own_type(pa):
    theirs = pa.table({"share": [True], "step": [1], "n": pa.array([1], pa.int8()), "at": pa.array([1], pa.date32())})
    columns = {"share": [0.5], "step": ["buy"], "n": [3], "at": [0.25]}
    table = build_table(columns, like=opened(theirs, argument="t"))
    alone = build_table(columns, like=opened(pa.table({"x": [1]}), argument="t"))
    assert table.schema == alone.schema
    assert table.to_pydict() == columns


def test_ids_and_keys_have_the_callers_type_where_it_holds_them(pa):
    theirs = pa.table(
        {
            "product_id": pa.array(["a"], pa.large_string()),
            "order_id": pa.array([1], pa.int32()),
            "customer_id": pa.array([1], pa.int8()),
            "session_id": [True],
            "country": pa.array(["NL"], pa.large_string()),
        }
    )
    columns = {"product_id": ["b"], "order_id": [7], "customer_id": [300], "session_id": [2], "country": ["DE"]}
    built = build(columns, like=opened(theirs, argument="t"), keys=["country"]).to_native()
    assert built.to_pydict() == columns
    types = [pa.large_string(), pa.int32(), pa.int64(), pa.int64(), pa.large_string()]
    assert built.schema.types == types


@pytest.mark.parametrize("name", ["table", "scope", "relation", "view", "theirs", "small", "ecommine_computed"])
def test_a_table_of_the_caller_of_any_name_is_left_alone(duckdb, name):
    connection = duckdb.connect()
    connection.execute(f'create table "{name}" as select 99 as mine')
    like = opened(connection.sql("select 1 as a"), argument="t")
    back = hand_back(nw.from_native(pd.DataFrame({"a": [1, 2]}), eager_only=True), like=like)
    assert back.fetchall() == [(1,), (2,)]
    assert connection.sql(f'select * from "{name}"').fetchall() == [(99,)]
    assert connection.sql("select count(*) from duckdb_tables()").fetchall() == [(1,)]


def test_many_tables_handed_to_one_connection_stay_apart(duckdb):
    connection = duckdb.connect()
    connection.execute("set python_enable_replacements = false")
    like = opened(connection.sql("select 1 as a"), argument="t")
    tables = [nw.from_native(pd.DataFrame({"a": [1], "b": [i]}), eager_only=True) for i in range(5)]
    backs = [hand_back(table, like=like) for table in tables]
    assert [back.fetchall() for back in backs] == [[(1, i)] for i in range(5)]
    assert backs[0].join(backs[4], "a").fetchall() == [(1, 0, 4)]
    assert connection.sql("select current_setting('python_enable_replacements')").fetchall() == [(False,)]


def test_a_locked_connection_without_tables_of_python_is_told(duckdb):
    connection = duckdb.connect()
    connection.execute("set python_enable_replacements = false")
    connection.execute("set lock_configuration = true")
    like = opened(connection.sql("select 1 as a"), argument="t")
    with pytest.raises(ValueError, match="while python_enable_replacements is false"):
        hand_back(nw.from_native(pd.DataFrame({"a": [1]}), eager_only=True), like=like)


@pytest.mark.parametrize("work", ["collect", "hand_back"])
def test_a_busy_connection_is_told(duckdb, work):
    connection = duckdb.connect()
    relation = connection.sql("select range as a from range(5)")
    like = opened(relation, argument="t")
    connection.execute("select range from range(1000000)").fetchone()
    small = nw.from_native(pd.DataFrame({"a": [1]}), eager_only=True)
    try:
        relation.fetchall()  # only newer versions refuse to work beside an open query
    except duckdb.Error:
        with pytest.raises(ValueError, match="give each thread a table of a cursor of its own"):
            collect(like) if work == "collect" else hand_back(small, like=like)


class Engine:
    """Stands for a module whose errors or tables have a name."""


def test_an_error_that_is_none_of_a_busy_connection_comes_as_it_is(duckdb):
    connection = duckdb.connect()  # kept: an older DuckDB closes a connection that nobody holds
    relation = connection.sql("select 'x' as a").project("cast(a as integer) as a")
    with pytest.raises(duckdb.ConversionException):
        collect(opened(relation, argument="t"))


@pytest.mark.parametrize("engine", ["duckdb", "_duckdb._duckdb", "pyspark.sql.dataframe"])
def test_queries_of_an_engine_are_not_pickled(engine):
    table = type("Relation", (), {"__module__": engine})()
    with pytest.raises(TypeError, match=r"Engine holds a query of (duckdb|pyspark), which cannot be pickled"):
        check_pickles(Engine(), table)


@pytest.mark.parametrize("call", [rfm.score, lambda orders: schema.quarantine("orders", orders)])
def test_results_of_tables_in_memory_are_pickled(local_library, call):
    days = np.array(["2024-05-01", "2024-05-02", "2024-06-01"], dtype="datetime64[us]")
    frame = pd.DataFrame(
        {"order_id": [1, 2, 3], "customer_id": [1, 2, 1], "ordered_at": days, "amount": [1.0, 2.0, 3.0]}
    )
    result = call(local_library(frame))
    if local_library.name == "duckdb":
        with pytest.raises(TypeError, match="holds a query of duckdb"):
            pickle.dumps(result)
    else:
        assert type(pickle.loads(pickle.dumps(result))) is type(result)


@pytest.mark.parametrize("topic", ["rfm", "schema"])
def test_a_column_that_means_all_columns_is_refused(duckdb, topic):
    relation = duckdb.connect().sql('select 1 as "*", 2 as order_id, 3 as amount')
    call = rfm.table if topic == "rfm" else schema.outliers
    with pytest.raises(ValueError, match=r"has a column '\*', which means all columns"):
        call(relation)


def test_a_star_is_a_name_in_pandas_and_arrow(pa):
    for table in (pd.DataFrame({"*": [1, 2], "a": [3, 4]}), pa.table({"*": [1, 2], "a": [3, 4]})):
        frame = opened(table, argument="t")
        assert frame.select("a").columns == ["a"]


def test_groups_of_a_funnel_have_the_callers_type_and_numbers_their_own(pa):
    at = pd.to_datetime(["2024-05-01 10:00", "2024-05-01 10:01", "2024-05-02 09:00"]).as_unit("us")
    frame = pd.DataFrame(
        {"visitor_id": [1, 1, 2], "event": ["a", "b", "a"], "occurred_at": at, "shop": ["x", "x", "y"]}
    )
    table = pa.Table.from_pandas(frame.assign(conversion=True, dropped="no"), preserve_index=False)
    table = table.set_column(3, "shop", table["shop"].cast(pa.large_string()))
    result = funnel.analyse(table, ["a", "b"], by="shop")
    for made in (result.table, result.units):
        assert made.schema.field("shop").type == pa.large_string()
    assert result.table.schema.field("conversion").type == pa.float64()
    assert result.table.schema.field("dropped").type == pa.int64()
