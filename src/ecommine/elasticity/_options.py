"""The options of `fit`, checked once."""

from dataclasses import dataclass
from typing import Literal, get_args

from .._core.checks import confidence_level, names, one_of, show, text

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
        columns = (*(() if self.by is None else (self.by,)), *(self.controls or ()), *cross, *self.cluster)
        return tuple(dict.fromkeys(columns))


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
    by = None if by is None else text("by", by, example="'product_id', or None for one elasticity of all rows")
    one_of("errors", errors, get_args(Errors))
    one_of("shrink", shrink, (*get_args(Shrink), None))
    one_of("model", model, get_args(Model))
    clusters = () if cluster is None else _names("cluster", cluster)
    _check_clusters(errors, clusters, by)
    return FitOptions(
        by=by,
        absorb=None if _is_word(absorb, AUTO) else _effects(absorb),
        controls=None if _is_word(controls, AUTO) else _names("controls", controls),
        errors=errors,  # type: ignore[arg-type]  # one of the choices
        cluster=clusters,
        cross=_cross(cross),
        shrink=shrink,  # type: ignore[arg-type]
        model=model,  # type: ignore[arg-type]
        level=confidence_level(level),
    )


def _check_clusters(errors: object, clusters: tuple[str, ...], by: str | None) -> None:
    if errors != "cluster" and clusters:
        raise ValueError(f"`cluster` needs errors='cluster', got errors={show(errors)}")
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
    effects = _names("absorb", absorb)
    for name in effects:
        one_of("absorb", name, get_args(Effect))
    if effects == ("period_at",):
        raise ValueError("`absorb` with 'period_at' needs 'product_id' too: products differ in what they sell")
    return tuple(name for name in get_args(Effect) if name in effects)


def _cross(cross: object) -> tuple[str, ...] | Literal["category"] | None:
    if cross is None:
        return None
    if _is_word(cross, CATEGORY):
        return "category"
    return _names("cross", cross)


def _names(argument: str, value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names(argument, value, of="columns")))


def _is_word(value: object, word: str) -> bool:
    """Return whether a value is this text; an array would be compared member by member."""
    return isinstance(value, str) and value == word
