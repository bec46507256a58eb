"""What a record shows, as plain values: how two of them are compared, and who may see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from headcount import codec
from headcount.model import Employee, Scope

Facts = Mapping[str, Any]
"""What a record shows, as plain JSON values by the model's field names.

A name may go on behind a dot (`custom_fields.shirt`), or with a day (`status from 2026-12-31`, a row of a history).
"""
UNTOLD = ("raw", "absent", "employments", "display_name", "manager_ids")


def facts_of(employee: Employee) -> dict[str, Any]:
    """An employee's facts: coded values by our word, records in records by a dotted name, ids of groups in order."""
    plain = codec.to_dict(employee)
    facts = dict(_flat({name: value for name, value in plain.items() if name not in UNTOLD}))
    if facts.get("group_ids") is not None:
        facts["group_ids"] = sorted(facts["group_ids"])
    return {"there": True, **facts}


def _flat(plain: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in plain.items():
        if not isinstance(value, Mapping):
            yield above + name, value
        elif value.keys() == {"value", "source"} or {"key", "label", "value"} <= value.keys():
            yield above + name, value["value"]
        else:
            yield from _flat(value, f"{above}{name}.")


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
        if name.endswith("phone"):
            return _digits(one) == _digits(other)
        return one.strip() == other.strip()
    return bool(one == other)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def scope_of(name: str) -> Scope:
    """The class of personal data that a fact belongs to; one that the model does not know is held to be custom."""
    field = getattr(attrs.fields(Employee), name.partition(".")[0].partition(" ")[0], None)
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
