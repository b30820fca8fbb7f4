"""Every sentence that a user can see: notes, headlines, summaries and pictures, in one golden file per language."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from association import slow
from ecommine import association
from golden import check_texts

TEXTS = Path(__file__).parent / "texts"
LOCALES = ("en", "zh")


def shop(n_orders=1_200, n_items=60, seed=0):
    """Products 30 and 31 go together, 10 and 11 never do; customers order four times, some orders are of guests."""
    baskets = slow.random_baskets(n_orders, n_items, 5, np.random.default_rng(seed))
    for place, basket in enumerate(baskets):
        extra = {30, 31} if place % 8 == 0 else {10 + place % 2} if place % 3 == 0 else set()
        basket[:] = sorted(({*basket} - {10, 11}) | extra)
    customers = [float(place % 300) if place % 40 else np.nan for place in range(n_orders)]
    days = pd.to_timedelta(np.arange(n_orders) // 300 * 20, "D")
    times = (pd.Timestamp("2024-01-01") + days).as_unit("us")
    return slow.lines(baskets, customer_id=customers, ordered_at=times)


def with_large_customer():
    lines = shop()
    lines["customer_id"] = lines["customer_id"].where(lines["order_id"] > 700, 7.0)
    return association.rules(lines, min_support=0.01, max_antecedent=1)


def untidy():
    """Lines of every kind that does not count, a return, and an order of two customers."""
    lines = slow.lines([["tea", "milk"], ["tea", "milk", "post"], ["tea", "tea"], ["jam", None]])
    return lines.assign(
        line_type=["product", None, None, None, "shipping", None, None, None, None],
        quantity=[1, 1, 1, 1, 1, 2, -1, 1, 1],
        customer_id=["ann", "bob", "ann", "ann", "ann", "eve", "eve", "eve", "eve"],
        category=["drinks", None, "drinks", "dairy", None, "drinks", "drinks", "spreads", None],
        ordered_at=pd.to_datetime(["2024-01-01"] * 7 + ["2024-01-03"] * 2).as_unit("us"),
    )


def text_of(result, summary=None):
    """The headline, the notes with their codes and counts, and the summary."""
    notes = [f"- {note} [{note.code}, {note.count}]" for note in result.notes]
    return "\n".join([result.headline, *notes, *([summary] if summary else [])])


def rules_of(names, locale, **options):
    return association.rules(shop(), **options).summary(names=names, locale=locale)


def pairs_of(locale, names=None, **changed):
    return association.pairs(shop().assign(**changed)).summary(names=names, locale=locale)


def summaries_of_pairs(locale):
    """Summaries of pairs of every kind: chance alone, none, few or large customers, categories."""
    lines = shop()
    chance = lines[lines["product_id"].isin([0, 1, 2])]
    large = lines.assign(customer_id=lines["customer_id"].where(lines["order_id"] > 700, 7.0))
    together = lines[lines["product_id"].isin([30, 31, 5, 6])]
    rng = np.random.default_rng(0)
    hot, dairy = rng.integers(0, 2, 600), rng.integers(2, 4, 600)
    others = rng.integers(4, 16, (600, 2))
    drinks = slow.lines([sorted({*others[i], *((hot[i], dairy[i]) if i % 2 else ())}) for i in range(600)])
    by_category = drinks.assign(category=np.minimum(drinks["product_id"] // 2, 2))
    made = {
        "of chance": association.pairs(chance),
        "none": association.pairs(lines, min_support=0.9),
        "of too few customers": association.pairs(lines.assign(customer_id=1)),
        "with one large customer": association.pairs(large),
        "few products": association.pairs(together),
        "of categories": association.pairs(by_category, group_level="category"),
    }
    return {name: result.summary(locale=locale) for name, result in made.items()}


def test_english():
    lines, few = shop(), shop(400)
    rules = association.rules(lines, min_support=0.01, max_antecedent=1)
    later = lines.assign(product_id=lines["product_id"].replace(31, 99))
    texts = {
        "itemsets": text_of(association.itemsets(lines, min_support=0.05)),
        "itemsets, closed": text_of(association.itemsets(lines, min_support=0.05, kind="closed")),
        "itemsets, truncated": text_of(association.itemsets(lines, top=25)),
        "itemsets, truncated among ties": text_of(association.itemsets(slow.lines([["a", "b"], ["b", "c"]]), top=2)),
        "lines that do not count": text_of(association.itemsets(untidy(), min_support=0.1, as_of="2024-01-02")),
        "returns left out": text_of(association.itemsets(untidy(), min_support=0.1, returns="drop")),
        "categories": text_of(association.pairs(untidy(), min_support=0.1, group_level="category")),
        "rules": text_of(rules, rules.summary(names={30: "tea", 31: "milk"})),
        "rules of few products": text_of(association.rules(few[few["product_id"] < 12], min_support=0.1)),
        "rules without a test": text_of(association.rules(lines, test=None), rules_of({}, "en", test=None)),
        "rules of chance": rules_of({}, "en", min_support=0.1, antecedent=[0, 1, 2]),
        "rules of too few customers": association.rules(shop().assign(customer_id=1), min_support=0.01).summary(),
        "rules with one large customer": with_large_customer().summary(),
        "no rules": rules_of({}, "en", min_support=0.9),
        "from mlxtend": text_of(association.from_mlxtend(rules.to_mlxtend(), n_orders=rules.n_orders)),
        "pairs": text_of(association.pairs(lines), pairs_of("en")),
        **{f"pairs, {name}": text for name, text in summaries_of_pairs("en").items()},
        "one customer with most orders": text_of(with_large_customer()),
        "orders without a time": text_of(
            association.pairs(lines.assign(ordered_at=lines["ordered_at"].where(lines["order_id"] > 1)))
        ),
        "pairs of the most frequent": text_of(association.pairs(many_products())),
        "next orders": text_of(association.next_orders(lines, within="30d", min_support=0.01)),
        "next orders, the most frequent": text_of(association.next_orders(lines, within="30d")),
        "comparison": text_of(association.compare(rules, association.rules(later, min_support=0.01, max_antecedent=1))),
    }
    check_texts(TEXTS / "en.md", {**texts, **pictures("en")})


def test_chinese():
    names = {30: "茶", 31: "牛奶"}
    texts = {
        "rules": rules_of(names, "zh", min_support=0.01, max_antecedent=1),
        "rules without a test": rules_of(names, "zh", test=None),
        "rules of chance": rules_of(names, "zh", min_support=0.1, antecedent=[0, 1, 2]),
        "rules of too few customers": association.rules(
            shop().assign(customer_id=1), min_support=0.01, max_antecedent=1
        ).summary(locale="zh"),
        "rules with one large customer": with_large_customer().summary(names=names, locale="zh"),
        "no rules": rules_of(names, "zh", min_support=0.9),
        "pairs": pairs_of("zh", names={10: "茶", 11: "茶包"}),
        **{f"pairs, {name}": text for name, text in summaries_of_pairs("zh").items()},
    }
    check_texts(TEXTS / "zh.md", {**texts, **pictures("zh")})


def many_products():
    return slow.lines([[2 * order, 2 * order + 1] for order in range(510)])


def pictures(locale):
    """The texts of every picture, with and without something to draw."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed").use("Agg")
    from matplotlib import pyplot as plt

    lines, nothing = shop(), slow.lines([["a", "b"], ["a"], ["b"]])
    empty = association.rules(slow.lines([["a"], ["b"]]), min_support=0.5)
    rules = association.rules(lines, min_support=0.01, max_antecedent=1)
    none_follow = nothing.assign(
        customer_id=1, ordered_at=pd.to_datetime(["2024-01-01"] * 2 + ["2024-01-09", "2024-02-01"]).as_unit("us")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # where no Chinese font is installed
        drawn = {
            "picture of rules": rules.plot(locale=locale),
            "picture of rules without a test": association.rules(nothing, test=None).plot(locale=locale),
            "picture of the strongest rules": rules.plot(kind="strongest", locale=locale),
            "picture of no rules": empty.plot(kind="strongest", locale=locale),
            "picture of a network": rules.plot(kind="network", locale=locale),
            "picture of substitutes": association.pairs(lines).plot(locale=locale),
            "picture of complements": association.pairs(lines).plot(relation="complement", locale=locale),
            "picture of no substitutes": association.pairs(nothing).plot(locale=locale),
            "picture of no complements": association.pairs(nothing).plot(relation="complement", locale=locale),
            "picture of next orders": association.next_orders(lines, within="30d").plot(repeats=True, locale=locale),
            "picture of no next orders": association.next_orders(none_follow, within="1w").plot(locale=locale),
        }
        texts = {name: texts_of_axes(axes) for name, axes in drawn.items()}
    plt.close("all")
    return texts


def texts_of_axes(axes):
    titles = [axes.get_title() or axes.get_title("right"), axes.get_xlabel(), axes.get_ylabel()]
    bars = [other.get_ylabel() for other in axes.child_axes]
    legend = axes.get_legend()
    labels = [text.get_text() for text in legend.get_texts()] if legend else []
    return "\n".join(text for text in [*titles, *bars, *labels, *(text.get_text() for text in axes.texts[:1])] if text)
