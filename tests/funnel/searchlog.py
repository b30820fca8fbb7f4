"""Logs of searches whose truth is known: an examination curve, how wanted each query's results are, what is bought."""

import numpy as np
import pandas as pd

PAGE = 8
CURVE = 0.3 / np.arange(1, PAGE + 1) ** 0.8
"""Clicks at each place of a query that is wanted like 1."""


def truth(queries, rng=0, *, spread=0.4):
    """Draw what is true of each query: how often it is searched, wanted, found, and bought after a click."""
    draw = np.random.default_rng(rng)
    weight = 1 / np.arange(1, queries + 1) ** 0.7
    return pd.DataFrame(
        {
            "query": [f"q{one:04d}" for one in range(queries)],
            "weight": weight / weight.sum(),
            "wanted": draw.gamma(1 / spread**2, spread**2, queries) if spread else np.ones(queries),
            "zero": draw.beta(2, 18, queries) if spread else np.full(queries, 0.1),
            "buys": draw.beta(4, 16, queries) if spread else np.full(queries, 0.2),
            "depth": draw.integers(3, PAGE + 1, queries),
        }
    )


def log(true, n, rng=0, *, visitors=None, alike=0.0):
    """Draw n searches with their clicks and purchases; each a session of its own, a day apart.

    With fewer visitors than searches, those of one visitor and query are alike: the chances are multiplied by a gamma
    variable of variance ``alike``.
    """
    draw = np.random.default_rng(rng)
    query = draw.choice(len(true), n, p=true["weight"].to_numpy())
    visitor = draw.integers(0, visitors or n, n)
    pair = np.unique(query * n + visitor, return_inverse=True)[1]
    mood = draw.gamma(1 / alike, alike, n)[pair] if alike else np.ones(n)
    session = np.arange(n)
    at = session * 86_400
    zero = draw.random(n) < true["zero"].to_numpy()[query]
    results = np.where(zero, 0, true["depth"].to_numpy()[query])
    chance = np.minimum(CURVE * (true["wanted"].to_numpy()[query] * mood)[:, None], 1)
    clicks = (draw.random((n, PAGE)) < chance) & (np.arange(PAGE) < results[:, None])
    where, place = np.nonzero(clicks)
    clicked = clicks.any(axis=1)
    buys = np.flatnonzero(clicked & (draw.random(n) < true["buys"].to_numpy()[query]))
    names = true["query"].to_numpy()[query]
    parts = [
        {"session": session, "event": "search", "second": at, "query": names, "result_count": results.astype(float)},
        {"session": where, "event": "select_item", "second": at[where] + 5 + place, "position": place + 1.0},
        {"session": buys, "event": "purchase", "second": at[buys] + 60, "value": draw.lognormal(3, 0.5, len(buys))},
    ]
    frame = pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
    frame["visitor_id"] = visitor[frame["session"]]
    frame["session_id"] = frame.pop("session")
    second = pd.to_timedelta(frame.pop("second"), unit="s")
    frame["occurred_at"] = (pd.Timestamp("2000-01-01") + second).astype("datetime64[us]")
    return frame


def expected_shares(true):
    """Return the share of searches of each query with a click, and with a purchase."""
    inside = np.arange(PAGE) < true["depth"].to_numpy()[:, None]
    chance = np.minimum(CURVE * true["wanted"].to_numpy()[:, None], 1) * inside
    clicked = (1 - true["zero"]) * (1 - np.prod(1 - chance, axis=1))
    return clicked.to_numpy(), (clicked * true["buys"]).to_numpy()
