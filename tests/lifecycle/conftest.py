"""What the tests of applying share: processes that apply plans."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lifecycle.cases import ROOT

CHILD = "import alembic.command; from tests.lifecycle import child; child.main()"
"""What makes a store takes long to load: once, and not in each fork."""


class Workers:
    """Processes of the script `child`, each asked by its number; a job is over when its process is."""

    def __init__(self) -> None:
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def _process(self, number: int) -> subprocess.Popen[str]:
        if number not in self._processes:
            self._processes[number] = subprocess.Popen(
                [sys.executable, "-c", CHILD],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._processes[number]

    def begin(self, number: int, **job: Any) -> None:
        """Have a worker begin a job."""
        process = self._process(number)
        assert process.stdin is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()

    def ended(self, number: int) -> dict[str, Any]:
        """What came of the job that a worker began."""
        process = self._process(number)
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.readline())
        return told

    def do(self, **job: Any) -> dict[str, Any]:
        """One job, from its beginning to its end."""
        self.begin(0, **job)
        return self.ended(0)

    def close(self) -> None:
        for process in self._processes.values():
            process.communicate()


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    found = Workers()
    yield found
    found.close()
