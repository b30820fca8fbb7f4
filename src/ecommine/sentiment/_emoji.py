"""Emoji, which mean the same in every language: how many are of good and how many of bad temper."""

import re

_GOOD = (
    "😀😁😂😃😄😅😆😇😉😊😋😌😍😎😏😗😘😙😚😛😜😝😸😹😺😻😽🙂🙃🤗🤣🤤🤩🥰🥳🤠👍👌👏🙌🙏💪✌🤟🤙💯🎉🎊🎁🏆"
    "🥇⭐🌟✨💖💗💓💕💘💝💞💟❤♥💙💚💛💜🧡🖤🤍🤎💐🌹🌸🔥✅☺☀🌈💋🫶👯💃🕺🎈🍀"
)
_BAD = (
    "😒😓😔😕😖😞😟😠😡😢😣😤😥😦😧😨😩😪😫😬😭😰😱😳😵😶😷😾😿🙀🙁🙄🤐🤒🤕🤡🤢🤥🤦🤧🤨🤬🤮🥀🥱🥲🥵🥶🥺🖕"
    "👎💔💢💩👿😈☹✖❌❎🚫⛔🆘😐😑🫠🫤"
)
WEIGHT = 1.5
"""Log-odds of one emoji: chosen, since no free texts with emoji and labels are at hand."""
MOST = 2
"""Emoji of one temper more than of the other beyond which no more is added."""
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2665\u2764]")
_SIGN = {**dict.fromkeys(_GOOD, 1), **dict.fromkeys(_BAD, -1)}


def emoji_log_odds(text: str) -> float:
    """Return what the emoji of a text add to its log-odds.

    Examples
    --------
    >>> emoji_log_odds("soft 😍😍😍"), emoji_log_odds("👎"), emoji_log_odds("soft"), emoji_log_odds("😍😡")
    (3.0, -1.5, 0.0, 0.0)
    """
    if text.isascii():
        return 0.0
    total = sum(_SIGN.get(sign, 0) for sign in _EMOJI.findall(text))
    return WEIGHT * max(-MOST, min(MOST, total))
