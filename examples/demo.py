"""The main job on a real shop: tables on the screen, pictures and a page under build/demo/.

Run it with `make demo`. Each topic adds its part as one function to `PARTS`.
"""

import sys
import time
import warnings
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes

from ecommine import (
    abtest,
    association,
    datasets,
    elasticity,
    forecasting,
    funnel,
    recommend,
    retention,
    rfm,
    schema,
    segmentation,
    sentiment,
)

mpl.use("Agg")
FOLDER = Path("build", "demo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one topic shows: its question, its answer in words, its tables and its pictures."""

    title: str
    question: str
    answer: tuple[str, ...]
    tables: dict[str, pd.DataFrame]
    pictures: dict[str, Axes]


def segments(shop: schema.Shop) -> Part:
    """Score every household and name its segment."""
    result = rfm.score(shop.orders, as_of="2017-12-31")
    table = result.labelled(part="segments")
    shown = table.assign(**{name: table[name].map("{:.1%}".format) for name in ("Share", "Share of money")})
    return Part(
        title="Who is worth what, who is slipping away",
        question=f"RFM: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={
            "Segments": shown[["Segment", "Customers", "Share", "Money", "Share of money", "Median recency (days)"]],
            "Recommended action": shown[["Segment", "Action"]],
        },
        pictures={"segments": result.plot()},
    )


def movements(shop: schema.Shop) -> Part:
    """Follow the households from one half of the year to the other, with the same cut points."""
    first = rfm.score(shop.orders, as_of="2017-06-30", period="6mo")
    moved = rfm.migration(first, first.apply(shop.orders, as_of="2017-12-31"))
    rates = moved.rates.assign(
        **{name: moved.rates[name].map("{:.1%}".format) for name in ("rate", "rate_low", "rate_high")}
    )
    return Part(
        title="Who moved, and which movement earned or cost the money",
        question=f"RFM migration: {moved.headline}.",
        answer=(moved.summary(), moved.summary(locale="zh"), *moved.notes),
        tables={"Movements, with 95 % intervals": rates, "The change in revenue, part by part": moved.bridge},
        pictures={"movements": moved.plot()},
    )


def bought_together(shop: schema.Shop) -> Part:
    """Find the products that are bought together more than by chance."""
    titles = shop.products.set_index("product_id")["title"]
    # A title is a kind of product here; single products are mostly flavours of one, bought together.
    lines = shop.orders.assign(product_id=shop.orders["product_id"].map(titles)).dropna(subset=["product_id"])
    result = association.rules(lines, min_support=0.002, max_antecedent=1)
    real = result.filter(productive=True)
    flat = real.to_flat().drop_duplicates(["count", "adjusted_lift"]).head(10)
    shown = flat.assign(
        confidence=flat["confidence"].map("{:.1%}".format),
        lift=flat["lift"].map("{:.1f}".format),
        adjusted_lift=[
            f"{row.adjusted_lift:.1f} ({row.adjusted_lift_low:.1f} to {row.adjusted_lift_high:.1f})"
            for row in flat.itertuples()
        ],
        q_value=flat["q_value"].map("{:.1g}".format),
    )
    columns = ["antecedents", "consequents", "count", "confidence", "lift", "adjusted_lift", "q_value"]
    return Part(
        title="What is bought together, and which of it is real",
        question=f"Association rules: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={"The ten strongest rules": shown[columns]},
        pictures={"bought_together": result.plot(kind="strongest")},
    )


def where_buyers_stop(_: schema.Shop) -> Part:
    """Measure the funnel of a made shop, since the grocer has no log of visits."""
    events = datasets.make_shop(2_000, 60).events
    steps = funnel.Funnel(["view_item", "add_to_cart", "begin_checkout", "purchase"], window="1d")
    result = funnel.analyse(events, steps, by="device")
    table = result.table
    shares = {
        name: [
            f"{row[name]:.1%} ({row[f'{name}_low']:.1%} to {row[f'{name}_high']:.1%})" for _, row in table.iterrows()
        ]
        for name in ("conversion", "step_conversion")
    }
    columns = ["device", "step", "reached", "conversion", "step_conversion", "dropped", "pending"]
    return Part(
        title="Where buyers are lost (a made shop)",
        question=f"Funnel: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={"Steps by device": table.assign(**shares)[columns]},
        pictures={"funnel": result.plot()},
    )


