"""A schedule is read as people write it, never looks back, and is right on the days on which clocks are moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.roster.schedule import DAYS, FORMS, Schedule

ZONES = [
    "UTC",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
]
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45, 59]))
DAILY = st.builds("daily at {} {}".format, TIMES, st.sampled_from(ZONES))
WEEKLY = st.builds("weekly on {} at {} {}".format, st.sampled_from(DAYS), TIMES, st.sampled_from(ZONES))
EVERY = st.builds("every {}{}".format, st.integers(1, 500), st.sampled_from("mhd"))
ANY = st.one_of(DAILY, WEEKLY, EVERY)


def following(text: str, after: str, count: int = 1) -> list[str]:
    """The next moments, as the clocks of the schedule's zone show them."""
    schedule, moment, found = Schedule.parse(text), datetime.fromisoformat(after), []
    for _ in range(count):
        moment = schedule.next_after(moment)
        found.append(moment.astimezone(schedule.zone).isoformat(timespec="minutes"))
    return found


# -- as it is written -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("every 15m", "every 15m"),
        ("Every 90 M", "every 90m"),
        ("every 120m", "every 2h"),
        ("every 2h", "every 2h"),
        ("every 24h", "every 1d"),
        ("every 1d", "every 1d"),
        ("hourly", "every 1h"),
        ("daily at 02:00 America/New_York", "daily at 02:00 America/New_York"),
        ("nightly at 02:00 America/New_York", "daily at 02:00 America/New_York"),
        ("  Daily  at 23:59 ", "daily at 23:59 UTC"),
        ("weekly on Monday at 06:30 Europe/Berlin", "weekly on monday at 06:30 Europe/Berlin"),
        ("weekly on sunday at 00:00", "weekly on sunday at 00:00 UTC"),
    ],
)
def test_a_schedule_is_read_and_told_in_one_way(text: str, canonical: str) -> None:
    assert str(Schedule.parse(text)) == canonical


@given(ANY)
def test_what_is_told_reads_as_the_same(text: str) -> None:
    schedule = Schedule.parse(text)
    assert Schedule.parse(str(schedule)) == schedule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "never",
        "daily",
        "nightly",
        "weekly at 02:00",
        "weekly on mon at 02:00",
        "every",
        "every 0m",
        "every -5m",
        "every 15s",
        "every 15",
        "every 1.5h",
        "every 10000d",
        "daily at 2:00",
        "daily at 24:00",
        "daily at 02:60",
        "daily at 02:00 Berlin",
        "daily at 02:00 america/nowhere",
        "daily at 02:00 America",
        "daily at 02:00 ../../etc/passwd",
        "daily at 02:00 /etc/localtime",
        "daily at 02:00 +02:00",
        "daily at 0٢:00",
        "0 2 * * *",
        "x" * 500,
    ],
)
def test_anything_else_is_refused_and_the_forms_are_shown(text: str) -> None:
    with pytest.raises(hc.ConfigError) as refused:
        Schedule.parse(text)
    assert FORMS in str(refused.value)
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


def test_the_forms_that_are_shown_are_schedules() -> None:
    assert len({str(Schedule.parse(form)) for form in FORMS.split(", ")}) == len(FORMS.split(", "))


# -- when -----------------------------------------------------------------------------------------


def test_every_so_often_counts_from_the_moment() -> None:
    assert following("every 15m", "2026-05-01T12:07:00+00:00", 2) == [
        "2026-05-01T12:22+00:00",
        "2026-05-01T12:37+00:00",
    ]
    assert following("hourly", "2026-05-01T12:07:00+02:00") == ["2026-05-01T11:07+00:00"]


def test_a_time_of_day_is_after_the_moment_even_where_that_is_one() -> None:
    assert following("daily at 02:00", "2026-05-01T01:59:59+00:00") == ["2026-05-01T02:00+00:00"]
    assert following("daily at 02:00", "2026-05-01T02:00:00+00:00") == ["2026-05-02T02:00+00:00"]


