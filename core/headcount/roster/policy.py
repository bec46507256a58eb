"""What of a company is kept: who, which fields, under which names; and how careful a sync is."""

from __future__ import annotations

import enum
import zoneinfo
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

import attrs

from headcount.errors import ConfigError
from headcount.model import EMPTY, Employee, EmployeeStatus, GroupType, NullReason, Scope
from headcount.roster.guard import Limits
from headcount.roster.records import NESTED, Doc, Reasons, mark_of

E = TypeVar("E", bound=enum.StrEnum)
ALWAYS_KEPT = ("id", "status")


class Who(enum.StrEnum):
    """Who is kept. Leaving the scope is an event of its own, and never a deletion."""

    EVERYONE = "everyone"
    NOT_INACTIVE = "not_inactive"
    ACTIVE = "active"


_ACTIVE = frozenset({EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE, EmployeeStatus.SUSPENDED})
_GONE = frozenset({EmployeeStatus.INACTIVE, EmployeeStatus.TERMINATED, EmployeeStatus.RETIRED, EmployeeStatus.DECEASED})
_IN: Mapping[Who, Collection[EmployeeStatus]] = {
    Who.EVERYONE: frozenset(EmployeeStatus),
    Who.NOT_INACTIVE: frozenset(EmployeeStatus) - _GONE,
    Who.ACTIVE: _ACTIVE,
}


def _who(given: Who | str) -> Who:
    return _one_of(Who, given, "who")


def _scopes(given: Iterable[Scope | str] | None) -> frozenset[Scope] | None:
    return None if given is None else frozenset(_one_of(Scope, one, "scopes") for one in given)


