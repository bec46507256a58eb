"""How a credential fares: whose it is, what it sees, when it ends, and what to do before a connection dies with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from headcount.errors import Forbidden, HeadcountError, NotFound, Unsupported
from headcount.model import Employee, Identity, Lifecycle, NullReason
from headcount.reader import wanted_fields
from headcount.report import Report

if TYPE_CHECKING:
    from headcount.connection import Connection

WARNED = timedelta(days=31)
"""So long before its end a credential is warned about: a key of two years from its 23rd month."""
SAMPLE = 50
"""So many people are looked at to see what a credential may see of them."""


@attrs.frozen(kw_only=True)
class Concern:
    """Something to do before a connection dies, or because it sees less. `on` is the day it is about.

    `kind` is `owner-leaves` (on a day to come), `owner-left`, `ends` (within 31 days), `ended`, `sees-less`, or
    `granted-no-more` (the vendor takes the token no more).
    """

    kind: str
    text: str
    on: date | None = None

    def __str__(self) -> str:
        return self.text


@attrs.frozen(kw_only=True)
class CredentialHealth:
    """How the credential of a connection fares, as far as it is known.

    `owner` is whose it is, with a sentence on when it ends. `granted` is whether a person granted it by OAuth.
    `made_on` is the day it was made, where somebody said; `since` when it was first used here; `ends_on` its last day
    at the latest. `asked_at` is when the vendor last answered to it. `sees` and `withheld` are the fields of ours,
    beside `employees`, `groups` and `company`, that it may and may not read; `lost` those that it could, and can no
    more. `concerns` say what is to be done.
    """

    owner: Identity = attrs.field(factory=Identity)
    granted: bool = False
    made_on: date | None = None
    since: datetime | None = None
    ends_on: date | None = None
    asked_at: datetime | None = None
    sees: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    concerns: tuple[Concern, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As it is kept: plain values, and no concerns, which are another day's."""
        names = [name for name in attrs.fields_dict(type(self)) if name not in ("owner", "concerns")]
        told = {name: value for name in names if (value := getattr(self, name))}
        dated = {name: value.isoformat() for name, value in told.items() if isinstance(value, date)}
        return {**attrs.asdict(self.owner), **told, **dated}

    @classmethod
    def of_dict(cls, told: Mapping[str, Any]) -> CredentialHealth:
        """As it was kept, perhaps by an earlier headcount, which kept the owner alone."""
        owner = Identity(**{name: told.get(name) for name in attrs.fields_dict(Identity)})
        return cls(owner=owner, **{name: read(told[name]) for name, read in _READ.items() if name in told})


_READ: Mapping[str, Callable[[Any], Any]] = {
    "granted": bool,
    **dict.fromkeys(("made_on", "ends_on"), date.fromisoformat),
    **dict.fromkeys(("since", "asked_at"), datetime.fromisoformat),
    **dict.fromkeys(("sees", "withheld", "lost"), tuple),
}


def checked(connection: Connection, *, made_on: date | None = None, now: datetime | None = None) -> CredentialHealth:
    """Ask the vendor: whose the credential is, and what it sees of each thing, by reading a little of it.

    Raises the vendor's errors where it is not taken at all.
    """
    now = now or datetime.now(UTC)
    me = connection.whoami() if connection.connector.whoami else Identity()
    listing = connection.employees()
    looked = {
        "company": lambda: connection.company(),
        "groups": lambda: next(connection.groups(), None),
        "employees": lambda: [*itertools.islice(listing, SAMPLE)],
    }
    answers = {name: _allowed(look) for name, look in looked.items()}
    before = connection.kept_health()
    sees, withheld = seen(connection, listing.report)
    was = before or CredentialHealth()
    health = looked_at(
        described(connection, me, made_on=made_on or was.made_on, since=was.since, now=now),
        before,
        sees=[*(name for name, yes in answers.items() if yes), *sees],
        withheld=[*(name for name, yes in answers.items() if yes is False), *withheld],
    )
    return attrs.evolve(health, concerns=concerns_of(health, _owner(connection, me.id), now.date()))


