"""Rules that mlxtend mined, as a result of this topic."""

from typing import TYPE_CHECKING

from .._core.checks import integer
from .._core.engines import tell_library_errors
from .._core.frames import opened
from .._core.notes import Note
from .._core.texts import counted
from ._output.mlxtend import read_mlxtend
from ._rules import Rules

if TYPE_CHECKING:
    import pandas as pd


@tell_library_errors
def from_mlxtend(frame: "pd.DataFrame", /, *, n_orders: int) -> Rules:
    """Read rules that mlxtend mined.

    Parameters
    ----------
    frame : pandas.DataFrame
        The result of ``mlxtend.frequent_patterns.association_rules``.
    n_orders : int
        Number of orders that the rules were mined from, which the frame does not have; it turns shares into counts.

    Returns
    -------
    Rules
        Without tests, since these need the orders.

    Raises
    ------
    ValueError
        If a column is missing, or the shares are not shares of `n_orders`.

    Examples
    --------
    >>> import pandas as pd
    >>> theirs = pd.DataFrame({
    ...     "antecedents": [frozenset({"tea"})], "consequents": [frozenset({"milk"})],
    ...     "antecedent support": [0.5], "consequent support": [0.4], "support": [0.3],
    ... })
    >>> from_mlxtend(theirs, n_orders=10).table[["count", "confidence", "lift"]]
       count  confidence  lift
    0      3         0.6   1.5
    """
    n = integer("n_orders", n_orders, low=1)
    rows = opened(frame, argument="frame")
    table = read_mlxtend(rows, n)
    n_rules = len(frame)
    notes = (Note(f"{counted(n_rules, 'rule')} from mlxtend, not tested", code="untested_rules", count=n_rules),)
    return Rules(table=table, n_orders=n, test=None, level=None, as_of=None, notes=notes)
