"""The public edge, walked: every call with one argument after the other of a wrong kind, and with odd tables.

A topic adds one file, ``tests/<topic>/good_arguments.py``, whose function ``good`` returns for each public name what a
call of it needs to work: a :class:`Good` for functions and classes to be made, an instance for results, whose methods
are then walked too. Methods that need an argument have a `Good` of their own, under ``Class.method``.
"""

import contextlib
import dataclasses
import importlib
import inspect
import signal
import traceback
import types
import typing
import warnings
from collections import abc
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from pathlib import Path
from typing import Any, Literal, TypeVar

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

import ecommine
from odd_tables import OddTable, in_library, odd_tables

SOURCE = str(Path(ecommine.__file__).parent)
MAX_SECONDS = 20
ANY = (Any, object, inspect.Parameter.empty)


class Good:
    """Arguments of a call that works."""

    def __init__(self, *positional: Any, **keywords: Any) -> None:
        self.positional, self.keywords = positional, keywords


@dataclasses.dataclass(frozen=True)
class Call:
    """A public call with arguments that work, whose parameters can be replaced one at a time."""

    name: str
    function: Callable[..., Any]
    positional: tuple[Any, ...]
    keywords: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, inspect.Parameter]:
        kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        given = inspect.signature(self.function).parameters.items()
        return {name: one for name, one in given if one.kind not in kinds and not name.startswith("_")}

    def __call__(self, **changed: Any) -> Any:
        positional, keywords = list(self.positional), {**self.keywords, **changed}
        for i, (name, parameter) in enumerate(self.parameters.items()):
            if name in keywords and parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional[i : i + 1] = [keywords.pop(name)]
            elif name in keywords and i < len(positional):
                positional[i] = keywords.pop(name)
        return self.function(*positional, **keywords)


def calls_of(package: str) -> Iterator[Call]:
    """Yield every public call of a package: functions, classes to be made, and methods of these and of results."""
    module = importlib.import_module(f"ecommine.{package}")
    good = importlib.import_module(f"{package}.good_arguments").good()
    for name in module.__all__:
        value = getattr(module, name)
        if (inspect.isclass(value) and issubclass(value, BaseException)) or typing.is_typeddict(value):
            continue
        if not inspect.isclass(value) and not inspect.isfunction(value):
            continue  # a constant
        arguments = good[name]
        if isinstance(arguments, Good):
            yield Call(name, value, arguments.positional, arguments.keywords)
            if not inspect.isclass(value):
                continue
            arguments = value(*arguments.positional, **arguments.keywords)
        yield from _methods(name, arguments, good)


def _methods(name: str, instance: Any, good: Mapping[str, Any]) -> Iterator[Call]:
    kind = type(instance)
    for key in dir(kind):
        method = getattr(instance, key, None) if not key.startswith("_") else None
        if not inspect.ismethod(method) or not inspect.signature(method).parameters:
            continue
        arguments = good.get(f"{name}.{key}", Good())
        yield Call(f"{name}.{key}", method, arguments.positional, arguments.keywords)


def fault_of(call: Callable[[], Any], named: abc.Collection[str] | None = None) -> str | None:
    """Run a call and return what is wrong with its end: None if it works, "" if it ends in an error of ecommine's own.

    ``named`` are arguments one of which the error must name; any name between backticks does where it is None.
    """
    with warnings.catch_warnings(), _time_limit():
        warnings.simplefilter("ignore")
        try:
            _run(call)
        except (ecommine.SchemaError, OSError):
            return ""
        except Exception as error:
            return _fault_of_error(error, named)
    return None


def _run(call: Callable[[], Any]) -> None:
    """Run a call, and the queries of the tables that it returns."""
    outcome = call()
    tables = getattr(outcome, "tables", None)
    for table in [outcome, *(tables.values() if isinstance(tables, Mapping) else ())]:
        try:
            frame = nw.from_native(table)
        except TypeError:
            continue
        if isinstance(frame, nw.LazyFrame):
            frame.collect("polars" if frame.implementation.is_polars() else "pyarrow")


