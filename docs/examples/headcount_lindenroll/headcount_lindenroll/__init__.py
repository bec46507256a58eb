"""Lindenroll: a vendor that nobody has, with everybody who ever had a contract, in words and days of its own.

Host     one for each company: https://{company}.lindenroll.example/api/v2
Auth     a key in X-Linden-Key; it is a person's, and sees what that person sees
Pages    people by a cursor beside the list, null on the last page, the count beside it; units by the Link header
Reads    everybody, with those who left and those to come; changed_after leaves who changed later
Writes   none
Dates    days as dd.mm.yyyy, instants as epoch seconds
Groups   units: departments and sites in one list, a person names one of each
Limits   none is written down; a 429 would say how long to wait
Errors   problem details (RFC 9457), the reason under detail
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from operator import itemgetter

import attrs
import headcount as hc


@attrs.frozen
class Settings:
    company: str = attrs.field(metadata=hc.setting("Lindenroll: your own address", host="lindenroll.example"))
    key: str = attrs.field(repr=False, metadata=hc.setting("Lindenroll: My profile > Keys"))


@attrs.define(kw_only=True)
class Name:
    first: str | None = None
    last: str | None = None


@attrs.define(kw_only=True)
class Person:
    ref: str
    name: Name | None = None
    mail: str | None = None
    post: str | None = None
    standing: str | None = None
    begins: date | None = None
    ends: date | None = None
    lead: str | None = None
    department: str | None = None
    site: str | None = None
    changed: datetime | None = None


@attrs.define(kw_only=True)
class Unit:
    ref: str
    title: str
    sort: str


STANDING = {
    "coming": hc.EmployeeStatus.PENDING,
    "employed": hc.EmployeeStatus.ACTIVE,
    "hired in": hc.EmployeeStatus.ACTIVE,
    "paused": hc.EmployeeStatus.ON_LEAVE,
    "former": hc.EmployeeStatus.TERMINATED,
}
STATUS = hc.Codes(hc.EmployeeStatus, STANDING)
WORKER = hc.Codes(hc.WorkerType, {"hired in": hc.WorkerType.CONTRACTOR}, silent=STANDING.keys() - {"hired in"})
UNIT = hc.Codes(hc.GroupType, {"department": hc.GroupType.DEPARTMENT, "site": hc.GroupType.LOCATION})
FIELDS: hc.Fields = {
    **dict.fromkeys(("given_name", "family_name"), "name"),
    "work_email": "mail",
    "job_title": "post",
    **dict.fromkeys(("status", "worker_type"), "standing"),
    "start_date": "begins",
    "termination_date": "ends",
    "manager_id": "lead",
    "group_ids": ("department", "site"),
    "updated_at": "changed",
}
PAGES = hc.cursor("after", lambda page: page.head["paging"]["after"], total=hc.total_at("paging.count"))
wire = hc.Wire(blank=("-",), dates=("%d.%m.%Y",))


def to_employee(raw: hc.Raw, known: None) -> hc.Employee:
    person = wire.read(raw, Person)
    name = person.name or Name()
    units = tuple(filter(None, (person.department, person.site)))
    return hc.Employee(
        id=person.ref,
        given_name=name.first,
        family_name=name.last,
        work_email=person.mail,
        job_title=person.post,
        status=STATUS(person.standing),
        worker_type=WORKER.maybe(person.standing),
        start_date=person.begins,
        termination_date=person.ends,
        manager_id=person.lead,
        group_ids=units if raw.keys() >= {"department", "site"} else None,
        updated_at=person.changed,
    )


def to_group(raw: hc.Raw, known: None) -> hc.Group:
    unit = wire.read(raw, Unit)
    return hc.Group(id=unit.ref, name=unit.title, type=UNIT(unit.sort))


def people(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/people", {"limit": 50}), at="people", by=PAGES)


def person(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(hc.Request("GET", f"/people/{hc.segment(id)}"))


def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
    after = f"{since - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"  # it leaves its own instant out
    return http.pages(hc.Request("GET", "/people", {"limit": 50, "changed_after": after}), at="people", by=PAGES)


def units(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    return http.pages(hc.Request("GET", "/units"), by=hc.linked())


def whoami(http: hc.Transport) -> hc.Identity:
    me = to_employee(http.record(hc.Request("GET", "/me")), None)
    return hc.Identity(id=me.id, name=me.display_name, work_email=me.work_email, expires="with its person's contract")


def reason(response: hc.Response) -> str:
    return str(response.said.get("detail", "")) if isinstance(response.said, dict) else ""


lindenroll = hc.Connector(
    name="lindenroll",
    title="Lindenroll",
    settings=Settings,
    base_url="https://{company}.lindenroll.example/api/v2",
    auth=lambda settings: hc.ApiKey(settings.key, header="X-Linden-Key"),
    classify=lambda response: hc.classify(response, reason=reason),
    employees=hc.Resource(all=people, one=person, changed=changed, to=to_employee, id=itemgetter("ref"), fields=FIELDS),
    groups=hc.Resource(all=units, to=to_group, id=itemgetter("ref")),
    whoami=whoami,
    sandbox="headcount_lindenroll.sandbox:LindenrollSandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [lindenroll]
