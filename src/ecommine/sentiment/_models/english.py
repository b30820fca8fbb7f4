"""English texts as words: negated words are features of their own, and the lexicon of VADER gives a text its valence.

The rules of valence are those of Hutto, C. J. and Gilbert, E. (2014), VADER: A parsimonious rule-based model for
sentiment analysis of social media text, ICWSM: intensifiers, negation within three words, and contrast by "but".
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from .._text import simplify
from .turns import read_turns, replace_turns

_NAMES = {
    "CANT": r"(?:can't|cannot|can not|couldn't|could not)",
    "FAULTS": r"(?:complaints?|problems?|issues?|regrets?|fuss|trouble|flaws?|defects?)",
    "BUY": "(?:buy|order|shop|go|come|return|purchase)",
    "DONE": "(?:arrived?|received?|answered|come|delivered)",
    "ADJECTIVE": "(?:small|big|tight|short|long|thin|large|loose|expensive|heavy|low|high|pricey)",
}
_TURNS = read_turns(
    r"""
love it ¦ enough ¦ \bCANT (?:\w+ ){1,4}enough\b
great ¦ can't,cannot,can_not,could ¦ \bCANT (?:be|have been|get|ask for)(?: any| a)? (?:\w+er|more \w+|better \w+)\b
great ¦ go_wrong,beat,complain,fault ¦ \bCANT (?:go wrong|beat|complain|fault)\b
good ¦ no_,without,not_a,never_had,zero ¦ \b(?:no|without a?n?y?|not an?y?|never had an?y?|zero) ?FAULTS\b
good ¦ haven't ¦ \bhaven't had an?y? ?FAULTS\b
good ¦ nothing ¦ \bnothing (?:\w+ )?to complain\b
good ¦ bad ¦ \bnot (?:too |so |half )?bad\b
great ¦ regret,disappoint ¦ \b(?:won't|will not|wouldn't|don't|didn't|never) (?:be )?(?:regret|disappoint\w*)\b
great ¦ hesitate ¦ \b(?:wouldn't|would not|won't|don't|do not) hesitate\b
bad ¦ wanted_to ¦ \bwanted to (?:love|like)\b
great ¦ do_yourself ¦ \bdo yourself a favou?r and (?:get|buy|order)\b
great ¦ second_one,ordered_a ¦ \bsecond one for\b|\bordered (?:a|an)(?:nother| second)\b
great ¦ _new,going_strong,work ¦ \blike new\b|\blooks? new\b|\bstill going strong\b|\bworks? (?:like a charm|well)\b
great ¦ again ¦ \b(?:would|will|definitely) (?:definitely )?(?:buy|order|purchase)(?: it| this| them)? again\b
awful ¦ again,back ¦ \b(?:never|not|won't|wouldn't) (?:\w+ )?BUY\w*(?: \w+){0,3} (?:again|back)\b
awful ¦ stay_away,steer_clear,elsewhere,twice ¦ \b(?:stay away|steer clear|look elsewhere|think twice)\b
awful ¦ save_your,money_back,beware,a_joke ¦ \b(?:save your money|money back|beware|what a joke)\b
awful ¦ waste,nothing_like,superior,downhill ¦ \b(?:don'?t waste|nothing like the|far superior|gone downhill)\b
awful ¦ star,dead_on ¦ \b(?:one star|1 star|zero stars|dead on arrival)\b
awful ¦ fell,fall,came,coming ¦ \b(?:fell|falls?|fall|came|coming|falling) (?:apart|off|undone)\b
awful ¦ stopped,wore_out ¦ \bstopped (?:work|charg|function)\w*\b|\bwore out\b
great ¦ star,10/10,as_ ¦ \b(?:five|5) stars?\b|\b10/10\b|\bas (?:described|pictured|advertised|expected)\b
great ¦ spot_on ¦ \bspot on\b
bad ¦ has,have,never,not ¦ \b(?:(?:has|have) not|hasn't|haven't|never|not) (?:\w+ )?DONE\b
bad ¦ too_ ¦ \b(?:way |far |much |a bit |a little |just )?too ADJECTIVE\b
bad ¦ please,kindly ¦ \b(?:please|kindly) (?:fix|help|send|replace|refund)\b
awful ¦ money ¦ \b(?:get|want) (?:back )?my money(?: back)?\b|\bmoney (?:right )?(?:out|down) the \w+
overpriced ¦ desired,expect_more ¦ \bleaves? (?:a lot|much|something) to be desired\b|\bshould expect more\b
overpriced ¦ over ¦ \bover-?\s?priced\b
bad ¦ could,should ¦ \b(?:could|should) (?:be|have been) (?:a (?:little|bit|lot) )?(?:more|better|thicker|nicer)\b
bad ¦ back ¦ \b(?:sent|send|sending|take|took|taking|going) (?:it|them|this|these) (?:right )?back\b
worse ¦ worse_than ¦ \bworse than\b
great ¦ better_than ¦ \bbetter than (?:i )?(?:expected|thought|imagined)\b
""",
    _NAMES,
)
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
    plain = replace_turns(_REPEATED.sub(r"\1\1", simplify(text).lower()), _TURNS)
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
