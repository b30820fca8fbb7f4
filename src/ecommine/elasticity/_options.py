"""The options of `fit`, checked once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from .._core.checks import confidence_level, one_of

Errors = Literal["ar1", "iid", "cluster"]
Shrink = Literal["category", "all"]
Model = Literal["log-log", "poisson"]
Effect = Literal["product_id", "period_at"]

AUTO = "auto"
CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitOptions:
    """Checked options; see :func:`ecommine.elasticity.fit`.

    Attributes
    ----------
    absorb : tuple of "product_id", "period_at", or None
        None chooses by the data.
    controls : tuple of column names, or None
        None holds the promotion where the column is there.
    cross : tuple of column names, "category", or None
        Columns that hold prices of other products, or the mean price of the others of the category.
    """

    by: str | None
    absorb: tuple[Effect, ...] | None
    controls: tuple[str, ...] | None
    errors: Errors
    cluster: tuple[str, ...]
    cross: tuple[str, ...] | Literal["category"] | None
    shrink: Shrink | None
    model: Model
    level: float

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Columns of the caller that are no columns of canonical sales, or may be none."""
        cross = self.cross if isinstance(self.cross, tuple) else ()
        names = (*(() if self.by is None else (self.by,)), *(self.controls or ()), *cross, *self.cluster)
        return tuple(dict.fromkeys(names))


def checked_options(
    *,
    by: object,
    absorb: object,
    controls: object,
    errors: object,
    cluster: object,
    cross: object,
    shrink: object,
    model: object,
    level: object,
) -> FitOptions:
    """Check all options of `fit` that need no data.

    Raises
    ------
    TypeError, ValueError
        That name the argument, the value and the choices.
    """
    if by is not None and not isinstance(by, str):
        raise TypeError(f"`by` must be the name of a column, or None for one elasticity of all rows, got {by!r}")
    one_of("errors", errors, get_args(Errors))
    one_of("shrink", shrink, (*get_args(Shrink), None))
    one_of("model", model, get_args(Model))
    clusters = () if cluster is None else _names("cluster", cluster)
    _check_clusters(errors, clusters, by)
    return FitOptions(
        by=by,
        absorb=None if absorb == AUTO else _effects(absorb),
        controls=None if controls == AUTO else _names("controls", controls),
        errors=errors,  # type: ignore[arg-type]  # one of the choices
        cluster=clusters,
        cross=_cross(cross),
        shrink=shrink,  # type: ignore[arg-type]
        model=model,  # type: ignore[arg-type]
        level=confidence_level(level),
    )


def _check_clusters(errors: object, clusters: tuple[str, ...], by: str | None) -> None:
    if errors != "cluster" and clusters:
        raise ValueError(f"`cluster` needs errors='cluster', got errors={errors!r}")
    if errors == "cluster" and not 1 <= len(clusters) <= 2:
        raise ValueError(
            f"errors='cluster' needs `cluster`, one or two column names such as ('store_id', 'period_at'), "
            f"got {clusters!r}"
        )
    if by is not None and by in clusters:
        raise ValueError(
            f"`cluster` must divide the rows of each elasticity, but {by!r} is `by`: each would be one cluster, "
            "whose variance cannot be estimated; cluster by 'period_at' or 'store_id'"
        )


def _effects(absorb: object) -> tuple[Effect, ...]:
    names = _names("absorb", absorb)
    for name in names:
        one_of("absorb", name, get_args(Effect))
    if names == ("period_at",):
        raise ValueError("`absorb` with 'period_at' needs 'product_id' too: products differ in what they sell")
    return tuple(name for name in get_args(Effect) if name in names)


def _cross(cross: object) -> tuple[str, ...] | Literal["category"] | None:
    if cross is None or cross == CATEGORY:
        return cross  # type: ignore[return-value]  # one of the two
    return _names("cross", cross)


def _names(argument: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Sequence) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"`{argument}` must be a column name or a list of them, got {value!r}")
    return tuple(dict.fromkeys(value))
