"""Every verb at every vendor, in both dialects, judged by the sandbox's own state: the person alone has changed."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

import headcount as hc
from headcount.lifecycle import Outcome, State
from headcount.sandbox import JobRow, Person, Sandbox, ScimSandbox, StatusRow, find
from headcount.sandbox.people import TITLES
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.generated import check_table

PEOPLE = 60
ALL = ("namely", "bamboohr", "insightly")
POLICY = hc.Policy(allow_delete=True, looks=(), settle_after=timedelta(0))
READS = re.compile("/reports/custom$")
REMOVED: Mapping[str, Any] = {"removed": True}
ID = re.compile(r"(?<=/)(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
WHOM_NEW = {"given_name": "Ada", "family_name": "King", "work_email": "ada.king@example.com"}
NEW_STATE = {"given": "Ada", "family": "King", "email": "ada.king@example.com"}
LEAVING: Mapping[str, Any] = {"type": "voluntary", "reason": "Relocation", "eligible_for_rehire": True}


@attrs.frozen(eq=False)
class Line:
    """One way in which a vendor is written: a dialect, and SCIM where the company has it."""

    vendor: Vendor
    dialect: str
    scim: bool = False

    def __str__(self) -> str:
        return f"{self.vendor.connector.title} {self.named}"

    @property
    def named(self) -> str:
        return self.dialect + (", SCIM" if self.scim else "")

    def connect(self, box: Sandbox, **keywords: Any) -> hc.Connection:
        more: Mapping[str, Any] = box.scim_settings if self.scim and isinstance(box, ScimSandbox) else {}
        return box.connect(scopes=tuple(hc.Scope), policy=POLICY, **more, **keywords)


NAMELY_GUIDE, NAMELY_SEEN = Line(NAMELY, "guide"), Line(NAMELY, "observed")
BAMBOO_GUIDE, BAMBOO_SEEN = Line(BAMBOOHR, "guide"), Line(BAMBOOHR, "observed")
INSIGHTLY_GUIDE, INSIGHTLY_SEEN = Line(INSIGHTLY, "guide"), Line(INSIGHTLY, "observed")
INSIGHTLY_SCIM = Line(INSIGHTLY, "observed", scim=True)
LINES = (
    *(NAMELY_GUIDE, NAMELY_SEEN),
    *(BAMBOO_GUIDE, BAMBOO_SEEN),
    *(INSIGHTLY_GUIDE, INSIGHTLY_SEEN, INSIGHTLY_SCIM),
)


@attrs.frozen(kw_only=True)
class Stage:
    """Where a verb is tried: a sandbox, a connection to it, and whom it concerns."""

    line: Line
    box: Sandbox
    connection: hc.Connection
    whom: Person
    today: date

    @property
    def id(self) -> str:
        return self.line.vendor.id_of(self.whom)

    def ahead(self, days: int = 21) -> date:
        return self.today + timedelta(days=days)

    def group(self, name: str) -> str:
        """The id of the group of this name; where the server has none, one that nobody has."""
        try:
            return next((group.id for group in self.connection.groups() if group.name == name), "1")
        except hc.VendorError:
            return "1"

    @property
    def other_title(self) -> str:
        return next(title for title in TITLES if title != self.whom.title)

    @property
    def other_department(self) -> str:
        names = {person.department for person in self.box.people} - {self.whom.department, ""}
        return min(names)

    @property
    def other_team(self) -> str:
        return min({name for person in self.box.people for name in person.teams} - {*self.whom.teams})


Shows = Callable[[Stage, Person], Mapping[str, Any]]
"""What of a person is another than before, by the attribute of the sandbox's `Person`."""


def plain(people: Sequence[Person]) -> Person:
    """Somebody with nothing remarkable, in a team, whose manager's name is nobody else's."""
    by_id = {person.id: person for person in people}
    names = [(person.given, person.family) for person in people]
    return next(
        person
        for person in people[30:]
        if not person.tags
        and person.teams
        and names.count((by_id[person.manager_id or 1].given, by_id[person.manager_id or 1].family)) == 1
    )


def leaver_to_come(people: Sequence[Person]) -> Person:
    return find(list(people), "future_leaver")


def leaver(people: Sequence[Person]) -> Person:
    return find(list(people), "left")


@attrs.frozen(kw_only=True)
class Case:
    """One verb, how it is asked for, and what it must do to the sandbox's people, vendor by vendor.

    A vendor that `shows` leaves out cannot do it; one that is not among `at` is not asked.
    """

    does: Callable[[Stage], Outcome]
    shows: Mapping[str, Shows]
    whom: Callable[[Sequence[Person]], Person] = plain
    at: Sequence[str] = ALL


