"""Segments: a stable code for programs; a name and an action, in English and Chinese, for people."""

import re
from dataclasses import KW_ONLY, dataclass

from .._core.checks import flag, instance, one_of, show, text
from .._core.texts import LOCALES, Locale

RESERVED = ("gone", "new")
"""Codes of :func:`ecommine.rfm.migration` for customers without an order in one of two periods."""
_CODE = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Segment:
    """A class of customers: a code that never changes, its display names, and what to do.

    Parameters
    ----------
    code : str
        Lower-case English words joined by underscores: the value of the column `segment`.
    name, name_zh : str, optional
        Display names in English and Chinese. By default the code in words.
    action, action_zh : str, optional
        The recommended action, in English and Chinese; none by default.
    win_back : bool, default False
        Whether these customers are slipping away and worth winning back: `RFM.summary` names such a segment.

    Raises
    ------
    ValueError
        If the code is not lower-case words, or is "new" or "gone", which :func:`ecommine.rfm.migration` uses.

    Examples
    --------
    >>> Segment("big_spenders", name_zh="大客户").display("en")
    'Big spenders'
    """

    code: str
    _: KW_ONLY
    name: str = ""
    name_zh: str = ""
    action: str = ""
    action_zh: str = ""
    win_back: bool = False

    def __post_init__(self) -> None:
        check_code("code", self.code)
        for name in ("name", "name_zh", "action", "action_zh"):
            instance(name, getattr(self, name), str, noun="text")
        object.__setattr__(self, "win_back", flag("win_back", self.win_back))

    def display(self, locale: Locale) -> str:
        """Return the name in a language, English where there is no Chinese one."""
        one_of("locale", locale, LOCALES)
        english = self.name or self.code.replace("_", " ").capitalize()
        return self.name_zh or english if locale == "zh" else english

    def advice(self, locale: Locale) -> str:
        """Return the recommended action in a language, English where there is no Chinese one."""
        one_of("locale", locale, LOCALES)
        return self.action_zh or self.action if locale == "zh" else self.action


def check_code(name: str, code: object) -> None:
    """Raise unless it is a code that a segment may have.

    Examples
    --------
    >>> check_code("code", "big_spenders")
    """
    if not _CODE.fullmatch(text(name, code, example="'big_spenders'")):
        raise ValueError(f"`{name}` must be lower-case words joined by underscores, got {show(code)}")
    if code in RESERVED:
        raise ValueError(f"`{name}` must not be {code!r}: migration uses it for customers without a segment")


KNOWN_SEGMENTS = {
    segment.code: segment
    for segment in (
        Segment(
            "champions",
            name="Champions",
            name_zh="冠军客户",
            action="Reward them, show new products first, ask for reviews; no discounts needed",
            action_zh="给予奖励，新品优先，邀请评价，无需打折",
        ),
        Segment(
            "loyal",
            name="Loyal customers",
            name_zh="忠诚客户",
            action="Remind them now with what they usually buy, and offer a membership tier",
            action_zh="用常购商品及时提醒，邀请升级会员",
        ),
        Segment(
            "potential_loyalists",
            name="Potential loyalists",
            name_zh="潜在忠诚客户",
            action="Recommend related products and offer membership, so that they buy again soon",
            action_zh="推荐相关商品并邀请入会，促成再次购买",
        ),
        Segment(
            "new_customers",
            name="New customers",
            name_zh="新客户",
            action="They bought recently but spent little so far: welcome them, give a reason for the next order",
            action_zh="近期来过但消费尚少，欢迎引导，促成下一单",
        ),
        Segment(
            "promising",
            name="Promising",
            name_zh="潜力新客",
            action="Keep the brand in mind with a small offer while the last order is fresh",
            action_zh="趁最近一单不久，用小额优惠保持联系",
        ),
        Segment(
            "need_attention",
            name="Need attention",
            name_zh="需要关注客户",
            action="Send an offer with an end date on what they bought before",
            action_zh="针对买过的商品发限时优惠",
        ),
        Segment(
            "about_to_sleep",
            name="About to sleep",
            name_zh="即将沉睡客户",
            action="Reconnect with popular products at a moderate discount",
            action_zh="用热销商品和适度折扣重新联系",
        ),
        Segment(
            "at_risk",
            name="At risk",
            name_zh="流失风险客户",
            action="Win them back personally: ask what went wrong and make a comeback offer",
            action_zh="个性化召回，了解原因，给出回归优惠",
            win_back=True,
        ),
        Segment(
            "cannot_lose",
            name="Cannot lose them",
            name_zh="重点挽留客户",
            action="Call or write in person: they were among the best customers, do not lose them to a competitor",
            action_zh="电话或一对一联系，曾是最佳客户，务必挽回",
            win_back=True,
        ),
        Segment(
            "hibernating",
            name="Hibernating",
            name_zh="休眠客户",
            action="Offer standard products through low-cost channels; do not spend more on them",
            action_zh="用低成本渠道推送常规商品，不追加投入",
        ),
        Segment(
            "lost",
            name="Lost customers",
            name_zh="已流失客户",
            action="One last win-back campaign, then leave them out of paid contacts",
            action_zh="做最后一次召回，之后停止付费触达",
            win_back=True,
        ),
        Segment(
            "high_value",
            name="High value",
            name_zh="高价值客户",
            action="Give the best service and early access; protect the margin",
            action_zh="提供最好的服务与优先权，保护利润",
        ),
        Segment(
            "potential",
            name="Potential",
            name_zh="潜力客户",
            action="They bought recently and spend well: encourage the next order with related products",
            action_zh="近期来过且消费尚可，用相关商品促成下一单",
        ),
        Segment(
            "others",
            name="Other customers",
            name_zh="其他客户",
            action="Keep them in the regular programme and score again next month",
            action_zh="按常规运营，下月重新评分",
        ),
    )
}


def find_segment(given: Segment | str) -> Segment:
    """Return the segment of a code, with its known name and action where it has one."""
    if isinstance(given, Segment):
        return given
    return KNOWN_SEGMENTS.get(given) or Segment(given)
