"""The slow, obvious version: one regression with a dummy for every intercept, slope and period."""

import numpy as np


def dense_slopes(panel, *, controls=(), periods=False):
    """Return the slope of each product by one dense least-squares problem, and its design for other uses."""
    y, x = np.log(panel["quantity"].to_numpy(float)), np.log(panel["price"].to_numpy(float))
    products = panel["product_id"].to_numpy()
    stores = panel["store_id"].to_numpy() if "store_id" in panel else np.zeros(len(panel), dtype=int)
    columns, names = [], []
    for product in np.unique(products):
        is_product = products == product
        columns.append(np.where(is_product, x, 0.0))
        names.append(product)
    for name in controls:
        values = panel[name].to_numpy(float)
        columns += [np.where(products == product, values, 0.0) for product in np.unique(products)]
    for pair in sorted(set(zip(products.tolist(), stores.tolist(), strict=True))):
        columns.append(((products == pair[0]) & (stores == pair[1])).astype(float))
    if periods:
        times = panel["period_at"].to_numpy()
        columns += [(times == time).astype(float) for time in np.unique(times)[1:]]
    design = np.column_stack(columns)
    solved = np.linalg.lstsq(design, y, rcond=None)[0]
    return dict(zip(names, solved[: len(names)].tolist(), strict=True)), design, y


def simple_slope(prices, quantities):
    """Return slope and standard error of log units on log price, by the textbook's sums."""
    x, y = np.log(prices), np.log(quantities)
    sxx = ((x - x.mean()) ** 2).sum()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / sxx
    residuals = y - y.mean() - slope * (x - x.mean())
    return slope, np.sqrt((residuals**2).sum() / (len(x) - 2) / sxx)


def slow_price_changes(prices, promotions):
    """Count moves of the regular price above 1 % that last, one product, period by period."""
    regular = [price for price, promoted in zip(prices, promotions, strict=True) if not promoted]
    moved = lambda a, b: abs(np.log(b / a)) > np.log(1.01)  # noqa: E731
    kept = [
        price
        for place, price in enumerate(regular)
        if not (
            0 < place < len(regular) - 1
            and moved(regular[place - 1], price)
            and not moved(regular[place - 1], regular[place + 1])
        )
    ]
    return sum(moved(kept[place - 1], kept[place]) for place in range(1, len(kept) - 1))


def slow_clustered_variance(x, residuals, codes):
    """Return the two-way clustered variance of a slope through the origin, by loops."""

    def one_way(keys):
        sums = {}
        for key, product in zip(keys, x * residuals, strict=True):
            sums[key] = sums.get(key, 0.0) + product
        n = len(sums)
        return sum(value**2 for value in sums.values()) * n / (n - 1)

    both = list(zip(*codes, strict=True))
    parts = [one_way(code) for code in codes]
    total = parts[0] if len(codes) == 1 else parts[0] + parts[1] - one_way(both)
    return total / (x**2).sum() ** 2
