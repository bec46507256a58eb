"""One record: from the vendor's to the model's, with the reasons for what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, Generic, TypeVar

import attrs

from headcount.connector import Resource, Wanted, sources, why_absent
from headcount.errors import RecordError
from headcount.model import NullReason, Raw, Scope
from headcount.privacy import is_never_read
from headcount.report import Refused, Report

T = TypeVar("T")
_OF_PARTS = ("demographics", "compensation")
"""Fields of ours whose keys are parts of one whole; of others, any one of the keys will do."""
SHAPES = 1000
"""So many sets of keys are remembered; a list has a handful."""


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
        asked = [field.name for field in fields if field.name not in self._absent]
        self._asked = tuple((name, sources(resource, name)) for name in asked)
        self._values = attrgetter(*asked, "id") if asked else lambda record: ()
        self._coded = tuple(f.name for f in attrs.fields(kind) if "Coded" in str(f.type))  # type: ignore[arg-type]
        self._keeps_raw = "raw" in wanted
        self._keeps_absent = any(f.name == "absent" for f in attrs.fields(kind))  # type: ignore[arg-type]
        needed = {key for _, keys in self._asked for key in keys}
        unasked = {key for name in resource.fields if name not in wanted for key in sources(resource, name)}
        self._dropped = (unasked - needed) | resource.never
        self._untold = tuple(
            field.name
            for field in fields
            if field.name not in wanted and not needed.isdisjoint(sources(resource, field.name))
        )
        """Fields that nobody asked for, in an object of the vendor's that has others: it is dropped when it is read."""
        self._mixed = {key for name in self._untold for key in sources(resource, name)}
        self._drops: dict[tuple[str, ...], tuple[str, ...]] = {}

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
        if isinstance(raw, dict):
            shape = tuple(raw)  # the records of a list have few shapes, and each is looked at once
            drops = self._drops.get(shape)
            if drops is None:
                drops = tuple(key for key in shape if key in self._dropped or is_never_read(key))
                if len(self._drops) < SHAPES:
                    self._drops[shape] = drops
            for key in drops:
                del raw[key]  # parsed by us a moment ago, and nobody else's
        return raw

    def _read(self, raw: Raw, id: str | None, known: Any, employments: Mapping[str, Any] | None) -> T:
        if not isinstance(self._drop(raw), dict):
            raise RecordError(f"the record is no object but {type(raw).__name__}")
        if id is None:
            raise RecordError("the record has no id")
        record = self._resource.to(raw, known)
        self._complete(record, raw, employments)
        for key in self._mixed:
            raw.pop(key, None)  # type: ignore[attr-defined]  # parsed by us a moment ago, and nobody else's
        return record

    def _complete(self, record: T, raw: Raw, employments: Mapping[str, Any] | None) -> None:
        """Set what core knows and the connector need not: the raw record, reasons, history.

        The record is frozen for everyone else; nobody has seen it yet, and a copy would cost as much again.
        """
        put = object.__setattr__
        for name in self._untold:
            put(record, name, None)
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
        values = self._values(record)
        reasons = self._reasons(record, raw, values) if None in values else {}
        if not record.custom_fields and (why := record.absent.get("custom_fields")):  # type: ignore[attr-defined]
            reasons["custom_fields"] = why
            self._report.absent["custom_fields", why] += 1
        put(record, "absent", {**self._absent, **reasons} if reasons else self._absent)

    def _reasons(self, record: Any, raw: Raw, values: tuple[Any, ...]) -> dict[str, NullReason]:
        told, withheld, keys = record.absent, self._resource.withheld(raw), raw.keys()
        reasons: dict[str, NullReason] = {}
        for (name, own), value in zip(self._asked, values, strict=False):
            if value is None:
                reasons[name] = told.get(name) or why_absent(own, keys, withheld, parts=name in _OF_PARTS)
        self._report.absent.update(reasons.items())
        return reasons


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
