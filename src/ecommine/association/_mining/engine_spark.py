"""Frequent itemsets on Spark: MLlib's FP-growth, and only the itemsets come to this process."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._core.frames import Frame
from .lines import NET_QUANTITY, LineFilter, read_product_lines
from .mine import MinedItemsets, MinedOrders
from .read import check_product_ids
from .threshold import count_of_support
from .tree import Level


def is_on_spark(frame: Frame) -> bool:
    """Return whether a table is on Spark."""
    return frame.implementation.is_pyspark() or frame.implementation.is_pyspark_connect()


def mine_on_spark(
    orders: Frame,
    line_filter: LineFilter,
    min_support: float | None,
    top: int | None,
    *,
    max_size: int | None,
    items: Sequence[object] | None,
) -> MinedOrders:
    """Mine with MLlib, whose itemsets have counts, but no order and no limit of size."""
    from pyspark.ml.fpm import FPGrowth
    from pyspark.sql import functions as F  # noqa: N812  # Spark's own name for it

    if min_support is None or top is not None:
        raise ValueError("`top` cannot be mined on Spark, where the support is fixed: give `min_support` alone")
    lines = read_product_lines(orders, line_filter)
    rows = lines.frame.to_native()
    if NET_QUANTITY in rows.columns:
        net = rows.groupBy("order_id", "product_id").agg(F.sum(NET_QUANTITY).alias(NET_QUANTITY))
        rows = net.where(f"{NET_QUANTITY} > 0").select("order_id", "product_id")
    baskets = rows.groupBy("order_id").agg(F.collect_set("product_id").alias("items")).cache()
    n_orders = baskets.count()
    min_count = count_of_support(min_support, n_orders)
    if items is not None:
        wanted = F.array(*[F.lit(product) for product in check_product_ids(items)])
        baskets = baskets.select(F.array_intersect("items", wanted).alias("items"))
    # Half an order less, since MLlib's own rounding up of the share may ask for one more.
    model = FPGrowth(itemsCol="items", minSupport=max(min_count - 0.5, 0.0) / max(n_orders, 1)).fit(baskets)
    frequent = model.freqItemsets if max_size is None else model.freqItemsets.where(F.size("items") <= max_size)
    itemset_rows = frequent.collect()
    baskets.unpersist()
    products = np.array(sorted(row["items"][0] for row in itemset_rows if len(row["items"]) == 1))
    levels = tuple(_to_levels(itemset_rows, products))
    return MinedOrders(
        itemsets=MinedItemsets(levels=levels, min_count=min_count, n_cut_off=None),
        products=products if products.dtype.kind in "iu" else products.astype(object),
        n_orders=n_orders,
        as_of=lines.as_of,
        notes=lines.notes,
        baskets=None,
    )


def _to_levels(rows: Sequence[Any], products: "np.ndarray[Any, Any]") -> list[Level]:
    code = {product: position for position, product in enumerate(products.tolist())}
    by_size: dict[int, list[tuple[list[int], int]]] = {}
    for row in rows:
        by_size.setdefault(len(row["items"]), []).append(
            (sorted(code[product] for product in row["items"]), row["freq"])
        )
    return [
        Level(
            items=np.array([items for items, _ in by_size[size]], dtype=np.int32),
            counts=np.array([count for _, count in by_size[size]], dtype=np.int64),
        )
        for size in sorted(by_size)
    ]
