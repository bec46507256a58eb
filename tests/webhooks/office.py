"""A company at a vendor, a roster of it that is synced, and an address that receives what the vendor sends."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import text
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

import headcount as hc
from headcount.roster import Roster, Run, SyncPolicy
from headcount.sandbox import Hook, Outbox, Person, Sandbox
from headcount.testing.bench import Kept
from tests.connectors.vendors import BAMBOOHR, Vendor
from tests.roster.stage import NOON, OPTIONS

ELSEWHERE = "https://hooks.example.com/hr"


@attrs.define(kw_only=True)
class Office:
    """The vendor, a connection and its roster; `hook` is a webhook whose key is kept, `answers` what was answered."""

    box: Sandbox
    connection: hc.Connection
    roster: Roster
    hook: Hook
    answers: list[hc.Received] = attrs.field(factory=list)

    @property
    def outbox(self) -> Outbox:
        return self.box.webhooks

    def receive(self, headers: Mapping[str, str], body: bytes, **how: Any) -> hc.Received:
        return self.connection.webhook(headers, body, now=self.box.clock.now(), **how)

    def send(self, body: Any, *, key: str | None = None, ago: float = 0, times: int = 1) -> list[hc.Received]:
        """Receive a body that is signed as the vendor signs, so many seconds ago."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = signed(raw, int(self.box.clock.now().timestamp() - ago), self.hook.key if key is None else key)
        return [self.receive(headers, raw) for _ in range(times)]

    def waiting(self) -> dict[str, str]:
        """Whose records wait, each with the mark of the message."""
        return {id: mark for id, mark in self.rows("SELECT id, mark FROM roster_waiting")}  # noqa: C416

    def rows(self, query: str) -> list[Any]:
        with self.roster._engine.connect() as db:
            return [tuple(row) for row in db.execute(text(query))]

    def plain(self, skip: int = 0) -> Person:
        """Somebody with nothing odd about them."""
        return [one for one in self.box.people[1:] if not one.tags and one.active][skip]

    def renamed(self, skip: int = 0, name: str = "Renamed") -> str:
        """Somebody's name is another from now on; returns their id."""
        person = self.plain(skip)
        person.given = name
        self.box.touch(person)
        return self.box.id_of(person)

    def take_in(self, **how: Any) -> Run | None:
        return self.roster.take_in(self.connection, policy=SyncPolicy(**how))

    def agrees(self) -> None:
        """The roster is as a whole read of the vendor brings it."""
        Kept(box=self.box, connection=self.connection, roster=self.roster, file=Path()).agrees()


def event(*, id: object, kind: str = "updated", **more: Any) -> dict[str, Any]:
    """A message of the family of events."""
    data = {"companyId": "12345", "employeeId": id, **more}
    return {"type": f"employee.{kind}", "timestamp": "2027-03-10T12:00:00+0000", "data": data}


def signed(body: bytes, timestamp: object, key: str) -> dict[str, str]:
    """The headers of a message, worked out as the vendor describes them and not by our own code."""
    signature = hmac.new(key.encode(), body + str(timestamp).encode(), "sha256").hexdigest()
    return {"X-BambooHR-Timestamp": str(timestamp), "X-BambooHR-Signature": signature}


@contextmanager
def opened(
    url: str, vendor: Vendor = BAMBOOHR, dialect: str = "observed", *, people: int = 40, name: str = "acme"
) -> Iterator[Office]:
    """An office whose roster knows everybody."""
    with (
        vendor.start(people=people, dialect=dialect, now=NOON) as box,
        hc.Vault(url) as vault,
        box.connect(options=OPTIONS, store=url, vault=vault, name=name) as connection,
        Roster(url, now=box.clock.now) as roster,
    ):
        events = ["employee.created", "employee.updated", "employee.deleted"]
        hook = box.webhooks.add(ELSEWHERE, events=events, monitorFields=["firstName", "lastName", "jobTitle", "status"])
        if connection.connector.webhooks and connection.connector.webhooks.signing:
            connection.keep_webhook_key(hook.id, hook.key)
        roster.sync(connection)
        yield Office(box=box, connection=connection, roster=roster, hook=hook)


@contextmanager
def receiver(office: Office) -> Iterator[str]:
    """The address of a server that hands what it gets to the connection."""

    @Request.application
    def application(request: Request) -> Response:
        answer = office.receive(dict(request.headers), request.get_data())
        office.answers.append(answer)
        return Response(status=answer.status)

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            """Say nothing."""

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}/hook"
    finally:
        server.shutdown()
        server.server_close()
