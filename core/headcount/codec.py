"""JSON in and out: msgspec where it is installed (`headcount[fast]`), the standard library otherwise."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import attrs

from headcount.model import Coded

try:
    import msgspec.json
except ImportError:
    msgspec = None  # type: ignore[assignment]

DERIVED = {"Employee": ("display_name",)}
"""Properties that are written out beside a class's own fields."""


def loads(body: bytes | str) -> Any:
    """Python values from JSON; raises `ValueError` where it is none. A byte-order mark before it is no matter."""
    text = body.encode() if isinstance(body, str) else body
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        return standard.decode(text.decode()) if msgspec is None else msgspec.json.decode(text)
    except RecursionError as error:
        raise ValueError("nested without end") from error


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


standard = json.JSONDecoder(parse_constant=_refuse)
"""The standard library's decoder, without the words that are no JSON."""


def dumps(value: Any) -> bytes:
    """One line of JSON from plain Python values, UTF-8; a `Decimal` is written as a string."""
    if msgspec is not None:
        return msgspec.json.encode(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str).encode()


def canonical(value: Any, *, sort: bool = True) -> bytes:
    """Plain values as JSON in the one way that a digest can rest on, whatever library reads and writes the rest."""
    return json.dumps(value, ensure_ascii=False, sort_keys=sort, separators=(",", ":")).encode()


def pretty(value: Any) -> str:
    """Plain values as JSON for people."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def line(record: Any) -> bytes:
    """A record of the model as one line of JSON: the same as `dumps(to_dict(record))`, by the shortest way."""
    if msgspec is None:
        return dumps(to_dict(record))
    shape = _shape(type(record))
    told = dict(zip(shape.names, shape.values(record), strict=True))
    for (
        name
    ) in shape.nested:  # days, instants and enums msgspec writes by itself; records it would write in another order
        value = told[name]
        if value is not None and type(value) is not dict:
            told[name] = plain(value)
    return msgspec.json.encode(told)


def to_dict(record: Any, *, raw: bool = False) -> dict[str, Any]:
    """A record of the model as plain values, ready for JSON: names in snake_case, dates ISO, coded values as
    `{"value": …, "source": …}`. The vendor's own record is left out unless `raw` is asked for."""
    shape = _shape(type(record))
    told = dict(zip(shape.names, shape.values(record), strict=True))
    for name in shape.made:
        value = told[name]
        if value is not None:
            told[name] = plain(value)
    if raw:
        told["raw"] = dict(record.raw)
    return told


@attrs.frozen
class _Shape:
    """What a class of the model is written as: its names, all their values at once, and which of them JSON does
    not know: `made` are all but texts and truths, `nested` of those the ones that hold records or mappings."""

    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    made: tuple[str, ...]
    nested: tuple[str, ...]


def _shape(kind: type[Any]) -> _Shape:
    shape = _SHAPES.get(kind)
    if shape is None:
        shape = _SHAPES[kind] = _shape_of(kind)
    return shape


def _shape_of(kind: type[Any]) -> _Shape:
    types = {field.name: str(field.type) for field in attrs.fields(kind) if field.name != "raw"}
    names = (*types, *DERIVED.get(kind.__name__, ()))
    get = attrgetter(*names)
    return _Shape(
        names=names,
        values=get if len(names) > 1 else lambda record: (get(record),),
        made=tuple(name for name, of in types.items() if of not in ("str", "str | None", "bool | None")),
        nested=tuple(n for n, of in types.items() if not of.startswith(("str", "tuple[str", "bool", "date"))),
    )


def plain(value: Any) -> Any:
    """A value of the model as JSON has it."""
    make = _MAKERS.get(type(value))
    return _maker(type(value))(value) if make is None else make(value)


def _itself(value: Any) -> Any:
    return value


def _instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _coded(value: Coded[Any]) -> dict[str, Any]:
    return {"value": value.value._value_, "source": value.source}


def _maker(kind: type[Any]) -> Callable[[Any], Any]:
    """How values of this type are written; remembered by type."""
    make: Callable[[Any], Any] = _itself
    if issubclass(kind, enum.Enum):
        make = lambda value: value._value_  # noqa: E731
    elif issubclass(kind, Mapping):
        make = lambda value: {key: plain(item) for key, item in value.items()}  # noqa: E731
    elif issubclass(kind, (list, tuple)):
        make = lambda value: [plain(item) for item in value]  # noqa: E731
    elif attrs.has(kind):
        make = to_dict
    _MAKERS[kind] = make
    return make


_SHAPES: dict[type[Any], _Shape] = {}
_MAKERS: dict[type[Any], Callable[[Any], Any]] = {
    type(None): _itself,
    str: _itself,
    int: _itself,
    bool: _itself,
    date: date.isoformat,
    datetime: _instant,
    Decimal: str,
    Coded: _coded,
}
