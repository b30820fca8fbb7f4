"""Chinese texts made ready for character n-grams: turns of phrase that say the opposite of their characters, contrast.

A bag of characters cannot read 没毛病 (nothing wrong) or 便宜没好货 (you get what you pay for), so that such turns are
written as what they mean before the characters are counted.
"""

import re

from .turns import read_turns, replace_turns

_NAMES = {
    "FAULTS": "(?:异味|味道|色差|毛病|问题|瑕疵|破损|损坏|划痕|坏点|线头|掉色|褪色|起球|缩水|变形|漏水|噪音|杂音|卡顿|"
    "死机|过敏|磕碰|压坏|坏的|坏果|缺点|失望|难闻|刺激|任何不适|副作用|什么可挑剔|可挑剔|什么可说|话说|得说|什么不好|不满意|不喜欢)",
    "NONE": "(?:没有|没|无|木有|未见|没发现|没出过|没出现过?)",
    "ANY": "(?:什么|啥|任何的?|明显|一点|太大|大的?|出过|半点)",
    "FIT": "(?:掉色|褪色|起球|缩水|变形|卡顿|卡|漏|勒|闷|扎|油腻|刺激|伤手|假滑)",
    "LIKED": "(?:好|漂亮|好用|好看|好吃)",
    "PLEASED": "(?:满意|喜欢|好|推荐|舒服|方便|清楚|漂亮|新鲜|理想|合适|实惠)",
}
_TURNS = read_turns(
    r"""
- ¦ 不得不,不能不 ¦ 不得不(?:说|赞|夸)|不能不(?:说|赞)
还好 ¦ 不好 ¦ (?:并)?不是(?:说)?不好|没有(?:什么)?不好|没什么不好
非常好 ¦ 没,无,未见,木有 ¦ (?:也|都|又|还|暂时|暂|完全|一点|丝毫)*NONEANY*FAULTS(?:可说|可挑)?
非常好 ¦ 不 ¦ (?:也|都|并|完全|一点|一点也|一点都)*不(?:会)?FIT
非常好 ¦ 不 ¦ (?:真|还|也|确实|算|并|一点|可)?不(?:差|赖|难吃|难看|难闻|后悔|亏|坑)(?!不多|别|劲|异|距|额|评|价)
很差 ¦ 不是,不太,不怎么,不够 ¦ (?<!是)不(?:是(?:很|太|那么|特别)|太|怎么|够)PLEASED
好评 ¦ 没有 ¦ 没有(?:任何)?理由不(?:给)?(?:好评|五星|满分|推荐)
非常好 ¦ 不,没有 ¦ (?:不|没有)(?:会)?让(?:人|我|大家)?失望
非常好 ¦ 没坏,没有坏,不贵,不比 ¦ 没有?坏|(?:价格)?(?:也)?不贵|不比[^，。,!]{1,6}差
很差 ¦ 便宜 ¦ 便宜(?:没|无)好货
很差 ¦ 没,不如 ¦ (?:没有|没|不如)(?:想象|想像|预期|期待|图片|说的|宣传)(?:中)?(?:的)?(?:那么|这么)?LIKED
很差 ¦ 没,不如 ¦ (?:没有|没|不如)(?:以前|之前|上次|原来|别家|超市)(?:买)?(?:的)?(?:那么|这么)?LIKED?
很差 ¦ 不 ¦ (?:再|以后|下次|绝对|坚决|永远)*(?:也)?不(?:会)?(?:再)?(?:来|买|光顾|回购)(?:了|这家|你家)
很差 ¦ 敢,好意思,谁 ¦ (?:也|还)(?:敢|好意思)(?:叫|说|称|卖|拿出来)|谁(?:还)?(?:敢|会)(?:买|用)
很差 ¦ 半星,一星 ¦ (?:一|半)星(?:都|也)?不想给
很差 ¦ 别,不要,勿 ¦ (?:千万|大家|亲们)?(?:别|不要|勿)(?:买|再买|上当|入手|信|拍|下单)
很差 ¦ 避坑,踩雷,智商税,退货了,差评 ¦ 避坑|踩雷|智商税|退货了|(?<!不)差评
非常好 ¦ yyds,永远的神,绝绝子,闭眼入,666 ¦ yyds|永远的神|绝绝子|闭眼入|(?<!\d)6{3,}(?!\d)
非常好 ¦ 没的说,没得说,没谁了,杠杠的,棒棒哒,何乐而不为 ¦ 没的说|没得说|没谁了|杠杠的|棒棒哒|何乐而不为
非常好 ¦ 给力,完好 ¦ 太?给力|完好(?:无损|无缺)?
非常好 ¦ 回购 ¦ (?<!不)(?<!不会)(?<!不再)(?:无限|多次|再次|第[二三四五六]次|一直|已经)?回购
很差 ¦ 越,一次 ¦ 越(?:来|做|用)越(?:差|烂|难\w|不\w|坑|慢|贵)|一次(?:不如|比)一次差?
很差 ¦ 得离谱,得要死,得要命 ¦ (?:价格|价钱)?(?:贵|慢|差|难用|离谱)得(?:离谱|要死|要命)
很差 ¦ 丑 ¦ (?:太|很|真|好|巨|超|有点)丑
很差 ¦ 保价,刚买 ¦ 保价(?:还|都)?(?:不给|无效|不成|失败)|刚买(?:完|了)?就(?:降价|便宜|降了)
""",
    _NAMES,
    around="，",
)
_THANKS = "谢谢|感谢|多谢|谢了|辛苦|祝|望|希望"
_POLITE = re.compile(
    rf"[，。！!,.\s]*(?:{_THANKS})[^，。！？!?,]{{0,12}}[。！!~～\s]*$|^(?:亲[，,！!]?|你好[，,！!]?|您好[，,！!]?)"
)
_CONTRAST = re.compile(
    r"但是|但(?!愿)|不过(?!关)|可是|然而|可惜|遗憾的是|就是(?=[^好不])|结果|好在|本来|(?<=[，,])现在"
)
_REPEATED = re.compile(r"(.)\1{3,}")
_OUT = re.compile(r"[^\u3400-\u9fffa-z0-9!?]+")
_MIN_AFTER = 3
"""Letters after a word of contrast, from which they count twice."""


def prepare_chinese(text: str) -> str:
    """Return the letters whose n-grams are counted, of a text in simplified characters.

    Blanks stand where two parts do not touch. What follows the last word of contrast is written twice, since it is the
    verdict (Hutto and Gilbert 2014 weigh the two sides of "but" one to three), and thanks at the end of a complaint are
    left out.

    Examples
    --------
    >>> prepare_chinese("没有异味!"), prepare_chinese("虽然慢，但是东西很好")
    (' 非常好 !', '虽然慢 但是东西很好 东西很好')
    """
    plain = replace_turns(_REPEATED.sub(r"\1\1\1", text.lower()), _TURNS)
    shorter = _POLITE.sub("", plain)
    plain = shorter if len(shorter) >= _MIN_AFTER else plain
    return _OUT.sub(" ", plain + _verdict(plain))


def _verdict(text: str) -> str:
    """Return what follows the last word of contrast."""
    last = max(_CONTRAST.finditer(text), key=re.Match.start, default=None)
    if last is None or last.start() == 0 or len(text) - last.end() < _MIN_AFTER:
        return ""
    return " " + text[last.end() :]
