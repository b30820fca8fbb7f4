"""
Spare parts: demand that is mostly zero
=======================================

A garage keeps 2,000 parts. Most sell a few times a year, some never again. How many of each must lie on the shelf so
that the next three months are served nine times in ten? A mean of .2 per month answers nothing: nobody can stock a
fifth of a part. This example forecasts counts with quantiles, and checks them against the truth.

The parts are simulated, in the shape of the well-known monthly car parts of the field (2,674 parts, 51 months, three
of four months without a sale), which no package installs.
"""

# %%
# Parts and their demand
# ----------------------
#
# Each part has a rate of its own; what is ordered comes in handfuls. One part in ten goes out of use on the way.

import numpy as np
import pandas as pd

from ecommine import forecasting

N_PARTS, N_MONTHS, HORIZON = 2_000, 54, 3
rng = np.random.default_rng(0)
rate = rng.gamma(0.6, 0.5, N_PARTS)[:, None] * np.ones(N_MONTHS)
end = np.where(rng.random(N_PARTS) < 0.1, rng.integers(12, 40, N_PARTS), N_MONTHS)
rate[np.arange(N_MONTHS) >= end[:, None]] = 0
demand = rng.poisson(rate * rng.gamma(2.0, 0.5, rate.shape))
months = pd.date_range("2020-01-01", periods=N_MONTHS, freq="MS").astype("datetime64[us]")
table = pd.DataFrame(
    {
        "product_id": np.repeat(np.arange(N_PARTS), N_MONTHS),
        "period_at": np.tile(months, N_PARTS),
        "quantity": demand.ravel(),
    }
)
sales, future = table[table["period_at"] < months[-HORIZON]], table[table["period_at"] >= months[-HORIZON]]
round(float((demand == 0).mean()), 2)

# %%
# Classes
# -------
#
# Syntetos and Boylan's cut points; a part has ended where the pause is too long for its own rate.

classes = forecasting.classify(sales, every="1mo")
classes.groupby(["pattern", "lifecycle"]).size()

# %%
# Quantiles that are counts
# -------------------------
#
# Slow movers have negative binomial counts around their rate, with the variance of their own rolling-origin errors.

forecast = forecasting.forecast(sales, HORIZON, every="1mo", quantiles=(0.1, 0.5, 0.9))
print(forecast.summary())

# %%

totals = forecast.total(by="product_id")
busiest = totals.sort_values("mean", ascending=False)
busiest.head()

# %%
# The part that is ordered most: its months and the quantiles of the next ones.

forecast.plot(busiest["product_id"].iloc[0])

# %%
# Were they right?
# ----------------
#
# What came lies at or below p90 at least nine times in ten: most parts sell nothing, and a count cannot be between two
# others. The mean of all parts is that of what came.

came = future.groupby("product_id")["quantity"].sum().reindex(totals["product_id"]).to_numpy()
{
    "served by p90": round(float((came <= totals["p90"]).mean()), 3),
    "served by the mean, rounded": round(float((came <= totals["mean"].round()).mean()), 3),
    "forecast / demand": round(float(totals["mean"].sum() / came.sum()), 2),
}

# %%
# What to order
# -------------
#
# Beside what is on the shelf, the parts that are short of the demand of three months.

stock = pd.DataFrame({"product_id": np.arange(N_PARTS), "stocked_at": months[-HORIZON], "on_hand": 1})
forecast.stock_up(stock, lead_time=HORIZON).head()
