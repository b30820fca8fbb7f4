"""Each statistic is written once: topics take it from `_stats`, and import no quantile function themselves."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from architecture.source import PACKAGE

CONCEPTS = {
    "quantiles of the normal and Student's distribution": (
        r"ndtri|NormalDist|stdtrit|norm\.ppf|t\.ppf",
        "intervals|bootstrap",
    ),
    "quantiles of the beta and the gamma distribution": (r"betaincinv|gammaincinv|beta\.ppf|gamma\.ppf", "intervals"),
    "intervals of shares": (r"def \w*(wilson|newcombe|jeffreys)\w*|proportion_confint", "intervals"),
    "correction of many tests": (
        r"def \w*(q_values?|benjamini|holm|bonferroni|adjust_p)\w*|multipletests|false_discovery_control",
        "multiple_testing",
    ),
    "Kaplan and Meier's estimate": (
        r"def \w*(kaplan|greenwood|survival)\w*|class (Kaplan|Surviv)\w*|cumprod",
        "survival",
    ),
    "effective sample size and design effect": (
        r"def _?effective(_(n|sample|size|clusters|trials|units|of)\w*)?|def \w*design_effect\w*",
        "clusters|clustered_shares|intraclass",
    ),
    "bootstrap": (r"def \w*bootstrap\w*|class Bootstrap\w*", "bootstrap"),
    "shrinkage": (r"def _?shrink\w*|def variance_between|def between", "shrinkage"),
    "quantiles": (r"np\.(nan)?(quantile|percentile)|def quantiles\w*", "quantiles|bootstrap"),
}
"""What may be written in which module of `_stats` only: calls, and names of functions and classes that are defined."""

PER_RULE = {"association/_evidence/variances.py"}
"""Design effects rule by rule, from sparse sums over the strata of each rule: no other topic has that formula."""


def said(tree: ast.AST) -> set[str]:
    """List the definitions, names, attributes and imports of a module, without its texts."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name):
                found.add(f"def {name}")
            case ast.ClassDef(name=name):
                found.add(f"class {name}")
            case ast.ImportFrom(names=names):
                found |= {alias.name for alias in names}
            case ast.Attribute():
                found |= {node.attr, ast.unparse(node)}
    return found


@cache
def said_by_module(package: Path) -> dict[str, set[str]]:
    """List what each module says, datasets left out."""
    paths = [path for path in package.rglob("*.py") if "datasets" not in path.parts]
    return {path.relative_to(package).as_posix(): said(ast.parse(path.read_text(encoding="utf8"))) for path in paths}


def places(pattern: str, package: Path) -> set[str]:
    """Name the modules, datasets left out, that say what matches."""
    known = re.compile(rf"(?:.*\.)?(?:{pattern})")
    return {name for name, words in said_by_module(package).items() if any(known.fullmatch(one) for one in words)}


@pytest.mark.parametrize("concept", CONCEPTS)
def test_a_statistic_is_written_once(concept: str) -> None:
    pattern, home = CONCEPTS[concept]
    found = places(pattern, PACKAGE) - (PER_RULE if "design effect" in concept else set())
    assert {name for name in found if not re.fullmatch(rf"_stats/({home})\.py", name)} == set()


def test_the_check_sees_calls_and_definitions_and_no_texts(tmp_path: Path) -> None:
    texts = {
        "a.py": '"""Wilson, ndtri and def wilson()."""\nx = "norm.ppf"',
        "b.py": "def f():\n    from scipy.special import ndtri",
        "c.py": "from scipy import stats\ny = stats.norm.ppf(.5)",
        "d.py": "def _wilson_each():\n    pass",
        "e.py": "from ._stats.intervals import wilson_interval\nz = wilson_interval(1, 2, 3)",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    assert places(CONCEPTS["quantiles of the normal and Student's distribution"][0], tmp_path) == {"b.py", "c.py"}
    assert places(CONCEPTS["intervals of shares"][0], tmp_path) == {"d.py"}
