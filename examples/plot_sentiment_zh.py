"""
A Chinese shop: from reviews to a model of its own
==================================================

一家网店的评论：有的写了星级，有的没有，还有系统默认好评、商家回复和繁体字。先用内置模型打分，再用本店自己的星级训练模型。

Reviews of a made Chinese shop, with what real ones have: praise that the platform wrote, replies of the merchant,
traditional characters, and no stars on some of them. At the end, what customers talk about, and where it is worse than
elsewhere.
"""

# %%
# Scores
# ------
#
# The merchant's reply is cut, whatever it says. 系统默认好评 is no opinion and gets no score.

import pandas as pd

from ecommine import datasets, sentiment

reviews = pd.DataFrame(
    {
        "text": [
            "质量很好，穿着舒服，没有色差",
            "虽然快递慢了点，但是东西真的很好",
            "品質太差，用兩天就壞了",
            "太难吃了。商家回复：亲，非常感谢您的支持，祝您生活愉快！",
            "颜色好看，客服态度也好，可惜拉链坏了",
            "周二收到的",
            "系统默认好评！",
            "水壶漏水，麻烦补发一个，谢谢。",
        ]
    }
)
sentiment.score(reviews)

# %%
# The shop's own stars
# --------------------
#
# A tea shop: 涩 (astringent) is bad news here, and 回甘 (a sweet aftertaste) the best that can be said. The built-in
# model knows neither. That all reviews are called right says nothing: they repeat 40 texts.

good = ["回甘明显", "回甘持久，汤色透亮", "条索紧结，耐泡", "耐泡，喝完还有回甘", "汤色透亮，耐泡"]
bad = ["入口发涩", "又涩又苦", "碎末多，发涩", "一股陈味", "陈味重，碎末多"]
texts = [f"{opening}{text}" for opening in ("", "这款茶", "这次买的", "朋友推荐的，") for text in good + bad]
shop = pd.DataFrame({"text": texts * 3, "rating": [5, 5, 4, 5, 4, 2, 1, 1, 2, 1] * 12})
shop["product_id"] = [number % 8 for number in range(len(shop))]
model = sentiment.fit(shop)
model.metrics[["reviews", "accuracy", "macro_f1", "builtin_accuracy", "builtin_macro_f1"]]

# %%
# Reviews without stars are scored with it.

new = pd.DataFrame({"text": ["泡了七道还有回甘", "太涩了，碎末也多"]})
model.score(new)[["text", "positive_probability", "sentiment_label"]]

# %%
# Characters and pairs of them are what it adds up, from ``(start)``, where every text begins before it is read.

model.explain("太涩了，碎末也多").head(6)

# %%
# What the customers of a shop talk about
# ---------------------------------------
#
# Five months of Chinese reviews of a simulated shop. Aspects are found by lists of words in both languages; a product
# is called worse than the others only beyond chance.

settings = datasets.Reviews(share=0.6, weak_products=2, language="zh")
shop = datasets.make_shop(1_000, 150, n_products=60, reviews=settings)
aspects = sentiment.aspects(shop.reviews)
print(aspects.summary(locale="zh"))

# %%
# The words above are for the manager, the picture for the page (``locale="zh"`` needs a Chinese font).

aspects.plot(product=aspects.priorities()["product_id"].iloc[0])

# %%
# What customers wrote about the worst of it.

worst = aspects.priorities().iloc[0]
quotes = aspects.quotes
quotes[(quotes["product_id"] == worst["product_id"]) & (quotes["aspect"] == worst["aspect"])][["polarity", "quote"]]
