"""One sync, floor by floor: hold the connection, read and stage, judge what came, and commit it in one transaction."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import Connection as Database
from sqlalchemy import Engine, Row, and_, delete, func, insert, select, update

from headcount import codec
from headcount.auth import lasting
from headcount.connection import Connection
from headcount.errors import (
    ConfigError,
    Forbidden,
    HeadcountError,
    Held,
    NotFound,
    RecordError,
    Unsupported,
    VendorError,
)
from headcount.health import CredentialHealth, described, looked_at, seen
from headcount.leases import as_moment, as_text
from headcount.listing import Listing
from headcount.model import DeletionBasis, Employee, Identity
from headcount.options import UNLIMITED
from headcount.report import Report
from headcount.roster import erasing, records
from headcount.roster.commit import commit
from headcount.roster.findings import Gathered
from headcount.roster.gathering import Gathering
from headcount.roster.grouping import kinds_of
from headcount.roster.guard import Alarm
from headcount.roster.holding import Holding
from headcount.roster.inbox import ANYTHING, taken_in, waiting_of
from headcount.roster.judging import Judgement, Read, confirmed, judge
from headcount.roster.ledger import Ledger
from headcount.roster.pace import StorePacer, account_key
from headcount.roster.people import Register
from headcount.roster.policy import Retention, SyncPolicy, day_of, zone_of
from headcount.roster.run import STOPPED, Progress, Proof, Run, RunState, Watching
from headcount.roster.runs import Broken, broken_off, row_of, superseded
from headcount.roster.staging import Desk, forgotten_mark, set_aside
from headcount.roster.tables import quarantine, runs, staged
from headcount.sealing import Sealer
from headcount.transport import Transport

T = TypeVar("T")
FULL, CHANGES, NAMED = "full", "changes", "named"
RESUMABLE = timedelta(hours=6)
"""A read that broke off longer ago is begun anew."""
MARGIN = 300.0
"""Seconds for which the hold outlasts the longest request: time to write down what it brought."""


class Sync:
    """The sync of one connection by one process."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        policy: SyncPolicy,
        *,
        sealer: Sealer,
        now: Callable[[], datetime],
        watching: Watching | None = None,
        full: bool = False,
        named: bool = False,
    ) -> None:
        self.engine, self.connection, self.policy = engine, connection, policy
        self.sealer, self.now, self.full, self.named = sealer, now, full, named
        self.name = connection.name
        self._watching = watching or (lambda progress: None)
        self._reads = records.mark_of(connection.connector.name, connection.connector.version, READER)
        self._terms = records.mark_of(policy.mark, *sorted(connection.scopes))
        self.id = ""
        self._alarms: Sequence[Alarm] = ()
        self._notes: list[str] = []

    def run(self) -> Run:
        """Sync once. Raises `Held` where another process is at it, and the vendor's error that ended the read."""
        lease = timedelta(seconds=self.connection.http.options.longest + MARGIN)
        about = {"vendor": self.connection.connector.name, "address": self.connection.http.base_url}
        self.holding = Holding(self.engine, self.name, now=self.now, lease=lease, row=about)
        try:
            return self._held()
        finally:
            self.holding.let_go()

    def _held(self) -> Run:
        with self.holding.begin() as db:
            self.row = self.holding.row(db)
            if self.row.vendor != self.connection.connector.name:
                raise ConfigError(f"{self.name} is kept of {self.row.vendor}: give this connection another name")
            self.holding.set(db, address=self.connection.http.base_url)
            self.kinds, self.names = kinds_of(db, self.name)
            self.waiting = waiting_of(db, self.name)
        self.http = self.connection.reading_line(self._pacer())
        try:
            self.zone = zone_of(self.policy.timezone or self.row.timezone)
            kind = self._due()
            return self._retain(self._whole() if kind == FULL else self._changes(kind))
        except BaseException as error:
            self._failed(error)
            raise
        finally:
            self.http.close()

    def _told_timezone(self) -> str | None:
        """The company's time zone, where the vendor says."""
        company = self._answered(self.connection.connector.company)
        return None if company is None else company.timezone

    def _answered(self, question: Callable[[Transport], T] | None) -> T | None:
        """What the vendor says where it can be asked, and does answer."""
        try:
            return None if question is None else question(self.http)
        except (Unsupported, NotFound, Forbidden, RecordError):
            return None

    def _pacer(self) -> StorePacer:
        http, options = self.connection.http, self.connection.options
        key = account_key(http.vendor, http.base_url, self._secrets)
        pace = (options.rate if options else None) or self.connection.connector.rate
        return StorePacer(self.engine, key, None if pace == UNLIMITED else pace)

    @property
    def _secrets(self) -> tuple[str, ...]:
        return lasting(self.connection.auth)

    # -- reading ------------------------------------------------------------------------------------

    def _due(self) -> str:
        """What to read: everybody the first time, on schedule, and where what is kept was read otherwise; else what
        changed, where that is told; and those alone whom webhooks named, where that is asked for and will do."""
        row, of = self.row, self.connection.connector.employees
        due = row.full_at is None or self.now() - datetime.fromisoformat(row.full_at) >= self.policy.full_every
        if self.full or due or (row.policy, row.reads) != (self._terms, self._reads):
            return FULL
        if self.named and self.waiting and ANYTHING not in self.waiting and of.some is not None:
            return NAMED
        return FULL if row.cursor is None or of.changed is None else CHANGES

    def _whole(self, *notes: str) -> Run:
        broken = self._begin(FULL, *notes)
        if broken is not None:  # some was read before they were named
            self.waiting = {}
        if self.policy.timezone is None and self.row.timezone is None:
            self.zone = zone_of(self._told_timezone())
            self.today = today_of(self.row, self.now(), self.zone)
        self.gathering = self._attempt(broken)
        try:
            listing = self.gathering.everybody(self._named)
        except Unsupported:
            if broken is None:
                raise
            self._begin(FULL, anew=True)  # the list is read another way now, and cannot be gone on with
            self.gathering = self._attempt()
            listing = self.gathering.everybody(self._named)
        return self._finish(listing)

    def _changes(self, kind: str) -> Run:
        """Read what changed, and whom webhooks named; or those alone."""
        since = None if kind == NAMED else datetime.fromisoformat(self.row.cursor)
        ids = [] if self.connection.connector.employees.some is None else self._named
        self._begin(kind, since=since)
        self.gathering = self._attempt()
        try:
            listing = self.gathering.changes(since, ids)
        except Unsupported as error:
            with self.holding.begin() as db:
                db.execute(delete(runs).where(runs.c.id == self.id))
            return self._whole(f"read in full: {error}")
        return self._finish(listing)

    @property
    def _named(self) -> list[str]:
        """Whom webhooks named."""
        return sorted(self.waiting.keys() - {ANYTHING})

    def _begin(self, kind: str, *notes: str, since: datetime | None = None, anew: bool = False) -> Broken | None:
        """Begin a run, or go on with the one that broke off where its pages allow that; returns where that was."""
        self.kind, self.since, self._notes = kind, since, [*notes]
        mark = f"{kind} {self._terms} {self._reads}"
        with self.holding.begin() as db:
            own, after = runs.c.connection == self.name, self.now() - RESUMABLE
            broken = None if anew or kind != FULL else broken_off(db, self.name, mark=mark, after=after)
            if broken is not None:
                self.id, self.started_at = broken.run.id, broken.run.started_at
                running = {"state": RunState.RUNNING.value, "problem": None, "ended_at": None}
                db.execute(update(runs).where(runs.c.id == self.id).values(running))
                self._notes.append("went on where an earlier read broke off")
            else:
                broke = {"state": RunState.FAILED.value, "problem": STOPPED}
                db.execute(update(runs).where(and_(own, runs.c.state == RunState.RUNNING)).values(broke))
                db.execute(update(runs).where(own).values(goes_on=None))
                db.execute(delete(staged).where(staged.c.connection == self.name))
                self.id, self.started_at = str(uuid.uuid4()), self.now()
                number = db.execute(select(func.coalesce(func.max(runs.c.number), 0)).where(own)).scalar_one() + 1
                begun = row_of(self._account(RunState.RUNNING))
                db.execute(insert(runs).values(**begun, number=number, mark=mark))
        self.today = today_of(self.row, self.now(), self.zone)
        return broken

    def _attempt(self, broken: Broken | None = None) -> Gathering:
        return Gathering(
            connection=self.connection,
            http=self.http,
            holding=self.holding,
            policy=self.policy,
            sealer=self.sealer,
            now=self.now,
            tell=self._tell,
            run=self.id,
            full=self.kind == FULL,
            reads=self._reads,
            zone=self.zone,
            today=self.today,
            kinds=self.kinds,
            names=self.names,
            notes=self._notes,
            broken=broken,
        )

    def _account(self, state: RunState, **more: Any) -> Run:
        return Run(
            id=self.id,
            connection=self.name,
            kind=self.kind,
            state=state,
            started_at=self.started_at,
            since=self.since,
            alarms=tuple(self._alarms),
            notes=tuple(self._notes),
            **more,
        )

    # -- judging and writing ------------------------------------------------------------------------

    def _finish(self, listing: Listing[Employee]) -> Run:
        self._tell("checking", listing.report)
        identity = self._answered(self.connection.connector.whoami) if self.kind == FULL else None
        read = Read(
            report=listing.report,
            full=self.kind == FULL,
            refused=self.gathering.refused,
            other_terms=self.row.policy not in (None, self._terms),
            other_credential=self._is_another(identity),
            kinds=self.kinds,
            names=self.names,
        )
        with self.holding.begin() as db:
            judgement = judge(db, self.row, self.policy.limits, read)
        departing, said = confirmed(self.connection.connector, self.http, judgement, listing.known)
        departing |= dict.fromkeys(self.gathering.unfound & departing.keys(), DeletionBasis.EXPLICIT_404)
        if said:
            self._notes += said
            judgement = attrs.evolve(judgement, proof=Proof.NONE, why=said[0])
        self._alarms = judgement.verdict.alarms
        self._tell("writing", listing.report)
        return self._commit(listing, judgement, departing, identity)

    def _is_another(self, identity: Identity | None) -> bool:
        """Whether the credential is another's, or of another role, than at the last full read."""
        before = self._known_health()
        if before is None or identity is None:
            return False
        return (before.owner.id, before.owner.role) != (identity.id, identity.role)

    def _known_health(self) -> CredentialHealth | None:
        return CredentialHealth.of_dict(codec.loads(self.row.owner)) if self.row.owner else None

    def _commit(
        self,
        listing: Listing[Employee],
        judgement: Judgement,
        departing: Mapping[str, DeletionBasis],
        identity: Identity | None,
    ) -> Run:
        now, row, desk, report = self.now(), self.row, self.gathering.desk, listing.report
        assert desk is not None, "a read sets up its desk"
        full = self.kind == FULL
        gathered = Gathered(
            verdict=judgement.verdict,
            whole=full and report.walked,
            proved=full and judgement.proof is not Proof.NONE,
            departing=departing,
            told=report.gone,
            since=None if row.baseline_at is None else day_of(datetime.fromisoformat(row.baseline_at), self.zone),
            reached=row.cursor if row.policy == self._terms else None,
            groups=self.gathering.groups,
            all_groups=self.gathering.all_groups,
            hidden=self.gathering.hidden,
        )
        with self.holding.begin() as db:
            ledger = Ledger(
                connection=self.name,
                version=row.version + 1,
                run=self.id,
                cause="policy" if row.policy not in (None, self._terms) else "sync",
                at=now,
                counts=desk.counts,
            )
            register = Register(
                db=db,
                ledger=ledger,
                today=self.today,
                zone=self.zone,
                kinds=self.kinds,
                reasons=desk.reasons.sets,
                coverage=Counter(codec.loads(row.coverage)),
                last_look=None if row.looked_on is None else date.fromisoformat(row.looked_on),
            )
            set_aside(db, desk, self.gathering.refused_groups, subject="group")
            if judgement.believed:
                commit(db, desk, register, gathered, baseline=row.baseline_at is None)
                self._define(register, desk)
                ledger.write(db)
            else:
                db.execute(delete(staged).where(staged.c.connection == self.name))
                register.turn()
            desk.counts["requests"] += self.http.requests
            account = self._account(
                self._state(db), ended_at=now, proof=judgement.proof, why=judgement.why, counts=desk.counts
            )
            db.execute(update(runs).where(runs.c.id == self.id).values(**row_of(account), goes_on=None))
            superseded(db, self.name, self.id)
            values: dict[str, Any] = {
                "version": ledger.version,
                "coverage": codec.dumps({name: n for name, n in register.coverage.items() if n > 0}).decode(),
                "day": self.today.isoformat(),
                **self._credential(now),
            }
            if judgement.believed:
                begins = {"baseline_at": as_text(now), "history_since": as_text(now)}
                values |= begins if row.baseline_at is None else {}
            if judgement.believed and report.walked:
                if self.kind != NAMED:  # of the others nothing is known anew
                    values |= {"synced_at": as_text(now), "looked_on": self.today.isoformat()}
                if not self._alarmed("coverage"):  # else it is read again, with all fields
                    values |= {} if self.kind == NAMED else self._cursor(listing)
                    values |= self._read_whole(desk, identity, report) if full else {}
                    taken_in(db, self.name, {} if self.gathering.fresh else self.waiting, now)
            self.holding.set(db, **values)
        return account

    def _retain(self, run: Run) -> Run:
        """Let go of what has been kept for long enough. What came is committed, whatever is in the way of this."""
        retention = self.policy.retention
        if retention == Retention():
            return run
        try:
            with self.holding.begin() as db:
                taken = erasing.retained(db, self.name, retention, self.now(), self.sealer)
            if taken.get("left"):
                erasing.scrubbed(self.engine)
        except Held as error:
            run = attrs.evolve(run, notes=(*run.notes, f"retention: {error}"))
            with suppress(Held), self.holding.begin() as db:
                db.execute(update(runs).where(runs.c.id == run.id).values(notes=row_of(run)["notes"]))
        return run

    def _state(self, db: Database) -> RunState:
        if self._alarms:
            return RunState.HELD
        aside = select(quarantine.c.key).where(quarantine.c.connection == self.name).limit(1)
        return RunState.DONE if db.execute(aside).first() is None else RunState.PARTIAL

    def _alarmed(self, kind: str) -> bool:
        return any(alarm.kind == kind for alarm in self._alarms)

    def _read_whole(self, desk: Desk, identity: Identity | None, report: Report) -> dict[str, Any]:
        """What is known of a connection once everybody was read. A credential that is another's, and sees fewer, is
        not taken for the one that is known before a person says so."""
        values = {"policy": self._terms, "who": self.policy.who.value, "reads": self._reads, "timezone": self.zone.key}
        if identity is not None and not self._alarmed("credential"):
            known = identity.id is None or forgotten_mark(self.name, identity.id) not in desk.forgotten
            owner = identity if known else Identity(id=identity.id, role=identity.role, expires=identity.expires)
            values["owner"] = codec.dumps(self._health(owner, report).as_dict()).decode()
        return {"full_at": as_text(self.started_at), **values}

    def _health(self, owner: Identity, report: Report) -> CredentialHealth:
        """How the credential fares, by this read and what was known of it."""
        kept = self.connection.kept_health()
        since = None if self._credential(self.now()) else as_moment(self.row.credential_since)
        made_on = kept.made_on if kept else None
        health = described(self.connection, owner, made_on=made_on, since=since, now=self.now())
        sees, withheld = seen(self.connection, report)
        return looked_at(health, self._known_health(), sees=sees, withheld=withheld)

    def _cursor(self, listing: Listing[Employee]) -> dict[str, Any]:
        """Up to where the roster has every change: the earlier of the start of the read and the newest change that
        can have been seen, less the overlap, so that no clock that runs wrong can put it too far ahead.

        By the vendor's own clock that is its first answer; where it does not say, the newest change that was seen. The
        cursor stays where it is as long as a record that could not be read is new in quarantine.
        """
        report, before = listing.report, as_moment(self.row.newest)
        newest = report.answered or max(filter(None, (report.newest, before)), default=None)
        told = report.newest is not None or self.row.cursor is not None  # a vendor of no instants tells no changes
        if newest is None or not told or self.gathering.fresh:
            return {}
        reached = min(self.started_at, newest)
        return {"cursor": as_text(reached - self.policy.overlap), "newest": as_text(reached)}

    def _define(self, register: Register, desk: Desk) -> None:
        """The company's own fields, by the names that they are kept under."""
        told = desk.definitions if self.gathering.definitions is None else self.gathering.definitions
        before, after = codec.loads(self.row.definitions), desk.terms.defined(told)
        for key, one in after.items():
            if key not in before:
                register.ledger.change("field", key, "added", record=records.written(one))
            elif found := records.differing(before[key], one):
                register.ledger.change("field", key, "changed", fields=found)
        self.holding.set(register.db, definitions=codec.dumps({**before, **after}).decode())

    def _credential(self, now: datetime) -> dict[str, Any]:
        """Which credential it is, by a mark that does not tell it, and since when it is this one."""
        mark = sha256("\n".join(("credential", self.name, *self._secrets)).encode()).hexdigest()
        return {} if self.row.credential == mark else {"credential": mark, "credential_since": as_text(now)}

    def _failed(self, error: BaseException) -> None:
        """Write down that it failed, and let the day come all the same: who was to leave today has left today."""
        if self.id:
            kind, said = type(error).__name__, str(error) if isinstance(error, HeadcountError) else "see its traceback"
            problem = f"{kind}: {said}" if isinstance(error, Exception) else STOPPED
            account = self._account(RunState.FAILED, ended_at=self.now(), problem=problem)
            still = and_(runs.c.id == self.id, runs.c.state == RunState.RUNNING)
            with suppress(Held), self.holding.begin() as db:
                db.execute(update(runs).where(still).values(row_of(account)))
        if isinstance(error, VendorError):
            tick(self.holding, self.now(), run=self.id or "tick")

    def _tell(self, stage: str, report: Report | None) -> None:
        self._watching(
            Progress(
                connection=self.name,
                kind=self.kind,
                stage=stage,
                received=report.received if report else 0,
                total=report.total if report else None,
                requests=self.http.requests,
            )
        )


READER = "1"
"""Counted up when the core itself keeps records differently than before."""


def today_of(row: Row[Any], now: datetime, zone: ZoneInfo) -> date:
    """The company's day. One that has come stays: a clock set back, or a zone put right, undoes nothing."""
    today = day_of(now, zone)
    return today if row.day is None else max(today, date.fromisoformat(row.day))


def tick(holding: Holding, now: datetime, *, run: str = "tick") -> int:
    """Let the company's day come: whoever's first or last day has passed is another from now on. Returns how many
    events that makes."""
    with holding.begin() as db:
        row = holding.row(db)
        zone = zone_of(row.timezone)
        today = today_of(row, now, zone)
        ledger = Ledger(connection=holding.name, version=row.version + 1, run=run, cause="day", at=now)
        register = Register(db=db, ledger=ledger, today=today, zone=zone, kinds={}, reasons=[], coverage=Counter())
        register.turn()
        holding.set(db, day=today.isoformat(), version=ledger.version if ledger.counts["turned"] else row.version)
        return ledger.counts["events"]
