"""Known figures of real shops."""

import numpy as np
import pytest

from ecommine import retention
from libraries import to_pandas
from notes import note_counts
from retention.real_shops import cdnow, complete_journey, online_retail

ALL = {"within": ("7d", "30d", "90d", "180d"), "first_orders_from": "2010-12-01"}


def test_return_to_online_retail():
    table = retention.curve(online_retail(), **ALL).table
    assert table["customers"].tolist() == [4_338] * 4
    assert table["returned"].tolist() == pytest.approx([0.0537, 0.1916, 0.4599, 0.6576], abs=5e-5)
    assert table["on_day"][1] == pytest.approx(0.0088, abs=5e-5)


def test_new_customers_of_online_retail_by_default():
    result = retention.curve(online_retail())
    table = result.table[~result.table["first_seen"]]
    assert f"{result.first_orders_from:%Y-%m-%d}" == "2011-03-21"  # day 110
    assert table["customers"].tolist() == [2_365] * 3
    assert table["returned"].tolist() == pytest.approx([0.0371, 0.1688, 0.4186], abs=5e-5)


def test_value_of_customers_of_online_retail():
    result = retention.value(online_retail(), first_orders_from="2010-12-01")
    curve = result.curve.set_index("age")["value"]
    assert curve[[30, 90, 180, 365]].tolist() == pytest.approx([564.40, 870.87, 1_400.00, 3_676.53], abs=5e-3)
    assert retention.value(online_retail()).table["value"].isna().tolist() == [True, False]


def test_cohorts_of_online_retail(local_library):
    columns = ["order_id", "customer_id", "ordered_at", "quantity", "unit_price"]
    orders = local_library(online_retail()[columns].assign(order_id=lambda rows: rows["order_id"].astype(str)))
    result = retention.cohorts(orders, first_orders_from="2010-12-01")
    pooled = to_pandas(result.pooled)
    assert pooled["retention"][1] == pytest.approx(0.2365, abs=5e-5)
    table = to_pandas(result.table)
    second = table[table["period"] == 1]["retention"]
    assert second.mean() == pytest.approx(0.2148, abs=5e-5)  # the mean of cohorts is another number
    assert note_counts(result.notes) == {"open_period": 13}


def test_cdnow():
    result = retention.curve(cdnow(), first_orders_from="1997-01-01")
    assert result.table["returned"].tolist() == pytest.approx([0.0587, 0.1746, 0.2922], abs=5e-5)
    row = retention.value(cdnow(), first_orders_from="1997-01-01").table.iloc[0]
    assert (row["value"], row["first_order"], row["later"]) == pytest.approx((90.858, 33.286, 57.571), abs=1e-3)
    assert row["purchases"] == pytest.approx(2.473, abs=1e-3)
    codes = note_counts(retention.curve(cdnow()).notes)
    assert codes == {"first_seen": 23_570, "no_new_customers": 0}


def best(score, bought):
    return bought[np.argsort(-np.asarray(score), kind="stable")[: len(bought) // 20]].mean()


@pytest.mark.parity
@pytest.mark.parametrize(
    ("by", "least", "own_rate", "nearest"), [("title", 0.68, 0.63, 0.34), ("product_id", 0.61, 0.53, 0.28)]
)
def test_reminders_of_the_complete_journey(by, least, own_rate, nearest):
    orders, products = complete_journey()
    fuel = products.loc[products["title"].fillna("").str.contains("GASOLINE"), "product_id"]
    orders = orders[~orders["product_id"].isin(fuel)]
    result = retention.replenishment(orders, by=by, products=products, as_of="2017-09-28")
    table = result.table[result.table["purchases"] >= 3].reset_index(drop=True)
    goods = orders[(orders["line_type"] == "product") & (orders["amount"] >= 0) & (orders["quantity"] >= 0)]
    if by == "title":
        goods = goods.merge(products[["product_id", "title"]], on="product_id")
    at = goods["ordered_at"]
    after = goods.loc[(at >= "2017-09-29") & (at < "2017-10-13"), ["customer_id", by]].drop_duplicates()
    bought = (table[["customer_id", by]].merge(after, how="left", indicator=True)["_merge"] == "both").to_numpy()
    print(f"{by}: the best 5 % bought {best(table['probability'], bought):.3f}")
    assert best(table["probability"], bought) >= least
    first = goods.groupby(["customer_id", by])["ordered_at"].min().rename("first")
    first = table.join(first, on=["customer_id", by])["first"]
    now = orders["ordered_at"].min().normalize().replace(month=9, day=28)
    rate = table["purchases"] / ((now - first).dt.days + 1)
    print(f"{by}: by the own rate {best(rate, bought):.3f}")
    assert best(rate, bought) == pytest.approx(own_rate, abs=0.04)
    to_due = table["usual_gap"] - (now - table["last_at"]).dt.days
    print(f"{by}: by the nearest date {best(-np.where(to_due >= 0, to_due, 10**6), bought):.3f}")
    assert best(-np.where(to_due >= 0, to_due, 10**6), bought) == pytest.approx(nearest, abs=0.08)
    for low in np.arange(0, 1, 0.1):
        band = ((table["probability"] >= low) & (table["probability"] < low + 0.1)).to_numpy()
        if band.sum() >= 500:
            print(f"{by}: {table['probability'][band].mean():.3f} predicted, {bought[band].mean():.3f} bought")
            assert table["probability"][band].mean() == pytest.approx(bought[band].mean(), abs=0.07)