def _fault_of_error(error: Exception, named: abc.Collection[str] | None) -> str | None:
    last = traceback.extract_tb(error.__traceback__)[-1]
    shown = f"{type(error).__name__}: {_message(error)[:150]} ({Path(last.filename).name}:{last.lineno})"
    if not isinstance(error, (ValueError, TypeError)):
        return shown
    if not last.filename.startswith(SOURCE) or not (last.line or "").startswith("raise"):
        return shown
    message = _message(error)
    is_named = "`" in message if named is None else any(f"`{name}" in message for name in named)
    return "" if is_named else f"names no argument: {shown}"


def _message(error: Exception) -> str:
    try:
        return str(error)
    except ValueError:  # of a whole number of too many digits
        return ""


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """End what takes too long with an error; where the system has no alarm, it only ends by itself."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"still running after {MAX_SECONDS} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def holds(value: Any, hint: Any) -> bool:
    """Return whether a value is of a declared type, as far as a caller would see: any list is a sequence."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in ANY or isinstance(hint, (str, TypeVar)):
        return True
    if origin is Literal:
        return any(value is option or (isinstance(value, str) and value == option) for option in arguments)
    if origin in (typing.Union, types.UnionType):
        return any(holds(value, part) for part in arguments)
    if origin is tuple:
        return isinstance(value, tuple) and _all_hold(value, arguments)
    if origin is not None:
        return _is_collection(value, origin, arguments)
    return _is_kind(value, hint)


