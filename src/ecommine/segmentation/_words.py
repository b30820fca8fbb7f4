"""Names of stages, segments, columns and categories in two languages, and options by their names elsewhere."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from .._core.texts import Locale

Options = ParamSpec("Options")
Answer = TypeVar("Answer")

_NAMES_ZH = {
    "new": "新客",
    "first_seen": "首次出现",
    "growing": "成长期",
    "mature": "成熟期",
    "declining": "衰退期",
    "lost": "流失",
    "never_ordered": "注册未下单",
    "none": "此前无记录",
    "one_order": "仅下过一单",
    "incomplete": "数据不全",
    "narrow": "窄",
    "balanced": "适中",
    "broad": "宽",
    "orders": "订单数",
    "purchase_days": "购买天数",
    "months": "首单至今月数",
    "orders_per_month": "月均订单数",
    "monetary": "消费金额",
    "average_order_value": "客单价",
    "gaps": "购买间隔数",
    "mean_gap": "平均购买间隔（天）",
    "open_gap": "距上次购买天数",
    "weekday": "最常购买的星期",
    "weekday_share": "该星期占比",
    "hour": "最常购买的时段",
    "hour_share": "该时段占比",
    "return_rate": "退货率",
    "favourite_category": "偏好品类",
    "favourite_brand": "偏好品牌",
    "favourite_channel": "偏好渠道",
    "months_since_registration": "注册至今月数",
    "gender": "性别",
    "birth_year": "出生年份",
    "age": "年龄",
    "age_days": "成为客户的天数",
    "returned": "流失后回归",
    "recency": "距上次下单天数",
    "true": "是",
    "false": "否",
    "income": "收入",
    "country": "国家",
    "city": "城市",
    "channel": "渠道",
    "tier": "会员等级",
    "stage": "生命周期阶段",
    "household_size": "家庭人数",
    "household_comp": "家庭构成",
    "home_ownership": "住房情况",
    "kids_count": "孩子数",
    "marital_status": "婚姻状况",
    "other": "其他",
}
_NAMES_EN = {
    "first_seen": "first seen",
    "never_ordered": "never ordered",
    "none": "not seen before",
    "monetary": "money spent",
    "mean_gap": "mean gap in days",
    "open_gap": "days since the last order",
    "weekday": "commonest weekday",
    "hour": "commonest hour",
    "months": "months since the first order",
    "age_days": "days as a customer",
    "recency": "days since the last order",
    "returned": "came back after being lost",
    "true": "yes",
    "false": "no",
}
_WEEKDAYS: dict[Locale, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
SEGMENT_CODE = re.compile(r"segment_([0-9]+)")


def display(name: str, locale: Locale) -> str:
    """Return a code or the name of a column as people read it.

    Examples
    --------
    >>> display("segment_2", "en"), display("segment_2", "zh"), display("orders_per_month", "en")
    ('segment 2', '客户群2', 'orders per month')
    """
    match = SEGMENT_CODE.fullmatch(name)
    if match:
        return f"segment {match[1]}" if locale == "en" else f"客户群{match[1]}"
    if locale == "zh":
        return _NAMES_ZH.get(name, name)
    return _NAMES_EN.get(name, name.replace("_", " "))


def trait_name(column: str, category: str | None, locale: Locale) -> str:
    """Return a column, with a category of it where it has one.

    Examples
    --------
    >>> trait_name("city", "Rome", "en"), trait_name("returned", "true", "zh"), trait_name("weekday", "1", "en")
    ('city: Rome', '流失后回归：是', 'commonest weekday: Monday')
    """
    name = display(column, locale)
    if category is None:
        return name
    days = dict(zip("1234567", _WEEKDAYS[locale], strict=True)) if column == "weekday" else {}
    return f"{name}{': ' if locale == 'en' else '：'}{days.get(category) or display(category, locale)}"


def other_names(**ways: str) -> Callable[[Callable[Options, Answer]], Callable[Options, Answer]]:
    """Make a call that is given an option by the name of another library or call say what it is here.

    Examples
    --------
    >>> @other_names(n_clusters="n_segments=")
    ... def cut(*, n_segments): ...
    >>> cut(n_clusters=3)
    Traceback (most recent call last):
        ...
    TypeError: there is no option `n_clusters` here: give n_segments=
    """

    def decorate(call: Callable[Options, Answer]) -> Callable[Options, Answer]:
        @wraps(call)
        def checked(*arguments: Options.args, **options: Options.kwargs) -> Answer:
            for name in ways.keys() & options.keys():
                raise TypeError(f"there is no option `{name}` here: give {ways[name]}")
            return call(*arguments, **options)

        return checked

    return decorate
