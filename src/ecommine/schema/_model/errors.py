"""What can be wrong: one error that lists every problem of a table, and the warning for what was left out."""

from collections.abc import Sequence


class EcommineError(Exception):
    """The base of every error that is ecommine's own."""


class SchemaError(EcommineError, ValueError):
    """A table does not hold what its schema asks.

    Parameters
    ----------
    table : str
        Name of the canonical table, such as "orders".
    problems : sequence of str
        One sentence a problem: what, how often, where first, and the way out.
    way_out : str, optional
        What helps with all of them.

    Examples
    --------
    >>> print(SchemaError("orders", ["order_id is missing in 2 rows"]))
    orders: 1 problem
      1. order_id is missing in 2 rows
    """

    def __init__(self, table: str, problems: Sequence[str], way_out: str = "") -> None:
        self.table = table
        self.problems: tuple[str, ...] = tuple(problems)
        self.way_out = way_out
        super().__init__(table, self.problems, way_out)  # the arguments, so that the error pickles

    def __str__(self) -> str:
        count = len(self.problems)
        lines = [f"{self.table}: {count} problem{'s' if count != 1 else ''}"]
        lines += [f"  {i}. {text}" for i, text in enumerate(self.problems, start=1)]
        return "\n".join([*lines, f"  {self.way_out}"] if self.way_out else lines)


class DataWarning(UserWarning):
    """Rows were left out or something was assumed; the sentence gives the counts."""
