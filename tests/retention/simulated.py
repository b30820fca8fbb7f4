"""Small simulated shops whose truth is known: order lines in pandas, and what they were drawn from."""

import numpy as np
import pandas as pd

START = np.datetime64("2023-01-01", "us")
DAY = np.timedelta64(86_400_000_000, "us")


def lines(customer, day, amount=10.0, **columns):
    """Make order lines of one order each."""
    customer = np.asarray(customer)
    return pd.DataFrame(
        {
            "order_id": np.arange(len(customer)),
            "customer_id": customer,
            "ordered_at": START + np.asarray(day, dtype=np.int64) * DAY,
            "amount": amount,
            **columns,
        }
    )


def date_of(day):
    """Return the date of a day of the simulated shops."""
    return str((START + int(day) * DAY).astype("datetime64[D]"))


def renewals(rng, start, mean, end, *, shape=1.0):
    """Draw times of purchase: the first at `start`, then gamma gaps; of customers whose end is their own."""
    n = len(start)
    most = int(np.max((end - start) / mean) * 1.4) + 40
    gaps = rng.gamma(shape, mean[:, None] / shape, (n, most))
    times = start[:, None] + np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1)
    kept = times < np.broadcast_to(end, n)[:, None]
    customer = np.broadcast_to(np.arange(n)[:, None], times.shape)[kept]
    return customer, np.floor(times[kept]).astype(np.int64)


def alike_cohorts(seed, *, n=1_200, days=365, odd=None, size=0.0):
    """Return a year of new customers who come back alike, but for those of one month, whose chance is larger."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, days, n)
    rate = np.full(n, 1 / 120)
    if odd is not None:
        rate = np.where(start // 30 == odd, rate * (1 + size), rate)
    customer, day = renewals(rng, start.astype(float), 1 / rate, float(days))
    return lines(customer, day), days - 1


def valued(seed, *, n=2_000, window=600, first=30):
    """Return customers who enter over the window, with gamma rates and log-normal money; and the truth of a year."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, window - first, n)
    rate = rng.gamma(2.0, 0.005, n)
    customer, day = renewals(rng, start.astype(float), 1 / rate, float(window))
    amount = np.round(rng.lognormal(3.0, 0.8, len(day)), 2)
    truth = float(np.exp(3.0 + 0.32)) * (1 + 0.01 * 366)
    return lines(customer, day, amount), window - 1, truth


def leaving(seed, *, n=3_000, end=638, after=60, churn=True):
    """Return customers of whom half stop for good, the last day known, and who had stopped by then."""
    rng = np.random.default_rng(seed)
    start = rng.uniform(0, 500, n)
    stop = np.where(rng.random(n) < 0.5, start + rng.exponential(250, n), np.inf) if churn else np.full(n, np.inf)
    mean = 3 + rng.gamma(2, 15, n)
    customer, day = renewals(rng, start, mean, np.minimum(stop, end + after + 1.0))
    return lines(customer, day), end, stop < end


def cycles(seed, *, n=4_000, window=180, mean=28.0, spread=0.2, cv=1 / 3):
    """Return customers of one product with gamma gaps round their own mean, who enter over the window."""
    rng = np.random.default_rng(seed)
    own = mean * np.exp(rng.normal(0, spread, n) - spread**2 / 2)
    customer, day = renewals(rng, rng.uniform(0, window, n), own, float(window), shape=1 / cv**2)
    return lines(customer, day, product_id="milk"), window - 1


def typical(mean, spread, cv):
    """Return the median gap of a customer drawn at random."""
    rng = np.random.default_rng(0)
    own = mean * np.exp(rng.normal(0, spread, 400_000) - spread**2 / 2)
    return float(np.median(own * rng.gamma(1 / cv**2, cv**2, 400_000)))


def planted(seed, *, n=4_000, cv=0.2, last=400):
    """Return customers with gaps round 28 days who came one to seven cycles before the last day known, and go on."""
    rng = np.random.default_rng(seed)
    own = 28 * np.exp(rng.normal(0, 0.2, n))
    customer, day = renewals(rng, last - 28 * rng.uniform(1, 8, n), own, last + 150.0, shape=1 / cv**2)
    return lines(customer, day, product_id="milk"), last


def memoryless(seed, *, n=8_000, days=330, known=300):
    """Return customers who buy a product at rates of their own, without any cycle."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.5, 0.02, n)
    customer, day = renewals(rng, rng.uniform(0, 100, n), 1 / rate, float(days))
    return lines(customer, day, product_id="milk"), known - 1
