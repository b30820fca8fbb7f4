"""Frequent itemsets on Spark: MLlib's FP-growth, and only what it finds comes to this process."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np

from .._itemsets import Found
from .baskets import Returns, chosen, product_lines
from .select import Mined, least_count
from .tree import Level


def mine_on_spark(
    orders: object,
    share: float | None,
    top: int | None,
    *,
    longest: int | None,
    items: Sequence[object] | None,
    returns: Returns,
    as_of: datetime | date | str | None,
) -> Found:
    """Mine with MLlib, whose itemsets carry counts but come in no order and without a limit of size."""
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    if share is None or top is not None:
        raise ValueError("`top` cannot be mined on Spark, where the support is fixed: give `min_support` alone")
    lines = product_lines(orders, returns=returns, as_of=as_of)
    rows = lines.frame.to_native()
    if "_net" in rows.columns:
        kept = rows.groupBy("order_id", "product_id").agg(F.sum("_net").alias("_net")).where("_net > 0")
        rows = kept.select("order_id", "product_id")
    baskets = rows.groupBy("order_id").agg(F.collect_set("product_id").alias("items")).cache()
    n_orders = baskets.count()
    least = least_count(share, n_orders)
    if items is not None:
        wanted = F.array(*[F.lit(one) for one in chosen(items)])
        baskets = baskets.select(F.array_intersect("items", wanted).alias("items"))
    # Half an order less, since MLlib's own rounding up of the share may ask for one more.
    model = FPGrowth(itemsCol="items", minSupport=max(least - 0.5, 0.0) / max(n_orders, 1)).fit(baskets)
    found = model.freqItemsets if longest is None else model.freqItemsets.where(F.size("items") <= longest)
    rows_found = found.collect()
    baskets.unpersist()
    products = np.array(sorted(row["items"][0] for row in rows_found if len(row["items"]) == 1))
    mined = Mined(levels=tuple(_levels(rows_found, products)), least=least, left_out=None)
    products = products if products.dtype.kind in "iu" else products.astype(object)
    return Found(mined=mined, products=products, n_orders=n_orders, as_of=lines.as_of, notes=lines.notes, baskets=None)


def _levels(rows: Sequence[Any], products: "np.ndarray[Any, Any]") -> list[Level]:
    code = {product: place for place, product in enumerate(products.tolist())}
    by_size: dict[int, list[tuple[list[int], int]]] = {}
    for row in rows:
        by_size.setdefault(len(row["items"]), []).append((sorted(code[one] for one in row["items"]), row["freq"]))
    return [
        Level(
            items=np.array([items for items, _ in by_size[size]], dtype=np.int32),
            counts=np.array([count for _, count in by_size[size]], dtype=np.int64),
        )
        for size in sorted(by_size)
    ]
