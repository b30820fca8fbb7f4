"""Inside `.agg(...)` stand only `nw.len()` and plain sums, extremes, means and distinct counts of a column.

Conditional expressions inside a grouped aggregate give wrong numbers in silence on some table libraries, so
anything else is made a column first.
"""

import ast
from pathlib import Path

import pytest

from architecture.source import PACKAGE

ALLOWED = {"sum", "min", "max", "mean", "n_unique"}
# The one exact median of the library: it sends PyArrow, whose grouped median is approximate, through pandas.
EXACT_MEDIAN = "_core/frames.py", "nw.col(column).median()"


def is_plain(node: ast.expr, known: dict[str, list[ast.expr]]) -> bool:
    """Tell whether an expression may stand inside `.agg(...)`; names stand for all that is assigned to them."""
    match node:
        case ast.Name(id=name):
            return bool(known.get(name)) and all(is_plain(value, {}) for value in known[name])
        case ast.Starred(value=inner):
            return is_plain(inner, known)
        case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner) | ast.DictComp(value=inner):
            return is_plain(inner, known)
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Dict(values=parts):
            return all(is_plain(part, known) for part in parts)
        case ast.Call(func=ast.Attribute(value=inner, attr="alias")):
            return is_plain(inner, known)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="nw"), attr="len"), args=[]):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="F"))):  # Spark's own functions, in code for Spark alone
            return True
        case ast.Call(func=ast.Attribute(value=ast.Call(func=column), attr=name), args=[], keywords=[]):
            return name in ALLOWED and ast.unparse(column) == "nw.col"
    return False


def assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    """List what each local name is made from; a name that is filled piece by piece counts as not plain."""
    known: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                known.setdefault(name, []).append(value or ast.Constant(None))
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name))], value=value):
                known.setdefault(name, []).append(value)
            case ast.AugAssign(target=ast.Name(id=name)):
                known.setdefault(name, []).append(ast.Constant(None))
    return known


def agg_faults(text: str) -> list[str]:
    """List the expressions inside `.agg(...)` that break the rule."""
    tree = ast.parse(text)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] or [tree]
    faults = {}
    for scope in scopes:
        calls = [node for node in ast.walk(scope) if isinstance(node, ast.Call)]
        aggs = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "agg"]
        inside = [part for call in aggs for part in [*call.args, *(keyword.value for keyword in call.keywords)]]
        faults |= {part.lineno: ast.unparse(part) for part in inside if not is_plain(part, assigned(scope))}
    return list(faults.values())


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_agg_holds_only_plain_aggregates(path: Path) -> None:
    faults = [(path.relative_to(PACKAGE).as_posix(), fault) for fault in agg_faults(path.read_text(encoding="utf8"))]
    assert [fault for fault in faults if fault != EXACT_MEDIAN] == []


@pytest.mark.parametrize(
    "text",
    [
        "t.agg(nw.when(nw.col('a') > 0).then(nw.col('b')).otherwise(0).sum())",
        "t.agg(x=(nw.col('a') * 2).sum())",
        "t.agg(x=nw.col('a').median())",
        "t.agg(x=nw.col('a').cast(nw.Int64).sum())",
        "t.agg(x=nw.col('a').sum().cast(nw.Int64))",
        "t.agg(*facts)",
        "t.agg(**{c: nw.col(c).std() for c in columns})",
        "def f():\n sums = {'x': nw.col('x').std()}\n return t.agg(**sums)",
        "def f():\n sums = {'x': nw.col('x').sum()}\n sums['y'] = (nw.col('y') * 2).sum()\n return t.agg(**sums)",
    ],
)
def test_the_rule_sees_faults(text: str) -> None:
    assert len(agg_faults(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "t.group_by('k').agg(nw.len().alias('n'), x=nw.col('a').sum(), y=nw.col(name).n_unique())",
        "t.agg(*[nw.col(c).max() for c in columns], **{c: nw.col(c).min() for c in columns})",
        "def f():\n sums = {'x': nw.col('x').sum()}\n sums['y'] = nw.col('y').sum()\n return t.agg(**sums)",
    ],
)
def test_the_rule_lets_plain_aggregates_through(text: str) -> None:
    assert agg_faults(text) == []
