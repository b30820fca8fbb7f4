"""Words of opinion in a clause: whether it says anything good or bad at all, and of which sign its own words are.

A clause of four words is scored poorly by weights that were learned on whole reviews, in which 客服 (customer service)
is mostly bad news: here only words of opinion count, and a negation before one turns it around.
"""

import re
from functools import cache

from ._languages import Spoken
from ._models.builtin import builtin_model, has_builtin
from ._models.english import split_words, valence

_GOOD_ZH = """
很快 真快 超快 挺快 够快 快捷 速度快 物流快 送货快 发货快 快得 也快 就是快 非常快 神速 迅速 及时 准时 给力 便宜
实惠 划算 超值 值得 物美价廉 物有所值 满意 喜欢 爱了 赞 棒 不错 热情 耐心 有耐心 周到 礼貌 贴心 细心 细致 仔细
认真 负责 专业 客气 方便 舒服 舒适 漂亮 好看 好用 好吃 精细 精致 精美 柔软 完美 合理 优惠 保障 信赖 信任 放心
正品 严实 牢固 结实 新鲜 香甜 推荐 好评 满分 工整 厚道 厚实 高档 上档次 辛苦 感谢 谢谢 合适 完好 没的说 没得说 没话说
可以接受 性价比高 性价比很高 性价比挺高 性价比又高 质感 保证 惊喜 清晰 流畅 省电 帮忙 送上楼 送到家 送货上门
高效 效率高 效率很高 好人 两天就到 第二天就到 次日达 当天到 杠杠 棒棒 一流 很值 挺值 超值 值了 非常值 低廉 不贵
价格低 价低 亲切 友好 友善 和气 和蔼 体贴 殷勤 勤快 主动 到位 用心 暖心 有礼 尽心 亲民 公道 良心 平价 鲜美 美味 可口
入味 正宗 地道 爽口 鲜嫩 酥脆 很甜 真甜 好甜 够甜 脆甜 准确 合身 耐用 耐穿 透气 亲肤 好闻 好喝 安静 灵敏 时尚 大气
"""
_BAD_ZH = """
慢 贵 失望 垃圾 坏 破 烂 假货 假的 骗 恶劣 粗糙 很薄 太薄 坑 气愤 气死 无语 后悔 毛病 推脱 敷衍 忽悠 联系不上
不理 不回 没人 没有人 没用 可恶 碎 漏 脏 臭 异味 掉色 变形 挤压 压坏 降价 保价 退不了 拒绝 太差 很差 真差 差评
差劲 较差 差了 差跟 极差 态度差 质量差 服务差 难用 难吃 难看 难闻 残次 次品 刺鼻 不能 不给 不会 不行 不好 不足
不够 缺 错误 发错 送错 弄错 推卸 磨损 投诉 退货 维权 歧视 冷漠 不耐烦 骂 吵 灰 磕 划痕 瑕疵 有问题 怀疑 寒心 对不起
冷淡 怠慢 傲慢 爱理不理 爱答不理 脸色 臭脸 黑脸 没礼貌 不礼貌 不主动 拖拉 磨蹭 半天 虚高 偏高 宰客 涨价 不值 不划算
不对 不准 不符 不合 不耐 不透气 不清 不灵 太丑 很丑 真丑 好丑 丑死 卡顿 死机 很卡 太卡 有味道 味道大 味道很大
怪味 霉味 塑料味 胶味 腥 油腻 太咸 很咸 太硬 太淡 不新鲜 不熟 没熟
随意 随便 没有想象 跟不上 没有优势 没有道德 太没有 怎么样 居然 竟然 懒得 不发货 没发货 一直不 还不 再也
"""
_GOOD_EN = """
fast quick quickly speedy inexpensive affordable reasonable reasonably fairly worth worthwhile bargain deal steal soft
sturdy solid durable well-made flattering comfy comfortable stylish attentive efficient helpful accommodating vibrant
lightweight thick cheaper
"""
_BAD_EN = """
slow slowly pricey expensive overpriced over-priced thin thinner flimsy stiff scratchy itchy cheap cheaply costly broke
broken fell fade faded shrunk ripped torn unreliable rude sucks sucked stinks subpar sub-par mediocre tired heavy high
waste wasted wasting hesitant worst lacking bitches jerk stupid larger smaller
"""
_NO_OPINION_EN = """
like want wanted please help kind care share matter dear party number credit friend friends hope hoping hopefully sure
certain certainly yes no ha interest interested original natural cut cuts alone lower stop block god energy active fan
"""
_VALENCE_EN = 1.5
MOST = 2.0
"""The strength of the words of a clause beyond which no more is added."""


def _alternatives(words: str) -> str:
    return "|".join(sorted(words.split(), key=len, reverse=True))


_PLAIN_ZH = r"好(?!像|几|多|些|歹)|差(?!不多)"
_FAULT_ZH = "(?:太|偏|过于?|有点|略)(?:大|小|长|短|紧|松|薄|厚|硬|重|低|高|窄|宽|肥|暗|辣|油|旧)"
"""Too large, rather short: a property that is too much of one is a fault."""
_WORD_ZH = re.compile(
    f"(?P<good>{_alternatives(_GOOD_ZH)})|(?P<bad>{_alternatives(_BAD_ZH)}|{_FAULT_ZH})|(?P<plain>{_PLAIN_ZH})"
)
_NEGATION_ZH = re.compile(r"(?:不|没|没有|无|别|不是)(?:很|太|是|算|会|那么|什么|怎么|大|正|想象中)?(?:的)?$")
_LEXICON_EN = {**dict.fromkeys(_GOOD_EN.split(), _VALENCE_EN), **dict.fromkeys(_BAD_EN.split(), -_VALENCE_EN)}


def opinion_strength(clause: str, language: Spoken) -> float | None:
    """Return what the words of opinion in a clause add up to, from -2 to 2; None where it has none.

    Chinese clauses are in simplified characters.

    Examples
    --------
    >>> opinion_strength("客服很有耐心", "zh"), opinion_strength("质量不好", "zh"), opinion_strength("联系客服", "zh")
    (1.0, -1.0, None)
    >>> opinion_strength("it is not overpriced", "en") > 0, opinion_strength("arrived on Tuesday", "en")
    (True, None)
    """
    good, bad = opinion_sums(clause, language)
    return None if good == bad == 0 else max(-MOST, min(MOST, good + bad))


def opinion_sums(text: str, language: Spoken) -> tuple[float, float]:
    """Return the strengths of the good and of the bad words of a text; negated ones are of the other sign.

    Examples
    --------
    >>> opinion_sums("质量不好,物流很快,客服热情", "zh")
    (2.0, -1.0)
    """
    if language != "zh":
        good, bad = valence(split_words(text), _lexicon_en())
        return good / _VALENCE_EN, bad / _VALENCE_EN
    good = bad = 0.0
    for word in _WORD_ZH.finditer(text):
        start = word.start()
        is_good = word.lastgroup == "good" or word[0] == "好"
        is_negated = start > 0 and _NEGATION_ZH.search(text, max(start - 5, 0), start) is not None
        if is_good == is_negated:
            bad -= 1
        else:
            good += 1
    return good, bad


@cache
def _lexicon_en() -> dict[str, float]:
    """Return the valence of words, those of VADER's lexicon among them where it is there."""
    general = builtin_model("en").vocabulary.lexicon if has_builtin("en") else {}
    other = _NO_OPINION_EN.split()
    clear = {word: value for word, value in general.items() if abs(value) >= 1 and word not in other}
    return {**clear, **_LEXICON_EN}
