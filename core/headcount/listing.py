"""A list being read: lazy, each record once, and at its end an account of what came and whether it is all."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from headcount.connector import Ask, Resource, Wanted
from headcount.errors import HeadcountError, NotFound, Rejected, Unsupported
from headcount.model import Raw
from headcount.paging import Page
from headcount.reader import Reader, id_of
from headcount.report import Report
from headcount.transport import Transport

T = TypeVar("T")
PASSES = 2
"""How often a list is read where people moved between its pages while it was being read."""


class Listing(Generic[T]):
    """An iterator over the records of a list, with a `report` of how it went.

    The first record comes after the first page. One that cannot be read is put aside in `report.refused` and
    the rest still come. Raises the `VendorError` that ends a read early; the report then says so. Where the list
    has a `noun`, a server may lack it: that is `Unsupported`, and not a mistake in the address.
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
    ) -> None:
        self.report = Report(vendor=http.vendor)
        self._resource, self._http, self._wanted = resource, http, wanted
        self._reader = Reader(resource, wanted, kind, self.report, change)
        self._history = history
        self._noun = noun
        self._reached = 0
        self._shifted = False
        self._records = self._read()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._records)

    def _read(self) -> Iterator[T]:
        report, before = self.report, self._http.requests
        try:
            known = self._resource.known(self._http, self._wanted)
            ask = Ask(self._wanted, known, report.notes)
            employments = self._employments(ask)
            seen, totals = _Ids(), set[int]()
            for _ in range(PASSES):
                for page in self._resource.all(self._http, ask):
                    report.requests = self._http.requests - before
                    if page.total is not None:
                        totals.add(page.total)
                    for id, raw in self._fresh(page, seen):
                        record = self._reader.read(raw, id, known, employments)
                        if record is not None:
                            yield record
                if not self._moved(totals):
                    break
            report.total = max(totals, default=None)
            self._prove()
        except NotFound as error:
            report.why = "this server has no such list"
            if not self._noun:
                raise
            raise Unsupported(f"{report.vendor}: this server does not list {self._noun}") from error
        except HeadcountError as error:
            report.why = f"the read ended early: {type(error).__name__}"
            raise
        finally:
            report.requests = self._http.requests - before

    def _employments(self, ask: Ask) -> Mapping[str, Any] | None:
        if not self._history:
            return None
        if self._resource.history is None:
            ask.note(f"{self.report.vendor} keeps no history of employments that headcount knows of")
            return None
        return self._resource.history(self._http, ask)

    def _fresh(self, page: Page, seen: _Ids) -> Iterator[tuple[str | None, Raw]]:
        """The records of a page that have not come before. A page of nothing else is a list in circles."""
        before = self._come
        # a list that is read again, or asked for again after it broke off, begins anew and is behind for a while
        further, self._reached = page.seen > self._reached, max(page.seen, self._reached)
        for raw in page.records:
            id = id_of(self._resource, raw)
            if id is not None and not seen.add(id):
                self.report.repeated += 1
                self._shifted = self._shifted or further
                continue
            belongs = self._belongs(id, raw)
            if belongs is False:
                self.report.left_out += 1
                continue
            self.report.received += 1
            if belongs:
                yield id, raw
        if page.records and further and self._come == before:
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

    def _count(self) -> int | None:
        return None if self._resource.count is None else self._resource.count(self._http)


class _Ids:
    """The ids that have come, in eight bytes each, so that memory stays flat for lists of any length.

    Each id is kept as a keyed 64-bit hash. Two ids of 200,000 fall together once in a thousand million reads,
    and then the count shows that one is missing: never silently.
    """

    _BUCKETS = 1 << 12

    def __init__(self) -> None:
        self._buckets: list[array[int] | None] = [None] * self._BUCKETS

    def add(self, id: str) -> bool:
        """Whether the id is new."""
        mark = hash(id)
        number = mark % self._BUCKETS
        bucket = self._buckets[number]
        if bucket is None:
            bucket = self._buckets[number] = array("q")
        elif mark in bucket:
            return False
        bucket.append(mark)
        return True
