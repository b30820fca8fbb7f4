"""The pictures of paths: shares in numbers, steps that are drawn, bars that add up, names that stay apart."""

import numpy as np
import pytest

from ecommine import funnel
from ecommine.funnel._paths.labels import drop_shared_parts, shorten
from ecommine.funnel._paths.plot_sequences import split_bars
from funnel import slow_paths

pytest.importorskip("matplotlib", reason="matplotlib is not installed")
import matplotlib as mpl

mpl.use("Agg")
pytestmark = pytest.mark.filterwarnings("ignore:the picture has Chinese text", "ignore:Glyph")
PAGES = [
    f"/category/{name}/item-{i:02d}-with-a-long-title?from=newsletter" for i in range(20) for name in ("a$", "鞋子")
]


@pytest.fixture(autouse=True)
def closed():
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def found():
    names = ["view_item", "add_to_cart", "view_item", "purchase"]
    rows = [(i, k, name, None, None) for i in range(40) for k, name in enumerate(names[: 1 + i % 4])]
    frame = slow_paths.table(rows).drop(columns=["page", "session_id"])
    return funnel.paths(frame, focus="add_to_cart", as_of="2024-03-01")


@pytest.fixture(scope="module")
def pages():
    rng = np.random.default_rng(0)
    rows = [
        (int(rng.integers(300)), int(rng.integers(9_000)), "page_view", PAGES[rng.integers(40)], None)
        for _ in range(3_000)
    ]
    return funnel.paths(slow_paths.table(rows).drop(columns="session_id"), state="page", focus=PAGES[0], gap="4h")


def texts(axes):
    axes.figure.canvas.draw()
    return [text.get_text() for text in axes.texts]


def test_the_matrix_shows_the_shares_of_the_table(found):
    axes = found.plot(kind="matrix")
    shares = found.table["share"]
    assert sorted(texts(axes)) == sorted(f"{100 * share:.0f}" for share in shares if share >= 0.005)
    assert [text.get_text() for text in axes.get_xticklabels()][-1] == "end"


def test_the_flow_runs_from_the_start_to_the_goal(found):
    axes = found.plot()
    shown = texts(axes)
    places = {text.get_text(): text.get_position()[0] for text in axes.texts}
    assert places["start"] < places["view_item"] < places["add_to_cart"] < places["purchase"]
    assert "100%" in shown
    assert "40 paths" in shown


def test_rare_states_are_one(pages):
    axes = pages.plot(kind="matrix", top=5)
    rows = [text.get_text() for text in axes.get_yticklabels()]
    assert len(rows) == 7
    assert rows[-1].startswith("other")
    assert len(set(rows)) == 7
    assert "other" in texts(pages.plot(top=5))


def test_bars_add_up(found, pages):
    for result in (found, pages):
        depth = 3
        rows = result.after.to_dict("records")
        shares = [bar.share for bar in split_bars(rows, depth) if bar.step == 1]
        assert sum(shares) == pytest.approx(1.0)
        for kind in ("before", "after"):
            assert texts(result.plot(kind=kind))


def test_long_names_lose_what_they_share():
    cut = list(drop_shared_parts(PAGES[:3]).values())
    assert cut == ["…a$/item-00…", "…鞋子/item-00…", "…a$/item-01…"]
    assert shorten("view_item_list", 10) == ["view_", "item_list"]
    assert shorten("abcdefghijklmnopqrstuvwxyz", 10) == ["abcdefghi…", "rstuvwxyz"]
    assert drop_shared_parts(["a", "b"]) == {"a": "a", "b": "b"}


def test_nothing_to_show(found):
    empty = funnel.paths(slow_paths.table([("a", 0, "view_item", "/", "s")]).head(0), focus="view_item")
    assert empty.plot().get_title() == "no paths"
    assert empty.plot(kind="matrix").get_title() == "no paths"
    assert empty.plot(kind="after").get_title().startswith("What follows view_item")
    with pytest.raises(ValueError, match="`kind` 'before' needs paths"):
        funnel.paths(slow_paths.table([("a", 0, "view_item", "/", "s")])).plot(kind="before")
    with pytest.raises(ValueError, match="`kind` must be one of"):
        found.plot(kind="tree")
    with pytest.raises(ValueError, match="`top` must be"):
        found.plot(top=0)


def test_chinese(found):
    for kind in ("flow", "matrix", "before", "after"):
        axes = found.plot(kind=kind, locale="zh")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in axes.get_title())


@pytest.fixture(scope="module")
def alike():
    """Paths among eight categories in which nearly every step is as frequent as any other."""
    rng = np.random.default_rng(0)
    names = ["outdoor", "home", "garden", "books", "pets", "beauty", "kitchen", "drinks", "fashion", "toys"]
    weights = np.arange(len(names), 0, -1) / 55
    rows = [
        (one, k, "page_view", names[rng.choice(len(names), p=weights)], f"s{one}")
        for one in range(2_000)
        for k in range(rng.integers(1, 6))
    ]
    return funnel.paths(slow_paths.table(rows), state="page", focus="outdoor", goal="toys", as_of="2024-03-01")


def numbers(axes):
    axes.figure.canvas.draw()
    return [text for text in axes.texts if text.get_text().endswith("%")]


