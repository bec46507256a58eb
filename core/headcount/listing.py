"""A list being read: lazy, each record once, and at its end an account of what came and whether it is all."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import attrs

from headcount.connector import Ask, Resource, Wanted, sources, why_absent
from headcount.errors import HeadcountError, NotFound, RecordError, Rejected, Unsupported
from headcount.http import Page
from headcount.model import NullReason, Raw, Scope
from headcount.transport import Transport

T = TypeVar("T")
PASSES = 2
"""How often a list is read where people moved between its pages while it was being read."""


@attrs.frozen
class Refused:
    """A record that could not be read: its id where it has one, and why. `raw` is the record itself."""

    id: str | None
    error: RecordError
    raw: Raw = attrs.field(repr=False)


@attrs.define(kw_only=True)
class Report:
    """What came of reading a list. Complete once the iteration has ended.

    `received` = `accepted` + `rejected`: records, each counted once; `repeated` counts those that came again,
    `left_out` those that the list holds beside what was asked for.
    `total` is what the pages said, `counted` what another way of asking said. `complete` is whether the list
    is proved complete, and `why` the reason, either way. `unknown` counts words nobody has mapped, by
    (field, word); `absent` counts missing values, by (field, reason). `requests` is how many were sent.
    """

    vendor: str
    received: int = 0
    accepted: int = 0
    repeated: int = 0
    left_out: int = 0
    requests: int = 0
    total: int | None = None
    counted: int | None = None
    complete: bool = False
    why: str = "the list has not been read to its end"
    refused: list[Refused] = attrs.field(factory=list)
    unknown: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    absent: Counter[tuple[str, NullReason]] = attrs.field(factory=Counter)

    @property
    def rejected(self) -> int:
        """How many records could not be read; they are in `refused`."""
        return len(self.refused)


class Listing(Generic[T]):
    """An iterator over the records of a list, with a `report` of how it went.

    The first record comes after the first page. One that cannot be read is put aside in `report.refused` and
    the rest still come. Raises the `VendorError` that ends a read early; the report then says so.
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
        self._optional = noun
        self._reached = 0
        self._records = self._read()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._records)

    def _read(self) -> Iterator[T]:
        report, before = self.report, self._http.requests
        try:
            known = self._resource.known(self._http, self._wanted)
            ask = Ask(self._wanted, known)
            employments = self._resource.history(self._http) if self._history and self._resource.history else None
            seen, totals = _Ids(), set[int]()
            for _ in range(PASSES):
                for page in self._resource.all(self._http, ask):
                    report.requests = self._http.requests - before
                    if page.total is not None:
                        totals.add(page.total)
                    for raw in self._fresh(page, seen):
                        record = self._reader.read(raw, known, employments)
                        if record is not None:
                            yield record
                if not self._moved(totals):
                    break
            report.total = max(totals, default=None)
            self._prove()
        except NotFound as error:
            report.why = "this server has no such list"
            if not self._optional:
                raise
            raise Unsupported(f"{report.vendor}: this server does not list {self._optional}") from error
        except HeadcountError as error:
            report.why = f"the read ended early: {type(error).__name__}"
            raise
        finally:
            report.requests = self._http.requests - before

    def _fresh(self, page: Page, seen: _Ids) -> Iterator[Raw]:
        """The records of a page that have not come before. A page of nothing else is a list in circles."""
        before = self._come
        for raw in page.records:
            id = _id(self._resource, raw)
            if id is not None and not seen.add(id):
                self.report.repeated += 1
                continue
            if self._resource.belongs(raw):
                self.report.received += 1
                yield raw
            else:
                self.report.left_out += 1
        # a list that is read again, or asked for again after it broke off, begins anew and is behind for a while
        further, self._reached = page.seen > self._reached, max(page.seen, self._reached)
        if page.records and further and self._come == before:
            raise Rejected(
                f"{self.report.vendor}: {page.response.request} brings only records that came before; the list "
                "goes in circles and is not complete. Report this to the connector's author.",
                code="loop",
            )

    @property
    def _come(self) -> int:
        """How many records of the list have come, each once."""
        return self.report.received + self.report.left_out

    def _moved(self, totals: set[int]) -> bool:
        """Whether people moved between pages while they were read, and some may have been missed."""
        if not totals:
            return self.report.repeated > 0
        return self._come < max(totals) and (len(totals) > 1 or self.report.repeated > 0)

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


