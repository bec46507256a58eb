"""What the roster's tests share: a sandbox, a connection to it, and a roster whose clock is the sandbox's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

import headcount as hc
from headcount.roster import Event, Roster, Run, SyncPolicy
from headcount.sandbox import Person, Sandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, VENDORS, Vendor

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)
LINES = [(vendor, dialect) for vendor in VENDORS for dialect in ("guide", "observed")]
OPTIONS = hc.Options(rate=hc.UNLIMITED, first_wait=0.005, longest_wait=0.02, tries=3, threads=1, read_timeout=5.0)


@attrs.define(kw_only=True)
class Stage:
    """A company at a vendor, and the roster that is kept of it."""

    vendor: Vendor
    box: Sandbox
    connection: hc.Connection
    roster: Roster
    policy: SyncPolicy = attrs.field(factory=SyncPolicy)

    def sync(self, *, hours: float = 0, full: bool = False, policy: SyncPolicy | None = None) -> Run:
        """Let time pass, and sync."""
        if hours:
            self.box.clock.advance(hours=hours)
        return self.roster.sync(self.connection, full=full, policy=policy or self.policy)

    def id_of(self, person: Person) -> str:
        return self.vendor.id_of(person)

    def events(self) -> list[tuple[str, str]]:
        """What happened so far: the kind, and the id of whom it happened to."""
        return [(event.kind.value, event.employee_id) for event in self.roster.events()]

    def last(self, kind: str) -> Event:
        """The last event of a kind."""
        return [event for event in self.roster.events() if event.kind == kind][-1]

    def ids(self, **question: Any) -> set[str]:
        return {person.id for person in self.roster.employees(**question)}

    def everyone(self) -> set[str]:
        """Who is there in truth."""
        return {self.id_of(person) for person in self.box.people}

    def plain(self, skip: int = 0) -> Person:
        """Somebody with nothing odd about them."""
        return [person for person in self.box.people[1:] if not person.tags and person.active][skip]


@contextmanager
def staged(
    url: str,
    vendor: Vendor = BAMBOOHR,
    dialect: str = "observed",
    *,
    people: Any = 40,
    now: datetime = NOON,
    skew: timedelta = timedelta(),
    **policy: Any,
) -> Iterator[Stage]:
    """A sandbox, a connection and a roster."""
    with (
        vendor.start(people=people, dialect=dialect, now=now) as box,
        box.connect(options=OPTIONS) as connection,
        Roster(url, now=lambda: box.clock.now() + skew) as roster,
    ):
        yield Stage(vendor=vendor, box=box, connection=connection, roster=roster, policy=SyncPolicy(**policy))


__all__ = ["BAMBOOHR", "INSIGHTLY", "LINES", "NAMELY", "NOON", "OPTIONS", "Stage", "staged"]