def carts_left_behind(_: schema.Shop) -> Part:
    """Find the carts of the made shop, and which may still be won back."""
    shop = datasets.make_shop(2_000, 60)
    result = funnel.carts(shop.events, orders=shop.orders)
    best = result.to_flat(names=shop.products).head(10)
    chance = [f"{row.chance:.0%} ({row.chance_low:.0%} to {row.chance_high:.0%})" for row in best.itertuples()]
    columns = ["cart_id", "checkout_step", "age_hours", "hours_left", "products", "value_left", "chance"]
    return Part(
        title="Carts left behind (a made shop)",
        question=f"Carts: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={"The ten open carts with the most at stake": best.assign(chance=chance)[[*columns, "expected_value"]]},
        pictures={"carts": result.plot()},
    )


def prices_to_set(shop: schema.Shop) -> Part:
    """Estimate the elasticities of the grocer's soft drinks, and suggest three prices at an assumed cost."""
    lines = shop.orders[shop.orders["line_type"].fillna("product") == "product"]
    drinks = lines[lines["category"] == "SOFT DRINKS"]
    drinks = drinks[drinks["product_id"].isin(drinks["product_id"].value_counts().head(12).index)]
    sales = schema.to_sales(drinks, price="paid")
    result = elasticity.fit(sales)
    costs = (0.7 * sales.groupby("product_id")["price"].median()).rename("unit_cost").reset_index()
    prices = result.optimal_prices(costs, endings=(0.09, 0.49, 0.79, 0.99))
    names = ["product_id", "elasticity", "elasticity_low", "elasticity_high", "price_changes", "reason"]
    best = prices.table.nlargest(3, "expected_change")
    money = {name: best[name].map("{:.2f}".format) for name in ("current_price", "price", "expected_change")}
    shown = best.assign(**money, loss_probability=best["loss_probability"].map("{:.1%}".format))
    decimals = {name: result.table[name].map("{:.2f}".format) for name in names[1:4]}
    return Part(
        title="What a price change does, and three prices to try (cost assumed: 70% of the median price)",
        question=f"Elasticity: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), prices.summary(), prices.summary(locale="zh")),
        tables={
            "Soft drinks, with 95 % intervals": result.table.assign(**decimals)[names],
            "Three prices with their risk": shown[["product_id", *money, "limited_by", "loss_probability"]],
        },
        pictures={"elasticities": result.plot()},
    )


def tips_tested(_: schema.Shop) -> Part:
    """Read an experiment on the made shop, in which tips make each basket 20 % larger."""
    shop = datasets.make_shop(8_000, 120)
    goals = [abtest.Mean("revenue", "revenue_before"), abtest.Proportion("converted")]
    tips = abtest.Experiment("tips", arms={"control": 0.5, "tips": 0.5}, metrics=goals, primary="revenue")
    assignments = tips.assign(shop.customers)
    assignments["assigned_at"] = pd.Timestamp("2024-03-15")
    orders = shop.orders.merge(assignments[["customer_id", "variant"]], on="customer_id")
    has_tips = (orders["variant"] == "tips") & (orders["ordered_at"] >= "2024-03-15")
    orders["amount"] *= 1 + 0.2 * has_tips
    result = tips.analyse(abtest.units(assignments, orders, window="28d"))
    table = result.table
    change = [
        f"{row.relative_difference:+.1%} ({row.relative_difference_low:+.1%} to {row.relative_difference_high:+.1%})"
        for row in table.itertuples()
    ]
    shown = table[["metric", "role", "variant", "verdict"]].assign(change=change)
    return Part(
        title="Did the tips bring more money? (a made shop)",
        question=f"A/B test: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={"Effects, with 95 % intervals": shown, "Checks": result.checks[["check", "metric", "verdict"]]},
        pictures={"experiment": result.plot()},
    )


