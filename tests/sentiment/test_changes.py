"""Changes: matched by product and age, clustered by customer; a mix that moves changes nothing."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from ecommine.sentiment._aspects.changes import Changes, find_changes, units_of


def changes(period, product, negative, *, customer=None, age=None, least=1, by_product=False) -> Changes:
    n = len(period)
    period, product = np.asarray(period), np.asarray(product)
    customer = np.arange(n) if customer is None else np.asarray(customer)
    age = np.zeros(n, dtype=np.int64) if age is None else np.asarray(age)
    matrix = np.asarray(negative, dtype=bool).reshape(n, -1)
    return find_changes(units_of(period, product, age, customer, matrix), least, by_product=by_product)


def drawn(seed: int, n: int = 600, n_products: int = 4, periods: int = 2, rate: float = 0.2):
    rng = np.random.default_rng(seed)
    period, product = rng.integers(0, periods, n), rng.integers(0, n_products, n)
    return period, product, rng.random(n) < rate * (1 + product / 2)


def test_a_hand_worked_change() -> None:
    """20 of 100 before and 40 of 100 after: the difference, and z = 10 / sqrt(200 * 60 * 140 / 200^2 / ... )."""
    period = np.repeat([3, 4], 100)
    negative = np.concatenate([np.arange(100) < 20, np.arange(100) < 40])
    found = changes(period, np.zeros(200, dtype=int), negative)
    assert (found.period.tolist(), found.before.tolist(), found.after.tolist()) == ([4], [100.0], [100.0])
    assert (found.negative_before[0], found.negative_after[0]) == (20, 40)
    assert found.difference[0] == pytest.approx(0.2)
    variance = 100 * 100 * 60 * 140 / (200**2 * 199)
    assert found.error[0] == pytest.approx(np.sqrt(variance) / 50)


@pytest.mark.parametrize("seed", range(4))
def test_one_opinion_per_customer_is_cochran_mantel_haenszel(seed: int) -> None:
    period, product, negative = drawn(seed)
    found = changes(period, product, negative)
    tables = [
        np.array(
            [[((period == p) & (product == k) & (negative == y)).sum() for y in (True, False)] for p in (1, 0)],
            dtype=float,
        )
        for k in range(4)
    ]
    table = StratifiedTable(tables)
    assert found.p_value[0] == pytest.approx(table.test_null_odds().pvalue, abs=1e-12)
    weights = [t[0].sum() * t[1].sum() / t.sum() for t in tables]
    plain = [t[0, 0] / t[0].sum() - t[1, 0] / t[1].sum() for t in tables]
    assert found.difference[0] == pytest.approx(np.average(plain, weights=weights))


def test_a_mix_of_products_is_no_change() -> None:
    """Product 1 is worse and has most reviews of the second period: within products nothing moves."""
    period = np.repeat([0, 0, 1, 1], [300, 100, 100, 300])
    product = np.repeat([0, 1, 0, 1], [300, 100, 100, 300])
    turn = np.concatenate([np.arange(300), np.arange(100), np.arange(100), np.arange(300)])
    negative = turn % 10 < np.where(product == 1, 5, 1)
    found = changes(period, product, negative)
    assert found.difference[0] == pytest.approx(0, abs=1e-12)
    assert found.p_value[0] == pytest.approx(1)
    crude = changes(period, np.zeros(800, dtype=int), negative)
    assert crude.p_value[0] < 1e-6


def test_a_mix_of_ages_is_no_change() -> None:
    period = np.repeat([0, 0, 1, 1], [300, 100, 100, 300])
    age = np.repeat([0, 1, 0, 1], [300, 100, 100, 300])
    turn = np.concatenate([np.arange(300), np.arange(100), np.arange(100), np.arange(300)])
    negative = turn % 10 < np.where(age == 1, 5, 1)
    assert changes(period, np.zeros(800, dtype=int), negative, age=age).p_value[0] == pytest.approx(1)


def test_reviews_that_a_customer_writes_twice_tell_no_more() -> None:
    period, product = np.repeat([0, 1], 60), np.zeros(120, dtype=int)
    negative = np.concatenate([np.arange(60) < 10, np.arange(60) < 20])
    once = changes(period, product, negative)
    twice = changes(
        np.repeat(period, 2), np.repeat(product, 2), np.repeat(negative, 2), customer=np.repeat(np.arange(120), 2)
    )
    assert twice.after.tolist() == (2 * once.after).tolist()
    assert twice.difference == pytest.approx(once.difference)
    assert twice.error == pytest.approx(once.error, rel=0.01)
    assert twice.p_value == pytest.approx(once.p_value, rel=0.02)


def test_one_customer_with_many_products_has_one_voice() -> None:
    """The same counts from five customers who write about twenty products each tell less than a hundred customers."""
    period, product = np.repeat([0, 1], 100), np.tile(np.arange(20), 10)
    negative = np.concatenate([np.arange(100) < 20, np.arange(100) < 40])
    alone = changes(period, product, negative, customer=np.arange(200))
    few = changes(period, product, negative, customer=np.arange(200) // 20)
    assert few.difference.tolist() == alone.difference.tolist()
    assert few.error[0] > 1.5 * alone.error[0]


@pytest.mark.parametrize(("least", "rows"), [(100, 1), (101, 0)])
def test_periods_with_few_reviews_are_not_compared(least: int, rows: int) -> None:
    period = np.repeat([0, 1], [100, 150])
    negative = np.arange(250) % 5 == 0
    assert len(changes(period, np.zeros(250, dtype=int), negative, least=least).period) == rows


def test_periods_that_do_not_follow_each_other_are_not_compared() -> None:
    assert len(changes(np.repeat([0, 2], 100), np.zeros(200, dtype=int), np.arange(200) % 2 == 0).period) == 0


def test_few_negative_reviews_get_the_binomial_tail() -> None:
    period = np.repeat([0, 1], [60, 30])
    negative = np.concatenate([np.zeros(60), np.arange(30) < 10])
    assert changes(period, np.zeros(90, dtype=int), negative).p_value[0] == pytest.approx(2 / 3**10)
    negative[60] = 0
    assert np.isnan(changes(period, np.zeros(90, dtype=int), negative).p_value[0])


def test_each_product_is_compared_with_itself() -> None:
    period, product, negative = drawn(1)
    found = changes(period, product, negative, by_product=True)
    assert sorted(found.product.tolist()) == [-1, 0, 1, 2, 3]
    for k in range(4):
        own = product == k
        alone = changes(period[own], product[own], negative[own])
        place = found.product.tolist().index(k)
        for name in ("difference", "error", "p_value", "after", "negative_before"):
            assert getattr(found, name)[place] == pytest.approx(getattr(alone, name)[0])


def test_the_size_of_the_test_with_customers_who_write_often() -> None:
    """2,000 shops without a change, whose customers have a temper and write about several products."""
    rng = np.random.default_rng(0)
    p = []
    for _ in range(2_000):
        n = 400
        customer, product, period = rng.integers(0, 120, n), rng.integers(0, 6, n), rng.integers(0, 2, n)
        temper = rng.normal(0, 1, 120)[customer]
        negative = rng.random(n) < 1 / (1 + np.exp(1.2 - temper - product / 6))
        p.append(changes(period, product, negative, customer=customer).p_value[0])
    assert 0.035 <= np.mean(np.array(p) <= 0.05) <= 0.065
