"""Requests and responses as values, pages, and how one page leads to the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import attrs

from headcount import codec
from headcount.errors import RecordError, Unavailable
from headcount.model import EMPTY, Raw


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

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does what sending it once does."""
        return self.safe or self.method in ("PUT", "DELETE")

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
    """What the vendor answered: a value, its body read to the end. `seconds` is how long it took."""

    request: Request
    status: int
    reason: str = ""
    headers: Headers = attrs.field(factory=Headers)
    body: bytes = attrs.field(default=b"", repr=False)
    seconds: float = 0.0

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


@attrs.frozen(kw_only=True)
class Page:
    """Some records of a list, and what came with them.

    `head` is the envelope without the records; `total` how many records the vendor says the whole list has;
    `seen` how many have come up to and with this page; `barren` how many pages in a row were empty.
    """

    records: Sequence[Raw]
    response: Response
    head: Mapping[str, Any] = EMPTY
    total: int | None = None
    seen: int = 0
    barren: int = 0


@attrs.frozen(kw_only=True)
class Paging:
    """How a list goes on: `next` is the request after this one, or None at the end.

    `total` reads from a page how many records there are in all. `foreseeable` says that the requests to come
    follow from the total, so that they may be sent ahead. `repeat_ends` says that a page which comes again is
    the end, for lists that some servers page and others do not.
    """

    next: Callable[[Request, Page], Request | None]
    total: Callable[[Page], int | None] = lambda page: None
    foreseeable: bool = False
    repeat_ends: bool = False


def total_at(*paths: str) -> Callable[[Page], int | None]:
    """Reads a page's total from its envelope, at the first of `paths` that holds one: `total_at("meta.total")`."""
    steps = [path.split(".") for path in paths]

    def total(page: Page) -> int | None:
        for names in steps:
            value: Any = page.head
            for name in names:
                value = value.get(name) if isinstance(value, Mapping) else None
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        return None

    return total


def total_header(name: str) -> Callable[[Page], int | None]:
    """Reads a page's total from a header. None where it is not told."""

    def total(page: Page) -> int | None:
        value = page.response.headers.get(name, "").strip()
        return int(value) if value.isascii() and value.isdigit() else None

    return total


def segment(id: str) -> str:
    """An id as one segment of a path, whatever stands in it."""
    return quote(str(id), safe="")


BARREN = 3
"""So many empty pages in a row end a list, though its total promises more."""


def _goes_on(page: Page) -> bool:
    """Only an empty page is the end: a short one may be a server that clamps or filters.

    Where the total promises more, an empty page may be a gap, and the next ones are asked for too.
    """
    return bool(page.records) or (page.seen < (page.total or 0) and page.barren < BARREN)


single = Paging(next=lambda request, page: None)
"""There is one page."""


def numbered(
    param: str = "page", *, total: Callable[[Page], int | None] = single.total, repeat_ends: bool = False
) -> Paging:
    """Pages by number, from the one that the first request names (1 if it names none), to an empty page."""

    def following(request: Request, page: Page) -> Request | None:
        return request.having(**{param: request.params.get(param, 1) + 1}) if _goes_on(page) else None

    return Paging(next=following, total=total, foreseeable=True, repeat_ends=repeat_ends)


def offset(*params: str, total: Callable[[Page], int | None] = single.total) -> Paging:
    """Skip what was read, to an empty page. Each of `params` is set, for vendors of more than one dialect.

    It goes on by what came, not by what was asked for, so that a server may clamp its pages.
    """

    def following(request: Request, page: Page) -> Request | None:
        start = request.params.get(params[0], 0) + len(page.records)
        return request.having(**dict.fromkeys(params, start)) if page.records else None

    return Paging(next=following, total=total, foreseeable=True)


def cursor(
    param: str, at: Callable[[Page], str | None], *, total: Callable[[Page], int | None] = single.total
) -> Paging:
    """Ask with the cursor that the page names, until it names none."""

    def following(request: Request, page: Page) -> Request | None:
        token = at(page)
        return None if token is None else request.having(**{param: token})

    return Paging(next=following, total=total)


def after_last(key: str, param: str = "after") -> Paging:
    """Ask for what comes after the last record, to an empty page."""

    def following(request: Request, page: Page) -> Request | None:
        if not page.records:
            return None
        try:
            return request.having(**{param: page.records[-1][key]})
        except (KeyError, TypeError):
            raise RecordError(f"{request}: the last record of a page has no {key} to go on from") from None

    return Paging(next=following)


def joined(pages: Iterable[Page], *, key: str, unless: Collection[str], by: str, on: str) -> Iterator[Page]:
    """Pages whose records point at one another by a number instead of an id.

    Where no record has any of the keys `unless` (which would tell the id), the whole list is read first, and
    each record gets `key`: the `id` of the record whose `on` equals its `by`, or None.
    """
    rest = iter(pages)
    before: list[Page] = []
    for page in rest:
        before.append(page)
        if any(name in record for record in page.records if isinstance(record, dict) for name in unless):
            yield from before
            yield from rest
            return
    whole = (record for page in before for record in page.records if isinstance(record, dict))
    ids = {str(record[on]): record["id"] for record in whole if record.get(on) and "id" in record}

    def pointing(record: Any) -> Any:
        return {**record, key: ids.get(str(record.get(by)))} if isinstance(record, dict) else record

    for page in before:
        yield attrs.evolve(page, records=[pointing(record) for record in page.records])


def distinct(pages: Iterable[Page], id: Callable[[Raw], object]) -> Iterator[Page]:
    """Pages without the records that came before, for lists that name a thing as often as it is met."""
    seen: set[str] = set()

    def is_new(raw: Raw) -> bool:
        try:
            key = repr(id(raw))
        except (KeyError, TypeError, AttributeError):
            return True  # a misshapen record is for the reader to put aside
        new = key not in seen
        seen.add(key)
        return new

    for page in pages:
        yield attrs.evolve(page, records=[raw for raw in page.records if is_new(raw)])


def reshaped(pages: Iterable[Page], shape: Callable[[Raw], Iterable[Raw]]) -> Iterator[Page]:
    """Pages with each record replaced by those that `shape` makes of it."""
    for page in pages:
        yield attrs.evolve(page, records=[made for raw in page.records for made in shape(raw)])
