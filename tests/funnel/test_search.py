"""Searches against an interpreter in plain Python, worked cases, other estimators, and every table library."""

from datetime import timedelta

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecommine import SchemaError, funnel
from ecommine._stats.intraclass import ClustersOfGroups
from ecommine.funnel._search.position_bias import fit_curve
from ecommine.funnel._search.rates import estimate_rates
from funnel import searchlog, slow_search
from libraries import to_pandas

LATER = "2024-03-01"
NAMES = st.sampled_from(
    ["search", "view_search_results", "select_item", "view_item", "purchase", "page_view", "scroll"]
)
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.integers(0, 60).map(lambda step: step * 4),
        NAMES,
        st.sampled_from([None, "a", "A ", "b", " "]),
        st.sampled_from([None, 0.0, 3.0]),
        st.sampled_from([None, "p", "q"]),
        st.sampled_from([None, 1.0, 2.0]),
        st.sampled_from([None, 5.0, 8.0]),
        st.sampled_from([None, None, "s", "t"]),
    ),
    min_size=1,
    max_size=25,
)
FIXED = {
    "gap": timedelta(seconds=60),
    "dedupe_within": timedelta(seconds=10),
    "reformulation_within": timedelta(seconds=40),
}
COMPARED = (
    *("searches", "visitors", "pending", "zero_result_rate", "click_rate", "reformulation_rate", "conversion"),
    *("revenue", "revenue_per_search", "exit_rate", "top_reformulation"),
)


def codes(found):
    return {note.code: note.count for note in found.notes}


def same(value, expected):
    if value is None or value != value:
        return expected is None
    return value == (pytest.approx(expected) if isinstance(expected, float) else expected)


def assert_equals_slow(frame, table, until, **options):
    expected = slow_search.by_query(slow_search.all_searches(frame, until, **FIXED, **options))
    assert set(table["query"]) == set(expected)
    paid = frame[(frame["event"] == "purchase") & (frame["occurred_at"] <= until)]
    for row in table.to_dict("records"):
        for name in COMPARED:
            if (name in ("conversion", "revenue", "revenue_per_search") and paid["value"].isna().all()) or (
                name == "conversion" and paid.empty
            ):
                assert row[name] != row[name] or name == "conversion"
                continue
            assert same(row[name], expected[row["query"]][name]), (row["query"], name)


@pytest.mark.parametrize("within", [None, timedelta(seconds=90)])
@pytest.mark.parametrize("attribution", ["clicked", "last"])
@given(rows=EVENTS, ahead=st.integers(0, 400))
@settings(max_examples=80)
def test_every_number_is_what_the_interpreter_says(within, attribution, rows, ahead):
    frame = slow_search.table(rows)
    until = slow_search.START + timedelta(seconds=ahead)
    found = funnel.search(frame, **FIXED, within=within, attribution=attribution, min_searches=1, as_of=until)
    assert_equals_slow(frame, found.table, until, within=within, attribution=attribution)


