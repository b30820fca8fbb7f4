"""GA4's BigQuery export: nested as each library reads it from Parquet and JSON, and flat."""

import json

import pandas as pd
import pytest

from ecommine import schema
from libraries import to_pandas
from notes import note_counts

PYARROW = pytest.importorskip("pyarrow", reason="pyarrow is not installed")


def param(key: str, **value: object) -> dict:
    kinds = {"string_value": None, "int_value": None, "float_value": None, "double_value": None}
    return {"key": key, "value": {**kinds, **value}}


def item(item_id: str, price: float | None, quantity: int | None, **others: object) -> dict:
    empty = {"item_name": None, "item_brand": None, "item_category": None, "coupon": None, "item_revenue": None}
    return {**empty, "item_id": item_id, "price": price, "quantity": quantity, **others}


def event(seconds: int, name: str, visitor: str | None, params: list[dict], **others: object) -> dict:
    empty = {"user_id": None, "ecommerce": None, "items": []}
    return {
        "event_date": "20240501",
        "event_timestamp": (1_714_521_600 + seconds) * 1_000_000,
        "event_name": name,
        "event_params": params,
        "user_pseudo_id": visitor,
        "device": {"category": "mobile", "language": "ja"},
        "geo": {"country": "Japan", "city": "Osaka"},
        "traffic_source": {"name": "(direct)", "medium": "(none)", "source": "(direct)"},
        **empty,
        **others,
    }


def deal(order: str | None, revenue: float) -> dict:
    return {"transaction_id": order, "purchase_revenue": revenue}


SESSION = param("ga_session_id", int_value=1_714_521_600)
TEE = item("p1", 10.0, 2, item_name="Tee", item_brand="Acme", item_category="Apparel", coupon="SPRING")
MUG = item("p2", 8.0, None, item_name="Mug", item_revenue=7.5)
ROWS = [
    event(0, "session_start", "7.1", [param("engaged", int_value=1), SESSION]),
    event(5, "view_search_results", "7.1", [param("search_term", string_value="tee"), SESSION], items=[TEE, MUG]),
    event(9, "view_item", "7.1", [SESSION, param("page_location", string_value="https://shop/tee"),
                                  param("value", double_value=10.5)], items=[TEE]),
    event(60, "purchase", "7.1", [SESSION], user_id="anna", ecommerce=deal("T1", 27.5), items=[TEE, MUG]),
    event(90, "purchase", "7.1", [SESSION], user_id="anna", ecommerce=deal("T1", 27.5), items=[TEE, MUG]),  # reloaded
    event(95, "purchase", "8.2", [], ecommerce=deal("T2", 0.0), items=[item("gift", None, 1)]),
    event(96, "purchase", "8.2", [], ecommerce=deal("(not set)", 8.0), items=[MUG]),
    event(97, "page_view", None, []),
]  # fmt: skip


def typed() -> object:
    """Give the rows the types of the export, which Arrow cannot guess of fields that are null throughout."""
    text, value = PYARROW.string(), PYARROW.float64()
    kinds = {"string_value": text, "int_value": PYARROW.int64(), "float_value": value, "double_value": value}
    parameter = PYARROW.struct({"key": text, "value": PYARROW.struct(kinds)})
    names = ("item_id", "item_name", "item_brand", "item_category", "coupon")
    thing = {**dict.fromkeys(names, text), "price": value, "quantity": PYARROW.int64(), "item_revenue": value}
    fields = {
        **dict.fromkeys(("event_date", "event_name", "user_pseudo_id", "user_id"), text),
        "event_timestamp": PYARROW.int64(),
        "event_params": PYARROW.list_(parameter),
        "items": PYARROW.list_(PYARROW.struct(thing)),
        "ecommerce": PYARROW.struct({"transaction_id": text, "purchase_revenue": value}),
        "device": PYARROW.struct({"category": text, "language": text}),
        "geo": PYARROW.struct({"country": text, "city": text}),
        "traffic_source": PYARROW.struct({"name": text, "medium": text, "source": text}),
    }
    return PYARROW.Table.from_pylist(ROWS, schema=PYARROW.schema(fields))


