"""Pictures: what they show, that no label covers another, and that nothing global changes."""

import warnings
from itertools import combinations, pairwise

import numpy as np
import pytest

from ecommine import rfm
from ecommine._core.texts import percent
from rfm.slow import shop

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot", reason="matplotlib is not installed")

NAMED = rfm.EightClasses(high_value=30, low_value=10, middle="named")


@pytest.fixture(autouse=True)
def nothing_global_changes():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before


@pytest.fixture(scope="module")
def result():
    return rfm.score(shop())


@pytest.fixture(scope="module")
def moved():
    before = rfm.score(shop(), as_of="2024-09-30", period="6mo")
    return rfm.migration(before, before.apply(shop(), as_of="2025-03-31"))


def shown_texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


@pytest.mark.parametrize("scheme", [rfm.STANDARD, rfm.VALUE_GROUPS, NAMED], ids=lambda scheme: scheme.name)
def test_no_label_of_the_map_covers_another(scheme):
    ax = rfm.score(shop(), scheme=scheme).plot()
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) >= 3
    # An annotation's extent holds its line too, so the text alone is measured.
    plain = [matplotlib.text.Text.get_window_extent(text) for text in ax.texts]
    assert not any(one.overlaps(other) for one, other in combinations(plain, 2))


def test_the_map_has_a_bubble_and_a_label_for_every_segment_with_customers(result):
    ax = result.plot()
    with_customers = result.segments[result.segments["customers"] > 0]
    assert len(ax.collections[0].get_offsets()) == len(with_customers)
    champions = with_customers.set_index("segment").loc["champions"]
    shares = [percent(champions[name]) for name in ("share", "share_of_money")]
    label = f"Champions: {shares[0]} of customers, {shares[1]} of the money"
    assert label in shown_texts(ax)
    sizes, money = ax.collections[0].get_sizes(), np.sort(with_customers["money"])[::-1]
    np.testing.assert_allclose(sizes[sizes > 12], (money / money[0] * 2_400)[sizes > 12])
    assert "days" in ax.get_xlabel()


def test_many_segments_are_labelled_by_money_and_the_rest_is_listed():
    result = rfm.score(shop(rng=3, customers=400, lines=4_000), scheme=NAMED)
    with_customers = int((result.segments["customers"] > 0).sum())
    texts = shown_texts(result.plot())
    assert with_customers > 12
    assert len(texts) == 13
    assert with_customers == 13
    assert "1 segment" in texts[-1]
    assert "Dormant, rare, low value" in texts[-1]


def test_lines_to_labels_end_at_the_bubble_and_do_not_cross(result):
    ax = result.plot()
    ax.figure.canvas.draw()
    drawn = ax.collections[0]
    bubbles = {tuple(at): size for at, size in zip(drawn.get_offsets(), drawn.get_sizes(), strict=True)}
    lines = []
    for text in ax.texts:
        radius = np.sqrt(bubbles[text.xy]) / 2
        assert text.arrowprops["shrinkB"] == pytest.approx(radius)
        assert text.arrow_patch.get_zorder() < ax.collections[0].get_zorder()
        lines.append((ax.transData.transform(text.xy), ax.transAxes.transform(text.get_position())))
    assert not any(crossing(*one, *other) for one, other in combinations(lines, 2))


def crossing(a, b, c, d):
    def side(p, q, r):
        return np.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


def test_days_are_whole_on_the_axis():
    recent = shop().assign(ordered_at=lambda t: t["ordered_at"].max() - (t["ordered_at"].max() - t["ordered_at"]) / 400)
    ticks = rfm.score(recent, as_of="2025-05-16").plot().get_xticks()
    assert np.array_equal(ticks, np.round(ticks))


def test_titles_name_the_periods(result, moved):
    assert result.plot().get_title() == "Segments, up to 2025-05-14: area shows money"
    assert moved.plot().get_title() == "Customers: 6 months to 2024-09-30 (rows), 6 months to 2025-03-31 (columns)"
    assert moved.plot().get_yticklabels()[-1].get_text() == "New or returning"
    title = moved.plot(kind="bridge").get_title().replace("\n", " ")
    assert title == "What changed revenue: 6 months to 2024-09-30 against 6 months to 2025-03-31"


def test_cumulative_money_is_not_called_revenue(result):
    ax = rfm.migration(rfm.score(shop(), as_of="2024-09-30", scale=result.scale), result).plot(kind="bridge")
    assert ax.get_title() == "What changed cumulative money: up to 2024-09-30 against up to 2025-05-14"
    assert [ax.get_yticklabels()[i].get_text() for i in (0, -1)] == ["Total before", "Total after"]


def test_a_map_without_customers_says_so():
    fixed = rfm.Scale(recency=(1, 2, 3, 4), frequency=(1, 2, 3, 4), monetary=(1, 2, 3, 4))
    ax = rfm.score(shop().iloc[:0], as_of="2024-01-01", scale=fixed).plot()
    assert shown_texts(ax) == ["no customers"]


def test_flows_show_every_movement(moved):
    ax = moved.plot()
    assert len(shown_texts(ax)) == len(moved.table)
    assert sum(int(text.replace(",", "")) for text in shown_texts(ax)) == moved.table["customers"].sum()


def test_the_bridge_leads_from_revenue_to_revenue(moved):
    ax = moved.plot(kind="bridge")
    bars = ax.containers[0]
    assert bars[0].get_width() == pytest.approx(moved.revenue_before)
    assert bars[-1].get_width() == pytest.approx(moved.revenue_after)
    for one, other in pairwise(bars[1:-1]):
        assert one.get_x() + one.get_width() == pytest.approx(other.get_x())


def test_small_changes_beside_the_revenue_are_shown_closely_and_the_axis_says_so():
    before = rfm.score(shop(), as_of="2024-09-30", period="6mo")
    ax = rfm.migration(before, before.apply(shop(), as_of="2024-10-05")).plot(kind="bridge")
    assert ax.get_xlim()[0] > 0
    assert "does not start at zero" in ax.get_xlabel()
    few = rfm.score(shop(lines=300))
    ax = rfm.migration(few, few.apply(shop(lines=900))).plot(kind="bridge")
    assert (ax.get_xlim()[0], ax.get_xlabel()) == (0.0, "money")


def test_pictures_go_where_they_are_told(result, moved):
    figure, axes = plt.subplots(1, 3)
    assert result.plot(axes[0]) is axes[0]
    assert moved.plot(axes[1]) is axes[1]
    assert moved.plot(axes[2], kind="bridge") is axes[2]
    assert plt.get_fignums() == [figure.number]


def test_chinese_pictures_have_chinese_text(result, moved):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a machine without a Chinese font says so
        axes = [result.plot(locale="zh"), moved.plot(locale="zh"), moved.plot(locale="zh", kind="bridge")]
    for ax in axes:
        words = [ax.get_title(), ax.get_xlabel(), *(label.get_text() for label in ax.get_yticklabels())]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in "".join(words))
    assert any(text.startswith("冠军客户：客户占") for text in shown_texts(axes[0]))
    assert axes[2].get_yticklabels()[0].get_text() == "前期收入"
    assert shown_texts(axes[2])[0] == "1.08万"  # 10,805


def test_an_unknown_kind_is_refused(moved):
    with pytest.raises(ValueError, match="`kind` must be one of 'flows', 'bridge', got 'sankey'"):
        moved.plot(kind="sankey")
