"""Beside other tools and by long simulation: `make parity`."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecommine import datasets, rfm
from ecommine._stats.intervals import normal_quantile, wilson_interval

pytestmark = pytest.mark.parity
PEERS = Path(os.environ.get("ECOMMINE_PEERS", ".venv-peers/bin/python"))

PEER_CODE = """
import json, sys, warnings
import pandas as pd
warnings.simplefilter("ignore")
lines = pd.read_parquet(sys.argv[1])
{body}
print(json.dumps({{str(k): v for k, v in found.to_dict("list").items()}}))
"""
OPENRETAILSCIENCE = """
from openretailscience.segmentation.rfm import RFMSegmentation
names = {"order_id": "transaction_id", "ordered_at": "transaction_date", "amount": "unit_spend"}
found = RFMSegmentation(lines.rename(columns=names), current_date="1998-07-01").df.reset_index()
found = found[["customer_id", "recency_days", "frequency", "monetary"]].astype(float)
"""
LIFETIMES = """
from lifetimes.utils import summary_data_from_transaction_data
found = summary_data_from_transaction_data(
    lines, "customer_id", "ordered_at", "amount", observation_period_end="1998-06-30"
).reset_index().astype(float)
"""


def asked(body: str, lines: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Let another tool, in its own environment, work on the same lines."""
    if not PEERS.exists():
        pytest.skip(f"{PEERS}, the environment of other tools, is not here (make parity makes it)")
    path = folder / "lines.parquet"
    lines.to_parquet(path, index=False)
    code = PEER_CODE.format(body=body)
    done = subprocess.run([str(PEERS), "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    return pd.DataFrame(json.loads(done.stdout.splitlines()[-1])).sort_values("customer_id", ignore_index=True)


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    pytest.importorskip("lifetimes", reason="the examples extra, which brings the data, is not installed")
    orders = datasets.cdnow().orders
    return orders[["order_id", "customer_id", "ordered_at", "amount"]]


def test_measures_equal_those_of_openretailscience(cdnow, tmp_path):
    theirs = asked(OPENRETAILSCIENCE, cdnow, tmp_path)
    ours = rfm.table(cdnow, as_of="1998-07-01").sort_values("customer_id", ignore_index=True)
    assert len(ours) == len(theirs) == 23_570
    assert ours["recency"].tolist() == theirs["recency_days"].tolist()
    assert ours["frequency"].tolist() == theirs["frequency"].tolist()
    np.testing.assert_allclose(ours["monetary"], theirs["monetary"], atol=1e-6)


def test_measures_agree_with_the_summary_of_lifetimes(cdnow, tmp_path):
    """Its frequency counts repeat days, its recency is the age at the last order: the same facts, other names."""
    theirs = asked(LIFETIMES, cdnow, tmp_path)
    ours = rfm.table(cdnow, as_of="1998-06-30").sort_values("customer_id", ignore_index=True)
    assert (ours["frequency"] - 1).tolist() == theirs["frequency"].tolist()
    assert (theirs["T"] - theirs["recency"]).tolist() == ours["recency"].tolist()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_rates_cover_the_truth(share):
    """Wilson's interval, over 20,000 drawn shops of 400 customers each: its mean coverage is near its level."""
    counts = np.random.default_rng(0).binomial(400, share, size=20_000)
    ends = {count: wilson_interval(count / 400, 400, normal_quantile(0.95)) for count in np.unique(counts)}
    covered = np.mean([ends[count][0] <= share <= ends[count][1] for count in counts])
    assert 0.93 <= covered <= 0.97
