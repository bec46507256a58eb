"""What a connector says of its writes: for each verb a function that plans it, on ground that only reads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from headcount.changes import Hire, Rehire, Update, day, is_day
from headcount.errors import Rejected, Unsupported
from headcount.facts import Facts
from headcount.model import EMPTY, Employee, Group, Raw

if TYPE_CHECKING:
    from headcount.connector import Fields
    from headcount.http import Response
    from headcount.plan import Step
    from headcount.transport import Transport

Writable = Mapping[str, str]
"""Our fields that can be written, each with the vendor's key; `custom_fields` alone stands for all of them."""
NEAR = 8


@attrs.frozen(kw_only=True, eq=False)
class Ground:
    """What a plan stands on: whom it concerns, as they are now, and lines to the vendor that refuse to write.

    `employee`, `raw` and `facts` are empty for a hire. `scim` is None where the company configured no such line.
    """

    http: Transport
    scim: Transport | None
    today: date
    known: Any
    employee: Employee | None
    raw: Raw
    facts: Facts
    everyone: Callable[[], Sequence[Employee]]
    find: Callable[[str], Employee]
    groups: Callable[[], Sequence[Group]]
    warnings: list[str] = attrs.field(factory=list)

    def warn(self, sentence: str) -> None:
        """Tell whoever approves the plan, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    @property
    def scim_line(self) -> Transport:
        """The SCIM line. Raises `Unsupported` where the company configured none."""
        if self.scim is None:
            raise Unsupported("no SCIM endpoint is configured: set scim_url and scim_token")
        return self.scim

    def only_now(self, on: date | None) -> None:
        """For what the vendor does not date. Raises `Unsupported` for a day to come."""
        if on is not None and on > self.today:
            raise Unsupported(f"the vendor does not date this change: apply it on {on}, and not before")

    def past(self, on: date) -> bool:
        """Whether a day is over at the company too, wherever on earth that is."""
        return on < self.today - timedelta(days=1)

    def ahead(self, on: date) -> bool:
        """Whether a day has not come at the company either."""
        return on > self.today + timedelta(days=1)

    def group(self, id: str) -> Group:
        """The group of this id. Raises `Rejected` where there is none."""
        found = next((group for group in self.groups() if group.id == id), None)
        if found is None:
            raise Rejected(f"no group has the id {id}: `headcount groups` lists them")
        return found


@attrs.frozen(kw_only=True)
class Verb:
    """How one kind of change is made.

    `plan(change, ground)` gives the steps; it may read and send nothing. `facts(http, id, raw)` are facts that the
    verb changes and the employee's record does not show, such as the rows of a history. `required` are the fields
    that a hire must have. `made(response)` is the id of who was made, as the answer tells it.
    """

    plan: Callable[[Any, Ground], Iterable[Step]]
    facts: Callable[[Transport, str, Raw], Facts] = lambda http, _, raw: EMPTY
    required: Collection[str] = ()
    made: Callable[[Response], str | None] = lambda response: None


def keys_of(fields: Fields, *names: str) -> dict[str, str]:
    """The vendor's key of each of these fields of ours, where it is written as it is read: the first, of several."""
    found = {name: fields[name] for name in names}
    return {name: keys if isinstance(keys, str) else keys[0] for name, keys in found.items()}


def contract(fields: Facts, words: Mapping[str, str]) -> str | None:
    """For a vendor that keeps type of worker and working time in one word: that word, or None where neither is asked.

    `words` has the vendor's word for ours; one that it lacks is held to be the vendor's own. Raises `Rejected` for what
    no one word says.
    """
    asked = [name for name in ("worker_type", "time_type") if name in fields]
    worker = None if fields.get("worker_type") == "employee" else fields.get("worker_type")
    told = [one for one in (worker, fields.get("time_type")) if one is not None]
    if not asked:
        return None
    if len(told) != 1:
        raise Rejected(
            "worker_type and time_type are one word there: "
            + ("give one of them" if told else "give time_type, or a worker_type other than employee")
        )
    return words.get(told[0], str(told[0]))


def translated(fields: Facts, writable: Writable, *, dates: str = "%Y-%m-%d") -> dict[str, Any]:
    """Fields of ours under the vendor's keys; a custom field under its own.

    A key such as `name.first` stands in an object: `{"name": {"first": "Ada"}}`. Days are written in the form `dates`,
    as `Wire` reads them.
    """
    body: dict[str, Any] = {}
    for name, value in fields.items():
        *above, last = writable[name].split(".") if name in writable else [name.partition(".")[2]]
        place = body
        for key in above:
            place = place.setdefault(key, {})
        place[last] = day(value).strftime(dates) if value is not None and is_day(name) else value
    return body


def chosen(what: str, wanted: str, offered: Iterable[str]) -> str:
    """The vendor's own spelling of a word of one of its lists. Raises `Rejected` that says which there are."""
    words = list(offered)
    found = next((word for word in words if word.casefold() == wanted.strip().casefold()), None)
    if found is None:
        more = f" and {len(words) - NEAR} more" if len(words) > NEAR else ""
        raise Rejected(f"{what}: the vendor has no such word; it has {', '.join(words[:NEAR]) or 'none'}{more}")
    return found


def check_writable(vendor: str, change: Any, writable: Writable) -> None:
    """Raise `Unsupported` where a change sets a field that the vendor does not let be set."""
    if not isinstance(change, Hire | Update | Rehire):
        return
    refused = [name for name in change.fields if name not in writable and name.partition(".")[0] not in writable]
    if refused:
        raise Unsupported(
            f"{vendor} cannot write {', '.join(sorted(refused))}; it can write {', '.join(sorted(writable))}"
        )
