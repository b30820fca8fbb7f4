"""The wording of notes, headlines and summaries of aspects, words, copies and scores stands in ``texts/``."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from ecommine import sentiment
from golden import check_texts
from sentiment.shops import NOTHING, PLANTED, orders_of, written
from sentiment.test_aspects import small
from sentiment.test_duplicates import reviews as copied

TEXTS = Path(__file__).parent / "texts"
LONG = "The best thing I ever bought"


def results():
    """Results that have every note and every sentence."""
    drawn, purchases = written(3, PLANTED, n=6_000)
    quiet = written(0, NOTHING, n=1_500)[0].table
    orders = orders_of(drawn, purchases)
    short = drawn.table.head(600)
    odd = pd.concat([short, short.assign(product_id=None).head(1), short.assign(text="Muy buena calidad").head(2)])
    odd = pd.concat([odd, short.assign(text="系统默认好评").head(1)], ignore_index=True)
    odd["product_id"] = odd["product_id"].astype("Int64")
    late = orders.assign(ordered_at=orders["ordered_at"] + pd.Timedelta("45D"))
    unknown = orders.head(1).assign(quantity=float("nan"))
    late = pd.concat([orders, late[late["quantity"] < 0], unknown], ignore_index=True)
    low = drawn.table["rating"] <= 2
    copies = copied(
        ("a", 1, LONG), ("b", 1, LONG), ("c", None, LONG), (None, 1, LONG), ("d", 1, "short"), ("e", 1, "系统默认好评")
    )
    return {
        "aspects": sentiment.aspects(drawn.table),
        "aspects without a change": sentiment.aspects(quiet),
        "aspects with every row to leave out": sentiment.aspects(small(), as_of="2024-02-20"),
        "aspects of a shop": sentiment.aspects(quiet[["text"]]),
        "no aspects": sentiment.aspects(quiet.assign(text=None)),
        "no words of the lists": sentiment.aspects(pd.DataFrame({"text": ["I got it"]})),
        "keywords": sentiment.keywords(drawn.table[low], drawn.table[~low]),
        "keywords with every row to leave out": sentiment.keywords(odd[:300], odd[300:]),
        "keywords of a shop": sentiment.keywords(quiet[:200][["text"]], quiet[200:][["text"]]),
        "return reasons": sentiment.return_reasons(drawn.table, orders),
        "return reasons with every row to leave out": sentiment.return_reasons(
            odd.drop(columns="order_id"), late, as_of="2024-05-10"
        ),
        "copies": sentiment.duplicates(copies),
        "no copies": sentiment.duplicates(copies[["text"]].drop_duplicates()),
        "score": sentiment.nps([10] * 20 + [8] * 10 + [3] * 10 + [None]),
        "score of many": sentiment.nps([10] * 200 + [8] * 600 + [3] * 100),
        "score of stars": sentiment.nps([5, 4, 1]),
        "no score": sentiment.nps([]),
    }


@pytest.fixture(scope="module")
def made():
    return results()


def test_english(made) -> None:
    texts = {
        name: "\n".join([result.headline, result.summary(), *(f"- {note}" for note in result.notes)])
        for name, result in made.items()
    }
    check_texts(TEXTS / "reviews.en.md", texts)


def test_chinese(made) -> None:
    check_texts(TEXTS / "reviews.zh.md", {name: result.summary(locale="zh") for name, result in made.items()})


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_chinese_reviews_are_named_in_both_languages(locale) -> None:
    pytest.importorskip("rjieba", reason="rjieba is not installed")
    drawn, purchases = written(0, replace(PLANTED, language="zh"), n=3_000)
    found = sentiment.return_reasons(drawn.table, orders_of(drawn, purchases))
    assert "尺寸" in found.summary(locale=locale) or "大小" in found.summary(locale=locale)