@given(rows=EVENTS, seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_order_of_rows_does_not_matter(rows, seed):
    frame = slow_search.table(rows)
    mixed = frame.sample(frac=1, random_state=seed)
    first, second = (funnel.search(one, **FIXED, min_searches=1, as_of=LATER) for one in (frame, mixed))
    for name, table in first.tables.items():
        pd.testing.assert_frame_equal(table, second.tables[name])
    assert first.notes == second.notes


def shop_log(n=3_000, seed=0):
    return searchlog.log(searchlog.truth(20), n, seed, visitors=1_500, alike=0.3)


@pytest.mark.call("funnel.search")
def test_every_library_says_the_same(library):
    frame = shop_log(800).drop(columns="session_id").assign(product_id=lambda one: one["position"] % 3)
    frame["product_id"] = frame["product_id"].map({0.0: "p", 1.0: "q", 2.0: "r"}).where(frame["product_id"].notna())
    options = {"as_of": "2024-01-01", "within": "2d"}
    expected, found = funnel.search(frame, **options), funnel.search(library(frame), **options)
    for name, table in expected.tables.items():
        actual = to_pandas(found.tables[name])
        pd.testing.assert_frame_equal(actual, to_pandas(table), check_dtype=False, rtol=1e-9)
    assert found.notes == expected.notes
    assert found.summary() == expected.summary()


def rows_of(*rows):
    return slow_search.table(rows)


def one_row(frame, **options):
    found = funnel.search(frame, min_searches=1, as_of=LATER, **options)
    assert len(found.table) == 1
    return found.table.iloc[0], found


def test_what_ga4_sends_twice_is_one_search():
    frame = rows_of((1, 0, "search", "Socks"), (1, 1, "view_search_results", "socks", 7.0), (1, 1, "page_view"))
    row, found = one_row(frame)
    assert (row["searches"], row["zero_result_rate"], row["exit_rate"]) == (1, 0.0, 1.0)
    assert codes(found)["repeated_searches_merged"] == 1


def test_a_results_event_without_a_query_belongs_to_the_search_before():
    row, found = one_row(rows_of((1, 0, "search", "socks"), (1, 1, "view_search_results", None, 0.0)))
    assert (row["searches"], row["zero_result_rate"]) == (1, 1.0)
    assert "searches_without_query" not in codes(found)


def test_a_click_or_a_pause_between_makes_two_searches():
    clicked = rows_of((1, 0, "search", "socks"), (1, 2, "select_item"), (1, 4, "search", "socks"))
    assert one_row(clicked)[0]["searches"] == 2
    later = rows_of((1, 0, "search", "socks"), (1, 11, "search", "socks"))
    assert one_row(later)[0]["searches"] == 2
    assert one_row(later, dedupe_within="11s")[0]["searches"] == 1


def test_chinese_queries_and_spellings():
    frame = rows_of((1, 0, "search", "Ｔ恤　红色"), (2, 0, "search", "t恤 红色"), (3, 0, "search", "t恤 红色 "))
    row, _ = one_row(frame)
    assert (row["query"], row["searches"], row["spelling"]) == ("t恤 红色", 3, "t恤 红色")


def test_each_query_has_the_spelling_of_most_of_its_searches():
    """What is written in no event that begins a search does not count, nor do blanks; of equal ones the first does."""
    typed = ["Red ", "red", "Red ", "", "BLUE  sky", "blue sky", "blue sky"]
    heads = [(one, 0, "search", query) for one, query in enumerate(typed)]
    again = [
        (4, 1, "view_search_results", "Blue Sky"),
        (7, 0, "scroll", "green"),
        (8, 0, "search", " x"),
        (9, 0, "search", "X "),
    ]
    table = funnel.search(rows_of(*heads, *again), min_searches=1, as_of=LATER).table
    spelt = dict(zip(table["query"], table["spelling"], strict=True))
    assert spelt == {"red": "Red", "blue sky": "blue sky", "x": "x"}


def test_a_query_is_written_in_one_spelling_once(monkeypatch):
    from ecommine.funnel._search import read as _search_read

    told, plain = [], _search_read.normalize_query
    monkeypatch.setattr(_search_read, "normalize_query", lambda text: told.append(text) or plain(text))
    funnel.search(rows_of((1, 0, "search", "Red"), (2, 0, "search", "blue")), min_searches=1, as_of=LATER)
    assert sorted(told) == ["Red", "blue"]


def test_the_product_clicked_is_credited_not_the_last_search():
    frame = rows_of(
        (1, 0, "search", "dress"), (1, 5, "select_item", None, None, "d", 1.0),
        (1, 60, "search", "socks"), (1, 70, "select_item", None, None, "s", 1.0),
        (1, 90, "purchase", None, None, "d", None, 80.0), (1, 90, "purchase", None, None, "s", None, 5.0),
        (1, 95, "purchase", None, None, "x", None, 7.0),
    )  # fmt: skip
    found = funnel.search(frame, min_searches=1, as_of=LATER)
    assert dict(zip(found.table["query"], found.table["revenue"], strict=True)) == {"dress": 80.0, "socks": 5.0}
    assert codes(found)["purchases_without_search"] == 1
    last = funnel.search(frame, min_searches=1, as_of=LATER, attribution="last").table
    assert dict(zip(last["query"], last["revenue"], strict=True)) == {"dress": 0.0, "socks": 92.0}


def test_sessions_that_are_not_over_are_in_no_share():
    frame = rows_of((1, 0, "search", "a"), (2, 7200, "search", "a"))
    found = funnel.search(frame, min_searches=1)
    row = found.table.iloc[0]
    assert (row["searches"], row["pending"], row["exit_rate"]) == (2, 1, 1.0)
    assert codes(found)["sessions_in_progress"] == 1
    young = funnel.search(frame[1:], min_searches=1)
    assert np.isnan(young.table.iloc[0]["click_rate"])


def test_rare_queries_have_no_row_and_are_told():
    found = funnel.search(rows_of((1, 0, "search", "a")), as_of=LATER)
    assert len(found.table) == len(found.opportunities) == 0
    assert codes(found)["rare_queries"] == 1


def test_tables_without_rows_keep_their_columns(local_library):
    frame = rows_of((1, 0, "search", "a"))
    frame["query"] = frame["query"].astype("str")
    empty = funnel.search(local_library(frame.iloc[:0]), as_of=LATER)
    full = funnel.search(frame, as_of=LATER, min_searches=1)
    for name, table in full.tables.items():
        assert list(to_pandas(empty.tables[name]).columns) == list(table.columns)
    assert "0 searches" in empty.headline


def types(table):
    return dict(nw.from_native(table).schema)


def test_tables_without_rows_keep_their_types(local_library):
    clicked = [(one, 1 + one % 2, "select_item", None, None, None, 1.0) for one in range(30)]
    frame = rows_of(*[(one, 0, "search", "a", 3.0) for one in range(30)], (1, 0, "search", "b"), *clicked)
    frame["query"] = frame["query"].astype("str").where(frame["query"].notna())
    options = {"min_searches": 1, "as_of": LATER}
    full, rare = (funnel.search(local_library(frame), **{**options, "min_searches": n}) for n in (1, 99))
    nowhere = funnel.search(local_library(frame.drop(columns="position")), **options)
    assert [len(to_pandas(rare.tables[name])) for name in ("queries", "opportunities", "reasons")] == [0, 0, 0]
    for name, table in full.tables.items():
        assert types(rare.tables[name]) == types(table)
    assert types(nowhere.positions)["shown"] == types(full.positions)["shown"] == nw.Int64


def test_ids_missing_or_of_text():
    frame = rows_of((None, 0, "search", "a"), ("x", 0, "search", "a"), ("y", 0, "search", None))
    row, found = one_row(frame)
    assert row["searches"] == 1
    assert (codes(found)["events_without_id"], codes(found)["searches_without_query"]) == (1, 1)


def test_without_positions_the_relative_click_rate_is_null_with_a_reason():
    frame = rows_of((1, 0, "search", "a"), (1, 5, "select_item"))
    row, found = one_row(frame)
    assert np.isnan(row["relative_click_rate"])
    assert codes(found)["few_positions"] == 0
    assert "no_positions" in codes(one_row(frame.drop(columns="position"))[1])


def test_queries_that_are_all_missing_and_clicks_that_are_all_beyond_the_page(local_library):
    lost = rows_of((1, 0, "search", None), (1, 5, "select_item"), (2, 9, "purchase"))
    assert funnel.search(local_library(lost), as_of=LATER).searches == 0
    clicks = [(one, 2, "select_item", None, None, None, 7.0) for one in range(30)]
    far = rows_of(*[(one, 1, "search", "a", np.inf) for one in range(30)], *clicks, (99, 1, "search", "a", -1.0))
    found = funnel.search(local_library(far), as_of=LATER, page_size=3)
    assert (codes(found)["few_positions"], codes(found)["unknown_result_count"]) == (0, 1)
    last = to_pandas(funnel.search(local_library(far), as_of=LATER).table).iloc[0]
    assert (last["relative_click_rate"], last["click_rate"]) == pytest.approx((1.0, 30 / 31))


def test_categories_are_taken_as_text():
    frame = rows_of((1, 0, "search", "b"), (2, 0, "search", "a"), (3, 0, "search", "a"))
    table = funnel.search(frame.astype({"query": "category"}), min_searches=1, as_of=LATER).table
    assert table["query"].tolist() == ["a", "b"]
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    arrow = pa.Table.from_pandas(frame.assign(query=frame["query"].astype("category")), preserve_index=False)
    found = funnel.search(arrow.drop_columns(["product_id", "session_id"]), min_searches=1, as_of=LATER)
    assert to_pandas(found.table)["query"].tolist() == ["a", "b"]


def test_notes_and_headline_count_in_singular_and_plural():
    many = [(one, 0, "search", "a") for one in range(3_000)]
    clicks = [(1, 5, "select_item", None, None, None, 1.0), (2, 5, "select_item", None, None, None, 2.0)]
    rare = [(9_000, 0, "search", "b"), (9_001, 0, "search", "c"), (9_001, 9, "search", "c")]
    first = [(9_002, 0, "select_item")]
    one = funnel.search(rows_of(*many, clicks[0], rare[0], *first), as_of=LATER)
    assert one.headline.endswith("3,001 searches for 2 queries by 3,001 visitors, 0.0333% with a click")
    assert (codes(one)["clicks_before_search"], codes(one)["rare_queries"], codes(one)["few_positions"]) == (1, 1, 1)
    two = funnel.search(rows_of(*many, *clicks, *rare, *first, *first), as_of=LATER, dedupe_within="2s")
    assert (codes(two)["clicks_before_search"], codes(two)["rare_queries"], codes(two)["few_positions"]) == (2, 2, 2)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"gap": "1mo"}, ValueError, "`gap` must be a fixed length"),
        ({"within": 3}, TypeError, "`within` must be a duration"),
        ({"attribution": "first"}, ValueError, "`attribution` must be one of 'clicked', 'last', got 'first'"),
        ({"page_size": 0}, ValueError, "`page_size`"),
        ({"min_searches": 0}, ValueError, "`min_searches`"),
        ({"level": 2}, ValueError, "`level`"),
    ],
)
def test_errors(options, error, words):
    with pytest.raises(error, match=words):
        funnel.search(rows_of((1, 0, "search", "a")), **options)


