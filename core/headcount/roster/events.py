"""What happened to a person, told from two records and the calendar: pure functions, and the one place of its rules."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import attrs

from headcount.model import EMPTY, EmployeeStatus, GroupType, Lifecycle, lifecycle_of
from headcount.roster.records import UNSEEN, Doc, Reasons


class EventKind(enum.StrEnum):
    """What may happen to a person. `on` is the day in the company's calendar on which it takes effect.

    `DEACTIVATED` and `REACTIVATED` are of vendors and records that say no more than inactive: such a person may never
    have left. `LEFT_SCOPE` and `ENTERED_SCOPE` are about who is kept, and no change at the vendor's.
    """

    HIRE_ANNOUNCED = "hire_announced"
    HIRED = "hired"
    HIRE_CANCELLED = "hire_cancelled"
    LEAVE_STARTED = "leave_started"
    LEAVE_ENDED = "leave_ended"
    TRANSFERRED = "transferred"
    MANAGER_CHANGED = "manager_changed"
    TITLE_CHANGED = "title_changed"
    TERMINATION_SCHEDULED = "termination_scheduled"
    TERMINATED = "terminated"
    TERMINATION_RESCINDED = "termination_rescinded"
    REHIRE_SCHEDULED = "rehire_scheduled"
    REHIRED = "rehired"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    DELETED = "deleted"
    UNDELETED = "undeleted"
    LEFT_SCOPE = "left_scope"
    ENTERED_SCOPE = "entered_scope"


class State(enum.StrEnum):
    """Where a person stands, finer than `Lifecycle`: `INACTIVE` has no date of leaving, `CANCELLED` never came."""

    PRE_START = "pre_start"
    EMPLOYED = "employed"
    ON_LEAVE = "on_leave"
    LEFT = "left"
    INACTIVE = "inactive"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


HERE = frozenset({State.EMPLOYED, State.ON_LEAVE})
PLACES = {GroupType.DEPARTMENT: "department", GroupType.LOCATION: "location", GroupType.DIVISION: "division"}
"""The kinds of groups between which a person is transferred."""
_COMING = frozenset({EmployeeStatus.PENDING, EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED})


@attrs.frozen(kw_only=True)
class Standing:
    """Where a person stands on a day: the state, and the dates of this employment that it follows from."""

    state: State
    status: EmployeeStatus
    starts: date | None = None
    ends: date | None = None
    left_before: bool = False

    def on(self, day: date) -> Standing:
        """The same person on another day. A word that nobody knows leaves them where they stood, and who was cancelled
        has not left when the day on which they would have come is past."""
        found = state_of(self.status, self.starts, self.ends, day)
        never_came = self.state is State.CANCELLED and self.ends is None and found in (State.INACTIVE, State.LEFT)
        state = self.state if found is State.UNKNOWN or never_came else found
        return attrs.evolve(self, state=state, left_before=self.left_before or state is State.LEFT)

    def turns_on(self, today: date) -> date | None:
        """The next day on which the state is another though nothing changes at the vendor's."""
        days = {self.starts, self.ends, self.ends and self.ends + timedelta(days=1)}
        now = self.on(today).state
        return next((day for day in sorted(filter(None, days)) if day > today and self.on(day).state is not now), None)


@attrs.frozen(kw_only=True)
class Happened:
    """One event before it is written down. `details` has by field what was before and what is after."""

    kind: EventKind
    on: date
    details: Mapping[str, Any] = EMPTY


def state_of(status: EmployeeStatus, starts: date | None, ends: date | None, day: date) -> State:
    """The state that dates and status give on a day."""
    lifecycle = lifecycle_of(status, starts, ends, day)
    if lifecycle is Lifecycle.PRE_START and status not in _COMING and status is not EmployeeStatus.UNKNOWN:
        return State.CANCELLED
    if lifecycle is Lifecycle.UNKNOWN:
        return State.INACTIVE if status is EmployeeStatus.INACTIVE else State.UNKNOWN
    return State(lifecycle.value)


