# ruff: noqa: B018
"""
What English sentences say, and how sure that is
================================================

Reviews are scored without stars, offline, by a model that comes with the package. This example looks at single
sentences, at what each word adds, and at a model of a shop's own stars.
"""

# %%
# Scores and labels
# -----------------
#
# ``positive_probability`` is the probability that such a review has four or five stars rather than one or two. Other
# languages have no score, and so has the praise that a platform writes when a customer wrote nothing.

import pandas as pd

from ecommine import datasets, sentiment

reviews = pd.DataFrame(
    {
        "text": [
            "Not bad at all, I can't recommend it enough!",
            "Looks nice, but it stopped working after two days.",
            "The color is gorgeous, but the zipper is awful",
            "It arrived on Tuesday.",
            "The kettle leaks. Please send me a new one. Thank you.",
            "👍👍",
            "This user did not leave a comment.",
        ]
    }
)
sentiment.score(reviews)

# %%
# A shop's own stars
# ------------------
#
# No general model knows what a shop's customers mean by their words: "runs small" is bad news of a coat. Here are
# reviews with stars of a made shop of twelve coats; :func:`ecommine.sentiment.fit` learns from them, and is judged on
# coats that it was not trained on. It gets all of them right, which says nothing here: the reviews repeat 32 texts, so
# that those of other coats are the same ones.

good = ["true to size and warm", "swishy, just as I hoped", "I live in it", "the cut is swishy and warm"]
bad = ["runs small and the sleeves bind", "boxy, I look like a tent", "the sleeves bind", "boxy and runs small"]
texts = [f"{opening}{text}" for opening in ("", "hmm, ", "well: ", "my verdict: ") for text in good + bad]
shop = pd.DataFrame({"text": texts * 4, "rating": [5, 4, 5, 5, 2, 1, 2, 1] * 16})
shop["product_id"] = [number % 12 for number in range(len(shop))]
model = sentiment.fit(shop)
model

# %%
# The built-in model on the same reviews stands beside it. Accuracy alone would mislead where most reviews are good, so
# that macro-F1, the mean of both classes, is given too.

model.metrics[["reviews", "accuracy", "macro_f1", "builtin_accuracy", "builtin_macro_f1"]]

# %%
# What each word adds
# -------------------
#
# The contributions sum to the log-odds of the score. ``(start)`` is where every text begins, before a word of it is
# read; ``(good words)`` and ``(bad words)`` are what VADER's lexicon adds.

model.explain("warm, but boxy")

# %%
# Whether probabilities hold
# --------------------------
#
# Of reviews with a probability between .9 and 1, about as many must be good. Here are those of a simulated shop, each
# scored by a model that was not trained on its product; a point is a tenth of the probability, and large where it has
# many reviews.

reviews = datasets.make_shop(1_000, 120, n_products=60, reviews=datasets.Reviews(share=0.6, language="en")).reviews
model = sentiment.fit(reviews)
bins = model.calibration
size = 20 + 200 * bins["reviews"] / bins["reviews"].max()
ax = bins.plot.scatter(
    "mean_probability", "positive_share", s=size, title="Reviews of products that were not trained on"
)
ax.plot([0, 1], [0, 1], color="grey", linewidth=1, zorder=0)
ax.set(xlabel="mean probability", ylabel="share of good reviews", title="Products that were not trained on")

# %%

model.metrics[["reviews", "positive_share", "accuracy", "macro_f1", "auc", "calibration_error"]].round(3)
