"""Pages of a list: how one leads to the next, where its total stands, and what can be made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import attrs

from headcount.errors import RecordError, Unsupported
from headcount.http import Request, Response
from headcount.model import EMPTY, Raw


@attrs.frozen(kw_only=True)
class Page:
    """Some records of a list, and what came with them.

    `head` is the envelope without the records; `total` how many records the vendor says the whole list has;
    `seen` how many have come up to and with this page; `barren` how many pages in a row were empty; `following`
    the request of the page after this one, None at the end and where a list has no pages.

    In a list of changes, `gone` are the ids of records that were deleted, and `until` is the instant up to which
    every change is in it.
    """

    records: Sequence[Raw]
    response: Response
    head: Mapping[str, Any] = EMPTY
    total: int | None = None
    seen: int = 0
    barren: int = 0
    following: Request | None = None
    gone: tuple[str, ...] = ()
    until: datetime | None = None


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


def linked(*, total: Callable[[Page], int | None] = single.total) -> Paging:
    """Follow the `Link` header (RFC 8288) to what is `rel="next"`, until it names none.

    A link to another host is refused before it is sent. Raises `RecordError` for a header that cannot be made out:
    a next page that is not seen would be the end of the list.
    """

    def following(request: Request, page: Page) -> Request | None:
        header: str = page.response.headers.get("link") or ""
        target = _next_of(request, header)
        if target is None:
            return None
        here = urlsplit(page.response.url)
        try:
            there = urlsplit(urljoin(page.response.url, target))
        except ValueError:
            raise RecordError(f"{request}: the Link header names a next page that is no address") from None
        # Below the address that was asked, the link says no more than a query: so the list stays one list, and what
        # stands in the query stays out of messages.
        same = (there.scheme, there.netloc, there.path) == (here.scheme, here.netloc, here.path)
        path = request.path if same else there._replace(query="", fragment="").geturl()
        query = parse_qs(there.query, keep_blank_values=True)
        params = {name: values[0] if len(values) == 1 else values for name, values in query.items()}
        return attrs.evolve(request, path=path, params=params)

    return Paging(next=following, total=total)


def _next_of(request: Request, header: str) -> str | None:
    """The target of the first link that is `next`, as it stands there."""
    from requests.utils import parse_header_links

    for link in parse_header_links(header):
        told = {name.lower(): value for name, value in link.items() if name != "url"}
        if "next" in told.get("rel", "").lower().split() and f"<{link['url']}>" in header:
            return link["url"]
    if NEXT.search(header):  # requests gives a link up at an "=" in a title, and cuts an address at a semicolon
        raise RecordError(f"{request}: the Link header names a next page in a form that cannot be read")
    return None


NEXT = re.compile(r"""\brel\s*=\s*("[^"]*\bnext\b|'[^']*\bnext\b|next\b)""", re.IGNORECASE)
"""Finds in a Link header that it names a next page, whatever else stands there."""


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


def joined(
    pages: Iterable[Page], *, key: str, unless: Collection[str], by: str, on: str, part: bool = False
) -> Iterator[Page]:
    """Pages whose records point at one another by a number instead of an id.

    Where no record has any of the keys `unless` (which would tell the id), the whole list is read first, and
    each record gets `key`: the `id` of the record whose `on` equals its `by`, or None. A list that is a `part` of
    the whole cannot be joined: there, a record that points by number raises `Unsupported`.
    """
    rest = iter(pages)
    before: list[Page] = []
    for page in rest:
        before.append(page)
        if any(name in record for record in page.records if isinstance(record, dict) for name in unless):
            yield from before
            yield from rest
            return
        if part and any(record.get(by) for record in page.records if isinstance(record, dict)):
            raise Unsupported(f"{page.response.request}: only the whole list tells whom a number of this server means")
    whole = (record for page in before for record in page.records if isinstance(record, dict))
    ids = {str(record[on]): record["id"] for record in whole if record.get(on) and "id" in record}

    def pointing(record: Any) -> Any:
        return {**record, key: ids.get(str(record.get(by)))} if isinstance(record, dict) else record

    for page in before:
        yield attrs.evolve(page, records=[pointing(record) for record in page.records], following=None)


STEPS = 10
"""So many steps down and none up are no accident: of lists in any other order, one in three million looks so."""


def newest_first(
    pages: Iterable[Page], *, at: Callable[[Raw], datetime], since: datetime, turned: Callable[[], Iterable[Page]]
) -> Iterator[Page]:
    """Pages of a list that was asked for by its last change, newest first: those up to `since`, whole.

    `at` reads when a record changed. `turned` asks for the same list the other way round: its first record is looked
    at where what came is too little to show that the order is kept. Raises `Unsupported` where it is not kept.
    """
    oldest: datetime | None = None
    newest: datetime | None = None
    before: set[datetime] = set()
    steps = 0
    for page in pages:
        moments = [moment for raw in page.records if (moment := _moment(at, raw)) is not None]
        # What changes meanwhile goes to the front and pushes others onto this page, whose instants came before. That
        # is no excuse for an instant that never came: it shows a list that is not sorted.
        risen = oldest is not None and any(moment > oldest and moment not in before for moment in moments)
        if risen or any(later > earlier for earlier, later in pairwise(moments)):
            raise _unsorted(page)
        steps += len({moment for moment in moments if oldest is None or moment < oldest})
        if moments:
            until = max(moments[0], since) if newest is None else None
            newest, oldest, before = newest or moments[0], min(moments[-1], oldest or moments[-1]), set(moments)
            page = attrs.evolve(page, until=until)
        over = oldest is not None and oldest < since
        # A server that ignores the order may show one by accident: one change at the head of an import, say. It then
        # gives the same head when asked the other way round; one that sorts gives somebody older.
        if over and steps < STEPS and not _turns(turned(), at, newest, oldest):
            raise _unsorted(page)
        yield attrs.evolve(page, total=None)  # of the whole list, not of what changed
        if over:
            return


def _moment(at: Callable[[Raw], datetime], raw: Raw) -> datetime | None:
    try:
        return at(raw)
    except Exception:  # noqa: BLE001 - a misshapen record is for the reader to put aside
        return None


def _turns(pages: Iterable[Page], at: Callable[[Raw], datetime], newest: Any, oldest: Any) -> bool:
    page = next(iter(pages), None)
    moment = _moment(at, page.records[0]) if page is not None and page.records else None
    return moment is not None and moment <= oldest and moment < newest


def _unsorted(page: Page) -> Unsupported:
    return Unsupported(f"{page.response.request}: this server does not sort by what was changed last")


def with_missing(
    pages: Iterable[Page], ids: Collection[str], missing: Callable[[Collection[str]], Iterable[Page]]
) -> Iterator[Page]:
    """Pages of records that were asked for by their `id`, and then the pages of those `missing`, if any are."""
    left = dict.fromkeys(ids)
    for page in pages:
        for record in page.records if left else ():
            left.pop(str(record.get("id")) if isinstance(record, dict) else "", None)
        yield page
    if left:
        yield from missing(tuple(left))


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
