"""One attempt at a read: groups and people as they come, staged every few pages, with where to go on after a break."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import Connection as Database
from sqlalchemy import and_, select, update

from headcount import codec
from headcount.connection import Connection
from headcount.errors import Forbidden, Unsupported
from headcount.http import Request
from headcount.listing import Listing
from headcount.model import Employee, GroupType
from headcount.reader import wanted_fields
from headcount.report import Refused, Report
from headcount.roster import records
from headcount.roster.findings import population
from headcount.roster.grouping import told_members, unknown_groups
from headcount.roster.holding import Holding
from headcount.roster.judging import is_there
from headcount.roster.policy import SyncPolicy, Terms
from headcount.roster.records import Doc
from headcount.roster.runs import Broken, goes_on_with
from headcount.roster.staging import Desk, ReasonsTable, forgotten_mark, forgotten_of, set_aside, stage
from headcount.roster.tables import groups, runs, staged
from headcount.sealing import Sealer
from headcount.transport import Transport

TOGETHER = 500
"""So many records are made durable together, or what has come in so many seconds:"""
AT_LATEST = 5.0


@attrs.define(kw_only=True, repr=False)  # it has people's records
class Gathering:
    """One attempt at a read: what it reads with, and what it has brought so far. Another attempt begins with another.

    `kinds`, `names` and `notes` are the sync's own, and grow here. `broken` is the read that this one goes on with.
    """

    connection: Connection
    http: Transport
    holding: Holding
    policy: SyncPolicy
    sealer: Sealer
    now: Callable[[], datetime]
    tell: Callable[[str, Report | None], None]
    run: str
    full: bool
    reads: str
    zone: ZoneInfo
    today: date
    kinds: dict[str, GroupType]
    names: dict[str, str]
    notes: list[str]
    broken: Broken | None
    desk: Desk | None = None
    groups: dict[str, tuple[Doc, tuple[str, ...] | None]] | None = None
    """By id, each with the members that it tells; None where they were not read."""
    all_groups: bool = False
    refused_groups: Sequence[Refused] = ()
    hidden: frozenset[str] = frozenset()
    """Who is missing from a group, and may not be seen at all."""
    unfound: frozenset[str] = frozenset()
    """Who was asked for by id, and is not there."""
    definitions: dict[str, Doc] | None = None
    """The company's own fields, where the vendor tells them apart from the records."""
    refused: int = 0
    fresh: int = 0
    """How many records could not be read, and how many of them are new in quarantine, before a break and after it."""

    def __attrs_post_init__(self) -> None:
        if self.broken is not None:
            self.refused, self.fresh = self.broken.refused, self.broken.fresh

    def everybody(self, ids: Collection[str] = ()) -> Listing[Employee]:
        """Read the groups and everybody. Who of these is not among them is asked about at once.

        Raises `Unsupported` where it cannot be done, or not be gone on with.
        """
        self._read_groups()
        resume = self.broken.resume if self.broken else None
        listing = self._read(self.connection.employees(http=self.http, ahead=True, resume=resume))
        self.unfound = frozenset(self._still(ids))
        listing.report.gone = sorted(self.unfound)
        return listing

    def changes(self, since: datetime | None, ids: Collection[str] = ()) -> Listing[Employee]:
        """Read what changed since an instant, where one is given, and of these people whoever is not among that.

        Raises `Unsupported` where only a whole read will do.
        """
        if self._groups_tell_members():
            self._read_groups()
            self._check_members()
        listing = None
        if since is not None:
            listing = self._read(self.connection.changed(since, http=self.http, ahead=True))
        some = self._still(ids)
        if listing is None or some:
            named = self._read(self.connection.some(some, http=self.http, ahead=True))
            self.unfound = frozenset(named.report.gone)
            listing = listing or named
            listing.report.gone = list(dict.fromkeys((*listing.report.gone, *self.unfound)))
        if self.groups is None and self._names_unknown_groups():
            self._read_groups()
        return listing

    def _still(self, ids: Collection[str]) -> list[str]:
        """Of these people whoever has not come yet, but for those who were forgotten: they are not read again."""
        name = self.connection.name
        with self.holding.begin() as db:
            come = set(db.execute(select(staged.c.id).where(staged.c.connection == name)).scalars()) if ids else set()
            gone = forgotten_of(db, name)
        return [id for id in ids if id not in come and forgotten_mark(name, id) not in gone]

    def _groups_tell_members(self) -> bool:
        """Whether a person's groups may change without the person's record: where the groups name their members."""
        telling = and_(groups.c.connection == self.connection.name, groups.c.told.is_not(None))
        with self.holding.begin() as db:
            return db.execute(select(groups.c.id).where(telling).limit(1)).first() is not None

    def _names_unknown_groups(self) -> bool:
        with self.holding.begin() as db:
            return unknown_groups(db, self.connection.name)

    def _check_members(self) -> None:
        """Find out who is no longer told to be in a group because they may not be seen at all.

        Raises `Unsupported` where so many are missing at once that only a whole read can be judged.
        """
        limits = self.policy.limits
        with self.holding.begin() as db:
            own = groups.c.connection == self.connection.name
            rows = {row.id: row for row in db.execute(select(groups).where(own))}
            people = population(db, self.connection.name)
        told = {id: set(members) for id, (_, members) in (self.groups or {}).items() if members is not None}
        lost = sorted({id for group, members in told.items() for id in told_members(rows.get(group)) - members})
        if len(lost) > max(limits.storm_few, people * limits.storm_percent / 100):
            raise Unsupported(f"{self.connection.name}: groups have lost {len(lost):,} members at once")
        of, wanted = self.connection.connector, wanted_fields(Employee, self.connection.scopes)
        known = of.employees.known(self.http, wanted) if lost else None
        self.hidden = frozenset(id for id in lost if not is_there(of, self.http, id, known))

    def _read_groups(self) -> None:
        """The groups, where this server lists them to this credential; else those that are kept stay."""
        if self.connection.connector.groups is None:
            return
        self.tell("groups", None)
        listing = self.connection.groups(http=self.http)
        try:
            kept = [records.kept_group(group) for group in listing]
        except (Unsupported, Forbidden) as error:
            self.notes.append(f"groups: {error}")
            return
        self.groups = {doc["id"]: (doc, told) for doc, told in kept}
        self.all_groups = listing.report.walked and not listing.report.refused
        self.refused_groups = listing.report.refused
        for id, (doc, _) in self.groups.items():
            self.kinds[id], self.names[id] = GroupType(doc["type"]["value"]), doc["name"]

    def _read(self, listing: Listing[Employee]) -> Listing[Employee]:
        """Read a list to its end, and make what came durable every few pages, with where to go on."""
        people: list[Employee] = []
        aside, since = 0, time.monotonic()
        for batch in listing.pages():
            people += batch.records
            self.tell("people", listing.report)
            if len(people) >= TOGETHER or time.monotonic() - since > AT_LATEST:
                aside = self._set_down(listing, people, aside, batch.following)
                since = time.monotonic()
        self._set_down(listing, people, aside, None)
        self.refused += listing.report.rejected
        return listing

    def _set_down(
        self, listing: Listing[Employee], people: list[Employee], aside: int, following: Request | None
    ) -> int:
        report = listing.report
        with self.holding.begin() as db:
            if self.desk is None:
                self.desk = self._set_up(db, listing.known, people)
            desk = self.desk
            stage(db, desk, people)
            self.fresh += set_aside(db, desk, report.refused[aside:])
            self.holding.set(db, reasons=desk.reasons.text)  # what is staged names them by number
            reached = None
            if following is not None:
                refused = self.refused + report.rejected
                reached = goes_on_with(following, report, desk, refused=refused, fresh=self.fresh)
            db.execute(update(runs).where(runs.c.id == self.run).values(goes_on=reached))
        people.clear()
        return report.rejected

    def _set_up(self, db: Database, known: Any, first: Sequence[Employee]) -> Desk:
        """What staging works with, once it is known what the company's own fields are."""
        told = self.connection.connector.employees.custom(known)
        if told is not None:
            self.definitions = {key: {"label": one.label, "type": one.type} for key, one in told.items()}
        fields = {field.key: {"label": field.label} for one in first for field in one.custom_fields.values()}
        row = self.holding.row(db)
        kept = {one.get("key", key): one for key, one in codec.loads(row.definitions).items()}
        broken = self.broken
        terms = Terms(
            self.policy,
            self.definitions if self.definitions is not None else {**kept, **fields},
            self.kinds,
            self.names,
            part=self.definitions is None and (not self.full or broken is not None),
        )
        return Desk(
            connection=self.connection.name,
            run=self.run,
            terms=terms,
            zone=self.zone,
            today=self.today,
            read_at=self.now(),
            reads=self.reads,
            reasons=ReasonsTable(row.reasons),
            sealer=self.sealer,
            forgotten=forgotten_of(db, self.connection.name),
            again=broken is not None,
            members=self._members(),
            made={id: (doc, None) for id, doc in broken.made.items()} if broken else {},
            coverage=Counter(broken.coverage if broken else {}),
            counts=Counter(broken.counts if broken else {}),
        )

    def _members(self) -> dict[str, list[str]] | None:
        """By person the groups that name them, where any group names its members."""
        telling = {id: told for id, (_, told) in (self.groups or {}).items() if told is not None}
        found: dict[str, list[str]] = {}
        for id, told in telling.items():
            for member in told:
                found.setdefault(member, []).append(id)
        return found if telling else None
