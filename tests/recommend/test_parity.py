"""Published figures, simulations and another tool: `make parity`."""

import dataclasses
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, load_npz, save_npz

from ecommine import recommend, schema
from ecommine.recommend._compare import compare, sign_flip_p_values
from ecommine.recommend._fit import read_source
from ecommine.recommend._rank import blended
from ecommine.recommend._read.events import read_views
from ecommine.recommend._signals.cosine import cosine_weights
from ecommine.recommend._signals.visits import fit_visits, moves_of
from recommend.shops import EVENTS, complete_journey, online_retail, tastes

pytestmark = pytest.mark.parity
PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))
IMPLICIT = """
import sys
import numpy as np
from scipy.sparse import load_npz, save_npz
from implicit.nearest_neighbours import CosineRecommender
model = CosineRecommender(K=21, num_threads=1)
model.fit(load_npz(sys.argv[1]).tocsr(), show_progress=False)
save_npz(sys.argv[2], model.similarity.tocsr())
"""


def test_implicit_has_the_same_cosine(tmp_path):
    if not PEERS.exists():
        pytest.skip(f"{PEERS} is not there: run `make parity`, or set ECOMMINE_PEERS")
    rng = np.random.default_rng(0)
    matrix = csr_array((rng.random((500, 120)) < 0.08).astype(np.float64))
    save_npz(tmp_path / "in.npz", matrix)
    subprocess.run([str(PEERS), "-c", IMPLICIT, str(tmp_path / "in.npz"), str(tmp_path / "out.npz")], check=True)
    theirs = load_npz(tmp_path / "out.npz").toarray()
    np.fill_diagonal(theirs, 0)  # they keep the product itself as one of its neighbours
    mine = cosine_weights(matrix, 20).toarray().T
    assert np.sort(mine, axis=1) == pytest.approx(np.sort(theirs, axis=1), abs=1e-6)
    both = (mine > 0) & (theirs > 0)
    assert mine[both] == pytest.approx(theirs[both], abs=1e-6)


def pooled(table):
    return table[table["window"].isna()].set_index("candidate")


def test_online_retail():
    candidates = {"default": "auto", "ease": recommend.Together(), "neighbours": recommend.Neighbours()}
    found = recommend.evaluate(online_retail(), candidates=candidates, n_windows=1, as_of="2011-12-09")
    table = pooled(found.table)
    assert table.loc["default", "customers"] == 1_301
    new = table["ndcg_new"]
    assert [new["popular"], new["neighbours"], new["ease"]] == pytest.approx([0.0814, 0.0817, 0.0965], abs=0.001)
    assert table.loc["own", "ndcg"] == pytest.approx(0.347, abs=0.002)
    assert new["default"] >= 0.105
    assert table.loc["default", "ndcg"] >= 0.355
    assert table.loc["default", "verdict"] == "better"


def test_calibration_on_online_retail():
    model = recommend.fit(online_retail(), as_of="2011-12-09")
    tenths = model.calibration.dropna(subset=["tenth"])
    off = (tenths["predicted"] - tenths["actual"]).abs() / tenths["actual"]
    assert off.max() <= 0.4
    assert model.brier <= 0.078
    base = model.calibration["actual"].iloc[-1]
    assert base * (1 - base) == pytest.approx(0.088, abs=0.002)


def test_complete_journey():
    orders, _ = complete_journey()
    table = pooled(recommend.evaluate(orders, n_windows=1, as_of="2018-01-01").table)
    assert table.loc["default", "ndcg_new"] >= 0.046
    assert table.loc["default", "ndcg"] >= 0.39


@pytest.mark.parametrize(("shop", "end", "least"), [("retail", "2011-12-09", 0.21), ("journey", "2018-01-01", 0.125)])
def test_checkout(shop, end, least):
    orders = online_retail() if shop == "retail" else complete_journey()[0]
    table = pooled(recommend.evaluate(orders, placement="checkout", k=5, n_windows=1, as_of=end).table)
    assert table.loc["default", "hit_rate"] >= least
    assert table.loc["default", "verdict"] == "better"
    assert table.loc["popular", "hit_rate"] < least / 2


def test_top_up():
    """A product of each basket is hidden; the gap is its price times a number between .6 and 1."""
    orders, _ = complete_journey()
    model = recommend.fit(orders, as_of="2017-12-04", max_products=4_000)
    later = orders[(orders["ordered_at"] >= "2017-12-05") & (orders["ordered_at"] < "2018-01-02")]
    known = pd.Series(model._parts.products.price, index=model._parts.products.ids)
    catalogue = set(model._parts.products.ids[model._parts.baskets.catalogue])
    later = later[later["product_id"].isin(catalogue) & later["product_id"].map(known).gt(0)]
    later = later.drop_duplicates(["order_id", "product_id"])
    later = later[later.groupby("order_id")["product_id"].transform("size") > 1]
    rng = np.random.default_rng(0)
    chosen = rng.choice(later["order_id"].unique(), 2_000, replace=False)
    later = later[later["order_id"].isin(chosen)].sort_values(["order_id", "product_id"])
    hidden = later.groupby("order_id").sample(1, random_state=0)
    rest = later.drop(hidden.index).assign(amount=0.0)
    gap = (hidden.set_index("order_id")["product_id"].map(known) * rng.uniform(0.6, 1, len(hidden))).round(2)
    hits = 0
    wanted = hidden.set_index("order_id")["product_id"]
    rest.loc[~rest["order_id"].duplicated(), "amount"] = 1_000 - gap.reindex(rest["order_id"].unique()).to_numpy()
    table = model.top_up(rest, 1_000.0, k=3).table
    hits = (table["recommended_id"] == table["order_id"].map(wanted)).sum()
    assert hits / len(wanted) >= 0.18
    assert (table["over"] >= 0).all()


