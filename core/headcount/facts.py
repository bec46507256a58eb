"""What a record shows, as plain values: how two of them are compared, and who may see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from headcount import codec
from headcount.model import Coded, Employee, Scope

Facts = Mapping[str, Any]
"""What a record shows, as plain JSON values by the model's field names.

A name may go on behind a dot (`custom_fields.shirt`), or with a day (`status from 2026-12-31`, a row of a history).
"""
UNTOLD = ("raw", "absent", "employments", "manager_ids")


def facts_of(employee: Employee) -> dict[str, Any]:
    """An employee's facts: coded values by our word, records in records by a dotted name, ids of groups in order."""
    facts: dict[str, Any] = {"there": True}
    for field in attrs.fields(Employee):
        value = getattr(employee, field.name)
        if field.name == "custom_fields":
            facts |= {f"custom_fields.{key}": custom.value for key, custom in value.items()}
        elif field.name not in UNTOLD:
            facts |= _flat(field.name, value)
    if facts.get("group_ids") is not None:
        facts["group_ids"] = sorted(facts["group_ids"])
    return facts


def _flat(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Coded):
        return {name: value.value.value}
    if attrs.has(type(value)):
        parts = (_flat(f"{name}.{field.name}", getattr(value, field.name)) for field in attrs.fields(type(value)))
        return {key: one for part in parts for key, one in part.items()}
    return {name: codec.plain(value)}


def shown(value: Any) -> str:
    """A fact as a person reads it."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, Mapping):
        return " · ".join(shown(one) for one in value.values())
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def same(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a fact say the same: addresses in any case, phone numbers however they are spaced."""
    if one in (None, "", []) and other in (None, "", []):
        return True
    if isinstance(one, str) and isinstance(other, str):
        if name.endswith("email"):
            return one.strip().casefold() == other.strip().casefold()
        if name.endswith("phone") and _digits(one) and _digits(other):
            return _digits(one) == _digits(other)
        return one.strip() == other.strip()
    if name.startswith("custom_fields") and isinstance(one, _SAID) and isinstance(other, _SAID):
        return str(one).casefold() == str(other).casefold()
    return bool(one == other)


_SAID = (str, int, float)  # vendors keep numbers and truths as texts, and the other way round


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def scope_of(name: str) -> Scope:
    """The class of personal data that a fact belongs to; one that the model does not know is held to be custom."""
    field = attrs.fields_dict(Employee).get(name.partition(".")[0].partition(" ")[0])
    if name == "there":
        return Scope.WORK
    return Scope.CUSTOM if field is None else Scope(field.metadata["scope"])


def redacted(facts: Facts) -> dict[str, Any]:
    """The facts with only the class to be seen of what is not about work."""
    scopes = {name: scope_of(name) for name in facts}
    return {name: value if scopes[name] is Scope.WORK else f"[{scopes[name]}]" for name, value in facts.items()}


def differences(expect: Facts, found: Facts) -> dict[str, tuple[Any, Any]]:
    """By name what was wanted and what is there, where they are not the same."""
    return {
        name: (wanted, found.get(name)) for name, wanted in expect.items() if not same(name, wanted, found.get(name))
    }


def in_words(differing: Mapping[str, tuple[Any, Any]], one: str, other: str) -> list[str]:
    """Differences in words, such as `status was active, and is inactive`; of fields that are not about work only that
    they differ."""
    return [
        f"{name} {one} {shown(first)}, and {other} {shown(second)}"
        if scope_of(name) is Scope.WORK
        else f"{name} {one} another than it {other}"
        for name, (first, second) in differing.items()
    ]
