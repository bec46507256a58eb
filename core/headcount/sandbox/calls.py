"""What passes between a client and a sandbox: a call, its answer, the routes, and the log with its secrets masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import attrs
from werkzeug.wrappers import Request, Response

from headcount.http import Headers
from headcount.sandbox.faults import Fault

JSON = "application/json; charset=utf-8"
MASK = "***"
GUIDE, OBSERVED = ("guide",), ("observed",)
SECRET_NAMES = ("code", "code_verifier", "state")
SECRET_WORDS = ("authorization", "token", "secret", "password", "api_key", "api-key", "apikey")

Row = dict[str, Any]
T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Answer:
    """What a handler answers. `body` is sent as JSON, or as it is where it is text or bytes."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    content_type: str = JSON
    reason: str = ""


@attrs.frozen
class Call:
    """One request, as a handler sees it: the whole path; `headers.get` takes names in any case.

    `prefix` holds the arguments of the prefix that it came by; a route's own arguments go to its handler.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Headers
    body: bytes
    prefix: Mapping[str, str]
    faults: Mapping[str, Fault]
    """The faults that bite this very request, by kind."""

    def json(self) -> Any:
        """The body as JSON; raises `ValueError` where it is none."""
        return json.loads(self.body or b"null")

    def number(self, name: str, default: int) -> int:
        """A whole number from the query; `default` where it is missing or not a number."""
        value = self.query.get(name, "")
        return int(value) if value.lstrip("-").isdigit() else default


@attrs.frozen(kw_only=True)
class Logged:
    """One request that came, with its secrets masked, and the status it was answered with.

    A request that the fault `unreached` kept from coming has the status 0: nothing was done.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    status: int
    at: datetime


class Refused(Exception):
    """What a handler raises to stop where it is and answer this: it is an answer, not a mistake."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


Handler = Callable[..., Answer]
H = TypeVar("H", bound=Handler)


def route(
    method: str, pattern: str, *, dialects: Iterable[str] = GUIDE + OBSERVED, at: str = "prefixes"
) -> Callable[[H], H]:
    """Mark a method of a sandbox as the answer to `method pattern`, e.g. `route("GET", "/profiles/<id>")`.

    The pattern (werkzeug's) is below each of the sandbox's prefixes; its arguments come by name after the
    `Call`. A route that only one dialect has says `dialects=GUIDE`, or `OBSERVED`; in the other it does not exist.
    One of an API beside the vendor's first says `at`: the attribute of the class that holds its prefixes, by dialect.
    """

    def mark(handler: H) -> H:
        routes = [*getattr(handler, "routes", ()), (method, pattern, frozenset(dialects), at)]
        handler.routes = routes  # type: ignore[attr-defined]
        return handler

    return mark


def unauthenticated(handler: H) -> H:
    """Mark a route that answers without a key."""
    handler.open = True  # type: ignore[attr-defined]
    return handler


def phrase(status: int) -> str:
    """The reason phrase of a status, as servers have long said it; newer Pythons have renamed some."""
    return {413: "Request Entity Too Large", 422: "Unprocessable Entity"}.get(status) or HTTPStatus(status).phrase


def response_of(answer: Answer, headers: Mapping[str, str]) -> Response:
    body = answer.body
    if not isinstance(body, str | bytes):
        body = json.dumps(body, ensure_ascii=False, default=str)
    # werkzeug's own phrases are in capitals, and no vendor's are
    status = f"{answer.status} {answer.reason or phrase(answer.status)}"
    return Response(body, status, {**headers, **answer.headers}, content_type=answer.content_type)


def logged(request: Request, body: bytes, status: int, at: datetime) -> Logged:
    def mask(name: str, value: Any) -> Any:
        secret = name != "grant_type" and any(word in name.lower() for word in SECRET_WORDS)
        return MASK if secret or name in SECRET_NAMES else value

    try:
        content = json.loads(body) if body else None
    except ValueError:
        content = body.decode(errors="replace")
    if request.mimetype == "application/x-www-form-urlencoded":
        content = dict(parse_qsl(body.decode(errors="replace")))
    if isinstance(content, dict):
        content = {name: mask(name, value) for name, value in content.items()}
    return Logged(
        method=request.method,
        path=request.path,
        query={name: mask(name, value) for name, value in request.args.items()},
        headers={name: mask(name, value) for name, value in request.headers.items()},
        body=content,
        status=status,
        at=at,
    )
