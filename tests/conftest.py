"""What every test may rely on: no settings of the machine, stores of its own, and cassettes that a person can read."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many of the planted faults the kit caught, wherever they were tried."""

    def count(kind: str) -> int:
        reports = terminalreporter.stats.get(kind, ())
        return sum("test_a_planted_fault_is_caught" in report.nodeid for report in reports)

    caught, missed = count("passed"), count("failed")
    if caught or missed:
        terminalreporter.write_line(f"planted faults: {caught} of {caught + missed} caught by the check named for it")


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HEADCOUNT_") and name not in ("HEADCOUNT_RECORDINGS", "HEADCOUNT_WRITE_DOCS"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str]:
    """The URL of a PostgreSQL database that is made for this process. In CI it must be there."""
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


@pytest.fixture
def postgres(postgres_database: str) -> str:
    """The URL of an empty PostgreSQL database."""
    engine = create_engine(make_url(postgres_database).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    url: str = request.getfixturevalue("postgres")
    return url


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of an empty store in a file."""
    return f"sqlite:///{tmp_path}/store.db"


class Readable:
    """A cassette serializer that writes bodies of many lines as they are."""

    class Dumper(yaml.SafeDumper):
        """YAML whose long texts are blocks."""

    @classmethod
    def serialize(cls, kept: dict[str, Any]) -> str:
        return yaml.dump(kept, Dumper=cls.Dumper, allow_unicode=True, sort_keys=False, width=200)

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.safe_load(text)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Readable.Dumper.add_representer(str, _text)


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Called by pytest-recording when it makes its recorder."""
    vcr.register_serializer("yaml", Readable)