def standing_of(doc: Doc, reasons: Reasons, day: date, before: Standing | None = None) -> Standing:
    """Where a record says that a person stands. A date that is not told any more is as it was `before`."""

    def told(name: str, earlier: date | None) -> date | None:
        if name in doc:
            return date.fromisoformat(doc[name])
        return earlier if reasons.get(name) in UNSEEN else None

    starts = told("start_date", before.starts if before else None)
    ends = told("termination_date", before.ends if before else None)
    made = Standing(
        state=before.state if before else State.UNKNOWN,
        status=EmployeeStatus(doc["status"]["value"]),
        starts=starts,
        ends=None if starts and ends and ends < starts else ends,  # of an employment before this one
        left_before=before is not None and before.left_before,
    )
    return made.on(day)


def newcomer(after: Standing, *, last_look: date, seen: date) -> Iterator[Happened]:
    """What happened to somebody who was not there at the last look. `seen` is the day it shows."""
    match after.state:
        case State.PRE_START:
            yield Happened(kind=EventKind.HIRE_ANNOUNCED, on=after.starts or seen)
        case State.EMPLOYED | State.ON_LEAVE:
            yield Happened(kind=EventKind.HIRED, on=after.starts or seen)
            if after.state is State.ON_LEAVE:
                yield Happened(kind=EventKind.LEAVE_STARTED, on=seen)
        case State.LEFT if after.starts and after.ends and after.ends >= last_look:
            yield Happened(kind=EventKind.HIRED, on=after.starts)  # came and went between two looks
            yield Happened(kind=EventKind.TERMINATED, on=after.ends)
        case _:
            return
    if after.ends and after.state is not State.LEFT:
        yield _scheduled(None, after)


def turned(before: Standing, after: Standing, *, seen: date) -> Iterator[Happened]:
    """What happened between two standings of one person. `seen` is the day that has no date of its own."""
    old, new = before.state, after.state
    went = _came_and_went(before, after)
    if went is not None:
        yield from went
    elif old is not new:
        yield from _TURNS.get((old, new), _nothing)(before, after, seen)
    if new in (State.LEFT, State.INACTIVE, State.CANCELLED, State.UNKNOWN) or before.ends == after.ends:
        return
    if after.ends:
        yield _scheduled(before if old is not State.LEFT else None, after)
    elif old in (*HERE, State.PRE_START) and new in (*HERE, State.PRE_START) and went is None:
        yield Happened(
            kind=EventKind.TERMINATION_RESCINDED, on=seen, details={"termination_date": [_text(before.ends), None]}
        )


def _scheduled(before: Standing | None, after: Standing) -> Happened:
    was = None if before is None else _text(before.ends)
    return Happened(
        kind=EventKind.TERMINATION_SCHEDULED,
        on=after.ends or date.max,
        details={"termination_date": [was, _text(after.ends)]},
    )


def _came_and_went(before: Standing, after: Standing) -> list[Happened] | None:
    """An employment that ended on its known day, and another that was begun or announced, all since the last look."""
    if before.state not in HERE or before.ends is None or after.starts is None or before.starts == after.starts:
        return None
    if after.starts <= before.ends or after.state not in (*HERE, State.PRE_START):
        return None
    again = EventKind.REHIRE_SCHEDULED if after.state is State.PRE_START else EventKind.REHIRED
    return [Happened(kind=EventKind.TERMINATED, on=before.ends), Happened(kind=again, on=after.starts)]


Turn = Callable[[Standing, Standing, date], Iterator[Happened]]


def _nothing(before: Standing, after: Standing, seen: date) -> Iterator[Happened]:
    return iter(())


def _at_start(*kinds: EventKind) -> Turn:
    """The first on the day the employment starts, those after it on the day they show."""

    def turn(before: Standing, after: Standing, seen: date) -> Iterator[Happened]:
        first, *rest = kinds
        if first is EventKind.HIRED and before.left_before:
            first = EventKind.REHIRED
        elif first is EventKind.HIRE_ANNOUNCED and before.left_before:
            first = EventKind.REHIRE_SCHEDULED
        yield Happened(kind=first, on=after.starts or seen)
        yield from (Happened(kind=kind, on=seen) for kind in rest)

    return turn


def _on_that_day(*kinds: EventKind) -> Turn:
    return lambda before, after, seen: (Happened(kind=kind, on=seen) for kind in kinds)


def _ended(before: Standing, after: Standing, seen: date) -> Iterator[Happened]:
    yield Happened(kind=EventKind.TERMINATED, on=after.ends or seen)


