"""One group of a funnel is what would be measured of it alone."""

import numpy as np
import pandas as pd
import pytest

from ecommine import funnel
from funnel import slow
from funnel.test_analyse import shop
from libraries import LIBRARIES, to_pandas
from notes import note_counts


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
        assert group.notes[0].code == "one_group"
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
    assert note_counts(found.notes) == {"one_group": None, "users_without_entry": 1}


@pytest.mark.parametrize("attribution", ["first", "b"])
def test_a_group_keeps_its_periods(attribution):
    check_periods(attribution, LIBRARIES["pandas-numpy"])


def test_a_group_keeps_its_periods_in_every_library(local_library):
    check_periods("step", local_library)


def check_periods(attribution, local_library):
    """A group of periods is the group measured alone, its periods those of the table, and each one of them alone."""
    frame, definition = shop(), funnel.Funnel(["a", "b", "c"], window="2d")
    options = {"by": "device", "attribution": attribution, "as_of": "2024-01-13"}
    found = funnel.analyse(local_library(frame), definition, every="1d", **options)
    whole, table = funnel.analyse(local_library(frame), definition, **options), to_pandas(found.table)
    for device in ("app", "web"):
        group, alone = found.group(device), whole.group(device)
        assert (group.by, group.every, group.headline) == (None, "1d", alone.headline)
        assert [row["conversion_low"] for row in group._estimates.rows] == [
            row["conversion_low"] for row in alone._estimates.rows
        ]
        pd.testing.assert_frame_equal(to_pandas(group.units), to_pandas(alone.units))
        mine = table[table["device"] == device].drop(columns="device").reset_index(drop=True)
        pd.testing.assert_frame_equal(to_pandas(group.table), mine)
        days = mine["period_at"].unique()
        sizes = []
        for day in days:
            one = group.group(pd.Timestamp(day))
            rows = mine[mine["period_at"] == day].drop(columns=["period_at", "complete"]).reset_index(drop=True)
            pd.testing.assert_frame_equal(to_pandas(one.table), rows)
            entered = to_pandas(one.units)["first_entered_at"]
            assert (entered.dt.normalize() == day).all()
            sizes.append(len(entered))
        assert sum(sizes) == group.entrants == alone.entrants
        assert len(days) > 3
    assert found.summary() == whole.summary()


def test_the_group_is_chosen_before_the_period():
    rows = [(1, 0, "a", None), (2, 0, "a", "web"), (3, 9 * 1_440, "a", "web")]
    found = funnel.analyse(slow.table(rows), ["a", "b"], by="device", every="1w")
    with pytest.raises(ValueError, match=r"'2024-01-08' is a period: choose the group first, result.group\(...\)"):
        found.group("2024-01-08")
    with pytest.raises(ValueError, match="'device' has no group 'app'; it has 'web', None"):
        found.group("app")
    web = found.group("web")
    assert web.group("2024-01-08").units["visitor_id"].tolist() == [3]
    assert web.notes[0].code == "one_group"
    assert found.group(None).table["period_at"].tolist() == [pd.Timestamp("2024-01-01")] * 2
    with pytest.raises(ValueError, match="'period_at' has no group '2024-01-15'; it has 2024-01-01, 2024-01-08"):
        web.group("2024-01-15")
