"""The customer portrait: one page of HTML that needs no other file."""

from collections.abc import Sequence
from html import escape

from .._core.notes import Note
from .._core.texts import Locale, counted, percent, three_digits
from ._groups.comparisons import ProfileRow, SegmentSize
from ._summary import distinguishing
from ._words import display, trait_name

MAX_TRAITS = 8
"""Bars of a card."""
MAX_BAR = 400
"""Index that fills a bar."""
_TEXTS: dict[Locale, dict[str, str]] = {
    "en": {
        "title": "Customer portrait",
        "lead": "{customers} in {segments}. An index of 100 is like everybody; tested columns are from outside the "
        "segments.",
        "customers": "of customers",
        "money": "of the money",
        "traits": "Most unlike everybody",
        "alike": "Like everybody in all columns.",
        "all": "All comparisons",
        "notes": "Notes",
        "head": "Segment|Column|Category|Level|Everybody|Index|Share of money|Unknown|p",
        "index": "index",
    },
    "zh": {
        "title": "客户画像",
        "lead": "{customers}，分为{segments}。指数100表示与总体相同；只检验未参与分群的指标。",
        "customers": "客户占比",
        "money": "金额占比",
        "traits": "与总体差异最大",
        "alike": "各项均与总体相近。",
        "all": "全部对比",
        "notes": "说明",
        "head": "客户群|指标|类别|水平|总体|指数|金额占比|缺失|p值",
        "index": "指数",
    },
}
_NOTES_ZH = {
    "without_segment": "{count:,}位客户没有分群，只计入总体。",
    "columns_left_out": "{count:,}列时间等类型的数据未参与对比。",
    "values_missing": "有{count:,}位客户缺少部分指标，见“缺失”一列。",
    "money_unknown": "没有消费金额，金额占比未知。",
}
_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1160px; padding: 24px; color: #1c2733; background: #f4f6f8;
  font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
h1 { margin: 0 0 4px; font-size: 28px; }
h2 { margin: 28px 0 8px; font-size: 19px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 16px; margin-top: 18px; }
.card { background: #fff; border-radius: 10px; padding: 16px 18px; border-top: 5px solid var(--colour);
  box-shadow: 0 1px 3px #0002; }
.card h3 { margin: 0 0 8px; font-size: 18px; }
.sizes { display: flex; gap: 28px; margin-bottom: 10px; }
.sizes b { display: block; font-size: 24px; line-height: 1.15; }
.sizes span, .label { color: #5b6b7a; font-size: 13px; }
.trait { display: grid; grid-template-columns: 1fr 118px 46px; gap: 8px; align-items: center; margin: 5px 0;
  font-size: 14px; }
.bar { position: relative; height: 10px; background: #e7ebef; border-radius: 5px; overflow: hidden; }
.bar i { position: absolute; inset: 0 auto 0 0; background: var(--colour); border-radius: 5px; }
.bar u { position: absolute; top: 0; bottom: 0; left: 25%; width: 2px; background: #1c2733; }
.trait em { font-style: normal; text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; background: #fff; border-radius: 10px; box-shadow: 0 1px 3px #0002; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid #e7ebef; font-variant-numeric: tabular-nums; }
th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; }
"""
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A7A00", "#444444")


def portrait_page(
    sizes: Sequence[SegmentSize], rows: Sequence[ProfileRow], notes: Sequence[Note], locale: Locale
) -> str:
    """Return the whole page."""
    texts = _TEXTS[locale]
    total = counted(sum(size.customers for size in sizes), "customer", locale=locale)
    lead = texts["lead"].format(customers=total, segments=counted(len(sizes), "segment", locale=locale))
    cards = "".join(_card(size, rows, _COLOURS[i % len(_COLOURS)], locale) for i, size in enumerate(sizes))
    listed = "".join(f"<li>{escape(_note(note, locale))}</li>" for note in notes)
    listed = f"<h2>{texts['notes']}</h2><ul>{listed}</ul>" if listed else ""
    head = "".join(f"<th>{name}</th>" for name in texts["head"].split("|"))
    body = "".join(_table_row(row, locale) for row in rows)
    language = "en" if locale == "en" else "zh-CN"
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{texts['title']}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{texts["title"]}</h1><p>{lead}</p><div class="cards">{cards}</div>{listed}'
        f'<h2>{texts["all"]}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div></body></html>\n"
    )


def _note(note: Note, locale: Locale) -> str:
    """Return a note; in Chinese, from its code and count."""
    return str(note) if locale == "en" else _NOTES_ZH[note.code].format(count=note.count)


def _card(size: SegmentSize, rows: Sequence[ProfileRow], colour: str, locale: Locale) -> str:
    texts = _TEXTS[locale]
    name = display(size.segment, locale)
    traits = "".join(_trait(row, locale) for row in distinguishing(rows, size.segment)[:MAX_TRAITS])
    money = ""
    if size.share_of_money == size.share_of_money:
        money = f"<div><b>{percent(size.share_of_money)}</b><span>{texts['money']}</span></div>"
    body = f'<div class="label">{texts["traits"]} ({texts["index"]})</div>{traits}' if traits else texts["alike"]
    return (
        f'<section class="card" style="--colour:{colour}"><h3>{escape(name[:1].upper() + name[1:])}</h3>'
        f'<div class="sizes"><div><b>{percent(size.share)}</b><span>{texts["customers"]} ({size.customers:,})'
        "</span></div>"
        f"{money}</div>{body}</section>"
    )


def _trait(row: ProfileRow, locale: Locale) -> str:
    width = min(row.index, MAX_BAR) / MAX_BAR
    return (
        f"<div class='trait'><span>{escape(trait_name(row.column, row.category, locale))}</span>"
        f"<span class='bar'><i style='width:{width:.1%}'></i><u></u></span><em>{row.index:.0f}</em></div>"
    )


def _table_row(row: ProfileRow, locale: Locale) -> str:
    show = three_digits if row.category is None else percent
    cells = (
        display(row.segment, locale),
        display(row.column, locale),
        "" if row.category is None else display(row.category, locale),
        _known(row.level, show),
        _known(row.everybody, show),
        _known(row.index, lambda value: f"{value:,.0f}"),
        _known(row.share_of_money, percent),
        percent(row.null_share),
        _known(row.p_value, lambda value: f"{value:.2g}"),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _known(value: float, show: object) -> str:
    return show(value) if value == value and callable(show) else "–"
