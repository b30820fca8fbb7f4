# ruff: noqa: B018
"""
How much will each product sell, and what will a promotion add
==============================================================

A buyer of soft drinks asks: how many units of each product will we sell in the next four weeks, how sure is that, what
does next week's promotion add, and which products are rising or dying? This example answers with one year of a grocer's
receipts.

The data are The Complete Journey: 2,469 households, of which we take the 60 soft drinks that sell most.
"""

# %%
# From order lines to weekly demand
# ---------------------------------
#
# A line counts as promoted where it was sold at a quarter or more below the price on the shelf. Then
# :func:`ecommine.schema.to_sales` sums lines to a row per product and week, weeks without a sale included.

from ecommine import datasets, forecasting, schema

orders = datasets.complete_journey().orders
lines = orders[(orders["category"] == "SOFT DRINKS") & (orders["line_type"] == "product")]
lines = lines[lines["ordered_at"] < "2018-01-01"]  # the last night of the year belongs to no whole week
is_promoted = lines["discount"] >= 0.25 * lines["unit_price"] * lines["quantity"]
lines = lines.assign(promotion=is_promoted.map({True: "offer", False: None}))
sales = schema.to_sales(lines, every="1w", price="paid", as_of="2017-12-31")
units = sales.groupby("product_id")["units_sold"].sum()
sales = sales[sales["product_id"].isin(units.nlargest(60).index)]
sales[["product_id", "period_at", "units_sold", "price", "promotion"]].head()

# %%
# What kind of demand
# -------------------
#
# Some of them sell every week, others rarely; a few have ended, which their own rate of sale tells.

classes = forecasting.classify(sales, every="1w")
classes.groupby(["pattern", "lifecycle"]).size()

# %%
# The next four weeks
# -------------------
#
# Without a plan the forecast is the baseline: what the promotions of the past added is taken out, and a note says so.

forecast = forecasting.forecast(sales, 4, every="1w")
forecast

# %%

print(forecast.summary())

# %%
# The picture shows the total with the quantiles of its own rolling-origin errors: products share their good and bad
# weeks, so that quantiles of a sum are no sums of quantiles.

forecast.plot()

# %%
# A promotion that is planned
# ---------------------------
#
# The plan is a table of products, weeks and promotions. Take the product with most units, on offer in the first week.

best = units.idxmax()
plan = forecast.table.loc[forecast.table["product_id"] == best, ["product_id", "period_at"]].head(1)
planned = forecasting.forecast(sales, 4, every="1w", future=plan.assign(promotion=True))
shown = planned.table[planned.table["product_id"] == best]
shown[["period_at", "baseline", "event_effect", "mean", "p10", "p90"]].set_index("period_at").round(1)

# %%

planned.plot(best)

# %%
# What to order
# -------------
#
# The demand of two weeks that is not exceeded nine times in ten. With the table of your stock, what is on hand and on
# its way is taken off; without it the list shows the largest expected rise.

planned.stock_up(lead_time="14d").head(10).round(1)

# %%
# Would it have been right?
# -------------------------
#
# A backtest forecasts from earlier weeks, each time with what was known then. The promotions of those weeks were
# planned, so that they are given as the plan; without them the forecast would be that of weeks without any.

plans = sales[["product_id", "period_at", "promotion"]].dropna()
forecasting.backtest(sales, horizon=4, every="1w", n_windows=3, future=plans.astype({"promotion": bool}))

# %%
# What is rising, what is dying
# -----------------------------
#
# A product rises where its share of the shelf does: the season and the growth of all leave no product higher.

trends = forecasting.trends(sales, every="1w")
print(trends.summary())

# %%

trends.plot()
