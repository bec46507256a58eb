"""How a person is kept: as plain values by field, without what is empty; how two of them differ, and the way back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b
from operator import attrgetter
from typing import Any

import attrs

from headcount import codec
from headcount.model import (
    EMPTY,
    Address,
    Coded,
    Compensation,
    CustomField,
    Demographics,
    Employee,
    EmployeeStatus,
    Group,
    GroupType,
    NullReason,
    PayPeriod,
    TerminationType,
    TimeType,
    WorkerType,
)

Doc = dict[str, Any]
"""A person or a group as plain JSON values by field, without what is empty. Custom fields are values by key."""
Reasons = Mapping[str, str]
"""Why fields are not there, but for those that are simply empty at the source."""
NESTED = ("custom_fields", "demographics", "compensation")
NOT_A_CHANGE = frozenset({"updated_at"})
"""When a vendor touched a record is no fact about the person."""
_OTHERWISE = ("manager_ids", "group_ids", "custom_fields", "employments", "absent", "raw")
_KEPT = tuple(field.name for field in attrs.fields(Employee) if field.name not in _OTHERWISE)
_VALUES = attrgetter(*_KEPT)
UNSEEN = frozenset(NullReason) - {NullReason.EMPTY_AT_SOURCE}
"""Reasons by which a field that is None may well have a value."""


def kept(employee: Employee) -> tuple[Doc, Reasons]:
    """A person as they are kept, and the reasons for what is not there."""
    doc = {
        name: value if type(value) is str else codec.plain(value)
        for name, value in zip(_KEPT, _VALUES(employee), strict=True)
        if value is not None
    }
    if employee.manager_ids and employee.manager_ids != (employee.manager_id,):
        doc["manager_ids"] = list(employee.manager_ids)
    if employee.group_ids is not None:  # told, though there be none
        doc["group_ids"] = sorted(employee.group_ids)
    if employee.custom_fields:
        values = {key: codec.plain(field.value) for key, field in sorted(employee.custom_fields.items())}
        doc["custom_fields"] = {key: value for key, value in values.items() if value is not None}
    return doc, {name: why for name, why in employee.absent.items() if why is not NullReason.EMPTY_AT_SOURCE}


def flat(doc: Doc) -> Doc:
    """The record with one level: `custom_fields.shirt`, `compensation.amount`."""
    told = {name: value for name, value in doc.items() if name not in NESTED}
    for outer in NESTED:
        for name, value in doc.get(outer, EMPTY).items():
            if value is not None:
                told[f"{outer}.{name}"] = value
    return told


def nested(told: Mapping[str, Any]) -> Doc:
    """The way back from `flat`."""
    doc: Doc = {}
    for name, value in told.items():
        outer, dot, inner = name.partition(".")
        if dot and outer in NESTED:
            doc.setdefault(outer, {})[inner] = value
        else:
            doc[name] = value
    return doc


def differing(before: Doc, after: Doc) -> dict[str, tuple[Any, Any]]:
    """By field what is kept and what came, where they are not the same; None where there is nothing."""
    one, other = flat(before), flat(after)
    names = [*one, *(name for name in other if name not in one)]
    found = {name: (one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name)}
    return {name: pair for name, pair in found.items() if name not in NOT_A_CHANGE}


def with_values(doc: Doc, values: Mapping[str, Any]) -> Doc:
    """The record with other values; None takes a field out."""
    told = {**flat(doc), **values}
    return nested({name: value for name, value in told.items() if value is not None})


def written(doc: Doc) -> str:
    """The record as it stands in the store."""
    return codec.dumps(doc).decode()


def read(text: str) -> Doc:
    """The way back from `written`."""
    doc: Doc = codec.loads(text)
    return doc


def mark_of(*texts: str) -> str:
    """A short mark that differs where one of the texts does."""
    return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()


# -- back to the model ------------------------------------------------------------------------------


def employee_of(doc: Doc, reasons: Reasons, definitions: Mapping[str, Doc], raw: Doc | None = None) -> Employee:
    """The person of the model that a record was made from."""
    given = {name: _READ.get(name, _itself)(value) for name, value in doc.items() if name != "custom_fields"}
    told = {name: NullReason(why) for name, why in reasons.items()}
    silent = (name for name in _MAY_BE_ABSENT if name not in given and name not in told)
    told |= dict.fromkeys(silent, NullReason.EMPTY_AT_SOURCE)
    return Employee(
        **given,
        custom_fields={key: _custom(key, value, definitions) for key, value in doc.get("custom_fields", EMPTY).items()},
        absent={name: why for name, why in told.items() if name not in doc},
        raw=EMPTY if raw is None else raw,
    )


def _custom(key: str, value: Any, definitions: Mapping[str, Doc]) -> CustomField:
    defined = definitions.get(key, EMPTY)
    return CustomField(key=key, value=value, label=defined.get("label"), type=defined.get("type"))


def kept_group(group: Group) -> tuple[Doc, tuple[str, ...] | None]:
    """A group as it is kept, without its members; and these, where the vendor tells them from this end."""
    doc = {name: value for name, value in codec.to_dict(group).items() if value not in (None, [], {})}
    doc.pop("member_ids", None)
    return doc, None if group.member_ids is None else tuple(sorted(group.member_ids))


def group_of(doc: Doc, members: Iterable[str] | None) -> Group:
    """The group of the model that a record was made from, with these members."""
    given = {name: _READ_GROUP.get(name, _itself)(value) for name, value in doc.items()}
    return Group(**given, member_ids=None if members is None else tuple(members))


def _itself(value: Any) -> Any:
    return value


def _coded(kind: type[enum.StrEnum]) -> Callable[[Any], Coded[Any]]:
    return lambda value: Coded(kind(value["value"]), value["source"])


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value)


def _address(value: Any) -> Address:
    return Address(**value)


def _demographics(value: Doc) -> Demographics:
    born, home = value.get("date_of_birth"), value.get("home_address")
    return Demographics(
        **{
            **value,
            "date_of_birth": None if born is None else date.fromisoformat(born),
            "home_address": None if home is None else _address(home),
        }
    )


def _compensation(value: Doc) -> Compensation:
    amount, period = value.get("amount"), value.get("period")
    return Compensation(
        amount=None if amount is None else Decimal(amount),
        currency=value.get("currency"),
        period=None if period is None else _coded(PayPeriod)(period),
    )


_INSTANTS = dict.fromkeys(("created_at", "updated_at"), datetime.fromisoformat)
_READ: Mapping[str, Callable[[Any], Any]] = {
    "status": _coded(EmployeeStatus),
    "worker_type": _coded(WorkerType),
    "time_type": _coded(TimeType),
    "termination_type": _coded(TerminationType),
    **dict.fromkeys(("original_hire_date", "start_date", "termination_date"), date.fromisoformat),
    **_INSTANTS,
    **dict.fromkeys(("manager_ids", "group_ids"), _texts),
    "demographics": _demographics,
    "compensation": _compensation,
}
_READ_GROUP: Mapping[str, Callable[[Any], Any]] = {
    "type": _coded(GroupType),
    "owner_ids": _texts,
    "address": _address,
    **_INSTANTS,
}
_MAY_BE_ABSENT = tuple(field.name for field in attrs.fields(Employee) if field.default is None)
