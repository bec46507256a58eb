"""Watching: the schedules of several connections, run in one process by what the store says of their last runs."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day

import attrs
from sqlalchemy.exc import SQLAlchemyError

from headcount.connection import Connection
from headcount.errors import HeadcountError, Held
from headcount.roster.policy import SyncPolicy, day_of, zone_of
from headcount.roster.roster import Roster
from headcount.roster.run import Progress, Run, RunState
from headcount.roster.schedule import Schedule
from headcount.roster.sync import CHANGES, FULL

MINUTE = timedelta(minutes=1)
"""The longest that nobody looks at the clock: a machine that slept is late by no more."""
GRACE = 3.0
"""Seconds in which what is under way may come to a good end when it is stopped."""


@attrs.frozen(kw_only=True)
class Watched:
    """A connection that is watched: when it is due, what of it is kept, and how it is opened."""

    name: str
    schedule: Schedule
    policy: SyncPolicy = attrs.field(factory=SyncPolicy)
    connect: Callable[[], Connection]


@attrs.frozen(kw_only=True)
class Ended:
    """How one turn of a connection ended: with a run, or with an error. Where it is of no connection, the store could
    not be used."""

    name: str
    at: datetime
    run: Run | None = None
    error: Exception | None = None


class _Stopped(BaseException):
    """Ends a sync between two pages: it stays begun, and the next one goes on with it."""


class Watch:
    """Syncs each connection when it is due: one time at a time, and `at_once` connections together.

    Due is what follows from the start of the last run in the store, whoever made it; a connection that never ran, or
    whose run broke off with its process, is due at once. Whom a webhook has named is read within two minutes, and the
    schedule stays as it is. After an error, and where another process is at it, it is
    due again at the next time of its schedule. `told` hears of each end, in the thread of `run`. `pause` waits for so
    many seconds at the most. The clock is the roster's.
    """

    def __init__(
        self,
        roster: Roster,
        watched: Sequence[Watched],
        *,
        told: Callable[[Ended], object],
        at_once: int = 4,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self._roster, self._watched, self._told, self._at_once = roster, watched, told, at_once
        self._wake = threading.Event()
        self._pause = pause or self._wake.wait
        self._ended: deque[Ended] = deque()
        self._running: dict[str, threading.Thread] = {}
        self._tried: dict[str, datetime] = {}
        self._took_in: dict[str, datetime] = {}
        self._due: dict[str, datetime] = {}
        self._days: dict[str, date] = {}
        self._turns = datetime.min.replace(tzinfo=UTC)
        self._stopping = False

    @property
    def running(self) -> list[str]:
        """The connections that are being synced from here."""
        return [name for name, thread in self._running.items() if thread.is_alive()]

    def due(self) -> dict[str, datetime]:
        """When each connection is due, as things stand."""
        return {one.name: self._when(one, self._roster.now()) for one in self._watched}

    def run(self, *, once: bool = False) -> None:
        """Watch until `KeyboardInterrupt`; with `once` until what is due now is done, each connection once."""
        while True:
            now = self._roster.now()
            try:
                self._turn_days(now)
                waiting = self._start(now, once=once)
            except (HeadcountError, SQLAlchemyError) as error:
                if once:
                    raise
                self._told(Ended(name="store", at=now, error=error))
                waiting = MINUTE
            if once and not self._running:
                return
            self._pause(max(waiting.total_seconds(), 0.0))
            self._wake.clear()
            self._collect()

    def stop(self, grace: float = GRACE) -> bool:
        """Begin nothing more, and end what is under way between two pages. Returns whether all of it has ended."""
        self._stopping = True
        until = time.monotonic() + grace
        for thread in self._running.values():
            thread.join(max(until - time.monotonic(), 0.0))
        over = not self.running
        self._collect()
        return over

    def _start(self, now: datetime, *, once: bool) -> timedelta:
        """Begin what is due, as far as there is room. Returns for how long there is nothing more to do."""
        idle = [one for one in self._watched if one.name not in self._running]
        if once:
            idle = [one for one in idle if one.name not in self._tried]
        for one in idle:
            if (before := self._due.get(one.name, now)) <= now or self._roster.waiting(one.name):
                due = self._when(one, now)
                self._due[one.name] = due if due > now else min(due, before)  # who waited longest is the first
        for one in sorted(idle, key=lambda one: self._due[one.name]):
            if self._due[one.name] <= now and len(self._running) < self._at_once:
                named = self._scheduled(one, now) > now
                (self._took_in if named else self._tried)[one.name] = now
                self._running[one.name] = threading.Thread(target=self._sync, args=(one, named), daemon=True)
                self._running[one.name].start()
        coming = [self._due[one.name] for one in idle if one.name not in self._running]
        later = (due for due in coming if due > now)  # what is due and has no room waits for an end
        return min(MINUTE, *(due - now for due in (*later, self._turns)))

    def _when(self, one: Watched, now: datetime) -> datetime:
        """When a connection is due: by its schedule, or because somebody waits to be read again."""
        due, last = self._scheduled(one, now), self._took_in.get(one.name)
        if not self._roster.waiting(one.name):
            return due
        return min(due, now if last is None else max(now, last + MINUTE))  # many messages are one read

    def _scheduled(self, one: Watched, now: datetime) -> datetime:
        """When a connection is due by its schedule and its last run."""
        last = next(iter(self._roster.runs(one.name, kinds=(FULL, CHANGES), limit=1)), None)
        tried = self._tried.get(one.name)
        if tried is None and (last is None or self._broke_off(last)):
            return now
        return one.schedule.next_after(max(filter(None, (tried, last.started_at if last else None))))

    def _broke_off(self, last: Run) -> bool:
        running = last.state is RunState.RUNNING and not self._roster.status(last.connection)[0].syncing
        return running or last.was_stopped

    def _sync(self, one: Watched, named: bool) -> None:
        sync = self._roster.take_in if named else self._roster.sync
        run: Run | None = None
        problem: Exception | None = None
        try:
            with one.connect() as connection:
                run = sync(connection, policy=one.policy, watching=self._between_pages)
        except _Stopped:
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
            problem = error
        self._ended.append(Ended(name=one.name, at=self._roster.now(), run=run, error=problem))
        self._wake.set()

    def _between_pages(self, progress: Progress) -> None:
        if self._stopping and progress.stage == "people":
            raise _Stopped

    def _collect(self) -> None:
        """Tell of what has ended, and make room."""
        while self._ended:
            ended = self._ended.popleft()
            self._running.pop(ended.name).join()
            self._due.pop(ended.name, None)
            self._turns = min(self._turns, ended.at)  # it may have a new time zone, or have seen a day turn
            if ended.run or ended.error:  # else somebody else has read who waited
                self._told(ended)

    def _turn_days(self, now: datetime) -> None:
        """Let the day come where it has turned since the last look, but for what is being synced: later, then."""
        if now < self._turns:
            return
        health = self._roster.status()
        zones = {one.connection: zone_of(one.timezone) for one in health}
        turned = {name: day for name, zone in zones.items() if self._days.get(name) != (day := day_of(now, zone))}
        busy = {one.connection for one in health if one.syncing} & turned.keys()
        if turned.keys() - busy:
            with suppress(Held):  # somebody began just now: their sync does it
                self._roster.tick(now)
            self._days |= {name: day for name, day in turned.items() if name not in busy}
        midnights = [
            datetime.combine(day_of(now, zone) + timedelta(days=1), time_of_day(), zone) for zone in zones.values()
        ]
        self._turns = now + MINUTE if busy else min(midnights, default=now + timedelta(days=1))
