"""Clauses of real reviews with a polarity, and restaurant reviews with aspects, from the folder of real data.

``labelled_clauses.csv`` holds no texts, only places: the file, the row, the characters of the raw text. It was labelled
by reading 421 clauses drawn at random, before any model was trained.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

DATA = Path(os.environ.get("ECOMMINE_DATA", Path(__file__).parents[3] / "shared" / "data"))
PLACES = Path(__file__).with_name("labelled_clauses.csv")
TEXT_OF = {
    "online_shopping_reviews_zh": "review",
    "clothing_reviews_en": "Review Text",
    "sentiment_sentences_en": "text",
}


def real(name: str) -> pd.DataFrame:
    """Return a table of the folder of real data, or skip the test."""
    path = DATA / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"{name}.parquet is not in the folder that ECOMMINE_DATA names")
    return pd.read_parquet(path)


def labelled_clauses(language: str) -> pd.DataFrame:
    """Return clause, review, aspect and polarity (1, 0, -1) of one language, in the order of the table."""
    places = pd.read_csv(PLACES)
    places = places[places["file"].str.endswith(f"_{language}")]
    texts = {name: real(name)[TEXT_OF[name]] for name in places["file"].unique()}
    review = [texts[name].iloc[row] for name, row in zip(places["file"], places["row"], strict=True)]
    clause = [text[a:b] for text, a, b in zip(review, places["start"], places["end"], strict=True)]
    polarity = places["polarity"].map({"positive": 1, "neutral": 0, "negative": -1})
    return places.assign(review=review, clause=clause, polarity=polarity).reset_index(drop=True)
