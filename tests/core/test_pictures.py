"""Pictures: numbers on axes, Chinese text with a fallback that touches no setting."""

import warnings

import pytest

from ecommine._core import pictures
from ecommine._core.pictures import CHINESE_FONTS, PALETTE, figure_of, new_axes, show_text, thousands

matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
matplotlib.use("Agg")


@pytest.fixture
def ax():
    from matplotlib import pyplot as plt

    ax = new_axes(None)
    figure = ax.figure
    yield ax
    plt.close(figure)


@pytest.fixture
def rc_params():
    before = dict(matplotlib.rcParams)
    yield
    assert dict(matplotlib.rcParams) == before


def test_given_axes_are_used(ax):
    assert new_axes(ax) is ax


def test_axes_name_their_figure(ax):
    assert figure_of(ax) is ax.figure
    ax.remove()
    with pytest.raises(ValueError, match="`ax` must belong to a figure"):
        figure_of(ax)


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (12, "12"), (999, "999"), (999.4, "999"), (999.9, "1k"), (1000, "1k"), (1234, "1.23k"),
     (-1234, "-1.23k"), (999_499, "999k"), (999_999, "1M"), (3_400_000, "3.4M"),
     (2.5e9, "2.5G"), (1.5e12, "1500G"), (0.125, "0.125")],
)  # fmt: skip
def test_thousands(value, written):
    assert thousands(value) == thousands(value, 3) == written


def test_the_palette_is_told_apart():
    assert len(set(PALETTE)) == len(PALETTE) == 8


@pytest.mark.parametrize("text", ["高价值客户", "Segment：", "RFM，", "、"])
def test_without_a_chinese_font_one_warning_names_those_that_would_do(ax, rc_params, monkeypatch, text):
    monkeypatch.setattr(pictures, "_installed", lambda _: [])
    ax.set_title(text)
    ax.set_xlabel(text)
    with pytest.warns(UserWarning, match="none of these fonts is installed: Noto Sans CJK SC, .*SimHei") as said:
        show_text(ax.figure)
    assert len(said) == 1


def test_latin_text_needs_nothing(ax, rc_params):
    ax.set_title("Customers − €5 Ünïcödé")
    before = ax.title.get_fontfamily()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show_text(ax.figure)
    assert ax.title.get_fontfamily() == before


def test_fonts_fall_back_in_one_order_after_the_latin_one(ax, rc_params, monkeypatch):
    """Digits and minus signs keep their glyphs: a Chinese font may lack U+2212."""
    monkeypatch.setattr(pictures, "_installed", lambda names: [n for n in names if n in ("SimHei", "Noto Sans CJK SC")])
    ax.set_title("高价值 −5")
    show_text(ax.figure)
    assert ax.title.get_fontfamily() == ["DejaVu Sans", "Noto Sans CJK SC", "SimHei"]
    assert ax.xaxis.label.get_fontfamily() == ax.title.get_fontfamily()


def test_the_callers_own_font_comes_first(ax, rc_params, monkeypatch, recwarn):
    monkeypatch.setattr(pictures, "_installed", lambda _: [])
    ax.set_title("高价值 −5", fontfamily="My Font")
    show_text(ax.figure)
    assert ax.title.get_fontfamily() == ["My Font", "DejaVu Sans"]
    assert not [one for one in recwarn if "none of these fonts" in str(one.message)]


def test_installed_fonts_are_those_that_matplotlib_knows():
    assert pictures._installed(("DejaVu Sans", "No Such Font")) == ["DejaVu Sans"]
    assert CHINESE_FONTS[0] == "Noto Sans CJK SC"


def test_text_that_is_drawn_later_counts(ax, rc_params, monkeypatch):
    monkeypatch.setattr(pictures, "_installed", lambda _: ["SimHei"])
    show_text(ax.figure, extra=["高价值"])
    assert ax.title.get_fontfamily() == ["DejaVu Sans", "SimHei"]


@pytest.mark.parametrize("name", ["WenQuanYi Micro Hei", "WenQuanYi Zen Hei"])
def test_the_fonts_of_linux_are_known(ax, rc_params, monkeypatch, name):
    monkeypatch.setattr(pictures, "_installed", lambda names: [one for one in names if one == name])
    ax.set_title("高价值")
    show_text(ax.figure)
    assert ax.title.get_fontfamily() == ["DejaVu Sans", name]
