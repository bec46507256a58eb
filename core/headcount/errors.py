"""What can go wrong, as one tree.

HeadcountError
├── ConfigError     the settings are incomplete or wrong: says which, and where to get them
├── PluginError     no such connector; two of one name; a plugin that does not load
├── Unsupported     this vendor cannot do that; says what can
├── RecordError     a record without the shape we know: names class and field, never the value
├── Held            a guard stopped it: says what it saw, and how to release it
├── VerifyError     the vendor said yes, and shows something else
├── OutcomeUnknown  it may or may not have been done: says how to settle it
└── VendorError     the vendor said no, or nothing usable
    ├── AuthError        the credential is refused
    ├── Forbidden        the credential is good, and may not do this
    │   └── NotInPlan    nor may anybody else's: the company's plan does not include it
    ├── NotFound         there is no such record
    ├── Conflict         it is there already, or changed meanwhile
    ├── Rejected         the request is refused: what was sent is not valid
    ├── RateLimited      too many requests: waits, tries again
    ├── QuotaExhausted   the day's quota is used up: stops until the vendor's day turns
    └── Unavailable      no usable answer: waits, tries again where the request may be repeated
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class HeadcountError(Exception):
    """Every error that headcount raises. Its text says what happened, where, and what to do next."""


class ConfigError(HeadcountError):
    """The settings are incomplete or wrong."""


class PluginError(HeadcountError):
    """A connector is missing, or cannot be loaded."""


class Unsupported(HeadcountError):
    """This vendor cannot do what was asked."""


class RecordError(HeadcountError):
    """A record does not have the shape we know. The text names class and field, never the value."""


class Held(HeadcountError):
    """Nothing was sent: a guard stopped it. The text says what it saw, and what releases it."""


class VerifyError(HeadcountError):
    """The vendor took the change, and its record shows something else.

    `differences` has, by field, what was wanted and what was found; the text shows the values of work fields only.
    `run` names the run in the journal.
    """

    def __init__(self, message: str, *, differences: Mapping[str, tuple[Any, Any]], run: str = "") -> None:
        super().__init__(message)
        self.differences = differences
        self.run = run


class OutcomeUnknown(HeadcountError):
    """A request was sent and its answer lost; looking has not settled whether it was done. `run` names the run."""

    def __init__(self, message: str, *, run: str = "") -> None:
        super().__init__(message)
        self.run = run


class VendorError(HeadcountError):
    """The vendor said no, or gave no usable answer.

    `status` is the HTTP status, where there was one; `retry_after` the seconds that the vendor asks to wait;
    `request_id` what the vendor calls the request; `code` a word a program can tell the case by, such as
    `timeout`, `truncated`, `html`, `content_type`, `invalid_json`, `too_large`, `redirect`, `loop`.
    """

    advice = "Try again later; if it stays, ask the vendor."

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        self.code = code


class AuthError(VendorError):
    """The credential is refused."""

    advice = "Check the credential."


class Forbidden(VendorError):
    """The credential is good, and may not do this. Never retried."""

    advice = "Give the owner of the credential the permission, or use another's."


class NotInPlan(Forbidden):
    """The vendor's plan that the company pays for does not include this. No permission helps."""

    advice = "Whoever pays for the vendor's account adds it to the plan; nobody else can."


class NotFound(VendorError):
    """There is no such record, or no such endpoint, for this credential."""

    advice = "Check the id, and that the company and base_url are right."


class Conflict(VendorError):
    """What was to be made is there already, or changed meanwhile."""

    advice = "Look the record up before sending again."


class Rejected(VendorError):
    """The request is not taken as it is: by the vendor, or by us before it was sent (then `status` is None).

    `problems` has what is wrong with it, one each.
    """

    advice = "Correct the request; sending it again will not help."

    def __init__(self, message: str, *, problems: Iterable[str] = (), **about: Any) -> None:
        super().__init__(message, **about)
        self.problems = tuple(problems)


class RateLimited(VendorError):
    """Too many requests. Waited for and tried again, as long as patience lasts."""

    advice = "Wait, or let fewer processes use this credential."


class QuotaExhausted(VendorError):
    """The day's quota is used up; nothing succeeds before the vendor's day turns."""

    advice = "Wait until the vendor's day turns."


class Unavailable(VendorError):
    """No usable answer came: a time-out, a broken connection, a 5xx, a page of HTML, half a body."""
