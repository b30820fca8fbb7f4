"""Tables of aspects: shares, mentions, changes, stars, quotes, priorities."""

from typing import Any

import numpy as np

from ..._core.arrays import Floats, Ints
from ..._core.tables import build_table
from ..._stats.arrays import divide, sums_by_group
from ..._stats.clustered_shares import shares_by_group
from ..._stats.intervals import normal_quantile
from .._columns import NO_TIME, id_values, joint_codes
from .._words.quotes import quote
from .data import AspectData
from .shares import MIN_MENTIONS, NEGATIVE_STARS, AspectShares

QUOTES = 2
"""Of a product, aspect and polarity."""
_COUNTS = "opinions mentions negative_mentions reviews reviews_before negative negative_before ratings"
SAMPLES: dict[str, Any] = {
    "complete": True,
    **dict.fromkeys(("changed_at", "period_at", "reviewed_at"), np.datetime64("2000-01-01", "us")),
    **dict.fromkeys(_COUNTS.split(), 0),
}


def share_table(data: AspectData, *, of_products: bool) -> Any:
    """Return counts and shares by product and aspect, of those that are mentioned, or of all products together."""
    shares = data.by_product if of_products else data.overall
    group, aspect = np.nonzero(shares.mentions > 0 if of_products else shares.mentions >= 0)
    columns: dict[str, Any] = (
        {"product_id": [data.products[i] for i in group]} if of_products and data.has_product else {}
    )
    columns |= {"aspect": [data.names[i] for i in aspect], **_share_columns(shares, group, aspect)}
    if of_products and data.has_product:
        columns |= _excess_columns(data, group, aspect)
    columns["reason"] = _reasons(shares, group, aspect, data.min_reviews)
    return build_table(columns, like=data.frame, samples=SAMPLES)


def _share_columns(shares: AspectShares, group: Ints, aspect: Ints) -> dict[str, Any]:
    names = list(shares.__dataclass_fields__)
    arrays = {name: getattr(shares, name)[group, aspect] for name in names[1:]}
    counts = {name: arrays[name].astype(np.int64) for name in ("mentions", "negative_mentions")}
    return {"opinions": shares.opinions[group].astype(np.int64), **arrays, **counts}


def _excess_columns(data: AspectData, group: Ints, aspect: Ints) -> dict[str, Any]:
    return {
        "excess_negative": data.excess.excess[group, aspect],
        "excess_p_value": data.excess.p_value[group, aspect],
        "excess_q_value": data.excess_q_value[group, aspect],
    }


def _reasons(shares: AspectShares, group: Ints, aspect: Ints, min_reviews: int) -> list[str | None]:
    is_few = shares.opinions[group] < min_reviews
    is_rare = shares.mentions[group, aspect] < MIN_MENTIONS
    return [
        "few_reviews" if few else "few_mentions" if rare else None for few, rare in zip(is_few, is_rare, strict=True)
    ]


def mention_table(data: AspectData) -> Any:
    """Return a row per review and aspect."""
    mentions, of = data.mentions, data.mentions.opinion
    columns = {
        **_id_columns(data, of),
        "aspect": [data.names[i] for i in mentions.aspect],
        "polarity": [mentions.polarity(i) for i in range(len(of))],
        "clause": [quote(clause) for clause in mentions.clause],
    }
    return build_table(columns, like=data.frame, samples=SAMPLES)


def _id_columns(data: AspectData, of: Ints) -> dict[str, Any]:
    """Return the ids and times of some opinions, as far as the reviews have them; else the row of the review."""
    rows, frame = data.opinions.row[of], data.frame
    columns: dict[str, Any] = {}
    for name in ("review_id", "product_id"):
        if name in frame.columns:
            ids = id_values(frame, name)
            columns[name] = [ids[i] for i in rows]
    if "review_id" not in columns:
        columns["row"] = rows
    if "reviewed_at" in frame.columns:
        columns["reviewed_at"] = data.opinions.time[of].view("datetime64[us]")
    return columns


def change_table(data: AspectData) -> Any:
    """Return a row per change."""
    changes = data.changes
    low, high = changes.limits(data.level)
    columns: dict[str, Any] = {}
    if data.has_product:
        columns["scope"] = ["all" if i < 0 else "product" for i in changes.product]
        columns["product_id"] = [None if i < 0 else data.products[i] for i in changes.product]
    columns |= {
        "aspect": [data.names[i] for i in changes.aspect],
        "period_at": data.starts(changes.period),
        "complete": changes.period < data.first_open,
        "reviews_before": changes.before.astype(np.int64),
        "reviews": changes.after.astype(np.int64),
        "negative_before": changes.negative_before.astype(np.int64),
        "negative": changes.negative_after.astype(np.int64),
        "difference": changes.difference,
        "difference_low": low,
        "difference_high": high,
        "p_value": changes.p_value,
        "q_value": data.q_value,
    }
    samples = {**SAMPLES, "product_id": data.products[0] if data.products else ""}
    return build_table(columns, like=data.frame, samples=samples)