class Reader(Generic[T]):
    """Makes records of the model from the vendor's, and notes what was unknown or missing."""

    def __init__(
        self,
        resource: Resource[T],
        wanted: Wanted,
        kind: type[T],
        report: Report,
        change: Callable[[T, Raw], T] | None,
    ) -> None:
        self._resource, self._report, self._change = resource, report, change
        fields = [field for field in attrs.fields(kind) if field.default is None]  # type: ignore[arg-type]
        self._absent = {
            field.name: NullReason.NOT_REQUESTED if had else NullReason.NOT_IN_VENDOR_MODEL
            for field, had in ((field, sources(resource, field.name)) for field in fields)
            if not had or field.name not in wanted
        } | dict.fromkeys(resource.elsewhere, NullReason.NOT_REQUESTED)
        self._read = tuple(field.name for field in fields if field.name not in self._absent)
        self._coded = tuple(f.name for f in attrs.fields(kind) if "Coded" in str(f.type))  # type: ignore[arg-type]
        self._keeps_raw = "raw" in wanted
        self._keeps_absent = any(f.name == "absent" for f in attrs.fields(kind))  # type: ignore[arg-type]
        needed = {key for name in self._read for key in sources(resource, name)}
        unasked = {key for name in resource.fields if name not in wanted for key in sources(resource, name)}
        self._dropped = tuple((unasked - needed) | resource.never)

    def read(self, raw: Raw, known: Any, employments: Mapping[str, Any] | None = None) -> T | None:
        """The record, or None where it cannot be read and was put aside."""
        for key in self._dropped:
            if key in raw:
                del raw[key]  # type: ignore[attr-defined]  # parsed by us a moment ago, and nobody else's
        try:
            record = self._resource.to(raw, known)
        except RecordError as error:
            self._refuse(raw, error)
            return None
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            self._refuse(
                raw,
                RecordError(f"the record has a shape the connector does not know ({type(error).__name__})"),
            )
            return None
        self._complete(record, raw, employments)
        self._report.accepted += 1
        return record if self._change is None else self._change(record, raw)

    def _refuse(self, raw: Raw, error: RecordError) -> None:
        id = _id(self._resource, raw)
        self._report.refused.append(Refused(None if id is None else str(id), error, raw))

    def _complete(self, record: T, raw: Raw, employments: Mapping[str, Any] | None) -> None:
        """Set what core knows and the connector need not: the raw record, reasons, history.

        The record is frozen for everyone else; nobody has seen it yet, and a copy would cost as much again.
        """
        put = object.__setattr__
        if self._keeps_raw:
            put(record, "raw", raw)
        for name in self._coded:
            coded = getattr(record, name)
            if coded is not None and coded.value == "unknown" and coded.source:
                self._report.unknown[(name, coded.source)] += 1
        if not self._keeps_absent:
            return
        if employments is not None:
            put(record, "employments", employments.get(record.id, ()))  # type: ignore[attr-defined]
        missing = [name for name in self._read if getattr(record, name) is None]
        if missing:
            told, withheld = record.absent, self._resource.withheld(raw)  # type: ignore[attr-defined]
            reasons = {name: told.get(name) or why_absent(self._resource, name, raw, withheld) for name in missing}
            self._report.absent.update(reasons.items())
            put(record, "absent", {**self._absent, **reasons})
        else:
            put(record, "absent", self._absent)


def wanted_fields(kind: type[Any], scopes: Iterable[Scope]) -> frozenset[str]:
    """The fields of a model class that these scopes let a reader have."""
    allowed = frozenset(scopes)
    return frozenset(field.name for field in attrs.fields(kind) if field.metadata.get("scope") in allowed)


def _id(resource: Resource[Any], raw: Any) -> object | None:
    try:
        return resource.id(raw)
    except (KeyError, TypeError, IndexError, AttributeError):
        return None


class _Ids:
    """The ids that have come, in eight bytes each, so that memory stays flat for lists of any length.

    Each id is kept as a keyed 64-bit hash. Two ids of 200,000 fall together once in a thousand million reads,
    and then the count shows that one is missing: never silently.
    """

    _BUCKETS = 1 << 12

    def __init__(self) -> None:
        self._buckets: list[array[int] | None] = [None] * self._BUCKETS

    def add(self, id: object) -> bool:
        """Whether the id is new."""
        mark = hash(str(id))
        number = mark % self._BUCKETS
        bucket = self._buckets[number]
        if bucket is None:
            bucket = self._buckets[number] = array("q")
        elif mark in bucket:
            return False
        bucket.append(mark)
        return True
