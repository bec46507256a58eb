"""A vendor that nobody has: one sandbox with a list of every kind of paging, and a connector that reads it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

import headcount as hc
from headcount.sandbox import Answer, Call, Sandbox, route

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
SIZE = 10
QUICK = hc.Options(rate=hc.UNLIMITED, threads=1, first_wait=0.001, longest_wait=0.02, read_timeout=5.0)
"""Waits that a test can wait for; nothing is asked ahead unless a test says so."""


class Toy(Sandbox):
    """The toy vendor. `rows` replaces its people; `told` are answers that `/said` gives, one each time."""

    name = "toy"
    prefixes = ("/api",)

    def __init__(self, *, rows: list[Any] | None = None, **how: Any) -> None:
        how.setdefault("people", 0)
        super().__init__(now=NOW, **how)
        self.given = rows
        self.told: deque[Answer] = deque()
        self.tells_total = True
        self.counts: int | None = None
        self.busy = 0
        self.busiest = 0
        self.doors = threading.Lock()

    @property
    def rows(self) -> list[Any]:
        if self.given is not None:
            return self.given
        return [row_of(person) for person in self.people]

    @property
    def base_url(self) -> str:
        return f"{self.origin}/api"

    @property
    def settings(self) -> dict[str, str]:
        return {"token": self.key, "base_url": self.base_url}

    def authorized(self, call: Call) -> bool:
        return bool(call.headers.get("authorization") == f"Bearer {self.key}")

    def error(self, status: int, message: str = "") -> Answer:
        return Answer(status=status, body={"message": message})

    def say(self, *answers: Answer) -> None:
        """What `/said` answers next, in order; the last one again and again."""
        self.told.extend(answers)

    def _respond(self, request: Request) -> Response:
        with self.doors:
            self.busy += 1
            self.busiest = max(self.busy, self.busiest)
        try:
            return super()._respond(request)
        finally:
            with self.doors:
                self.busy -= 1

    def envelope(self, call: Call, rows: list[Any]) -> dict[str, Any]:
        meta = {"meta": {"total": self.total(call, self.rows)}} if self.tells_total else {}
        return {"people": self.shown(call, rows), **meta}

    @route("GET", "/numbered")
    def numbered(self, call: Call) -> Answer:
        size, number = call.number("size", SIZE), call.number("page", 1)
        return Answer(body=self.envelope(call, self.page(call, self.rows, start=0, size=size, number=number)))

    @route("GET", "/offset")
    def offset(self, call: Call) -> Answer:
        size, start = call.number("size", SIZE), call.number("skip", 0)
        return Answer(body=self.envelope(call, self.page(call, self.rows, start=start, size=size)))

    @route("GET", "/after")
    def after(self, call: Call) -> Answer:
        ids = [row["id"] for row in self.rows]
        last = call.number("after", 0)
        start = ids.index(last) + 1 if last in ids else 0
        return Answer(body=self.page(call, self.rows, start=start, size=SIZE))

    @route("GET", "/cursor")
    def cursor(self, call: Call) -> Answer:
        start = call.number("token", 0)
        rows = self.page(call, self.rows, start=start, size=SIZE)
        following = start + len(rows)
        token = str(following) if following < len(self.rows) else None
        return Answer(body={**self.envelope(call, rows), "next": token})

    @route("GET", "/everyone")
    def everyone(self, call: Call) -> Answer:
        return Answer(body={"version": 1, "people": self.shown(call, list(self.rows)), "made": "today"})

    @route("GET", "/people/<int:id>")
    def one(self, call: Call, id: int) -> Answer:
        found = [row for row in self.rows if row["id"] == id]
        return Answer(body=found[0]) if found else self.error(404, "no such person")

    @route("GET", "/count")
    def count(self, call: Call) -> Answer:
        return Answer(body={"count": len(self.rows) if self.counts is None else self.counts})

    @route("GET", "/echo")
    def echo(self, call: Call) -> Answer:
        query = {name: call.query.getlist(name) for name in call.query} if isinstance(call.query, MultiDict) else {}
        return Answer(body={"query": query, "headers": dict(call.headers)}, headers={"Set-Cookie": "crumb=1; Path=/"})

    @route("GET", "/said")
    @route("POST", "/said")
    @route("PUT", "/said")
    @route("PATCH", "/said")
    @route("DELETE", "/said")
    def said(self, call: Call) -> Answer:
        return self.told.popleft() if len(self.told) > 1 else self.told[0]

    @route("POST", "/people")
    @route("PUT", "/people/<int:id>")
    @route("DELETE", "/people/<int:id>")
    def change(self, call: Call, id: int = 0) -> Answer:
        return Answer(body={"id": id})


def row_of(person: Any) -> dict[str, Any]:
    """A person as the toy vendor shows them."""
    return {
        "id": person.id,
        "first": person.given,
        "last": person.family,
        "state": "Active" if person.active else "Inactive",
        "hired": person.hired and person.hired.isoformat(),
    }


def rows_of(count: int) -> list[dict[str, Any]]:
    """So many plain records, numbered from 1."""
    return [{"id": id, "first": f"First{id}", "last": "Last", "state": "Active"} for id in range(1, count + 1)]


@attrs.frozen
class Settings:
    """What a company gives to connect to the toy vendor."""

    token: str = attrs.field(repr=False, metadata=hc.setting("Toy: Settings > Tokens"))


@attrs.define(kw_only=True)
class Person:
    """A person as the toy vendor keeps them."""

    id: str
    first: str | None = None
    last: str | None = None
    state: str | None = None
    hired: date | None = None
    mail: str | None = None
    mobile: str | None = None
    pay: Decimal | None = None


WIRE = hc.Wire(blank={"none"})
STATUS = hc.Codes(
    hc.EmployeeStatus, {"Active": hc.EmployeeStatus.ACTIVE, "Inactive": hc.EmployeeStatus.INACTIVE}, silent={""}
)
FIELDS: hc.Fields = {
    "given_name": "first",
    "family_name": "last",
    "work_email": "mail",
    "mobile_phone": "mobile",
    "start_date": "hired",
    "compensation": "pay",
}


def to_employee(raw: hc.Raw, known: Any) -> hc.Employee:
    """An employee from a person of the toy vendor."""
    person = WIRE.read(raw, Person)
    return hc.Employee(
        id=person.id,
        status=STATUS(person.state),
        given_name=person.first,
        family_name=person.last,
        work_email=person.mail,
        mobile_phone=person.mobile,
        start_date=person.hired,
        compensation=hc.or_none(hc.Compensation, amount=person.pay),
    )


NUMBERED = hc.numbered("page", total=hc.total_at("meta.total"))
OFFSET = hc.offset("skip", total=hc.total_at("meta.total"))
CURSOR = hc.cursor("token", lambda page: page.head["next"], total=hc.total_at("meta.total"))


def everyone(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
    """The pages of all people."""
    return http.pages(hc.Request("GET", "/numbered"), at="people", by=NUMBERED)


def one(http: hc.Transport, ask: hc.Ask, id: str) -> hc.Raw:
    """The record of one person."""
    return http.record(hc.Request("GET", f"/people/{hc.segment(id)}"))


def count(http: hc.Transport) -> int | None:
    """How many people there are, asked another way."""
    found = http.json(hc.Request("GET", "/count"))["count"]
    return found if isinstance(found, int) else None


EMPLOYEES: hc.Resource[hc.Employee] = hc.Resource(all=everyone, one=one, to=to_employee, fields=FIELDS)
TOY = hc.Connector(
    name="toy",
    title="Toy",
    settings=Settings,
    base_url="https://api.toy.example/api",
    auth=lambda settings: hc.Bearer(settings.token),
    employees=EMPLOYEES,
)


def reads(**how: Any) -> hc.Resource[hc.Employee]:
    """The list of people, with something of it another way."""
    return attrs.evolve(EMPLOYEES, **how)
