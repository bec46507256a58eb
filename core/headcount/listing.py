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
from headcount.privacy import is_never_read
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
    (field, word); `absent` counts missing values, by (field, reason). `requests` is how many were sent, and
    `notes` says in sentences what else could not be had.
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
    notes: list[str] = attrs.field(factory=list)

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
            if not self._optional:
                raise
            raise Unsupported(f"{report.vendor}: this server does not list {self._optional}") from error
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
        self._asked = tuple(field.name for field in fields if field.name not in self._absent)
        self._coded = tuple(f.name for f in attrs.fields(kind) if "Coded" in str(f.type))  # type: ignore[arg-type]
        self._keeps_raw = "raw" in wanted
        self._keeps_absent = any(f.name == "absent" for f in attrs.fields(kind))  # type: ignore[arg-type]
        needed = {key for name in self._asked for key in sources(resource, name)}
        unasked = {key for name in resource.fields if name not in wanted for key in sources(resource, name)}
        self._dropped = (unasked - needed) | resource.never
        self._keys = {key for name in resource.fields for key in sources(resource, name)}

    def read(self, raw: Raw, id: str | None, known: Any, employments: Mapping[str, Any] | None = None) -> T | None:
        """The record, or None where it cannot be read and was put aside."""
        try:
            record = self._read(raw, id, known, employments)
        except Exception as error:  # noqa: BLE001 - whatever a connector does on a strange record, it loses only that
            self.refuse(id, raw, error)
            return None
        self._report.accepted += 1
        return record if self._change is None else self._change(record, raw)

    def refuse(self, id: str | None, raw: Raw, error: Exception) -> None:
        """Put a record aside, with its reason."""
        if not isinstance(error, RecordError):
            error = RecordError(f"the record has a shape that the connector does not know ({type(error).__name__})")
        self._report.refused.append(Refused(id, error, self._drop(raw)))

    def _drop(self, raw: Raw) -> Raw:
        """The record without what was not asked for and what is never read."""
        if not isinstance(raw, dict):
            return raw
        if new := raw.keys() - self._keys:  # each key that this list has is looked at once
            self._keys |= new
            self._dropped |= {key for key in new if is_never_read(key)}
        for key in self._dropped & raw.keys():
            del raw[key]  # parsed by us a moment ago, and nobody else's
        return raw

    def _read(self, raw: Raw, id: str | None, known: Any, employments: Mapping[str, Any] | None) -> T:
        if not isinstance(self._drop(raw), dict):
            raise RecordError(f"the record is no object but {type(raw).__name__}")
        if id is None:
            raise RecordError("the record has no id")
        record = self._resource.to(raw, known)
        self._complete(record, raw, employments)
        return record

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
        missing = [name for name in self._asked if getattr(record, name) is None]
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


def id_of(resource: Resource[Any], raw: Any) -> str | None:
    """The vendor's id of a record as text; None where it has none."""
    try:
        id = resource.id(raw)
    except Exception:  # noqa: BLE001 - a record of any shape may come
        return None
    return None if id is None else str(id).strip() or None


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
