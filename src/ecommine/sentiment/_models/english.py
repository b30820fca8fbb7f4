"""English texts as words: negated words are features of their own, and the lexicon of VADER gives a text its valence.

The rules of valence are those of Hutto, C. J. and Gilbert, E. (2014), VADER: A parsimonious rule-based model for
sentiment analysis of social media text, ICWSM: intensifiers, negation within three words, and contrast by "but".
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from .._text import simplify

_CANT = r"(?:can't|cannot|can not|couldn't|could not)"
_FAULTS = r"(?:complaints?|problems?|issues?|regrets?|fuss|trouble|flaws?|defects?)"
_BUY = "buy|order|shop|go|come|return|purchase"
_TOO = "small|big|tight|short|long|thin|large|loose|expensive|heavy|low|high|pricey"
_TURNS: list[tuple[str, str, str]] = [
    ("enough", rf"\b{_CANT} (?:\w+ ){{1,4}}enough\b", "love it"),
    (
        "can't,cannot,can not,could",
        rf"\b{_CANT} (?:be|have been|get|ask for)(?: any| a)? (?:\w+er|more \w+|better \w+)\b",
        "great",
    ),
    ("go wrong,beat,complain,fault", rf"\b{_CANT} (?:go wrong|beat|complain|fault)\b", "great"),
    (
        "no ,without,not a,never had,zero,haven't",
        rf"\b(?:no|without a?n?y?|not an?y?|never had an?y?|zero|haven't had an?y?) ?{_FAULTS}\b",
        "good",
    ),
    ("nothing", r"\bnothing (?:\w+ )?to complain\b", "good"),
    ("bad", r"\bnot (?:too |so |half )?bad\b", "good"),
    (
        "regret,disappoint",
        r"\b(?:won't|will not|wouldn't|don't|didn't|never) (?:be )?(?:regret|disappoint\w*)\b",
        "great",
    ),
    ("hesitate", r"\b(?:wouldn't|would not|won't|don't|do not) hesitate\b", "great"),
    ("wanted to", r"\bwanted to (?:love|like)\b", "bad"),
    ("do yourself", r"\bdo yourself a favou?r and (?:get|buy|order)\b", "great"),
    ("second one,ordered a", r"\bsecond one for\b|\bordered (?:a|an)(?:nother| second)\b", "great"),
    (
        " new,going strong,work",
        r"\blike new\b|\blooks? new\b|\bstill going strong\b|\bworks? like a charm\b|\bworks? well\b",
        "great",
    ),
    (
        "again",
        r"\b(?:would|will|definitely) (?:definitely )?(?:buy|order|purchase)(?: it| this| them)? again\b",
        "great",
    ),
    ("again,back", rf"\b(?:never|not|won't|wouldn't) (?:\w+ )?(?:{_BUY})\w*(?: \w+){{0,3}} (?:again|back)\b", "awful"),
    (
        "stay away,steer clear,elsewhere,twice,save your,money back,beware,a joke",
        r"\b(?:stay away|steer clear|look elsewhere|think twice|save your money|money back|beware|what a joke)\b",
        "awful",
    ),
    (
        "waste,nothing like,superior,downhill,star,dead on",
        r"\b(?:don'?t waste|nothing like the|far superior|gone downhill|one star|1 star|zero stars|dead on arrival)\b",
        "awful",
    ),
    ("fell,fall,came,coming", r"\b(?:fell|falls?|fall|came|coming|falling) (?:apart|off|undone)\b", "awful"),
    ("stopped,wore out", r"\bstopped (?:work|charg|function)\w*\b|\bwore out\b", "awful"),
    (
        "star,10/10,as ,spot on",
        r"\b(?:five|5) stars?\b|\b10/10\b|\bas (?:described|pictured|advertised|expected)\b|\bspot on\b",
        "great",
    ),
    (
        "has,have,never,not",
        r"\b(?:has not|hasn't|never|have not|haven't|not) (?:\w+ )?(?:arrived?|received?|answered|come|delivered)\b",
        "bad",
    ),
    ("too ", rf"\b(?:way |far |much |a bit |a little |just )?too (?:{_TOO})\b", "bad"),
    ("please,kindly", r"\b(?:please|kindly) (?:fix|help|send|replace|refund)\b", "bad"),
    ("money", r"\b(?:get|want) (?:back )?my money(?: back)?\b|\bmoney (?:right )?(?:out|down) the \w+", "awful"),
    (
        "desired,expect more,over",
        r"\bleaves? (?:a lot|much|something) to be desired\b|\bshould expect more\b|\bover-?\s?priced\b",
        "overpriced",
    ),
    (
        "could,should",
        r"\b(?:could|should) (?:be|have been) (?:a (?:little|bit|lot) )?(?:more|better|thicker|nicer)\b",
        "bad",
    ),
    ("back", r"\b(?:sent|send|sending|take|took|taking|going) (?:it|them|this|these) (?:right )?back\b", "bad"),
    ("worse than", r"\bworse than\b", "worse"),
    ("better than", r"\bbetter than (?:i )?(?:expected|thought|imagined)\b", "great"),
]
"""Turns of phrase that say something else than their words, and a word that says it.

