"""Lines that are no goods, by their titles: tips, gift cards, donations, insurance of parcels, rounding, postage."""

import narwhals.stable.v2 as nw

from .._exports.base import first_match

_MONEY = "[$€£¥￥]?[0-9][0-9.,]*(?: ?(?:[A-Z]{3}|[€£元]))?"
_BEHIND = f"(?: ?[-–/|:(].*| {_MONEY}[)]?)?"
_CARD = "(?:gift ?-?(?:card|voucher|certificate)s?|(?:geschenk)?gutschein|geschenkkarte|carte[- ]cadeau|bon cadeau)"
_TIPS = "tips?|gratuity|trinkgeld|pourboire|小费|打赏"
_TITLES = {
    "fee": (
        f"{_TIPS}|donations?|charity donation|spende|捐款|公益捐款"
        "|(?:.* )?(?:shipping|package|delivery|order) (?:protection|insurance)(?: .*)?"
    ),
    "gift": (
        f"(?:{_MONEY} )?(?:e-?|digital |online |electronic |virtual )?{_CARD}{_BEHIND}|礼品卡.*|.*(?:购物卡|储值卡)"
    ),
    "adjustment": (
        "(?:cash )?rounding(?: adjustment| difference)?|rundung(?:sdifferenz)?"
        "|抹零|补差价.*|差价.*|.*差价(?:专拍|链接|补拍)?"
    ),
    "shipping": (
        "shipping(?: costs?| fee)?|postage|versand(?:kosten)?|补?(?:邮费|运费).*|.*(?:邮费|运费)(?:专拍|链接|补拍)"
    ),
}


def is_tip(title: nw.Expr) -> nw.Expr:
    """Return whether a line is a tip, which totals of products leave out."""
    return title.str.contains(f"^(?i:{_TIPS})$").fill_null(value=False)


def line_type_of(title: nw.Expr) -> nw.Expr:
    """Return the type of a line by its whole title; "Gift card holder" and "Tip Top" are goods."""
    rules = [(title.str.contains(f"^(?i:{regex})$"), name) for name, regex in _TITLES.items()]
    return first_match(rules, otherwise="product")