def star_table(data: AspectData) -> Any:
    """Return the stars of each product and period."""
    rated = data.rated
    places = np.flatnonzero(~np.isnan(rated.rating) & (rated.time != NO_TIME))
    period, product = data.period(rated, places), rated.product[places]
    keys, group = np.unique(np.stack([product, period]), axis=1, return_inverse=True)
    group, n_groups = group.ravel(), keys.shape[1]
    rating, customer = rated.rating[places], rated.customer[places]
    shares = shares_by_group(group, rating <= NEGATIVE_STARS, n_groups, customer, normal_quantile(data.level))
    n = np.bincount(group, minlength=n_groups)
    is_enough = n >= data.min_reviews
    columns: dict[str, Any] = {"product_id": [data.products[i] for i in keys[0]]} if data.has_product else {}
    columns |= {
        "period_at": data.starts(keys[1]),
        "complete": keys[1] < data.first_open,
        "ratings": n,
        "mean_rating": np.where(is_enough, divide(sums_by_group(group, rating, n_groups), n), np.nan),
        "negative_share": np.where(is_enough, shares.share, np.nan),
        "negative_share_low": np.where(is_enough, shares.low, np.nan),
        "negative_share_high": np.where(is_enough, shares.high, np.nan),
    }
    return build_table(columns, like=data.frame, samples=SAMPLES)


def quote_table(data: AspectData) -> Any:
    """Return a few clauses per product, aspect and polarity."""
    places = [i for polarity in (True, False) for i in _chosen(data, is_negative=polarity)]
    of = data.mentions.opinion[places]
    order = np.lexsort((data.mentions.aspect[places], data.opinions.product[of]))
    places = [places[i] for i in order]
    columns = _id_columns(data, data.mentions.opinion[places])
    columns |= {
        "aspect": [data.names[i] for i in data.mentions.aspect[places]],
        "polarity": [data.mentions.polarity(i) for i in places],
        "quote": [quote(data.mentions.clause[i]) for i in places],
    }
    return build_table(columns, like=data.frame, samples=SAMPLES)


def _chosen(data: AspectData, *, is_negative: bool) -> list[int]:
    """Return the mentions of one polarity with the strongest words, by product and aspect, at most two texts."""
    mentions, sign = data.mentions, 1 if is_negative else -1
    places = np.flatnonzero(mentions.sign == -sign)
    cell = data.opinions.product[mentions.opinion[places]] * len(data.names) + mentions.aspect[places]
    (text,) = joint_codes([mentions.clause[i] for i in places])
    time = np.maximum(data.opinions.time[mentions.opinion[places]], 0)
    newest = np.lexsort((-time, text, cell))
    _, first = np.unique(np.stack([cell[newest], text[newest]]), axis=1, return_index=True)
    places = places[newest[first]]
    cell, text, time = cell[newest[first]], text[newest[first]], time[newest[first]]
    order = np.lexsort((text, -time, sign * mentions.strength[places], cell))
    start = np.flatnonzero(np.diff(cell[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(start, np.diff(start, append=len(order)))
    return places[order[turn < QUOTES]].tolist()  # type: ignore[no-any-return]


def priority_table(data: AspectData) -> Any:
    """Return the products and aspects with more negative mentions than expected, the largest excess first."""
    shares = data.by_product if data.has_product else data.overall
    size = np.nan_to_num(data.excess.excess) if data.has_product else shares.negative_mentions
    order = sorted(np.argwhere(size > 0).tolist(), key=lambda at: (-size[tuple(at)], at))
    group, aspect = np.array(order, dtype=np.int64).reshape(-1, 2).T
    change, changed_at, q_value = _clearest_changes(data, group if data.has_product else group - 1, aspect)
    columns: dict[str, Any] = {"product_id": [data.products[i] for i in group]} if data.has_product else {}
    columns |= {
        "aspect": [data.names[i] for i in aspect],
        "opinions": shares.opinions[group].astype(np.int64),
        "negative_mentions": shares.negative_mentions[group, aspect].astype(np.int64),
        "negative_rate": divide(shares.negative_mentions[group, aspect], shares.opinions[group]),
    }
    if data.has_product:
        columns |= {"category_rate": data.excess.category_rate[group, aspect], **_excess_columns(data, group, aspect)}
    columns |= {
        "change": change,
        "changed_at": changed_at,
        "change_q_value": q_value,
        "quote": _first_quotes(data, group, aspect),
    }
    return build_table(columns, like=data.frame, samples=SAMPLES)


def _clearest_changes(data: AspectData, product: Ints, aspect: Ints) -> tuple[Floats, Any, Floats]:
    """Return the change of the smallest p-value, its period and its q-value; missing where none was tested."""
    changes, at = data.changes, {}
    for i in np.argsort(-changes.p_value, kind="stable").tolist():  # the smallest one comes last, after NaN
        if np.isfinite(changes.p_value[i]):
            at[int(changes.product[i]), int(changes.aspect[i])] = i
    rows = np.array(
        [at.get((int(one), int(other)), -1) for one, other in zip(product, aspect, strict=True)], dtype=np.int64
    )
    difference, q_value = (np.append(values, np.nan)[rows] for values in (changes.difference, data.q_value))
    starts = np.append(data.starts(changes.period), np.datetime64("NaT", "us"))[rows]
    return difference, starts, q_value


def _first_quotes(data: AspectData, product: Ints, aspect: Ints) -> list[str | None]:
    """Return the newest negative clause of each product and aspect; of any product where there are none."""
    mentions = data.mentions
    first: dict[tuple[int, int], str] = {}
    for i in _chosen(data, is_negative=True):
        of = int(data.opinions.product[mentions.opinion[i]]) if data.has_product else 0
        first.setdefault((of, int(mentions.aspect[i])), quote(mentions.clause[i]))
    return [first.get((int(one), int(other))) for one, other in zip(product, aspect, strict=True)]
