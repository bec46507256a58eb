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
ALWAYS_READ = (Scope.IDENTITY, Scope.WORK)
LONGEST_ID = 120


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
        for title in self.groups_from:
            if ":" in title:
                raise ConfigError(f"groups_from: {title!r}: a title has no colon")
        if self.custom and len(set(self.custom.values())) < len(self.custom):
            raise ConfigError("custom: two of the vendor's fields are to have one name of yours")

    @property
    def mark(self) -> str:
        """A mark of all by which records are kept otherwise."""
        parts = (
            self.who.value,
            repr(None if self.scopes is None else sorted(self.scopes)),
            repr(None if self.fields is None else sorted(self.fields)),
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

    `definitions` are the company's custom fields by the vendor's key. `kinds` are the types of groups by id, `names`
    their names. Where only some records were read (`part`), a custom field that none of them has may be there.

    Raises `ConfigError` for a custom field that is not there.
    """

    def __init__(
        self,
        policy: SyncPolicy,
        definitions: Mapping[str, Doc],
        kinds: Mapping[str, GroupType],
        names: Mapping[str, str],
        *,
        part: bool = False,
    ) -> None:
        self.policy = policy
        self._kinds, self._names = kinds, names
        self._custom = None if policy.custom is None else _mapped(policy.custom, definitions, part=part)
        fields = attrs.fields(Employee)
        unwanted = {
            field.name
            for field in fields
            if (policy.scopes is not None and field.metadata["scope"] not in {*policy.scopes, *ALWAYS_READ})
            or (policy.fields is not None and field.name not in policy.fields)
        }
        self._dropped = frozenset(unwanted) - set(ALWAYS_KEPT)
        nullable = {field.name for field in fields if field.default is None}
        self._redacted: Reasons = dict.fromkeys(sorted(self._dropped & nullable), NullReason.REDACTED.value)

    def is_in(self, status: EmployeeStatus, *, was_in: bool) -> bool:
        """Whether somebody of this status is among those who are kept. A word that nobody knows moves nobody out."""
        return is_in(self.policy.who, status, was_in=was_in)

    def keeps(self, field: str) -> bool:
        """Whether a field is kept at all."""
        return field not in self._dropped

    def defined(self, definitions: Mapping[str, Doc]) -> dict[str, Doc]:
        """The definitions under the names that they are kept by, each with the vendor's `key`."""
        if self._custom is None:
            kept = {key: {**one, "key": key} for key, one in definitions.items()}
            return kept if self.keeps("custom_fields") else {}
        return {ours: {**definitions.get(key, {}), "key": key} for key, ours in self._custom.items()}

    def applied(self, doc: Doc, reasons: Reasons) -> tuple[Doc, Reasons]:
        """The record as the terms have it, and the reasons for what is not there."""
        made = doc
        if self._custom is not None and "custom_fields" in doc:
            values = doc["custom_fields"]
            made = {**doc, "custom_fields": {ours: values[key] for key, ours in self._custom.items() if key in values}}
        if self.policy.groups_from:
            own = (id for id, _ in self._made_groups(made))
            made = {**made, "group_ids": sorted({*made.get("group_ids", ()), *own})}
        if self._dropped:
            made = {name: value for name, value in made.items() if name not in self._dropped}
            reasons = {**reasons, **self._redacted}
        return made, reasons

    def made_groups(self, doc: Doc) -> Iterable[Doc]:
        """The groups that the terms make of a record's values."""
        return (self._made_group(id, name) for id, name in self._made_groups(doc))

    def is_made(self, id: str) -> bool:
        """Whether a group of this id is one that the terms make."""
        return id.partition(":")[0] in self.policy.groups_from

    def _made_groups(self, doc: Doc) -> Iterable[tuple[str, str]]:
        """By id and name. What is made of groups goes by their ids, so that another name makes no other group."""
        for title, field in self.policy.groups_from.items():
            if field in GroupType._value2member_map_:
                own = (id for id in doc.get("group_ids", ()) if self._kinds.get(id) == field and not self.is_made(id))
                yield from ((f"{title}:{id}", self._names.get(id, id)) for id in own)
            else:
                yield from ((_short(f"{title}:{value}"), value) for value in _values(doc, field))

    def _made_group(self, id: str, name: str) -> Doc:
        # of a type of its own, so that nobody is transferred twice
        return {
            "id": id,
            "name": name,
            "type": {"value": GroupType.CUSTOM.value, "source": id.partition(":")[0]},
            "active": True,
        }


def is_in(who: Who, status: EmployeeStatus, *, was_in: bool) -> bool:
    """Whether somebody of this status is kept under these terms."""
    return status in _IN[who] or (was_in and status is EmployeeStatus.UNKNOWN)


def _mapped(custom: Mapping[str, str], definitions: Mapping[str, Doc], *, part: bool) -> dict[str, str]:
    """The names of ours by the vendor's key, for a mapping by key or label."""
    by_name = {str(one["label"]): key for key, one in definitions.items() if one.get("label")}
    by_name |= {key: key for key in definitions}
    unknown = [name for name in custom if name not in by_name]
    if unknown and not part:
        hints = [f"{name!r}{_near(name, by_name)}" for name in unknown]
        raise ConfigError(f"custom: the vendor has no custom field {'; '.join(hints)}")
    return {by_name.get(name, name): ours for name, ours in custom.items()}


def _values(doc: Doc, field: str) -> list[str]:
    outer, dot, inner = field.partition(".")
    value = doc.get(outer, {}).get(inner) if dot and outer in NESTED else doc.get(field)
    if isinstance(value, dict):  # a coded value, by the vendor's word
        value = value.get("source") or value.get("value")
    return [] if value in (None, "") else [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _short(id: str) -> str:
    """An id that every store can bear; a long one goes by its beginning and a mark of the whole."""
    return id if len(id) <= LONGEST_ID else f"{id[:LONGEST_ID]}…{mark_of(id)}"


def day_of(moment: datetime, zone: zoneinfo.ZoneInfo) -> date:
    """The day of the company's calendar on which an instant falls."""
    return moment.astimezone(zone).date()
