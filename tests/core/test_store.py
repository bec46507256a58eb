"""A store is opened durably and privately, and what is no store is told in one line."""

from __future__ import annotations

import builtins
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

import headcount as hc
from headcount.store import one_at_a_time, open_store, place_of, reading, store_url


def opened(url: str) -> Engine:
    engine = open_store(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS counted (number INTEGER)"))
    return engine


def test_the_store_is_what_is_given_else_the_environments_else_a_file_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert store_url() == "sqlite:///headcount.db"
    monkeypatch.setenv("HEADCOUNT_STORE", "postgresql://localhost/hr")
    assert store_url() == "postgresql://localhost/hr"
    assert store_url("sqlite:///own.db") == "sqlite:///own.db"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "the store's URL is none: write sqlite:///file.db or postgresql://…"),
        ("", "the store's URL is none"),
        ("mysql://localhost/hr", "a store is sqlite:///file.db or postgresql://…, and not mysql"),
        ("oracle://localhost/hr", "and not oracle"),
        ("postgresql+psycopg2://localhost/hr", "headcount[postgres]"),
        ("sqlite+nothing:///x.db", ""),
        ("postgresql://localhost:port/hr", ""),
    ],
)
def test_a_url_that_is_none_is_told_in_one_line(url: str, words: str) -> None:
    with pytest.raises(hc.ConfigError) as stopped:
        open_store(url)
    assert words in str(stopped.value)
    assert "\n" not in str(stopped.value)


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "x.db", tmp_path):
        with pytest.raises(hc.ConfigError, match="cannot be opened: ") as stopped:
            open_store(f"sqlite:///{path}")
        assert str(path) in str(stopped.value)
        assert "\n" not in str(stopped.value)


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = builtins.__import__

    def without(*missing: str) -> Any:
        def imported(name: str, *rest: Any, **named: Any) -> Any:
            if name.partition(".")[0] in missing:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            return before(name, *rest, **named)

        return imported

    monkeypatch.setattr(builtins, "__import__", without("sqlalchemy"))
    with pytest.raises(hc.ConfigError, match=r"this needs headcount\[roster\]: pip install 'headcount\[roster\]'"):
        open_store(f"sqlite:///{tmp_path}/x.db")
    monkeypatch.setattr(builtins, "__import__", without("psycopg"))
    with pytest.raises(hc.ConfigError, match=r"this needs headcount\[postgres\]"):
        open_store("postgresql://localhost/hr")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("mask", [0o022, 0o000, 0o077])
def test_only_its_owner_reads_the_file(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        engine = opened(f"sqlite:///{tmp_path}/x.db")
        found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)
    assert "x.db" in found
    assert set(found.values()) == {0o600}, "what SQLite puts beside it too"


def test_a_file_that_is_there_keeps_what_is_in_it(tmp_path: Path) -> None:
    counts: list[Any] = []
    for _ in range(2):
        engine = opened(f"sqlite:///{tmp_path}/x.db")
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO counted VALUES (1)"))
            counts.append(connection.execute(text("SELECT count(*) FROM counted")).scalar())
        engine.dispose()
    assert counts == [1, 2]


