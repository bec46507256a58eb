"""What a vendor's answer means: from a status and a reason to the error a caller can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from headcount.errors import (
    AuthError,
    Conflict,
    Forbidden,
    NotFound,
    NotInPlan,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
    VendorError,
)
from headcount.http import Response, moment
from headcount.privacy import redact

Classify = Callable[[Response], VendorError | None]
"""The error that an answer means, or None where it means none."""

KINDS: Mapping[int, type[VendorError]] = {
    401: AuthError,
    402: NotInPlan,
    403: Forbidden,
    404: NotFound,
    405: NotFound,
    408: Unavailable,
    409: Conflict,
    412: Conflict,
    429: RateLimited,
    501: NotFound,
}
REASON_LENGTH = 300
_PLAN = re.compile(r"\b(?:upgrade|subscription|(?:your|current|this) (?:plan|edition)|not (?:in|on) your plan)\b", re.I)
"""What a refusal says that no permission would change."""


def classify(
    response: Response,
    *,
    reason: str | Callable[[Response], str | Sequence[str]] = "",
    throttled: Collection[int] = (429,),
    kind: type[VendorError] | None = None,
    wait: float | None = None,
) -> VendorError | None:
    """The error that an answer means, by its status.

    A connector gives what its vendor does differently: where the `reason` stands (a function is asked only about
    errors: a body that is good need not be looked into twice; it may give several problems), which statuses are
    `throttled`, or the `kind` itself, and how long to `wait` (seconds) where no header tells. Personal data in
    the reason is masked.
    """
    status = response.status
    if status < 400:
        return None
    if kind is None:
        kind = RateLimited if status in throttled else KINDS.get(status, Unavailable if status >= 500 else Rejected)
    told = reason if isinstance(reason, str) else reason(response)
    problems = () if isinstance(told, str) else tuple(redact(" ".join(one.split())) for one in told if one)
    text = "; ".join(problems) if problems else told if isinstance(told, str) else ""
    said = redact(" ".join((text or response.reason).split()))[:REASON_LENGTH]
    if kind is Forbidden and _PLAN.search(said):
        kind = NotInPlan
    seconds = _asked_wait(response, kind, wait)
    if kind is QuotaExhausted and seconds:
        free = datetime.now(UTC) + timedelta(seconds=seconds)
        said = f"{said}; free again by {free:%Y-%m-%d %H:%M} UTC at the latest"
    more: dict[str, Any] = {"problems": problems} if issubclass(kind, Rejected) else {}
    return kind(
        f"{response.request} answered {status}" + (f": {said}" if said else ""),
        status=status,
        retry_after=seconds,
        request_id=response.headers.get("x-request-id"),
        **more,
    )


def _asked_wait(response: Response, kind: type[VendorError], wait: float | None) -> float | None:
    if kind not in (RateLimited, QuotaExhausted, Unavailable):
        return None
    told = retry_after(response)
    return wait if told is None else told


def retry_after(response: Response) -> float | None:
    """The seconds that a Retry-After header asks for, whether it says seconds or a date; None without one."""
    value = (response.headers.get("retry-after") or "").strip()
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return float(value)
    free = moment(value)
    if free is None:
        return None
    # the vendor's own clock, where it tells it: ours may be wrong
    now = response.date or datetime.now(UTC)
    return max(0.0, (free - now).total_seconds())
