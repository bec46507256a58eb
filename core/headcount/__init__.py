"""headcount: one Employee and Group model over many HR systems.

Names are loaded when they are first used, so that a program pays only for the floors it stands on.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headcount.answers import Classify, classify
    from headcount.auth import ApiKey, Auth, Basic, Bearer, Credential
    from headcount.changes import CancelTermination, Change, Delete, Hire, Join, Leave, Rehire, Terminate, Update
    from headcount.codec import to_dict
    from headcount.connection import Connection
    from headcount.connector import Ask, Connector, Fields, Resource, Wanted, asked
    from headcount.errors import (
        AuthError,
        ConfigError,
        Conflict,
        Forbidden,
        HeadcountError,
        Held,
        NotFound,
        NotInPlan,
        OutcomeUnknown,
        PluginError,
        QuotaExhausted,
        RateLimited,
        RecordError,
        Rejected,
        Unavailable,
        Unsupported,
        VendorError,
        VerifyError,
    )
    from headcount.facts import Facts
    from headcount.gather import Ids, Stretch, grouped, summed, timelines
    from headcount.health import Concern, CredentialHealth
    from headcount.hookspecs import hookimpl
    from headcount.http import Request, Response, segment
    from headcount.lifecycle import Approval, Journal, Outcome, Policy
    from headcount.listing import Listing
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
        full_name,
        or_none,
    )
    from headcount.oauth import Authorization, OAuth
    from headcount.options import UNLIMITED, Options
    from headcount.paging import (
        Page,
        Paging,
        after_last,
        cursor,
        distinct,
        joined,
        linked,
        newest_first,
        numbered,
        offset,
        reshaped,
        single,
        total_at,
        total_header,
        with_missing,
    )
    from headcount.plan import Plan, Step
    from headcount.plugins import API, connect
    from headcount.privacy import is_never_read
    from headcount.rate import Rate
    from headcount.report import Refused, Report
    from headcount.scim import scim_change, scim_create, scim_delete, scim_takes_patch, scim_user
    from headcount.settings import setting
    from headcount.tokens import AuthorizationServer
    from headcount.transport import Transport
    from headcount.vault import Vault
    from headcount.verbs import Ground, Verb, Writable, chosen, contract, keys_of, translated
    from headcount.webhooks import Received, Signing, Webhook, Webhooks
    from headcount.wire import Wire, instant

__all__ = [
    "API",
    "Address",
    "ApiKey",
    "Approval",
    "Ask",
    "Auth",
    "AuthError",
    "Authorization",
    "AuthorizationServer",
    "Basic",
    "Bearer",
    "CancelTermination",
    "Change",
    "Classify",
    "Coded",
    "Codes",
    "Company",
    "Compensation",
    "Concern",
    "ConfigError",
    "Conflict",
    "Connection",
    "Connector",
    "Credential",
    "CredentialHealth",
    "CustomField",
    "DEFAULT_SCOPES",
    "Delete",
    "DeletionBasis",
    "Demographics",
    "Employee",
    "EmployeeStatus",
    "Employment",
    "Facts",
    "Fields",
    "Forbidden",
    "Ground",
    "Group",
    "GroupType",
    "HeadcountError",
    "Held",
    "Hire",
    "Identity",
    "Ids",
    "Join",
    "Journal",
    "Leave",
    "Lifecycle",
    "Listing",
    "NotFound",
    "NotInPlan",
    "NullReason",
    "OAuth",
    "Options",
    "Outcome",
    "OutcomeUnknown",
    "Page",
    "Paging",
    "PayPeriod",
    "Plan",
    "PluginError",
    "Policy",
    "QuotaExhausted",
    "Rate",
    "RateLimited",
    "Raw",
    "Received",
    "RecordError",
    "Refused",
    "Rehire",
    "Rejected",
    "Report",
    "Request",
    "Resource",
    "Response",
    "Scope",
    "Signing",
    "Step",
    "Stretch",
    "Terminate",
    "TerminationType",
    "TimeType",
    "Transport",
    "UNLIMITED",
    "Unavailable",
    "Unsupported",
    "Update",
    "Vault",
    "VendorError",
    "Verb",
    "VerifyError",
    "Wanted",
    "Webhook",
    "Webhooks",
    "Wire",
    "WorkerType",
    "Writable",
    "after_last",
    "asked",
    "chosen",
    "classify",
    "connect",
    "contract",
    "cursor",
    "distinct",
    "full_name",
    "grouped",
    "hookimpl",
    "instant",
    "is_never_read",
    "joined",
    "keys_of",
    "linked",
    "newest_first",
    "numbered",
    "offset",
    "or_none",
    "reshaped",
    "scim_change",
    "scim_create",
    "scim_delete",
    "scim_takes_patch",
    "scim_user",
    "segment",
    "setting",
    "single",
    "summed",
    "timelines",
    "to_dict",
    "total_at",
    "total_header",
    "translated",
    "with_missing",
]

_ROOMS = (  # the cheapest to open first
    *(
        "model",
        "errors",
        "privacy",
        "settings",
        "auth",
        "rate",
        "connector",
        "gather",
        "codec",
        "http",
        "paging",
        "wire",
    ),
    *("facts", "changes", "verbs", "plan", "webhooks"),
    *("hookspecs", "answers", "options", "transport", "report", "listing", "connection", "health", "plugins"),
    *("tokens", "oauth", "scim", "lifecycle", "vault"),
)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"headcount has no {name}")
    for room in _ROOMS:
        value = getattr(import_module(f"headcount.{room}"), name, None)
        if value is not None:
            globals()[name] = value
            return value
    raise AttributeError(f"headcount has lost {name}")


def __dir__() -> list[str]:
    return __all__
