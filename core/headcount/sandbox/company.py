"""The company that a sandbox keeps: its people, who of them may be seen, and what a perfect reader makes of each."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from headcount.sandbox.calls import Call
from headcount.sandbox.clock import Clock
from headcount.sandbox.people import Person, StatusRow, population


class Company:
    """The people of a sandbox, and what somebody at the vendor's own pages can do to them."""

    restricted_fields: frozenset[str] = frozenset()
    """The vendor's names of fields that a trimmed permission no longer shows; a test may set others."""

    def __init__(self, people: int | Sequence[Person], *, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.people = population(people, seed=seed, now=clock.now()) if isinstance(people, int) else list(people)
        self._last_id = max((person.id for person in self.people), default=0)
        self.restricting = False
        self.lost_department = ""

    # -- who is there -------------------------------------------------------------------------------

    def person(self, id: str) -> Person | None:
        """The person of this vendor id, by uuid or by number."""
        return next((p for p in self.people if id in (p.uuid, str(p.id))), None)

    def id_of(self, person: Person) -> str:
        """The id that the vendor shows a person by: their number, unless a vendor says otherwise."""
        return str(person.id)

    def newcomer(self) -> Person:
        """Somebody with an id that nobody had, and nothing else; not among `people` yet."""
        self._last_id = max(self._last_id, *(person.id for person in self.people), 0) + 1
        now, unique = self.clock.now(), str(uuid.UUID(int=self._last_id, version=4))
        return Person(id=self._last_id, uuid=unique, number="", given="", family="", created=now, updated=now)

    def touch(self, person: Person) -> None:
        """Note that a person changed now."""
        person.updated = self.clock.now()

    # -- who may be seen, and what ------------------------------------------------------------------

    def sees(self, person: Person) -> bool:
        """Whether the caller may know of this person at all."""
        return person.department != self.lost_department or not self.lost_department

    def visible(self, call: Call | None = None) -> list[Person]:
        """The people whom the caller may know of, to read or to write; `people` is everyone.

        A list of people gives its `call`, and is cut short where that is the fault.
        """
        found = [person for person in self.people if self.sees(person)] if self.lost_department else [*self.people]
        if call is not None and "half_list" in call.faults:
            found = found[: len(found) // 2]
        return [] if call is not None and "empty_list" in call.faults else found

    def restricts(self, person: Person) -> bool:
        """Whether `restricted_fields` are kept from the caller for this person."""
        return self.restricting or bool(person.extra.get("restricted"))

    def _largest_department(self) -> str:
        sizes = Counter(person.department for person in self.people if person.department)
        return max(sizes, key=lambda name: sizes[name], default="")

    # -- what a reader should make of it ------------------------------------------------------------

    def truth(self, person: Person) -> dict[str, Any]:
        """What a perfect reader makes of a person, by field of the model; None for what is empty.

        It is worked out from the person and not from what the vendor sends, so that a connector can be held against
        it. A vendor's class leaves out what the vendor shows otherwise than it is.
        """
        manager = next((one for one in self.people if one.id == person.manager_id), None)
        found: dict[str, Any] = {
            "given_name": person.given,
            "middle_name": person.middle,
            "family_name": person.family,
            "preferred_name": person.preferred,
            "work_email": person.email,
            "personal_email": person.personal_email,
            "work_phone": person.work_phone,
            "mobile_phone": person.mobile_phone,
            "home_phone": person.home_phone,
            "employee_number": person.number,
            "job_title": person.title,
            "original_hire_date": person.first_hired,
            "start_date": person.hired,
            "termination_date": person.left,
            "manager_id": None if manager is None else self.id_of(manager),
        }
        if manager is None and person.manager_id is not None:
            del found["manager_id"]  # of a manager who is not there, vendors show an id or nothing
        return {name: value or None for name, value in found.items()}

    def new_hire(self) -> dict[str, Any]:
        """The fields, by name of the model, of somebody whom this vendor takes on as they stand."""
        start = self.clock.today() + timedelta(days=20)
        return {
            "given_name": "Ada",
            "family_name": "King-Noel",
            "work_email": "ada.king-noel@example.com",
            "start_date": start.isoformat(),
        }

    def departs(self, person: Person, on: date) -> None:
        """Somebody leaves, or will, on a day: what a person at the vendor's own pages would do."""
        if person.statuses:
            person.statuses.append(StatusRow(date=on, status="Terminated"))
        person.left = on
        if on <= self.clock.today():
            person.active, person.status_word = False, "Terminated"
        self.touch(person)

    def stays(self, person: Person) -> None:
        """Somebody who was to leave does not: `departs` is taken back."""
        person.statuses = [row for row in person.statuses if row.status != "Terminated"]
        person.left, person.active, person.status_word = None, True, "Full-Time"
        self.touch(person)
