"""A clock that a test can move, so that tomorrow can be tried today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import attrs


@attrs.define
class Clock:
    """The vendor's time. It runs with the real one, from wherever it was set to."""

    _offset: timedelta = timedelta()

    @classmethod
    def at(cls, moment: datetime) -> Clock:
        """A clock that shows `moment` (an aware datetime) now."""
        return cls(moment - datetime.now(UTC))

    def now(self) -> datetime:
        """The vendor's present instant, in UTC, whole seconds."""
        return self.exact().replace(microsecond=0)

    def exact(self) -> datetime:
        """The same with its fraction of a second: for counting what comes in a window."""
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        """The vendor's present day, in UTC."""
        return self.now().date()

    def advance(self, **delta: float) -> datetime:
        """Move on by so many `days`, `hours`, `minutes`, … (as `timedelta` names them)."""
        self._offset += timedelta(**delta)
        return self.now()
