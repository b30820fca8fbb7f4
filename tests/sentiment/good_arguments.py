"""Arguments with which each public call of the topic works; `test_edge` walks every option and odd table from them."""

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from ecommine import sentiment
from edge import Good
from sentiment.good_reviews import good_reviews

REVIEWS = pd.DataFrame(
    {
        "review_id": range(48),
        "product_id": [f"p{number % 6}" for number in range(48)],
        "title": ["Nice", None, "Bad", None] * 12,
        "text": ["fits well and soft", "质量很好，物流快", "broke at once, awful", "太差了，掉色"] * 12,
        "rating": [5, 4, 1, 2] * 12,
    }
)


def good() -> dict[str, Any]:
    """Return the arguments by public name."""
    english = REVIEWS[REVIEWS["text"].map(str.isascii)]
    model = sentiment.fit(pd.concat([english, english]))
    path = Path(tempfile.mkdtemp()) / "model.npz"
    model.save(path)
    rows = REVIEWS.iloc[:12]
    return {
        "score": Good(rows),
        "fit": Good(pd.concat([REVIEWS, REVIEWS.assign(review_id=range(48, 96))], ignore_index=True)),
        "SentimentModel": model,
        "SentimentModel.score": Good(rows),
        "SentimentModel.explain": Good("fits well"),
        "SentimentModel.save": Good("model.npz"),
        "SentimentModel.load": Good(path),
        **good_reviews(),
    }
