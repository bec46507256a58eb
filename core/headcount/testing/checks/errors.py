"""What goes wrong: each failure is read as what it is, says what to do, and only what may pass is tried again."""

from __future__ import annotations

import attrs

from headcount.answers import classify as usual
from headcount.errors import (
    AuthError,
    Conflict,
    Forbidden,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Unavailable,
    VendorError,
)
from headcount.http import Headers, Request, Response
from headcount.testing.bench import QUICK, Bench, read
from headcount.testing.checking import check, ensure, fail

BODIES = (
    *(b"", b"{}", b"[]", b"null", b'"text"', b"{oops", b"<html><body>Down</body></html>", b"\xff\xfe\x00"),
    *(b'{"error": {"x": [null]}}', b'{"errors": null}', b'{"errors": 7}', b'{"message": 7}', b'{"message": {"a": 1}}'),
    b'{"errors": [{"a": {"b": ["c"]}}]}',
)
KINDS = ("application/json", "text/html; charset=utf-8", "text/plain", "")
LIMITS = (RateLimited, QuotaExhausted)
MEANS: dict[int, tuple[type[VendorError], ...]] = {
    400: (Rejected, *LIMITS),
    401: (AuthError,),
    403: (Forbidden, *LIMITS),
    404: (NotFound,),
    409: (Conflict, Rejected),
    422: (Rejected, Conflict),
    429: LIMITS,
    500: (Unavailable,),
    502: (Unavailable,),
    503: (Unavailable, *LIMITS),
    504: (Unavailable,),
}


@check(once=True)
def every_answer_has_its_error(bench: Bench) -> None:
    """Every status with every body is read as an error of the right kind, and no strange body breaks the reading."""
    classify = bench.connector.classify or usual
    request = Request("GET", "/people")
    for status in range(400, 600):
        for body in BODIES:
            for kind in KINDS:
                answer = Response(request=request, status=status, headers=Headers({"Content-Type": kind}), body=body)
                try:
                    error = classify(answer)
                except Exception as broken:  # noqa: BLE001 - what it is, is the finding
                    fail(f"a {status} with a strange body breaks the reading: {type(broken).__name__}")
                ensure(isinstance(error, VendorError), f"a {status} is no error")
                allowed = MEANS.get(status, (VendorError,))
                ensure(isinstance(error, allowed), f"a {status} is read as {type(error).__name__}")


@check()
def what_passes_is_tried_again(bench: Bench) -> None:
    """What may pass by itself costs one request more, and nobody."""
    with bench.account() as (_, account):
        calm = read(account.employees()).people
    for kind in ("error", "html", "wrong_type", "invalid_json", "truncated", "reset", "unreached"):
        with bench.account() as (box, account):
            box.play(kind, on=box.lists)
            found = read(account.employees())
            ensure(found.error is None, f"{kind}, once, ends the read: {found.error}")
            ensure(found.people.keys() == calm.keys(), f"{kind}, once, loses people")


@check()
def what_stays_is_an_error(bench: Bench) -> None:
    """What does not pass is an error after the last try, and half a list is never a whole one."""
    for kind in ("error", "html", "invalid_json", "reset"):
        with bench.account(options=attrs.evolve(QUICK, tries=2)) as (box, account):
            box.play(kind, times=None)
            found = read(account.employees())
            ensure(isinstance(found.error, Unavailable), f"{kind}, for ever, is {type(found.error).__name__}")
            ensure(not found.report.complete, f"{kind}, for ever, is a complete list")


@check()
def a_slow_vendor_is_not_waited_for_without_end(bench: Bench) -> None:
    """An answer that does not come in time is `Unavailable`."""
    with bench.account(options=attrs.evolve(QUICK, tries=1, read_timeout=0.2)) as (box, account):
        box.play("slow", seconds=0.6, times=None)
        error = read(account.employees()).error
        ensure(isinstance(error, Unavailable), f"an answer that does not come is {type(error).__name__}")


@check()
def messages_say_what_to_do(bench: Bench) -> None:
    """Each error says what was asked, what came, and what to do next, in one line."""
    for kind, how in (("unauthorized", {}), ("error", {}), ("html", {}), ("error", {"status": 404})):
        with bench.account(options=attrs.evolve(QUICK, tries=1)) as (box, account):
            box.play(kind, times=None, **how)
            error = read(account.employees()).error
            text = str(error)
            ensure(error is not None and len(text.split()) >= 6, f"the error of {kind} says too little")
            ensure("\n" not in text and "Traceback" not in text, f"the error of {kind} is more than a line")
            ensure("<" not in text, f"the error of {kind} shows the vendor's page")
