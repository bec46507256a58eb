"""From dated rows to the stretches of time between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import attrs


@attrs.frozen
class Stretch:
    """What held from `start` to `end` (the last day; None = still)."""

    start: date
    end: date | None
    values: Mapping[str, Any]


def stretches(rows: Iterable[tuple[date, Mapping[str, Any]]]) -> Iterator[Stretch]:
    """Rows that each say what holds from a day on, from several tables and in any order, as stretches of time.

    A stretch holds the latest value of every name; where two rows of one day name the same, the later in the
    order given wins.
    """
    held: dict[str, Any] = {}
    start: date | None = None
    for day, values in sorted(rows, key=lambda row: row[0]):
        if start is not None and day > start:
            yield Stretch(start, day - timedelta(days=1), dict(held))
        start = day
        held.update(values)
    if start is not None:
        yield Stretch(start, None, held)
