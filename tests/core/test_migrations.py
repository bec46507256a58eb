"""A store comes to the newest schema by itself, whichever headcount made it, and keeps what is in it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect, select, text
from sqlalchemy.exc import OperationalError

import headcount as hc
from headcount import migrations
from headcount.lifecycle import tables
from headcount.migrations import HERE, TABLE, migrated, revision_of, revisions, upgrade
from headcount.store import open_store, reading

CORE = Path(hc.__file__).parent
METADATA = MetaData()
"""The tables of every room of ours that keeps something."""
for path in sorted(CORE.glob("*/tables.py")):
    for table in import_module(f"headcount.{path.parent.name}.tables").metadata.tables.values():
        table.to_metadata(METADATA)
pytestmark = pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")  # which is looked at, and not used
SINCE = ("connection",)
"""Columns of the journal that its first revision has not."""
RUN = {
    **dict.fromkeys(("id", "key", "vendor", "address", "verb", "digest", "subject", "plan"), "kept"),
    "state": "proved",
    "made_at": "2026-05-01T12:00:00+00:00",
    "changed_at": "2026-05-01T12:00:00+00:00",
}


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    found = open_store(store)
    yield found
    found.dispose()


def kept(engine: Engine) -> list[Any]:
    with reading(engine).begin() as connection:
        return [
            tuple(row)
            for table in (tables.runs, tables.steps, tables.audit)
            for row in connection.execute(select(*(c for c in table.columns if c.name not in SINCE)))
        ]


def filled(engine: Engine) -> list[Any]:
    """Something in each of the journal's tables."""
    with engine.begin() as connection:
        connection.execute(tables.runs.insert().values(RUN))
        connection.execute(tables.steps.insert().values(run="kept", number=1, way=0, state="sent", sent=1))
        connection.execute(tables.audit.insert().values(number=1, record="{}", previous="0", hash="1"))
    return kept(engine)


def former(connection: Connection) -> None:
    """A journal as it was made before there were revisions."""
    tables.metadata.create_all(connection)
    connection.execute(text("ALTER TABLE runs DROP COLUMN connection"))


def at(engine: Engine) -> str | None:
    with reading(engine).begin() as connection:
        return revision_of(connection)


def shape(engine: Engine) -> dict[str, Any]:
    """Every table and index as the store itself describes it."""
    found = inspect(engine)
    if engine.dialect.name == "sqlite":
        with reading(engine).begin() as connection:
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
            return {row.name: " ".join(row.sql.split()) for row in rows}
    return {
        name: [
            [str({**column, "type": str(column["type"])}) for column in found.get_columns(name)],
            *map(str, (found.get_pk_constraint(name), found.get_foreign_keys(name))),
            sorted(map(str, found.get_unique_constraints(name))),
            sorted(map(str, found.get_indexes(name))),
        ]
        for name in found.get_table_names()
    }


def emptied(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))


# -- the newest schema ----------------------------------------------------------------------------


def test_the_newest_revision_is_the_one_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [revisions()[-1]]
    assert [script.revision for script in reversed(list(scripts.walk_revisions()))] == list(revisions())