def test_a_query_is_needed():
    with pytest.raises(SchemaError, match="`query` is missing"):
        funnel.search(rows_of((1, 0, "search", "a")).drop(columns="query"))


def counts(seed):
    rng = np.random.default_rng(seed)
    shown = np.sort(rng.integers(1, 400, (6, 4)), axis=1)[:, ::-1].astype(float)
    clicks = rng.poisson(shown * rng.gamma(4, 0.25, 6)[:, None] * (0.4 / np.arange(1, 5)))
    return shown, clicks


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_is_the_maximum_likelihood_of_a_log_linear_model(seed):
    import statsmodels.api as sm

    shown, clicks = counts(seed)
    curve, relative = fit_curve(shown, clicks.sum(axis=1), clicks.sum(axis=0))
    query, place = (one.ravel() for one in np.indices(shown.shape))
    design = np.column_stack([pd.get_dummies(query), pd.get_dummies(place).iloc[:, 1:]]).astype(float)
    fit = sm.GLM(clicks.ravel(), design, family=sm.families.Poisson(), offset=np.log(shown.ravel())).fit()
    mean = shown * relative[:, None] * curve
    assert mean.ravel() == pytest.approx(fit.mu, rel=1e-6)
    assert float((shown @ curve).sum()) == pytest.approx(clicks.sum())


