"""What `headcount.toml` says of a connection's keeping, as a policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

import attrs

from headcount.errors import ConfigError
from headcount.roster.guard import Limits
from headcount.roster.policy import Retention, SyncPolicy
from headcount.settings import Named

T = TypeVar("T")
SPAN = re.compile(r"([1-9][0-9]{0,5}) ?([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def policy_of(named: Named) -> SyncPolicy:
    """What is kept of a connection, by its table `[connections.<name>.keep]`. Raises `ConfigError`."""
    section = f"connections.{named.name}.keep"
    readers: Mapping[str, Callable[[Any], Any]] = {
        "who": str,
        "scopes": tuple,
        "fields": tuple,
        "custom": dict,
        "groups_from": dict,
        "timezone": str,
        "raw": bool,
        "full_every": span,
        "overlap": span,
        "limits": lambda told: _made(Limits, f"{section}.limits", told, dict.fromkeys(_names(Limits), _number)),
        "retention": lambda told: _made(
            Retention, f"{section}.retention", told, dict.fromkeys(_names(Retention), span)
        ),
    }
    return _made(SyncPolicy, section, named.keep, readers)


def span(text: Any) -> timedelta:
    """`90s`, `15m`, `2h`, `30d` as a span of time. Raises `ValueError`."""
    found = SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("write a span of time such as 90s, 15m, 2h, 30d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _names(kind: type[Any]) -> list[str]:
    return [field.name for field in attrs.fields(kind)]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("write a number")
    return value


def _made(kind: type[T], section: str, told: Any, readers: Mapping[str, Callable[[Any], Any]]) -> T:
    if not isinstance(told, dict):
        raise ConfigError(f"[{section}] must be a table")
    unknown = sorted(told.keys() - readers.keys())
    if unknown:
        raise ConfigError(f"[{section}] has no setting {', '.join(unknown)}; it has {', '.join(readers)}")
    values = {}
    for name, value in told.items():
        try:
            values[name] = readers[name](value)
        except (ValueError, TypeError) as error:
            raise ConfigError(f"[{section}]: {name}: {error}") from None
    try:
        return kind(**values)
    except ConfigError as error:
        raise ConfigError(f"[{section}]: {error}") from None