def demand_to_come(shop: schema.Shop) -> Part:
    """Forecast the products that sell most, and list those to stock up."""
    lines = shop.orders[(shop.orders["line_type"] == "product") & (shop.orders["ordered_at"] < "2018-01-01")]
    units = lines.groupby("product_id")["quantity"].agg(["sum", "max"])
    best = units.loc[units["max"] < 100, "sum"].nlargest(500).index  # petrol is counted by thousands
    sales = schema.to_sales(lines[lines["product_id"].isin(best)], every="1w", as_of="2017-12-31")
    result = forecasting.forecast(sales, 4, every="1w")
    columns = {"mean": "Expected", "p90": "Nine times in ten at most", "recent": "Last 4 weeks", "rise": "Rise"}
    names = shop.products.set_index("product_id")["title"]
    list_of_ten = result.stock_up(lead_time="4w").head(10).rename(columns=columns)
    list_of_ten.insert(0, "Product", list_of_ten.pop("product_id").map(names))
    total = result.total(by="period_at").drop(columns="reason").rename(columns={"period_at": "Week from"})
    return Part(
        title="What will sell, and what to stock up",
        question=f"Forecast: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={"All products, by week": total, "The ten products to stock up": list_of_ten},
        pictures={"forecast": result.plot()},
    )