def as_json(rows: list[dict]) -> str:
    """Write rows as BigQuery does: integers as text, nulls left out."""

    def bare(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            return {k: bare(v, k) for k, v in value.items() if v is not None}
        if isinstance(value, list):
            return [bare(one) for one in value]
        return str(value) if isinstance(value, int) else value

    return "\n".join(json.dumps(bare(row)) for row in rows)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    import pyarrow.parquet as pq

    folder = tmp_path_factory.mktemp("ga4")
    pq.write_table(typed(), folder / "events.parquet")
    (folder / "events.json").write_text(as_json(ROWS), encoding="utf8")
    return {"parquet": str(folder / "events.parquet"), "json": str(folder / "events.json")}


def read(reader: str, form: str, path: str) -> object:
    """Read a file as the users of each library do."""
    if reader == "pyarrow":
        from pyarrow import json as pyarrow_json
        from pyarrow import parquet

        return parquet.read_table(path) if form == "parquet" else pyarrow_json.read_json(path)
    if reader.startswith("pandas"):
        backend = {"dtype_backend": "pyarrow"} if reader == "pandas-pyarrow" else {}
        if form == "parquet":
            return pd.read_parquet(path, **backend)
        return pd.read_json(path, lines=True, dtype=False)
    module = pytest.importorskip(reader.partition("-")[0], reason=f"{reader} is not installed")
    if reader == "duckdb":
        return module.read_parquet(path) if form == "parquet" else module.read_json(path)
    frame = module.read_parquet(path) if form == "parquet" else module.read_ndjson(path)
    return frame.lazy() if reader == "polars-lazy" else frame


READERS = ["pandas-numpy", "pandas-pyarrow", "polars", "polars-lazy", "pyarrow", "duckdb"]


def values(column: pd.Series) -> list:
    return [None if pd.isna(value) else value for value in column]


def check_events(shop: schema.Shop) -> None:
    events = to_pandas(shop.events, sort=["occurred_at"])
    assert events.event.tolist() == [row["event_name"] for row in ROWS[:7]]
    assert events.occurred_at.tolist()[1] == pd.Timestamp("2024-05-01 08:00:05")
    assert values(events.session_id) == ["7.1.1714521600"] * 5 + [None] * 2
    assert values(events["query"])[:2] == [None, "tee"]
    assert values(events.page)[1:3] == [None, "https://shop/tee"]
    assert values(events.value)[1:3] == [None, 10.5]
    assert values(events.customer_id) == [None] * 3 + ["anna"] * 2 + [None] * 2
    assert set(events.device) == {"mobile"}
    assert set(events.country) == {"Japan"}
    links = to_pandas(shop.links)
    assert links.to_numpy().tolist() == [["7.1", "anna", pd.Timestamp("2024-05-01 08:01:00")]]


def check_orders(shop: schema.Shop) -> None:
    orders = to_pandas(shop.orders, sort=["order_id", "product_id"])
    assert orders[["order_id", "product_id", "quantity", "amount"]].to_numpy().tolist() == [
        ["T1", "p1", 2.0, 20.0],
        ["T1", "p2", 1.0, 7.5],
        ["T2", "gift", 1.0, 0.0],
    ]
    assert values(orders.customer_id) == ["anna", "anna", None]
    assert values(orders.coupon) == ["SPRING", None, None]
    products = to_pandas(shop.products, sort=["product_id"])
    assert values(products.title) == [None, "Tee", "Mug"]
    assert values(products.brand) == [None, "Acme", None]
    expected = ("events_without_visitor", "purchases_without_order", "repeated_purchases", "items_without_price")
    assert note_counts(shop.notes) == dict.fromkeys(expected, 1)


@pytest.mark.parametrize("form", ["parquet", "json"])
@pytest.mark.parametrize("reader", READERS)
def test_nested_export_as_each_library_reads_it(reader, form, files) -> None:
    raw = read(reader, form, files[form])
    shop = schema.from_ga4(raw, timezone="Asia/Shanghai")
    assert all(type(table) is type(raw) for table in shop.tables.values())
    check_events(shop)
    check_orders(shop)


@pytest.mark.spark
@pytest.mark.parametrize("form", ["parquet", "json"])
def test_nested_export_on_spark(spark, form, files) -> None:
    shop = schema.from_ga4(getattr(spark.read, form)(files[form]), timezone="Asia/Shanghai")
    check_events(shop)
    check_orders(shop)


def flat(rows: list[dict]) -> pd.DataFrame:
    """Flatten as a query with one column a parameter does."""
    wide = pd.json_normalize([{k: v for k, v in row.items() if k not in ("event_params", "items")} for row in rows])
    for row, place in zip(rows, wide.index, strict=True):
        for one in row["event_params"]:
            wide.loc[place, one["key"]] = next((v for v in one["value"].values() if v is not None), None)
    return wide.drop(columns=["ecommerce"])


@pytest.mark.call("schema.from_ga4")
def test_flat_table_with_one_row_an_event(library) -> None:
    frame = flat(ROWS)
    frame["ga_session_id"] = frame.ga_session_id.astype("Int64").astype(str).where(frame.ga_session_id.notna(), None)
    shop = schema.from_ga4(library(frame), timezone="Asia/Shanghai")
    check_events(shop)
    orders = to_pandas(shop.orders, sort=["order_id"])
    assert orders[["order_id", "amount"]].to_numpy().tolist() == [["T1", 27.5], ["T2", 0.0]]
    assert shop.products is None


@pytest.mark.parametrize("turned", [False, True])
def test_purchase_sent_twice_in_one_microsecond_counts_once(local_library, turned) -> None:
    sold = [
        event(60, "purchase", "7.1", [], ecommerce=deal("T1", 27.5)),
        event(60, "purchase", "7.1", [], user_id="anna", ecommerce=deal("T1", 27.5)),
        event(60, "purchase", "7.1", [], user_id="anna", ecommerce=deal("T1", 30.0)),
        event(61, "purchase", "7.1", [], user_id="zoe", ecommerce=deal("T1", 99.0)),
    ]
    frame = pd.json_normalize([{k: v for k, v in row.items() if k not in ("event_params", "items")} for row in sold])
    shop = schema.from_ga4(local_library(frame.iloc[::-1] if turned else frame), timezone="UTC")
    orders = to_pandas(shop.orders)
    assert orders[["order_id", "customer_id", "amount"]].to_numpy().tolist() == [["T1", "anna", 30.0]]
    assert note_counts(shop.notes) == {"repeated_purchases": 3, "events_repeated": 2}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("local_library", ["pyarrow", "polars", "duckdb"])
def test_nested_purchase_sent_twice_in_one_microsecond_counts_once(local_library, turned, tmp_path) -> None:
    from pyarrow import parquet

    table = PYARROW.concat_tables([typed(), typed()])
    order = list(range(len(table)))[:: -1 if turned else 1]
    parquet.write_table(table.take(order), tmp_path / "twice.parquet")
    shop = schema.from_ga4(read(local_library, "parquet", str(tmp_path / "twice.parquet")), timezone="Asia/Shanghai")
    orders = to_pandas(shop.orders, sort=["order_id", "product_id"])
    assert orders.amount.tolist() == [20.0, 7.5, 0.0]


def test_times_that_are_text_are_read_and_others_are_told(local_library) -> None:
    frame = flat(ROWS[:3])[["event_timestamp", "event_name", "user_pseudo_id"]]
    written = frame.assign(event_timestamp=frame.event_timestamp.astype(str))
    events = to_pandas(schema.from_ga4(local_library(written), timezone="UTC").events, sort=["occurred_at"])
    assert events.occurred_at.tolist()[1] == pd.Timestamp("2024-05-01 00:00:05")
    with pytest.raises(schema.SchemaError, match="must count microseconds since 1970, as in the export; it holds text"):
        schema.from_ga4(local_library(written.assign(event_timestamp="x")))
    times = frame.assign(event_timestamp=pd.to_datetime(frame.event_timestamp, unit="us"))
    with pytest.raises(schema.SchemaError, match="`event_timestamp` must count microseconds since 1970"):
        schema.from_ga4(local_library(times))


def test_flat_table_without_purchases_has_no_orders() -> None:
    frame = flat(ROWS[:3])[["event_timestamp", "event_name", "user_pseudo_id"]]
    shop = schema.from_ga4(frame, timezone="UTC")
    assert shop.orders is None
    assert len(shop.links) == 0
    assert len(shop.events) == 3


def test_times_are_in_utc_with_a_note_unless_the_zone_is_given() -> None:
    shop = schema.from_ga4(flat(ROWS[:1]))
    assert shop.events.occurred_at[0] == pd.Timestamp("2024-05-01")
    assert note_counts(shop.notes[:1]) == {"timezone_assumed": None}


def test_other_forms_are_refused() -> None:
    frame = flat(ROWS)
    with pytest.raises(schema.SchemaError, match="UNNEST"):
        schema.from_ga4(frame.assign(**{"event_params.key": "page_location"}))
    with pytest.raises(schema.SchemaError, match="`event_params`"):
        schema.from_ga4(frame.drop(columns=["ga_session_id"]).assign(event_params="[{...}]"))
    with pytest.raises(schema.SchemaError, match="'user_pseudo_id'"):
        schema.from_ga4(frame.drop(columns=["user_pseudo_id"]))
