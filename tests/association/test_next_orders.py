"""Rules from one order to a later one, against a loop over every pair of orders."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import SchemaError, association, schema
from libraries import to_pandas

DAY = np.timedelta64(86_400_000_000, "us")
START = np.datetime64("2024-01-01", "us")


def shop(n_orders=1_200, customers=150, seed=0):
    """Baskets at random times; one order in eight with product 12 is followed after ten days by one with 13."""
    rng = np.random.default_rng(seed)
    baskets = slow.random_baskets(n_orders, 15, 3, rng)
    customer = rng.integers(0, customers, n_orders).tolist()
    days = rng.integers(0, 200, n_orders).tolist()
    for place in range(0, n_orders, 8):
        baskets[place] = sorted({*baskets[place], 12})
        baskets.append([13])
        customer.append(customer[place])
        days.append(days[place] + 10)
    times = START + np.array(days) * DAY
    return baskets, customer, times


def slow_followers(baskets, customer, times, within):
    """For each order whose window is over: itself, and the products that follow with days to the first of them."""
    last, by_customer = times.max(), defaultdict(list)
    for order, one in enumerate(customer):
        by_customer[one].append(order)
    for order, one in enumerate(customer):
        if times[order] + within * DAY > last:
            continue
        after = {}
        for other in by_customer[one]:
            gap = times[other] - times[order]
            if np.timedelta64(0, "us") < gap <= within * DAY:
                for item in baskets[other]:
                    after[item] = min(after.get(item, np.inf), gap / DAY)
        yield order, after


@pytest.fixture(scope="module")
def case():
    baskets, customer, times = shop()
    lines = slow.lines(baskets, customer_id=customer, ordered_at=pd.Series(times))
    return lines, list(slow_followers(baskets, customer, times, 30)), baskets, customer


@pytest.mark.call("association.next_orders")
def test_counts_and_gaps_are_those_of_the_slow_version(case, local_library):
    lines, followers, baskets, _ = case
    result = association.next_orders(local_library(lines), min_support=0.01)
    gaps = defaultdict(list)
    for order, after in followers:
        for a in set(baskets[order]):
            for b, gap in after.items():
                gaps[a, b].append(gap)
    least = int(np.ceil(0.01 * len(followers)))
    wanted = {pair: one for pair, one in gaps.items() if len(one) >= least}
    rows = {(row["antecedent"], row["consequent"]): row for row in to_pandas(result.table).to_dict("records")}
    assert set(rows) == set(wanted)
    assert len(rows) > 50
    n = result.n_orders
    assert n == len(followers)
    for (a, b), row in rows.items():
        with_a = sum(a in baskets[order] for order, _ in followers)
        with_b = sum(b in after for _, after in followers)
        assert row["count"] == len(wanted[a, b])
        assert row["confidence"] == pytest.approx(row["count"] / with_a)
        assert row["lift"] == pytest.approx(row["count"] * n / with_a / with_b)
        quartiles = [row[name] for name in ("gap_p25", "gap_median", "gap_p75")]
        assert quartiles == pytest.approx(np.quantile(wanted[a, b], (0.25, 0.5, 0.75)).tolist())


def test_expectations_and_p_values_are_those_of_the_slow_version(case):
    lines, followers, baskets, customer = case
    for cluster in ("customer_id", None):
        result = association.next_orders(lines, min_support=0.02, cluster=cluster, season=None).table
        stratum = slow.strata_of([len(after) for _, after in followers])
        for row in result.iloc[::9].to_dict("records"):
            a, b = row["antecedent"], row["consequent"]
            cells = [
                (stratum[len(after)], a in baskets[order], b in after, customer[order]) for order, after in followers
            ]
            table = pd.DataFrame(cells, columns=["stratum", "a", "b", "customer"]).astype({"a": float, "b": float})
            share = table.groupby("stratum")[["a", "b"]].transform("mean")
            mean = (share["a"] * share["b"]).sum()
            assert row["adjusted_lift"] == pytest.approx(row["count"] / mean)
            score = (table["a"] - share["a"]) * (table["b"] - share["b"])
            orders = table["customer"].value_counts()
            limit = 1 + 1.645 * np.sqrt(2 * (orders**2).sum() / orders.sum() ** 2)
            spread = (share["a"] * (1 - share["a"]) * share["b"] * (1 - share["b"])).sum() / mean + 0.01**2 * mean
            by_order = max((score**2).sum(), mean * spread)
            effect = max(limit * (score.groupby(table["customer"]).sum() ** 2).sum() / by_order, 1.0)
            tail = slow.upper_tail(row["count"], mean, spread)
            wanted = slow.upper_tail(row["count"], mean, spread * effect) if cluster and tail < 0.05 else tail
            assert row["p_value"] == pytest.approx(wanted, rel=1e-6, abs=1e-12)


def test_the_planted_rule_is_found_with_its_time(case):
    result = association.next_orders(case[0], min_support=0.02, season=None)
    best = result.table.iloc[0]
    assert (best["antecedent"], best["consequent"], best["gap_median"]) == (12, 13, 10.0)
    assert result.table["q_value"].lt(0.05).sum() <= 3
    assert result.to_flat(names={12: "printer", 13: "ink"}).loc[0, ["antecedent", "consequent"]].tolist() == [
        "printer",
        "ink",
    ]
    assert result.headline.startswith("as of 2024-")
    n_open = case[0]["order_id"].nunique() - len(case[1])
    assert {note.code: note.count for note in result.notes} == {"open_window": n_open}
    lift = f"{best['adjusted_lift']:.1f}"
    assert f"{lift} times as many as expected by chance: the adjusted lift), half" in result.summary()
    assert f"是随机水平的{lift}倍，即校正提升度）" in result.summary(locale="zh")


def test_guests_are_left_out_and_the_order_of_rows_does_not_matter(case):
    lines = case[0].astype({"customer_id": "Int64"})
    lines.loc[lines["order_id"] % 10 == 0, "customer_id"] = pd.NA
    result = association.next_orders(lines, min_support=0.01)
    guests = lines.loc[lines["customer_id"].isna(), "order_id"].nunique()
    assert {note.code: note.count for note in result.notes}["guests_left_out"] == guests
    mixed = lines.sample(frac=1, random_state=np.random.default_rng(0)).reset_index(drop=True)
    pd.testing.assert_frame_equal(association.next_orders(mixed, min_support=0.01).table, result.table, rtol=1e-9)


def test_more_follow_ups_than_memory_holds_are_refused_with_a_way_out(case, monkeypatch):
    monkeypatch.setattr("ecommine.association._evidence.follow_ups.MAX_FOLLOW_UPS", 50)
    with pytest.raises(
        ValueError, match=r"`within`: .* products follow orders, more than 50; one customer has \d+ orders"
    ):
        association.next_orders(case[0])


def test_one_id_with_all_orders_takes_no_more_than_its_products():
    """Every order is followed by all fifty products: a hundred thousand pairs of order and product, not of orders."""
    n = 2_000
    times = pd.Series(START + np.arange(n) * np.timedelta64(3_600_000_000, "us"))
    lines = slow.lines([[place * 7 % 50] for place in range(n)], customer_id=[0] * n, ordered_at=times)
    result = association.next_orders(lines, within="30d", min_support=0.001).table
    assert len(result) == 50 * 50
    assert (
        result["gap_median"]
        == (result["consequent"] - result["antecedent"]) * 43 % 50 / 24
        + (result["consequent"] == result["antecedent"]) * 50 / 24
    ).all()


def test_without_a_support_the_most_frequent_rules_are_listed(case, monkeypatch):
    monkeypatch.setattr("ecommine.association._next_orders.MAX_RULES", 20)
    result = association.next_orders(case[0])
    assert 20 <= len(result.table) < 40
    assert [note.code for note in result.notes] == ["open_window", "season_held_fixed", "rare_rules_not_listed"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"within": "1mo"}, ValueError, "`within` must be a fixed length of a second or more, got '1mo'"),
        ({"within": "soon"}, ValueError, "`within` must be a whole number and a unit"),
        ({"within": "10w", "as_of": "2024-01-15"}, ValueError, "`within`.*10 weeks"),
        ({"min_support": 7}, ValueError, "`min_support` must be between 0 and 1"),
    ],
)
def test_options_out_of_range(case, options, error, message):
    with pytest.raises(error, match=message):
        association.next_orders(case[0], **options)


def test_missing_columns(case):
    for name in ("customer_id", "ordered_at"):
        with pytest.raises(SchemaError, match=f"`{name}` is missing"):
            association.next_orders(case[0].drop(columns=name))
    with pytest.raises(ValueError, match="`orders` has no lines"):
        association.next_orders(case[0].iloc[:0])


BERLIN = [  # the instant of the first order and of the second, and the window that holds both or does not
    ("2024-10-27T00:50Z", "2024-10-27T01:10Z", "1h", True),  # 2:50 before clocks go back, 2:10 after
    ("2024-10-27T00:10Z", "2024-10-27T01:20Z", "1h", False),  # 2:10 and 2:20
    ("2024-03-31T00:30Z", "2024-03-31T01:20Z", "1h", True),  # 1:30 and 3:20, as clocks go forward
    ("2024-03-30T12:00Z", "2024-03-31T11:30Z", "1d", True),
]


@pytest.mark.parametrize(("first", "second", "within", "follows"), BERLIN)
def test_clock_changes_touch_neither_order_nor_gaps(first, second, within, follows, local_library):
    last = "2024-12-01T12:00Z"
    frame = pd.DataFrame(
        {
            "order_id": [1, 2, 3],
            "customer_id": ["ann", "ann", "bob"],
            "product_id": ["printer", "ink", "desk"],
            "ordered_at": pd.to_datetime([first, second, last]).as_unit("us"),
            "amount": 1.0,
        }
    )
    orders = schema.orders(local_library(frame), timezone="Europe/Berlin")
    table = to_pandas(association.next_orders(orders, within=within, min_support=0.01).table)
    assert table[["antecedent", "consequent"]].to_numpy().tolist() == ([["printer", "ink"]] if follows else [])
    gap = (pd.Timestamp(second) - pd.Timestamp(first)) / pd.Timedelta(days=1)
    assert table["gap_median"].tolist() == pytest.approx([gap] if follows else [])


def test_open_windows_are_measured_by_instants_too():
    """Half an hour lies between 2:50 and 2:20, and 90 minutes between 2:50 and 3:20, on the night of 25 hours."""
    instants = ["2024-10-27T00:50Z", "2024-10-27T01:20Z", "2024-10-27T02:20Z"]
    frame = pd.DataFrame(
        {
            "order_id": [1, 2, 3],
            "customer_id": "ann",
            "product_id": ["a", "b", "c"],
            "ordered_at": pd.to_datetime(instants).as_unit("us"),
            "amount": 1.0,
        }
    )
    orders = schema.orders(frame, timezone="Europe/Berlin")
    for until, n_over in ((None, 2), ("2024-10-27 03:20", 2), ("2024-10-27 03:00", 1), ("2024-10-27 02:50", 1)):
        as_of = None if until is None else pd.Timestamp(until).to_pydatetime()
        assert association.next_orders(orders, within="1h", as_of=as_of).n_orders == n_over
    with pytest.raises(ValueError, match="`within`"):
        association.next_orders(orders.iloc[:2], within="1h")
