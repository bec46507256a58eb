"""Following a list from page to page: each once, in order, and asked for ahead where that pays."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from headcount.errors import Rejected
from headcount.http import Request, Response
from headcount.model import Raw
from headcount.paging import Page, Paging

if TYPE_CHECKING:
    from headcount.transport import Transport

PROMPT = 0.01
"""A vendor that answers in so few seconds is not worth asking ahead: threads would cost more than they save."""


MOST_BARREN = 1000
"""So many empty pages in a row, each with the way to another, are a list without end."""


def follow(transport: Transport, request: Request, *, at: str | None, by: Paging, seen: int = 0) -> Iterator[Page]:
    """The pages of `Transport.pages`. Where `seen` records came before, it begins in the middle of the list."""
    guard, ahead = _Guard(transport.vendor), _Ahead(transport, by)
    following: Request | None = request
    barren = 0
    try:
        while following is not None:
            request = following
            guard.request(request)
            response, body = ahead.take(request)
            records = records_in(body, at, response)
            seen, barren = seen + len(records), 0 if records else barren + 1
            if barren > MOST_BARREN:
                raise guard.loop(request, f"{barren:,} empty pages came in a row")
            page = Page(records=records, response=response, head=_head(body, at), seen=seen, barren=barren)
            page = attrs.evolve(page, total=by.total(page))
            if guard.came_before(page):
                if by.repeat_ends:
                    return
                raise guard.loop(request, "a page came that had come already")
            following = by.next(request, page)
            if following is not None:
                ahead.look(following, page)
            yield attrs.evolve(page, following=following)
    finally:
        ahead.drop()


class _Guard:
    """Remembers every request and page of one list, so that none comes twice."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._requests: set[int] = set()
        self._pages: set[int] = set()

    def request(self, request: Request) -> None:
        if request.key in self._requests:
            raise self.loop(request, "the next page is one that was read already")
        self._requests.add(request.key)

    def came_before(self, page: Page) -> bool:
        if not page.records:
            return False
        mark = hash((len(page.records), repr(page.records[0]), repr(page.records[-1])))
        known = mark in self._pages
        self._pages.add(mark)
        return known

    def loop(self, request: Request, what: str) -> Rejected:
        return Rejected(
            f"{self._vendor}: {request}: {what}; the list would never end, so it is not complete. "
            "Report this to the connector's author.",
            code="loop",
        )


class _Ahead:
    """Requests sent ahead of their turn, as long as the pages come as the first one promised.

    What is foreseen rests on every page being as long as the first; when a page is not, the next request is
    another than the one foreseen, and what was sent ahead is thrown away.
    """

    def __init__(self, transport: Transport, by: Paging) -> None:
        self._transport, self._by = transport, by
        self._sent: deque[tuple[Request, Future[tuple[Response, Any]]]] = deque()
        self._first: Page | None = None
        self._left = 0

    def take(self, request: Request) -> tuple[Response, Any]:
        """The answer to this request, already on its way or not."""
        if self._sent and self._sent[0][0] == request:
            with suppress(CancelledError):  # the transport was closed meanwhile
                return self._sent.popleft()[1].result()
        self.drop()
        return self._transport.answered(request)

    def look(self, following: Request, page: Page) -> None:
        """After a page: send what comes next, up to the number of threads."""
        if not self._by.foreseeable or not self._transport.worth_asking_ahead:
            return
        if self._first is None:
            self._first = page
            prompt = page.response.seconds < PROMPT
            if page.total and page.records and not prompt:
                # the full pages that the total promises; where the last one is short, what follows it is not foreseen
                self._left = (page.total - page.seen) // len(page.records) + 1
        if self._sent and self._sent[0][0] != following:
            self.drop()
        upcoming: Request | None = following
        if self._sent:
            upcoming = self._by.next(self._sent[-1][0], self._first)
        while self._left > 0 and upcoming is not None and len(self._sent) < self._transport.threads:
            self._sent.append((upcoming, self._transport.pool.submit(self._transport.answered, upcoming)))
            self._left -= 1
            upcoming = self._by.next(upcoming, self._first)

    def drop(self) -> None:
        """Throw away what was sent ahead."""
        while self._sent:
            self._sent.popleft()[1].cancel()
            self._left += 1


def records_in(body: Any, at: str | None, response: Response) -> list[Raw]:
    """The list that a body is, or holds under the name `at`; raises `Unavailable` where there is none."""
    records = body if at is None else body.get(at) if isinstance(body, dict) else None
    if not isinstance(records, list):
        what = "a list" if at is None else f"a list named {at!r}"
        raise response.unusable("no_list", f"JSON without {what}")
    return records


def _head(body: Any, at: str | None) -> dict[str, Any]:
    return {} if at is None else {name: value for name, value in body.items() if name != at}
