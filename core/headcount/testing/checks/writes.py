"""Writes: planned without a write, made once whatever becomes of the answer, and proved by reading back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import attrs

from headcount.changes import CancelTermination, Change, Delete, Hire, Rehire, Terminate, Update
from headcount.connection import Connection
from headcount.errors import HeadcountError, Held, Rejected, Unsupported, VendorError
from headcount.model import Employee
from headcount.sandbox import Logged, Person, Sandbox
from headcount.testing.bench import WRITES, Bench, plain
from headcount.testing.checking import NotApplicable, check, ensure, fail, named

WRITE = {"method": "POST|PUT|PATCH|DELETE", "on": r"^(?!.*/reports/)"}
TEXTS = ("family_name", "preferred_name", "given_name", "mobile_phone", "work_phone", "job_title")
APPROVED: dict[str, Any] = {"approved_by": "kit"}


def _writes(box: Sandbox) -> list[Logged]:
    """The requests that would change something; a report that is asked for by POST changes nothing."""
    return [one for one in box.log if one.method in WRITES and "/reports/" not in one.path]


def _hire(bench: Bench, box: Sandbox) -> Hire:
    fields = {name: value for name, value in box.new_hire().items() if name in bench.connector.writable}
    return Hire({**fields, **{name: v for name, v in box.new_hire().items() if name == "custom_fields"}})


def _text(bench: Bench) -> str:
    """A field of text that can be written."""
    found = next((name for name in TEXTS if name in bench.connector.writable), None)
    if found is None:
        raise NotApplicable("no field of text can be written")
    return found


@contextmanager
def _ready(bench: Bench) -> Iterator[tuple[Sandbox, Connection]]:
    """Ready to write; what this server cannot do is no fault of the connector's."""
    with bench.writing() as (box, account):
        try:
            yield box, account
        except Unsupported as error:
            raise NotApplicable(str(error)) from error


def _again(account: Connection, change: Change, *, key: str = "k") -> Any:
    """Ask for a change by its key until it is settled, as somebody whose answers are lost would."""
    for _ in range(6):
        try:
            return account.make(change, key=key, **APPROVED)
        except (VendorError, HeadcountError) as error:
            if isinstance(error, Unsupported | Rejected | Held):
                raise
    raise AssertionError("it is never settled, however often it is asked for")


@check("hire")
def a_plan_writes_nothing(bench: Bench) -> None:
    """Planning sends nothing that changes anything, and gives the same plan twice."""
    with _ready(bench) as (box, account):
        one, other = account.plan(_hire(bench, box)), account.plan(_hire(bench, box))
        ensure(not _writes(box), f"planning wrote {len(_writes(box))} times")
        ensure(one.steps == other.steps, "the same change is planned in two ways")
        ensure(len(box.people) == bench.size, "planning changed who is there")


@check("hire")
def a_hire_is_made_once(bench: Bench) -> None:
    """A hire makes one person, who is then read as they were asked for."""
    with _ready(bench) as (box, account):
        change = _hire(bench, box)
        outcome = account.make(change, **APPROVED)
        ensure(outcome.state == "proved", f"a hire ends as {outcome.state}")
        ensure(len(box.people) == bench.size + 1, f"a hire made {len(box.people) - bench.size} people")
        found = account.employee(str(outcome.id))
        wrong = [
            name for name in ("given_name", "family_name", "work_email") if getattr(found, name) != change.fields[name]
        ]
        ensure(not wrong, f"{named(wrong)} of who was hired is another")


@check("hire")
def a_lost_answer_hires_nobody_twice(bench: Bench) -> None:
    """A hire whose answer is lost, or which never arrived, is made once in the end."""
    for kind in ("reset", "unreached", "truncated"):
        with _ready(bench) as (box, account):
            change = _hire(bench, box)
            account.plan(change)
            box.play(kind, **WRITE)
            outcome = _again(account, change)
            ensure(outcome.state == "proved", f"after {kind} a hire ends as {outcome.state}")
            ensure(
                len(box.people) == bench.size + 1, f"after {kind} there are {len(box.people) - bench.size} newcomers"
            )


