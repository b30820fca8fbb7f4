"""Optional packages: asked for by the extra that installs them."""

import math
import sys

import pytest

from ecommine._core.optional import require


def test_a_module_that_is_there():
    assert require("math", extra="plot") is math


def test_a_module_that_is_not_there_names_its_extra():
    with pytest.raises(
        ModuleNotFoundError, match=r"no_such_module is needed here .*pip install 'ecommine\[plot\]'"
    ) as e:
        require("no_such_module", extra="plot")
    assert e.value.name == "no_such_module"


def test_a_part_of_a_module_that_is_not_there_names_the_whole():
    with pytest.raises(ModuleNotFoundError, match=r"no_such_module\.part is needed here"):
        require("no_such_module.part", extra="plot")


def test_what_is_missing_inside_the_module_is_told_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import another_that_is_missing\n", encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="No module named 'another_that_is_missing'"):
        require("half_installed", extra="plot")
    sys.modules.pop("half_installed", None)
