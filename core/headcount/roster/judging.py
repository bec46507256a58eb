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
from headcount.model import DeletionBasis, GroupType
from headcount.report import Report
from headcount.roster.events import PLACES
from headcount.roster.findings import missing
from headcount.roster.guard import STANDING, Alarm, Limits, People, Verdict, departures, emptied, judged, storms
from headcount.roster.run import Proof
from headcount.roster.staging import BATCH, counted
from headcount.roster.tables import employees, staged
from headcount.transport import Transport

UNBELIEVED = ("empty", "others")
"""Alarms by which nothing of a list is taken at all."""


@attrs.frozen(kw_only=True)
class Judgement:
    """What a read is worth. `candidates` may be gone, on this evidence, and each is to be asked for by id first."""

    proof: Proof
    why: str
    verdict: Verdict
    candidates: Mapping[str, DeletionBasis] = attrs.field(factory=dict)

    @property
    def believed(self) -> bool:
        """Whether what came is taken at all."""
        return not any(alarm.kind in UNBELIEVED for alarm in self.verdict.alarms)


@attrs.frozen(kw_only=True)
class Read:
    """A read that is judged: its report, whether it was of everybody, how many records of it could not be read,
    whether the terms or the credential are other ones than at the last full read, and the groups."""

    report: Report
    full: bool
    refused: int
    other_terms: bool
    other_credential: bool
    kinds: Mapping[str, GroupType]
    names: Mapping[str, str]


def judge(db: Connection, row: Row[Any], limits: Limits, read: Read) -> Judgement:
    """Judge what is staged of a connection, whose `row` is as it was before the read."""
    people = _people(db, row.name)
    alarms = _strange(db, row.name, people) if read.full else []
    if alarms:
        return Judgement(proof=Proof.NONE, why=str(alarms[0]), verdict=judged(alarms))
    proof, why = _proof(read) if read.full else (Proof.NONE, "only what changed was read")
    if row.baseline_at is not None:
        counts = counted(db, row.name)
        if read.other_terms:  # what the terms changed is no storm
            counts = {name: how for name, how in counts.items() if name in STANDING}
        alarms = storms(counts, codec.loads(row.coverage), people, limits)
    if any(alarm.kind == "coverage" for alarm in alarms) and proof is not Proof.NONE:
        proof, why = Proof.NONE, "a credential that sees less of the people may see fewer of them"
    absent = _absent(db, row.name) if proof is not Proof.NONE else []
    gone = _told_gone(db, row.name, read.report.gone)
    alarms += departures(_counted(absent or gone), people, limits)
    alarms += emptied(_of_one_place(db, row.name, absent, read), people, limits)
    if absent and read.other_credential:
        alarms.append(Alarm(kind="credential", count=len(absent), of=people.all, limit=""))
    verdict = judged(alarms)
    ripe = (one.id for one in absent if one.missing + 1 >= limits.confirmations)
    candidates = dict.fromkeys(ripe, DeletionBasis.ABSENT_FROM_COMPLETE_SNAPSHOT)
    candidates |= dict.fromkeys((one.id for one in gone), DeletionBasis.EXPLICIT_EVENT)
    return Judgement(proof=proof, why=why, verdict=verdict, candidates={} if verdict.departures else candidates)


HERE_OR_COMING = ("pre_start", "employed", "on_leave")


def _people(db: Connection, name: str) -> People:
    here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None))
    query = select(employees.c.state, func.count()).where(here).group_by(employees.c.state)
    counts = {row.state: int(row[1]) for row in db.execute(query)}
    return People(all=sum(counts.values()), here=sum(counts.get(state, 0) for state in HERE_OR_COMING))


def _counted(rows: Sequence[Any]) -> People:
    return People(all=len(rows), here=sum(row.state in HERE_OR_COMING for row in rows))


def _strange(db: Connection, name: str, people: People) -> list[Alarm]:
    """Why what came cannot be those people at all: it is nobody, or strangers alone."""
    own = staged.c.connection == name
    came = int(db.execute(select(func.count()).select_from(staged).where(own)).scalar_one())
    if not came:
        return [Alarm(kind="empty", count=0, of=people.all, limit="")]
    here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None))
    known = and_(here, own, staged.c.id == employees.c.id)
    if people.all and db.execute(select(employees.c.id).where(known).limit(1)).first() is None:
        return [Alarm(kind="others", count=came, of=people.all, limit="")]
    return []


def _proof(read: Read) -> tuple[Proof, str]:
    """What shows that this was everybody, and in words."""
    if read.refused:
        return Proof.NONE, f"{read.refused:,} records could not be read"
    if read.report.complete:
        return Proof.COUNTED, read.report.why
    return (Proof.WALKED if read.report.walked else Proof.NONE), read.report.why


_ABOUT = (employees.c.id, employees.c.missing, employees.c.groups, employees.c.state)


def _absent(db: Connection, name: str) -> Sequence[Any]:
    return db.execute(missing(name, *_ABOUT).order_by(employees.c.id)).all()


def _told_gone(db: Connection, name: str, ids: Sequence[str]) -> Sequence[Any]:
    """Of those whom the vendor says to be deleted, who is still kept."""
    found: list[Any] = []
    for start in range(0, len(ids), BATCH):
        some = employees.c.id.in_(ids[start : start + BATCH])
        here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None), some)
        found += db.execute(select(*_ABOUT).where(here)).all()
    return found


def _of_one_place(db: Connection, name: str, absent: Iterable[Any], read: Read) -> list[tuple[str, int]]:
    """The places of which everybody is missing at once, each with how many those are."""
    kinds = read.kinds
    lost = Counter(id for row in absent for id in codec.loads(row.groups or "[]") if kinds.get(id) in PLACES)
    found = []
    for id, count in lost.items():
        member = employees.c.groups.contains(codec.dumps(id).decode(), autoescape=True)
        here = and_(employees.c.connection == name, employees.c.deleted_at.is_(None), member)
        if db.execute(select(func.count()).select_from(employees).where(here)).scalar_one() == count:
            found.append((read.names.get(id, id), count))
    return found


def is_there(connector: Connector, http: Transport, id: str, known: Any) -> bool | None:
    """Whether the vendor has somebody of this id, asked for alone; None where it may not be asked, or cannot be."""
    one = connector.employees.one
    try:
        return None if one is None else bool(one(http, Ask(wanted=("status",), known=known), id))
    except NotFound:
        return False
    except Forbidden:
        return None


def confirmed(
    connector: Connector, http: Transport, judgement: Judgement, known: Any
) -> tuple[dict[str, DeletionBasis], list[str]]:
    """Who is gone indeed, and what is to be said of the others.

    Each candidate is asked for by id, where the vendor can be asked: whoever answers, or may not be asked for, is
    there. Where the vendor cannot be asked, only a list that was counted is believed.
    """
    if connector.employees.one is None:
        return dict(judgement.candidates) if judgement.proof is Proof.COUNTED else {}, []
    there = {id: is_there(connector, http, id, known) for id in judgement.candidates}
    explicit = DeletionBasis.EXPLICIT_EVENT
    found = {
        id: explicit if basis is explicit else DeletionBasis.EXPLICIT_404
        for id, basis in judgement.candidates.items()
        if there[id] is False
    }
    said, (seen, hidden) = [], (sum(is_so is told for is_so in there.values()) for told in (True, None))
    if seen:
        said.append(f"{seen:,} who are not in the list are there when asked for by id")
    if hidden:
        said.append(f"{hidden:,} who are not in the list may not be asked for by id, and are held to be there")
    return found, said