def test_a_day_of_the_week_is_the_zones() -> None:
    text = "weekly on monday at 00:30 Pacific/Auckland"
    assert following(text, "2026-05-01T12:00:00+00:00", 2) == ["2026-05-04T00:30+12:00", "2026-05-11T00:30+12:00"]


@pytest.mark.parametrize(
    ("text", "after", "moments"),
    [
        (
            "daily at 02:30 America/New_York",
            "2026-03-07T12:00:00+00:00",
            ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"],
        ),
        ("daily at 02:10 Australia/Lord_Howe", "2026-10-03T12:00:00+00:00", ["2026-10-04T02:30+11:00"]),
        ("daily at 00:00 America/Santiago", "2026-09-05T12:00:00+00:00", ["2026-09-06T01:00-03:00"]),
        (
            "daily at 23:30 America/Nuuk",
            "2026-03-28T12:00:00+00:00",
            ["2026-03-29T00:00-01:00", "2026-03-29T23:30-01:00"],
        ),
        (
            "weekly on saturday at 23:30 America/Nuuk",
            "2026-03-28T12:00:00+00:00",
            ["2026-03-29T00:00-01:00", "2026-04-04T23:30-01:00"],
        ),
    ],
)
def test_a_time_that_the_clocks_skip_is_the_first_moment_after(text: str, after: str, moments: list[str]) -> None:
    assert following(text, after, len(moments)) == moments


def test_after_yesterdays_skipped_time_comes_todays() -> None:
    """The moment lies between the end of the gap, which was Sunday's midnight, and Sunday's own time."""
    assert following("daily at 23:30 America/Nuuk", "2026-03-29T00:59:59+00:00", 2) == [
        "2026-03-29T00:00-01:00",
        "2026-03-29T23:30-01:00",
    ]


def test_a_time_that_comes_twice_is_the_first_of_the_two() -> None:
    moments = ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]
    assert following("daily at 01:30 America/New_York", "2026-10-31T12:00:00+00:00", 2) == moments
    between = "2026-11-01T06:00:00+00:00"
    assert following("daily at 01:30 America/New_York", between) == moments[1:]


@given(text=ANY, moment=INSTANTS)
def test_it_never_looks_back_and_always_goes_on(text: str, moment: datetime) -> None:
    schedule = Schedule.parse(text)
    for _ in range(5):
        coming = schedule.next_after(moment)
        assert coming.tzinfo is UTC
        assert coming > moment
        moment = coming


@given(text=ANY, moment=INSTANTS, hours=st.integers(-14, 14))
def test_an_instant_is_the_same_in_every_zone(text: str, moment: datetime, hours: int) -> None:
    schedule = Schedule.parse(text)
    assert schedule.next_after(moment.astimezone(timezone(timedelta(hours=hours)))) == schedule.next_after(moment)


@given(text=st.one_of(DAILY, WEEKLY), moment=INSTANTS, earlier=st.floats(0, 1))
def test_nothing_lies_between_a_moment_and_the_next(text: str, moment: datetime, earlier: float) -> None:
    schedule = Schedule.parse(text)
    coming = schedule.next_after(moment)
    assert schedule.next_after(moment + (coming - moment) * earlier * 0.999) == coming


@given(at=TIMES, zone=st.sampled_from(ZONES), year=st.integers(2020, 2034))
def test_each_day_of_a_year_has_exactly_one(at: str, zone: str, year: int) -> None:
    """A day whose time is skipped right before midnight has its moment at the next day's very beginning."""
    schedule = Schedule.parse(f"daily at {at} {zone}")
    moment = datetime(year, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
    days = []
    while True:
        moment = schedule.next_after(moment)
        shown = moment.astimezone(schedule.zone)
        late = shown.replace(tzinfo=None).time() < schedule.at and shown.time().isoformat() == "00:00:00"
        day = shown.date() - timedelta(days=1) if late else shown.date()
        if day.year > year:
            break
        days.append(day)
    assert days == [date(year, 1, 1) + timedelta(days=n) for n in range(len(days))]
    assert len(days) in (365, 366)


def test_a_moment_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Schedule.parse("hourly").next_after(datetime(2026, 5, 1))
