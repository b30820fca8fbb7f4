"""Pictures: what is drawn where, in both languages."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from ecommine import elasticity
from elasticity.shops import shop, small_panel

mpl.use("Agg")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_a_line_per_elasticity_sorted_within_its_category():
    result = elasticity.fit(shop())
    ax = result.plot()
    points = np.concatenate([line.get_xdata() for line in ax.lines if line.get_marker() == "o"])
    assert sorted(points.tolist()) == pytest.approx(sorted(result.table["elasticity"].tolist()))
    by_category = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
    assert all((np.diff(one) >= 0).all() for one in by_category)
    assert len(by_category) == 3


@pytest.mark.parametrize(("n_products", "is_named"), [(11, True), (25, True), (26, False)])
def test_few_lines_have_names(n_products, is_named):
    result = elasticity.fit(shop(n_products))
    ax = result.plot()
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert (len(names), ax.get_ylabel()) == ((n_products, "") if is_named else (0, "products"))
    drawn = {place: x for line in ax.lines if line.get_marker() == "o" for x, place in line.get_xydata()}
    truth = result.table.set_index("product_id")["elasticity"]
    assert [drawn[place] for place in range(len(names))] == [truth[int(name)] for name in names]


def test_long_names_are_cut_and_dollars_are_no_formulas():
    sales = with_a_steady_best_seller()
    names = {"tea": "tea $1 $2 " * 9, "coffee": "x" * 90}
    result = elasticity.fit(sales.replace({"product_id": names}), errors="iid")
    ax = result.plot()
    assert result.plot(kind="demand", product=names["tea"]).title.get_parse_math() is False
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert all(0 < len(label) <= 30 for label in labels)
    assert any(label.startswith("xxx") for label in labels)
    ax.figure.canvas.draw()


def test_the_demand_curve_passes_through_exact_data():
    prices = np.array([4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0])
    result = elasticity.fit(small_panel(prices, 1_000 * prices**-2.0), errors="iid")
    ax = result.plot(kind="demand", product="tea")
    data, curve = (line.get_xydata() for line in ax.lines)
    np.testing.assert_allclose(data[:, 1], data[:, 0] ** -2.0, rtol=1e-9)
    np.testing.assert_allclose(curve[:, 1], curve[:, 0] ** -2.0, rtol=1e-9)
    with pytest.raises(ValueError, match="`product`"):
        result.plot(kind="demand", product="coffee")
    with pytest.raises(ValueError, match="`product`"):
        result.plot(kind="demand", product=["tea"])
    with pytest.raises(ValueError, match="`kind`"):
        result.plot(kind="bars")


def with_a_steady_best_seller():
    steady = small_panel([5.0] * 8, [9_000] * 8, product_id="milk")
    prices = np.array([4.0, 4.4, 3.6, 4.0, 4.8, 4.4, 3.6, 4.0])
    coffee = small_panel(prices, 900 * prices**-2.0, product_id="coffee")
    return pd.concat([steady, small_panel(prices, 1_000 * prices**-2.0), coffee], ignore_index=True)


def test_the_demand_curve_is_that_of_the_best_seller_with_an_elasticity():
    result = elasticity.fit(with_a_steady_best_seller(), errors="iid", shrink=None)
    assert result.plot(kind="demand").get_title() == "Demand for tea: elasticity -2.00"


@pytest.mark.filterwarnings("ignore:.*Chinese text.*:UserWarning", "ignore:Glyph.*:UserWarning")
def test_demand_without_an_elasticity_is_its_sales_and_the_reason():
    result = elasticity.fit(with_a_steady_best_seller(), errors="iid", shrink=None)
    ax = result.plot(kind="demand", product="milk")
    assert ax.get_title() == "Demand for milk: no elasticity, the price never changed"
    assert len(ax.lines) == 1
    assert not ax.collections
    assert "价格从未变动" in result.plot(kind="demand", product="milk", locale="zh").get_title()
    alone = elasticity.fit(small_panel([5.0] * 8, [0] * 8))
    assert alone.plot(kind="demand").get_title().endswith("no elasticity, no usable sale")
    with pytest.raises(ValueError, match="no product"):
        elasticity.fit(small_panel([5.0] * 8, [9] * 8).iloc[:0]).plot(kind="demand")
    assert len(elasticity.fit(small_panel([5.0] * 8, [9] * 8).iloc[:0]).plot().get_yticks()) == 0


@pytest.mark.filterwarnings("ignore:.*Chinese text.*:UserWarning", "ignore:Glyph.*:UserWarning")
@pytest.mark.parametrize("kind", ["elasticities", "demand"])
def test_titles_are_in_the_language_asked_for(kind):
    result = elasticity.fit(shop())
    texts = [result.plot(kind=kind, locale=locale).get_title() for locale in ("en", "zh")]
    assert "lasticity" in texts[0]
    assert "弹性" in texts[1]
    given = plt.figure().subplots()
    assert result.plot(given, kind=kind) is given
