"""A vendor that nobody has, and that can be changed: the toy vendor with managers, teams, pay, and a verb for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

import headcount as hc
from headcount.sandbox import Answer, Call, route
from tests.core.toy import NUMBERED, Toy, reads


def row(id: int, first: str = "", last: str = "Last", **more: Any) -> dict[str, Any]:
    """A person of the office; `state` is Working unless said."""
    first = first or f"First{id}"
    mail = f"{first}@office.example".lower()
    return {"id": id, "first": first, "last": last, "mail": mail, "state": "Working", **more}


class Office(Toy):
    """The toy vendor, where a PUT changes the person."""

    @route("PUT", "/people/<int:id>")
    def change(self, call: Call, id: int = 0) -> Answer:
        (found,) = (row for row in self.rows if row["id"] == id)
        found.update(call.json())
        return Answer(body=found)


@attrs.define(kw_only=True)
class Worker:
    """A person as the office keeps them."""

    id: str
    first: str | None = None
    last: str | None = None
    mail: str | None = None
    private: str | None = None
    state: str | None = None
    title: str | None = None
    hired: date | None = None
    left: date | None = None
    boss: str | None = None
    shy: bool = False
    teams: list[str] = attrs.field(factory=list)
    shirt: str | None = None
    pay: Decimal | None = None


WIRE = hc.Wire()
STATUS = hc.Codes(
    hc.EmployeeStatus,
    {
        "Working": hc.EmployeeStatus.ACTIVE,
        "Coming": hc.EmployeeStatus.PENDING,
        "Away": hc.EmployeeStatus.ON_LEAVE,
        "Gone": hc.EmployeeStatus.TERMINATED,
        "Off": hc.EmployeeStatus.INACTIVE,
    },
)
FIELDS: hc.Fields = {
    "status": "state",
    "given_name": "first",
    "family_name": "last",
    "work_email": "mail",
    "personal_email": "private",
    "job_title": "title",
    "start_date": "hired",
    "termination_date": "left",
    "manager_id": "boss",
    "group_ids": "teams",
    "custom_fields": "shirt",
    "compensation": "pay",
}
WRITABLE: hc.Writable = {
    "given_name": "first",
    "family_name": "last",
    "work_email": "mail",
    "personal_email": "private",
    "job_title": "title",
    "start_date": "hired",
    "manager_id": "boss",
    "group_ids": "teams",
    "custom_fields": "the field's own key",
    "compensation.amount": "pay",
}


def to_employee(raw: hc.Raw, known: Any) -> hc.Employee:
    worker = WIRE.read(raw, Worker)
    return hc.Employee(
        id=worker.id,
        status=STATUS(worker.state),
        given_name=worker.first,
        family_name=worker.last,
        work_email=worker.mail,
        personal_email=worker.private,
        job_title=worker.title,
        start_date=worker.hired,
        termination_date=worker.left,
        manager_id=worker.boss,
        group_ids=tuple(worker.teams),
        custom_fields={"shirt": hc.CustomField(key="shirt", value=worker.shirt)},
        compensation=hc.or_none(hc.Compensation, amount=worker.pay),
        absent={"manager_id": hc.NullReason.UNREADABLE} if worker.shy else {},
    )


def one(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    """One person. Of the shy ones the office tells the boss in the list alone."""
    raw = http.record(hc.Request("GET", f"/people/{hc.segment(id)}"))
    return {**raw, "boss": None} if raw.get("shy") else raw


def teams(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The office's teams are listed beside its people."""
    return http.pages(hc.Request("GET", "/everyone"), at="people")


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.warn("A badge is printed.")
    ground.warn("A badge is printed.")
    request = hc.Request("POST", "/people", json=hc.translated(change.fields, WRITABLE))
    yield hc.Step(says="Make the person", request=request, expect={**change.fields, "status": "active"}, makes=True)


def put(id: str, says: str, body: dict[str, Any], expect: hc.Facts) -> hc.Step:
    return hc.Step(says=says, request=hc.Request("PUT", f"/people/{hc.segment(id)}", json=body), expect=expect)


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    ground.warn("Everybody is told.")
    yield put(change.id, "Change the person", hc.translated(change.fields, WRITABLE), change.fields)


def terminate(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
    """Two requests, so that one of them may be done already."""
    day = change.on.isoformat()
    yield put(change.id, "Close the desk", {"state": "Gone"}, {"status": "terminated"})
    yield put(change.id, "Set the day", {"left": day}, {"termination_date": day})


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    day = change.on.isoformat()
    expect = {"status": "active", "start_date": day, "termination_date": None, **change.fields}
    yield put(change.id, "Open the desk", {"state": "Working", "hired": day, "left": None}, expect)


def join(change: hc.Join, ground: hc.Ground) -> Iterator[hc.Step]:
    ids = sorted({*ground.facts["group_ids"], ground.group(change.group_id).id})
    yield put(change.id, "Put them into the team", {"teams": ids}, {"group_ids": ids})


PLANS = {
    hc.Hire: hc.Verb(plan=hire, required=("given_name", "family_name", "start_date")),
    hc.Update: hc.Verb(plan=update),
    hc.Terminate: hc.Verb(plan=terminate),
    hc.Rehire: hc.Verb(plan=rehire),
    hc.Join: hc.Verb(plan=join),
}
EMPLOYEES = reads(one=one, to=to_employee, fields=FIELDS)
GROUPS: hc.Resource[hc.Group] = hc.Resource(
    all=teams,
    belongs=lambda raw: "team" in raw,
    to=lambda raw, known: hc.Group(id=str(raw["id"]), name=raw["team"], type=hc.Coded(hc.GroupType.TEAM)),
)
OFFICE: dict[str, Any] = {
    "plans": PLANS,
    "cannot": {hc.Delete: "a person stays in the books"},
    "writable": WRITABLE,
    "groups": GROUPS,
}
"""What the toy connector is with verbs."""


def found_by(email_at: str = "/numbered") -> hc.Resource[hc.Employee]:
    """The people, with a search by e-mail."""

    def find(http: hc.Transport, ask: hc.Ask, fields: hc.Facts) -> Iterator[hc.Page]:
        email = fields.get("work_email")
        return http.pages(hc.Request("GET", email_at, {"email": email}), at="people", by=NUMBERED)

    return attrs.evolve(EMPLOYEES, find=find)