def test_new_products_by_content():
    """Products are hidden from the orders; who buys them is found by their category and brand alone."""
    orders, products = complete_journey()
    end = pd.Timestamp("2017-12-05")
    buyers = orders[orders["ordered_at"] < end].groupby("product_id")["customer_id"].nunique()
    window = orders[(orders["ordered_at"] >= end) & (orders["ordered_at"] < end + pd.Timedelta(days=28))]
    after = window.groupby("product_id")["customer_id"].nunique()
    enough = after.index[(after >= 15) & (buyers.reindex(after.index) >= 15)]
    hidden = np.random.default_rng(0).choice(enough, 150, replace=False)
    most = buyers.sort_values(ascending=False).index[:3_000].union(hidden)
    rest = orders[orders["product_id"].isin(most) & ~orders["product_id"].isin(hidden) & (orders["ordered_at"] < end)]
    columns = [name for name in ("category", "brand", "department", "product_type") if name in products]
    source = read_source(rest, products[products["product_id"].isin(most)], None, "28d",
                         (recommend.Own(), recommend.Together(), recommend.Popular(), recommend.Content(*columns)),
                         5_000, "2017-12-04")  # fmt: skip
    fitted, blend = source.fitted(source.today), source.blend(source.earlier(source.today))
    customers = np.flatnonzero(fitted.history.orders > 0)
    dense = blended(fitted, blend, fitted.block(customers, {})).dense
    ids, areas, active = source.products.ids[fitted.catalogue], [], []
    people = source.purchases.customers[customers]
    activity = fitted.history.orders[customers]
    for product in hidden:
        bought = np.isin(people, window.loc[window["product_id"] == product, "customer_id"])
        areas.append(auc(dense[:, np.searchsorted(ids, product)], bought))
        active.append(auc(activity, bought))
    assert np.mean(areas) >= 0.71
    assert np.mean(areas) > np.mean(active) + 0.02


def auc(score, is_one):
    rank = pd.Series(score).rank().to_numpy()
    n = is_one.sum()
    return (rank[is_one].sum() - n * (n + 1) / 2) / (n * (len(score) - n))


def test_visits():
    """The next product of the last fifth of the visits to a real shop, learned from the others."""
    if not EVENTS.exists():
        pytest.skip(f"{EVENTS} is not here: set ECOMMINE_DATA to its folder")
    shop = schema.from_rees46(pd.read_parquet(EVENTS))
    products = shop.products.drop_duplicates("product_id").sort_values("product_id")
    ids = products["product_id"].to_numpy()
    kinds = {name: pd.factorize(products[name])[0] for name in ("category", "brand")}
    views = read_views(shop.events, None, ids, np.zeros(0))
    start = views.at[np.flatnonzero(np.append(True, np.diff(views.visit) > 0))]
    is_late = (start >= np.sort(start)[int(len(start) * 0.8)])[views.visit]
    names = ("visitor", "visit", "product", "customer", "at")
    before = dataclasses.replace(views, **{name: getattr(views, name)[~is_late] for name in names})
    fitted = fit_visits(before, kinds, len(ids))
    moves = moves_of(views, is_late, len(ids))
    assert len(moves.last) == 862
    assert hit_rate(fitted.shares(moves), moves.following) >= 0.145
    popular = np.where(moves.viewed.toarray() > 0, 0.0, fitted.popular)
    assert hit_rate(popular, moves.following) == pytest.approx(0.036, abs=0.003)


def hit_rate(chance, following, k=10):
    own = chance[np.arange(len(chance)), following]
    return np.mean((own > 0) & ((chance > own[:, None]).sum(axis=1) < k))


def test_20_000_sign_flips_of_whole_customers():
    """Differences of baskets, alike within a customer, their signs flipped by customer: the test holds its level."""
    rng = np.random.default_rng(0)
    sizes = rng.geometric(0.1, 300)
    difference = rng.normal(0.3, 1, 300) * sizes + rng.normal(size=300) * np.sqrt(sizes)
    signs = rng.integers(0, 2, (20_000, 300)) * 2 - 1
    p = np.concatenate([sign_flip_p_values(block * difference, rng) for block in np.array_split(signs, 40)])
    assert 0.04 <= (p < 0.05).mean() <= 0.06


def test_the_best_of_19_equal_candidates(monkeypatch):
    monkeypatch.setattr("ecommine.recommend._compare.FLIPS", 1_999)
    rng, unit, window = np.random.default_rng(0), np.arange(300), np.zeros(300, dtype=int)
    calls = {"holm": 0, None: 0}
    for _ in range(500):
        shared = rng.normal(size=300)
        differences = list(0.7 * shared + 0.7 * rng.normal(size=(19, 300)))
        for correction in calls:
            verdict = compare(differences, unit, window, 1, correction, 0.05, rng).verdict
            calls[correction] += "better" in verdict
    assert calls["holm"] / 500 <= 0.05
    assert calls[None] / 500 > 0.1


def test_intervals_hold_the_truth():
    """The NDCG of own history in a shop of known tastes: intervals hold the mean of many shops."""
    rows = [pooled(recommend.evaluate(tastes(seed, n=120, weeks=16), candidates={}, k=5).table).loc["own"]
            for seed in range(1_000)]  # fmt: skip
    truth = np.mean([row["ndcg"] for row in rows])
    holds = np.mean([row["ndcg_low"] <= truth <= row["ndcg_high"] for row in rows])
    assert 0.93 <= holds <= 0.97
