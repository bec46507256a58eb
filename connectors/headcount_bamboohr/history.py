"""Dated rows: what they say of a person on a day, and what they make of a person as their day comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

import attrs

from headcount.sandbox import JobRow, Person, StatusRow

HistoryRow = StatusRow | JobRow
Dated = TypeVar("Dated", StatusRow, JobRow)

GONE = "Terminated"


@attrs.frozen
class View:
    """Who there is, on which day, and whether what lies in the future is hidden (`onlyCurrent`)."""

    people: Sequence[Person]
    today: date
    only_current: bool = True

    @cached_property
    def by_id(self) -> dict[int, Person]:
        """Everyone by id, worked out once."""
        return {person.id: person for person in self.people}

    def job(self, person: Person) -> Person | JobRow | None:
        """Whatever tells where a person works; see `_teller`."""
        return self._teller(person, person.jobs)

    def manager(self, person: Person) -> Person | None:
        """A person's manager, where there is such a person."""
        job = self.job(person)
        return self.by_id.get(job.manager_id or 0) if job else None

    def word(self, person: Person) -> str | None:
        """The employment status in the company's own word; None for who has no row of it yet."""
        teller = self._teller(person, person.statuses) if person.statuses else None
        return teller.status_word if isinstance(teller, Person) else teller.status if teller else None

    def left(self, person: Person) -> date | None:
        """The day somebody left; the day they will leave is a future value."""
        return None if person.left and person.left > self.today and self.only_current else person.left

    def here(self, person: Person) -> bool:
        """Whether somebody is active and has come: hired, or in a status row (recorded 2026, and the guide)."""
        days = [person.hired, *(row.date for row in person.statuses)]
        came = any(day and day <= self.today for day in days) or not self.only_current
        return came and status(person) == "Active"

    def _teller(self, person: Person, rows: Sequence[Dated]) -> Person | Dated | None:
        """The person, who shows what is in force; or a row to come; or nothing before the first row."""
        ahead = [row for row in rows if row.date > self.today]
        if ahead and not self.only_current:
            return max(ahead, key=lambda row: row.date)
        return None if ahead and len(ahead) == len(rows) else person


def status(person: Person) -> str:
    """`Active` or `Inactive`; who is yet to come is active too (recorded 2026)."""
    return "Active" if person.active or person.pending else "Inactive"


def rows_of(person: Person, table: str) -> list[Any]:
    """A person's rows of employmentStatus, or of jobInfo."""
    return person.statuses if table == "employmentStatus" else person.jobs


def due(rows: Iterable[Dated], today: date) -> list[Dated]:
    """The rows in force by a day, oldest first; of one day's rows the one added last counts last."""
    return sorted((row for row in rows if row.date <= today), key=lambda row: row.date)


def follow_statuses(person: Person, today: date) -> None:
    """Bring a person in line with their employment statuses; a rehire moves the hire date aside."""
    rows = due(person.statuses, today)
    gone = bool(rows) and rows[-1].status == GONE
    ahead = [row.date for row in person.statuses if row.date > today and row.status == GONE]
    person.pending = person.pending and not rows
    person.active = not gone and not person.pending
    person.left = rows[-1].date if gone else min(ahead, default=None)
    person.status_word = rows[-1].status if rows else person.status_word
    ends = [number for number, row in enumerate(rows) if row.status == GONE]
    if ends and not gone:
        person.first_hired = person.first_hired or person.hired
        person.hired = rows[ends[-1] + 1].date
    elif gone and person.hired and person.hired > rows[-1].date:
        person.hired = person.first_hired  # a rehire was taken back


def follow_jobs(person: Person, today: date) -> None:
    """Bring a person in line with the last job row in force, or with the first to come."""
    if person.jobs:
        row = (due(person.jobs, today) or sorted(person.jobs, key=lambda row: row.date)[:1])[-1]
        person.title, person.department, person.division = row.title, row.department, row.division
        person.location, person.manager_id = row.location, row.manager_id


def follow(person: Person, table: str, today: date) -> None:
    """Bring a person in line with the rows of a table."""
    (follow_statuses if table == "employmentStatus" else follow_jobs)(person, today)


def catch_up(person: Person, since: date, today: date) -> date | None:
    """Bring a person in line with the rows whose day came after `since`; returns the last such day."""
    came: list[date] = []
    for table in ("employmentStatus", "jobInfo"):
        # day by day: a hire date moves on a rehire, though another row has ended that by now
        for day in sorted({row.date for row in rows_of(person, table) if since < row.date <= today}):
            follow(person, table, day)
            came.append(day)
    return max(came, default=None)