# -- what is done -----------------------------------------------------------------------------------------


def hire(stage: Stage, start: date) -> Outcome:
    fields: dict[str, Any] = dict(WHOM_NEW)
    if stage.line.vendor is not INSIGHTLY:
        fields |= {"start_date": start, "job_title": "Engineer"}
    elif start > stage.today:
        fields |= {"start_date": start}
    if stage.line not in (NAMELY_GUIDE, INSIGHTLY_GUIDE, INSIGHTLY_SEEN, INSIGHTLY_SCIM):
        fields |= {"time_type": "part_time"}  # the guide's Namely shows no kind of contract
    return stage.connection.hire(**fields, approved_by="HR")


def terminate(stage: Stage, on: date) -> Outcome:
    return stage.connection.terminate(stage.id, on=on, **LEAVING, approved_by="HR")


# -- what it does to the sandbox's people -------------------------------------------------------------------


def rights(stage: Stage, before: Person, **scim: Any) -> Mapping[str, Any]:
    """A PUT of the whole user says again what their rights are, and the sandbox keeps what was said; so over SCIM."""
    if stage.line is INSIGHTLY_GUIDE:
        kept = {"PROFILE_ID": 102, "ROLE_ID": 202, "TIMEZONE_ID": ZONES.get(before.location, "UTC")}
        return {"extra": {**before.extra, **kept, "ADMINISTRATOR": False}}
    return {"extra": {**before.extra, **scim}} if stage.line is INSIGHTLY_SCIM and scim else {}


ZONES = {
    "Berlin": "W. Europe Standard Time",
    "London": "GMT Standard Time",
    "New York": "Eastern Standard Time",
    "Tokyo": "Tokyo Standard Time",
}


def renamed(stage: Stage, before: Person) -> Mapping[str, Any]:
    return {"family": "Neu", **rights(stage, before, displayName=f"{before.given} Neu")}


def job(before: Person, on: date, **changes: Any) -> JobRow:
    """The row that a job change adds: what is in force, with what changes."""
    held = {name: getattr(before, name) for name in ("title", "department", "division", "location", "manager_id")}
    return JobRow(**{**held, **changes, "date": on})


def moved(name: str, value: Callable[[Stage], str]) -> Shows:
    """A job change at BambooHR, of today: the row, and the present state that follows from it."""

    def shows(stage: Stage, before: Person) -> Mapping[str, Any]:
        told = {name: value(stage)}
        return {**told, "jobs": [*before.jobs, job(before, stage.today, **told)]}

    return shows


def hired(start: Callable[[Stage], date]) -> Mapping[str, Shows]:
    def namely(stage: Stage, before: Person) -> Mapping[str, Any]:
        contract = {} if stage.line is NAMELY_GUIDE else {"status_word": "Part-Time"}
        return {**NEW_STATE, "hired": start(stage), "title": "Engineer", **contract}

    def bamboohr(stage: Stage, before: Person) -> Mapping[str, Any]:
        day = start(stage)
        row = JobRow(date=day, title="Engineer", department="", division="", location="", manager_id=None)
        now = {"status_word": "Part-Time"} if day <= stage.today else {}
        dates = {"hired": day, "first_hired": day, "statuses": [StatusRow(date=day, status="Part-Time")]}
        return {**NEW_STATE, **dates, **now, "title": "Engineer", "jobs": [row]}

    def insightly(stage: Stage, before: Person) -> Mapping[str, Any]:
        if stage.line is INSIGHTLY_SCIM:
            return {**NEW_STATE, "extra": {"displayName": "Ada King"}}
        said = {"PROFILE_ID": None, "ROLE_ID": None, "TIMEZONE_ID": None, "ADMINISTRATOR": False}
        return {**NEW_STATE, "currency": "", "extra": said}

    return {"namely": namely, "bamboohr": bamboohr, "insightly": insightly}


