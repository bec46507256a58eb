"""What happened is told from two standings and the calendar: each thing once, on its day, and nothing that did not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headcount.model import EmployeeStatus, GroupType
from headcount.roster.events import HERE, EventKind, Happened, Standing, State, moved, newcomer, standing_of, turned

TODAY = date(2027, 3, 10)
SEEN = date(2027, 3, 9)
DAY = timedelta(days=1)


def stands(status: str, starts: int | None = None, ends: int | None = None, *, left_before: bool = False) -> Standing:
    """Where somebody stands today; dates are days from now."""
    doc: dict[str, Any] = {"status": {"value": status, "source": status}}
    doc |= {} if starts is None else {"start_date": (TODAY + starts * DAY).isoformat()}
    doc |= {} if ends is None else {"termination_date": (TODAY + ends * DAY).isoformat()}
    found = standing_of(doc, {}, TODAY)
    return attrs.evolve(found, left_before=found.left_before or left_before)


def told(happened: Any) -> list[tuple[str, int]]:
    """The kinds, each with its day as days from now."""
    return [(one.kind.value, (one.on - TODAY).days) for one in happened]


PENDING = stands("pending", 20)
COMING = stands("active", 20)
HERE_NOW = stands("active", -100)
AWAY = stands("on_leave", -100)
LEAVING = stands("active", -100, 30)
LEFT = stands("terminated", -100, -5)
INACTIVE = stands("inactive")
CALLED_OFF = stands("inactive", 20)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (PENDING, HERE_NOW, [("hired", -100)]),
        (COMING, stands("active", 0), [("hired", 0)]),
        (COMING, stands("on_leave", 0), [("hired", 0), ("leave_started", -1)]),
        (COMING, stands("terminated", -4, -1), [("hired", -4), ("terminated", -1)]),
        (COMING, stands("terminated", 20, 10), [("hire_cancelled", -1)]),
        (COMING, CALLED_OFF, [("hire_cancelled", -1)]),
        (CALLED_OFF, COMING, [("hire_announced", 20)]),
        (HERE_NOW, AWAY, [("leave_started", -1)]),
        (AWAY, HERE_NOW, [("leave_ended", -1)]),
        (HERE_NOW, LEAVING, [("termination_scheduled", 30)]),
        (LEAVING, stands("active", -100, 12), [("termination_scheduled", 12)]),
        (LEAVING, HERE_NOW, [("termination_rescinded", -1)]),
        (LEAVING, LEFT, [("terminated", -5)]),
        (HERE_NOW, LEFT, [("terminated", -5)]),
        (HERE_NOW, stands("terminated"), [("terminated", -1)]),
        (HERE_NOW, INACTIVE, [("deactivated", -1)]),
        (INACTIVE, stands("active"), [("reactivated", -1)]),
        (INACTIVE, LEFT, [("terminated", -5)]),
        (LEFT, stands("active", -2), [("rehired", -2)]),
        (LEFT, stands("active", -100), [("termination_rescinded", -1)]),
        (LEFT, stands("pending", 9), [("rehire_scheduled", 9)]),
        (LEFT, LEFT, []),
        (HERE_NOW, HERE_NOW, []),
        (HERE_NOW, stands("unknown", -100), []),
        (LEAVING, stands("active", 15, None), [("hire_announced", 15), ("termination_rescinded", -1)]),
    ],
)
def test_every_turn_is_told_once_on_its_day(before: Standing, after: Standing, expected: list[tuple[str, int]]) -> None:
    assert told(turned(before, after, seen=SEEN)) == expected


def test_who_left_before_is_rehired_and_not_hired() -> None:
    coming = stands("pending", 3, left_before=True)
    assert told(turned(coming, stands("active", 0), seen=SEEN)) == [("rehired", 0)]


def test_who_left_on_a_known_day_and_is_back_had_both() -> None:
    leaving = stands("active", -100, -10)
    before = attrs.evolve(leaving, state=State.EMPLOYED)  # as it was known before that day
    assert told(turned(before, stands("active", -3), seen=SEEN)) == [("terminated", -10), ("rehired", -3)]
    assert told(turned(before, stands("pending", 3), seen=SEEN)) == [("terminated", -10), ("rehire_scheduled", 3)]


@pytest.mark.parametrize("status", ["inactive", "terminated"])
def test_who_was_cancelled_has_not_left_when_their_first_day_is_past(status: str) -> None:
    later = stands(status, 20).on(TODAY + 30 * DAY)
    assert (later.state, later.left_before) == (State.CANCELLED, False)
    came = attrs.evolve(later, state=State.EMPLOYED, status=EmployeeStatus.ACTIVE)
    assert told(turned(later, came, seen=SEEN)) == [("hired", 20)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (COMING, [("hire_announced", 20)]),
        (HERE_NOW, [("hired", -100)]),
        (stands("active"), [("hired", -1)]),
        (LEAVING, [("hired", -100), ("termination_scheduled", 30)]),
        (AWAY, [("hired", -100), ("leave_started", -1)]),
        (stands("terminated", -3, -2), [("hired", -3), ("terminated", -2)]),
        (stands("terminated", -300, -200), []),
        (INACTIVE, []),
        (CALLED_OFF, []),
    ],
)
def test_a_newcomer_is_told_of_as_far_as_it_is_news(after: Standing, expected: list[tuple[str, int]]) -> None:
    assert told(newcomer(after, last_look=TODAY - 4 * DAY, seen=SEEN)) == expected


def test_a_word_that_nobody_knows_leaves_a_person_where_they_stood() -> None:
    doc = {"status": {"value": "unknown", "source": "Sabbatical"}, "start_date": "2020-01-01"}
    assert standing_of(doc, {}, TODAY, HERE_NOW).state is State.EMPLOYED
    assert standing_of(doc, {}, TODAY, LEFT).state is State.LEFT


def test_a_date_that_is_no_longer_shown_is_as_it_was_before() -> None:
    doc = {"status": {"value": "active", "source": "active"}, "start_date": "2020-01-01"}
    hidden = standing_of(doc, {"termination_date": "not_permitted"}, TODAY, LEAVING)
    assert hidden.ends == LEAVING.ends
    assert standing_of(doc, {}, TODAY, LEAVING).ends is None


WORK = {"job_title": ("Engineer", "Director"), "manager_id": (None, "7"), "group_ids": (["1", "9"], ["2", "9", "t"])}
KINDS = {"1": GroupType.DEPARTMENT, "2": GroupType.DEPARTMENT, "9": GroupType.LOCATION, "t": GroupType.TEAM}


def test_work_that_changed_is_told_by_kind() -> None:
    found = list(moved(WORK, ({}, {}), KINDS, seen=SEEN))
    assert [one.kind for one in found] == [
        EventKind.TITLE_CHANGED,
        EventKind.MANAGER_CHANGED,
        EventKind.TRANSFERRED,
    ]
    assert found[2].details == {"department": [["1"], ["2"]]}, "a team is no place, and the location stays"


@pytest.mark.parametrize("why", ["not_permitted", "not_requested", "unreadable", "redacted", "not_in_vendor_model"])
def test_what_comes_into_view_or_out_of_it_did_not_happen(why: str) -> None:
    hidden = dict.fromkeys(WORK, why)
    assert list(moved({name: (None, now) for name, (_, now) in WORK.items()}, (hidden, {}), KINDS, seen=SEEN)) == []
    assert list(moved({name: (was, None) for name, (was, _) in WORK.items()}, ({}, hidden), KINDS, seen=SEEN)) == []


def test_what_was_out_of_sight_and_kept_meanwhile_is_told_when_it_is_another() -> None:
    hidden = dict.fromkeys(WORK, "not_permitted")
    another = WORK | {"manager_id": ("2", "7")}
    assert [one.kind for one in moved(another, (hidden, {}), KINDS, seen=SEEN)] == [
        EventKind.TITLE_CHANGED,
        EventKind.MANAGER_CHANGED,
        EventKind.TRANSFERRED,
    ]


DAYS = st.integers(-40, 40)
STANDINGS = st.builds(
    stands,
    st.sampled_from([status.value for status in EmployeeStatus]),
    st.none() | DAYS,
    st.none() | DAYS,
)


@given(STANDINGS, STANDINGS)
def test_nobody_is_hired_or_terminated_twice_at_once(before: Standing, after: Standing) -> None:
    kinds = [one.kind for one in turned(before, after, seen=SEEN)]
    assert len(set(kinds)) == len(kinds)
    ends = {EventKind.TERMINATED, EventKind.DEACTIVATED, EventKind.HIRE_CANCELLED} & set(kinds)
    assert len(ends) <= 1
    if EventKind.TERMINATED in kinds and after.state in HERE:
        assert EventKind.REHIRED in kinds


@given(STANDINGS)
def test_nothing_happened_to_who_stands_where_they_stood(standing: Standing) -> None:
    assert list(turned(standing, standing, seen=SEEN)) == []


COMING_OR_HERE = {EmployeeStatus.PENDING, EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED}
SURE = STANDINGS.filter(lambda standing: standing.status in COMING_OR_HERE)
"""Whose dates and status agree: an inactive person with a day to come is called off, until the days say otherwise."""


@given(SURE, st.integers(1, 60))
def test_the_calendar_alone_tells_the_same_day_by_day_as_at_once(standing: Standing, days: int) -> None:
    """Whoever looks each day, and whoever looks once, is told of the same things on the same days."""
    daily: list[Happened] = []
    now = standing
    for passed in range(1, days + 1):
        after = now.on(TODAY + passed * DAY)
        daily += turned(now, after, seen=TODAY + passed * DAY)
        now = after
    at_once = list(turned(standing, standing.on(TODAY + days * DAY), seen=TODAY + days * DAY))

    def dated(happened: list[Happened]) -> list[tuple[EventKind, date]]:
        kinds = (EventKind.HIRED, EventKind.REHIRED, EventKind.TERMINATED)
        return [(one.kind, one.on) for one in happened if one.kind in kinds]

    assert dated(daily) == dated(at_once)


@given(STANDINGS, st.integers(1, 60))
def test_the_next_turn_is_the_first_day_on_which_somebody_stands_elsewhere(standing: Standing, days: int) -> None:
    turn = standing.turns_on(TODAY)
    for passed in range(1, days + 1):
        day = TODAY + passed * DAY
        if turn is None or day < turn:
            assert standing.on(day).state is standing.on(TODAY).state
        elif day == turn:
            assert standing.on(day).state is not standing.on(TODAY).state