def customer_portraits(shop: schema.Shop) -> Part:
    """Find segments of households, set them against their income, age and household size, and write the page."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", schema.DataWarning)  # the notes of the profile say who is not known
        table = segmentation.features(shop.orders, customers=shop.customers, as_of="2017-12-31")
    found = segmentation.fit(table)
    profile = segmentation.profile(found.table)
    for locale in ("en", "zh"):
        profile.to_html(FOLDER / f"portrait-{locale}.html", locale=locale)
    rows = profile.table[profile.table["column"].isin(["income", "age", "household_size"])]
    rows = rows[rows["q_value"] < 0.05]
    shares = {name: rows[name].map("{:.1%}".format) for name in ("level", "everybody")}
    sizes = found.segments.assign(
        **{name: found.segments[name].map("{:.1%}".format) for name in ("share", "share_of_money")},
        orders_per_month=found.segments["orders_per_month"].map("{:.2f}".format),
    )
    return Part(
        title="Who the customers are (two pages of portraits lie beside this one: portrait-en.html, portrait-zh.html)",
        question=f"Segments: {found.headline}.",
        answer=(found.summary(), found.summary(locale="zh"), profile.summary(), profile.summary(locale="zh"),
                *profile.notes),
        tables={
            "Segments": sizes,
            "What differs beside the orders": rows.assign(**shares)[
                ["segment", "column", "category", "level", "everybody", "index"]
            ],
        },
        pictures={"customer_segments": found.plot(), "profile": profile.plot()},
    )  # fmt: skip


def stages_and_tiers(shop: schema.Shop) -> Part:
    """Count the stages, follow the flows between them, and find who is nearly in the next tier."""
    stages = segmentation.lifecycle(shop.orders, as_of="2017-12-31")
    flows = segmentation.transitions(shop.orders, as_of="2017-12-31")
    thresholds = {"basic": 0, "silver": 500, "gold": 2_000}
    tiers = segmentation.tiers(shop.orders, thresholds=thresholds, window="90d", as_of="2017-12-31")
    near = tiers.table[tiers.table["next_tier"] == "gold"].nsmallest(5, "spend_to_next")
    rates = {name: flows.table[name].map("{:.1%}".format) for name in ("rate", "rate_low", "rate_high")}
    return Part(
        title="Where the customers are going, and who is nearly in the next tier",
        question=f"Lifecycle: {stages.headline}. Tiers of 90 days: {tiers.headline}.",
        answer=(stages.summary(), stages.summary(locale="zh"), flows.summary(), tiers.summary(), *flows.notes),
        tables={
            "Flows in a month, with 95 % intervals": flows.table.assign(**rates),
            "Nearest to gold": near[["customer_id", "tier", "spend", "spend_to_next", "qualified_until"]],
        },
        pictures={"stages": stages.plot(), "flows": flows.plot()},
    )


def said_of_a_product(_: schema.Shop) -> Part:
    """Read the reviews of the product of a made shop that has the most negative mentions to win back."""
    shop = datasets.make_shop(3_000, 240, n_products=60, reviews=datasets.Reviews(share=0.6))
    result = sentiment.aspects(shop.reviews)
    priorities = result.priorities()
    product = int(priorities["product_id"].iloc[0])
    table = result.table[result.table["product_id"] == product]
    shares = ["mention_share", "called_negative_share", "low_star_share"]
    shown = table.assign(**{name: table[name].map("{:.1%}".format, na_action="ignore") for name in shares})
    quotes = result.quotes[result.quotes["product_id"] == product]
    names = ["aspect", "opinions", "mentions", *shares]
    return Part(
        title=f"What customers say of product {product}, and where there is most to win (made shop)",
        question=f"Aspects: {result.headline}.",
        answer=(result.summary(), result.summary(locale="zh"), *result.notes),
        tables={
            f"Aspects of product {product}": shown[names].sort_values("mentions", ascending=False).head(8),
            "Priorities": priorities.head(5).round(3),
            "Quotes": quotes[["aspect", "polarity", "quote"]].head(8),
        },
        pictures={
            "aspects": result.plot(product=product),
            "periods": result.plot(product=product, kind="periods"),
        },
    )


def who_comes_back(shop: schema.Shop) -> Part:
    """Tell who returns, who has gone quiet, and whom to remind of what tomorrow."""
    curve = retention.curve(shop.orders)
    quiet = retention.churn_warnings(shop.orders)
    again = retention.replenishment(shop.orders, by="title", products=shop.products)
    reminders = again.table[
        again.table["remind_at"] == pd.Timestamp(again.as_of).normalize() + pd.Timedelta(days=1)
    ].head(10)
    shares = {name: curve.table[name].map("{:.1%}".format) for name in ("returned", "returned_low", "returned_high")}
    return Part(
        title="Who comes back, who has gone quiet, who needs it again",
        question=f"Retention: {curve.headline}.",
        answer=tuple(part.summary(locale=locale) for part in (curve, quiet, again) for locale in ("en", "zh"))
        + curve.notes,
        tables={
            "Return": curve.table.assign(**shares)[["first_seen", "within", "customers", *shares]],
            "Ten customers gone quiet": quiet.table[quiet.table["flagged"]].head(10)[
                [
                    "customer_id",
                    "purchases",
                    "usual_gap",
                    "open_gap",
                    "flagged_since",
                    "return_probability",
                    "spend_at_risk",
                ]
            ],
            "Ten reminders for tomorrow": reminders[
                ["customer_id", "title", "purchases", "usual_gap", "last_at", "due_at", "probability"]
            ],
        },
        pictures={"cohorts": retention.cohorts(shop.orders).plot(), "silence": quiet.plot()},
    )


def what_to_show(shop: schema.Shop) -> Part:
    """Recommend products to one household, with the reasons."""
    model = recommend.fit(shop.orders, products=shop.products, max_products=2_000)
    customer = shop.orders["customer_id"].iloc[0]
    result = model.home([customer], k=5)
    table = result.to_flat(names=shop.products)[["rank", "recommended_id", "probability", "because"]]
    shown = table.assign(probability=table["probability"].map("{:.0%}".format))
    return Part(
        title="What to show",
        question=f"Recommendations: {model.headline}.",
        answer=(model.summary(), model.summary(locale="zh"), result.summary(), *model.notes),
        tables={f"Home page of household {customer}": shown},
        pictures={"calibration": model.plot()},
    )


PARTS: tuple[Callable[[schema.Shop], Part], ...] = (
    segments,
    movements,
    bought_together,
    where_buyers_stop,
    carts_left_behind,
    prices_to_set,
    tips_tested,
    demand_to_come,
    customer_portraits,
    stages_and_tiers,
    said_of_a_product,
    who_comes_back,
    what_to_show,
)

STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; color: #1d2733; max-width: 62rem; margin: 3rem auto; padding: 0 1rem }
h1 { font-size: 1.9rem; margin-bottom: .2rem } h3 { margin-bottom: 0 } .question { color: #5a6877 }
h2 { margin-top: 3rem; border-top: 1px solid #d8dee6; padding-top: 1.5rem }
.answer { background: #f2f6fa; border-left: 4px solid #0072b2; padding: .6rem 1rem }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0 1.5rem }
th { background: #f2f6fa } tr { text-align: left !important }
td, th { padding: .35rem .8rem; border-bottom: 1px solid #e3e8ee } td { font-variant-numeric: tabular-nums }
img { max-width: 100%; border: 1px solid #e3e8ee; border-radius: 6px } figure { margin: 1rem 0 }
"""


