"""What may be asked for: one frozen value a verb, with its fields as plain values."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar

import attrs

from headcount.errors import Rejected
from headcount.facts import Facts
from headcount.model import Coded, Employee, TerminationType

DERIVED = frozenset(
    {
        *("id", "status", "termination_date", "termination_type", "termination_reason", "manager_ids"),
        *("company_id", "work_location_id", "photo_url", "record_url", "created_at", "updated_at"),
        *("employments", "absent", "raw"),
    }
)
"""Fields of an employee that nobody sets: they follow from a verb, or from the vendor."""
WRITTEN = {field.name: str(field.type) for field in attrs.fields(Employee) if field.name not in DERIVED}
NESTED = ("custom_fields", "demographics", "compensation")


def written_fields(given: Mapping[str, Any]) -> Facts:
    """The fields of a hire or an update as plain values, `{"custom_fields": {"shirt": "M"}}` as `custom_fields.shirt`.

    Days are `date` or ISO text, enums may be given by our word or the vendor's; `None` empties a field.
    Raises `Rejected`, which names the fields and not what they hold.
    """
    flat = dict(_flat(given))
    wrong = [name for name in flat if name.partition(".")[0] not in WRITTEN]
    if wrong:
        raise Rejected(f"no field {', '.join(sorted(wrong))} can be set; there are {', '.join(WRITTEN)}")
    return {name: _plain(name, value) for name, value in flat.items()}


def _flat(given: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        if not isinstance(name, str):
            raise Rejected(f"a field is named by a text, and not by {type(name).__name__}")
        if isinstance(value, Mapping) and (above or name in NESTED):
            yield from _flat(value, f"{above}{name}.")
        elif name in NESTED and not above:
            raise Rejected(f"{name} holds fields of its own: give them as {name}.NAME, or as a mapping")
        else:
            yield above + name, value


def is_day(name: str) -> bool:
    """Whether a field that can be set is a day of the calendar."""
    return name == "demographics.date_of_birth" or ("date" in name and WRITTEN.get(name, "").startswith("date"))


def _plain(name: str, value: Any) -> Any:
    kind = WRITTEN[name.partition(".")[0]]
    if value is None:
        return [] if kind.startswith("tuple") else None
    if is_day(name):
        return day(value, name).isoformat()
    if isinstance(value, Coded):
        return value.source or value.value.value
    if kind.startswith("tuple"):
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise Rejected(f"{name} must be a list of ids")
        return [_id(one) for one in value]
    if isinstance(value, enum.Enum | Decimal | date):
        return str(value)
    if name.partition(".")[0] not in NESTED and not isinstance(value, str):
        raise Rejected(f"{name} must be a text, and is a {type(value).__name__}")
    if isinstance(value, str) and not name.startswith("custom_fields"):
        value = value.strip() or None  # as it will be read back
    return _sayable(name, value)


def _sayable(name: str, value: Any) -> Any:
    """What JSON can say, and UTF-8 can write. Raises `Rejected` for anything else."""
    if isinstance(value, list):
        return [_sayable(name, one) for one in value]
    if isinstance(value, Mapping):
        return {str(_sayable(name, str(key))): _sayable(name, one) for key, one in value.items()}
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Rejected(f"{name} holds half a character, which nobody can write") from None
        return value
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise Rejected(f"{name} must be what JSON can say, and is a {type(value).__name__}")


def day(value: Any, name: str = "on") -> date:
    """A day of the calendar from a `date` or ISO text; an instant is refused: its day depends on the place."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Rejected(f"{name} must be a day such as 2026-12-31") from None


def _maybe_day(value: Any) -> date | None:
    return None if value is None else day(value)


def _last_day(value: Any) -> date | None:
    return None if value is None else day(value, "last_day")


def _names(fields: Facts) -> str:
    """A repr that names the fields and tells nothing of whom they are about."""
    return f"[{', '.join(fields)}]"


