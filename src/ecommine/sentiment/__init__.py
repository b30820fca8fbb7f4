"""Sentiment of reviews in English and Chinese: what customers say, about what, and since when.

A review is scored from its words, offline: :func:`score` with the built-in models, or with a model that :func:`fit`
learns from the shop's own stars, whose probabilities hold in that shop.

References
----------
Hutto, C. J. and Gilbert, E. (2014). VADER: A parsimonious rule-based model for sentiment analysis of social media text.
ICWSM.
Pontiki, M. et al. (2014). SemEval-2014 Task 4: Aspect based sentiment analysis. https://doi.org/10.3115/v1/S14-2004
Bu, J. et al. (2021). ASAP: A Chinese review dataset towards aspect category sentiment analysis and rating prediction.
NAACL.
"""

from ._aspects.api import aspects
from ._aspects.result import Aspects
from ._aspects.word_lists import ASPECTS
from ._fit import fit
from ._model import SentimentModel
from ._nps import NPS, nps
from ._score import score
from ._words.duplicates import Duplicates, duplicates
from ._words.keywords import Keywords, keywords
from ._words.reasons import ReturnReasons, return_reasons

__all__ = [
    "ASPECTS",
    "NPS",
    "Aspects",
    "Duplicates",
    "Keywords",
    "ReturnReasons",
    "SentimentModel",
    "aspects",
    "duplicates",
    "fit",
    "keywords",
    "nps",
    "return_reasons",
    "score",
]
