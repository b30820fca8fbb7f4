"""The signals that a caller may choose: each a small frozen object with its settings."""

from dataclasses import dataclass, field
from datetime import timedelta

from ..._core.checks import integer, names, number
from ..._core.durations import fixed_length

DAY = timedelta(days=1)
MAX_PENALTY = 1e9


@dataclass(frozen=True, slots=True)
class Own:
    """What the customer bought before: how often, how long ago, and that beside the customer's own gap.

    Parameters
    ----------
    half_life : str or timedelta
        Age at which an order counts half.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Own(half_life="60d")
    Own(half_life='60d')
    """

    half_life: str | timedelta = "120d"

    def __post_init__(self) -> None:
        """Check the settings."""
        fixed_length(self.half_life, argument="half_life")

    @property
    def days(self) -> float:
        """The half-life in days."""
        return fixed_length(self.half_life, argument="half_life") / DAY


@dataclass(frozen=True, slots=True)
class Together:
    """What customers with such products bought too: EASE, a linear model in closed form (Steck 2019).

    Parameters
    ----------
    penalty : float
        Ridge penalty; the larger, the more the model leans on products that many bought.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Together(penalty=1_000)
    Together(penalty=1000.0)
    """

    penalty: float = 250.0

    def __post_init__(self) -> None:
        """Check the settings."""
        object.__setattr__(self, "penalty", number("penalty", self.penalty, low=1e-6, cap=MAX_PENALTY))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What is bought by the same customers, by the cosine of each product to its nearest ones.

    Parameters
    ----------
    k : int
        Products that are kept for each product.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Neighbours(k=50)
    Neighbours(k=50)
    """

    k: int = 200

    def __post_init__(self) -> None:
        """Check the settings."""
        object.__setattr__(self, "k", integer("k", self.k, low=1, cap=100_000))


@dataclass(frozen=True, slots=True)
class Popular:
    """What most customers bought lately: distinct customers, never units.

    Parameters
    ----------
    window : str or timedelta
        How far back.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Popular(window="7d")
    Popular(window='7d')
    """

    window: str | timedelta = "28d"

    def __post_init__(self) -> None:
        """Check the settings."""
        fixed_length(self.window, argument="window")

    @property
    def days(self) -> int:
        """The window in days, at least one."""
        return max(round(fixed_length(self.window, argument="window") / DAY), 1)


@dataclass(frozen=True, slots=True, init=False)
class Content:
    """Products of the categories, brands or other kinds that the customer buys; also new products, which nobody bought.

    Parameters
    ----------
    *columns : str
        Columns of `products`; category and brand by default, as far as they are there.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Content("category", "brand").columns
    ('category', 'brand')
    """

    columns: tuple[str, ...] = field(default=("category", "brand"))

    def __init__(self, *columns: str) -> None:
        chosen = names("columns", columns, of="columns of `products`") if columns else ("category", "brand")
        object.__setattr__(self, "columns", tuple(dict.fromkeys(chosen)))


@dataclass(frozen=True, slots=True)
class Viewed:
    """Products that the customer looked at lately.

    `events` must have customer_id, see :func:`ecommine.schema.identify`.

    Examples
    --------
    >>> from ecommine import recommend
    >>> recommend.Viewed()
    Viewed()
    """


Signal = Own | Together | Neighbours | Popular | Content | Viewed
SIGNALS: tuple[type, ...] = (Own, Together, Neighbours, Popular, Content, Viewed)
