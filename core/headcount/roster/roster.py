"""The roster: what is known of the people of many companies, kept in one store, synced, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Self

import attrs
from sqlalchemy import Engine, and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from headcount import codec
from headcount.connection import Connection
from headcount.errors import ConfigError, Held
from headcount.health import CredentialHealth, concerns_of
from headcount.leases import as_moment, is_free
from headcount.migrations import migrated
from headcount.model import Employee, EmployeeStatus, Group, GroupType
from headcount.roster import deciding, erasing, feed, reading, records
from headcount.roster.events import EventKind, State
from headcount.roster.feed import Feed
from headcount.roster.findings import population
from headcount.roster.holding import Holding
from headcount.roster.policy import Retention, SyncPolicy
from headcount.roster.reading import Answer, Book, Freshness, Question
from headcount.roster.resealing import resealed
from headcount.roster.run import Change, Event, Run, RunState, Watching
from headcount.roster.runs import run_named, run_of
from headcount.roster.staging import BATCH
from headcount.roster.sync import Sync, tick
from headcount.roster.tables import changes, connections, employees, events, held, quarantine, runs, waiting
from headcount.sealing import Sealer, keys_told
from headcount.store import open_store, place_of, store_url
from headcount.store import reading as for_reading

SHORT = timedelta(minutes=2)
"""For so long a connection is held for what asks no vendor."""


@attrs.frozen(kw_only=True)
class Aside:
    """A record in quarantine: whose it is, where that can be made out, why it could not be read, and since when."""

    connection: str
    subject: str
    id: str | None
    reason: str
    first_at: datetime
    last_at: datetime
    payload: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Health:
    """How a connection fares: its last run and its last good one, how fresh it is, what waits for a person.

    `waiting` is how many records wait to be read again because a webhook named them. `credential` is how that fares;
    None where nobody has been read yet.
    """

    connection: str
    vendor: str
    freshness: Freshness
    people: int
    last_run: Run | None
    held: tuple[Run, ...]
    quarantined: int
    waiting: int
    credential: CredentialHealth | None
    timezone: str
    syncing: bool


class Roster:
    """The people of many companies in one store. `url` is `sqlite:///file.db` or `postgresql://…`; without it,
    `HEADCOUNT_STORE`, else `headcount.db` in this folder. Many processes may share it.

    It holds personal data: keep the store accordingly. `key` seals what the vendor sent as it was (Fernet keys, with
    commas between them; without it, `HEADCOUNT_KEY`, or the file that `HEADCOUNT_KEY_FILE` names). `now` is the clock.

    Raises `ConfigError` where the store cannot be opened, or was made by a newer headcount.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        key: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.url = store_url(url)
        self.now = now
        self._sealer = Sealer(keys_told(key))

    @cached_property
    def _engine(self) -> Engine:
        engine = open_store(self.url)
        try:
            migrated(engine)
        except SQLAlchemyError as error:
            raise ConfigError(f"the store {self.place} cannot be opened: {type(error).__name__}") from None
        return engine

    @cached_property
    def _reading(self) -> Engine:
        return for_reading(self._engine)

    @property
    def place(self) -> str:
        """Where the roster is, without a password."""
        return place_of(self.url)

    # -- syncing ------------------------------------------------------------------------------------

    def sync(
        self,
        connection: Connection,
        *,
        policy: SyncPolicy | None = None,
        full: bool = False,
        watching: Watching | None = None,
    ) -> Run:
        """Bring the roster up to date with a company's account, in the cheapest way that loses nobody.

        Everybody is read the first time, on schedule (`policy.full_every`), where the vendor cannot tell what changed,
        and with `full`; else what changed, and whom webhooks named. What a guard holds, and what could not be read, is
        in the run that is returned; the rest is kept. `watching` is told of progress.

        Raises `Held` where another process syncs this connection, the vendor's error that ended the read (what came
        is kept for the next sync to go on from), and `ConfigError`.
        """
        return self._sync(connection, policy, watching=watching, full=full)

    def take_in(
        self, connection: Connection, *, policy: SyncPolicy | None = None, watching: Watching | None = None
    ) -> Run | None:
        """Read those again whom webhooks have named since, and no others; None where nobody waits.

        What changed, or everybody, is read instead where a message did not tell whom, and where a full read is due.
        Whoever is named meanwhile waits on. Raises as `sync`.
        """
        if not self.waiting(connection):
            return None
        return self._sync(connection, policy, watching=watching, named=True)

    def waiting(self, connection: str | Connection) -> int:
        """How many records wait to be read again because a webhook named them; what names nobody counts for one."""
        own = waiting.c.connection == _name(connection)
        with self._reading.connect() as db:
            return int(db.execute(select(func.count()).select_from(waiting).where(own)).scalar_one())

    def _sync(self, connection: Connection, policy: SyncPolicy | None, **how: Any) -> Run:
        sync = Sync(self._engine, connection, policy or SyncPolicy(), sealer=self._sealer, now=self.now, **how)
        run = sync.run()
        if any(run.counts.get(name) for name in ("added", "changed", "deleted", "undeleted", "events")):
            connection.hooks.hook.headcount_changed(connection=connection.name, run=run)
        if connection.hooks.hook.headcount_concerned.get_hookimpls():
            health = self.status(connection)[0].credential
            if health is not None and health.concerns:
                connection.hooks.hook.headcount_concerned(connection=connection.name, health=health)
        return run

    def tick(self, now: datetime | None = None) -> int:
        """Let the day come for everybody: whoever's first or last day has passed is another from then on, though
        nothing changed at the vendor. Every sync does so for its own connection. Returns how many events that makes.

        Connections that another process is at are passed over: their sync does it.
        """
        return sum(self._tick(name, now or self.now()) for name in self.connections())

    def _tick(self, name: str, now: datetime) -> int:
        try:
            with self._holding(name) as holding:
                return tick(holding, now)
        except Held:
            return 0

    def release(self, run: str | Run) -> Run:
        """Believe what a run holds. Raises `ConfigError` where there is nothing to decide, `Held` during a sync."""
        found = self.run(run)
        with self._holding(found.connection) as holding:
            return deciding.release(holding, found, self.now())

    def reject(self, run: str | Run) -> Run:
        """Do not believe what a run holds, for as long as the vendor says the same. Raises as `release`."""
        found = self.run(run)
        with self._holding(found.connection) as holding:
            return deciding.reject(holding, found)

    # -- reading ------------------------------------------------------------------------------------

    def connections(self) -> list[str]:
        """The names of the connections that are kept."""
        with self._reading.connect() as db:
            return list(db.execute(select(connections.c.name).order_by(connections.c.name)).scalars())

    def employees(
        self,
        connection: str | Connection | None = None,
        *,
        status: EmployeeStatus | str | None = None,
        state: State | str | None = None,
        group: str | None = None,
        manager: str | None = None,
        changed_since: datetime | None = None,
        deleted: bool = False,
        out_of_scope: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Answer[Employee]:
        """The people of a connection (of the only one, where there is one), by id.

        Without a `limit` all of them, as they are read; with it a page, and `cursor` goes on with the next: all pages
        show the roster as it stood at the first, whatever is synced meanwhile. `deleted` are those whom the vendor
        no longer has; with `out_of_scope` come also those who are no longer among those to be kept.
        """
        book = self._book(connection)
        question = Question(
            status=None if status is None else EmployeeStatus(status),
            state=None if state is None else State(state),
            group=group,
            manager=manager,
            changed_since=changed_since,
            deleted=deleted,
            out_of_scope=out_of_scope,
        )
        if limit is not None or cursor is not None:
            return reading.paged(book, question, limit=limit or 100, cursor=cursor, made=book.employee)
        found = book.people(question, version=book.row.version)
        return Answer((book.employee(kept) for kept in found), book.freshness)

    def employee(self, id: str, connection: str | Connection | None = None) -> Employee:
        """One person by the vendor's id, as they are or, deleted, last were. Raises `NotFound`."""
        book = self._book(connection)
        return book.employee(reading.one(book, id))

    def groups(
        self, connection: str | Connection | None = None, *, type: GroupType | str | None = None
    ) -> Answer[Group]:
        """The groups of a connection. Their members are those whose records name them."""
        book = self._book(connection)
        return Answer(book.groups(None if type is None else GroupType(type)), book.freshness)

    def as_of(self, day: date, connection: str | Connection | None = None) -> Answer[Employee]:
        """The people as they stood at the end of a day of the company's calendar, as far as is known today.

        Raises `ConfigError` for a day before the history begins.
        """
        book = self._book(connection)
        since, end = as_moment(book.row.history_since), book.end_of(day)
        if since is None or since > datetime.fromisoformat(end):
            begins = f"begins on {since.astimezone(book.zone):%Y-%m-%d}" if since else "has not begun"
            raise ConfigError(f"{book.name}: the history {begins}; {day} is not known")
        found = book.people(Question(), version=book.row.version, undone=changes.c.valid_at >= end)
        return Answer((book.employee(kept) for kept in found), book.freshness)

    def changes(
        self,
        after: str | None = None,
        *,
        connection: str | Connection | None = None,
        employee: str | None = None,
    ) -> Iterator[Change]:
        """The change feed, from its beginning or after the `seq` of what was read last; of all connections or one."""
        where = [changes.c.connection == _name(connection)] if connection is not None else []
        if employee is not None:
            where += [changes.c.subject == "employee", changes.c.id == employee]
        return feed.rows(self._reading, changes, feed.change_of, after=after, where=and_(True, *where))

    def events(
        self,
        after: str | None = None,
        *,
        connection: str | Connection | None = None,
        employee: str | None = None,
        kinds: tuple[EventKind | str, ...] = (),
    ) -> Iterator[Event]:
        """The lifecycle events, in the order in which the roster learnt of them; as `changes`."""
        return feed.rows(
            self._reading, events, feed.event_of, after=after, where=_events_where(connection, employee, kinds)
        )

    def feed(
        self,
        consumer: str,
        *,
        connection: str | Connection | None = None,
        kinds: tuple[EventKind | str, ...] = (),
    ) -> Feed:
        """The events for a consumer of this name, each at least once: it goes on where it last acknowledged."""
        of = "all connections" if connection is None else _name(connection)
        filter = f"{of}: {', '.join(sorted(EventKind(kind).value for kind in kinds)) or 'all kinds'}"
        where = _events_where(connection, None, kinds)
        return Feed(self._engine, self._reading, consumer, self.now, where=where, filter=filter)

    def run(self, name: str | Run) -> Run:
        """A run, by its id or the beginning of that. Raises `ConfigError`."""
        with self._reading.connect() as db:
            return run_named(db, name.id if isinstance(name, Run) else name)

    def runs(
        self, connection: str | Connection | None = None, *, kinds: tuple[str, ...] = (), limit: int = 20
    ) -> list[Run]:
        """The last runs, the latest first; of all connections or one, and of all kinds or these."""
        query = select(runs).order_by(runs.c.started_at.desc(), runs.c.number.desc()).limit(limit)
        if connection is not None:
            query = query.where(runs.c.connection == _name(connection))
        if kinds:
            query = query.where(runs.c.kind.in_(kinds))
        with self._reading.connect() as db:
            return [run_of(row) for row in db.execute(query)]

    def held(self, run: str | Run) -> list[tuple[str, str, Any, Any]]:
        """What a run holds: for each the employee's id, `departure` or the field, what is kept and what was told."""
        found = self.run(run)
        query = select(held).where(held.c.run == found.id).order_by(held.c.id, held.c.what)
        with self._reading.connect() as db:
            rows = db.execute(query).all()
            mine = employees.c.connection == found.connection
            docs = {
                row.id: records.flat(records.read(row.record))
                for start in range(0, len(rows), BATCH)
                for row in db.execute(
                    select(employees.c.id, employees.c.record).where(
                        and_(mine, employees.c.id.in_([row.id for row in rows[start : start + BATCH]]))
                    )
                )
            }
        return [
            (row.id, row.what, docs.get(row.id, {}).get(row.what), row.after and codec.loads(row.after)) for row in rows
        ]

    def quarantine(self, connection: str | Connection | None = None) -> list[Aside]:
        """The records that could not be read, with what the vendor sent."""
        query = select(quarantine).order_by(quarantine.c.connection, quarantine.c.first_at, quarantine.c.key)
        if connection is not None:
            query = query.where(quarantine.c.connection == _name(connection))
        with self._reading.connect() as db:
            rows = db.execute(query).all()
        return [
            Aside(
                connection=row.connection,
                subject=row.subject,
                id=row.id,
                reason=row.reason,
                first_at=datetime.fromisoformat(row.first_at),
                last_at=datetime.fromisoformat(row.last_at),
                payload=self._sealer.open(row.payload, f"{row.connection}/{row.key}"),
            )
            for row in rows
        ]

    def status(self, connection: str | Connection | None = None) -> list[Health]:
        """How each connection fares."""
        names = self.connections() if connection is None else [_name(connection)]
        return [self._health(self._book(name)) for name in names]

    def _health(self, book: Book) -> Health:
        row = book.row
        own = runs.c.connection == book.name
        with self._reading.connect() as db:
            last = db.execute(select(runs).where(own).order_by(runs.c.number.desc()).limit(1)).first()
            undecided = db.execute(select(runs).where(and_(own, runs.c.state == RunState.HELD.value))).all()
            aside = select(func.count()).select_from(quarantine).where(quarantine.c.connection == book.name)
            return Health(
                connection=book.name,
                vendor=row.vendor,
                freshness=book.freshness,
                people=population(db, book.name),
                last_run=None if last is None else run_of(last),
                held=tuple(run_of(one) for one in undecided),
                quarantined=int(db.execute(aside).scalar_one()),
                waiting=self.waiting(book.name),
                credential=self._credential(book),
                timezone=row.timezone or "UTC",
                syncing=not self._is_free(book.name),
            )

    def _credential(self, book: Book) -> CredentialHealth | None:
        row = book.row
        if row.credential_since is None:
            return None
        health = CredentialHealth.of_dict(codec.loads(row.owner) if row.owner else {})
        health = attrs.evolve(health, since=as_moment(row.credential_since))
        own = and_(employees.c.connection == book.name, employees.c.id == health.owner.id)
        with self._reading.connect() as db:
            found = db.execute(select(employees.c.deleted_at).where(own)).first()
        owner = None if found is None else self.employee(str(health.owner.id), book.name)
        deleted = found is not None and found.deleted_at is not None
        return attrs.evolve(health, concerns=concerns_of(health, owner, self.now().date(), deleted=deleted))

    # -- erasing ------------------------------------------------------------------------------------

    def forget(self, connection: str | Connection, employee: str | None = None) -> dict[str, int]:
        """Erase a person, or all of a connection: from the roster, its history and quarantine, and from the journal
        of what was applied in the same store. That nothing is left is proved before it is committed. A person who was
        forgotten is not read again. Returns the rows by table.

        Raises `NotFound`, and `Held` during a sync.
        """
        name = _name(connection)
        with self._holding(name) as holding, holding.begin() as db:
            row = holding.row(db)
            if employee is None:
                taken = erasing.forget_connection(db, row)
            else:
                taken = erasing.forget_person(db, row, employee, self.now(), self._sealer)
                holding.set(db, version=row.version + 1)
        self.scrub()
        return {table: count for table, count in taken.items() if count}

    def scrub(self) -> None:
        """Write the store's file anew, so that no page of it holds what was erased; `forget` does so by itself.

        Raises `Held` where another process is using the store: stop it, and scrub again.
        """
        erasing.scrubbed(self._engine)

    def retain(self, retention: Retention, connection: str | Connection | None = None) -> dict[str, int]:
        """Let go of what has been kept for long enough, of one connection or all; every sync does so by its policy."""
        names = self.connections() if connection is None else [_name(connection)]
        taken: dict[str, int] = {}
        for name in names:
            for what, count in self._retain(name, retention).items():
                taken[what] = taken.get(what, 0) + count
        return taken

    def _retain(self, name: str, retention: Retention) -> dict[str, int]:
        with self._holding(name) as holding, holding.begin() as db:
            taken = erasing.retained(db, name, retention, self.now(), self._sealer)
        if taken.get("left"):
            self.scrub()
        return taken

    # -- the store ----------------------------------------------------------------------------------

    def _book(self, connection: str | Connection | None) -> Book:
        return reading.opened(self._reading, None if connection is None else _name(connection), self._sealer)

    def _is_free(self, name: str) -> bool:
        row = self._book(name).row
        return is_free(row.holder, as_moment(row.held_until), self.now())

    def rotate(self) -> int:
        """Seal anew, with the first key, what is kept sealed; how many records that is. Others may use it meanwhile.

        Put the new key before the old one, everywhere; then rotate; then take the old one away. Raises `ConfigError`.
        """
        return resealed(self._engine, self._sealer)

    @contextmanager
    def _holding(self, name: str) -> Iterator[Holding]:
        row = self._book(name).row
        holding = Holding(
            self._engine, name, now=self.now, lease=SHORT, row={"vendor": row.vendor, "address": row.address}
        )
        try:
            yield holding
        finally:
            holding.let_go()

    def close(self) -> None:
        """Close what is open to the store."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Roster in {self.place}>"


def _name(connection: str | Connection) -> str:
    return connection if isinstance(connection, str) else connection.name


def _events_where(connection: str | Connection | None, employee: str | None, kinds: tuple[EventKind | str, ...]) -> Any:
    where = [events.c.connection == _name(connection)] if connection is not None else []
    if employee is not None:
        where.append(events.c.employee == employee)
    if kinds:
        where.append(events.c.kind.in_([EventKind(kind).value for kind in kinds]))
    return and_(True, *where)