def on_screen(part: Part) -> str:
    """Lay a part out as text."""
    tables = [
        f"{name}\n{table.to_string(index=False, float_format='{:,.0f}'.format)}" for name, table in part.tables.items()
    ]
    return "\n\n".join([f"== {part.title} ==\n{part.question}", *tables, *part.answer])


def on_page(part: Part) -> str:
    """Lay a part out as HTML with its pictures inside, so that the page can be sent as one file."""
    answer = "".join(f'<p class="answer">{escape(sentence)}</p>' for sentence in part.answer)
    data = {name: b64encode(saved(name).read_bytes()).decode() for name in part.pictures}
    pictures = "".join(f'<figure><img src="data:image/png;base64,{data[name]}" alt="{name}"></figure>' for name in data)
    tables = "".join(
        f"<h3>{escape(name)}</h3>{table.to_html(index=False, border=0, float_format='{:,.0f}'.format)}"
        for name, table in part.tables.items()
    )
    return f'<h2>{escape(part.title)}</h2><p class="question">{escape(part.question)}</p>{answer}{pictures}{tables}'


def saved(name: str) -> Path:
    """Say where a picture lies."""
    return FOLDER / f"{name}.png"


def page(parts: list[Part], about: str) -> str:
    """Put the parts on one page."""
    head = f'<meta charset="utf-8"><title>ecommine on a real shop</title><style>{STYLE}</style>'
    body = f'<h1>ecommine on a real shop</h1><p class="question">{escape(about)}</p>{"".join(map(on_page, parts))}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def main() -> None:
    """Run every part, print it, write it."""
    start = time.perf_counter()
    FOLDER.mkdir(parents=True, exist_ok=True)
    shop = datasets.complete_journey()
    households = shop.orders["customer_id"].nunique()
    about = f"The Complete Journey: {len(shop.orders):,} order lines of a grocer's {households:,} frequent households."
    print(about)
    parts = []
    for make in PARTS:
        part = make(shop)
        parts.append(part)
        print(f"\n{on_screen(part)}")
        for name, axes in part.pictures.items():
            axes.figure.savefig(saved(name), dpi=110, bbox_inches="tight")
    index = FOLDER / "index.html"
    index.write_text(page(parts, about), encoding="utf8")
    print(f"\n{time.perf_counter() - start:.1f} s. Pictures and a page to read: {index.resolve()}")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf8")  # Chinese sentences also reach a terminal of another encoding
    main()