def test_a_flow_of_many_steps_has_fewer_lines_and_each_its_number(alike, found):
    axes = alike.plot()
    shares = numbers(axes)
    boxes = [text.get_window_extent() for text in shares]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert len(shares) == len(axes.lines) < 20
    lines = [line.get_xydata() for line in axes.lines]
    for text in shares:  # each stands on one line, and on no other
        away = [np.abs(line - text.get_position()).max(axis=1).min() for line in lines]
        assert sum(one < 0.02 for one in away) == 1
    legends = [one.texts[-1].get_text().replace("\n", " ") for one in (axes, found.plot())]
    assert "the most frequent step from each state" in legends[0]
    assert "the 2 most frequent steps from each state" in legends[1]


def test_a_line_whose_number_has_no_room_is_left_out(alike):
    from matplotlib import pyplot as plt

    axes = alike.plot(plt.subplots(figsize=(4, 3))[1])
    shares = numbers(axes)
    boxes = [text.get_window_extent() for text in shares]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert 2 <= len(shares) == len(axes.lines) < len(alike.plot().lines)


def test_lines_of_a_chinese_caption_break_between_its_signs(alike):
    from matplotlib import pyplot as plt

    lines = alike.plot(plt.subplots(figsize=(6, 4))[1], locale="zh").texts[-1].get_text().split("\n")
    assert len(lines) > 1
    assert "框内：访问次数；↳\u00a0访问后即结束的比例。" in lines[0]
    assert not any(line[0] in "，。；：、）" or line.endswith("↳") for line in lines)
    assert "toys" in "\n".join(lines)


def test_the_matrix_has_the_most_visited_first_and_the_goal_last(alike, pages):
    axes = alike.plot(kind="matrix", top=5)
    rows = [text.get_text().split(" (")[0] for text in axes.get_yticklabels()]
    visits = alike.states.set_index("state")["visits"].drop(["(start)", "toys"])
    assert rows == ["start", *visits.sort_values(ascending=False).index[:4], "other", "toys"]
    assert [text.get_text() for text in axes.get_xticklabels()] == [*rows[1:], "end"]
    axes.figure.canvas.draw()
    below = max(text.get_window_extent().y1 for text in axes.get_xticklabels())
    assert axes.title.get_window_extent().y0 >= below
    share = alike.table.query("state == 'outdoor' and next_state == 'home'")["share"].item()
    cell = next(text for text in axes.texts if text.get_position() == (1, 1))
    assert cell.get_text() == f"{100 * share:.0f}"


@pytest.mark.parametrize("kind", ["before", "after"])
def test_bars_without_a_name_are_known_by_their_colour(alike, kind):
    axes = alike.plot(kind=kind)
    named = {text.get_position() for text in axes.texts}
    low, high = sorted(axes.get_ylim())
    for bar in axes.patches:
        (x0, y0), (x1, y1) = bar.get_path().get_extents().get_points()
        assert low < y0 < y1 < high
        white = bar.get_facecolor() == (1, 1, 1, 1)
        assert not white or any(x0 < x < x1 and y0 < y < y1 for x, y in named)
    assert {bar.get_facecolor()[:3] for bar in axes.patches} >= {mpl.colors.to_rgb("#E6E6E6")}
    assert "light: below 3% each" in axes.texts[-1].get_text().replace("\n", " ")


def test_the_goal_has_a_thick_line(found):
    lines = {bar.get_facecolor(): bar.get_linewidth() for bar in found.plot(kind="after").patches}
    assert lines[mpl.colors.to_rgba("#BFD9EB")] > lines[mpl.colors.to_rgba("white")]


@pytest.fixture(scope="module")
def checkout():
    names = ["view_item", "add_to_cart", "begin_checkout", "add_payment_info", "purchase"]
    rows = [(i, k, name, None, None) for i in range(50) for k, name in enumerate(names[: 1 + i % 5])]
    return funnel.paths(slow_paths.table(rows).drop(columns=["page", "session_id"]), focus="add_to_cart")


def texts_out_of_boxes(axes):
    """Return the texts that stand in a box, at its middle, and reach over its sides; and how many stand in one."""
    boxes = [patch.get_window_extent() for patch in axes.patches]
    places = [axes.transData.transform(text.get_position()) for text in axes.texts]
    inside = [
        (text, box) for text, place in zip(axes.texts, places, strict=True) for box in boxes if box.contains(*place)
    ]
    out = []
    for text, box in inside:
        extent = text.get_window_extent()
        if extent.x0 < box.x0 - 0.5 or extent.x1 > box.x1 + 0.5 or extent.y0 < box.y0 - 0.5 or extent.y1 > box.y1 + 0.5:
            out.append(text.get_text())
    return out, len(inside)


@pytest.mark.parametrize("kind", ["flow", "after"])
@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_names_stay_in_their_boxes_in_a_grid_too(checkout, kind, layout, locale):
    from matplotlib import pyplot as plt

    figure, grid = plt.subplots(2, 3, figsize=(12, 7), layout=layout)
    for axes in grid.flat:
        checkout.plot(ax=axes, kind=kind, locale=locale)
    figure.canvas.draw()
    for axes in grid.flat:
        out, n_inside = texts_out_of_boxes(axes)
        assert out == []
        assert n_inside >= 5
    written = {text.get_text().replace("\n", "") for text in grid[0, 0].texts}
    assert any("begin_checkout" in text for text in written)


def test_names_keep_their_size_where_there_is_room(checkout):
    axes = checkout.plot()
    name = next(text for text in axes.texts if text.get_text() == "begin_checkout")
    assert name.get_fontsize() == 8
