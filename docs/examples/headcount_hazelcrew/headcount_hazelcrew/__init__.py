"""Hazelcrew: a vendor that nobody has, which takes changes: each has an address of its own, and leaving has a day.

Host     https://api.hazelcrew.example/people/v1
Auth     OAuth: a bearer token with scopes, crew:read and crew:write; it is its owner's, and ends on a day that it tells
Pages    offset and limit up to 50, the total beside the list; crews and sites in one answer each
Reads    everybody, with those who left and those to come
Writes   POST makes one, PATCH sets what it names (RFC 7396); leaving, return and posting have addresses of their own
Dates    days as dd/mm/yyyy, instants as ISO 8601 in UTC
Groups   crews are departments, sites are locations; a person has one posting to each
Limits   a 429 says how long to wait; 10 requests a second are kept
Errors   as OAuth has them: error is a word, error_description the reason
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain

import attrs
import headcount as hc

HEADCOUNT_API = 1  # a headcount of another says so, and does not fail in the middle
DATES = "%d/%m/%Y"


@attrs.frozen
class Settings:
    """What a company gives to connect."""

    token: str = attrs.field(repr=False, metadata=hc.setting("Hazelcrew: Settings > Apps > your app > Tokens"))


@attrs.define(kw_only=True)
class Person:
    """What somebody is called."""

    forename: str | None = None
    surname: str | None = None
    known_as: str | None = None


@attrs.define(kw_only=True)
class Contact:
    """Where somebody is reached."""

    email: str | None = None
    mobile: str | None = None


@attrs.define(kw_only=True)
class Leaving:
    """When somebody leaves, and why; null for who stays."""

    day: date | None = None
    why: str | None = None


@attrs.define(kw_only=True)
class Ref:
    """Who or what is meant."""

    id: str | None = None


@attrs.define(kw_only=True)
class Posting:
    """Where somebody works."""

    crew: str | None = None
    site: str | None = None


@attrs.define(kw_only=True)
class Colleague:
    """Somebody as Hazelcrew sends them; every object may be null."""

    id: str
    state: str | None = None
    person: Person | None = None
    contact: Contact | None = None
    role: str | None = None
    first_day: date | None = None
    leaving: Leaving | None = None
    lead: Ref | None = None
    posting: Posting | None = None
    touched_at: datetime | None = None


@attrs.define(kw_only=True)
class Place:
    """A crew or a site."""

    id: str
    label: str
    kind: str


@attrs.define(kw_only=True)
class Token:
    """What a token says of itself, as RFC 7662 has it."""

    sub: str | None = None
    name: str | None = None
    username: str | None = None
    scope: str | None = None
    exp: datetime | None = None


STATE = hc.Codes(
    hc.EmployeeStatus,
    {
        "joining": hc.EmployeeStatus.PENDING,
        "here": hc.EmployeeStatus.ACTIVE,
        "away": hc.EmployeeStatus.ON_LEAVE,
        "gone": hc.EmployeeStatus.TERMINATED,
    },
)
PLACE = hc.Codes(hc.GroupType, {"crew": hc.GroupType.DEPARTMENT, "site": hc.GroupType.LOCATION})
FIELDS: hc.Fields = {
    "status": "state",
    "given_name": "person",
    "family_name": "person",
    "preferred_name": "person",
    "work_email": "contact",
    "mobile_phone": "contact",
    "job_title": "role",
    "start_date": "first_day",
    "termination_date": "leaving",
    "termination_reason": "leaving",
    "manager_id": "lead",
    "group_ids": "posting",
    "updated_at": "touched_at",
}
WRITABLE: hc.Writable = {
    "given_name": "person.forename",
    "family_name": "person.surname",
    "preferred_name": "person.known_as",
    "work_email": "contact.email",
    "mobile_phone": "contact.mobile",
    "job_title": "role",
    "start_date": "first_day",
    "manager_id": "lead.id",
}
STAYS = {"termination_date": None, "termination_reason": None}

wire = hc.Wire(dates=(DATES,))


def to_employee(raw: hc.Raw, known: None) -> hc.Employee:
    one = wire.read(raw, Colleague)
    person, contact = one.person or Person(), one.contact or Contact()
    leaving, posting = one.leaving or Leaving(), one.posting or Posting()
    return hc.Employee(
        id=one.id,
        status=STATE(one.state),
        given_name=person.forename,
        family_name=person.surname,
        preferred_name=person.known_as,
        work_email=contact.email,
        mobile_phone=contact.mobile,
        job_title=one.role,
        start_date=one.first_day,
        termination_date=leaving.day,
        termination_reason=leaving.why,
        manager_id=(one.lead or Ref()).id,
        group_ids=None if one.posting is None else tuple(filter(None, (posting.crew, posting.site))),
        updated_at=one.touched_at,
    )


def to_group(raw: hc.Raw, known: None) -> hc.Group:
    place = wire.read(raw, Place)
    return hc.Group(id=place.id, name=place.label, type=PLACE(place.kind))


def colleagues(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    pages = hc.offset("offset", total=hc.total_at("meta.total"))
    return http.pages(hc.Request("GET", "/colleagues", {"offset": 0, "limit": 50}), at="data", by=pages)


def colleague(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    return http.record(hc.Request("GET", f"/colleagues/{hc.segment(id)}"))


def places(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    crews, sites = hc.Request("GET", "/crews"), hc.Request("GET", "/sites")
    return chain(http.pages(crews, at="data"), http.pages(sites, at="data"))


def token_of(http: hc.Transport) -> Token:
    return wire.read(http.record(hc.Request("GET", "/token")), Token)


def whoami(http: hc.Transport) -> hc.Identity:
    token = token_of(http)
    ends = (
        "not known: the token does not say" if token.exp is None else f"on {token.exp:%Y-%m-%d at %H:%M} UTC, it says"
    )
    return hc.Identity(id=token.sub, name=token.name, work_email=token.username, role=token.scope, expires=ends)


def classify(response: hc.Response) -> hc.VendorError | None:
    return hc.classify(response, reason=reason)


def reason(response: hc.Response) -> str:
    said = response.said
    return str(said.get("error_description") or said.get("error") or "") if isinstance(said, dict) else ""


def hire(change: hc.Hire, ground: hc.Ground) -> Iterator[hc.Step]:
    request = hc.Request("POST", "/colleagues", json=written(change.fields))
    yield hc.Step(says="Make the colleague", request=request, expect=change.fields, makes=True)


def made(response: hc.Response) -> str:
    return wire.read(response.json(), Colleague).id


def update(change: hc.Update, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.only_now(change.on)
    yield step("PATCH", change.id, "", "Change the colleague", written(change.fields), change.fields)


def terminate(change: hc.Terminate, ground: hc.Ground) -> Iterator[hc.Step]:
    ground.warn("Hazelcrew keeps the day and the reason alone; the rest is in our journal.")
    if token_of(ground.http).sub == change.id:
        ground.warn("The token of this connection is this person's: it ends with them, and so does the connection.")
    body = {"day": f"{change.on:{DATES}}", "why": change.reason}
    expect = {"termination_date": change.on.isoformat(), "termination_reason": change.reason}
    yield step("PUT", change.id, "/leaving", "Set the last day", body, expect)


def cancel_termination(change: hc.CancelTermination, ground: hc.Ground) -> Iterator[hc.Step]:
    yield step("DELETE", change.id, "/leaving", "Take the last day back", None, STAYS)


def rehire(change: hc.Rehire, ground: hc.Ground) -> Iterator[hc.Step]:
    """The same colleague from another first day; what is set besides goes by a request of its own."""
    expect = {**STAYS, "start_date": change.on.isoformat()}
    yield step("POST", change.id, "/return", "Take the colleague on again", {"day": f"{change.on:{DATES}}"}, expect)
    if change.fields:
        yield step("PATCH", change.id, "", "Change the colleague", written(change.fields), change.fields)


def join(change: hc.Join, ground: hc.Ground) -> Iterator[hc.Step]:
    """One crew and one site: who joins another leaves the one before."""
    ground.only_now(change.on)
    group = ground.group(change.group_id)
    posting = {**(ground.raw.get("posting") or {}), str(group.type.source): group.id}
    expect = {"group_ids": sorted(filter(None, posting.values()))}
    yield step("PUT", change.id, "/posting", f"Post the colleague to {group.name}", posting, expect)


def written(fields: hc.Facts) -> hc.Facts:
    return hc.translated(fields, WRITABLE, dates=DATES)


def step(method: str, id: str, below: str, says: str, body: hc.Facts | None, expect: hc.Facts) -> hc.Step:
    return hc.Step(
        says=says, request=hc.Request(method, f"/colleagues/{hc.segment(id)}{below}", json=body), expect=expect
    )


hazelcrew = hc.Connector(
    name="hazelcrew",
    title="Hazelcrew",
    settings=Settings,
    base_url="https://api.hazelcrew.example/people/v1",
    auth=lambda settings: hc.Bearer(settings.token),
    rate=hc.Rate(10),
    classify=classify,
    employees=hc.Resource(all=colleagues, one=colleague, to=to_employee, fields=FIELDS),
    groups=hc.Resource(all=places, to=to_group),
    whoami=whoami,
    writable=WRITABLE,
    plans={
        hc.Hire: hc.Verb(plan=hire, made=made, required=("given_name", "family_name", "work_email", "start_date")),
        hc.Update: hc.Verb(plan=update),
        hc.Terminate: hc.Verb(plan=terminate),
        hc.CancelTermination: hc.Verb(plan=cancel_termination),
        hc.Rehire: hc.Verb(plan=rehire),
        hc.Join: hc.Verb(plan=join),
    },
    cannot={
        hc.Leave: "a colleague has one crew and one site: join another",
        hc.Delete: "it keeps everybody: terminate",
    },
    sandbox="headcount_hazelcrew.sandbox:HazelcrewSandbox",
)


@hc.hookimpl
def headcount_connectors() -> list[hc.Connector]:
    return [hazelcrew]
