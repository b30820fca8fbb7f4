"""Models of a shop's own reviews: what is left out, what is learned, how it is kept."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import SchemaError, sentiment
from ecommine.sentiment import _fit
from ecommine.sentiment._fit import calibration_table
from ecommine.sentiment._models import builtin
from libraries import Library
from notes import note_counts
from sentiment.hand_cases import CASES


def shop(n: int = 200, share: float = 0.5) -> pd.DataFrame:
    """Return reviews of a shop whose word "gusty" is good and "plonky" bad, which no general model knows."""
    draw = np.random.default_rng(0)
    positive = draw.random(n) < share
    filler = np.array(["box", "colour", "door", "handle", "parcel", "paint"])
    texts = [
        f"the {draw.choice(filler)} is {'gusty' if good else 'plonky'} and the {draw.choice(filler)} too"
        for good in positive
    ]
    return pd.DataFrame({"text": texts, "rating": np.where(positive, 5, 1), "product_id": draw.integers(0, 12, n)})


@pytest.fixture(scope="module")
def model() -> sentiment.SentimentModel:
    return sentiment.fit(shop())


def test_a_shops_own_words_are_learned(model: sentiment.SentimentModel) -> None:
    assert model.metrics["accuracy"].item() > 0.95
    assert model.metrics["builtin_accuracy"].item() < 0.7
    made = model.score(pd.DataFrame({"text": ["it is gusty", "it is plonky"]}))
    assert made["sentiment_label"].tolist() == ["positive", "negative"]
    terms = model.explain("it is gusty, not plonky").set_index("term")["contribution"]
    assert terms["gusty"] > 0
    assert model.explain("it is plonky").iloc[0]["contribution"] < 0


def test_contributions_sum_to_the_log_odds(model: sentiment.SentimentModel) -> None:
    for text in ["it is gusty but the box is awful 😡", "质量太差", "zzz"]:
        p = model.score(pd.DataFrame({"text": [text]}), language="zh" if text[0] == "质" else "en").iloc[0]
        total = model.explain(text)["contribution"].sum()
        assert total == pytest.approx(np.log(p["positive_probability"] / (1 - p["positive_probability"])))


@pytest.mark.call("sentiment.fit")
def test_every_library_fits_alike(library: Library) -> None:
    made = sentiment.fit(library(shop(60)))
    expected = sentiment.fit(shop(60))
    pd.testing.assert_frame_equal(made.metrics, expected.metrics)
    pd.testing.assert_frame_equal(made.calibration, expected.calibration)


def test_the_share_of_the_shop_is_learned_once() -> None:
    rare = sentiment.fit(shop(600, share=0.9))
    blank = pd.DataFrame({"text": ["the door and the box"]})
    alone = rare.score(blank)["positive_probability"].item()
    beside = rare.score(pd.concat([blank, *[pd.DataFrame({"text": ["plonky"]})] * 50]))["positive_probability"].iloc[0]
    assert alone == beside
    assert alone > sentiment.fit(shop(600, share=0.2)).score(blank)["positive_probability"].item() + 0.3


def test_what_is_left_out_is_counted() -> None:
    more = pd.DataFrame(
        {
            "text": ["fine", None, "系统默认好评", "とても良い商品です", "👍", "fine", "很好"],
            "rating": [3, 5, 5, 5, 5, None, 5],
            "product_id": [1, 1, 1, 1, 1, 1, 1],
        }
    )
    made = sentiment.fit(pd.concat([shop(60), more], ignore_index=True))
    assert note_counts(made.notes) == {
        "no_target": 2, "no_text": 1, "default_praise": 1, "unknown_language": 2, "few_in_language": 1,
    }  # fmt: skip


def test_reviews_without_products_are_taken_one_by_one() -> None:
    made = sentiment.fit(shop(60).drop(columns="product_id"))
    assert note_counts(made.notes) == {"no_cluster": None}
    assert note_counts(sentiment.fit(shop(60), cluster=None).notes) == {}


@pytest.mark.parametrize("product", [1, "by sign"])
def test_a_single_product_does_not_spoil_the_model(product: object) -> None:
    table = shop(60)
    table["product_id"] = table["rating"] if product == "by sign" else product
    made = sentiment.fit(table)
    assert note_counts(made.notes) == {"few_clusters": None}
    assert made.metrics["accuracy"].item() > 0.9


def test_both_languages_have_parts_of_their_own() -> None:
    chinese = pd.DataFrame({"text": [text for _, text, _ in CASES["zh"]], "label": [good for *_, good in CASES["zh"]]})
    english = pd.DataFrame({"text": [text for _, text, _ in CASES["en"]], "label": [good for *_, good in CASES["en"]]})
    made = sentiment.fit(pd.concat([chinese, english], ignore_index=True), target="label", cluster=None)
    assert made.metrics["language"].tolist() == ["en", "zh"]
    assert (made.metrics["auc"] > 0.85).all(), "with few reviews the built-in score carries"


def test_a_few_reviews_do_no_harm_to_the_built_in_score() -> None:
    cases = [(text, good) for _, text, good in CASES["en"]]
    train, test = cases[::2], cases[1::2]
    made = sentiment.fit(pd.DataFrame(train, columns=["text", "label"]), target="label", cluster=None)
    table = pd.DataFrame(test, columns=["text", "label"])
    own = (made.score(table)["positive_probability"] > 0.5) == table["label"]
    general = (sentiment.score(table)["positive_probability"] > 0.5) == table["label"]
    assert own.mean() >= general.mean() - 0.1


def test_folds_hold_whole_groups_together() -> None:
    group = np.repeat(np.arange(40), np.arange(1, 41))
    fold = _fit._folds(group, np.random.default_rng(0))
    assert all(len(set(fold[group == one])) == 1 for one in range(40))
    assert np.bincount(fold).min() > 0.8 * len(group) / _fit.FOLDS


def test_a_saved_model_scores_alike(model: sentiment.SentimentModel, tmp_path: Path) -> None:
    model.save(tmp_path / "model.npz")
    for again in (sentiment.SentimentModel.load(tmp_path / "model.npz"), pickle.loads(pickle.dumps(model))):
        texts = pd.DataFrame({"text": ["it is gusty", "the plonky door", "很好"]})
        assert again.score(texts)["sentiment"].to_numpy() == pytest.approx(model.score(texts)["sentiment"], abs=1e-5)
        pd.testing.assert_frame_equal(again.metrics, model.metrics)
        pd.testing.assert_frame_equal(again.calibration, model.calibration)
        assert again.notes == model.notes
    with np.load(tmp_path / "model.npz", allow_pickle=False) as arrays:
        assert all(not array.dtype.hasobject for array in arrays.values())


def test_other_files_are_told(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"SentimentModel\.save"):
        sentiment.SentimentModel.load(path)
    np.savez(path, x=np.arange(3))
    with pytest.raises(ValueError, match=r"SentimentModel\.save"):
        sentiment.SentimentModel.load(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rating": 5}, "0 negative: a model needs 30"),
        ({"text": "とても良い"}, "has 0 reviews in English or Chinese"),
    ],
)
def test_one_class_is_an_error_that_counts(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sentiment.fit(shop(60).assign(**change))


@pytest.mark.parametrize("n", [29, 30])
def test_thirty_reviews_are_enough(n: int) -> None:
    table = shop(60).groupby("rating").head(15).head(n)
    if n == 30:
        assert sentiment.fit(table).metrics["reviews"].item() == 30
    else:
        with pytest.raises(ValueError, match="a model needs 30"):
            sentiment.fit(table)


@pytest.mark.parametrize("wrong", [0, 10, -5, np.inf])
def test_stars_outside_one_to_five_are_an_error(wrong: float) -> None:
    table = shop(60).astype({"rating": float})
    table.loc[3, "rating"] = wrong
    with pytest.raises(ValueError, match="1 rating outside 1 to 5 stars"):
        sentiment.fit(table)


def test_the_target_is_checked() -> None:
    with pytest.raises(SchemaError, match="`rating` is missing"):
        sentiment.fit(shop(60).drop(columns="rating"))
    with pytest.raises(ValueError, match="`target` must be a column of the reviews"):
        sentiment.fit(shop(60), target="labels")
    with pytest.raises(ValueError, match="stars are `rating`"):
        sentiment.fit(shop(60).rename(columns={"rating": "stars"}), target="stars")
    with pytest.raises(ValueError, match="`cluster` must be a column"):
        sentiment.fit(shop(60), cluster="shop")


def test_without_the_built_in_weights_words_of_the_shop_are_learned(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(builtin, "WEIGHTS", tmp_path)
    builtin.builtin_model.cache_clear()
    made = sentiment.fit(shop())
    assert made.scorers["en"].builtin_weight == 0
    assert "no_builtin" in note_counts(made.notes)
    assert made.score(pd.DataFrame({"text": ["it is plonky"]}))["sentiment_label"].tolist() == ["negative"]
    builtin.builtin_model.cache_clear()


def test_every_review_is_in_one_bin() -> None:
    draw = np.random.default_rng(0)
    positive = draw.random(500) < 0.3
    bins = calibration_table(draw.random(500), positive)
    assert bins["reviews"].sum() == 500
    assert (bins["positive_share"] * bins["reviews"]).sum() == pytest.approx(positive.sum())
