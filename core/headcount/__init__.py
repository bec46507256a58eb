"""headcount: one Employee and Group model, and one set of verbs, over many HR systems.

Names are loaded when they are first used, so that a program pays only for the floors it stands on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headcount.answers import Classify, classify
    from headcount.auth import Auth, Basic, Bearer
    from headcount.codec import to_dict
    from headcount.connection import Connection
    from headcount.connector import Ask, Connector, Resource, Wanted, asked
    from headcount.errors import (
        AuthError,
        ConfigError,
        Conflict,
        Forbidden,
        HeadcountError,
        NotFound,
        PluginError,
        QuotaExhausted,
        RateLimited,
        RecordError,
        Rejected,
        Unavailable,
        Unsupported,
        VendorError,
    )
    from headcount.history import Stretch, stretches
    from headcount.hookspecs import hookimpl
    from headcount.http import (
        Page,
        Paging,
        Request,
        Response,
        after_last,
        cursor,
        joined,
        numbered,
        offset,
        reshaped,
        segment,
        single,
        summed,
        total_at,
        total_header,
    )
    from headcount.listing import Listing, Refused, Report
    from headcount.model import (
        DEFAULT_SCOPES,
        Address,
        Coded,
        Codes,
        Company,
        Compensation,
        CustomField,
        DeletionBasis,
        Demographics,
        Employee,
        EmployeeStatus,
        Employment,
        Group,
        GroupType,
        Identity,
        Lifecycle,
        NullReason,
        PayPeriod,
        Raw,
        Scope,
        TerminationType,
        TimeType,
        WorkerType,
        or_none,
    )
    from headcount.plugins import connect
    from headcount.rate import Rate
    from headcount.settings import setting
    from headcount.transport import UNLIMITED, Options, Transport
    from headcount.wire import Wire

_ROOMS = {
    "answers": ("Classify", "classify"),
    "auth": ("Auth", "Basic", "Bearer"),
    "codec": ("to_dict",),
    "connection": ("Connection",),
    "connector": ("Ask", "Connector", "Resource", "Wanted", "asked"),
    "errors": (
        "AuthError",
        "ConfigError",
        "Conflict",
        "Forbidden",
        "HeadcountError",
        "NotFound",
        "PluginError",
        "QuotaExhausted",
        "RateLimited",
        "RecordError",
        "Rejected",
        "Unavailable",
        "Unsupported",
        "VendorError",
    ),
    "history": ("Stretch", "stretches"),
    "hookspecs": ("hookimpl",),
    "http": (
        "Page",
        "Paging",
        "Request",
        "Response",
        "after_last",
        "cursor",
        "joined",
        "numbered",
        "offset",
        "reshaped",
        "segment",
        "single",
        "summed",
        "total_at",
        "total_header",
    ),
    "listing": ("Listing", "Refused", "Report"),
    "model": (
        "DEFAULT_SCOPES",
        "Address",
        "Coded",
        "Codes",
        "Company",
        "Compensation",
        "CustomField",
        "DeletionBasis",
        "Demographics",
        "Employee",
        "EmployeeStatus",
        "Employment",
        "Group",
        "GroupType",
        "Identity",
        "Lifecycle",
        "NullReason",
        "PayPeriod",
        "Raw",
        "Scope",
        "TerminationType",
        "TimeType",
        "WorkerType",
        "or_none",
    ),
    "plugins": ("connect",),
    "rate": ("Rate",),
    "settings": ("setting",),
    "transport": ("UNLIMITED", "Options", "Transport"),
    "wire": ("Wire",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 - held by a test against the imports above


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"headcount has no {name}")
    value = getattr(import_module(f"headcount.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
