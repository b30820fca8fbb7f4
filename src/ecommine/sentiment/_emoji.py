"""Emoji, which mean the same in every language: how many are of good and how many of bad temper."""

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
_SIGN = {**dict.fromkeys(_GOOD, 1), **dict.fromkeys(_BAD, -1)}
_SIGNS = frozenset(_SIGN)


def emoji_log_odds(text: str) -> float:
    """Return what the emoji of a text add to its log-odds.

    Examples
    --------
    >>> emoji_log_odds("soft 😍😍😍"), emoji_log_odds("👎"), emoji_log_odds("soft"), emoji_log_odds("😍😡")
    (3.0, -1.5, 0.0, 0.0)
    """
    if text.isascii() or _SIGNS.isdisjoint(text):
        return 0.0
    total = sum(_SIGN.get(sign, 0) for sign in text)
    return WEIGHT * max(-MOST, min(MOST, total))
