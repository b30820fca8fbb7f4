"""The built-in models, loaded when they are first used; see the model card in the documentation."""

from functools import cache
from pathlib import Path

import numpy as np

from .._languages import Language
from .linear import LinearModel, from_arrays

WEIGHTS = Path(__file__).parents[1] / "weights"


@cache
def builtin_model(language: Language) -> LinearModel:
    """Return the built-in model of a language.

    Raises
    ------
    FileNotFoundError
        If the weights are not there, as in a copy of the code alone.

    Examples
    --------
    >>> [bool(one) for one in builtin_model("en").log_odds(["It works great", "It broke"]) > 0]
    [True, False]
    """
    path = WEIGHTS / f"{language}.npz"
    if not path.is_file():
        raise FileNotFoundError(
            f"the weights of the built-in model are not there ({path}): copy the folder `weights` of the package too, "
            "or give `model=`, which sentiment.fit makes of your own ratings"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return from_arrays(dict(arrays), language)


def has_builtin(language: Language) -> bool:
    """Return whether the weights of a language are there."""
    return (WEIGHTS / f"{language}.npz").is_file()