def test_the_plain_click_rate_by_place_is_confounded_and_the_curve_is_not():
    """Only the wanted query shows a second place: the plain rates say that both places are looked at alike."""
    shown = np.array([[1000.0, 1000.0], [1000.0, 0.0]])
    curve, relative = fit_curve(shown, np.array([600.0, 100.0]), np.array([500.0, 200.0]))
    assert (np.array([500.0, 200.0]) / shown.sum(axis=0)).tolist() == [0.25, 0.2]
    assert curve[1] / curve[0] == pytest.approx(0.5)
    assert relative[0] / relative[1] == pytest.approx(4.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.booleans()), min_size=1, max_size=40))
@settings(max_examples=60)
def test_the_effective_number_of_searches_is_that_of_a_plain_loop(rows):
    query, unit, hit = (np.array(one) for one in zip(*rows, strict=True))
    found = estimate_rates(hit, np.ones(len(rows), bool), ClustersOfGroups.of(query, unit, 4))
    above = below = 0.0
    twins = dict.fromkeys(range(4), 0)
    for i, (q, v, x) in enumerate(rows):
        share, n = hit[query == q].mean(), (query == q).sum()
        for j, (other, visitor, y) in enumerate(rows):
            if i != j and (q, v) == (other, visitor):
                above += (x - share) * (y - share) + share * (1 - share) / n
                below += share * (1 - share)
                twins[q] += 1
    alike = min(max(above / below, 0), 1) if below else 0
    for q in range(4):
        n = (query == q).sum()
        assert found.n_effective[q] == pytest.approx(n / (1 + alike * twins[q] / n) if n else 0)


