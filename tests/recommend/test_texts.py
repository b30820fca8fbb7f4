"""The wording of notes, headlines and summaries stands in ``texts/``; other tests look at codes and numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import recommend
from golden import check_texts
from recommend.good_arguments import basket_lines, event_rows, order_lines, product_table
from recommend.shops import lines, tastes

TEXTS = Path(__file__).parent / "texts"


def untidy():
    """Lines that have everything to leave out."""
    orders = order_lines()
    odd = orders.iloc[:3].assign(customer_id=None, product_id=["p01", "p02", None], order_id=[9_001, 9_001, 9_002])
    return pd.concat([orders, odd], ignore_index=True)


def results():
    """Results that have every note, and every sentence of a summary."""
    products, events = product_table(), event_rows()
    strange = events.assign(product_id=events["product_id"].where(events.index > 3, "p99"))
    model = recommend.fit(order_lines(), products=products, events=events)
    late = events.tail(1).assign(occurred_at=np.datetime64("2024-06-20T12:00", "us"))
    strange = pd.concat([strange, late], ignore_index=True)
    odd = recommend.fit(untidy(), products=products.iloc[:-3], events=strange, max_products=10, as_of="2024-06-18")
    costly = products.assign(unit_cost=products["price"] * (1 + (products.index < 3)))
    launched = products.assign(launched_at=np.datetime64("2030-01-01", "us"))[["product_id", "launched_at"]].head(2)
    basket = pd.DataFrame({"order_id": [1], "product_id": ["p98"], "amount": [3.0]})
    orders = tastes(0, n=300)
    return {
        "model": model,
        "model, untidy": odd,
        "model, launched later": recommend.fit(order_lines(), products=launched),
        "model, short": recommend.fit(lines([1, 2], ["a", "b"], [0, 1]), as_of="2026-01-01"),
        "home": model.home(),
        "home, by margin": recommend.fit(order_lines(), products=products.iloc[:-3]).home(k=3, rank_by="margin"),
        "home, unknown": model.home(["nobody", "c01"], k=20),
        "home, by a negative margin": recommend.fit(order_lines(), products=costly).home(k=1, rank_by="margin"),
        "home, unknown, only own": model.home(["nobody"], repeat="only"),
        "home, nothing": model.home(available=[]),
        "detail": model.detail(),
        "detail, nothing alike": recommend.fit(order_lines()).detail(["p01"], k=1, kind="similar"),
        "detail, unknown": model.detail(["p98"], kind="similar"),
        "visit": model.visit(events, k=2),
        "checkout": model.checkout(basket_lines()),
        "checkout, unknown": model.checkout(basket),
        "top-up": model.top_up(basket_lines(), 10.0),
        "top-up, no money": model.top_up(basket.drop(columns="amount"), 10.0),
        "top-up, no prices": recommend.fit(orders).top_up(basket.assign(product_id=5), 10.0),
        "evaluation": recommend.evaluate(order_lines(), k=3),
        "evaluation, checkout": recommend.evaluate(order_lines(), placement="checkout", n_windows=1),
        "evaluation, verdicts": recommend.evaluate(
            orders, k=3, repeat="exclude", candidates={"new": recommend.Together(50.0), "blend": "auto"}
        ),
        "evaluation, nobody": recommend.evaluate(lines([1, 2], ["a", "b"], [0, 40]), horizon="7d", n_windows=1),
    }


@pytest.fixture(scope="module")
def made():
    return results()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_wording(locale, made):
    texts = {}
    for name, result in made.items():
        notes = "\n".join(f"- {note}" for note in result.notes) if locale == "en" else ""
        headline = result.headline if locale == "en" else ""
        texts[name] = "\n\n".join(filter(None, [headline, notes, result.summary(locale=locale)]))
    check_texts(TEXTS / f"{locale}.md", texts)


def test_every_code_of_the_page_is_given_somewhere(made):
    table = (recommend.__doc__ or "").split("===\n")[2]
    codes = {line.split()[0] for line in table.splitlines() if not line.startswith("=")}
    assert codes == {note.code for result in made.values() for note in result.notes}
