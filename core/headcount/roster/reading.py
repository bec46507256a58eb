"""What the roster says: people and groups as they are, as they were, and as they stood when a reader began."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, or_, select, true

from headcount import codec
from headcount.errors import ConfigError, NotFound
from headcount.leases import as_moment, as_text
from headcount.model import Employee, EmployeeStatus, Group, GroupType
from headcount.roster import records
from headcount.roster.events import State
from headcount.roster.policy import zone_of
from headcount.roster.records import Doc
from headcount.roster.staging import BATCH
from headcount.roster.tables import changes, connections, employees, groups
from headcount.sealing import Sealer

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Freshness:
    """How old an answer is. `synced_at` is the last sync that was read to its end, `full_at` the last proved full one;
    None where there was none. `version` counts the commits of the connection."""

    connection: str
    synced_at: datetime | None
    full_at: datetime | None
    version: int

    def age(self, now: datetime) -> timedelta | None:
        """How long ago the vendor was last read to the end."""
        return None if self.synced_at is None else now - self.synced_at


class Answer(Generic[T]):
    """What was asked for: iterate over it. `freshness` says how old it is; `cursor` goes on after it, None at the end.

    Every page of one question shows the roster as it stood when the first was asked for.
    """

    def __init__(self, found: Iterable[T], freshness: Freshness, cursor: str | None = None) -> None:
        self._found, self.freshness, self.cursor = found, freshness, cursor

    def __iter__(self) -> Iterator[T]:
        return iter(self._found)


@attrs.frozen(kw_only=True)
class Question:
    """Which people are asked for. `status`, `state`, `group` and `manager` are ids and words of ours; `changed_since`
    is when the roster learnt of a change of them."""

    status: EmployeeStatus | None = None
    state: State | None = None
    group: str | None = None
    manager: str | None = None
    changed_since: datetime | None = None
    deleted: bool = False
    out_of_scope: bool = False

    @property
    def where(self) -> ColumnElement[bool]:
        """The rows that may be meant."""
        asked: list[ColumnElement[bool]] = [
            employees.c.deleted_at.is_not(None) if self.deleted else employees.c.deleted_at.is_(None)
        ]
        if not self.out_of_scope:
            asked.append(employees.c.in_scope)
        if self.status is not None:
            asked.append(employees.c.status == self.status.value)
        if self.state is not None:
            asked.append(employees.c.state == self.state.value)
        if self.manager is not None:
            asked.append(employees.c.manager_id == self.manager)
        if self.group is not None:
            asked.append(employees.c.groups.contains(codec.dumps(self.group).decode(), autoescape=True))
        if self.changed_since is not None:
            asked.append(employees.c.changed_at >= as_text(self.changed_since))
        return and_(true(), *asked)

    def fits(self, kept: Kept) -> bool:
        """Whether somebody as they stood at the moment asked for is meant."""
        doc = kept.doc
        return (
            kept.deleted == self.deleted
            and (self.out_of_scope or kept.in_scope)
            and (self.status is None or doc["status"]["value"] == self.status.value)
            and (self.state is None or kept.state is self.state)
            and (self.manager is None or doc.get("manager_id") == self.manager)
            and (self.group is None or self.group in doc.get("group_ids", ()))
            and (self.changed_since is None or kept.changed_at >= self.changed_since)
        )


@attrs.frozen(kw_only=True)
class Kept:
    """A person as they stood at some moment."""

    id: str
    doc: Doc
    reasons: int
    deleted: bool
    in_scope: bool
    state: State
    changed_at: datetime
    raw: str | None = None


@attrs.frozen(kw_only=True)
class Book:
    """The roster of one connection, open for reading at one version."""

    engine: Engine
    name: str
    row: Row[Any]
    sealer: Sealer

    @property
    def freshness(self) -> Freshness:
        row = self.row
        return Freshness(
            connection=self.name,
            synced_at=as_moment(row.synced_at),
            full_at=as_moment(row.full_at),
            version=row.version,
        )

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return zone_of(self.row.timezone)

    def employee(self, kept: Kept) -> Employee:
        """The person of the model."""
        raw = None if kept.raw is None else self.sealer.open(kept.raw, f"{self.name}/{kept.id}/raw")
        reasons = codec.loads(self.row.reasons)[kept.reasons]
        definitions = codec.loads(self.row.definitions)
        return records.employee_of(kept.doc, reasons, definitions, None if raw is None else codec.loads(raw))

    def people(
        self, question: Question, *, version: int, after: str = "", undone: ColumnElement[bool] | None = None
    ) -> Iterator[Kept]:
        """The people who are meant, by id, as they stood at a version of the connection; or before the changes that
        are to be `undone`."""
        later = changes.c.version > version if undone is None else undone
        since = and_(changes.c.connection == self.name, changes.c.subject == "employee", later)
        moved = select(changes.c.id).where(since)
        while True:
            own = and_(employees.c.connection == self.name, employees.c.id > after)
            meant = or_(question.where, employees.c.id.in_(moved))
            with self.engine.connect() as db:
                rows = db.execute(select(employees).where(and_(own, meant)).order_by(employees.c.id).limit(BATCH)).all()
                history = _history(db, since, [row.id for row in rows])
            for row in rows:
                kept = _as_it_stood(row, history.get(row.id, ()))
                if kept is not None and question.fits(kept):
                    yield kept
            if len(rows) < BATCH:
                return
            after = rows[-1].id

    def groups(self, type: GroupType | None = None) -> Iterator[Group]:
        """The groups, each with the members that the people's records name."""
        own = and_(groups.c.connection == self.name, groups.c.deleted_at.is_(None))
        of_type = true() if type is None else groups.c.type == type.value
        with self.engine.connect() as db:
            rows = db.execute(select(groups).where(and_(own, of_type)).order_by(groups.c.id)).all()
            members = self._members(db)
        for row in rows:
            told = codec.loads(row.told) if row.told else None
            yield records.group_of(records.read(row.record), told if members is None else members.get(row.id, ()))

    def _members(self, db: Connection) -> Mapping[str, Sequence[str]] | None:
        """By group who is in it; None where nobody's groups are told."""
        here = and_(employees.c.connection == self.name, employees.c.deleted_at.is_(None), employees.c.in_scope)
        told = and_(here, employees.c.groups.is_not(None))
        found: dict[str, list[str]] | None = None
        for id, text in db.execute(select(employees.c.id, employees.c.groups).where(told).order_by(employees.c.id)):
            found = {} if found is None else found
            for group in codec.loads(text):
                found.setdefault(group, []).append(id)
        return found

    def end_of(self, day: date) -> str:
        """The first instant after a day of the company's calendar, as the store writes it."""
        return as_text(datetime.combine(day + timedelta(days=1), time(), self.zone))


