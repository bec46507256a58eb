"""Syncing, measured: a first sync beside plain upserts of the same rows, one of nothing new, and what changes cost.

`python -m tests.benchmarks.syncing <what> <store> <people> [NAME=VALUE …]` does one of these in a process of its own,
and prints what it cost as its last line. Where settings are given, people come over HTTP from the big server; else
from a list in memory, so that storing is measured and not reading.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy import Column, MetaData, String, Table, Text, create_engine, make_url, text

import headcount as hc
from headcount.http import Response
from headcount.plugins import new_manager
from headcount.roster import Roster, SyncPolicy, records
from headcount.store import open_store
from tests.benchmarks.child import cost

if TYPE_CHECKING:
    from tests.benchmarks.goals import Bench, Row

POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432/"
PAGE = 500
CHANGED: set[int] = set()
"""Who has another title since the last sync."""


@attrs.define(kw_only=True)
class Person:
    """A record of the vendor in memory, of about the size that vendors send."""

    id: str
    first: str | None = None
    last: str | None = None
    mail: str | None = None
    title: str | None = None
    hired: date | None = None
    boss: str | None = None
    unit: str | None = None
    changed: datetime | None = None
    phone: str | None = None


@attrs.frozen
class Settings:
    """What the vendor in memory needs: nothing."""

    company: str = "acme"


FIELDS: hc.Fields = {
    "given_name": "first",
    "family_name": "last",
    "work_email": "mail",
    "job_title": "title",
    "start_date": "hired",
    "manager_id": "boss",
    "group_ids": "unit",
    "work_phone": "phone",
    "updated_at": "changed",
}
wire = hc.Wire()


def to_employee(raw: hc.Raw, known: Any) -> hc.Employee:
    person = wire.read(raw, Person)
    return hc.Employee(
        id=person.id,
        status=hc.Coded(hc.EmployeeStatus.ACTIVE, "Active"),
        given_name=person.first,
        family_name=person.last,
        work_email=person.mail,
        job_title=person.title,
        start_date=person.hired,
        manager_id=person.boss,
        manager_ids=(person.boss,) if person.boss else (),
        group_ids=(person.unit,) if person.unit else (),
        work_phone=person.phone,
        updated_at=person.changed,
    )


def raw(number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "first": "Ada",
        "last": f"Doe-{number}",
        "mail": f"ada.doe.{number}@example.com",
        "title": "Director" if number in CHANGED else "Engineer",
        "hired": "2019-04-01",
        "boss": str(number // 8),
        "unit": f"unit-{number % 40}",
        "changed": "2026-11-01T00:00:00Z",
        "phone": f"+1 555 {number:06d}",
    }


def account(people: int) -> hc.Connection:
    """A connection to a vendor in memory who has so many people."""
    answer = Response(request=hc.Request("GET", "/people"), status=200)

    def everybody(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
        for start in range(0, people, PAGE):
            stop = min(people, start + PAGE)
            yield hc.Page(records=[raw(n) for n in range(start, stop)], response=answer, total=people, seen=stop)

    def changed(http: hc.Transport, ask: hc.Ask, since: datetime) -> Iterator[hc.Page]:
        yield hc.Page(records=[raw(number) for number in sorted(CHANGED)], response=answer, seen=len(CHANGED))

    connector = hc.Connector(
        name="memory",
        title="Memory",
        settings=Settings,
        base_url="https://memory.example/v1",
        auth=lambda settings: hc.Bearer("in-memory"),
        employees=hc.Resource(all=everybody, to=to_employee, fields=FIELDS, changed=changed),
    )
    return hc.Connection(connector, Settings(), connector.base_url, new_manager())


def timed(do: Any) -> float:
    started = time.perf_counter()
    do()
    return time.perf_counter() - started


def plainly(connection: hc.Connection, store: str) -> None:
    """Read everybody and upsert each by executemany, a page at a time: nothing that a roster does besides."""
    table = Table(
        "plain_people",
        MetaData(),
        Column("connection", String(120), primary_key=True),
        Column("id", String(200), primary_key=True),
        Column("record", Text),
        Column("hash", String(32)),
    )
    engine = open_store(store)
    table.create(engine)
    if engine.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    made = insert(table)
    new = {"record": made.excluded.record, "hash": made.excluded.hash}
    upsert = made.on_conflict_do_update(index_elements=["connection", "id"], set_=new)
    for batch in connection.employees().pages():
        rows = []
        for person in batch.records:
            told = records.written(records.kept(person)[0])
            rows.append({"connection": "plain", "id": person.id, "record": told, "hash": records.mark_of(told)})
        if rows:
            with engine.begin() as db:
                db.execute(upsert, rows)
    engine.dispose()


def main(what: str, store: str, people: int, given: dict[str, str]) -> dict[str, float]:
    """One measurement: seconds by name, and the peak of memory."""
    options = hc.Options(rate=hc.Rate(1_000_000, per=0.01))
    vendor = given.pop("vendor", None)
    connection = account(people) if vendor is None else hc.connect(vendor, options=options, **dict[str, Any](given))
    if what == "plain":
        seconds = {"plain": timed(lambda: plainly(connection, store))}
        return {**seconds, **cost()}
    roster, found = Roster(store), dict[str, float]()
    policy = SyncPolicy(full_every=timedelta(days=365))
    found["first"] = timed(lambda: roster.sync(connection, policy=policy))
    found["peak"] = cost()["peak"]
    if what == "all":
        found["again"] = timed(lambda: roster.sync(connection, policy=policy, full=True))
        for number in (0, 10, 100, 1000):
            CHANGED.update(range(number))
            found[f"changed {number}"] = timed(lambda: roster.sync(connection, policy=policy))
            CHANGED.clear()
            roster.sync(connection, policy=policy, full=True)
    return found


# -- the goal -----------------------------------------------------------------------------------------


def measured(what: str, store: str, people: int, given: dict[str, str] | None = None) -> dict[str, float]:
    """One measurement in a process and a store of its own."""
    pairs = [f"{name}={value}" for name, value in (given or {}).items()]
    command = [sys.executable, "-m", "tests.benchmarks.syncing", what, store, str(people), *pairs]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{what} {store}: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


class Stores:
    """New stores of one kind, gone at the end."""

    def __init__(self, kind: str, folder: str) -> None:
        self.kind, self._folder, self._made = kind, folder, 0

    def new(self) -> str:
        self._made += 1
        if self.kind == "SQLite":
            return f"sqlite:///{self._folder}/{self._made}.db"
        name = f"headcount_bench_{os.getpid()}_{self._made}"
        self._run(f"CREATE DATABASE {name}")
        return make_url(POSTGRES).set(database=name).render_as_string()

    def drop(self) -> None:
        for number in range(1, self._made + 1) if self.kind != "SQLite" else ():
            self._run(f"DROP DATABASE headcount_bench_{os.getpid()}_{number} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(f"{POSTGRES}postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as db:
            db.execute(text(statement))
        engine.dispose()


def goal(bench: Bench) -> Iterator[Row]:
    """What a roster costs, on either store."""
    people = 2_000 if bench.quick else 100_000
    with TemporaryDirectory() as folder:
        for kind in ("SQLite", "PostgreSQL"):
            stores = Stores(kind, folder)
            try:
                yield from _of(bench, stores, people)
            finally:
                stores.drop()


def _of(bench: Bench, stores: Stores, people: int) -> Iterator[Row]:
    from tests.benchmarks.goals import Row

    about = f"{stores.kind}, {people:,} people"
    plain = min(measured("plain", stores.new(), people)["plain"] for _ in range(bench.times))
    found = min((measured("all", stores.new(), people) for _ in range(bench.times)), key=lambda one: one["first"])
    ratio = found["first"] / plain
    yield Row(
        "P10",
        f"{about}: first sync, {people / found['first']:,.0f} a second, against plain upserts of the same rows",
        f"{ratio:.2f} x",
        "<= 3 x",
        ratio <= 3,
    )
    yield Row("P10", f"{about}: a full sync that finds nothing new", f"{found['again']:.1f} s")
    none = found["changed 0"]
    yield Row("P10", f"{about}: an incremental sync that finds nothing", f"{none * 1000:.0f} ms")
    for number in (10, 100, 1000):
        more = (found[f"changed {number}"] - none) * 1000
        each = f"{more / number:.2f} ms a change"
        yield Row("P10", f"{about}: an incremental sync that finds {number:,}", f"{none * 1000 + more:.0f} ms ({each})")
    half = measured("first", stores.new(), people // 2)["peak"]
    growth = found["peak"] - half
    yield Row(
        "P10", f"{about}: peak RSS of the first sync", f"{found['peak']:.0f} MB", "<= 120 MB", found["peak"] <= 120
    )
    yield Row("P10", f"{about}: growth of it from half as many", f"{growth:.1f} MB", "<= 6 MB", growth <= 6)
    for vendor in ("namely", "bamboohr", "insightly"):
        scenario = bench.scenario(people)
        settings = {"vendor": vendor, **bench.settings(vendor, scenario)}
        line = measured("first", stores.new(), people, settings)
        counted = bench.line.counted(vendor, scenario)
        told = f"{line['first']:.0f} s, {line['peak']:.0f} MB"
        yield Row("P10", f"{about}: first sync of {vendor} over HTTP, {counted.listed:,} requests of the list", told)


if __name__ == "__main__":
    _, asked, url, size, *pairs = sys.argv
    print(json.dumps(main(asked, url, int(size), dict(pair.split("=", 1) for pair in pairs))))
