"""Print one pip constraint for each lower bound of pyproject.toml: the oldest versions that are allowed."""

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
BOUND = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)>=(?P<version>[0-9.]+)$")
# The oldest matplotlib calls names that later pyparsing warns about, and warnings are errors here.
OF_THE_SAME_AGE = ["pyparsing<3.3"]


def oldest(pyproject: Path) -> list[str]:
    """List `name==version` for every dependency and extra that states a lower bound."""
    project = tomllib.loads(pyproject.read_text(encoding="utf8"))["project"]
    extras = project["optional-dependencies"]
    stated = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    bounds = (BOUND.match(requirement) for requirement in stated)
    return sorted({f"{bound['name']}=={bound['version']}" for bound in bounds if bound}) + OF_THE_SAME_AGE


if __name__ == "__main__":
    print("\n".join(oldest(PYPROJECT)))
