"""JSON in and out: msgspec where it is installed (`headcount[fast]`), the standard library otherwise."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import attrs

try:
    import msgspec.json
except ImportError:
    msgspec = None  # type: ignore[assignment]

_NAMES: dict[type[Any], tuple[str, ...]] = {}
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


def to_dict(record: Any, *, raw: bool = False) -> dict[str, Any]:
    """A record of the model as plain values, ready for JSON: names in snake_case, dates ISO, coded values as
    `{"value": …, "source": …}`. The vendor's own record is left out unless `raw` is asked for."""
    plain = {name: _plain(getattr(record, name)) for name in _names(type(record))}
    if raw:
        plain["raw"] = dict(record.raw)
    return plain


def _names(kind: type[Any]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = _fields(kind)
    return names


def _fields(kind: type[Any]) -> tuple[str, ...]:
    own = [field.name for field in attrs.fields(kind) if field.name != "raw"]
    return (*own, *DERIVED.get(kind.__name__, ()))


def _plain(value: Any) -> Any:
    make = _MAKERS.get(type(value))
    return _maker(type(value))(value) if make is None else make(value)


def _itself(value: Any) -> Any:
    return value


def _instant(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


def _maker(kind: type[Any]) -> Callable[[Any], Any]:
    """How values of this type are written; remembered by type."""
    make: Callable[[Any], Any] = _itself
    if issubclass(kind, enum.Enum):
        make = lambda value: value.value  # noqa: E731
    elif issubclass(kind, Mapping):
        make = lambda value: {key: _plain(item) for key, item in value.items()}  # noqa: E731
    elif issubclass(kind, (list, tuple)):
        make = lambda value: [_plain(item) for item in value]  # noqa: E731
    elif attrs.has(kind):
        make = to_dict
    _MAKERS[kind] = make
    return make


_MAKERS: dict[type[Any], Callable[[Any], Any]] = {
    type(None): _itself,
    str: _itself,
    int: _itself,
    bool: _itself,
    date: date.isoformat,
    datetime: _instant,
    Decimal: str,
}
