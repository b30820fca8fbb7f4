"""Which language a review is in: English, Chinese, either, or another one, whose reviews get no score."""

import re
from typing import Literal

Language = Literal["en", "zh"]
Spoken = Literal["en", "zh", "any", "other"]
"""The language of a text: ``any`` where it has no words, or only such as OK, 666 or an emoji."""

MIN_ENGLISH = 0.25
"""The share of a text's words that are in the English list, from which it counts as English."""
MIN_HAN = 0.3
"""The share of letters that are Chinese characters, from which a text counts as Chinese: a brand may be in Latin."""
_HEAD = 2_000
"""Characters that are looked at."""

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_KANA_HANGUL = re.compile(r"[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d\u1100-\u11ff\uac00-\ud7af]")
_CANTONESE = re.compile(r"[嘅咗哋冇啲喺嚟佢嗰咁嘢攞諗揾]|唔(?=[一-鿿])")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1cff\u2c00-\u2dff\ua000-\ua95f\ufb1d-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENDING = re.compile(r"[a-z]{2}(?:ing|tions?|ness|less|ful|ly|ed|ish|ight|ous|ck|ancy?|y)$")
"""Of English words that are frequent in no list."""
_UNIVERSAL = _words("ok okay wow lol hmm yay ugh super bravo nps app wifi usb led xl xxl s m l")

ENGLISH = _words(
    """
    a about absolutely actually after again all almost also always am amazing an and another any anyone anything
    are arrived as at awesome awful away back bad battery be beautiful because been before being best better big
    bit black blue both bought box broke broken but buy by came can can't cannot cheap cheaply clean color
    colors come comes comfortable cool could couldn't customer cute day days deal definitely delivery design did
    didn't didnt different disappointed disappointing do does doesn't doesnt doing don't dont down dress each
    easily easy either else enough even ever every everything exactly excellent expected expensive fabric family
    fantastic far fast feel feels fell few figure finally find fine first fit fits flattering food for found
    friendly friends from full fun gave get gets getting gift give glad go going good got great had happy hard
    has hate hated have haven't having he headset her here highly him his home hope horrible hot how however i
    i'd i'll i'm i've idea if impressed in inside instead into is isn't it it's item its jacket just keep kind
    know large last least leave less like liked little long look looking looks lot love loved low made make
    makes many material may me mean might money more most much must my need needs never new next nice no none
    not nothing now of off ok old on once one only or order ordered other our out over overall own package
    packaging pants people perfect perfectly phone piece place plastic pleased poor poorly pretty price probably
    problem problems product purchase purchased put quality quickly quite rather read real really received
    recommend recommended refund return returned right room sad said same satisfied say see seems seller sent
    service several she shipping shirt short should sides size sizes skirt slow small so soft some someone
    something soon sound staff stars started still stopped store strong stuff such super sure sweater taste
    terrible than thank thanks that that's the their them then there these they thing things think thin this
    those though thought through tight time times to too took top tried true try two under unfortunately up us
    use used useful useless using very want wanted warm was wasn't waste way we wear weeks well went were what
    when where which while white who why will wish with without won't wonderful work worked working works worn
    worse worst worth would wouldn't wrong year years yet you your zero
    """
)
OTHER_LATIN = _words(
    """
    aber ai ainda al alla alle als altijd anche ao aos apos após assim au auch auf aus aux avec aveva bei bem
    bien bin bom bon bonne buen buena bueno calidad ce cela ces cest che chegou ci com come como con da dans das
    dass dei del della den der des deze di die dit dois dos du e é een ein eine einen el elle em en encore
    entrega entregue era eram es est esta está este et être eu fait foi für gli goed graag gut gute gutes ha
    haar heel het hier ho ich il ils im immer is ist já je jai jest kein keine la las le lei les livraison lo
    los más mais mal malo mas me mein meine mi mis mit molto muito mucho mundo muy na nada não nao nas ne nem
    nicht nie niet nos noch nous nul nur o och oder os ou para parce pas peccato per perché perfekt pero plus
    pois por porque pour prazo prodotto producto produit produkt produto può qu qualidade qualité qualità que
    quem recebi recomendo recomiendo rápido sa sans sehr sein sem sí sie sin sobre son sono sont sou su sur te
    tem todo très trop tudo tutto um uma un una und une uno van vendedor vielen voor você vous war waren weil
    wie wir zijn zu zum zur
    """
) - {"me", "is", "come", "plus", "per"}


def guess_language(text: str) -> Spoken:
    """Return the language of a cleaned text.

    Chinese is told by its script, without kana and without the characters of written Cantonese; English among the
    languages of Latin script by the share of words that are in a list of frequent ones.

    Examples
    --------
    >>> [guess_language(text) for text in ("很好用", "Works as expected", "とても良い商品です", "Muy buena", "👍")]
    ['zh', 'en', 'other', 'other', 'any']
    """
    head = text[:_HEAD]
    words = _LATIN.findall(head)
    if head.isascii():
        return _of_latin(words)
    if _KANA_HANGUL.search(head) or _OTHER_SCRIPT.search(head):
        return _of_mixed(head, words)
    n_han = len(_HAN.findall(head))
    n_latin = sum(map(len, words))
    if n_han and n_han >= MIN_HAN * (n_han + n_latin / 4):
        return "other" if _CANTONESE.search(head) else "zh"
    return _of_latin(words)


def _of_mixed(text: str, words: list[str]) -> Spoken:
    """Return the language of a text with letters of another script; a few, as in an emoticon, do not count."""
    n_other = len(_KANA_HANGUL.findall(text)) + len(_OTHER_SCRIPT.findall(text))
    n_han, n_latin = len(_HAN.findall(text)), sum(map(len, words))
    if n_other * 10 > n_han + n_latin:
        return "other"
    return "zh" if n_han > n_latin / 4 else _of_latin(words)


def _of_latin(words: list[str]) -> Spoken:
    lower = [word.lower().replace("’", "'") for word in words]
    if all(word in _UNIVERSAL for word in lower):
        return "any" if not lower or len(lower) <= 1 else "en"
    n_english = sum(word in ENGLISH for word in lower)
    n_other = sum(word in OTHER_LATIN or not word.isascii() for word in lower)
    if not n_other:  # noun phrases have no frequent word
        n_english = sum(word in ENGLISH or _ENDING.search(word) is not None for word in lower)
    if n_other > n_english:
        return "other"
    if n_english >= MIN_ENGLISH * len(lower) and n_english:
        return "en"
    # A few words without any frequent one, such as "Sturdy build": English unless there is a sign of another language.
    return "en" if len(lower) <= 3 and not n_other else "other"


def language_of_code(code: str) -> Spoken:
    """Return the language of a code such as en-US, zh_TW or chinese.

    Examples
    --------
    >>> language_of_code("en-US"), language_of_code("zh-Hans"), language_of_code("pt")
    ('en', 'zh', 'other')
    """
    head = code.strip().lower().replace("_", "-").partition("-")[0]
    if head in ("en", "eng", "english"):
        return "en"
    return "zh" if head in ("zh", "zho", "chi", "cmn", "cn", "chinese", "中文") else "other"
