"""What a read is worth: whether it was everybody, who may be gone, and what is too much to be believed at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, Row, and_, func, select

from headcount import codec
from headcount.connector import Ask, Connector
from headcount.errors import Forbidden, NotFound
from headcount.model import DeletionBasis, GroupType, Identity
from headcount.report import Report
from headcount.roster.commit import missing, population
from headcount.roster.events import PLACES
from headcount.roster.guard import ALWAYS, Alarm, Verdict, departures, judged, storms
from headcount.roster.policy import SyncPolicy
from headcount.roster.run import Proof
from headcount.roster.staging import counted
from headcount.roster.tables import employees, staged
from headcount.transport import Transport

UNBELIEVED = ("empty", "others")
"""Alarms by which nothing of a list is taken at all."""


@attrs.frozen(kw_only=True)
class Judgement:
    """What a read is worth. `people` were there before it; `candidates` may be gone, on this evidence, and each is to
    be asked for by id first."""

    people: int
    proof: Proof
    why: str
    verdict: Verdict
    candidates: Mapping[str, DeletionBasis] = attrs.field(factory=dict)

    @property
    def believed(self) -> bool:
        """Whether what came is taken at all."""
        return not any(alarm.kind in UNBELIEVED for alarm in self.verdict.alarms)


def judge(
    db: Connection,
    row: Row[Any],
    policy: SyncPolicy,
    report: Report,
    *,
    full: bool,
    identity: Identity | None,
    kinds: Mapping[str, GroupType],
    names: Mapping[str, str],
) -> Judgement:
    """Judge what is staged of a connection, whose `row` is as it was before the read."""
    people, came = population(db, row.name), _came(db, row.name)
    alarms = _strange(db, row.name, people, came) if full else []
    if alarms:
        return Judgement(people=people, proof=Proof.NONE, why=str(alarms[0]), verdict=judged(alarms))
    proof, why = _proof(row, report, identity) if full else (Proof.NONE, "only what changed was read")
    if row.baseline_at is not None:
        counts = counted(db, row.name)
        if row.policy not in (None, policy.mark):  # what the terms changed is no storm
            counts = {name: how for name, how in counts.items() if name in ALWAYS}
        alarms = storms(counts, codec.loads(row.coverage), people, policy.limits)
    if any(alarm.kind == "coverage" for alarm in alarms) and proof is not Proof.NONE:
        proof, why = Proof.NONE, "a credential that sees less of the people may see fewer of them"
    absent = _absent(db, row.name) if proof is not Proof.NONE else []
    gone = _told_gone(db, row.name, report.gone)
    emptied = _emptied(db, row.name, absent, kinds, names)
    alarms += departures(max(len(absent), len(gone)), people, policy.limits, emptied)
    verdict = judged(alarms)
    ripe = (one.id for one in absent if one.missing + 1 >= policy.limits.confirmations)
    candidates = dict.fromkeys(ripe, DeletionBasis.ABSENT_FROM_COMPLETE_SNAPSHOT)
    candidates |= dict.fromkeys(gone, DeletionBasis.EXPLICIT_EVENT)
    sure = {} if verdict.departures else candidates
    return Judgement(people=people, proof=proof, why=why, verdict=verdict, candidates=sure)


def _came(db: Connection, name: str) -> int:
    query = select(func.count()).select_from(staged).where(staged.c.connection == name)
    return int(db.execute(query).scalar_one())


def _strange(db: Connection, name: str, people: int, came: int) -> list[Alarm]:
    """Why what came cannot be those people at all: it is nobody, or strangers alone."""
    if not came:
        return [Alarm(kind="empty", count=0, of=people, limit="")]
    known = and_(staged.c.connection == name, staged.c.id == employees.c.id)
    here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None), known)
    if people and db.execute(select(employees.c.id).where(here).limit(1)).first() is None:
        return [Alarm(kind="others", count=came, of=people, limit="")]
    return []


def _proof(row: Row[Any], report: Report, identity: Identity | None) -> tuple[Proof, str]:
    """What shows that this was everybody, and in words."""
    if report.refused:
        return Proof.NONE, f"{report.rejected:,} records could not be read"
    before = codec.loads(row.owner) if row.owner else None
    if before and identity and (before.get("id"), before.get("role")) != (identity.id, identity.role):
        # who cannot be seen any more is not gone
        return Proof.NONE, "the credential is another's, or its role another, than at the last full read"
    if report.complete:
        return Proof.COUNTED, report.why
    return (Proof.WALKED if report.walked else Proof.NONE), report.why


def _absent(db: Connection, name: str) -> Sequence[Row[Any]]:
    query = missing(name, employees.c.id, employees.c.missing, employees.c.groups)
    return db.execute(query.order_by(employees.c.id)).all()


def _told_gone(db: Connection, name: str, ids: Sequence[str]) -> list[str]:
    """Of those whom the vendor says to be deleted, who is still kept."""
    if not ids:
        return []
    here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None), employees.c.id.in_(ids))
    return list(db.execute(select(employees.c.id).where(here)).scalars())


def _emptied(
    db: Connection, name: str, absent: Iterable[Row[Any]], kinds: Mapping[str, GroupType], names: Mapping[str, str]
) -> list[tuple[str, int]]:
    """The places of which everybody is missing at once, each with how many those are."""
    lost = Counter(id for row in absent for id in codec.loads(row.groups or "[]") if kinds.get(id) in PLACES)
    found = []
    for id, count in lost.items():
        member = employees.c.groups.contains(codec.dumps(id).decode(), autoescape=True)
        here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None), member)
        if db.execute(select(func.count()).select_from(employees).where(here)).scalar_one() == count:
            found.append((names.get(id, id), count))
    return found


def confirmed(
    connector: Connector, http: Transport, judgement: Judgement, known: Any
) -> tuple[dict[str, DeletionBasis], list[str]]:
    """Who is gone indeed, and what is to be said of the others.

    Each candidate is asked for by id, where the vendor can be asked: whoever answers, or may not be asked for, is
    there. Where the vendor cannot be asked, only a list that was counted is believed.
    """
    one = connector.employees.one
    if one is None:
        return dict(judgement.candidates) if judgement.proof is Proof.COUNTED else {}, []
    found: dict[str, DeletionBasis] = {}
    there = hidden = 0
    for id, basis in judgement.candidates.items():
        try:
            one(http, Ask(wanted=("status",), known=known), id)
        except NotFound:
            found[id] = basis if basis is DeletionBasis.EXPLICIT_EVENT else DeletionBasis.EXPLICIT_404
        except Forbidden:
            hidden += 1
        else:
            there += 1
    said = [f"{there:,} who are not in the list are there when asked for by id"] if there else []
    said += (
        [f"{hidden:,} who are not in the list may not be asked for by id, and are held to be there"] if hidden else []
    )
    return found, said
