"""A fork server: each job is done in a fork of its own, which may be told where to die.

Reads one job a line as JSON, and answers one line a job when its process is over: the signal that killed it, and what
came of it. A fork server has no threads; the process of the tests, which serves the sandbox, has.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

Job = Callable[[dict[str, Any]], dict[str, Any]]


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


def serve(job: Job) -> None:
    """Do what standard input asks for, a job a line, until it ends."""
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
