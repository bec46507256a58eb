"""Days: they are days of a calendar, in every zone the same, and what is dated ahead is seen before it comes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from headcount.model import Lifecycle, NullReason
from headcount.sandbox import JobRow, StatusRow
from headcount.testing.bench import Bench, Kept, plain, read, tagged
from headcount.testing.checking import NotApplicable, check, ensure, named

ZONES = ("Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kolkata", "UTC")
DAYS = ("start_date", "original_hire_date", "termination_date")
CHANGES = (date(2026, 3, 8), date(2026, 10, 25), date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1))
"""Days on which clocks change or calendars turn."""


@contextmanager
def _zone(name: str) -> Iterator[None]:
    """This process in another time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.__setitem__("TZ", before)
        time.tzset()


@check()
def a_day_never_shifts(bench: Bench) -> None:
    """A day of the calendar is the same day wherever the reader's machine stands, and when clocks change."""
    bench.must_show("start_date")
    with bench.box() as box:
        for person, day in zip((one for one in box.people[1:] if not one.tags and one.active), CHANGES, strict=False):
            rows: tuple[StatusRow | JobRow, ...] = (*person.statuses, *person.jobs)
            for row in rows:
                row.date = day
            person.hired = person.first_hired = day
            box.touch(person)
        for zone in ZONES if hasattr(time, "tzset") else ():
            with _zone(zone), bench.connect(box) as account:
                people = read(account.employees()).people
            shifted = {
                field
                for person in box.people
                for field, value in box.truth(person).items()
                if field in DAYS and value is not None and (employee := people.get(box.id_of(person)))
                if getattr(employee, field) not in (None, value) and "restricted" not in person.tags
            }
            ensure(not shifted, f"{named(shifted)} is another day on a machine in {zone}")


@check(reads_only=True)
def days_are_days(bench: Bench) -> None:
    """What is a day is no instant, and what is an instant has its zone."""
    for employee in bench.everyone.people.values():
        for field in DAYS:
            value = getattr(employee, field)
            ensure(value is None or type(value) is date, f"{field} is {type(value).__name__}, and no day")
        for moment in (employee.created_at, employee.updated_at):
            aware = moment is None or (isinstance(moment, datetime) and moment.tzinfo is not None)
            ensure(aware, "an instant has no zone")


@check()
def future_hire_visible(bench: Bench) -> None:
    """Who starts on a day to come is in the list before it, with that day, and not at work yet."""
    with bench.people() as (box, people):
        for tag in ("future_hire", "pending"):
            person = tagged(box, tag)
            employee = people.get(box.id_of(person))
            ensure(employee is not None, f"who is {tag} is not in the list")
            if employee is not None and "start_date" in bench.connector.employees.fields and bench.shown("start_date"):
                ensure(employee.start_date == person.hired, f"the first day of who is {tag} is lost")
                ensure(employee.lifecycle(box.clock.today()) is Lifecycle.PRE_START, f"who is {tag} has begun already")


@check()
def future_termination_visible(bench: Bench) -> None:
    """Whose last day is ahead is at work until then, and the day is known before it comes."""
    with bench.account() as (box, account):
        person = tagged(box, "future_leaver")
        employee = read(account.employees(ahead=True)).people[box.id_of(person)]
        ensure(employee.is_employed(box.clock.today()) is True, "who will leave is gone already")
        if employee.absent.get("termination_date", NullReason.EMPTY_AT_SOURCE) is not NullReason.EMPTY_AT_SOURCE:
            raise NotApplicable("no last day is shown")
        ensure(employee.termination_date == person.left, "the last day of who will leave is lost")
        ensure(not employee.is_employed((person.left or date.max) + timedelta(days=1)), "who will leave never does")


@check()
def a_last_day_is_kept_whatever_the_status(bench: Bench) -> None:
    """The day on which somebody left is told, whichever word the vendor has for where they stand."""
    bench.must_show("termination_date")
    with bench.people() as (box, people):
        gone = [
            one for one in box.people if one.left and one.left <= box.clock.today() and "restricted" not in one.tags
        ]
        lost = [one for one in gone if people[box.id_of(one)].termination_date != one.left]
        ensure(gone and not lost, f"the last day of {len(lost)} of {len(gone)} people who left is lost")


def _ahead(bench: Bench, kept: Kept) -> str:
    """Somebody's leaving is scheduled ten days ahead, and seen. Raises `NotApplicable` where no such day is shown."""
    kept.sync()
    person = plain(kept.box, 6)
    kept.box.departs(person, kept.box.clock.today() + timedelta(days=10))
    kept.sync()
    id = kept.box.id_of(person)
    if kept.people()[id].termination_date is None:
        found = read(kept.connection.employees(ahead=True)).people[id]
        ensure(found.termination_date is None, "a day ahead is in the list, and the sync does not see it")
        raise NotApplicable("no last day ahead is shown")
    return id


@check()
def a_day_that_comes_needs_no_update(bench: Bench) -> None:
    """The day that was scheduled comes, and takes effect, though nothing changes at the vendor."""
    with bench.kept() as kept:
        id = _ahead(bench, kept)
        ensure(("termination_scheduled", id) in kept.events(), "a leaving that is scheduled is not told")
        ensure(("terminated", id) not in kept.events(), "who will leave is told to have left")
        kept.box.clock.advance(days=12)
        kept.roster.tick()
        ensure(("terminated", id) in kept.events(), "the day came, and nothing is told")


@check()
def a_leaving_is_taken_back(bench: Bench) -> None:
    """A leaving that was scheduled and is taken back is told so, and nobody leaves on the day."""
    with bench.kept() as kept:
        id = _ahead(bench, kept)
        kept.box.stays(next(person for person in kept.box.people if kept.box.id_of(person) == id))
        kept.sync()
        ensure(("termination_rescinded", id) in kept.events(), "a leaving was taken back, and nothing is told")
        kept.box.clock.advance(days=12)
        kept.roster.tick()
        ensure(("terminated", id) not in kept.events(), "a leaving that was taken back came all the same")
