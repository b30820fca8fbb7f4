"""Workbooks: products by their names, and Chinese words."""

import pandas as pd
import pytest

from ecommine import recommend
from recommend.good_arguments import basket_lines, order_lines, product_table

pytest.importorskip("openpyxl")


@pytest.fixture(scope="module")
def model():
    return recommend.fit(order_lines())


@pytest.mark.parametrize("placement", ["home", "detail"])
def test_products_have_their_names(model, placement, tmp_path):
    lists = model.home(["c00", "c01"], k=3) if placement == "home" else model.detail(["p01", "p02"], k=3)
    lists.to_excel(tmp_path / "x.xlsx", names=product_table())
    titles = product_table().set_index("product_id")["title"]
    sheets = pd.read_excel(tmp_path / "x.xlsx", sheet_name=None)
    table, reasons = sheets["recommendations"], sheets["reasons"]
    assert table["recommended_id"].tolist() == lists.table["recommended_id"].map(titles).tolist()
    assert table["because"].tolist() == lists.to_flat(names=product_table())["because"].tolist()
    assert placement == "detail" or table["because"].str.contains("product ").any()
    expected = lists.reasons["because_id"].map(titles).dropna().tolist()
    assert reasons["because_id"].dropna().tolist() == expected
    assert bool(expected) == (placement == "home")
    if placement == "detail":
        assert set(table["product_id"]) == {"product 1", "product 2"}


def test_a_chinese_workbook_says_what_is_meant(model, tmp_path):
    result = model.top_up(basket_lines(), 20.0)
    result.to_excel(tmp_path / "x.xlsx", locale="zh")
    sheets = list(pd.read_excel(tmp_path / "x.xlsx", sheet_name=None).values())
    table = sheets[1]
    assert table["还差金额"].tolist() == result.table["gap"].tolist()
    assert table["件数"].tolist() == result.table["quantity"].tolist()
    assert not {"gap", "quantity"} & set(table.columns)
    words = table.to_string()
    assert "共同购买" in words
    assert "together" not in words
    assert "popular" not in words


def test_chinese_words_of_the_model_and_of_an_evaluation(model):
    weights = model._sheets("zh")["weights"]
    assert set(weights["part"]) == {"买过的商品", "新商品"}
    assert {"复购", "共同购买", "畅销", "客户自身"} <= set(weights["signal"])
    assert not weights["column"].map(str.isascii).any()
    table = recommend.evaluate(order_lines(), n_windows=1, k=3)._sheets("zh")["candidates"]
    assert set(table["candidate"]) == {"复购历史", "近期畅销", "默认模型"}
    assert set(table["verdict"].dropna()) <= {"基准", "更好", "更差", "没有明确差别"}
