"""The pictures of paths: shares in numbers, steps that are drawn, bars that add up, names that stay apart."""

import numpy as np
import pytest

from ecommine import funnel
from ecommine.funnel._plot_paths import short, told_apart
from ecommine.funnel._plot_sequences import bars
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
    return funnel.paths(slow_paths.table(rows).drop(columns="session_id"), of="page", focus=PAGES[0], gap="4h")


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
        shares = [share for step, _, share, _ in bars(rows, depth) if step == 1]
        assert sum(shares) == pytest.approx(1.0)
        for kind in ("before", "after"):
            assert texts(result.plot(kind=kind))


def test_long_names_lose_what_they_share():
    cut = list(told_apart(PAGES[:3]).values())
    assert cut == ["…a$/item-00…", "…鞋子/item-00…", "…a$/item-01…"]
    assert short("view_item_list", 10) == ["view_", "item_list"]
    assert short("abcdefghijklmnopqrstuvwxyz", 10) == ["abcdefghi…", "rstuvwxyz"]
    assert told_apart(["a", "b"]) == {"a": "a", "b": "b"}


def test_nothing_to_show(found):
    empty = funnel.paths(slow_paths.table([("a", 0, "view_item", "/", "s")]).head(0), focus="view_item")
    assert empty.plot().get_title() == "no paths"
    assert empty.plot(kind="matrix").get_xlabel() == "no paths"
    assert empty.plot(kind="after").get_title().startswith("What follows view_item")
    with pytest.raises(ValueError, match="`kind`: nothing is known before a focus: give paths"):
        funnel.paths(slow_paths.table([("a", 0, "view_item", "/", "s")])).plot(kind="before")
    with pytest.raises(ValueError, match="`kind` must be one of"):
        found.plot(kind="tree")
    with pytest.raises(ValueError, match="`top` must be"):
        found.plot(top=0)


def test_chinese(found):
    for kind in ("flow", "matrix", "before", "after"):
        axes = found.plot(kind=kind, locale="zh")
        assert any("\u4e00" <= sign <= "\u9fff" for sign in axes.get_title() + axes.get_xlabel())
