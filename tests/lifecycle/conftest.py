"""What the tests of applying share: a store of their own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from headcount.lifecycle.tables import metadata
from tests.lifecycle.cases import ROOT

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL database that is made for this session. In CI it must be there."""
    name = f"headcount_test_{uuid.uuid4().hex[:12]}"
    try:
        engine = create_engine(f"{POSTGRES}postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except (ModuleNotFoundError, DBAPIError) as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(f"there is no PostgreSQL at 127.0.0.1:5432: {type(error).__name__}")
    yield make_url(POSTGRES).set(database=name, drivername="postgresql").render_as_string()
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty store, of either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/journal.db"
        return
    url: str = request.getfixturevalue("postgres")
    yield url
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of an empty store in a file."""
    return f"sqlite:///{tmp_path}/journal.db"


class Workers:
    """Processes of the script `child`, each asked by its number; a job is over when its process is."""

    def __init__(self) -> None:
        self._processes: dict[int, subprocess.Popen[str]] = {}

    def _process(self, number: int) -> subprocess.Popen[str]:
        if number not in self._processes:
            self._processes[number] = subprocess.Popen(
                [sys.executable, "-m", "tests.lifecycle.child"],
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
