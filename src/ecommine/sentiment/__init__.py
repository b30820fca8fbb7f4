"""Sentiment of reviews in English and Chinese: what customers say, about what, and since when."""

__all__: list[str] = []