def terminated(on: Callable[[Stage], date]) -> Mapping[str, Shows]:
    def gone(stage: Stage) -> Mapping[str, Any]:
        return {"active": False} if on(stage) <= stage.today else {}

    def namely(stage: Stage, before: Person) -> Mapping[str, Any]:
        reason = {"terminated_reason": "Relocation"} if stage.line is NAMELY_SEEN else {}
        return {"left": on(stage), **gone(stage), **({"extra": {**before.extra, **reason}} if reason else {})}

    def bamboohr(stage: Stage, before: Person) -> Mapping[str, Any]:
        told = {"type": "Resignation (Voluntary)", "reason": "Relocation", "rehire": "Yes"}
        row = StatusRow(date=on(stage), status="Terminated", **(told if stage.line is BAMBOO_SEEN else {}))
        word = {"status_word": "Terminated"} if gone(stage) else {}
        return {"left": on(stage), "statuses": [*before.statuses, row], **gone(stage), **word}

    def insightly(stage: Stage, before: Person) -> Mapping[str, Any]:
        return {"active": False, **rights(stage, before)}

    return {"namely": namely, "bamboohr": bamboohr, "insightly": insightly}


def taken_back(**namely: Any) -> Mapping[str, Shows]:
    """Namely's profile loses its day; BambooHR's history loses its last row, and shows the one before."""

    def bamboohr(stage: Stage, before: Person) -> Mapping[str, Any]:
        rows = before.statuses[:-1]
        return {"left": None, **namely, "statuses": rows} | ({"status_word": rows[-1].status} if namely else {})

    return {"namely": lambda stage, before: {"left": None, **namely}, "bamboohr": bamboohr}


def back(stage: Stage, before: Person) -> Mapping[str, Any]:
    """Whoever left is here again, from today."""
    here: Mapping[str, Any] = {"active": True, "left": None}
    if stage.line.vendor is INSIGHTLY:
        return {**here, **rights(stage, before)}
    if stage.line.vendor is NAMELY:
        return {**here, "hired": stage.today}
    row = StatusRow(date=stage.today, status="Full-Time")
    return {**here, "hired": stage.today, "status_word": "Full-Time", "statuses": [*before.statuses, row]}


def in_team(stage: Stage, before: Person) -> Mapping[str, Any]:
    return {"teams": sorted([*before.teams, stage.other_team])}


def title_ahead(stage: Stage, before: Person) -> Mapping[str, Any]:
    return {"jobs": [*before.jobs, job(before, stage.ahead(), title=stage.other_title)]}


CASES: Mapping[str, Case] = {
    "hire": Case(does=lambda stage: hire(stage, stage.today), shows=hired(lambda stage: stage.today)),
    "hire, to come": Case(does=lambda stage: hire(stage, stage.ahead()), shows=hired(Stage.ahead)),
    "update a name": Case(
        does=lambda stage: stage.connection.update(stage.id, family_name="Neu"),
        shows=dict.fromkeys(ALL, renamed),
    ),
    "update a job title": Case(
        does=lambda stage: stage.connection.update(stage.id, job_title=stage.other_title),
        shows={
            "namely": lambda stage, before: {"title": stage.other_title},
            "bamboohr": moved("title", lambda stage: stage.other_title),
        },
    ),
    "update a job title, to come": Case(
        does=lambda stage: stage.connection.update(stage.id, job_title=stage.other_title, on=stage.ahead()),
        shows={"bamboohr": title_ahead},
    ),
    "terminate, past": Case(
        does=lambda stage: terminate(stage, stage.ahead(-5)), shows=terminated(lambda stage: stage.ahead(-5))
    ),
    "terminate, today": Case(
        does=lambda stage: terminate(stage, stage.today), shows=terminated(lambda stage: stage.today)
    ),
    "terminate, to come": Case(does=lambda stage: terminate(stage, stage.ahead()), shows=terminated(Stage.ahead)),
    "cancel-termination, to come": Case(
        whom=leaver_to_come,
        does=lambda stage: stage.connection.cancel_termination(stage.id, approved_by="HR"),
        shows=taken_back(),
    ),
    "cancel-termination, past": Case(
        whom=leaver,
        does=lambda stage: stage.connection.cancel_termination(stage.id, approved_by="HR"),
        shows=taken_back(active=True),
    ),
    "rehire": Case(
        whom=leaver,
        does=lambda stage: stage.connection.rehire(stage.id, on=stage.today, approved_by="HR"),
        shows=dict.fromkeys(ALL, back),
    ),
    "join a department": Case(
        at=("namely", "bamboohr"),
        does=lambda stage: stage.connection.join(stage.id, stage.group(stage.other_department)),
        shows={
            "namely": lambda stage, before: {"department": stage.other_department},
            "bamboohr": moved("department", lambda stage: stage.other_department),
        },
    ),
    "join a team": Case(
        at=("namely", "insightly"),
        does=lambda stage: stage.connection.join(stage.id, stage.group(stage.other_team)),
        shows=dict.fromkeys(("namely", "insightly"), in_team),
    ),
    "leave a team": Case(
        does=lambda stage: stage.connection.leave(stage.id, stage.group(stage.whom.teams[0])),
        shows=dict.fromkeys(("namely", "insightly"), lambda stage, before: {"teams": []}),
    ),
    "delete": Case(
        does=lambda stage: stage.connection.delete(stage.id, approved_by="HR"),
        shows=dict.fromkeys(("bamboohr", "insightly"), lambda stage, before: REMOVED),
    ),
}
TRIED = [(verb, line) for verb, case in CASES.items() for line in LINES if line.vendor.name in case.at]
"""Every case at every vendor and in both dialects."""


