"""An oracle of lifecycle events: what must be told of a person from one look to the next, by the rules alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import attrs

from headcount import Employee, EmployeeStatus, Group, GroupType, NullReason

PRE_START, EMPLOYED, ON_LEAVE = "pre_start", "employed", "on_leave"
LEFT, INACTIVE, CANCELLED, UNKNOWN = "left", "inactive", "cancelled", "unknown"
AT_WORK = frozenset({EMPLOYED, ON_LEAVE})
TO_COME_OR_HERE = AT_WORK | {PRE_START}
OVER = frozenset({LEFT, INACTIVE, CANCELLED})

WORKING = frozenset({EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED})
ENDED = frozenset({EmployeeStatus.TERMINATED, EmployeeStatus.RETIRED, EmployeeStatus.DECEASED})
PLACES = frozenset({GroupType.DEPARTMENT, GroupType.LOCATION, GroupType.DIVISION})


@attrs.frozen(kw_only=True)
class Facts:
    """What a record says that events follow from; `places` are groups of the types in `PLACES`, by id."""

    status: EmployeeStatus
    start: date | None = None
    end: date | None = None
    title: str | None = None
    manager: str | None = None
    places: frozenset[str] = frozenset()
    unseen: frozenset[str] = frozenset()
    """Fields that may have a value that is not shown: what comes into view, or out of it, did not happen."""
    nameless: bool = False
    """Whether a group is named that the roster does not list: of which kind it is cannot be told."""

    @property
    def last_day(self) -> date | None:
        """The end, but for one before the start: that is an earlier employment's."""
        return None if self.end and self.start and self.end < self.start else self.end


@attrs.frozen
class Due:
    """An event that must come: one of these kinds, on this day, or on any of the interval where it is None."""

    id: str
    kinds: tuple[str, ...]
    on: date | None = None
    optional: bool = False

    def __str__(self) -> str:
        return f"{'/'.join(self.kinds)} of {self.id} on {self.on or 'a day between'}"


@attrs.frozen(kw_only=True)
class Standing:
    """Where a person stands: the state, the record that it follows from, and what they were before."""

    state: str
    facts: Facts
    has_left: bool = False
    was_inactive: bool = False


Told = tuple[str | tuple[str, ...], date | None]
MAYBE = "maybe"
"""Among the kinds of what may be told, and need not."""


def facts_of(employee: Employee, groups: Mapping[str, Group]) -> Facts:
    """The facts of a record, whose groups are these by id."""
    places = (id for id in employee.group_ids or () if id in groups and groups[id].type.value in PLACES)
    return Facts(
        status=employee.status.value,
        start=employee.start_date,
        end=employee.termination_date,
        title=employee.job_title,
        manager=employee.manager_id,
        places=frozenset(places),
        unseen=frozenset(name for name, why in employee.absent.items() if why is not NullReason.EMPTY_AT_SOURCE),
        nameless=any(id not in groups for id in employee.group_ids or ()),
    )


def state_on(day: date, facts: Facts, before: str = UNKNOWN) -> str:
    """The state on a day of the company's."""
    status, end = facts.status, facts.last_day
    if status is EmployeeStatus.UNKNOWN:
        return before
    if end and (day > end or (day == end and status not in WORKING)):
        return LEFT
    if (facts.start and day < facts.start) or status is EmployeeStatus.PENDING:
        return CANCELLED if status in ENDED | {EmployeeStatus.INACTIVE} else PRE_START
    if end is None and status in ENDED | {EmployeeStatus.INACTIVE}:
        if before == CANCELLED:  # and never came, though the day is past
            return CANCELLED
        return INACTIVE if status is EmployeeStatus.INACTIVE else LEFT
    return ON_LEAVE if status is EmployeeStatus.ON_LEAVE else EMPLOYED


def first_seen(facts: Facts, today: date, looked_on: date) -> list[Told]:
    """What is told of somebody who was not there at the look before, which was on that day."""
    state, start, end = state_on(today, facts), facts.start, facts.last_day
    told: list[Told] = []
    if state == PRE_START:
        told.append(("hire_announced", start))
    if state in AT_WORK:
        told.append(("hired", start))
    if state == ON_LEAVE:
        told.append(("leave_started", None))
    if state == LEFT and start and end and end >= looked_on:
        told += [("hired", start), ("terminated", end)]
    if state != LEFT and end:
        told.append(("termination_scheduled", end))
    return told


def between(was: Standing, facts: Facts, state: str, looked_on: date) -> list[Told]:
    """What is told of somebody who stood there, and is in this state by this record now. Where they work is no news
    of who has begun since the last look, by a day that was known at it."""
    told: list[Told] = []
    old, start, end, old_end = was.facts, facts.start, facts.last_day, was.facts.last_day
    again = bool(was.state in AT_WORK and state in TO_COME_OR_HERE and old_end and start and start > old_end)
    again = again and start != old.start
    if again:
        told.append(("terminated", old_end))
        told.append(("rehire_scheduled" if state == PRE_START else "rehired", start))
        if state == ON_LEAVE:
            told.append((("leave_started", MAYBE), None))  # the rules do not say
    elif was.state != state:
        told += _turned(was, facts, state)
    if state not in OVER:
        if end and end != old_end:
            told.append(("termination_scheduled", end))
        elif old_end and not end and not again and was.state in TO_COME_OR_HERE and state in TO_COME_OR_HERE:
            told.append(("termination_rescinded", None))
    just_began = bool(start and start > looked_on and start == old.start)
    if was.state in AT_WORK and state in AT_WORK and not just_began:
        unseen = old.unseen | facts.unseen
        if old.title != facts.title and "job_title" not in unseen:
            told.append(("title_changed", None))
        if old.manager != facts.manager and "manager_id" not in unseen:
            told.append(("manager_changed", None))
        if old.nameless or facts.nameless:
            told.append((("transferred", MAYBE), None))
        elif old.places != facts.places and "group_ids" not in unseen:
            told.append(("transferred", None))
    return told


