"""JSON Schema of the model, derived from its classes: the model is the source, the files are for others."""

from __future__ import annotations

import enum
import inspect
import json
import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin

import attrs

from headcount import model
from headcount.codec import DERIVED

DIALECT = "https://json-schema.org/draft/2020-12/schema"
PUBLISHED: Mapping[str, type[Any]] = {
    "company": model.Company,
    "employee": model.Employee,
    "employment": model.Employment,
    "group": model.Group,
}
PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Any: {},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
}


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one published record, as `to_dict` writes it. Raises `KeyError` for another name."""
    defs: dict[str, Any] = {}
    own = _record(PUBLISHED[name], defs)
    return {"$schema": DIALECT, "title": PUBLISHED[name].__name__, **own, "$defs": dict(sorted(defs.items()))}


def text(name: str) -> str:
    """The same as the text of its file."""
    return json.dumps(schema(name), indent=2) + "\n"


def _record(kind: type[Any], defs: dict[str, Any]) -> dict[str, Any]:
    attrs.resolve_types(kind, dict(vars(model)))
    properties = {}
    for field in attrs.fields(kind):
        if field.name == "raw":
            continue
        properties[field.name] = _of(field.type, defs)
        if scope := field.metadata.get("scope"):
            properties[field.name]["x-scope"] = scope.value
    properties |= {name: {"type": ["string", "null"]} for name in DERIVED.get(kind.__name__, ())}
    return {
        "description": inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].replace("\n", " "),
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _of(kind: Any, defs: dict[str, Any]) -> dict[str, Any]:
    if kind in PLAIN:
        return dict(PLAIN[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        (one,) = (arm for arm in inner if arm is not type(None))
        found = _of(one, defs)
        if set(found) == {"type"} or "format" in found or "pattern" in found:
            return {**found, "type": [found["type"], "null"]}
        return {"anyOf": [found, {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], defs)}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(inner[1], defs)}
    if origin is model.Coded:
        properties = {"value": _of(inner[0], defs), "source": {"type": ["string", "null"]}}
        return {"type": "object", "properties": properties, "required": list(properties)}
    return _named(kind, defs)


def _named(kind: type[Any], defs: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in defs:
        defs[kind.__name__] = {}  # a record may name itself
        if issubclass(kind, enum.Enum):
            defs[kind.__name__] = {"type": "string", "enum": [member.value for member in kind]}
        else:
            defs[kind.__name__] = _record(kind, defs)
    return {"$ref": f"#/$defs/{kind.__name__}"}