Before each stand bits of text without one of which it cannot be there, as looking for them is quick.
"""
_TURN = [(guards.split(","), re.compile(pattern), meaning) for guards, pattern, meaning in _TURNS]
_THANKS = r"(?:(?:many |kind |best )?(?:thanks?|thank you|regards|wishes|cheers)\b|(?:i )?hope you)"
_POLITE = re.compile(rf"(?<=[.!?,])\s*{_THANKS}[^.!?]{{0,40}}[.!?\s]*$")
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[!?.,;:\n]|[:;=8][-o*']?[()\[\]dpo/\\]|<3")
_REPEATED = re.compile(r"([a-z!?])\1{2,}")
_STOP = frozenset(".,;:!?\n")
_NEGATIONS = """
not no never none nothing nobody neither nor cannot without hardly barely scarcely rarely cant dont wont isnt wasnt
didnt doesnt couldnt wouldnt shouldnt havent hasnt hadnt arent werent aint lack lacks lacking
"""
_STRONG = """
absolutely amazingly completely extremely exceptionally incredibly really so totally very truly highly super such way
too most entirely especially greatly hugely insanely thoroughly utterly
"""
_WEAK = "almost barely kinda slightly somewhat partly little bit sorta mildly fairly rather"
NEGATIONS = frozenset(_NEGATIONS.split())
BOOSTERS: Mapping[str, float] = {**dict.fromkeys(_STRONG.split(), 0.293), **dict.fromkeys(_WEAK.split(), -0.293)}
NEGATED_SCOPE = 3
"""Words after a negation that it covers; a sign ends it."""
NEGATED = -0.74
"""What a valence is multiplied by under negation."""
BEFORE_BUT, AFTER_BUT = 0.5, 1.5
CONCESSION = frozenset(("although", "though", "while", "despite"))
CONTRAST = frozenset(("but", "however", "unfortunately", "yet"))
_FADING = (1.0, 0.95, 0.9)
"""What is left of an intensifier one, two and three words before."""


def split_words(text: str) -> list[str]:
    """Return the words and signs of a cleaned text in lower case, turns of phrase as what they mean.

    Examples
    --------
    >>> split_words("Soooo GOOD!!! Can't recommend it enough, thanks")
    ['soo', 'good', '!', '!', 'love', 'it', ',']
    """
    plain = _REPEATED.sub(r"\1\1", simplify(text).lower())
    for guards, pattern, meaning in _TURN:
        for guard in guards:
            if guard in plain:
                plain = pattern.sub(meaning, plain)
                break
    shorter = _POLITE.sub("", plain)
    return _TOKEN.findall(shorter if len(shorter) > 3 else plain)


def is_negation(word: str) -> bool:
    """Return whether a word turns those after it around.

    Examples
    --------
    >>> is_negation("don't"), is_negation("never"), is_negation("note")
    (True, True, False)
    """
    return word in NEGATIONS or word.endswith("n't")


def word_features(words: list[str]) -> list[str]:
    """Return words and pairs of neighbours; a word under negation is one of its own.

    Examples
    --------
    >>> word_features(["not", "so", "good", ".", "fine"])
    ['not', 'not_so', 'not_good', 'fine', 'not not_so', 'not_so not_good']
    """
    marked: list[str] = []
    left = 0
    for word in words:
        if word in _STOP:
            left = 0
            marked.append(word)
        elif is_negation(word):
            left = NEGATED_SCOPE
            marked.append(word)
        else:
            marked.append(f"not_{word}" if left else word)
            left -= left > 0
    pairs = [f"{one} {other}" for one, other in pairwise(marked) if not {one, other} & _STOP]
    return [word for word in marked if word not in _STOP or word in "!?"] + pairs


def valence(words: list[str], lexicon: Mapping[str, float]) -> tuple[float, float]:
    """Return the sums of the good and of the bad valences of the words of a text, by the rules of the module.

    Examples
    --------
    >>> [round(one, 2) for one in valence(["not", "very", "good", "but", "pretty"], {"good": 2.0, "pretty": 1.0})]
    [1.5, -0.85]
    """
    places = [place for place, word in enumerate(words) if word in lexicon]
    if not places:
        return 0.0, 0.0
    turn = _turn(words)
    good = bad = 0.0
    for place in places:
        strength = _in_context(words, place, lexicon[words[place]])
        if turn is not None:
            strength *= BEFORE_BUT if place < turn else AFTER_BUT
        good, bad = good + max(strength, 0.0), bad + min(strength, 0.0)
    return good, bad


def _turn(words: list[str]) -> int | None:
    """Return where the verdict of a text begins: at the last word of contrast, or after what is conceded."""
    turn = max((place for place, word in enumerate(words) if word in CONTRAST), default=None)
    if turn is None and words[0] in CONCESSION and "," in words:
        return words.index(",")
    return turn


def _in_context(words: list[str], place: int, strength: float) -> float:
    """Return the valence of a word, changed by up to three words before it."""
    sign = 1.0 if strength > 0 else -1.0
    for back, fading in enumerate(_FADING, start=1):
        before = words[place - back] if place >= back else "."
        if before in _STOP or before in CONTRAST:
            break
        strength += sign * fading * BOOSTERS.get(before, 0.0)
        if is_negation(before):
            return strength * NEGATED
    return strength
