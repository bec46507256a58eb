"""The journal: each plan, each step before it is sent, each answer after; and the chained record of what was done."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from headcount.errors import ConfigError, HeadcountError, Held
from headcount.leases import as_moment, as_text, holder, host_of, is_free
from headcount.lifecycle import chain
from headcount.lifecycle.approval import Approval
from headcount.lifecycle.outcome import Journaled, Run, State
from headcount.lifecycle.tables import runs, steps
from headcount.migrations import migrated
from headcount.plan import Plan
from headcount.store import one_at_a_time, open_store, place_of, store_url

SHORTEST_NAME = 6


ERASED = "erased"
"""What stands in the place of a plan whose values were erased."""


class Journal:
    """What is applied, durably. `url` is `sqlite:///file.db` or `postgresql://…`; it may be shared by many processes.

    The plans in it hold what was to be written, personal data included: keep the file as you keep the roster. What
    `runs` and `audit` show, and the command prints, is without it. `now` is the clock.
    """

    def __init__(self, url: str | None = None, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.url = store_url(url)
        self.now = now
        self._lock = threading.Lock()

    @cached_property
    def _engine(self) -> Engine:
        engine = open_store(self.url)
        migrated(engine)
        return engine

    @property
    def place(self) -> str:
        """Where the journal is, without a password."""
        return place_of(self.url)

    def close(self) -> None:
        """Close what is open to the store."""
        if "_engine" in self.__dict__:
            self._engine.dispose()

    # -- reading --------------------------------------------------------------------------------------

    def run_of_key(self, key: str) -> Run | None:
        """The run of this key."""
        with self._begin() as connection:
            found = connection.execute(select(runs).where(runs.c.key == key)).first()
            return None if found is None else self._run(connection, found)

    def run(self, name: str) -> Run | None:
        """The run that a person means: by its key, its id, or the beginning of that."""
        with self._begin() as connection:
            exact = or_(runs.c.key == name, runs.c.id == name)
            begun = runs.c.id.startswith(name, autoescape=True)
            for meant in (exact, begun) if len(name) >= SHORTEST_NAME else (exact,):
                found = connection.execute(select(runs).where(meant)).all()
                if found:
                    return self._run(connection, found[0]) if len(found) == 1 else None
        return None

    def runs(self, *, unfinished: bool = False) -> list[Run]:
        """Every run, the latest last; only those that can be resumed, where that is asked for.

        A run whose plan cannot be read is in `unreadable`, and not here: one does not hide the others.
        """
        with self._begin() as connection:
            wanted = select(runs).order_by(runs.c.made_at, runs.c.id)
            if unfinished:
                wanted = wanted.where(runs.c.state.in_([State.APPLYING, State.STOPPED, State.UNKNOWN]))
            rows = connection.execute(wanted).all()
            return [self._run(connection, row) for row in rows if _readable(row)]

    def unreadable(self) -> list[str]:
        """The ids of runs whose plan was changed by hand, or written by a newer headcount."""
        with self._begin() as connection:
            rows = connection.execute(select(runs).where(runs.c.plan != ERASED).order_by(runs.c.made_at)).all()
            return [row.id for row in rows if not _readable(row)]

    def audit(self) -> list[dict[str, Any]]:
        """The record of what was done, in order; personal values are shown by their class only. Each has its `hash`,
        which rests on all before it: whoever keeps the last one can tell later whether any is missing.

        Raises `Held` where the chain is broken: a record was changed, taken out or put in.
        """
        with self._begin() as connection:
            return chain.links(connection)

    # -- writing --------------------------------------------------------------------------------------

    def begin(
        self,
        plan: Plan,
        key: str,
        approval: Approval | None,
        lease: timedelta,
        looked_at: datetime,
        through: str | None = None,
    ) -> tuple[Run, bool]:
        """The run of this key, held by us where it is new; the one that was there, where it is not. `through` is the
        name of the connection that it is applied through.

        Raises `Held` where the plan was applied under another key, or another run of the same employee is not over:
        one that is being applied now, has a step of which nobody knows whether it was done, or has changed the record
        since it was `looked_at`.
        """
        now, id, me = self.now(), str(uuid.uuid4()), holder()
        row = {
            "id": id,
            "key": key,
            "vendor": plan.vendor,
            "connection": through,
            "address": plan.address,
            "verb": plan.change.verb,
            "digest": plan.digest,
            "subject": _subject(plan),
            "plan": plan.to_json(),
            "approved_by": approval.by if approval else None,
            "state": State.APPLYING,
            "employee": plan.change.whom,
            "holder": me,
            "held_until": as_text(now + lease),
            "made_at": as_text(now),
            "changed_at": as_text(now),
        }
        try:
            with self._begin() as connection:
                one_at_a_time(connection)
                self._check_subject(connection, row, looked_at)
                connection.execute(insert(runs).values(row))
                numbers = range(1, len(plan.steps) + 1)
                empty = {"run": id, "way": 0, "state": "ready", "sent": 0}
                if numbers:
                    connection.execute(insert(steps), [{**empty, "number": number} for number in numbers])
        except IntegrityError:
            new = False
        else:
            new = True
        found = self.run_of_key(key)
        if found is None:
            raise ConfigError("the store lost what was just written to it")
        return found, new

    def _check_subject(self, connection: Connection, row: Mapping[str, Any], looked_at: datetime) -> None:
        here = and_(runs.c.vendor == row["vendor"], runs.c.address == row["address"])
        whom = and_(here, runs.c.employee.is_not(None), runs.c.employee == row["employee"])
        same = and_(or_(runs.c.subject == row["subject"], whom), runs.c.key != row["key"])
        for other in connection.execute(select(runs).where(same)).all():
            short = other.id[:8]
            if other.digest == row["digest"]:
                raise Held(f"this plan was applied under another key, in run {short}")
            lost = select(steps).where(and_(steps.c.run == other.id, steps.c.state == "sent"))
            held = other.state == State.APPLYING and not is_free(other.holder, as_moment(other.held_until), self.now())
            if held or connection.execute(lost).first() is not None:
                raise Held(
                    f"run {short} of the same employee is not over: `headcount resume {short}` first, so "
                    "that nothing is done twice"
                )
            if datetime.fromisoformat(other.changed_at) > looked_at:
                raise Held(f"run {short} has changed the same employee since this was planned: plan again")

    def release(self, run: Run) -> None:
        """Let a run go that was claimed for nothing; one that nobody holds stays as it is."""
        if run.holder is None:
            return
        with self._begin() as connection:
            ours = and_(runs.c.id == run.id, runs.c.holder == run.holder)
            connection.execute(update(runs).where(ours).values(holder=None, state=State.STOPPED))

    def claim(self, run: Run, lease: timedelta) -> Run:
        """Hold a run that nobody holds any more; one that was proved meanwhile is given as it is.

        Raises `Held` where another process is at it.
        """
        now = self.now()
        if not is_free(run.holder, run.held_until, now):
            raise Held(
                f"run {run.id[:8]} is being applied by {host_of(run.holder)}; wait for it, at most until "
                f"{run.held_until:%H:%M:%S} UTC, and resume then"
            )
        me = holder()
        until = None if run.held_until is None else as_text(run.held_until)
        still = (runs.c.holder.is_not_distinct_from(run.holder), runs.c.held_until.is_not_distinct_from(until))
        with self._begin() as connection:
            taken = connection.execute(
                update(runs)
                .where(and_(runs.c.id == run.id, runs.c.state != State.PROVED, *still))
                .values(state=State.APPLYING, holder=me, held_until=as_text(now + lease), changed_at=as_text(now))
            )
            row = connection.execute(select(runs).where(runs.c.id == run.id)).one()
            if taken.rowcount != 1 and row.state != State.PROVED:
                raise Held(f"run {run.id[:8]} has just been taken by another process")
            return self._run(connection, row)

    def note(self, run: Run, step: Journaled, *, lease: timedelta, employee: str | None = None) -> None:
        """Write down where a step stands, durably. Raises `Held` where the run is no longer ours."""
        with self._begin() as connection:
            self._fence(connection, run, lease, employee)
            connection.execute(
                update(steps)
                .where(and_(steps.c.run == run.id, steps.c.number == step.number))
                .values(
                    way=step.way,
                    state=step.state,
                    sent=step.sent,
                    sent_at=as_text(step.sent_at) if step.sent_at else None,
                    status=step.status,
                    settled_by=step.settled_by,
                )
            )

    def finish(self, run: Run, state: State, *, problem: str | None = None, record: Mapping[str, Any]) -> None:
        """Write down how it came out and let the run go; the audit record stands in the same transaction."""
        with self._begin() as connection:
            self._fence(connection, run, timedelta(), None)
            connection.execute(
                update(runs).where(runs.c.id == run.id).values(state=state, problem=problem, holder=None)
            )
            one_at_a_time(connection)
            chain.lengthen(connection, {"at": as_text(self.now()), **record})

    def record(self, record: Mapping[str, Any]) -> None:
        """Add a record to the audit's chain."""
        with self._begin() as connection:
            one_at_a_time(connection)
            chain.lengthen(connection, {"at": as_text(self.now()), **record})

    def _fence(self, connection: Connection, run: Run, lease: timedelta, employee: str | None) -> None:
        if run.holder is None:
            raise Held(f"run {run.id[:8]} is held by nobody; nothing more is sent from here")
        now = self.now()
        values = {"held_until": as_text(now + lease), "changed_at": as_text(now)}
        if employee is not None:
            values["employee"] = employee
        ours = and_(runs.c.id == run.id, runs.c.holder == run.holder)
        if connection.execute(update(runs).where(ours).values(values)).rowcount != 1:
            raise Held(f"run {run.id[:8]} was taken over by another process; nothing more is sent from here")

    # -- rows -----------------------------------------------------------------------------------------

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with self._lock:
            engine = self._engine
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise ConfigError(f"the store {self.place} cannot be used: {type(error.orig).__name__}") from None

    def _run(self, connection: Connection, row: Row[Any]) -> Run:
        found = connection.execute(select(steps).where(steps.c.run == row.id).order_by(steps.c.number)).all()
        return Run(
            id=row.id,
            key=row.key,
            plan=_plan(row),
            state=State(row.state),
            approved_by=row.approved_by,
            employee=row.employee,
            problem=row.problem,
            holder=row.holder,
            held_until=as_moment(row.held_until),
            made_at=datetime.fromisoformat(row.made_at),
            changed_at=datetime.fromisoformat(row.changed_at),
            steps=tuple(
                Journaled(
                    number=step.number,
                    way=step.way,
                    state=step.state,
                    sent=step.sent,
                    sent_at=as_moment(step.sent_at),
                    status=step.status,
                    settled_by=step.settled_by,
                )
                for step in found
            ),
        )


def _readable(row: Row[Any]) -> bool:
    try:
        _plan(row)
    except ConfigError:
        return False
    return True


def _plan(row: Row[Any]) -> Plan:
    try:
        return Plan.from_json(row.plan)
    except HeadcountError:
        why = "the journal was changed by hand, or by a newer headcount"
        why = "it was erased with the person it was about" if row.plan == ERASED else why
        raise ConfigError(f"the plan of run {row.id} cannot be read: {why}") from None


def _subject(plan: Plan) -> str:
    """Whom a plan concerns, as a word that tells nothing of them: who is hired, by e-mail or by names."""
    fields: Mapping[str, Any] = getattr(plan.change, "fields", {})
    email = fields.get("work_email") or fields.get("personal_email")
    names = f"{fields.get('given_name')} {fields.get('family_name')}"
    told = plan.change.whom or str(email or names).strip().casefold()
    return sha256(f"{plan.vendor}\n{plan.address}\n{plan.change.whom is None}\n{told}".encode()).hexdigest()
