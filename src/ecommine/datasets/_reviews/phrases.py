"""What customers write: phrases by language, aspect and polarity, each about one thing."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
Phrases: TypeAlias = Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""By aspect: positive phrases, and negative ones."""

ASPECTS = ("quality", "delivery", "price", "size", "service", "packaging", "appearance")
"""What customers write about, the most frequent first."""
MENTIONS = (0.35, 0.25, 0.2, 0.15, 0.12, 0.1, 0.15)
"""Chance that a review says something about each aspect."""

ENGLISH: Phrases = {
    "quality": (
        ("the quality is excellent", "very good quality", "it is well made", "the material feels great"),
        ("the quality is terrible", "very poor quality", "it broke after two days", "the material feels cheap and bad"),
    ),
    "delivery": (
        ("delivery was fast", "it arrived early and I am happy", "the shipping was quick and easy"),
        ("delivery was terribly slow", "it arrived late and I am upset", "the shipping took far too long, awful"),
    ),
    "price": (
        ("great value for the price", "the price is really good", "it was cheap and good"),
        ("the price is ridiculous", "it is a waste of money", "way overpriced and not worth it"),
    ),
    "size": (
        ("the size is perfect", "it fits really well", "the fit is great"),
        ("the size is wrong and useless", "it does not fit at all", "the fit is awful"),
    ),
    "service": (
        ("customer service was friendly", "the staff were very helpful", "excellent support"),
        ("customer service was rude", "the staff were no help at all", "terrible support"),
    ),
    "packaging": (
        ("the packaging was lovely", "it was nicely packed", "the box was beautiful"),
        ("the packaging was badly damaged", "it was terribly packed", "the box was crushed and dirty"),
    ),
    "appearance": (
        ("the colour is beautiful", "the design is lovely", "it looks great"),
        ("the colour is ugly", "the design is awful", "it looks horrible"),
    ),
}
CHINESE: Phrases = {
    "quality": (
        ("质量非常好", "做工很精细", "质量不错，很满意", "材质摸起来很舒服"),
        ("质量太差了", "做工很粗糙", "用了两天就坏了", "材质很差，太失望了"),
    ),
    "delivery": (
        ("物流很快", "快递很给力", "发货速度非常快"),
        ("物流太慢了", "快递慢得离谱", "发货太慢，很不满意"),
    ),
    "price": (
        ("性价比很高", "价格很实惠", "价格便宜又好用"),
        ("价格太贵了，不值", "性价比太低了", "降价太快，感觉被坑了"),
    ),
    "size": (
        ("尺码很合适", "大小刚刚好，很喜欢", "尺寸很标准"),
        ("尺码完全不对", "大小不合适，很失望", "尺寸差太多，没法用"),
    ),
    "service": (
        ("客服态度很好", "售后服务很满意", "客服很耐心"),
        ("客服态度太差", "售后服务太差了", "客服根本不理人"),
    ),
    "packaging": (
        ("包装很精美", "包装很好，很用心", "包装非常完好"),
        ("包装破烂不堪", "包装太差了", "包装破损严重，很生气"),
    ),
    "appearance": (
        ("颜色很漂亮", "外观好看", "款式很喜欢"),
        ("颜色难看死了", "外观很丑", "款式太丑了，很失望"),
    ),
}
PHRASES: Mapping[Language, Phrases] = {"en": ENGLISH, "zh": CHINESE}

GENERAL: Mapping[Language, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "en": (
        ("I am very happy with it", "I love it", "highly recommended", "it works perfectly"),
        ("I am very disappointed", "I do not like it", "not recommended", "it does not work"),
    ),
    "zh": (
        ("非常满意", "很喜欢", "值得推荐", "下次还会再买"),
        ("非常失望", "一点都不喜欢", "不推荐购买", "再也不会买了"),
    ),
}
"""Of the whole purchase: positive phrases, and negative ones."""
OF_RETURNS: Mapping[Language, tuple[str, ...]] = {
    "en": ("I returned it", "sent it back for a refund", "asked for a refund"),
    "zh": ("已经退货了", "申请了退款", "只好退货"),
}
"""The act itself, which is no reason for it."""
WHO: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "mother",
        "father",
        "sister",
        "brother",
        "wife",
        "husband",
        "son",
        "daughter",
        "friend",
        "neighbour",
        "boss",
    ),
    "zh": ("妈妈", "爸爸", "姐姐", "弟弟", "老婆", "老公", "儿子", "女儿", "朋友", "同事", "邻居"),
}
WHEN: Mapping[Language, tuple[str, ...]] = {
    "en": (
        "birthday",
        "wedding",
        "garden",
        "kitchen",
        "holiday",
        "office",
        "trip",
        "party",
        "hobby",
        "winter",
        "summer",
    ),
    "zh": ("生日", "婚礼", "花园", "厨房", "假期", "办公室", "旅行", "聚会", "爱好", "冬天", "夏天"),
}
CONTEXT: Mapping[Language, str] = {
    "en": "This is order number {number} for my {who} and the {when}",
    "zh": "为{who}的{when}第{number}次下单",
}
"""What tells texts apart and says nothing about the product."""
COMMA: Mapping[Language, str] = {"en": ". ", "zh": "，"}
"""Between phrases."""
PERIOD: Mapping[Language, str] = {"en": ".", "zh": "。"}
