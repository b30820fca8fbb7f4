"""Speed of scores beside VADER and SnowNLP, in one process, A B A B; medians of CPU time.

Run it with ``make bench TOPIC=sentiment``; ``--reviews`` sets how many (20,000). The peers, plain Python both, are
taken from their own environment. SnowNLP is given fewer texts, as it takes long.
"""

import argparse
import importlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import pandas as pd

from ecommine import sentiment

PEERS = os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python")
LIMIT = 20_000
"""Reviews of 30 characters per second and core."""
LOAD_LIMIT = 0.3
"""Seconds for the topic and both models, where pandas and ecommine.schema are imported already."""
REPEATS = 5
PARTS = {
    "zh": [
        "质量很好",
        "物流太慢了",
        "穿着舒服",
        "有点掉色",
        "客服态度不错",
        "价格实惠",
        "包装破了",
        "周二收到的",
        "大小合适",
        "下次再买",
    ],
    "en": ["works well", "too small", "the fabric is soft", "it broke", "good value", "slow delivery", "as described"],
}
LOAD = """
import time, pandas, ecommine.schema
start = time.process_time()
from ecommine import sentiment
from ecommine.sentiment._models.builtin import builtin_model
builtin_model("zh"), builtin_model("en")
import sys
print(time.process_time() - start, "sklearn" in sys.modules)
"""


def make_texts(language: str, n: int) -> list[str]:
    """Draw texts of about 30 characters."""
    draw = random.Random(0)
    joint = "，" if language == "zh" else ", "
    texts = []
    for _ in range(n):
        text = draw.choice(PARTS[language])
        while len(text) < 26:
            text += joint + draw.choice(PARTS[language])
        texts.append(text)
    return texts


def timed(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


def add_peers() -> None:
    """Let modules be imported from the environment of the peers, after those that are here."""
    if os.path.exists(PEERS):  # noqa: PTH110  # the path of a program, which may be a link
        command = [PEERS, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
        sys.path.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


def peer(name: str, *, language: str) -> Callable[[list[str]], object] | None:
    """Return a call of a peer that scores texts, None where it is not installed."""
    try:
        if language == "en":
            analyser = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
            return lambda texts: [analyser.polarity_scores(text)["compound"] for text in texts]
        kind = importlib.import_module("snownlp").SnowNLP
        return lambda texts: [kind(text).sentiments for text in texts]
    except ImportError:
        print(f"{name} is not installed: pip install {name}")
        return None


def compare(language: str, name: str, n: int, n_peer: int) -> bool:
    texts = make_texts(language, n)
    table = pd.DataFrame({"text": texts})
    other = peer(name, language=language)
    sentiment.score(table.head(10))
    if other is not None:
        other(texts[:10])
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(REPEATS):
        ours.append(timed(lambda: sentiment.score(table)))
        if other is not None:
            theirs.append(timed(lambda: other(texts[:n_peer])))
    rate = n / median(ours)
    mean_length = sum(map(len, texts)) / n
    print(f"{language}: {rate:,.0f} reviews of {mean_length:.0f} characters per second")
    if theirs:
        peer_rate = n_peer / median(theirs)
        print(f"{language}: {name} {peer_rate:,.0f} per second, {rate / peer_rate:,.1f} times as fast")
    return rate >= LIMIT


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviews", type=int, default=20_000)
    n = parser.parse_args().reviews
    add_peers()
    loads = [subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True) for _ in range(3)]
    load = median(float(one.stdout.split()[0]) for one in loads)
    print(f"both models load in {load:.2f} s; scikit-learn imported: {loads[0].stdout.split()[1]}")
    fast = [compare("zh", "snownlp", n, max(n // 100, 10)), compare("en", "vaderSentiment", n, n)]
    is_good = all(fast) and load <= LOAD_LIMIT and loads[0].stdout.split()[1] == "False"
    print("all limits hold" if is_good else "A LIMIT IS EXCEEDED")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
