"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import elasticity
from elasticity.shops import shop, small_panel
from elasticity.test_errors import slow_sellers, with_stores
from golden import check_texts

TEXTS = Path(__file__).parent / "texts"
PRICES = [4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0]
UNITS = [100, 83, 120, 99, 70, 84, 118, 101]


def untidy():
    """A panel that has every row to leave out."""
    tea = small_panel(
        [*PRICES * 8, 0.0, 4.0, 4.0, 4.1, None],
        [*UNITS * 8, 50, -3, 50, 0, 0],
        in_stock=[1.0] * 66 + [0.0, 1.0, 1.0],
        complete=[True] * 68 + [False],
        rival=[3.0] * 10 + [None] + [4.0] * 58,
    )
    tea = pd.concat([tea, tea.iloc[[3]], tea.iloc[[4]].assign(product_id=None), tea.iloc[:0]])
    return tea.drop(index=12).assign(price=lambda rows: rows["price"].where(rows["in_stock"] > -1))


@cache
def fits():
    """Fits that have every note, and every sentence of a summary."""
    few = shop(4, categories=4)
    flat = pd.concat(
        [shop(), shop(1).assign(product_id=50, price=5.0), shop(2).assign(product_id=[60] * 30 + [61] * 30)]
    )
    steady = flat.assign(price=np.where(flat["product_id"] == 60, 7.0, flat["price"]))
    part = shop(12, periods=20)
    alone = small_panel([*PRICES, np.inf], [*UNITS, 90], category="tea")
    empty = shop(2).assign(product_id=[70] * 30 + [71] * 30, quantity=0)
    return {
        "shop": elasticity.fit(shop()),
        "untidy": elasticity.fit(untidy(), cross="rival"),
        "some null": elasticity.fit(steady),
        "two reasons": elasticity.fit(pd.concat([steady, empty.iloc[:30]])),
        "four products": elasticity.fit(few),
        "three products": elasticity.fit(shop(3)),
        "stores": elasticity.fit(with_stores()),
        "nine stores": elasticity.fit(with_stores(9)),
        "clusters": elasticity.fit(with_stores(), errors="cluster", cluster="period_at"),
        "slow sellers": elasticity.fit(slow_sellers(n_products=3)),
        "no periods": elasticity.fit(small_panel(PRICES, UNITS).drop(columns="period_at"), absorb=()),
        "few share a period": elasticity.fit(part[(part["period_at"] > "2024-02-01") | (part["product_id"] == 1)]),
        "no other price": elasticity.fit(alone, cross="category"),
        "nothing": elasticity.fit(shop().iloc[:0]),
    }


@cache
def prices():
    """Prices that have every note and sentence."""
    result = elasticity.fit(shop())
    inelastic = small_panel(PRICES * 2, np.rint(1_000 * np.array(PRICES * 2) ** -0.5), unit_cost=2.0)
    return {
        "prices": result.optimal_prices(),
        "prices that end in .90": result.optimal_prices(endings=(0.9,), max_change=0.02),
        "prices within bounds": result.optimal_prices(objective="revenue", bounds=(0.98, 1.02)),
        "no finite optimum": elasticity.fit(inelastic).optimal_prices(),
        "no price": elasticity.fit(small_panel([4.0] * 9, range(9, 18), unit_cost=1.0)).optimal_prices(),
    }


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording(locale):
    texts = {}
    for name, result in {**fits(), **prices()}.items():
        notes = "\n".join(f"- {note}" for note in result.notes) if locale == "en" else ""
        texts[name] = "\n\n".join(
            filter(None, [result.headline * (locale == "en"), notes, result.summary(locale=locale)])
        )
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_note_and_reason_is_seen():
    codes = {note.code for result in (*fits().values(), *prices().values()) for note in result.notes}
    rows = elasticity.__doc__.partition("meaning (what is counted)")[2].splitlines()
    documented = {row.split()[0] for row in rows if row[:1].islower() and " " in row}
    assert codes <= documented
    assert documented - codes == {"price_explained", "few_periods", "few_price_changes", "prices_unknown"}
