"""Putting records together: by key, by time, by sum; and remembering which have come."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

import attrs

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@attrs.frozen
class Stretch:
    """What held from `start` to `end` (the last day; None = still)."""

    start: date
    end: date | None
    values: Mapping[str, Any]


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """The values of each key, in the order they came."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def timelines(rows: Iterable[tuple[K, date | None, Mapping[str, Any]]]) -> dict[K, tuple[Stretch, ...]]:
    """For each key the stretches of time between its rows, which may come from several tables and in any order.

    A row says what holds from a day on; one without a day has no place in time and is left out. A stretch holds
    the latest value of every name; of two rows of one day the later in the order given wins.
    """
    dated = grouped((key, (day, values)) for key, day, values in rows if day is not None)
    return {key: tuple(_stretches(sorted(own, key=lambda row: row[0]))) for key, own in dated.items()}


def _stretches(rows: Iterable[tuple[date, Mapping[str, Any]]]) -> Iterator[Stretch]:
    held: dict[str, Any] = {}
    start: date | None = None
    for day, values in rows:
        if start is not None and day > start:
            yield Stretch(start, day - timedelta(days=1), dict(held))
        start = day
        held.update(values)
    if start is not None:
        yield Stretch(start, None, held)


def summed(counts: Iterable[int | None]) -> int | None:
    """The sum of counts; None as soon as one is not known."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total


class Ids:
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

    def __contains__(self, id: str) -> bool:
        mark = hash(id)
        return mark in (self._buckets[mark % self._BUCKETS] or ())
