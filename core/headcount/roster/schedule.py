"""When a connection is read by itself: every so often, or at a time of the company's day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from headcount.errors import ConfigError

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = (
    "every 15m, every 2h, every 1d, hourly, daily at 02:00 America/New_York, weekly on monday at 06:30 Europe/Berlin"
)
EVERY = re.compile(r"every (?P<count>[1-9][0-9]{0,3}) ?(?P<unit>[mhd])", re.IGNORECASE)
AT = re.compile(
    rf"(daily|nightly|weekly on (?P<day>{'|'.join(DAYS)}))"
    r" at (?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])( (?P<zone>\S+))?",
    re.IGNORECASE,
)


@attrs.frozen(kw_only=True)
class Schedule:
    """Either `every` so often, or `at` a time in a `zone`, on each day or on one `day` of the week (0: Monday)."""

    every: timedelta | None = None
    at: time = time(0)
    zone: ZoneInfo = attrs.field(factory=lambda: ZoneInfo("UTC"))
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """A schedule as a person writes it. Raises `ConfigError` for anything else, and shows the forms."""
        plain = " ".join(text.split())
        if found := EVERY.fullmatch("every 1h" if plain.lower() == "hourly" else plain):
            return cls(every=int(found["count"]) * UNITS[found["unit"].lower()])
        if found := AT.fullmatch(plain):
            day = DAYS.index(found["day"].lower()) if found["day"] else None
            at = time(int(found["hour"]), int(found["minute"]))
            return cls(at=at, zone=_zone(found["zone"] or "UTC"), day=day)
        raise ConfigError(f"{plain[:80]!r} is no schedule. Write one of: {FORMS}")

    def next_after(self, moment: datetime) -> datetime:
        """The first moment after this one, in UTC.

        What is `every` so often counts from the moment. A time of day that a clock skips is the first moment after
        the gap; one that it shows twice is the first of the two.
        """
        if moment.tzinfo is None:
            raise ValueError("a schedule goes on from an instant: give the moment a time zone")
        if self.every is not None:
            return moment.astimezone(UTC) + self.every
        today = moment.astimezone(self.zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, 9))  # what was skipped yesterday may be today
        moments = (_instant(day, self.at, self.zone) for day in days if self.day in (None, day.weekday()))
        return next(instant for instant in moments if instant > moment)

    def __str__(self) -> str:
        if self.every is not None:
            unit = next(unit for unit in ("d", "h", "m") if not self.every % UNITS[unit])
            return f"every {self.every // UNITS[unit]}{unit}"
        days = "daily" if self.day is None else f"weekly on {DAYS[self.day]}"
        return f"{days} at {self.at:%H:%M} {self.zone.key}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f"{name[:40]!r} is no time zone. Write one as in: {FORMS}") from None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clocks of a zone show this time on this day; where they skip it, the moment at which they do."""
    local = datetime.combine(day, at, zone)
    first = local.astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return first
    # by the offset before the gap it is after it, and by the one after it is before it: the gap is in between
    before, after = local.replace(fold=1).astimezone(UTC), first
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after
