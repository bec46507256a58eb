"""A list being read: lazy, each record once, and at its end an account of what came and whether it is all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from headcount.connector import Ask, Resource, Wanted
from headcount.errors import Forbidden, HeadcountError, NotFound, RecordError, Rejected, Unsupported
from headcount.gather import Ids
from headcount.http import Request, Response
from headcount.model import Raw
from headcount.paging import Page
from headcount.reader import Reader, id_of
from headcount.report import Report
from headcount.transport import Transport

T = TypeVar("T")
PASSES = 2
"""How often a list is read where people moved between its pages while it was being read."""


@attrs.frozen(kw_only=True)
class Batch(Generic[T]):
    """The records of one page, and how to go on after it.

    `following` is the request of the next page; None at the end, and where the list cannot be gone on with.
    `received` counts what has come of the whole list up to here, with what was left out.
    """

    records: list[T]
    following: Request | None
    received: int


@attrs.frozen(kw_only=True)
class Resume:
    """Where to go on with a list that another read began: at the `following` of its last `Batch`.

    `received` and `left_out` are those of its report, so that a total still proves the list; what was accepted and
    refused is counted anew. `newest` is its report's too, and stays: what was read first may have changed since.
    With the `ids` that came before, who comes again because people moved between the pages is recognised. Without
    them nobody is, so that one who comes twice may stand for one who never came.
    """

    request: Request
    received: int
    left_out: int = 0
    newest: datetime | None = None
    ids: Collection[str] = attrs.field(default=(), repr=False)


class Listing(Generic[T]):
    """An iterator over the records of a list, with a `report` of how it went.

    The first record comes after the first page. One that cannot be read is put aside in `report.refused` and
    the rest still come. Raises the `VendorError` that ends a read early; the report then says so. Where the list
    has a `noun`, a server may lack it: that is `Unsupported`, and not a mistake in the address.

    Read it record by record, or by `pages`. `known` is what the connector knows beside the records, once it is read.
    """

    def __init__(
        self,
        resource: Resource[T],
        http: Transport,
        wanted: Wanted,
        kind: type[T],
        *,
        history: bool = False,
        noun: str = "",
        change: Callable[[T, Raw], T] | None = None,
        since: datetime | None = None,
        some: Collection[str] | None = None,
        ahead: bool = False,
        resume: Resume | None = None,
    ) -> None:
        self.report = Report(vendor=http.vendor)
        self.known: Any = None
        self._resource, self._http, self._wanted = resource, http, wanted
        self._reader = Reader(resource, wanted, kind, self.report, change)
        self._history = history
        self._noun = noun
        self._since, self._some, self._ahead, self._resume = since, some, ahead, resume
        self._first: Response | None = None
        self._reaches = False  # whether it is told up to when every change is in what is read
        self._reached = 0
        self._shifted = False
        self._read_on = self._read()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        while isinstance(found := next(self._read_on), Page):
            pass
        return found

    def pages(self) -> Iterator[Batch[T]]:
        """The rest of the list a page at a time, each with the way to go on after it. An empty page comes too."""
        records: list[T] = []
        for found in self._read_on:
            if isinstance(found, Page):
                yield Batch(records=records, following=found.following, received=self._come)
                records = []
            else:
                records.append(found)

    def _read(self) -> Iterator[T | Page]:
        """The records as they come, and after those of a page the page."""
        report, before = self.report, self._http.requests
        try:
            known = self.known = self._resource.known(self._http, self._wanted)
            ask = Ask(self._wanted, known, report.notes, self._ahead)
            employments = self._employments(ask)
            seen, totals = Ids(), set[int]()
            self._go_on(seen)
            for number in range(PASSES):
                again = Ids() if number else None
                for page in self._listed(ask):
                    report.requests = self._http.requests - before
                    self._take_in(page)
                    if page.total is not None:
                        totals.add(page.total)
                        report.total = max(totals)
                    for id, raw in self._fresh(page, seen, again):
                        record = self._reader.read(raw, id, known, employments)
                        if record is not None:
                            self._date(record, page)
                            yield record
                    # a second pass has nothing to go on from: what it still lacks is known to this read alone
                    yield page if again is None else attrs.evolve(page, following=None)
                if number + 1 == PASSES or not self._moved(totals):
                    break
                self._begin_again()
            if self._some is not None:
                report.gone = [id for id in self._some if id not in seen]
            self._prove()
        except (NotFound, Forbidden, Rejected, RecordError) as error:
            report.why = f"the read ended early: {type(error).__name__}"
            if isinstance(error, NotFound):
                report.why = "this server has no such list"
            if self._since is not None:
                raise Unsupported(f"{report.vendor}: this server does not tell what changed") from error
            if self._some is not None:
                raise Unsupported(f"{report.vendor}: these people cannot be read by themselves") from error
            if not self._noun or not isinstance(error, NotFound):
                raise
            raise Unsupported(f"{report.vendor}: this server does not list {self._noun}") from error
        except HeadcountError as error:
            report.why = f"the read ended early: {type(error).__name__}"
            raise
        finally:
            report.requests = self._http.requests - before
            if self._resume is not None:
                self._http.go_on_from(None)

    def _listed(self, ask: Ask) -> Iterable[Page]:
        if self._some is not None:
            some = self._resource.some
            return some(self._http, ask, self._some) if some and self._some else ()  # of nobody there is nothing to ask
        if self._since is None:
            return self._resource.all(self._http, ask)
        if self._resource.changed is None:
            raise Unsupported(f"{self.report.vendor} does not tell what changed")
        return self._resource.changed(self._http, ask, self._since)

    def _go_on(self, seen: Ids) -> None:
        """Begin where another read ended, if one did."""
        if (resume := self._resume) is not None:
            self.report.received, self.report.left_out = resume.received, resume.left_out
            self.report.newest, self._reaches = resume.newest, True
            for id in resume.ids:
                seen.add(id)
            self._http.go_on_from(resume.request, seen=self._come)

    def _begin_again(self) -> None:
        """For the second pass. What came before this read is counted as it comes again, but for known ids."""
        self._reached, self._shifted = 0, False
        if (resume := self._resume) is not None:
            self.report.received -= 0 if resume.ids else resume.received
            self.report.left_out -= resume.left_out

    def _take_in(self, page: Page) -> None:
        """What a page says beside its records."""
        report, resume = self.report, self._resume
        if self._first is None:
            self._first = page.response
            report.answered = page.response.date if resume is None else None
            if resume is not None and self._first.request != resume.request:
                raise Unsupported(f"{report.vendor}: the list is read another way now, and cannot be gone on with")
        if page.gone:
            report.gone = list(dict.fromkeys((*report.gone, *page.gone)))
        if page.until is not None and not self._reaches:
            report.newest, self._reaches = page.until, True

    def _date(self, record: T, page: Page) -> None:
        """The newest change that cannot hide another: one in the first answer, or from before that was sent.

        A later page may tell of a change that is younger than one of somebody who was read before it.
        """
        moment: datetime | None = getattr(record, "updated_at", None)
        if moment is None or self._reaches or (self.report.newest is not None and moment <= self.report.newest):
            return
        first = self._first
        if page.response is first or (first is not None and first.date is not None and moment <= first.date):
            self.report.newest = moment

    def _employments(self, ask: Ask) -> Mapping[str, Any] | None:
        if not self._history:
            return None
        if self._resource.history is None:
            ask.note(f"{self.report.vendor} keeps no history of employments that headcount knows of")
            return None
        return self._resource.history(self._http, ask)

    def _fresh(self, page: Page, seen: Ids, again: Ids | None) -> Iterator[tuple[str | None, Raw]]:
        """The records of a page that have not come before. A page of nothing else is a list in circles.

        In a second pass everyone comes again, and only who comes `again` in it has moved.
        """
        before = self._come
        # a list that is read again, or asked for again after it broke off, begins anew and is behind for a while
        further, self._reached = page.seen > self._reached, max(page.seen, self._reached)
        for raw in page.records:
            id = id_of(self._resource, raw)
            if id is not None and not seen.add(id):
                self.report.repeated += 1
                self._shifted = self._shifted or (further and (again is None or not again.add(id)))
                continue
            if id is not None and again is not None:
                again.add(id)
            belongs = self._belongs(id, raw)
            if belongs is False:
                self.report.left_out += 1
                continue
            self.report.received += 1
            if belongs:
                yield id, raw
        if page.records and further and again is None and self._come == before:
            raise Rejected(
                f"{self.report.vendor}: {page.response.request} brings only records that came before; the list "
                "goes in circles and is not complete. Report this to the connector's author.",
                code="loop",
            )

    def _belongs(self, id: str | None, raw: Raw) -> bool | None:
        """Whether a record is one of those meant; None where it is too strange to tell, and is put aside."""
        try:
            return self._resource.belongs(raw)
        except Exception as error:  # noqa: BLE001 - whatever a connector does on a strange record
            self._reader.refuse(id, raw, error)
            return None

    @property
    def _come(self) -> int:
        """How many records of the list have come, each once."""
        return self.report.received + self.report.left_out

    def _moved(self, totals: set[int]) -> bool:
        """Whether people moved between pages while they were read, and some may have been missed."""
        return self._shifted if not totals else self._come < max(totals) and (len(totals) > 1 or self._shifted)

    def _prove(self) -> None:
        """Complete is what a total proves: the pages' own, or where that is none or differs, a count."""
        report, come = self.report, self._come
        if report.total == come:
            report.complete, report.why = True, f"every page came, and the vendor's total of {come:,} agrees"
            report.walked = True
            return
        report.counted = self._count()
        said = [
            text.format(number)
            for text, number in (
                ("its pages say {:,}", report.total),
                ("it counts {:,} when asked", report.counted),
            )
            if number is not None
        ]
        if report.counted == come:
            report.complete, report.why = (
                True,
                f"every page came, and the vendor's own count of {come:,} agrees",
            )
        elif said:
            report.why = f"{come:,} came, and the vendor has another number: {' and '.join(said)}"
        else:
            report.why = "every page came, but the vendor tells no total to hold it against"
        report.walked = report.complete or not (said or self._shifted)

    def _count(self) -> int | None:
        """Counted another way; of what changed, and of some, nobody counts."""
        if self._resource.count is None or self._since is not None or self._some is not None:
            return None
        return self._resource.count(self._http)
