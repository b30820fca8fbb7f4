# ruff: noqa: B018
"""
What will Double 11 do, and what must be ordered before it
==========================================================

Three weeks before 11 November a shop has to order. Its history holds Double 11 once: on hundreds of products, but one
day is one observation. This example plants the event in a simulated shop, forecasts it, and compares with what was
planted. It also shows what stockouts hide, and the stock that does not sell.
"""

# %%
# A shop whose truth is known
# ---------------------------
#
# Demand climbs in the ten days before 11 November to four times the usual and then dips; 618 and Spring Festival are in
# it too. We stand on 20 October 2024.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ecommine import datasets, forecasting, schema

shop = datasets.make_shop(4_000, 700, n_products=120, start="2023-01-02")
today = np.datetime64("2024-10-21")
orders = shop.orders[shop.orders["ordered_at"] < today]
stock = shop.stock[shop.stock["stocked_at"] <= today]
sales = schema.to_sales(orders, every="1d", price="paid", as_of="2024-10-20")
len(sales)

# %%
# The calendar
# ------------
#
# Days before and after an event belong to it. Lunar dates move, and come from the package holidays. Rows of your own
# events are appended, days before and after are changed in the table.

calendar = forecasting.commerce_calendar("CN", [2023, 2024])
calendar

# %%
# What stockouts hide
# -------------------
#
# On a day that sold out, demand was at least what was sold; a day without stock says nothing. Left as they are, both
# make demand look low.

import warnings

with warnings.catch_warnings(action="ignore"):  # the notes say how many days sold out; the forecast repeats them
    demand = forecasting.uncensor(sales, stock, every="1d")
demand[["units_sold", "demand_rate"]].sum().round()

# %%
# The forecast
# ------------
#
# With the stock, demand is that behind the stockouts; with the calendar, the days of the event have their factor.

forecast = forecasting.forecast(sales, 28, every="1d", calendar=calendar, stock=stock)
print(forecast.summary())

# %%

for note in forecast.notes:
    print("-", note)

# %%
# The factor that was planted, and the one that was learned from one Double 11, with the interval that one occurrence
# leaves: the next one may well be a third higher or lower.

table = forecast.table.groupby("period_at")[["mean", "baseline"]].sum()
factor = table["mean"] / table["baseline"]
days = shop.truth.calendar.set_index(shop.truth.calendar.columns[0])["factor"]
week = np.array(datasets.Season().weekdays)
planted = (days / week[(days.index.to_numpy().astype("datetime64[D]").astype(int) + 3) % 7]).reindex(table.index)

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(planted.index, planted, color="black", linestyle="--", label="planted")
ax.plot(factor.index, factor, color="#0072B2", marker="o", markersize=4, label="learned from one year")
ax.set_ylabel("factor on demand")
ax.set_title("Double 11: what was planted and what was learned")
ax.tick_params(axis="x", rotation=30)
_ = ax.legend(frameon=False)

# %%
# One product, with the bands that the event widens:

best = forecast.total(by="product_id").nlargest(1, "mean")["product_id"].iloc[0]
forecast.plot(best)

# %%
# What to order today
# -------------------
#
# Deliveries take three weeks: the demand until then that is not exceeded nine times in ten, less what is there.

forecast.stock_up(stock, lead_time="21d").head(10)

# %%
# Stock that does not sell
# ------------------------
#
# The days that stock will last at the rate at which it sells now. Nothing here is slow; ten times the stock would be.

with warnings.catch_warnings(action="ignore"):
    now = forecasting.classify(sales, every="1d", stock=stock)
    tenfold = forecasting.classify(sales, every="1d", stock=stock.assign(on_hand=stock["on_hand"] * 10), slow_days=90)
counts = {name: table["stock_class"].value_counts() for name, table in (("now", now), ("ten times", tenfold))}
pd.DataFrame(counts).fillna(0).astype(int)

# %%
# The peaks of the year
# ---------------------
#
# Where demand stood out in the past, named by the calendar, with the day from which on stock must be there.

with_next = forecasting.commerce_calendar("CN", [2023, 2024, 2025])
trends = forecasting.trends(sales, every="1d", calendar=with_next)
trends.peaks

# %%

print(trends.summary())
