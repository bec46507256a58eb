"""Requests and responses as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import attrs

from headcount.errors import NotFound, Unavailable
from headcount.model import EMPTY


@attrs.frozen
class Request:
    """One HTTP request, not yet sent. `path` is below the base URL; equal requests are the same request.

    `safe` says that it changes nothing at the vendor (by default: GET and HEAD). A POST that only asks, such
    as a report, is marked `safe=True` by the connector.
    """

    method: str
    path: str
    params: Mapping[str, Any] = EMPTY
    json: Any = None
    headers: Mapping[str, str] = EMPTY
    safe: bool = attrs.field(
        default=attrs.Factory(lambda self: self.method in ("GET", "HEAD"), takes_self=True), kw_only=True
    )

    def having(self, **params: Any) -> Request:
        """The same request with these query parameters set."""
        return attrs.evolve(self, params={**self.params, **params})

    @property
    def key(self) -> int:
        """Equal for equal requests; small enough to remember by the thousand."""
        return hash((self.method, self.path, repr(sorted(self.params.items())), repr(self.json)))

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Headers(dict[str, str]):
    """Response headers, by lower-case name; `get` takes any case."""

    def __init__(self, given: Mapping[str, str] = EMPTY) -> None:
        super().__init__({name.lower(): value for name, value in given.items()})

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


@attrs.frozen(kw_only=True)
class Response:
    """What the vendor answered: a value, its body read to the end. `seconds` is how long it took.

    `url` is the whole address that answered: where a relative link starts.
    """

    request: Request
    status: int
    reason: str = ""
    headers: Headers = attrs.field(factory=Headers)
    body: bytes = attrs.field(default=b"", repr=False)
    seconds: float = 0.0
    url: str = attrs.field(default="", repr=False)

    @property
    def date(self) -> datetime | None:
        """When it was sent, by the vendor's own clock; None where it does not say."""
        return moment(self.headers.get("date") or "")

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as Python values.

        Raises `Unavailable` where it is none, and tells apart (`.code`) a page of `html`, another
        `content_type`, an `empty` body, and `invalid_json`.
        """
        check_content_type(self)
        if not self.body.strip():
            raise self.unusable("empty", "an empty body")
        from headcount import codec  # who only lists connectors reads no body

        try:
            return codec.loads(self.body)
        except ValueError:
            raise self.malformed(self.text) from None

    def malformed(self, text: str) -> Unavailable:
        """The error of a text that is no JSON: it is cut off, or it is complete and wrong."""
        if text.rstrip().endswith(("}", "]")):
            return self.unusable("invalid_json", "a body that is not valid JSON")
        return self.unusable("truncated", "a body that stops half-way")

    @property
    def said(self) -> Any:
        """What an error says, as far as it can be made out: parsed JSON, else plain text, else ""."""
        from headcount import codec

        kind = self.headers.get("content-type", "").lower()
        if "html" in kind or not self.body:
            return ""
        try:
            return codec.loads(self.body)
        except ValueError:
            return self.text

    def unusable(self, code: str, what: str) -> Unavailable:
        """The error of an answer that is not what it ought to be."""
        return Unavailable(
            f"{self.request} answered {self.status} with {what} where JSON was due. {Unavailable.advice}",
            status=self.status,
            request_id=self.headers.get("x-request-id"),
            code=code,
        )


def check_content_type(response: Response) -> None:
    """Raise `Unavailable` for a response that does not even claim to be JSON."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("html"):
        raise response.unusable("html", "a page of HTML (a proxy, a login page, or maintenance?)")
    if kind and not kind.endswith("json"):
        raise response.unusable("content_type", f"content of type {kind}")


def moment(text: str) -> datetime | None:
    """The instant that a header tells; None where it tells none."""
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def segment(id: str) -> str:
    """An id as one segment of a path, whatever stands in it. Raises `NotFound` for one that no path can hold."""
    if str(id) in ("", ".", ".."):
        raise NotFound("no record has an empty id, or one of dots alone", status=404)
    return quote(str(id), safe="")