def _names(given: Iterable[str] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


@attrs.frozen(kw_only=True)
class Retention:
    """For how long what is kept beside the present state lasts; None is for ever.

    `history` is for changes and events, `quarantine` for records that could not be read, `runs` for the accounts of
    syncs, `left` for people who have left or were deleted: after that they are forgotten.
    """

    history: timedelta | None = None
    quarantine: timedelta | None = None
    runs: timedelta | None = None
    left: timedelta | None = None


@attrs.frozen(kw_only=True)
class SyncPolicy:
    """The terms by which a connection is kept.

    `who` is in; `scopes` are the classes of personal data that are stored, among those that the connection reads;
    `fields` an allow-list of the model's fields. `custom` maps the vendor's custom fields, by key or label, to names
    of yours: with it, only these are stored. `groups_from` makes groups of the values of a field: the title of the
    groups, and `job_title`, `custom_fields.<your name>`, or the type of a group such as `department`.

    `timezone` is the company's (IANA), by which days come and go: by default what the vendor tells, else UTC.
    `raw` keeps the vendor's record beside ours. A sync reads in full once `full_every` has passed; `overlap` is what
    an incremental one reads again. `limits` are the guard's.
    """

    who: Who = attrs.field(default=Who.EVERYONE, converter=_who)
    scopes: frozenset[Scope] | None = attrs.field(default=None, converter=_scopes)
    fields: frozenset[str] | None = attrs.field(default=None, converter=_names)
    custom: Mapping[str, str] | None = None
    groups_from: Mapping[str, str] = EMPTY
    timezone: str | None = None
    raw: bool = False
    full_every: timedelta = timedelta(days=1)
    overlap: timedelta = timedelta(minutes=2)
    limits: Limits = attrs.field(factory=Limits)
    retention: Retention = attrs.field(factory=Retention)

    def __attrs_post_init__(self) -> None:
        known = [field.name for field in attrs.fields(Employee) if field.name not in ("raw", "absent", "employments")]
        for name in self.fields or ():
            if name not in known:
                raise ConfigError(f"fields: there is no field {name!r}{_near(name, known)}")
        if self.timezone is not None:
            zone_of(self.timezone)
        if self.custom and len(set(self.custom.values())) < len(self.custom):
            raise ConfigError("custom: two of the vendor's fields are to have one name of yours")

    @property
    def mark(self) -> str:
        """A mark of all by which records are kept otherwise."""
        parts = (
            self.who.value,
            *sorted(self.scopes or ("all",)),
            *sorted(self.fields or ("all",)),
            repr(sorted(self.custom.items()) if self.custom is not None else None),
            repr(sorted(self.groups_from.items())),
            str(self.raw),
        )
        return mark_of(*parts)


def zone_of(name: str | None) -> zoneinfo.ZoneInfo:
    """The time zone of this name, UTC where there is none. Raises `ConfigError` for one that nobody knows."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = _near(str(name), zoneinfo.available_timezones())
        raise ConfigError(f"there is no time zone {name!r}: write one such as America/New_York{near}") from None


def _one_of(kind: type[E], given: Any, what: str) -> E:
    try:
        return kind(given)
    except ValueError:
        raise ConfigError(f"{what}: {given!r} is none of {', '.join(one.value for one in kind)}") from None


def _near(name: str, known: Iterable[str]) -> str:
    found = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {', '.join(found)}?" if found else ""


class Terms:
    """A policy put to use on one connection: what of a record is kept.

    `definitions` are the company's custom fields by key, None where the server does not tell them: then the names of
    the policy are held against the first records that come. `kinds` are the types of groups by id, `names` their names.
    """

    def __init__(
        self,
        policy: SyncPolicy,
        definitions: Mapping[str, Doc] | None,
        kinds: Mapping[str, GroupType],
        names: Mapping[str, str],
    ) -> None:
        self.policy = policy
        self._definitions = definitions
        self._kinds, self._names = kinds, names
        self._custom: dict[str, str] | None = None
        fields = attrs.fields(Employee)
        unwanted = {
            field.name
            for field in fields
            if (policy.scopes is not None and field.metadata["scope"] not in policy.scopes)
            or (policy.fields is not None and field.name not in policy.fields)
        }
        self._dropped = frozenset(unwanted) - set(ALWAYS_KEPT)
        nullable = {field.name for field in fields if field.default is None}
        self._redacted: Reasons = dict.fromkeys(sorted(self._dropped & nullable), NullReason.REDACTED.value)
        self._in = _IN[policy.who]
        if definitions is not None:
            self._resolve(definitions)

    def is_in(self, employee: Employee) -> bool:
        """Whether somebody is among those who are kept."""
        return employee.status.value in self._in

    def resolve(self, doc: Doc) -> None:
        """Hold the names of the policy against the first record, where the server tells no definitions."""
        if self._definitions is None:
            self._definitions = {}
            self._resolve({key: {} for key in doc.get("custom_fields", ())})

    def _resolve(self, definitions: Mapping[str, Doc]) -> None:
        if self.policy.custom is None:
            return
        by_name = {str(one["label"]): key for key, one in definitions.items() if one.get("label")}
        by_name |= {key: key for key in definitions}
        unknown = [name for name in self.policy.custom if name not in by_name]
        if unknown:
            hints = [f"{name!r}{_near(name, by_name)}" for name in unknown]
            raise ConfigError(f"custom: the vendor has no custom field {'; '.join(hints)}")
        self._custom = {by_name[name]: ours for name, ours in self.policy.custom.items()}

    def defined(self, definitions: Mapping[str, Doc]) -> dict[str, Doc]:
        """The definitions under the names that they are kept by."""
        if self._custom is None:
            return {} if "custom_fields" in self._dropped else dict(definitions)
        return {ours: definitions.get(key, {}) for key, ours in self._custom.items()}

    def applied(self, doc: Doc, reasons: Reasons) -> tuple[Doc, Reasons]:
        """The record as the terms have it, and the reasons for what is not there."""
        made = doc
        if self._custom is not None and "custom_fields" in doc:
            values = doc["custom_fields"]
            made = {**doc, "custom_fields": {ours: values[key] for key, ours in self._custom.items() if key in values}}
        if self.policy.groups_from:
            made = {**made, "group_ids": sorted({*made.get("group_ids", ()), *self._made_groups(made)})}
        if self._dropped:
            made = {name: value for name, value in made.items() if name not in self._dropped}
            reasons = {**reasons, **self._redacted}
        return made, reasons

    def _made_groups(self, doc: Doc) -> Iterable[str]:
        made = self.policy.groups_from.items()
        return (f"{title}:{value}" for title, field in made for value in self._values(doc, field))

    def _values(self, doc: Doc, field: str) -> list[str]:
        outer, dot, inner = field.partition(".")
        if dot and outer in NESTED:
            value = doc.get(outer, {}).get(inner)
        elif field in GroupType._value2member_map_:
            ids = doc.get("group_ids", ())
            return [self._names.get(id, id) for id in ids if self._kinds.get(id) == field]
        else:
            value = doc.get(field)
        if isinstance(value, dict):  # a coded value, by the vendor's word
            value = value.get("source") or value.get("value")
        return [] if value in (None, "") else [str(one) for one in value] if isinstance(value, list) else [str(value)]

    def made_group(self, id: str) -> Doc | None:
        """The group of this id, where the terms make it."""
        title, colon, name = id.partition(":")
        if not colon or title not in self.policy.groups_from:
            return None
        field = self.policy.groups_from[title]
        kind = field if field in GroupType._value2member_map_ else GroupType.CUSTOM.value
        return {"id": id, "name": name, "type": {"value": kind, "source": title}, "active": True}


def day_of(moment: datetime, zone: zoneinfo.ZoneInfo) -> date:
    """The day of the company's calendar on which an instant falls."""
    return moment.astimezone(zone).date()