def _allowed(look: Callable[[], Any]) -> bool | None:
    """Whether it may be seen; None where this server has no such thing."""
    try:
        look()
    except Forbidden:
        return False
    except (Unsupported, NotFound):
        return None
    return True


def _owner(connection: Connection, id: str | None) -> Employee | None:
    """The owner's own record, where it can be looked up."""
    try:
        return None if id is None else connection.employee(id)
    except HeadcountError:  # it is looked at for a warning, which is not worth an error
        return None


def seen(connection: Connection, report: Report) -> tuple[list[str], list[str]]:
    """Which of the fields that a read asked for may be seen of somebody, and which of nobody."""
    if not report.accepted:
        return [], []
    wanted = wanted_fields(Employee, connection.scopes) & connection.connector.employees.fields.keys()
    hidden = {
        name
        for (name, reason), count in report.absent.items()
        if reason is NullReason.NOT_PERMITTED and count >= report.accepted
    }
    return sorted(wanted - hidden), sorted(hidden)


def described(
    connection: Connection, me: Identity, *, made_on: date | None, since: datetime | None, now: datetime
) -> CredentialHealth:
    """Whose it is and when it ends. A key of which nobody said when it was made was made by its first use here."""
    life, granted = connection.connector.key_life, connection.is_granted
    since = since or now
    return CredentialHealth(
        owner=me,
        granted=granted,
        made_on=made_on,
        since=since,
        ends_on=None if granted or life is None else (made_on or since.date()) + life,
        asked_at=now,
    )


def looked_at(
    health: CredentialHealth, before: CredentialHealth | None, *, sees: Collection[str], withheld: Collection[str]
) -> CredentialHealth:
    """With what it sees now, and what of that it saw before and sees no more. Where nobody was looked at it stays."""
    was = before or CredentialHealth()
    if not sees and not withheld:
        sees, withheld = was.sees, was.withheld
    lost = {*was.sees, *was.lost} & {*withheld}
    return attrs.evolve(health, sees=tuple(sees), withheld=tuple(withheld), lost=tuple(sorted(lost)))


def concerns_of(
    health: CredentialHealth, owner: Employee | None, today: date, *, deleted: bool = False
) -> tuple[Concern, ...]:
    """What is to be done about a credential. `owner` is its owner's record, where it is known, `deleted` where the
    vendor has it no more. Nobody is named: it may stand in a log."""
    of_owner = _of_owner(owner, today, deleted=deleted)
    return tuple(itertools.chain(of_owner, _of_end(health, today), _of_sight(health)))


AGAIN = "somebody who stays and may see the same connects again (`headcount reconnect`)"


def _of_owner(owner: Employee | None, today: date, *, deleted: bool) -> Iterator[Concern]:
    if owner is None:
        return
    last = owner.termination_date
    gone = deleted or owner.lifecycle(today) is Lifecycle.LEFT
    if last is not None and last >= today and not gone:
        text = f"its owner leaves on {last}, and the credential dies with them: before that, {AGAIN}"
        yield Concern(kind="owner-leaves", text=text, on=last)
    elif gone:
        day = f" on {last}" if last else ""
        yield Concern(kind="owner-left", text=f"its owner has left{day}: it may stop at any moment; {AGAIN}", on=last)


def _of_end(health: CredentialHealth, today: date) -> Iterator[Concern]:
    if health.ends_on is None or health.ends_on - WARNED > today:
        return
    if health.ends_on < today:
        text = f"its life was over on {health.ends_on}, by what is known of it: make a new one"
        yield Concern(kind="ended", text=f"{text} (`headcount reconnect`)", on=health.ends_on)
    else:
        text = f"it ends on {health.ends_on} at the latest: make a new one before (`headcount reconnect`)"
        yield Concern(kind="ends", text=text, on=health.ends_on)


def _of_sight(health: CredentialHealth) -> Iterator[Concern]:
    if health.lost:
        text = f"it sees less than it did: {', '.join(health.lost)}. Its owner's permissions were changed"
        yield Concern(kind="sees-less", text=text)
