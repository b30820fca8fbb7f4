"""What the architecture tests look at: the package's folders, modules and public names."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "ecommine"
SHARED = ("schema", "_core", "_stats")


def packages() -> list[str]:
    """Name the public folders of the package: schema, datasets and the topics."""
    return sorted(init.parent.name for init in PACKAGE.glob("[a-z]*/__init__.py"))


def topics() -> list[str]:
    """Name the topics."""
    return [name for name in packages() if name not in {"schema", "datasets"}]


def public_modules() -> list[ModuleType]:
    """Import the top of the package and every public folder."""
    return [importlib.import_module(name) for name in ["ecommine", *(f"ecommine.{one}" for one in packages())]]


def public_callables() -> Iterator[tuple[str, object]]:
    """Yield the public functions and classes by full name."""
    for module in public_modules():
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value) or inspect.isclass(value):
                yield f"{module.__name__}.{name}", value


def public_functions() -> Iterator[tuple[str, object]]:
    """Yield the public functions, the constructors and the public methods by full name."""
    for name, value in public_callables():
        yield name, value
        if inspect.isclass(value):
            own = vars(value).items()
            yield from ((f"{name}.{key}", item) for key, item in own if _is_method(key, item))


def _is_method(name: str, value: object) -> bool:
    return not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, classmethod | staticmethod))