def test_what_the_revisions_make_is_what_the_tables_say(engine: Engine) -> None:
    migrated(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": TABLE})
        assert list(compare_metadata(context, METADATA)) == []


def test_what_the_revisions_make_is_what_the_tables_would(engine: Engine, tmp_path: Path) -> None:
    """To the last word of it: alembic does not compare everything."""
    migrated(engine)
    made = {name: told for name, told in shape(engine).items() if name != TABLE}
    emptied(engine)
    other = engine if engine.dialect.name == "postgresql" else open_store(f"sqlite:///{tmp_path}/other.db")
    with other.begin() as connection:
        METADATA.create_all(connection)
    assert made == shape(other)
    other.dispose()


def test_a_store_is_read_first_and_alembic_loaded_only_where_there_is_something_to_do(store: str) -> None:
    code = (
        "import sys; from headcount.store import open_store; from headcount.migrations import migrated; "
        "migrated(open_store(sys.argv[1])); print('alembic' in sys.modules)"
    )
    said = [
        subprocess.run([sys.executable, "-c", code, store], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert said == ["True\n", "False\n"]


def test_a_store_in_memory_has_the_schema_too() -> None:
    engine = open_store("sqlite://")
    migrated(engine)
    assert at(engine) == revisions()[-1]
    assert filled(engine)
    engine.dispose()


# -- stores that are there ------------------------------------------------------------------------


def test_a_store_from_before_there_were_revisions_keeps_its_rows(engine: Engine) -> None:
    with engine.begin() as connection:
        former(connection)
    before = filled(engine)
    assert at(engine) is None
    migrated(engine)
    assert kept(engine) == before
    assert at(engine) == revisions()[-1]


def test_a_journal_whose_settled_by_was_short_takes_a_long_one(engine: Engine) -> None:
    with engine.begin() as connection:
        former(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE steps ALTER settled_by TYPE VARCHAR(20)"))
    filled(engine)
    migrated(engine)
    with engine.begin() as connection:
        connection.execute(tables.steps.update().values(settled_by="somebody" * 10))


@pytest.mark.parametrize("revision", revisions())
def test_every_revision_comes_to_the_newest(revision: str, engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection, revision)
    assert at(engine) == revision
    before = filled(engine)
    migrated(engine)
    assert at(engine) == revisions()[-1]
    assert kept(engine) == before


def test_once_it_is_there_nothing_is_written(sqlite: str) -> None:
    engine, other = open_store(sqlite), open_store(sqlite)
    migrated(engine)
    engine.dispose()
    file = Path(sqlite.removeprefix("sqlite:///"))
    before = file.read_bytes()
    with other.begin():  # a lock would be waited for
        migrated(engine)
    engine.dispose()
    other.dispose()
    assert file.read_bytes() == before


# -- a newer headcount's --------------------------------------------------------------------------


def test_a_newer_store_is_refused_and_left_as_it_is(engine: Engine, store: str) -> None:
    migrated(engine)
    filled(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {TABLE} SET version_num = '9000'"))
    engine.dispose()
    file = Path(store.removeprefix("sqlite:///"))
    before = file.read_bytes() if file.exists() else shape(engine)
    for opening in (lambda: migrated(engine), hc.Journal(store).runs):
        with pytest.raises(hc.ConfigError) as refused:
            opening()
        said = f"its schema is 9000, and this one knows them up to {revisions()[-1]}. pip install --upgrade headcount"
        assert said in str(refused.value)
        assert "is a newer headcount's" in str(refused.value)
    assert (file.read_bytes() if file.exists() else shape(engine)) == before
    assert at(engine) == "9000"


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_the_one_that_refuses_shows_no_password(store: str) -> None:
    url = store.replace("postgres@", "postgres:hunter2secret@")
    engine = open_store(url)
    migrated(engine)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {TABLE} SET version_num = '9000'"))
    with pytest.raises(hc.ConfigError) as refused:
        migrated(engine)
    assert "hunter2secret" not in str(refused.value)
    assert store.rpartition("/")[2] in str(refused.value)
    engine.dispose()


# -- many at once, and what breaks ----------------------------------------------------------------


MIGRATES = """
import sys
import alembic.command
from headcount.migrations import migrated
from headcount.store import open_store

engine = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
migrated(engine)
print("done")
"""


def test_many_processes_migrate_at_once_and_all_are_served(store: str) -> None:
    pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen([sys.executable, "-c", MIGRATES, store], **pipe) for _ in range(3)]
    assert {process.stdout.readline() for process in running if process.stdout} == {"ready\n"}
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate(timeout=60)[0] for process in running] == ["done\n"] * 3
    assert [process.returncode for process in running] == [0] * 3
    engine = open_store(store)
    assert at(engine) == revisions()[-1]
    assert filled(engine)
    engine.dispose()


def test_threads_migrate_stores_of_their_own_at_once(tmp_path: Path) -> None:
    engines = [open_store(f"sqlite:///{tmp_path}/{number}.db") for number in range(6)]
    threads = [threading.Thread(target=migrated, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [at(engine) for engine in engines] == [revisions()[-1]] * 6
    for engine in engines:
        engine.dispose()


NEXT = '''"""A revision of tomorrow."""

from alembic import op
from sqlalchemy import Column, Text

revision = "9000"
down_revision = "{last}"


def upgrade() -> None:
    with op.batch_alter_table("runs") as runs:
        runs.add_column(Column("colour", Text))
        runs.alter_column("state", type_=Text())
    {then}
'''


@pytest.fixture
def tomorrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of revisions as a later headcount has it."""
    folder = tmp_path / "100% migrations"
    shutil.copytree(HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "HERE", folder)
    revisions.cache_clear()
    yield folder / "versions" / "9000_colour.py"
    revisions.cache_clear()


def test_a_new_file_is_all_that_a_new_revision_takes(engine: Engine, tomorrow: Path) -> None:
    """One that makes a table anew, to which others refer: what is in them stays, and stays guarded."""
    migrated(engine)
    before = filled(engine)
    tomorrow.write_text(NEXT.format(last=revisions()[-1], then=""))
    revisions.cache_clear()
    migrated(engine)
    assert at(engine) == "9000"
    assert kept(engine) == before
    with engine.begin() as connection:
        assert connection.execute(text("SELECT colour FROM runs")).all() == [(None,)]
    with pytest.raises(Exception, match=r"(?i)foreign key"), engine.begin() as connection:
        connection.execute(tables.steps.insert().values(run="nobody's", number=1, way=0, state="sent", sent=1))


def test_a_revision_that_breaks_off_leaves_the_store_as_it_was(engine: Engine, tomorrow: Path) -> None:
    migrated(engine)
    before, looked = filled(engine), shape(engine)
    tomorrow.write_text(NEXT.format(last=revisions()[-1], then='op.execute("SELECT * FROM nothing_of_the_kind")'))
    revisions.cache_clear()
    with pytest.raises(hc.ConfigError, match=r"cannot be opened: (Operational|Internal|Programming)Error"):
        migrated(engine)
    assert (kept(engine), shape(engine)) == (before, looked)


def test_without_alembic_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, sqlite: str) -> None:
    monkeypatch.setitem(sys.modules, "alembic", None)
    engine = open_store(sqlite)
    with pytest.raises(hc.ConfigError, match=r"this needs headcount\[roster\]: pip install 'headcount\[roster\]'"):
        migrated(engine)
    engine.dispose()


def test_who_is_told_that_a_file_is_busy_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, busy = open_store(f"sqlite:///{tmp_path}/store.db"), sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    told = iter([busy, busy])
    newest = migrations._is_newest

    def once_busy(connection: Connection) -> bool:
        if (error := next(told, None)) is not None:
            raise OperationalError("SELECT 1", None, error)
        return newest(connection)

    monkeypatch.setattr(migrations, "_is_newest", once_busy)
    migrated(engine)
    assert at(engine) == revisions()[-1]
    engine.dispose()


def test_a_file_that_is_no_store_is_told_in_sqlites_words(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("this is no database, but a text of some length " * 50)
    with pytest.raises(hc.ConfigError, match="file is not a database"):
        migrated(open_store(f"sqlite:///{tmp_path}/store.db"))