def test_intervals_are_those_of_jeffreys_where_visitors_search_once():
    from statsmodels.stats.proportion import proportion_confint

    hit = np.arange(30) < 4
    found = estimate_rates(hit, np.ones(30, bool), ClustersOfGroups.of(np.zeros(30, int), np.arange(30), 1))
    assert [float(end[0]) for end in found.interval(0.9)] == pytest.approx(
        proportion_confint(4, 30, alpha=0.1, method="jeffreys")
    )


def test_the_stake_by_hand():
    """Query a finds nothing half of the time, b always; a search that finds brings 4."""
    rows = [(one, 0, "search", "a" if one < 200 else "b", 0.0 if one < 100 else 3.0) for one in range(400)]
    rows += [(one, 5, "select_item") for one in range(100, 200)]
    rows += [(one, 9, "purchase", None, None, None, None, 12.0) for one in range(100, 200)]
    found = funnel.search(rows_of(*rows), as_of=LATER)
    row = found.opportunities.set_index("query").loc["a"]
    zero = found.reasons[(found.reasons["query"] == "a") & (found.reasons["reason"] == "zero_results")].iloc[0]
    assert (zero["rate"], zero["typical"]) == (0.5, 0.25)
    assert 0.25 < zero["shrunk"] < 0.5
    assert zero["potential_gain"] == pytest.approx((zero["shrunk"] - 0.25) * 200 * 1200 / 300)
    assert row["reason"] == "zero_results"
    assert zero["q_value"] < 1e-9
    assert found.potential_gain_in == "money"


def test_the_worst_queries_of_a_known_shop_are_found():
    true = searchlog.truth(30)
    true.loc[4, "zero"], true.loc[7, "buys"], true.loc[2, "wanted"] = 0.9, 0.01, 0.1
    found = funnel.search(searchlog.log(true, 20_000), as_of="2100-01-01")
    reasons = found.opportunities.set_index("query")["reason"]
    assert (reasons["q0004"], reasons["q0007"]) == ("zero_results", "few_purchases")
    assert reasons["q0002"] in {"few_clicks"}


def test_rare_queries_do_not_stand_at_the_top():
    """All queries are alike: whatever a rare one shows is noise, and nearly nothing is at stake."""
    found = funnel.search(searchlog.log(searchlog.truth(300, spread=0), 6_000), as_of="2100-01-01")
    assert found.opportunities["potential_gain"].sum() < 0.05 * found.table["revenue"].sum()
    assert (found.reasons["q_value"] < 0.05).sum() <= 2
