"""Processes that apply plans for the tests: each job is done in a fork of its own, which may be told where to die.

Reads one job a line as JSON, and answers one line a job when its process is over: the signal that killed it, and
what it said. A job has the case's name, the sandbox's settings, the store, and what to do.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

import headcount as hc
from headcount.lifecycle import Journal
from headcount.transport import Transport
from tests.lifecycle.cases import AT_ONCE, QUICK, approved, case_named, connected

POINTS = [(Journal, "begin"), (Journal, "claim"), (Journal, "note"), (Transport, "send"), (Journal, "finish")]
"""What a process may die before and after."""


class Places:
    """Counts the places where this process may die, and lets it die at the one it is told."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []

    def here(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str) -> None:
        """Put a place before and one after a function, by name."""
        inside: Callable[..., Any] = getattr(owner, name)

        def call(*given: Any, **named: Any) -> Any:
            self.here(f"before {name}")
            result = inside(*given, **named)
            self.here(f"after {name}")
            return result

        setattr(owner, name, call)


def job(told: dict[str, Any]) -> dict[str, Any]:
    """What one process does: apply a plan, make a change, or resume; and what came of it."""
    places = Places(told.get("kill_at", 0))
    for owner, name in POINTS:
        places.around(owner, name)
    case = case_named(told["case"])
    policy = attrs.evolve(AT_ONCE, settle_after=timedelta(seconds=told.get("settle_after", 0)))
    wait_for(told.get("start"))
    try:
        with connected(
            told["box"], case.vendor, store=told["store"], policy=policy, options=QUICK, settings=told["box"]
        ) as connection:
            if told["do"] == "resume":
                outcome = connection.resume(told["key"])
            else:
                plan = hc.Plan.from_json(told["plan"])
                if told["do"] == "apply":
                    outcome = connection.apply(plan, key=told["key"], approval=approved(plan))
                else:
                    outcome = connection.make(plan.change, key=told["key"], approved_by="grace")
    except hc.HeadcountError as error:
        return {"error": type(error).__name__, "text": str(error), "passed": places.passed}
    return {"state": outcome.state, "sent": outcome.sent, "repeated": outcome.repeated, "passed": places.passed}


def wait_for(start: str | None) -> None:
    """Until this file is there: so that several processes begin at once."""
    while start and not Path(start).exists():
        pass


def main() -> None:
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with os.fdopen(writing, "w") as pipe:
                json.dump(job(json.loads(line)), pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        answer = {"killed": killed, "exit": status, **(json.loads(said) if said else {})}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
