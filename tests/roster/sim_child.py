"""Processes that sync for the simulation: each job is done in a fork of its own, which may be told where to die.

Reads one job a line as JSON, and answers one line a job when its process is over: the signal that killed it, and what
came of it. A fork server has no threads; the process of the tests, which serves the sandbox, has.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

import headcount as hc
from headcount.options import UNLIMITED, Options
from headcount.roster import Limits, Roster, SyncPolicy, gathering
from headcount.transport import Transport

OPTIONS = Options(rate=UNLIMITED, tries=2, first_wait=0.005, longest_wait=0.01, max_bytes=1 << 20)
LIMITS = Limits(storm_percent=60, storm_few=12, few=3)
"""For a company so small that what happens in it in a fortnight may be a storm."""
TOGETHER = 5
"""So few records are made durable together, so that a death leaves some of them behind."""
POINTS = [(DefaultDialect, "do_commit"), (Transport, "_once")]
"""What a process may die before and after."""


def policy(full_every: float, timezone: str) -> SyncPolicy:
    return SyncPolicy(full_every=timedelta(seconds=full_every), timezone=timezone, limits=LIMITS)


class Places:
    """Counts the places where this process may die, and lets it die at the one it is told."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed = 0

    def here(self) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Put a place before and one after a function, by name."""
        inside: Callable[..., Any] = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:
            self.here()
            result = inside(*given, **named)
            self.here()
            return result

        setattr(owner, name, call)


def job(told: dict[str, Any]) -> dict[str, Any]:
    """One sync, and what came of it."""
    ahead = timedelta(seconds=told["ahead"])
    connection = hc.connect(told["vendor"], **told["settings"], name=told["name"], options=OPTIONS)
    roster = Roster(told["store"], now=lambda: datetime.now(UTC) + ahead)
    places = Places(told["kill_at"])
    for owner, name in POINTS:
        places.around(owner, name)
    try:
        with connection, roster:
            run = roster.sync(connection, policy=policy(told["full_every"], told["timezone"]), full=told["full"])
            return {"run": run.id, "passed": places.passed}
    except hc.HeadcountError as error:
        return {"error": type(error).__name__, "text": str(error), "passed": places.passed}


def main() -> None:
    gathering.TOGETHER = TOGETHER
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                try:
                    json.dump(job(json.loads(line)), pipe)
                except BaseException as error:  # noqa: BLE001 - whatever it is, the test is told
                    json.dump({"error": "crash", "text": f"{type(error).__name__}: {error}"}, pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        print(json.dumps({"killed": killed, **(json.loads(said) if said else {})}), flush=True)


if __name__ == "__main__":
    main()