def _history(db: Connection, since: ColumnElement[bool], ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    if ids:
        query = select(changes).where(and_(since, changes.c.id.in_(ids))).order_by(changes.c.seq.desc())
        for row in db.execute(query):
            found.setdefault(row.id, []).append(row)
    return found


def _as_it_stood(row: Row[Any], later: Iterable[Row[Any]]) -> Kept | None:
    """A person before the later changes, the latest of which comes first; None where they were not there yet."""
    doc, deleted, in_scope = records.read(row.record), row.deleted_at is not None, row.in_scope
    state, changed_at, raw = row.state, row.changed_at, row.raw
    for change in later:
        match change.kind:
            case "added":
                return None
            case "deleted" | "undeleted":
                deleted = change.kind == "undeleted"
            case "left_scope" | "entered_scope":
                in_scope = change.kind == "left_scope"
        state = codec.loads(change.state)[0] if change.state else state
        changed_at, raw = change.changed_before or changed_at, None  # what the vendor sent then is not kept
        fields = codec.loads(change.fields) if change.fields else {}
        if fields:
            doc = records.with_values(doc, {name: before for name, (before, _) in fields.items()})
    return Kept(
        id=row.id,
        doc=doc,
        reasons=row.reasons,
        deleted=deleted,
        in_scope=in_scope,
        state=State(state),
        changed_at=datetime.fromisoformat(changed_at),
        raw=raw,
    )


def opened(engine: Engine, name: str | None, sealer: Sealer) -> Book:
    """The roster of the connection that is meant: of this name, or the only one there is."""
    with engine.connect() as db:
        query = select(connections) if name is None else select(connections).where(connections.c.name == name)
        rows = db.execute(query.order_by(connections.c.name)).all()
        if len(rows) == 1:
            return Book(engine=engine, name=rows[0].name, row=rows[0], sealer=sealer)
        known = db.execute(select(connections.c.name).order_by(connections.c.name)).scalars().all()
    if not known:
        raise ConfigError("the roster is empty: sync a connection first")
    if name is None:
        raise ConfigError(f"the roster has several connections, say which: {', '.join(known)}")
    raise ConfigError(f"the roster has no connection {name!r}; it has: {', '.join(known)}")


def paged(book: Book, question: Question, *, limit: int, cursor: str | None, made: Callable[[Kept], T]) -> Answer[T]:
    """One page of an answer, and the cursor of the next."""
    version, after = book.row.version, ""
    if cursor is not None:
        version, after = _opened(cursor, book)
    found: list[Kept] = []
    for kept in book.people(question, version=version, after=after):
        if len(found) == limit:
            return Answer([made(one) for one in found], book.freshness, _cursor(book.name, version, found[-1].id))
        found.append(kept)
    return Answer([made(one) for one in found], book.freshness)


def _cursor(name: str, version: int, after: str) -> str:
    return base64.urlsafe_b64encode(codec.dumps([name, version, after])).decode()


def _opened(cursor: str, book: Book) -> tuple[int, str]:
    try:
        name, version, after = codec.loads(base64.urlsafe_b64decode(cursor))
        if name == book.name and isinstance(version, int) and isinstance(after, str):
            return version, after
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ConfigError("the cursor is not one of this question: ask without a cursor for the first page")


def one(book: Book, id: str) -> Kept:
    """One person. Raises `NotFound`."""
    with book.engine.connect() as db:
        mine = and_(employees.c.connection == book.name, employees.c.id == id)
        row = db.execute(select(employees).where(mine)).first()
    kept = None if row is None else _as_it_stood(row, ())
    if kept is None:
        raise NotFound(f"{book.name}: the roster has nobody with the id {id[:60]!r}")
    return kept
