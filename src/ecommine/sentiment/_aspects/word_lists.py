"""Word lists of aspects in English and Chinese, and where they stand in a clause."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ..._core.checks import show, text
from ..._core.texts import Locale
from .._text import simplify

_LISTS = {
    "quality": """
        quality, well made, poorly made, badly made, cheaply made, made well, material*, fabric*, workmanship,
        craftsmanship, stitch*, seam, durab*, sturdy, flimsy, solid, defect*, faulty, broke, broken, breaks,
        fell apart, falls apart, falling apart, tore, torn, ripped, cracked, pilling, shrank, shrunk, shoddy,
        well constructed, well built, construction, thin, see through, 质量, 品质, 质感, 做工, 材质, 材料,
        面料, 布料, 用料, 料子, 手工, 耐用, 结实, 线头, 开线, 掉色, 褪色, 起球, 坏了, 坏掉, 裂了, 裂开, 破洞,
        劣质, 瑕疵, 次品, 残次, 粗糙, 缩水, 变形, 正品, 假货
    """,
    "price": """
        price*, pricing, pricey, expensive, inexpensive, cheap, cheaper, cheapest, overpriced, cost, costs,
        affordable, bargain, value, worth, money, steal, on sale, discount*, deal, deals, 价格, 价钱, 价位,
        性价比, 便宜, 实惠, 划算, 不贵, 太贵, 贵了, 有点贵, 偏贵, 很贵, 降价, 涨价, 优惠, 物有所值, 物美价廉,
        超值, 不值, 值得这个价, 差价, 价格贵, 还贵, 贵一, 贵太, 贵多, 略贵, 稍贵, 小贵, 较贵,
        挺贵, 蛮贵, 么贵, 更贵, 最贵, 死贵, 超贵, 贵的, 贵得, 贵啊, 贵吧, 坑钱, 宰客, 促销, 好贵, 真贵, 人均, 块钱
    """,
    "service": """
        service, staff, support, seller, employee*, waiter*, waitress*, server, servers, customer care,
        representative, rude, polite, helpful, friendly, manager, attentive, hospitality, 服务, 客服, 态度,
        售后, 卖家, 店家, 店主, 商家, 掌柜, 店员, 服务员, 老板, 前台, 热情, 耐心, 不理人
    """,
    "delivery": """
        deliver*, shipping, shipped, shipment, ship, ships, arrive*, courier, postage, tracking, in the mail,
        came quickly, came fast, on time, 快递, 物流, 发货, 送货, 配送, 送到, 到货, 收货, 收到货, 邮费, 运费,
        京东, 顺丰, 派送, 寄来, 运输
    """,
    "packaging": """
        packag*, packed, packing, box, boxes, wrapped, wrapping, wrapper, bubble wrap, sealed, 包装, 盒子,
        箱子, 外盒, 纸箱, 密封, 包裹, 礼盒, 破损, 漏液, 漏了
    """,
    "size": """
        size, sizes, sized, sizing, fit, fits, fitted, fitting, too small, too big, too large, too tight,
        too long, too short, too loose, too wide, too narrow, runs small, runs large, run small, run large,
        runs big, true to size, snug, tight, loose, baggy, length, waist, petite, 尺码, 尺寸, 大小, 合身, 合适,
        偏大, 偏小, 太大, 太小, 太长, 太短, 太紧, 太松, 码子, 号码, 均码, 大了, 小了, 长度, 腰围, 肥大, 修身
    """,
    "appearance": """
        color*, colour*, design, designs, style*, stylish, looks great, looks good, looks cheap,
        looks horrible, looks awful, looks beautiful, looks nice, look great, beautiful, gorgeous, ugly,
        pattern*, print, prints, appearance, elegant, cute, attractive, flattering, unflattering, 颜色, 外观,
        款式, 样式, 设计, 造型, 好看, 难看, 漂亮, 美观, 图案, 色差, 时尚, 很丑, 太丑, 丑死
    """,
    "function": """
        work, works, worked, working, function*, perform*, battery, batteries, charge, charges, charger,
        charging, sound, screen, camera, reception, signal, volume, speaker*, software, easy to use, 功能,
        性能, 电池, 待机, 充电, 续航, 屏幕, 屏, 信号, 音质, 声音, 运行速度,
        反应速度, 系统, 很卡, 太卡, 卡顿, 死机, 好用, 难用, 效果,
        发热, 噪音, 触摸, 像素, 拍照, 内存, 加热
    """,
    "comfort": """
        comfort*, comfy, uncomfortable, soft, softer, scratchy, itchy, cozy, breathable, 舒服, 舒适, 柔软,
        手感, 不透气, 透气, 扎人, 贴身, 软软
    """,
    "taste": """
        taste*, tasty, tasteless, flavor*, flavour*, delicious, yummy, fresh, bland, stale, food, 味道, 口感,
        好吃, 难吃, 口味, 好喝, 难喝, 新鲜, 美味, 鲜美, 可口, 清甜, 太甜, 太咸, 不甜, 菜品,
        很有味道, 没有味道, 没味道, 很甜, 真甜, 好甜, 够甜, 挺甜, 香甜, 脆甜, 甜度
    """,
    "smell": """
        smell*, odor*, odour*, scent*, fragrance, stink*, stinks, 气味, 异味, 香味, 味儿, 臭味, 刺鼻, 难闻,
        好闻, 怪味, 有味,
        有味道, 没有味道, 没味道, 股味道, 味道大, 味道很大, 味道太大, 味道刺鼻, 塑料味, 胶味, 胶水味, 霉味, 药味, 油漆味
    """,
}
ASPECTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: tuple(" ".join(words.split()).split(", ")) for name, words in _LISTS.items()}
)
"""The default word lists: English words, several words, beginnings that end in ``*``; and Chinese words."""

LABELS_ZH: Mapping[str, str] = MappingProxyType(
    {
        "quality": "质量",
        "price": "价格",
        "service": "服务",
        "delivery": "物流",
        "packaging": "包装",
        "size": "尺码",
        "appearance": "外观",
        "function": "功能",
        "comfort": "舒适度",
        "taste": "口味",
        "smell": "气味",
    }
)
"""Names of the default aspects in Chinese."""
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HEAD = 3
"""Letters by which beginnings are looked up."""


def label(aspect: str, locale: Locale) -> str:
    """Return the name of an aspect in a language; a name of the caller's stays as it is.

    Examples
    --------
    >>> label("quality", "zh"), label("battery", "zh")
    ('质量', 'battery')
    """
    return LABELS_ZH.get(aspect, aspect) if locale == "zh" else aspect


def check_aspects(aspects: object) -> dict[str, tuple[str, ...]]:
    """Return the word lists of aspects, the default ones for None.

    Raises
    ------
    TypeError, ValueError
        If it is no mapping of names to lists of words.
    """
    if aspects is None:
        return dict(ASPECTS)
    if not isinstance(aspects, Mapping):
        raise TypeError(f"`aspects` must map names to lists of words, got {show(aspects)}")
    if not aspects:
        raise ValueError("`aspects` must have at least one aspect, got none")
    return {text("aspects", name, example="'battery'"): _words(name, words) for name, words in aspects.items()}


def _words(name: str, words: object) -> tuple[str, ...]:
    if not isinstance(words, Sequence) or isinstance(words, (str, bytes)):
        words = ()
    members = tuple(word for word in words if isinstance(word, str) and _normal(word).strip("* "))
    if not members or len(members) < len(words):
        raise TypeError(f"`aspects` must map names to lists of words, got {show(words)} for {name!r}")
    return members


def _normal(text: str) -> str:
    return " ".join(simplify(text).lower().split())


class AspectFinder:
    """Finds the aspects that a clause is about.

    Parameters
    ----------
    aspects : mapping of name to words
        As `check_aspects` returns it.

    Examples
    --------
    >>> finder = AspectFinder({"size": ("fit*", "too small", "尺码"), "price": ("price",)})
    >>> [finder.find(clause) for clause in ("It FITS, the prices are fine", "much too small", "尺碼偏小")]
    [[0, 1], [0], [0]]
    """

    def __init__(self, aspects: Mapping[str, Sequence[str]]) -> None:
        self.names = tuple(aspects)
        self._phrases: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._beginnings: dict[str, list[tuple[str, int]]] = {}
        self._chinese: dict[str, list[tuple[str, int]]] = {}
        self._starting: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, words in enumerate(aspects.values()):
            for word in dict.fromkeys(map(_normal, words)):
                self._add(word, number)

    def _add(self, word: str, number: int) -> None:
        if _HAN.search(word):
            self._chinese.setdefault(word[0], []).append((word, number))
            return
        tokens = tuple(_TOKEN.findall(word))
        if word.endswith("*") and len(tokens) == 1:
            self._beginnings.setdefault(tokens[0][:_HEAD], []).append((tokens[0], number))
        elif tokens:
            self._phrases.setdefault(tokens[0], []).append((tokens, number))

    def find(self, clause: str) -> list[int]:
        """Return the numbers of the aspects of a clause, ascending."""
        normal = simplify(clause).lower()
        found = set() if normal.isascii() else self._find_chinese(normal)
        tokens = _TOKEN.findall(normal)
        for place, token in enumerate(tokens):
            for phrase, number in self._starting[token] if token in self._starting else self._look_up(token):
                if len(phrase) == 1 or tuple(tokens[place : place + len(phrase)]) == phrase:
                    found.add(number)
        return sorted(found)

    def _look_up(self, token: str) -> list[tuple[tuple[str, ...], int]]:
        """Return the words and phrases that begin with a token, are its singular, or a beginning of it; once each."""
        known = list(self._phrases.get(token, ()))
        if token.endswith("s"):
            known += [one for one in self._phrases.get(token[:-1], ()) if len(one[0]) == 1]
        known += [
            ((token,), number) for start, number in self._beginnings.get(token[:_HEAD], ()) if token.startswith(start)
        ]
        self._starting[token] = known
        return known

    def _find_chinese(self, text: str) -> set[int]:
        """Return the aspects of the words of a text; one that is inside a longer word does not count."""
        heads = self._chinese
        found = [
            (place, place + len(word), number)
            for place, head in enumerate(text)
            if head in heads
            for word, number in heads[head]
            if text.startswith(word, place)
        ]
        if len(found) < 2:
            return {number for _, _, number in found}
        return {
            number
            for start, end, number in found
            if not any(a <= start and end <= b and b - a > end - start for a, b, _ in found)
        }
