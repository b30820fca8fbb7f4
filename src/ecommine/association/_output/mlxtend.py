"""To and from mlxtend, the common tongue for rules."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "antecedents": "antecedents",
    "consequents": "consequents",
    "antecedent_support": "antecedent support",
    "consequent_support": "consequent support",
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "representativity": "representativity",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhangs_metric": "zhangs_metric",
    "jaccard": "jaccard",
    "certainty": "certainty",
    "kulczynski": "kulczynski",
}
"""Our names, and theirs (mlxtend 0.25)."""


def to_mlxtend(frame: nw.DataFrame[Any]) -> "pd.DataFrame":
    """Give mlxtend's columns, with frozensets."""
    import pandas as pd

    sides = {name: [frozenset(one) for one in frame[name].to_list()] for name in ("antecedents", "consequents")}
    rest = {theirs: frame[ours].to_numpy() for ours, theirs in COLUMNS.items() if ours not in sides}
    return pd.DataFrame({**{name: pd.Series(values, dtype=object) for name, values in sides.items()}, **rest})
