"""One group of a funnel is what would be measured of it alone."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow
from funnel.test_analyse import shop
from libraries import to_pandas


def test_a_group_is_a_funnel_of_its_own(local_library):
    frame = shop()
    definition = funnel.Funnel(["a", "b", "c"], window="3d")
    by = funnel.analyse(local_library(frame), definition, by="device", as_of="2024-01-13")
    first = frame[frame["event"] == "a"].sort_values(["occurred_at", "device"], kind="stable").groupby("visitor_id")
    devices = first["device"].first()
    for device in ("app", "web"):
        alone = funnel.analyse(
            local_library(frame[frame["visitor_id"].map(devices) == device]), definition, as_of="2024-01-13"
        )
        group = by.group(device)
        pd.testing.assert_frame_equal(to_pandas(group.table), to_pandas(alone.table))
        pd.testing.assert_frame_equal(to_pandas(group.units), to_pandas(alone.units))
        assert group.notes[0] == f"only device {device!r}; what was left out is counted over all groups"
        assert group.notes[2:] == alone.notes[1:]
        assert len(group.notes) == 3
        assert (group.headline, group.summary()) == (alone.headline, alone.summary())
        assert group.by is None


def test_unknown_groups_and_errors():
    found = funnel.analyse(slow.table([(1, 0, "a", None), (2, 0, "a", "web")]), ["a", "b"], by="device")
    assert found.group(None).units["visitor_id"].tolist() == [1]
    assert found.group(np.nan).entrants == 1
    with pytest.raises(ValueError, match="'device' has no group 'app'; it has 'web', None"):
        found.group("app")
    with pytest.raises(ValueError, match="the funnel has no groups: measure it with by="):
        found.group("web").group("web")


def test_a_group_of_columns(local_library):
    users = pd.DataFrame({"home": [1, 1, 1, 0], "paid": [1, 0, 0, 1], "plan": [1, 1, 2, 2]})
    found = funnel.from_reached(local_library(users), ["home", "paid"], by="plan").group(1)
    assert to_pandas(found.table)["reached"].tolist() == [2, 1]
    assert found.entrants == 2
    assert found.notes == (
        "only plan 1; what was left out is counted over all groups",
        "1 user without 'home' left out",
    )
