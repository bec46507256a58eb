"""The watch on a clock of its own: what is due, what is caught up with, what never overlaps, and how it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest

import headcount as hc
from headcount.errors import AuthError, Held
from headcount.roster import Roster, Run, RunState, Schedule, SyncPolicy
from headcount.roster.watching import Ended, Watch, Watched
from headcount.sandbox import Sandbox
from headcount.sandbox.people import population
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY

START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Stop(KeyboardInterrupt):
    """Ctrl-C, at the moment that a test says."""


@attrs.define
class Day:
    """A clock that goes on only when everybody waits, and stops the watch at its end."""

    now: datetime
    until: datetime
    watch: Watch | None = None
    told: list[Ended] = attrs.field(factory=list)
    patient: bool = True
    """Whether it waits for who is syncing."""

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        assert self.watch is not None
        while self.patient and self.watch.running:
            time.sleep(0.002)
        if not self.patient:
            time.sleep(0.01)
            seconds = min(seconds, 1.0)
        self.now += timedelta(seconds=max(seconds, 0.001))
        if self.now >= self.until:
            raise Stop

    @property
    def runs(self) -> list[tuple[str, str]]:
        """Who ended when, by the clock."""
        found = [(one.name, f"{one.at:%d %H:%M}") for one in self.told]
        return sorted(found, key=lambda one: one[::-1])


@pytest.fixture
def acme() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=40, now=START) as box:
        yield box


@pytest.fixture
def gamma() -> Iterator[Sandbox]:
    with INSIGHTLY.start(people=12, now=START) as box:
        yield box


def watched(name: str, box: Sandbox, schedule: str, policy: SyncPolicy | None = None) -> Watched:
    return Watched(
        name=name,
        schedule=Schedule.parse(schedule),
        policy=policy or SyncPolicy(),
        connect=lambda: box.connect(name=name),
    )


def watch(
    store: str,
    day: Day,
    *which: Watched,
    once: bool = False,
    at_once: int = 4,
    then: Callable[[Watch], None] | None = None,
) -> list[tuple[str, str]]:
    """Watch for as long as the day lasts; what ended meanwhile."""
    day.told.clear()
    with Roster(store, now=day) as roster:
        watching = day.watch = Watch(roster, which, told=day.told.append, at_once=at_once, pause=day.pause)
        try:
            watching.run(once=once)
        except Stop:
            if then is not None:
                then(watching)
            assert watching.stop()
    return day.runs


def day(hours: float, start: datetime = START) -> Day:
    return Day(now=start, until=start + timedelta(hours=hours))


def runs(store: str, name: str) -> list[Run]:
    with Roster(store) as roster:
        return roster.runs(name)


def test_each_is_synced_at_its_times(sqlite: str, acme: Sandbox, gamma: Sandbox) -> None:
    done = watch(sqlite, day(3.5), watched("acme", acme, "hourly"), watched("gamma", gamma, "daily at 14:30"))
    assert done == [
        ("acme", "02 12:00"),
        ("gamma", "02 12:00"),
        ("acme", "02 13:00"),
        ("acme", "02 14:00"),
        ("gamma", "02 14:30"),
        ("acme", "02 15:00"),
    ]
    assert [run.state for run in runs(sqlite, "acme")] == [RunState.DONE] * 4


def test_a_restart_repeats_nothing_and_catches_up_once(sqlite: str, acme: Sandbox) -> None:
    hourly = watched("acme", acme, "hourly")
    assert watch(sqlite, day(0.5), hourly) == [("acme", "02 12:00")]
    assert watch(sqlite, day(0.4, START + timedelta(hours=0.5)), hourly) == [], "it is not due yet"
    later = START + timedelta(hours=9, minutes=20)
    assert watch(sqlite, day(0.5, later), hourly) == [("acme", "02 21:20")], "nine times were missed"


def test_with_once_what_is_due_is_done_and_no_more(sqlite: str, acme: Sandbox, gamma: Sandbox) -> None:
    both = (watched("acme", acme, "every 1m"), watched("gamma", gamma, "every 1d"))
    assert sorted(watch(sqlite, day(9), *both, once=True)) == [("acme", "02 12:00"), ("gamma", "02 12:00")]
    assert watch(sqlite, day(9, START + timedelta(minutes=2)), *both, once=True) == [("acme", "02 12:02")]
    assert watch(sqlite, day(9, START + timedelta(minutes=2)), *both, once=True) == []


def test_a_failing_one_waits_for_its_next_time_and_keeps_no_other_waiting(
    sqlite: str, acme: Sandbox, gamma: Sandbox
) -> None:
    acme.play("unauthorized")
    here = day(2.5)
    done = watch(sqlite, here, watched("acme", acme, "hourly"), watched("gamma", gamma, "every 30m"))
    assert [at for name, at in done if name == "acme"] == ["02 12:00", "02 13:00", "02 14:00"]
    assert all(isinstance(one.error, AuthError) for one in here.told if one.name == "acme")
    assert len([name for name, _ in done if name == "gamma"]) == 5


def test_one_that_cannot_even_be_opened_is_tried_at_its_next_time(sqlite: str, gamma: Sandbox) -> None:
    def missing() -> hc.Connection:
        raise hc.ConfigError("acme needs token")

    here = day(1.5)
    broken = Watched(name="acme", schedule=Schedule.parse("hourly"), connect=missing)
    done = watch(sqlite, here, broken, watched("gamma", gamma, "hourly"))
    assert [at for name, at in done if name == "acme"] == ["02 12:00", "02 13:00"]
    assert [at for name, at in done if name == "gamma"] == ["02 12:00", "02 13:00"]


def test_where_another_process_is_at_it_that_is_told_and_it_waits(sqlite: str, acme: Sandbox) -> None:
    here = day(0.2)
    asked, go_on = threading.Event(), threading.Event()

    def busy(_: object) -> None:
        asked.set()
        assert go_on.wait(20)

    with Roster(sqlite, now=here) as other, acme.connect(name="acme") as connection:
        syncing = threading.Thread(target=other.sync, args=(connection,), kwargs={"watching": busy})
        syncing.start()
        assert asked.wait(20)
        done = watch(sqlite, here, watched("acme", acme, "every 5m"))
        go_on.set()
        syncing.join()
    assert done == [("acme", "02 12:05"), ("acme", "02 12:10")]
    assert all(isinstance(one.error, Held) for one in here.told)
    assert [run.state for run in runs(sqlite, "acme")] == [RunState.DONE]


def test_never_two_at_a_time_of_one_and_never_more_than_that_of_all(sqlite: str, acme: Sandbox, gamma: Sandbox) -> None:
    for box in (acme, gamma):
        box.play("slow", on="/", seconds=0.05, times=None)
    here = day(24)
    here.patient = False
    names, most = ("a", "b", "c"), 0
    with Roster(sqlite, now=here) as roster:
        which = [watched(name, box, "every 1m") for name, box in zip(names, (acme, gamma, acme), strict=True)]

        def paused(seconds: float) -> None:
            nonlocal most
            most = max(most, len(watching.running))
            here.pause(seconds)
            if len(here.told) > 8:
                raise Stop

        watching = here.watch = Watch(roster, which, told=here.told.append, at_once=2, pause=paused)
        with pytest.raises(Stop):
            watching.run()
        assert watching.stop(20)
    assert most == 2
    assert not [one for one in here.told if one.error is not None]
    assert {one.name for one in here.told} == set(names), "who waited longest is the first"


def test_what_is_stopped_is_gone_on_with_at_once(sqlite: str, gamma: Sandbox) -> None:
    gamma.people[:] = population(1200, now=START)
    gamma.play("slow", on="/Users$", seconds=0.3, after=1, times=None)
    here = day(24)
    with Roster(sqlite, now=here) as roster:
        daily = watched("gamma", gamma, "every 1d")

        def paused(_: float) -> None:
            until(lambda: len(gamma.requests("/Users$")) > 1)
            raise Stop

        watching = Watch(roster, [daily], told=here.told.append, pause=paused)
        with pytest.raises(Stop):
            watching.run()
        assert watching.stop(20)
        assert here.told == []
        (run,) = roster.runs("gamma")
        assert run.was_stopped
        assert not roster.status("gamma")[0].syncing
    gamma.calm()
    assert watch(sqlite, day(1, START + timedelta(minutes=1)), daily) == [("gamma", "02 12:01")]
    assert runs(sqlite, "gamma")[0].state is RunState.DONE


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_stop_waits_no_longer_than_its_grace(sqlite: str, acme: Sandbox) -> None:
    acme.play("slow", on="/", seconds=1.5, times=None)
    here = day(24)
    with Roster(sqlite, now=here) as roster:

        def paused(_: float) -> None:
            until(lambda: len(watching.running) == 1)
            raise Stop

        watching = Watch(roster, [watched("acme", acme, "hourly")], told=here.told.append, pause=paused)
        with pytest.raises(Stop):
            watching.run()
        assert not watching.stop(0.1)
        acme.calm()
        assert watching.stop(20)


def test_the_day_comes_though_nobody_syncs(sqlite: str) -> None:
    with NAMELY.start(people=40, now=START) as box:
        leaver = next(person for person in box.people[1:] if person.active and not person.tags and not person.left)
        leaver.left = (START + timedelta(days=1)).date()
        weekly = watched("beta", box, "every 7d", SyncPolicy(timezone="America/New_York"))
        assert watch(sqlite, day(72), weekly) == [("beta", "02 12:00")]
    with Roster(sqlite) as roster:
        (event,) = roster.events(employee=leaver.uuid, kinds=("terminated",))
    assert (event.on, event.cause) == (leaver.left, "day")
    midnight = datetime(2026, 3, 4, 5, tzinfo=UTC)  # of the day after the last one, in New York
    assert timedelta() <= event.recorded_at - midnight <= timedelta(minutes=1)


def test_a_store_that_fails_is_told_and_tried_again(
    sqlite: str, acme: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = day(0.2)
    fails = [hc.ConfigError("the store cannot be used")] * 2
    whole = Roster.status

    def status(self: Roster, connection: str | None = None) -> list[object]:
        if fails:
            raise fails.pop()
        return list(whole(self, connection))

    monkeypatch.setattr(Roster, "status", status)
    watch(sqlite, here, watched("acme", acme, "hourly"))
    assert [one.name for one in here.told] == ["store", "store", "acme"]
    fails.append(hc.ConfigError("the store cannot be used"))
    with pytest.raises(hc.ConfigError):
        watch(sqlite, day(0.2, START + timedelta(hours=2)), watched("acme", acme, "hourly"), once=True)


def test_the_watch_says_when_each_is_due(tmp_path: Path, acme: Sandbox) -> None:
    store = f"sqlite:///{tmp_path}/due.db"
    here = day(0.5)
    watch(store, here, watched("acme", acme, "daily at 02:00 America/New_York"))
    with Roster(store, now=here) as roster:
        watching = Watch(roster, [watched("acme", acme, "daily at 02:00 America/New_York")], told=here.told.append)
        assert watching.due() == {"acme": datetime(2026, 3, 3, 7, tzinfo=UTC)}