@check("hire")
def a_failure_is_not_sent_again_blindly(bench: Bench) -> None:
    """A write that is answered by a failure may have been done: it is not sent again before somebody looked."""
    with _ready(bench) as (box, account):
        change = _hire(bench, box)
        account.plan(change)
        box.log.clear()
        box.play("error", status=500, times=None, **WRITE)
        with suppress(HeadcountError):
            account.make(change, **APPROVED)
        ensure(len(_writes(box)) == 1, f"a write that failed was sent {len(_writes(box))} times in a row")


@check("hire")
def one_key_one_result(bench: Bench) -> None:
    """The same key gives the same result, and sends nothing a second time."""
    with _ready(bench) as (box, account):
        change = _hire(bench, box)
        one = account.make(change, key="k", **APPROVED)
        sent = len(_writes(box))
        other = account.make(change, key="k", **APPROVED)
        ensure(one.id == other.id, "the same key gives another person")
        ensure(len(_writes(box)) == sent, "the same key is sent again")


@check("update")
def a_partial_update_keeps_the_rest(bench: Bench) -> None:
    """An update changes the field that was named, and no other."""
    name = _text(bench)
    with _ready(bench) as (box, account):
        person = plain(box, 7)
        before, whole = account.employee(box.id_of(person)), attrs.asdict(person)
        account.make(Update(id=before.id, fields={name: "Changed"}), **APPROVED)
        after = account.employee(before.id)
        ensure(getattr(after, name) == "Changed", f"{name} is not what it was set to")
        fields = [f.name for f in attrs.fields(Employee) if f.name not in (name, "raw", "absent", "updated_at")]
        lost = [field for field in fields if getattr(after, field) != getattr(before, field)]
        ensure(not lost, f"with {name} changed {named(lost)} too")
        kept = attrs.asdict(_of(box, before.id))
        own = [key for key in whole if key not in ("updated", "extra", "jobs", "statuses") and kept[key] != whole[key]]
        ensure(len(own) <= 1, f"at the vendor {named(own)} are others, and one field was changed")


def _of(box: Sandbox, id: str) -> Person:
    return next(person for person in box.people if box.id_of(person) == id)


@check("update")
def a_plan_says_what_then_shows(bench: Bench) -> None:
    """A plan says what the record shows once it is done: what is expected of nothing is proved by nothing."""
    name = _text(bench)
    with _ready(bench) as (box, account):
        plan = account.plan(Update(id=box.id_of(plain(box, 8)), fields={name: "Changed"}))
        ensure(plan.expect.get(name) == "Changed", f"{name} is set, and the plan does not expect to see it")
        if "hire" not in bench.connector.can:
            return
        change = _hire(bench, box)
        unseen = [field for field in ("given_name", "family_name") if field in change.fields]
        unseen = [field for field in unseen if account.plan(change).expect.get(field) != change.fields[field]]
        ensure(not unseen, f"{named(unseen)} of a hire is set, and the plan does not expect to see it")


@check("update")
def what_was_not_done_is_noticed(bench: Bench) -> None:
    """A vendor that says yes and does nothing is found out by reading back."""
    name = _text(bench)
    with _ready(bench) as (box, account):
        id = box.id_of(plain(box, 8))
        account.plan(Update(id=id, fields={name: "Changed"}))
        box.play("unheeded", times=None, **WRITE)
        state = "proved"
        try:
            state = account.make(Update(id=id, fields={name: "Changed"}), **APPROVED).state
        except HeadcountError as error:
            state = type(error).__name__
        ensure(state != "proved", "a change that was never made is called proved")


@check("update")
def a_record_that_moved_is_not_overwritten(bench: Bench) -> None:
    """A plan that was made on another state of the record is held, and not applied to what is there now."""
    name = _text(bench)
    with _ready(bench) as (box, account):
        person = plain(box, 9)
        plan = account.plan(Update(id=box.id_of(person), fields={name: "Changed"}))
        at = {"family_name": "family", "preferred_name": "preferred", "given_name": "given", "job_title": "title"}
        setattr(person, at.get(name, name), "Meanwhile")
        for row in person.jobs if name == "job_title" else ():
            row.title = "Meanwhile"
        box.touch(person)
        box.log.clear()
        try:
            account.apply(plan)
        except Held:
            ensure(not _writes(box), "it was held after it had been written")
            return
        fail("a plan was applied to a record that had moved since")


