"""The table libraries that every number is tested on, and the way back to one plain form for comparison."""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest


@dataclass(frozen=True)
class Library:
    """One table library: call it with a pandas table of NumPy types to get its own table."""

    name: str
    lazy: bool
    make: Callable[[pd.DataFrame], Any]

    def __call__(self, frame: pd.DataFrame) -> Any:
        return self.make(frame)

    @property
    def is_pandas(self) -> bool:
        return self.name.startswith("pandas")

    def __repr__(self) -> str:
        return self.name


def _nullable(frame: pd.DataFrame) -> pd.DataFrame:
    with np.errstate(invalid="ignore"):  # older pandas tries integers on infinite numbers
        return frame.convert_dtypes()


def _arrow_typed(frame: pd.DataFrame) -> pd.DataFrame:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    with np.errstate(invalid="ignore"):
        return frame.convert_dtypes(dtype_backend="pyarrow")


def _polars(frame: pd.DataFrame) -> Any:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    return pl.from_arrow(_arrow(frame))


def _arrow(frame: pd.DataFrame) -> Any:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for i, field in enumerate(table.schema):  # nanoseconds are a habit of pandas alone
        if pa.types.is_timestamp(field.type) and field.type.unit != "us":
            micro = pa.timestamp("us", tz=field.type.tz)
            table = table.set_column(i, field.with_type(micro), table.column(i).cast(micro, safe=False))
    return table.replace_schema_metadata(None)


def _duckdb(frame: pd.DataFrame) -> Any:
    return _connection().from_arrow(_arrow(frame))


@functools.cache
def _connection() -> Any:
    """One connection for all tables, as in a user's session; tables of two cannot be joined."""
    return pytest.importorskip("duckdb", reason="duckdb is not installed").connect()


QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Java's quick compiler alone: hundreds of small jobs are over before the thorough one has paid for itself."""


def spark_session() -> Any:
    """Start Spark with two real worker processes, so that nothing works only because memory is shared."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("there is no Java, which Spark needs")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    settings = {
        "spark.driver.memory": "3g",  # real data start in the driver; short of memory it waits for ever
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": QUICK_START,
        "spark.executor.extraJavaOptions": QUICK_START,
        "spark.ui.enabled": "false",
        "spark.deploy.appIdPattern": f"app-{os.getpid()}-%s-%04d",  # else two sessions of one second share a folder
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    builder = sql.SparkSession.builder.master("local-cluster[2,1,1024]").appName("ecommine tests")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


QUICK = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}
"""What saves time on tables of some rows: no Java is compiled for a query, and no plan is made again on its way."""


def quick_session(session: Any) -> Any:
    """Make a session for tables of some rows, on the same worker processes; their shuffles stay in two parts."""
    quick = session.newSession()
    for name, value in QUICK.items():
        quick.conf.set(name, value)
    return quick


LARGE = 100_000


def to_spark(session: Any, frame: pd.DataFrame) -> Any:
    """Make a Spark table; naive times are TIMESTAMP_NTZ, which Spark itself would make only when told so."""
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructField, StructType

    table = _arrow(frame)
    types = [from_arrow_type(field.type, prefer_timestamp_ntz=True) for field in table.schema]
    schema = StructType([StructField(name, one) for name, one in zip(table.column_names, types, strict=True)])
    made = session.createDataFrame(table, schema=schema)
    return made.cache() if len(frame) > LARGE else made  # rows would travel to the workers with every query


LIBRARIES = {
    library.name: library
    for library in (
        Library("pandas-numpy", False, pd.DataFrame.copy),
        Library("pandas-nullable", False, _nullable),
        Library("pandas-pyarrow", False, _arrow_typed),
        Library("polars", False, _polars),
        Library("polars-lazy", True, lambda frame: _polars(frame).lazy()),
        Library("pyarrow", False, _arrow),
        Library("duckdb", True, _duckdb),
    )
}

EAGER_AND_LAZY = [LIBRARIES["pandas-numpy"], LIBRARIES["polars-lazy"]]
"""Two libraries for what does not depend on the library, but for whether a table is in memory."""


LOCAL = pytest.mark.local
"""The mark of parameters that only the libraries of one machine run: on Spark another goes the same way."""


def few_on_spark(count: int, *values: Any) -> list[Any]:
    """Give the values to a test as parameters, of which Spark runs the first ones alone: a query takes it long.

    These take ways of their own through Spark's functions, and stand for the others; DuckDB, as lazy, runs all.
    """
    rest = values[count:]
    return [*values[:count], *(pytest.param(*one if isinstance(one, tuple) else (one,), marks=LOCAL) for one in rest)]


def to_pandas(native: Any, *, sort: Sequence[str] | bool = False) -> pd.DataFrame:
    """Bring any table to pandas in one plain form: NumPy numbers with NaN, microseconds, text with None.

    ``sort`` orders the rows by the named columns, or by all of them where it is True.
    """
    frame = nw.from_native(native)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("polars" if frame.implementation.is_polars() else "pyarrow")
    table = frame.to_pandas()
    table = pd.DataFrame({name: _series(_plain(table[name])) for name in table.columns}, index=range(len(table)))
    if sort is False:
        return table
    by = list(table.columns) if sort is True else list(sort)
    return table.sort_values(by, key=_sortable, kind="stable", ignore_index=True)


def _series(values: np.ndarray) -> pd.Series:
    return pd.Series(values, dtype=values.dtype)  # else pandas 3 makes text of objects


_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")


def _plain(column: pd.Series) -> np.ndarray:
    if column.dtype in (np.dtype("int64"), np.dtype("float64"), np.dtype("bool")):
        return column.to_numpy()
    values, missing = column.astype(object), column.isna().to_numpy(dtype=bool)
    kind = pd.api.types.infer_dtype(values[~missing], skipna=True)
    if pd.api.types.is_datetime64_any_dtype(column.dtype) or kind in ("datetime", "datetime64", "date"):
        return pd.to_datetime(values).astype("datetime64[us]").to_numpy()
    if pd.api.types.is_bool_dtype(column.dtype) or kind == "boolean":
        return values.where(~missing, None).to_numpy() if missing.any() else values.to_numpy().astype(bool)
    if kind in ("integer", "decimal") and not missing.any() and all(value == int(value) for value in values):
        return np.array([int(value) for value in values], dtype=np.int64)
    if pd.api.types.is_numeric_dtype(column.dtype) or kind in _NUMBERS:
        return values.where(~missing, np.nan).to_numpy().astype(np.float64)
    plain = np.empty(len(values), dtype=object)
    plain[:] = [None if none else value for value, none in zip(values, missing, strict=True)]
    return plain


def _sortable(column: pd.Series) -> pd.Series:
    return column.map(lambda value: "" if value is None else str(value)) if column.dtype == object else column
