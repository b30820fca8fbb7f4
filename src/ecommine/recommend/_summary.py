"""Sentences of summaries, in English and Chinese."""
