"""The bar that shows how much of a long computation is done."""

from ecommine._core.progress import ignore, progress_bar


def test_the_bar_grows_to_the_end_on_standard_error(capsys):
    draw = progress_bar(1_500, title="forecast", noun="series")
    draw(500)
    draw(1_000)
    shown = capsys.readouterr()
    bars = shown.err.split("\r")[1:]
    assert bars == [
        f"forecast [{'#' * 10:<30}] 500 of 1,500 series",
        f"forecast [{'#' * 30}] 1,500 of 1,500 series\n",
    ]
    assert shown.out == ""


def test_nothing_is_shown_where_nobody_asked(capsys):
    ignore(5)
    assert capsys.readouterr().err == ""
