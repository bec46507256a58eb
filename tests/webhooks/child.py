"""A process of its own: it receives one message, or syncs and may die anywhere in that."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

import headcount as hc
from headcount.roster import Roster
from headcount.transport import Transport
from tests.forking import Places, serve
from tests.roster.stage import OPTIONS


def job(told: dict[str, Any]) -> dict[str, Any]:
    """Take in what waits, and perhaps die at a request or a commit of it."""
    ahead = timedelta(seconds=told["ahead"])
    connection = hc.connect("bamboohr", **told["settings"], name="acme", options=OPTIONS, store=told["store"])
    roster = Roster(told["store"], now=lambda: datetime.now(UTC) + ahead)
    places = Places(told["kill_at"])
    for owner, name in ((DefaultDialect, "do_commit"), (Transport, "_once")):
        places.around(owner, name)
    with connection, roster:
        run = roster.sync(connection) if told["sync"] else roster.take_in(connection)
        return {"kind": run and run.kind, "passed": places.passed}


def receive(told: dict[str, Any]) -> dict[str, Any]:
    """Receive one message."""
    with hc.connect("bamboohr", **told["settings"], name="acme", store=told["store"]) as connection:
        found = connection.webhook(told["headers"], told["body"].encode(), now=datetime.fromisoformat(told["now"]))
        return {"status": found.status, "duplicate": found.duplicate, "why": found.why}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(receive(json.loads(sys.argv[1]))))
    else:
        serve(job)
