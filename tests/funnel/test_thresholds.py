"""Where notes, nulls and refusals begin: each at its last number, and one before it."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ecommine import DataWarning, funnel

START = pd.Timestamp("2024-01-01")
LATER = "2024-06-01"


def log(*parts):
    """Make events of (event, visitors, seconds, more columns)."""
    frames = [
        pd.DataFrame({"event": name, "visitor_id": visitor, "second": second, **more})
        for name, visitor, second, more in parts
    ]
    frame = pd.concat(frames, ignore_index=True)
    frame["occurred_at"] = (START + pd.to_timedelta(frame.pop("second"), unit="s")).astype("datetime64[us]")
    return frame


def searched(n, buyers=0, clicks=0):
    """Search n times, of which some click, and some click and buy."""
    who, buy, click = np.arange(n), np.arange(buyers), np.arange(clicks)
    return funnel.search(
        log(
            ("search", who, 0, {"query": "a", "result_count": 3.0}),
            ("select_item", click, 5, {"position": 1.0 + click % 3}),
            ("purchase", buy, 9, {"value": 5.0 + buy}),
        ),
        as_of=LATER,
        min_searches=1,
    ).table


def money_has_an_interval(n):
    return searched(40, buyers=n, clicks=30)["revenue_per_search_low"].notna().all()


def clicks_are_corrected_for_position(n):
    return searched(60, clicks=n)["relative_click_rate"].notna().all()


def a_query_has_a_row(n):
    return len(funnel.search(log(("search", np.arange(n), 0, {"query": "a"})), as_of=LATER).table) == 1


def codes(found):
    return {note.code for note in found.notes}


def sessions_are_of_many_visitors(n):
    visitor, session = np.arange(60) % n, np.arange(60)
    events = log(
        ("a", visitor, 3_600 * session, {"session_id": session}),
        ("b", visitor[::2], 3_600 * session[::2] + 9, {"session_id": session[::2]}),
    )
    return "few_visitors" not in codes(funnel.analyse(events, ["a", "b"], unit="session_id", as_of=LATER))


def halves(early, late, of=2_000):
    """Let as many enter early as late, of whom some convert."""
    who = np.arange(2 * of)
    buys = np.concatenate([who[:early], of + who[:late]])
    return log(("a", who, 60 * who, {}), ("b", buys, 60 * buys + 9, {}))


def a_trend_is_looked_for(n):
    early, late = n // 2, n - n // 2
    who = np.arange(n)
    events = log(("a", who, 60 * who, {}), ("b", who[:early], 60 * who[:early] + 9, {}))
    assert late
    return "conversion_changes" in codes(funnel.analyse(events, ["a", "b"], as_of=LATER))


def most_purchases_match(n):
    """Of 100 purchases of customers some are in the orders."""
    who = np.arange(100)
    events = log(("add_to_cart", who, 0, {}), ("purchase", who, 9, {})).assign(
        customer_id=lambda one: one["visitor_id"],
        order_id=lambda one: one["visitor_id"].where(one["event"] == "purchase"),
    )
    orders = pd.DataFrame({"order_id": who[:n], "customer_id": who[:n], "product_id": 1, "ordered_at": START})
    orders["ordered_at"] = (orders["ordered_at"] + pd.Timedelta("9s")).astype("datetime64[us]")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        funnel.carts(events, orders=orders, as_of=LATER)
    return not any(isinstance(one.message, DataWarning) for one in caught)


FROM = [
    (money_has_an_interval, 10),
    (clicks_are_corrected_for_position, 20),
    (a_query_has_a_row, 10),
    (sessions_are_of_many_visitors, 20),
    (a_trend_is_looked_for, 200),
    (most_purchases_match, 50),
]


@pytest.mark.parametrize(("holds", "least"), FROM, ids=[one.__name__ for one, _ in FROM])
def test_it_holds_from_there_on(holds, least):
    assert holds(least)
    assert not holds(least - 1)


def test_a_trend_is_told_below_one_in_a_hundred():
    from statsmodels.stats.proportion import proportions_ztest

    late = range(332, 343, 2)
    p = [proportions_ztest([400, one], [2_000, 2_000])[1] for one in late]
    told = ["conversion_changes" in codes(funnel.analyse(halves(400, one), ["a", "b"], as_of=LATER)) for one in late]
    assert told == [one < 0.01 for one in p]
    assert any(0.008 < one < 0.01 for one in p)
    assert any(0.01 < one < 0.012 for one in p)


def steps(n):
    funnel.Funnel([f"s{one}" for one in range(n)], window="1d")


def exclusions(n):
    funnel.Funnel(["a", "b"], window="1d", exclude=[f"x{one}" for one in range(n)])


def groups(n):
    events = log(("a", np.arange(n), 0, {"group": [f"g{one:03}" for one in range(n)]}))
    funnel.analyse(events, ["a", "b"], by="group", as_of=LATER)


def periods(n):
    events = log(("a", np.arange(n), 86_400 * np.arange(n), {}))
    funnel.analyse(events, ["a", "b"], every="1d", as_of="2028-01-01")


MOST = [(steps, 40), (exclusions, 20), (groups, 50), (periods, 1_000)]


@pytest.mark.parametrize(("call", "most"), MOST, ids=[one.__name__ for one, _ in MOST])
def test_so_many_are_taken_and_no_more(call, most):
    call(most)
    with pytest.raises(ValueError, match=f"{most:,}|{most}"):
        call(most + 1)