def _all_hold(values: tuple[Any, ...], hints: tuple[Any, ...]) -> bool:
    if len(hints) == 2 and hints[1] is ...:
        return all(holds(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(holds, values, hints))


def _is_collection(value: Any, origin: Any, arguments: tuple[Any, ...]) -> bool:
    if origin in (abc.Sequence, abc.Iterable, list):
        is_list = isinstance(value, abc.Iterable) and not isinstance(value, (str, bytes, Mapping, pd.DataFrame))
        is_text = origin is not abc.Iterable and isinstance(value, str) and arguments[0] is str
        return is_text or (is_list and all(holds(one, arguments[0]) for one in _members(value)))
    return isinstance(value, origin) if inspect.isclass(origin) else True


def _members(value: Any) -> list[Any]:
    if isinstance(value, abc.Iterator):
        return []
    return (
        list(value.tolist() if hasattr(value, "tolist") else value)
        if np.ndim(value) or hasattr(value, "__len__")
        else []
    )


def _is_kind(value: Any, hint: Any) -> bool:
    if hint in (None, type(None)):
        return value is None
    if hint is bool:
        return isinstance(value, (bool, np.bool_))
    if hint in (int, float):
        is_number = isinstance(value, Real) and not isinstance(value, (bool, np.bool_, np.timedelta64))
        return is_number and (hint is float or value % 1 == 0)
    if hint is datetime:
        return isinstance(value, date)
    if getattr(hint, "_is_protocol", False) or not inspect.isclass(hint):
        return True
    return isinstance(value, hint)


def odd_values() -> dict[str, Callable[[], Any]]:
    """Return values of every kind that somebody may give by mistake, each made anew."""
    aware = datetime(2024, 3, 1, tzinfo=UTC)
    plain: list[Any] = [
        *(None, True, False, np.bool_(True), 0, -1, 1, 2, 10**12, 2**63, -(2**64), 10**400, 0.5, -0.0, np.float32(0.5)),
        *(
            float("nan"),
            float("inf"),
            -float("inf"),
            1e308,
            5e-324,
            1j,
            Decimal("0.9"),
            Decimal("sNaN"),
            Fraction(1, 2),
        ),
        *(
            "",
            " ",
            "x",
            "名字",
            "\x00",
            "\ud800",
            "\\",
            "%",
            "`",
            b"x",
            "9" * 400 + "d",
            "9" * 5000 + "d",
            "a" * 10_000,
        ),
        *(pd.NA, pd.NaT, np.datetime64("NaT", "us"), np.datetime64("2024-03-01"), pd.Timestamp("2024-03-01"), aware),
        *(
            date(2024, 3, 1),
            date.min,
            datetime(9999, 12, 31),
            timedelta(days=1),
            timedelta(0),
            timedelta.max,
            np.timedelta64(1, "D"),
        ),
        *((), (1, 2), (1, 2, 3), (None,), ("a", "a"), [], [1], ["a"], [["a"]], [{}], [pd.NA], [float("nan")], {}),
        *(
            {"a": 1},
            {1: "a"},
            {None: None},
            {1, 2},
            frozenset("a"),
            range(3),
            slice(3),
            int,
            dict,
            object,
            len,
            Ellipsis,
        ),
    ]
    made: dict[str, Callable[[], Any]] = {_label(value): lambda value=value: value for value in plain}
    made |= {
        "10**5000": lambda: 10**5000,
        "iterator": lambda: iter(["a"]),
        "array": lambda: np.array([1, 2]),
        "array of text": lambda: np.array(["a", "b"]),
        "array without dimension": lambda: np.array(5),
        "empty array": lambda: np.array([]),
        "matrix": lambda: np.eye(2),
        "array of objects": lambda: np.array([None, pd.NA], dtype=object),
        "series": lambda: pd.Series([1, 2]),
        "series of text": lambda: pd.Series(["a", None]),
        "frame": lambda: pd.DataFrame({"a": [1]}),
        "empty frame": pd.DataFrame,
        "index": lambda: pd.Index(["a"]),
        "object": object,
        "class of a scale": lambda: ecommine.rfm.Scale,
        "segment": lambda: ecommine.rfm.Segment("a"),
        "step": lambda: ecommine.funnel.Step("a"),
        "exclusion": lambda: ecommine.funnel.Exclude("a"),
        "shop": ecommine.schema.Shop,
    }
    return made


def _label(value: Any) -> str:
    try:
        return f"{type(value).__name__} {value!r}"[:40]
    except ValueError:
        return "long"


def accepted(call: Call, name: str, value: Any) -> bool:
    """Return whether a call takes a value of a kind that its parameter does not declare.

    What a definition has made of the value counts, where it is one; a tuple may be given as any list.
    """
    kind = call.function
    if inspect.isclass(kind):
        hint, value = typing.get_type_hints(kind).get(name, Any), getattr(call(**{name: value}), name)
    else:
        try:
            hint = typing.get_type_hints(kind).get(name, Any)
        except NameError:  # only type checkers import it
            return False
    return not holds(value, hint)


def faults_of_options(call: Call, *, values: Mapping[str, Callable[[], Any]]) -> list[str]:
    """Give a call each value for each parameter, and return what is wrong."""
    faults = []
    for name in call.parameters:
        for label, make in values.items():
            value = make()
            fault = fault_of(lambda name=name, value=value: call(**{name: value}), call.parameters)
            if fault is None and accepted(call, name, make()):
                fault = "taken without an error"
            if fault:
                faults.append(f"{call.name}({name}={label}): {fault}")
    return faults


def table_calls(call: Call, libraries: abc.Sequence[str]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield what calls with each odd version of one of the tables, in each library; None where the library refuses it.

    The tables are made when it is called.
    """
    tables = {name: value for name, value in _given(call).items() if isinstance(value, pd.DataFrame)}
    for name, table in tables.items():
        for label, make in odd_tables(table):
            for library in libraries:
                yield f"{name}: {label}", library, _TableCall(call, tables, name, make, library)


@dataclasses.dataclass(frozen=True)
class _TableCall:
    """A call with one odd table."""

    call: Call
    tables: Mapping[str, pd.DataFrame]
    name: str
    make: Callable[[], OddTable]
    library: str

    def __call__(self) -> Any:
        try:
            changed = {name: in_library(self.library, table, {}) for name, table in self.tables.items()}
            changed[self.name] = in_library(self.library, *self.make())
        except Exception:  # what a library does not hold, nobody can give
            return None
        return self.call(**changed)


def _given(call: Call) -> dict[str, Any]:
    """Return the arguments of a call by name."""
    return {**dict(zip(call.parameters, call.positional, strict=False)), **call.keywords}