@attrs.frozen
class Result:
    """What came of a verb: the requests that made the change, or why it cannot be made."""

    requests: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"unsupported: {self.reason}" if self.reason else "done: " + ", ".join(map("`{}`".format, self.requests))


@cache
def tried(verb: str, line: Line) -> Result:
    """Do it, and hold the sandbox's people to what they were and to what it must have made of one of them."""
    case = CASES[verb]
    with line.vendor.start(people=PEOPLE, dialect=line.dialect) as box, TemporaryDirectory() as folder:
        before = {person.id: copy.deepcopy(person) for person in box.people}
        whom = before[case.whom(box.people).id]
        with line.connect(box, store=f"sqlite:///{folder}/store.db") as connection:
            stage = Stage(line=line, box=box, connection=connection, whom=whom, today=datetime.now(UTC).date())
            try:
                outcome = case.does(stage)
            except hc.Unsupported as error:
                assert changes(before, box.people) == {}, "what cannot be done did something"
                assert written(box) == [], "what cannot be done was tried"
                return Result(reason=DAY.sub("the day", str(error).removeprefix(f"{line.vendor.name}: ")))
            assert outcome.state is State.PROVED
            new = {person.id: blank(person) for person in box.people if person.id not in before}
            subject = min(new, default=whom.id)
            assert outcome.id == line.vendor.id_of(new.get(subject, whom))
            wanted = case.shows[line.vendor.name](stage, {**before, **new}[subject])
            assert changes(before | new, box.people) == {subject: wanted}
            sent = written(box)
            assert len(sent) == outcome.sent, "what was sent is not what is told"
            return Result(tuple(sent))


def changes(before: Mapping[int, Person], people: Sequence[Person]) -> dict[int, Mapping[str, Any]]:
    """Who is not as before, and how: by attribute, the time of the last change left out."""
    now = {person.id: person for person in people}
    found = {id: difference(person, now.get(id)) for id, person in before.items() if person != now.get(id)}
    return found | {id: {"made": person} for id, person in now.items() if id not in before}


def difference(before: Person, now: Person | None) -> Mapping[str, Any]:
    if now is None:
        return REMOVED
    names = [field.name for field in attrs.fields(Person) if field.name != "updated"]
    return {name: getattr(now, name) for name in names if getattr(now, name) != getattr(before, name)}


def blank(person: Person) -> Person:
    """The same newcomer with nothing said of them."""
    return Person(
        id=person.id,
        uuid=person.uuid,
        number="",
        given="",
        family="",
        created=person.created,
        updated=datetime(1, 1, 1, tzinfo=UTC),
    )


def written(box: Sandbox) -> list[str]:
    """The requests that were to change something, below the address of the API, ids left out."""
    base = urlsplit(box.base_url).path
    writes = [one for one in box.log if one.method != "GET" and not READS.search(one.path)]
    assert all(one.status < 300 for one in writes), "a write was refused"
    return [f"{one.method} {ID.sub('{id}', one.path.removeprefix(base))}" for one in writes]


@pytest.mark.parametrize(("verb", "line"), TRIED, ids=str)
def test_a_verb_does_what_it_says_to_one_person_alone_or_says_why_not(verb: str, line: Line) -> None:
    result = tried(verb, line)
    assert bool(result.requests) is not bool(result.reason)


def test_the_table_of_verbs_in_the_docs_is_what_happens() -> None:
    check_table("verbs.md", _table())


def _table() -> Iterator[str]:
    yield "| verb | vendor | dialect | what happens |"
    yield "| --- | --- | --- | --- |"
    for verb, line in TRIED:
        yield f"| {verb} | {line.vendor.connector.title} | {line.named} | {tried(verb, line)} |"
