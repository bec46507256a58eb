"""The accounts of runs as they stand in the store, and where a read that broke off goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import Connection, Row, and_, select, update

from headcount import codec
from headcount.errors import ConfigError
from headcount.http import Request
from headcount.leases import as_moment, as_text
from headcount.listing import Resume
from headcount.report import Report
from headcount.roster.guard import OPEN, Alarm
from headcount.roster.records import Doc
from headcount.roster.run import Proof, Run, RunState
from headcount.roster.staging import Desk
from headcount.roster.tables import held, runs, staged

SHORTEST_NAME = 4


def row_of(run: Run) -> dict[str, Any]:
    """A run as it stands in the store."""
    return {
        "id": run.id,
        "connection": run.connection,
        "kind": run.kind,
        "state": run.state.value,
        "started_at": as_text(run.started_at),
        "ended_at": run.ended_at and as_text(run.ended_at),
        "since": run.since and as_text(run.since),
        "proof": run.proof.value,
        "why": run.why,
        "problem": run.problem,
        "alarms": codec.dumps([attrs.asdict(alarm) for alarm in run.alarms]).decode(),
        "counts": codec.dumps({name: count for name, count in run.counts.items() if count}).decode(),
        "notes": codec.dumps(list(run.notes)).decode(),
    }


def run_of(row: Row[Any]) -> Run:
    """The way back from `row_of`."""
    return Run(
        id=row.id,
        connection=row.connection,
        kind=row.kind,
        state=RunState(row.state),
        started_at=datetime.fromisoformat(row.started_at),
        ended_at=as_moment(row.ended_at),
        since=as_moment(row.since),
        proof=Proof(row.proof or Proof.NONE),
        why=row.why or "",
        problem=row.problem,
        alarms=tuple(Alarm(**alarm) for alarm in codec.loads(row.alarms)),
        counts=codec.loads(row.counts),
        notes=tuple(codec.loads(row.notes)),
    )


def run_named(db: Connection, name: str) -> Run:
    """The run that a person means: by its id, or the beginning of that. Raises `ConfigError` where there is none."""
    begun = runs.c.id.startswith(name, autoescape=True)
    found = db.execute(select(runs).where(begun).limit(2)).all() if len(name) >= SHORTEST_NAME else []
    if len(found) != 1:
        what = "several runs begin so" if found else "there is no such run"
        raise ConfigError(f"run {name[:40]!r}: {what}; `headcount status` shows those that are held")
    return run_of(found[0])


def superseded(db: Connection, connection: str, by: str) -> None:
    """Of the runs that were held, those of which nothing is held any more are superseded by a later one."""
    open_ones = select(held.c.run).where(and_(held.c.connection == connection, held.c.state == OPEN))
    stale = and_(
        runs.c.connection == connection, runs.c.state == RunState.HELD, runs.c.id != by, runs.c.id.not_in(open_ones)
    )
    db.execute(update(runs).where(stale).values(state=RunState.SUPERSEDED))


def goes_on_with(following: Request, report: Report, desk: Desk, *, refused: int, fresh: int) -> str:
    """Where a read goes on that breaks off now, with what was counted up to here: so many records `refused`, and so
    many of them `fresh` in quarantine."""
    told = {
        "refused": refused,
        "fresh": fresh,
        "made": {id: doc for id, (doc, _) in desk.made.items()},
        "request": {**attrs.asdict(following), "params": dict(following.params), "headers": dict(following.headers)},
        "received": report.received,
        "left_out": report.left_out,
        "coverage": desk.coverage,
        "counts": desk.counts,
        "newest": report.newest and as_text(report.newest),
    }
    return codec.dumps(told).decode()


@attrs.frozen(kw_only=True)
class Broken:
    """A read that broke off: its run, and where to go on."""

    run: Run
    resume: Resume
    coverage: dict[str, int]
    counts: dict[str, int]
    made: dict[str, Doc]
    refused: int
    fresh: int


def broken_off(db: Connection, connection: str, *, mark: str, after: datetime) -> Broken | None:
    """The last full read of a connection, where it broke off since an instant and was read by the same terms."""
    last = select(runs).where(runs.c.connection == connection).order_by(runs.c.number.desc()).limit(1)
    row = db.execute(last).first()
    ended = (RunState.RUNNING, RunState.FAILED)
    if row is None or row.state not in ended or row.goes_on is None or row.mark != mark:
        return None
    if datetime.fromisoformat(row.started_at) < after:
        return None
    told = codec.loads(row.goes_on)
    ids: Sequence[str] = db.execute(select(staged.c.id).where(staged.c.connection == connection)).scalars().all()
    return Broken(
        run=run_of(row),
        resume=Resume(
            request=Request(**told["request"]),
            received=told["received"],
            left_out=told["left_out"],
            newest=as_moment(told["newest"]),
            ids=ids,
        ),
        coverage=told["coverage"],
        counts=told["counts"],
        made=told["made"],
        refused=told["refused"],
        fresh=told["fresh"],
    )