@check()
def what_cannot_be_written_is_refused_before(bench: Bench) -> None:
    """A field that the vendor does not let be set is refused before anything is sent."""
    if not bench.connector.plans:
        raise NotApplicable("nothing is written")
    fields = {"work_email", "home_phone", "timezone", "employee_number", "middle_name", "work_phone", "gender"}
    refused = sorted(fields - {name.partition(".")[0] for name in bench.connector.writable})
    if not refused:
        raise NotApplicable("every field can be written")
    with bench.writing() as (box, account):
        for name in refused:
            try:
                account.plan(Update(id=box.id_of(plain(box)), fields={name: "x"}))
            except (Unsupported, Rejected):
                continue
            fail(f"{name} cannot be written, and is planned")
        ensure(not _writes(box), "something that cannot be written was sent")


@check("terminate")
def a_leaving_ends_an_employment(bench: Bench) -> None:
    """Who is terminated today is not at work then, and their record stays."""
    with _ready(bench) as (box, account):
        id, today = box.id_of(plain(box, 10)), box.clock.today()
        change = Terminate(id=id, on=today)
        ensure(account.plan(change).expect, "a leaving is planned, and the plan expects nothing to show of it")
        outcome = account.make(change, **APPROVED)
        ensure(outcome.state == "proved", f"a leaving ends as {outcome.state}")
        found = account.employee(id)
        ensure(found.is_employed(today + timedelta(days=1)) is not True, "who was terminated is at work the day after")
        ensure(len(box.people) == bench.size, "who was terminated was deleted")


@check("terminate")
def a_leaving_ahead_waits_for_its_day(bench: Bench) -> None:
    """A leaving on a day to come leaves the person at work until it, or is refused where the vendor has no such day."""
    with _ready(bench) as (box, account):
        person = plain(box, 11)
        on = box.clock.today() + timedelta(days=30)
        account.make(Terminate(id=box.id_of(person), on=on), **APPROVED)
        found = account.employee(box.id_of(person))
        ensure(found.is_employed(box.clock.today()) is True, "who leaves in a month is gone today")
        ensure(person.active, "who leaves in a month was made inactive today")


@check("terminate", CancelTermination.verb)
def a_leaving_can_be_taken_back(bench: Bench) -> None:
    """A leaving that is taken back leaves the person at work, with no last day."""
    with _ready(bench) as (box, account):
        id, on = box.id_of(plain(box, 12)), box.clock.today() + timedelta(days=30)
        account.make(Terminate(id=id, on=on), **APPROVED)
        account.cancel_termination(id, **APPROVED)
        found = next(one for one in account.employees(ahead=True) if one.id == id)
        ensure(found.is_employed(on + timedelta(days=1)) is not False, "a leaving that was taken back stands")


@check("terminate", "rehire")
def a_rehire_is_the_same_person(bench: Bench) -> None:
    """Who is taken on again is the same record, at work again: no second person."""
    with _ready(bench) as (box, account):
        id, today = box.id_of(plain(box, 13)), box.clock.today()
        account.make(Terminate(id=id, on=today - timedelta(days=4)), **APPROVED)
        outcome = account.make(Rehire(id=id, on=today), **APPROVED)
        ensure(str(outcome.id) == id, "a rehire made another person")
        ensure(len(box.people) == bench.size, "a rehire made another record")
        ensure(account.employee(id).is_employed(today) is not False, "who was rehired is not at work")


@check()
def an_approval_is_needed(bench: Bench) -> None:
    """What ends or deletes a record, or makes one, takes a person's word before anything is sent."""
    asked: tuple[tuple[str, Any], ...] = (
        ("hire", lambda box: _hire(bench, box)),
        ("terminate", lambda box: Terminate(id=box.id_of(plain(box)), on=box.clock.today())),
        ("delete", lambda box: Delete(id=box.id_of(plain(box)))),
    )
    verbs = [one for one in asked if one[0] in bench.connector.can]
    if not verbs:
        raise NotApplicable("nothing is written that would need one")
    asked_for = 0
    for verb, change in verbs:
        with bench.writing() as (box, account):
            try:
                account.make(change(box))
            except Held:
                ensure(not _writes(box), f"{verb} was sent before it was held")
                asked_for += 1
            except Unsupported:  # on this server
                continue
            else:
                fail(f"{verb} was made without anybody's word")
    if not asked_for:
        raise NotApplicable("this server does nothing that would need one")
