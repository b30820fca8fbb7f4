"""Slow, obvious versions."""

import numpy as np


def ease(matrix, penalty):
    """EASE one column at a time: a ridge regression of each product on the others."""
    n = matrix.shape[1]
    weights = np.zeros((n, n))
    for j in range(n):
        others = [i for i in range(n) if i != j]
        x, y = matrix[:, others], matrix[:, j]
        weights[others, j] = np.linalg.solve(x.T @ x + penalty * np.eye(n - 1), x.T @ y)
    return weights


def cosine(matrix, k):
    """Cosine of each pair, the k largest of each column kept."""
    n = matrix.shape[1]
    weights = np.zeros((n, n))
    for j in range(n):
        values = []
        for i in range(n):
            size = np.linalg.norm(matrix[:, i]) * np.linalg.norm(matrix[:, j])
            values.append(0.0 if i == j or not size else matrix[:, i] @ matrix[:, j] / size)
        for i in sorted(range(n), key=lambda i: -values[i])[:k]:
            weights[i, j] = values[i]
    return weights


def purchases(lines):
    """Customer, product and order of net quantity above 0, as a set."""
    net = {}
    for row in lines.itertuples():
        key = (row.customer_id, row.product_id, row.order_id)
        net[key] = net.get(key, 0) + row.quantity
    return {key for key, quantity in net.items() if quantity > 0}


def measures(shown, wanted, k):
    """NDCG, precision and recall of one list."""
    hits = [product in wanted for product in shown[:k]]
    gained = sum(1 / np.log2(i + 2) for i, hit in enumerate(hits) if hit)
    best = sum(1 / np.log2(i + 2) for i in range(min(k, len(wanted))))
    return gained / best, sum(hits) / k, sum(hits) / min(k, len(wanted))
