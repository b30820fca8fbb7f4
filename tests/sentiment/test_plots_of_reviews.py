"""Pictures show what the tables hold."""

import numpy as np
import pandas as pd
import pytest

from ecommine import sentiment
from sentiment.shops import PLANTED, orders_of, written
from sentiment.test_aspects import small

pytestmark = pytest.mark.filterwarnings("ignore:the picture has Chinese text", "ignore:Glyph")


@pytest.fixture(scope="module")
def drawn():
    return written(3, PLANTED, n=2_000)


@pytest.fixture(autouse=True)
def _closed():
    plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")
    plt.switch_backend("Agg")
    yield
    plt.close("all")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_bars_are_the_shares_of_mentions(drawn, locale) -> None:
    found = sentiment.aspects(drawn[0].table)
    ax = found.plot(product=1, locale=locale)
    table = found.table[found.table["product_id"] == 1].sort_values("mentions", ascending=False)
    width = np.zeros(len(table))
    for container in ax.containers:
        width += [bar.get_width() for bar in container]
    assert width == pytest.approx(table["mention_share"].to_numpy())
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == ("packaging" if locale == "en" else "包装")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_lines_are_shares_by_period_and_the_open_one_is_hollow(locale) -> None:
    found = sentiment.aspects(small(), as_of="2024-02-20")
    ax = found.plot(kind="periods", product="p1", locale=locale)
    line = next(one for one in ax.lines if one.get_label() in ("quality", "质量"))
    assert line.get_ydata() == pytest.approx([0, 1])
    hollow = [one for one in ax.lines if one.get_markerfacecolor() == "white" and len(one.get_xdata())]
    assert {pd.Timestamp(one.get_xdata()[0]) for one in hollow} == {pd.Timestamp("2024-02-01")}


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_words_with_their_intervals(drawn, locale) -> None:
    found = sentiment.return_reasons(drawn[0].table, orders_of(*drawn), min_reviews=5)
    ax = found.plot(locale=locale)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == found.table["word"][0]
    low = sentiment.keywords(drawn[0].table[:400], drawn[0].table[400:], min_reviews=5).plot(locale=locale)
    assert low.get_title()


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_groups_of_answers(locale) -> None:
    ax = sentiment.nps([10, 10, 8, 3]).plot(locale=locale)
    assert [bar.get_width() for container in ax.containers for bar in container] == [0.25, 0.25, 0.5]
    assert sentiment.nps([]).plot(locale=locale).get_title()


def test_nothing_to_draw_says_so() -> None:
    empty = small().iloc[:0]
    results = [
        sentiment.aspects(empty).plot(),
        sentiment.aspects(empty).plot(kind="periods"),
        sentiment.keywords(empty, empty).plot(),
    ]
    assert all("nothing" in ax.texts[0].get_text() or "no word" in ax.texts[0].get_text() for ax in results)