def _never_or_briefly(before: Standing, after: Standing, seen: date) -> Iterator[Happened]:
    """Announced at the last look, gone at this one."""
    if after.starts and after.ends and after.starts <= after.ends:
        yield from _at_start(EventKind.HIRED)(before, after, seen)
        yield from _ended(before, after, seen)
    else:
        yield Happened(kind=EventKind.HIRE_CANCELLED, on=seen)


def _back(before: Standing, after: Standing, seen: date) -> Iterator[Happened]:
    """There again: taken on anew where the employment starts after the old one ended, else the leaving taken back."""
    later = after.starts and (after.starts > before.ends if before.ends else after.starts != before.starts)
    if later or before.state is State.INACTIVE:
        kind = EventKind.REHIRED if later else EventKind.REACTIVATED
        yield Happened(kind=kind, on=(after.starts or seen) if later else seen)
    else:
        yield Happened(
            kind=EventKind.TERMINATION_RESCINDED, on=seen, details={"termination_date": [_text(before.ends), None]}
        )
    if after.state is State.ON_LEAVE:
        yield Happened(kind=EventKind.LEAVE_STARTED, on=seen)


_HIRED, _ANNOUNCED = _at_start(EventKind.HIRED), _at_start(EventKind.HIRE_ANNOUNCED)
_HIRED_AND_AWAY = _at_start(EventKind.HIRED, EventKind.LEAVE_STARTED)
_CANCELLED, _DEACTIVATED = _on_that_day(EventKind.HIRE_CANCELLED), _on_that_day(EventKind.DEACTIVATED)
_TURNS: Mapping[tuple[State, State], Turn] = {
    (State.PRE_START, State.EMPLOYED): _HIRED,
    (State.PRE_START, State.ON_LEAVE): _HIRED_AND_AWAY,
    (State.PRE_START, State.LEFT): _never_or_briefly,
    (State.PRE_START, State.INACTIVE): _CANCELLED,
    (State.PRE_START, State.CANCELLED): _CANCELLED,
    (State.EMPLOYED, State.ON_LEAVE): _on_that_day(EventKind.LEAVE_STARTED),
    (State.ON_LEAVE, State.EMPLOYED): _on_that_day(EventKind.LEAVE_ENDED),
    **{(state, State.LEFT): _ended for state in (*HERE, State.INACTIVE)},
    **{(state, State.INACTIVE): _DEACTIVATED for state in HERE},
    **{(state, State.CANCELLED): _DEACTIVATED for state in HERE},
    **{(state, State.PRE_START): _ANNOUNCED for state in (*HERE, State.CANCELLED, State.UNKNOWN)},
    **{(gone, here): _back for gone in (State.LEFT, State.INACTIVE) for here in HERE},
    **{(gone, State.PRE_START): _at_start(EventKind.REHIRE_SCHEDULED) for gone in (State.LEFT, State.INACTIVE)},
    (State.CANCELLED, State.EMPLOYED): _HIRED,
    (State.CANCELLED, State.ON_LEAVE): _HIRED_AND_AWAY,
}


def moved(
    differing: Mapping[str, tuple[Any, Any]],
    reasons: tuple[Reasons, Reasons],
    kinds: Mapping[str, GroupType],
    *,
    seen: date,
) -> Iterator[Happened]:
    """What changed of the work of somebody who was there before and after. What merely came into view, or out of it,
    did not happen; what was kept while it was out of sight, and is another now, did. `kinds` are the types of groups
    by id."""

    def happened(field: str) -> bool:
        sides = zip(differing.get(field, ()), reasons, strict=False)
        return field in differing and not any(value is None and told.get(field) in UNSEEN for value, told in sides)

    for field, kind in (("job_title", EventKind.TITLE_CHANGED), ("manager_id", EventKind.MANAGER_CHANGED)):
        if happened(field):
            yield Happened(kind=kind, on=seen, details={field: list(differing[field])})
    if not happened("group_ids"):
        return
    places: dict[str, list[list[str]]] = {}
    for at, ids in enumerate(differing["group_ids"]):
        for id in ids or ():
            if (place := PLACES.get(kinds.get(id, GroupType.UNKNOWN))) is not None:
                places.setdefault(place, [[], []])[at].append(id)
    details = {place: [sorted(old), sorted(new)] for place, (old, new) in places.items() if set(old) != set(new)}
    if details:
        yield Happened(kind=EventKind.TRANSFERRED, on=seen, details=details)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