def _maybe_text(value: Any) -> str | None:
    if isinstance(value, Coded):
        return value.source or str(value.value)
    return None if value is None else str(_sayable("the text", str(value)))


def _yes_or_no(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise Rejected("eligible_for_rehire is true, false, or left out while it is undecided")


def _id(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise Rejected("the id is empty")
    return str(_sayable("the id", text))


@attrs.frozen
class Change:
    """What somebody asks for. `verb` is its name in commands; `whom` it concerns is None for who is not there yet."""

    verb: ClassVar[str]

    @property
    def whom(self) -> str | None:
        """The id of the employee."""
        id: str | None = getattr(self, "id", None)
        return id

    @property
    def words(self) -> str:
        """The verb as a sentence has it."""
        return self.verb.replace("-", " ")


@attrs.frozen
class Hire(Change):
    """Make an employee with these fields of the model. A future `start_date` is as good as any."""

    verb: ClassVar[str] = "hire"
    fields: Facts = attrs.field(converter=written_fields, repr=_names)


@attrs.frozen(kw_only=True)
class Update(Change):
    """Set these fields of an employee, and no others; dated fields from the day `on`, where the vendor dates them."""

    verb: ClassVar[str] = "update"
    id: str = attrs.field(converter=_id)
    fields: Facts = attrs.field(converter=written_fields, repr=_names)
    on: date | None = attrs.field(default=None, converter=_maybe_day)


@attrs.frozen(kw_only=True)
class Terminate(Change):
    """End an employment on a day, past or to come. `last_day` is the last day of work, where that is another.

    `type` is ours, or the vendor's word for it; `reason` the vendor's word. `eligible_for_rehire` None is undecided.
    """

    verb: ClassVar[str] = "terminate"
    id: str = attrs.field(converter=_id)
    on: date = attrs.field(converter=day)
    last_day: date | None = attrs.field(default=None, converter=_last_day)
    type: str | None = attrs.field(default=None, converter=_maybe_text)
    reason: str | None = attrs.field(default=None, converter=_maybe_text)
    eligible_for_rehire: bool | None = attrs.field(default=None, converter=_yes_or_no)
    comment: str | None = attrs.field(default=None, converter=_maybe_text)

    @property
    def kind(self) -> TerminationType | None:
        """The type as one of ours; None where the vendor's own word was given, or nothing."""
        return next((kind for kind in TerminationType if kind == self.type), None)


@attrs.frozen(kw_only=True)
class CancelTermination(Change):
    """Take a termination back, one to come or one that has taken effect."""

    verb: ClassVar[str] = "cancel-termination"
    id: str = attrs.field(converter=_id)


@attrs.frozen(kw_only=True)
class Rehire(Change):
    """Take a former employee on again from a day, as the same record; `fields` are set besides."""

    verb: ClassVar[str] = "rehire"
    id: str = attrs.field(converter=_id)
    on: date = attrs.field(converter=day)
    fields: Facts = attrs.field(factory=dict, converter=written_fields, repr=_names)


@attrs.frozen(kw_only=True)
class Join(Change):
    """Put an employee into a group, from the day `on` where the vendor dates it."""

    verb: ClassVar[str] = "join"
    id: str = attrs.field(converter=_id)
    group_id: str = attrs.field(converter=_id)
    on: date | None = attrs.field(default=None, converter=_maybe_day)


@attrs.frozen(kw_only=True)
class Leave(Change):
    """Take an employee out of a group."""

    verb: ClassVar[str] = "leave"
    id: str = attrs.field(converter=_id)
    group_id: str = attrs.field(converter=_id)


@attrs.frozen(kw_only=True)
class Delete(Change):
    """Delete an employee's record for good: not a way to end an employment."""

    verb: ClassVar[str] = "delete"
    id: str = attrs.field(converter=_id)


CHANGES: dict[str, type[Change]] = {
    kind.verb: kind for kind in (Hire, Update, Terminate, CancelTermination, Rehire, Join, Leave, Delete)
}