def _turned(was: Standing, facts: Facts, state: str) -> list[Told]:
    """What a turn from one state to another is called."""
    start, end, old, old_end = facts.start, facts.last_day, was.facts, was.facts.last_day
    came: str | tuple[str, ...] = "rehired" if was.has_left else "hired"
    if was.was_inactive and not was.has_left:
        came = ("hired", "rehired")  # the rules do not say whether who was inactive had left
    leave: list[Told] = [("leave_started", None)] if state == ON_LEAVE else []
    match was.state, state:
        case "pre_start", ("employed" | "on_leave"):
            return [(came, start), *leave]
        case "pre_start", "left":
            return [(came, start), ("terminated", end)] if start and end else [("hire_cancelled", None)]
        case "pre_start", ("inactive" | "cancelled"):
            return [("hire_cancelled", None)]
        case "cancelled", "pre_start":
            announced = ("hire_announced", "rehire_scheduled") if was.was_inactive else "hire_announced"
            return [("rehire_scheduled" if was.has_left else announced, start)]
        case "cancelled", ("employed" | "on_leave"):
            return [(came, start), *leave]
        case "employed", "on_leave":
            return leave
        case "on_leave", "employed":
            return [("leave_ended", None)]
        case (("employed" | "on_leave" | "inactive"), "left"):
            return [("terminated", end)]
        case (("employed" | "on_leave"), ("inactive" | "cancelled")):
            return [("deactivated", None)]
        case (("employed" | "on_leave"), "pre_start"):
            return [("rehire_scheduled" if was.has_left else "hire_announced", start)]
        case "inactive", ("employed" | "on_leave"):
            anew = start is not None and start != old.start
            return [("rehired", start) if anew else ("reactivated", None), *leave]
        case "left", ("employed" | "on_leave"):
            anew = start is not None and (start > old_end if old_end else start != old.start)
            return [("rehired", start) if anew else ("termination_rescinded", None), *leave]
        case (("left" | "inactive"), "pre_start"):
            return [("rehire_scheduled", start)]
    return []


class Oracle:
    """Everybody's standing, and what each moment must tell."""

    def __init__(self) -> None:
        self.people: dict[str, Standing] = {}
        self.deleted: set[str] = set()
        self.looked_on = date.min

    def baseline(self, found: Mapping[str, Facts], today: date) -> None:
        """The first full read: nothing is told of it."""
        for id, facts in found.items():
            self._stand(id, facts, state_on(today, facts))
        self.looked_on = today

    def moment(
        self,
        found: Mapping[str, Facts],
        gone: Iterable[str],
        today: date,
        *,
        looked: bool = True,
        told_of: Callable[[str], bool] = lambda _: True,
    ) -> list[Due]:
        """What must be told at a moment at which these records are kept, and these people are deleted.

        Where nothing but the day is another for a person, it may be that the day was not let come: `told_of` says
        whether something was told of them, and where not, they stand as they stood.
        """
        due: list[Due] = []
        for id in sorted(set(gone) - self.deleted):
            due += self._delete(id, found.get(id), today)
        for id, facts in sorted(found.items()):
            was = self.people.get(id)
            if id in self.deleted:
                if id in set(gone):
                    continue
                self.deleted.discard(id)
                due.append(Due(id, ("undeleted",)))
            if was is None:
                due += _dues(id, first_seen(facts, today, self.looked_on))
                self._stand(id, facts, state_on(today, facts))
                continue
            state = state_on(today, facts, was.state)
            coming = _dues(id, between(was, facts, state, self.looked_on))
            if facts == was.facts and any(not one.optional for one in coming) and not told_of(id):
                continue
            due += coming
            self._stand(id, facts, state)
        if looked:
            self.looked_on = today
        return due

    def is_vague(self, id: str, facts: Facts | None = None) -> bool:
        """Whether the rules leave open what is told of somebody: their status is, or was, unknown."""
        was = self.people.get(id)
        known = [] if facts is None else [facts.status]
        known += [] if was is None else [was.facts.status]
        return EmployeeStatus.UNKNOWN in known or bool(was and was.state == UNKNOWN)

    def _delete(self, id: str, facts: Facts | None, today: date) -> list[Due]:
        self.deleted.add(id)
        was = self.people.get(id)
        cancelled = [Due(id, ("hire_cancelled",))] if was and was.state == PRE_START else []
        return [*cancelled, Due(id, ("deleted",))]

    def _stand(self, id: str, facts: Facts, state: str) -> None:
        was = self.people.get(id)
        self.people[id] = Standing(
            state=state,
            facts=facts,
            has_left=state == LEFT or bool(was and was.has_left),
            was_inactive=state == INACTIVE or bool(was and was.was_inactive),
        )


def _dues(id: str, told: Iterable[Told]) -> list[Due]:
    made = [(((kinds,) if isinstance(kinds, str) else kinds), on) for kinds, on in told]
    return [Due(id, tuple(kind for kind in kinds if kind != MAYBE), on, MAYBE in kinds) for kinds, on in made]