def test_what_is_committed_outlives_the_machine(tmp_path: Path) -> None:
    engine = opened(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        told = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    engine.dispose()
    durable = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert told == {**durable, "busy_timeout": 30_000, "secure_delete": 1}


def test_what_is_erased_does_not_stay_in_the_file(tmp_path: Path) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE people (number INTEGER PRIMARY KEY, name TEXT)"))
        rows = [{"name": f"Wilhelmina {number} {'x' * 300}"} for number in range(200)]
        connection.execute(text("INSERT INTO people (name) VALUES (:name)"), rows)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM people WHERE number < 100"))
        connection.execute(text("UPDATE people SET name = 'nobody'"))
    engine.dispose()  # the last one out copies the log into the file, and removes it
    assert [path.name for path in tmp_path.iterdir()] == ["x.db"]
    assert b"Wilhelmina" not in (tmp_path / "x.db").read_bytes()


def test_no_writer_loses_what_another_wrote(tmp_path: Path) -> None:
    """Each reads a number and writes the next: one that reads before it may write would lose some."""
    engine = opened(f"sqlite:///{tmp_path}/x.db")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counted VALUES (0)"))

    def count() -> None:
        for _ in range(5):
            with engine.begin() as connection:
                number = connection.execute(text("SELECT number FROM counted")).scalar_one()
                connection.execute(text("UPDATE counted SET number = :next"), {"next": number + 1})

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT number FROM counted")).scalar() == 30
    engine.dispose()


READ = """
import sys
from sqlalchemy import text
from headcount.store import open_store, reading
with reading(open_store(sys.argv[1])).begin() as connection:
    print(connection.execute(text("SELECT sum(number) FROM counted")).scalar(), flush=True)
    sys.stdin.readline()
    print(connection.execute(text("SELECT sum(number) FROM counted")).scalar(), flush=True)
"""


def test_who_reads_neither_waits_for_a_writer_nor_holds_one_up(tmp_path: Path) -> None:
    """The readers begin while a writer is at it, and are still reading when it and another are done."""
    url = f"sqlite:///{tmp_path}/x.db"
    engine = opened(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counted VALUES (1)"))
    pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counted VALUES (10)"))
        readers = [subprocess.Popen([sys.executable, "-c", READ, url], **pipe) for _ in range(2)]
        assert [reader.stdout.readline() for reader in readers if reader.stdout] == ["1\n"] * 2
        with reading(engine).begin() as another:
            assert another.execute(text("SELECT sum(number) FROM counted")).scalar() == 1
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO counted VALUES (100)"))
    said = [reader.communicate("go on\n", timeout=30)[0] for reader in readers]
    assert said == ["1\n"] * 2, "each sees one state of the store to its end"
    with reading(engine).begin() as connection:
        assert connection.execute(text("SELECT sum(number) FROM counted")).scalar() == 111
    engine.dispose()


def test_the_engine_that_is_read_from_still_writes_with_the_lock(tmp_path: Path) -> None:
    engine = opened(f"sqlite:///{tmp_path}/x.db")
    reads = reading(engine)
    assert reads.pool is engine.pool
    with reads.begin(), pytest.raises(OperationalError, match="locked"):
        busy(f"sqlite:///{tmp_path}/x.db", engine)
    engine.dispose()


def busy(url: str, engine: Engine) -> None:
    """Begin a second transaction beside one that may write, without patience."""
    other = open_store(url)
    with engine.begin(), other.connect() as connection:
        connection.connection.cursor().execute("PRAGMA busy_timeout=1")
        try:
            connection.begin()
        finally:
            other.dispose()


def test_one_transaction_at_a_time_gets_past_the_door(store: str) -> None:
    engine = open_store(store)
    inside, most = 0, 0
    lock = threading.Lock()

    def enter() -> None:
        nonlocal inside, most
        with engine.begin() as connection:
            one_at_a_time(connection)
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=enter) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    assert most == 1


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sqlite:///own.db", "sqlite:///own.db"),
        ("postgresql://ada:hunter2secret@db/hr?sslmode=require", "postgresql://ada:***@db/hr"),
        ("postgresql://db/hr?password=hunter2secret", "postgresql://db/hr"),
        ("hunter2secret", "that HEADCOUNT_STORE names"),
        ("postgresql://ada:hunter2secret@db:port/hr", "that HEADCOUNT_STORE names"),
    ],
)
def test_a_place_is_told_without_its_password(url: str, place: str) -> None:
    assert place_of(url) == place


def test_a_store_that_cannot_be_reached_is_told_in_one_line_without_its_password() -> None:
    journal = hc.Journal("postgresql://somebody:hunter2secret@127.0.0.1:1/hr")
    with pytest.raises(hc.ConfigError) as stopped:
        journal.runs()
    assert "hunter2secret" not in str(stopped.value)
    assert "127.0.0.1:1/hr" in str(stopped.value)
    assert "\n" not in str(stopped.value)
    assert stopped.value.__suppress_context__
    journal.close()


def test_a_file_that_is_no_store_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database, by any means, and long enough to be looked at " * 20)
    journal = hc.Journal(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(hc.ConfigError, match="cannot be opened") as stopped:
        journal.runs()
    assert "\n" not in str(stopped.value)
    journal.close()


def test_what_is_committed_stays_where_several_open_the_file_in_one_process(tmp_path: Path) -> None:
    """As a roster, a vault and an inbox do, while other processes come, write and go."""
    url = f"sqlite:///{tmp_path}/x.db"
    first, second = opened(url), open_store(url)
    code = (
        "import sys; from sqlalchemy import text; from headcount.store import open_store\n"
        "engine = open_store(sys.argv[1])\n"
        "with engine.begin() as db:\n"
        "    db.execute(text('INSERT INTO counted VALUES (0)'))\n"
        "    print(db.execute(text('SELECT count(*) FROM counted')).scalar())\n"
        "engine.dispose()"
    )
    other = [sys.executable, "-c", code, url]
    assert subprocess.run(other, capture_output=True, text=True, check=True).stdout == "1\n"
    with first.begin() as db:
        db.execute(text("INSERT INTO counted VALUES (1)"))
    assert subprocess.run(other, capture_output=True, text=True, check=True).stdout == "3\n"
    second.dispose()
    first.dispose()
