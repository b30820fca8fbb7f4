"""Excess of negative mentions: a product against the others of its category, by customer."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from ecommine import sentiment
from ecommine.sentiment._aspects.mentions import Opinions
from ecommine.sentiment._aspects.shares import Excess, excess_negative


def excess_of(product, negative, *, customer=None, category=None, least=30) -> Excess:
    """Return the excess of opinions without times and stars."""
    n = len(product)
    zeros = np.zeros(n, dtype=np.int64)
    opinions = Opinions(
        row=np.arange(n),
        product=np.asarray(product),
        category=zeros,
        customer=np.arange(n) if customer is None else np.asarray(customer),
        time=zeros,
        rating=np.full(n, np.nan),
        age=zeros,
    )
    of_product = np.zeros(int(np.max(product)) + 1, dtype=np.int64) if category is None else np.asarray(category)
    return excess_negative(opinions, np.asarray(negative, dtype=bool).reshape(n, -1), of_product, least)


def test_a_hand_worked_excess() -> None:
    """40 of 100 and 20 of 100 with a mean of .3: the rates are drawn to it by their noise."""
    found = excess_of(np.repeat([0, 1], 100), np.concatenate([np.arange(100) < 40, np.arange(100) < 20]))
    assert found.category_rate[:, 0].tolist() == [0.3, 0.3]
    assert found.excess[0, 0] == pytest.approx(-found.excess[1, 0])
    assert 5 < found.excess[0, 0] < 10
    table = StratifiedTable([np.array([[40.0, 60.0], [20.0, 80.0]])])
    assert found.p_value[:, 0] == pytest.approx([table.test_null_odds().pvalue] * 2)


def test_categories_are_compared_apart() -> None:
    rng = np.random.default_rng(0)
    product = rng.integers(0, 5, 1_500)
    negative = rng.random((1_500, 2)) < 0.1 + 0.05 * product[:, None]
    both = excess_of(product, negative, category=[7, 3, 7, 3, 7])
    for members in ([0, 2, 4], [1, 3]):
        rows = np.isin(product, members)
        alone = excess_of(np.searchsorted(members, product[rows]), negative[rows])
        for name in ("category_rate", "excess", "p_value"):
            assert getattr(both, name)[members] == pytest.approx(getattr(alone, name))


def test_many_reviews_by_one_hand_are_one_voice() -> None:
    product, negative = np.repeat([0, 1], 100), np.concatenate([np.arange(100) < 40, np.arange(100) < 20])
    alone = excess_of(product, negative).p_value[0, 0]
    assert excess_of(product, negative, customer=np.arange(200) // 20).p_value[0, 0] > 20 * alone


@pytest.mark.parametrize(("n_negative", "is_tested"), [(9, False), (10, True)])
def test_few_negative_opinions_are_not_tested(n_negative: int, is_tested: bool) -> None:
    found = excess_of(np.repeat([0, 1], 100), np.arange(200) < n_negative)
    assert np.isfinite(found.p_value).tolist() == [[is_tested], [is_tested]]


@pytest.mark.parametrize(("n_other", "is_tested"), [(29, False), (30, True)])
def test_few_opinions_of_the_others_are_not_tested(n_other: int, is_tested: bool) -> None:
    found = excess_of(np.repeat([0, 1], [100, n_other]), np.arange(100 + n_other) % 3 == 0)
    assert np.isfinite(found.p_value).tolist() == [[is_tested], [is_tested]]


def test_a_product_alone_is_compared_with_nothing() -> None:
    found = excess_of(np.zeros(100, dtype=int), np.arange(100) < 30)
    assert np.isnan(found.p_value).all()
    assert found.excess.tolist() == [[0.0]]


def test_the_size_of_the_test_with_customers_who_write_often() -> None:
    """1,000 shops of equal products, whose customers have a temper and write about several of them."""
    rng = np.random.default_rng(0)
    p = []
    for _ in range(1_000):
        customer, product = rng.integers(0, 120, 400), rng.integers(0, 4, 400)
        negative = rng.random(400) < 1 / (1 + np.exp(1.2 - rng.normal(0, 1, 120)[customer]))
        p.append(excess_of(product, negative, customer=customer).p_value[0, 0])
    assert 0.035 <= np.mean(np.array(p) <= 0.05) <= 0.065


def noise(n_bad: int) -> pd.DataFrame:
    text = (
        ["The quality is awful"] * n_bad
        + ["I use it"] * (50 - n_bad)
        + (["The quality is awful"] + ["I use it"] * 9) * 40
    )
    return pd.DataFrame({"product_id": np.repeat([1, 2], [50, 400]), "text": text})


@pytest.mark.parametrize(("n_bad", "is_named"), [(9, False), (20, True)])
def test_the_summary_names_a_product_only_beyond_chance(n_bad: int, is_named: bool) -> None:
    found = sentiment.aspects(noise(n_bad))
    row = found.table.set_index(["product_id", "aspect"]).loc[(1, "quality")]
    assert row["excess_negative"] > 0
    assert (row["excess_q_value"] <= 0.05) == is_named
    assert ("quality of product 1 (" in found.summary()) == is_named
    assert ("No product is worse" in found.summary()) != is_named
    assert ("显著差于同类的有" in found.summary(locale="zh")) == is_named
