"""Other tools, and the dated cases: `make parity`."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import retention
from ecommine.retention._models.gaps import Expected
from ecommine.retention._read.pairs import read_pairs
from retention import bg_nbd
from retention.real_shops import cdnow, complete_journey, first_orders, online_retail

pytestmark = pytest.mark.parity
PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))
LIFELINES = """
import json, sys
import numpy as np
from lifelines import KaplanMeierFitter
gap, returned = np.load(sys.argv[1])
fit = KaplanMeierFitter().fit(gap, returned)
print(json.dumps([float(1 - fit.predict(n)) for n in (7, 30, 90, 180)]))
"""


@pytest.mark.parametrize("shop", [online_retail, cdnow])
def test_lifelines_agrees(shop, tmp_path):
    if not PEERS.exists():
        pytest.skip(f"{PEERS} is not there: run `make parity`, or set ECOMMINE_PEERS")
    orders, path = shop(), tmp_path / "gaps.npy"
    np.save(path, np.stack(first_orders(orders)))
    done = subprocess.run([str(PEERS), "-c", LIFELINES, str(path)], check=True, capture_output=True, text=True)
    start = orders["ordered_at"].min().to_pydatetime()
    table = retention.curve(orders, within=("7d", "30d", "90d", "180d"), first_orders_from=start).table
    assert table["returned"].tolist() == pytest.approx(json.loads(done.stdout.splitlines()[-1]), abs=1e-9)


CASES = [
    (shop, date, horizon)
    for shop, dates in (
        ("complete_journey", ("2017-08-15", "2017-09-30")),
        ("online_retail", ("2011-08-15", "2011-09-10")),
        ("cdnow", ("1997-12-31", "1998-03-31")),
    )
    for date in dates
    for horizon in (30, 90)
]


def days_of_purchase(shop):
    orders = {"complete_journey": lambda: complete_journey()[0], "online_retail": online_retail, "cdnow": cdnow}[shop]()
    goods = orders[orders["amount"] >= 0] if "amount" in orders else orders
    if "line_type" in goods:
        goods = goods[goods["line_type"] == "product"]
    return orders, goods.assign(day=goods["ordered_at"].dt.normalize())[["customer_id", "day"]].drop_duplicates()


def case(shop, date, horizon):
    """Return predicted less actual, and the Brier scores of the topic and of BG/NBD."""
    orders, days = days_of_purchase(shop)
    table = retention.churn_warnings(orders, horizon=f"{horizon}d", as_of=date).table.set_index("customer_id")
    now = pd.Timestamp(date)
    known = days[days["day"] <= now].groupby("customer_id")["day"].agg(["min", "max", "size"])
    after = days[(days["day"] > now) & (days["day"] <= now + pd.Timedelta(days=horizon))]["customer_id"]
    bought = table.index.isin(after)
    x, t_x, t = known["size"] - 1, (known["max"] - known["min"]).dt.days, (now - known["min"]).dt.days
    x, t_x, t = (np.asarray(values, dtype=float) for values in (x, t_x, t))
    fitted = bg_nbd.fit(x, t_x, t)
    theirs = pd.Series(bg_nbd.probability(fitted, x, t_x, t, horizon), index=known.index)[table.index].to_numpy()
    mine = table["return_probability"].to_numpy()
    return mine.mean() - bought.mean(), np.mean((mine - bought) ** 2), np.mean((theirs - bought) ** 2)


def test_warnings_on_twelve_dated_cases():
    found = np.array([case(*one) for one in CASES])
    print("predicted less actual, Brier scores, that of BG/NBD:", *found.round(4).tolist(), sep="\n")
    assert (np.abs(found[:, 0]) <= 0.045).sum() >= 11
    assert (found[:, 1] < found[:, 2]).sum() >= 11


def test_quantiles_of_the_next_gap():
    orders, products = complete_journey()
    days = read_pairs(orders, "title", products, None)
    hits, n = np.zeros(3), 0
    start = int(days.day.min())
    for moment in range(start + 210, start + 271, 4):
        expected = Expected.at(days, moment)
        kept = (expected.last == moment) & (expected.purchases >= 9)
        limits = expected.quantile_days(moment - expected.last, (0.1, 0.5, 0.9))[:, kept]
        following = np.full(len(days.customer), 10**6)
        later = days.day > moment
        following[days.pair[later][::-1]] = days.day[later][::-1]
        hits += (following[expected.pair[kept]] - moment <= limits).sum(axis=1)
        n += int(kept.sum())
    print(f"p10 / p50 / p90 hold {(hits / n).round(3).tolist()} of {n}")
    assert (hits / n).tolist() == pytest.approx([0.11, 0.51, 0.89], abs=0.02)
