"""A company's life at its vendor, and a roster that is synced through it: faults, deaths, held runs, and the oracle.

What is checked after every moment is what a reader may rely on: nobody vanishes, what was read is what the vendor
shows, and each event that must come has come once. A `Broken` says the seed, the step, the person, and the two looks.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from time import sleep
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from sqlalchemy import Connection, create_engine, func, make_url, select
from sqlalchemy.pool import NullPool

import headcount as hc
from headcount import codec
from headcount.roster import Event, Proof, Roster, Run, RunState, SyncPolicy, records
from headcount.roster.tables import metadata
from headcount.sandbox import Sandbox
from tests.connectors.vendors import DIALECTS, VENDORS
from tests.roster.life import Act, Life, Shown
from tests.roster.oracle import Due, Facts, Oracle, facts_of
from tests.roster.sim_child import OPTIONS, policy

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NAME = "sim"
PEOPLE = 25
PLACES = tuple((vendor, dialect) for vendor in VENDORS for dialect in DIALECTS)
ZONES = ("UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati")
COMMITTED = (RunState.DONE, RunState.PARTIAL, RunState.HELD)
LISTS = "/profiles(.json)?$|/employees$|/reports/custom$|/directory$|/Users"
"""The lists of people, at all three."""
MARGIN = timedelta(hours=3)
"""The clocks are no further apart."""

ONCE: tuple[str, ...] = (
    "throttle",
    "error",
    "html",
    "wrong_type",
    "invalid_json",
    "truncated",
    "reset",
    "unreached",
    "slow",
)
ONCE += ("redirect", "forbidden", "oversized", "malformed", "quota", "half_list", "empty_list")
STAYING: tuple[str, ...] = (
    "clamped",
    "short_page",
    "empty_page",
    "repeated_page",
    "moving",
    "wrong_total",
    "half_list",
    "empty_list",
)
STAYING += ("error", "html", "throttle", "invalid_json", "malformed", "unreached")
LASTING = ("lost_permission", "lost_department", "unauthorized")
LYING = frozenset({*STAYING, *ONCE, *LASTING}) - {"error", "html", "throttle", "invalid_json", "unreached", "slow"}
LYING -= {"truncated", "reset", "wrong_type", "redirect", "quota", "unauthorized"}
"""Faults with which a read that ends well may have left somebody out, or something of them."""
UNPROVABLE = frozenset({"half_list", "empty_list", "malformed", "lost_department", "lost_permission", "forbidden"})
"""Faults that a list cannot be seen to have, as its own number agrees."""
PAGED = frozenset({"short_page", "empty_page", "repeated_page", "moving"})


class Broken(AssertionError):
    """What must not be, with all that is needed to look at it."""


@attrs.frozen(kw_only=True)
class Seen:
    """The roster at one moment: people by id as the vendor shows them, their facts, and who is deleted."""

    shown: Mapping[str, Shown]
    facts: Mapping[str, Facts]
    docs: Mapping[str, Mapping[str, Any]]
    deleted: frozenset[str]


EMPTY = Seen(shown={}, facts={}, docs={}, deleted=frozenset())


class Forks:
    """The fork server, started when it is first needed."""

    def __init__(self, module: str = "tests.roster.sim_child") -> None:
        self._module = module
        self._process: subprocess.Popen[str] | None = None

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        if self._process is None:
            pipe: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            self._process = subprocess.Popen([sys.executable, "-m", self._module], **pipe)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()


def shown_of(employee: hc.Employee, groups: Mapping[str, hc.Group]) -> Shown:
    """A record of the roster, as `Life.truth` has it."""
    own = [groups[id] for id in employee.group_ids or () if id in groups]
    names = {kind: [group.name for group in own if group.type.value is kind] for kind in hc.GroupType}
    custom = {key: field.value for key, field in employee.custom_fields.items()}
    return Shown(
        status=employee.status.value,
        given_name=employee.given_name,
        family_name=employee.family_name,
        work_email=employee.work_email,
        start_date=employee.start_date,
        termination_date=employee.termination_date,
        job_title=employee.job_title,
        manager_id=employee.manager_id,
        department=next(iter(names[hc.GroupType.DEPARTMENT]), None),
        location=next(iter(names[hc.GroupType.LOCATION]), None),
        teams=frozenset(names[hc.GroupType.TEAM]),
        custom=plain(custom),
    )


def plain(custom: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields without what is empty, BambooHR's way to write no date among that: a roster keeps no blanks."""
    return {key: value for key, value in custom.items() if value not in (None, "", "0000-00-00")}


FIELDS = tuple(field.name for field in attrs.fields(Shown))
ABOUT: Mapping[str, tuple[str, ...]] = {"group_ids": ("department", "location", "teams")}


class Simulation:
    """Two years, or so many days, of one seed."""

    def __init__(self, seed: int, store: str, *, days: int = 730, forks: Forks | None = None) -> None:
        self.seed, self.store, self.days = seed, store, days
        self.dice = random.Random(seed * 7919 + 1)
        vendor, dialect = PLACES[seed % 6]
        self.box: Sandbox = vendor.start(people=PEOPLE, seed=seed + 1, dialect=dialect, now=START)
        self.life = Life(self.box, random.Random(seed))
        self.zone = ZoneInfo(ZONES[self.dice.randrange(4)])
        self.skew = timedelta(minutes=self.dice.randint(-120, 120))
        self.forks = forks or Forks()
        self.roster = Roster(store, now=self.now)
        self.oracle = Oracle()
        self.steps = 0
        self.kept = EMPTY
        self.groups: dict[str, hc.Group] = {}
        self.window: list[dict[str, Shown]] = []  # what the vendor showed at each attempt since the last commit
        self.fresh: dict[str, datetime] = {}  # when each was last kept as the vendor showed them
        self.lied_at = START  # when a read that may have left something out was last believed
        self.absent: dict[str, int] = {}  # in how many full lists in a row somebody was not, for sure
        self.missed: dict[str, int] = {}  # and in how many they may not have been
        self.playing: set[str] = set()
        self.lasting: set[str] = set()
        self.faults_of: dict[str, set[str]] = {}  # by run
        self.rejected: set[tuple[str, str]] = set()
        self.last_seq: str | None = None
        self.known_runs: set[str] = set()
        self.snapshots: list[tuple[datetime, dict[str, tuple[Any, ...]]]] = []
        self.story: list[str] = []
        self.fed: list[str] = []
        self.quiet = 0
        self.down = 0
        self.counted: dict[str, int] = {}

    # -- the clocks ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The roster's clock, which is not the vendor's."""
        return self.box.clock.now() + self.skew

    @property
    def today(self) -> date:
        return self.day_of(self.now())

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    # -- the story ----------------------------------------------------------------------------------

    def note(self, what: str) -> None:
        kind = what.partition(":")[0]
        self.counted[kind] = self.counted.get(kind, 0) + 1
        self.story.append(f"step {self.steps} {self.box.clock.now():%Y-%m-%d %H:%M} (company {self.today}): {what}")

    def broken(self, what: str, *ids: str) -> Broken:
        acts = [self._told(act) for act in self.life.log if act.id in ids or (ids and not act.id)]
        stands = [f"{id}: {self.oracle.people.get(id)}" for id in ids]
        told = [
            f"{self.box.name} {self.box.dialect}, {self.zone}, clock {self.skew / timedelta(hours=1):+.2f} h",
            f"repeat: HEADCOUNT_SEEDS={self.seed} HEADCOUNT_DAYS={self.days} pytest tests/roster/test_simulation.py",
            *("-- stands:", *stands, "-- events so far:", *map(_event_told, self._events_of(ids))),
            *("-- acts:", *acts[-12:], "-- story:", *self.story[-14:]),
        ]
        return Broken(
            "\n".join([f"seed {self.seed}, step {self.steps}, {self.store.partition(':')[0]}: {what}", *told])
        )

    def _events_of(self, ids: Iterable[str]) -> Iterator[Event]:
        for id in ids:
            yield from list(self.roster.events(employee=id))[-12:]

    @staticmethod
    def _told(act: Act) -> str:
        return f"{act.at:%Y-%m-%d %H:%M} {act.kind} {act.id} on {act.on} {dict(act.details)}"

    # -- a life -------------------------------------------------------------------------------------

    def run(self) -> None:
        with self.box, self.roster, self.box.connect(name=NAME, options=OPTIONS) as self.connection:
            try:
                self.begin()
                while self.box.clock.now() < START + timedelta(days=self.days):
                    self.step()
                self.finish()
            except (Broken, KeyboardInterrupt):
                raise
            except BaseException as error:
                raise self.broken(f"{type(error).__name__}: {error}") from error

    def begin(self) -> None:
        """The baseline: read to its end at last, whatever dies or fails before that."""
        while not self.kept.shown:
            if self.dice.random() < 0.4:
                self.play(self.dice.choice(("error", "truncated", "reset", "unreached", "throttle")), staying=False)
            self.sync(killing=self.dice.random() < 0.4)
            self.calm()

    def step(self) -> None:
        self.steps += 1
        self.life.step()
        if self.down:
            self.down -= 1
            if not self.down:
                self.note("the vendor is up again")
                self.calm()
        if self.lasting and self.dice.random() < 0.3:
            self.calm()
        if self.quiet:
            self.quiet -= 1
            return
        chance = self.dice.random()
        if chance < 0.05:
            self.quiet = self.dice.randint(5, 15)
            return
        if chance < 0.08 and not self.down:
            self.note("the vendor is down")
            self.box.play(self.dice.choice(("error", "unreached")), times=None)
            self.playing.add("error")
            self.down = self.dice.randint(1, 4)
        if chance < (0.25 if self.is_costly else 0.45):
            for _ in range(self.dice.choice((1, 1, 1, 1, 2, 3))):
                self.attempt()
                if self.dice.random() < 0.7:
                    self.box.clock.advance(minutes=self.dice.randint(5, 40))
        if self.dice.random() < 0.08:
            self.tick()
        if self.dice.random() < 0.6:
            self.decide()
        if self.dice.random() < 0.15:
            self.consume()

    def attempt(self) -> None:
        """A sync, perhaps with a fault, perhaps with a death, perhaps of many small pages."""
        if not self.down and self.dice.random() < 0.3:
            self.box.play("clamped", on=LISTS, size=self.dice.choice((3, 7, 12)), times=None)
            self.playing.add("clamped")
        if not self.down and self.dice.random() < 0.3:
            kinds = self.dice.choice((ONCE, ONCE, STAYING, LASTING))
            kind = self.dice.choice(kinds)
            self.play(kind, staying=kinds is not ONCE)
        self.sync(full=self.dice.random() < 0.2, killing=self.dice.random() < 0.12)
        if not self.down and not self.lasting:
            self.calm()

    def play(self, kind: str, *, staying: bool) -> None:
        on = LISTS if kind in LYING or self.dice.random() < 0.6 else ""
        how: dict[str, Any] = {"on": on, "after": 0 if staying else self.dice.choice((0, 0, 1, 2, 5))}
        if kind == "slow":
            how["seconds"] = 0.02
        if kind == "oversized":
            how["size"] = 2 << 20
        if staying:
            how["times"] = None
        if kind in PAGED or kind == "clamped":
            self.box.play("clamped", on=LISTS, size=7, times=None)
        if kind != "clamped":
            self.box.play(kind, **how)
        self.playing.add(kind)
        if kind in LASTING:
            self.lasting.add(kind)
        self.note(f"fault {kind}: {how}")

    @property
    def is_costly(self) -> bool:
        """Whether everybody is read one by one."""
        return (self.box.name, self.box.dialect) == ("bamboohr", "guide")

    def calm(self) -> None:
        if self.down:
            return
        if self.playing:
            self.note("calm")
        self.box.calm()
        self.playing.clear()
        self.lasting.clear()

    # -- what the vendor shows ----------------------------------------------------------------------

    def view(self) -> dict[str, Shown]:
        """What is shown to the credential now: faults that last included."""
        found = {id: attrs.evolve(shown, custom=plain(shown.custom)) for id, shown in self.life.truth().items()}
        if self.box.restricting and self.box.name == "insightly":
            found = {id: attrs.evolve(shown, work_email=None) for id, shown in found.items()}
        return found

    def truth(self) -> dict[str, Shown]:
        """What a person finds who looks at the vendor's own pages."""
        kept = self.box.lost_department, self.box.restricting
        self.box.lost_department, self.box.restricting = "", False
        try:
            return self.view()
        finally:
            self.box.lost_department, self.box.restricting = kept

    def updated(self) -> dict[str, datetime]:
        office = self.life._office
        return {office.id_of(person): person.updated for person in self.box.people}

    # -- syncing ------------------------------------------------------------------------------------

    def policy(self) -> tuple[float, SyncPolicy]:
        every = timedelta(days=self.dice.choice((1, 3, 7, 7, 14, 30))).total_seconds()
        return every, policy(every, self.zone.key)

    def sync(self, *, full: bool = False, killing: bool = False) -> Run | None:
        """One attempt, and all that must hold after it."""
        before = self.view()
        every, terms = self.policy()
        run: Run | None = None
        try:
            if killing:
                run = self.killed(full=full, every=every)
            else:
                run = self.roster.sync(self.connection, policy=terms, full=full)
                self.known_runs.add(run.id)
                self.note(f"sync: {said(run)}")
        except hc.HeadcountError as error:
            if isinstance(error, hc.Held):
                raise self.broken(f"nobody else syncs, and yet: {error}") from error
            self.note(f"failed: {type(error).__name__}: {error}")
            self.failed(before)
            return None
        if run is not None:
            self.committed(run, before, certain=not killing)
        return run

    def failed(self, before: dict[str, Shown]) -> None:
        self.window.append(before)
        self.window.append(self.view())
        self._know_runs()
        self.unchanged(must_tick=bool(self.kept.shown))

    def killed(self, *, full: bool, every: float) -> Run | None:
        """A sync in a process of its own that may die in it; the run, where one was committed all the same."""
        before = self.view()
        told = self.forks.ask(
            {
                "vendor": self.box.name,
                "settings": self.box.settings,
                "name": NAME,
                "store": self.store,
                "ahead": (self.box.clock._offset + self.skew).total_seconds(),
                "full_every": every,
                "timezone": self.zone.key,
                "full": full,
                "kill_at": self.dice.randint(1, 50 if self.box.name != "bamboohr" else 90),
            }
        )
        self.note(f"child: {told}")
        if told.get("error") == "crash" or (told.get("error") == "Held"):
            raise self.broken(f"the process said {told}")
        found = [run for run in self.roster.runs(limit=5) if run.id not in self.known_runs]
        self._know_runs()
        for run in found:
            if run.state in COMMITTED:
                self.note(f"committed by the child: {said(run)}")
                return run
        self.window += [before, self.view()]
        self.unchanged(must_tick="error" in told and bool(self.kept.shown))
        return None

    def _know_runs(self) -> None:
        """Which runs were committed: one that failed may be gone on with, and be committed yet."""
        self.known_runs |= {run.id for run in self.roster.runs(limit=10) if run.state in COMMITTED}

    # -- what must hold -----------------------------------------------------------------------------

    def look(self) -> Seen:
        """The roster as it is."""
        if NAME not in self.roster.connections():
            return EMPTY
        self.groups = {group.id: group for group in self.roster.groups(NAME)}
        people = {one.id: one for one in self.roster.employees(NAME)}
        gone = {one.id: one for one in self.roster.employees(NAME, deleted=True)}
        everyone = people | gone
        return Seen(
            shown={id: shown_of(one, self.groups) for id, one in people.items()},
            facts={id: facts_of(one, self.groups) for id, one in everyone.items()},
            docs={id: flat(one) for id, one in everyone.items()},
            deleted=frozenset(gone),
        )

    def news(self) -> list[Event]:
        """The events since the last time; on PostgreSQL they show once it has noticed whoever was killed."""
        if self.store.startswith("postgresql"):
            self._settle()
        found = list(self.roster.events(self.last_seq))
        if found:
            self.last_seq = found[-1].seq
        return found

    def _settle(self) -> None:
        table = metadata.tables["roster_events"]
        with self._database() as db:
            last = db.execute(select(func.max(table.c.seq))).scalar_one()
        for _ in range(600):
            shown = [event.seq for event in self.roster.events(self.last_seq)] or [self.last_seq or "0.0"]
            if max(int(seq.partition(".")[2]) for seq in shown) >= (last or 0):
                return
            sleep(0.1)
        raise self.broken(f"event {last} does not come to be seen")

    @contextmanager
    def _database(self) -> Iterator[Connection]:
        url = make_url(self.store)
        url = url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as db:
            yield db
        engine.dispose()

    def unchanged(self, *, must_tick: bool) -> None:
        """Nothing was committed: all is as it was but for the day."""
        now = self.look()
        for id in sorted({*now.docs, *self.kept.docs}):
            if now.docs.get(id) != self.kept.docs.get(id):
                pair = differing(self.kept.docs.get(id, {}), now.docs.get(id, {}))
                raise self.broken(f"nothing was committed, and {id} is another: {pair}", id)
        if now.deleted != self.kept.deleted:
            raise self.broken("nothing was committed, and others are deleted", *(now.deleted ^ self.kept.deleted))
        if self.kept.shown:
            self.told(self.kept, looked=False, must_tick=must_tick)
        elif found := self.news():
            raise self.broken(f"nobody is kept, and yet there are events: {found[:3]}")

    def committed(self, run: Run, before: dict[str, Shown], *, certain: bool) -> None:
        """A run was committed: what it read is what was shown, and nobody vanished."""
        was, now, view = self.kept, self.look(), self.view()
        self.faults_of[run.id] = set(self.playing)
        window = [*self.window, before, view]
        self.window = []
        proved = run.kind == "full" and run.proof is not Proof.NONE
        clean = not self.playing & (UNPROVABLE | ({"empty_page"} if run.proof is Proof.WALKED else set()))
        holding = self.holding()
        self._compare(run, was, now, window, view, strict=proved and clean, holding=holding)
        self._vanished(run, was, now, window, view, proved=proved, clean=clean, holding=holding)
        if not was.shown:
            if not (proved and clean):
                raise self.broken(f"the first run is no baseline: {said(run)}")
            if found := self.news():
                raise self.broken(f"the baseline made events: {found[:3]}")
            self.oracle.baseline(now.facts, self.today)
        else:
            looked = self.roster.employees().freshness.synced_at == run.ended_at  # to the end of what there is
            self.told(now, looked=looked, must_tick=certain)
        if min(run.counts.values(), default=0) < 0:
            raise self.broken(f"a count is below zero: {said(run)}")
        self.kept = now
        if self.playing & LYING and not (proved and clean):
            self.lied_at = self.box.clock.now()
        self._freshen(now, view)

    def _freshen(self, now: Seen, view: Mapping[str, Shown]) -> None:
        moment, same = self.box.clock.now(), set[str]()
        for id, shown in now.shown.items():
            if view.get(id) == shown:
                self.fresh[id] = moment
                same.add(id)
        rows = {id: aspects(now.shown[id]) for id in same}
        self.snapshots.append((moment, rows))

    def holding(self) -> dict[tuple[str, str], str]:
        """What is held now: (id, field or departure) -> run."""
        table = metadata.tables["roster_held"]
        with self._database() as db:
            rows = db.execute(select(table).where(table.c.state == "open")).all()
        open_ones = {(row.id, row.what): row.run for row in rows}
        waiting = {run.id for run in self.roster.status(NAME)[0].held}
        if lost := set(open_ones.values()) - waiting:
            raise self.broken(
                f"what the runs {lost} hold cannot be decided: they are not held", *{id for id, _ in open_ones}
            )
        return open_ones

    def _compare(
        self,
        run: Run,
        was: Seen,
        now: Seen,
        window: list[dict[str, Shown]],
        view: Mapping[str, Shown],
        *,
        strict: bool,
        holding: Mapping[tuple[str, str], str],
    ) -> None:
        updated = self.updated()
        unread = self.lied_at if not (self.playing & LYING) else datetime.max.replace(tzinfo=UTC)
        quarantined = {aside.id for aside in self.roster.quarantine(NAME)}
        names = {name for one in view.values() for name in (one.department, one.location, *one.teams)}
        for id, shown in sorted(now.shown.items()):
            told = [one[id] for one in window if id in one]
            old = was.shown.get(id)
            if old is None and not told and id not in was.deleted:
                raise self.broken(f"{said(run)}: {id} was never there", id)
            since = self.fresh.get(id)
            told_of = run.kind == "changes" or run.proof is not Proof.NONE  # else the next one has to bring them
            touched = told_of and since is not None and updated.get(id, START) > max(since, unread)
            must = id in view and id not in quarantined and (strict or touched)
            held = {what for one, what in holding if one == id} | {what for one, what in self.rejected if one == id}
            loose = self._is_loose(run, was, now, id, names, there=id in view, seen=bool(told))
            for field in FIELDS:
                if loose and field in ABOUT["group_ids"]:
                    continue
                value, allowed = getattr(shown, field), [getattr(one, field) for one in told]
                is_held = any(field in about(what) for what in held)
                if old is not None and (not must or is_held):
                    allowed.append(getattr(old, field))
                if field == "custom" and is_held:
                    continue
                if old is None and "forbidden" in self.playing:  # read by another list, which has fewer fields
                    allowed.append({} if field == "custom" else None)
                if value not in allowed and (allowed or must):
                    why = "was read" if strict else "changed at the vendor" if touched else "may be old"
                    raise self.broken(
                        f"{said(run)}: {field} of {id}, who {why}, is {value!r}, and not {allowed!r}; "
                        f"kept before: {old and getattr(old, field)!r}; held of them: {held}; updated "
                        f"{updated.get(id)}, last right {since}",
                        id,
                    )

    def _is_loose(
        self, run: Run, was: Seen, now: Seen, id: str, names: set[str | None], *, there: bool, seen: bool
    ) -> bool:
        """Whether the groups of somebody may have other names than the vendor shows; their ids are as they were."""
        shown, changes = now.shown[id], run.kind == "changes"
        unknown = now.facts[id].nameless or not {shown.department, shown.location, *shown.teams} <= names
        ids = was.docs.get(id, {}).get("group_ids"), now.docs[id].get("group_ids")
        if there:  # a read of what changed hears of no other name of a group; one that broke off, of no other place
            unread = not changes and run.proof is Proof.NONE and ids[0] == ids[1]
            return unread or (changes and unknown and not now.facts[id].nameless)
        if ids[0] != ids[1] and seen:  # their team was read while they were still shown: it is held against what was
            return False
        if ids[0] != ids[1]:
            raise self.broken(f"{said(run)}: {id} was not read, and their groups are others: {ids}", id)
        if now.facts[id].nameless:
            raise self.broken(f"{said(run)}: the roster does not list all groups of {id}, who is kept: {ids[1]}", id)
        return True

    def _vanished(
        self,
        run: Run,
        was: Seen,
        now: Seen,
        window: list[dict[str, Shown]],
        view: Mapping[str, Shown],
        *,
        proved: bool,
        clean: bool,
        holding: Mapping[tuple[str, str], str],
    ) -> None:
        quarantined = {aside.id for aside in self.roster.quarantine(NAME)}
        for id in sorted({*was.shown, *view} - now.shown.keys()):
            there = id in view
            told_gone = self.box.name == "bamboohr" and int(id) in getattr(self.box, "deleted", {})
            if id in was.shown and id not in now.deleted:
                raise self.broken(f"{said(run)}: {id} vanished without being deleted", id)
            if id in was.shown and (there or not ((self.missed.get(id, 0) >= 1 and proved) or told_gone)):
                raise self.broken(
                    f"{said(run)}: {id} is deleted, who is {'there' if there else 'not'} at the vendor, and was not "
                    f"in {self.missed.get(id, 0)} full lists before",
                    id,
                )
            if there and proved and clean and id not in quarantined:
                raise self.broken(f"{said(run)}: {id} is there at the vendor, and not in the roster", id)
        if not proved:
            return
        self.rejected -= {(id, "departure") for id in now.shown if id in view and clean}
        for id in {*was.shown, *now.shown}:
            self.absent[id] = 0 if id in view else self.absent.get(id, 0) + (id not in set[str]().union(*window))
            self.missed[id] = 0 if id in view and clean else self.missed.get(id, 0) + 1
            free = (id, "departure") not in {*holding, *self.rejected} and run.state is RunState.DONE
            if self.absent[id] >= 3 and id in now.shown and clean and free:
                raise self.broken(f"{said(run)}: {id} was in none of {self.absent[id]} full lists, and is kept", id)

    def told(self, now: Seen, *, looked: bool, must_tick: bool) -> None:
        """The events since the last moment are those that must be."""
        found, today = self.news(), self.today
        vague = {id for id, facts in now.facts.items() if self.oracle.is_vague(id, facts)}
        told = {event.employee_id for event in found}
        lows = {id: self.day_of(min(self.fresh.get(id, START), self.now()) - MARGIN) for id in now.facts}
        high = self.day_of(max(self.now(), self.box.clock.now()))
        stood = {id: self.oracle.people.get(id) for id in {*now.facts}}
        looked_on = self.oracle.looked_on
        due = self.oracle.moment(
            now.facts, now.deleted, today, looked=looked, told_of=lambda one: must_tick or one in told
        )
        due = [one for one in due if one.id not in vague]
        left = [event for event in found if event.employee_id not in vague]
        for one in due:
            match = next((event for event in left if answers(event, one, lows.get(one.id, date.min), high)), None)
            if match is None:
                if one.optional:
                    continue
                got = [f"{event.kind} on {event.on}" for event in found if event.employee_id == one.id]
                raise self.broken(
                    f"{one} ({lows.get(one.id)} to {high}) was not told at {today} (look before: {looked_on}); told of "
                    f"them: {got}; they stood {stood[one.id]} and are kept as {now.facts.get(one.id)}",
                    one.id,
                )
            left.remove(match)
        for event in left:
            id = event.employee_id
            expected = [str(one) for one in due if one.id == id]
            raise self.broken(
                f"{event.kind} of {id} on {event.on} was told at {today} (look before: {looked_on}), and need not be; "
                f"expected of them: {expected}; they stood {stood.get(id)} and are kept as {now.facts.get(id)}",
                id,
            )

    # -- what else happens to a roster --------------------------------------------------------------

    def tick(self) -> None:
        count, before = self.roster.tick(), self.last_seq
        self.note(f"tick: {count}")
        self.unchanged(must_tick=True)
        if (made := len(list(self.roster.events(before)))) != count:
            raise self.broken(f"tick says {count} events, and there are {made}")

    def decide(self, *, surely: bool = False) -> None:
        """A person looks at what is held, and decides right; what is right in part is left for later."""
        for run in self.roster.status(NAME)[0].held:
            rows = self.roster.held(run)
            if not rows or (not surely and self.dice.random() < 0.3):
                continue
            truth = self.truth()
            right = [self.agrees(run, row, truth) for row in rows]
            shortly = [(id, what) for id, what, _, _ in rows][:6]
            if all(right):
                self.note(f"release: {len(rows)} of {run.id[:8]}: {shortly}")
                self.roster.release(run)
                self.released(rows)
            elif not any(right):
                self.note(f"reject: {len(rows)} of {run.id[:8]}: {shortly}")
                self.roster.reject(run)
                self.rejected |= {(id, what) for id, what, _, _ in rows}
                self.unchanged(must_tick=False)

    def agrees(self, run: Run, row: tuple[str, str, Any, Any], truth: Mapping[str, Shown]) -> bool:
        id, what, _, told = row
        if what == "departure":
            return id not in truth
        real = truth.get(id)
        if real is None:
            return False
        if what == "group_ids":
            employee = attrs.evolve(self.roster.employee(id, NAME), group_ids=tuple(told or ()))
            shown = shown_of(employee, self.groups)
            return all(getattr(shown, field) == getattr(real, field) for field in ABOUT["group_ids"])
        if what.startswith("custom_fields."):
            return bool(real.custom.get(what.partition(".")[2]) == told)
        if what in FIELDS:
            value = told["value"] if isinstance(told, dict) else told
            return bool(codec.plain(getattr(real, what)) == value)
        return not self.faults_of.get(run.id, set()) & LYING

    def released(self, rows: list[tuple[str, str, Any, Any]]) -> None:
        """What was held is kept now, and what it means is told."""
        was, now = self.kept, self.look()
        about_ids = {id for id, *_ in rows}
        for id in sorted({*was.docs, *now.docs}):
            if id not in about_ids and was.docs.get(id) != now.docs.get(id):
                raise self.broken(f"a release was not about {id}, who is another", id)
        for id, what, _, told in rows:
            if what == "departure" and id not in now.deleted:
                raise self.broken(f"the departure of {id} was released, and they are there", id)
            if what != "departure" and id in now.shown and now.docs[id].get(what) != told:
                raise self.broken(f"{what} of {id} was released as {told!r}, and is {now.docs[id].get(what)!r}", id)
        self.told(now, looked=False, must_tick=False)
        self.kept = now
        self._freshen(now, self.view())

    def consume(self, *, all: bool = False) -> None:
        """A consumer reads on, and may die between what it was given and its acknowledgement."""
        feed = self.roster.feed("sim", connection=NAME)
        stop = 10**9 if all else self.dice.randint(0, 30)
        given: list[Event] = []
        for event in feed:
            given.append(event)
            if len(given) >= stop:
                break
        self.fed += [event.seq for event in given]
        how = 1.0 if all else self.dice.random()
        if how > 0.6:
            feed.ack()
        elif how > 0.3 and given:
            feed.ack(self.dice.choice(given))

    # -- the end ------------------------------------------------------------------------------------

    def finish(self) -> None:
        self.down = 0
        self.calm()
        self.note("the end")
        for _ in range(6):
            self.sync(full=True)
            self.decide(surely=True)
        self.ended()
        self.replayed()
        self.remembered()
        self.consume(all=True)
        order = [event.seq for event in self.roster.events(connection=NAME)]
        if list(dict.fromkeys(self.fed)) != order:
            raise self.broken(f"the feed gave {len(set(self.fed))} of {len(order)} events, or in another order")
        self.tidy()

    def ended(self) -> None:
        """The roster is what the vendor shows, field by field."""
        truth = self.truth()
        denied = {id for id, what in self.rejected if what == "departure"}  # and deleted before they were seen again
        missing, surplus = truth.keys() - self.kept.shown.keys(), self.kept.shown.keys() - truth.keys() - denied
        if missing or surplus:
            raise self.broken(
                f"at the end {sorted(missing)} are missing, {sorted(surplus)} too many", *missing, *surplus
            )
        for id, shown in truth.items():
            pairs = {
                field: (getattr(self.kept.shown[id], field), getattr(shown, field))
                for field in FIELDS
                if getattr(self.kept.shown[id], field) != getattr(shown, field)
            }
            if pairs:
                raise self.broken(f"at the end {id} is not as the vendor shows them (kept, shown): {pairs}", id)
        members = {(group.id, id) for group in self.roster.groups(NAME) for id in group.member_ids or ()}
        groups = {(group, one.id) for one in self.roster.employees(NAME) for group in one.group_ids or ()}
        if members != groups and not (self.box.name == "insightly" and self.box.guide):
            raise self.broken(f"groups and people tell another membership: {sorted(members ^ groups)[:5]}")

    def replayed(self) -> None:
        """The changes, from the first one, make the roster that there is."""
        docs: dict[str, dict[str, Any]] = {}
        gone: set[str] = set()
        for change in self.roster.changes(connection=NAME):
            if change.subject != "employee":
                continue
            doc = docs.setdefault(change.id, {})
            for field, (before, after) in change.fields.items():
                if change.kind != "added" and doc.get(field) != before:
                    raise self.broken(f"{change.id}: {field} was {doc.get(field)!r}, and a change says {before!r}")
                doc[field] = after
            if change.kind == "deleted":
                gone.add(change.id)
            elif change.kind == "undeleted":
                gone.discard(change.id)
        made = {id: {k: v for k, v in doc.items() if v is not None and k != "updated_at"} for id, doc in docs.items()}
        for id in sorted({*made, *self.kept.docs}):
            if made.get(id) != self.kept.docs.get(id):
                raise self.broken(
                    f"replayed {id} differs: {differing(made.get(id, {}), self.kept.docs.get(id, {}))}", id
                )
        if gone != self.kept.deleted:
            raise self.broken(f"replayed, others are deleted: {gone ^ self.kept.deleted}")

    def remembered(self) -> None:
        """Past days are as they were at the looks around them, where these two agree."""
        for _ in range(6):
            day = (START + timedelta(days=self.dice.randint(2, max(3, self.days - 2)))).date()
            end = datetime.combine(day + timedelta(days=1), time(), self.zone)
            before = [rows for at, rows in self.snapshots if at < end - MARGIN]
            after = [rows for at, rows in self.snapshots if at > end + MARGIN]
            if not before or not after or len(before) + len(after) < len(self.snapshots):
                continue
            found = {one.id: one for one in self.roster.as_of(day, NAME)}
            for id in sorted(before[-1].keys() & after[0].keys()):
                if before[-1][id] != after[0][id]:
                    continue
                got = found.get(id) and aspects(shown_of(found[id], self.groups))
                if got != before[-1][id]:
                    raise self.broken(f"as of {day} {id} was {got}, and looks around it saw {before[-1][id]}", id)

    def tidy(self) -> None:
        """Nothing half-done is left."""
        if left := [run for run in self.roster.runs(limit=10_000) if run.state is RunState.RUNNING]:
            raise self.broken(f"runs are left running: {[said(run) for run in left]}")
        with self._database() as db:
            count = db.execute(select(func.count()).select_from(metadata.tables["roster_staged"])).scalar_one()
        if count:
            raise self.broken(f"{count} rows are left staged")


def _event_told(event: Event) -> str:
    return f"{event.recorded_at:%Y-%m-%d %H:%M} {event.kind} on {event.on}"


def about(what: str) -> tuple[str, ...]:
    """The fields of `Shown` that a held field is about."""
    return ABOUT.get(what, ("custom",) if what.startswith("custom_fields.") else (what,))


def answers(event: Event, due: Due, low: date, high: date) -> bool:
    on = due.on == event.on if due.on is not None else low <= event.on <= high
    return event.employee_id == due.id and event.kind.value in due.kinds and on


def aspects(shown: Shown) -> tuple[Any, ...]:
    return shown.status, shown.start_date, shown.termination_date, shown.job_title


def flat(employee: hc.Employee) -> dict[str, Any]:
    doc = records.flat(records.kept(employee)[0])
    return {field: value for field, value in doc.items() if field != "updated_at"}


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: (one.get(key), other.get(key)) for key in {*one, *other} if one.get(key) != other.get(key)}


def said(run: Run) -> str:
    alarms = "; ".join(map(str, run.alarms))
    return (
        f"{run.kind} {run.id[:8]} {run.state} {run.proof} ({run.why}) {dict(run.counts)} {alarms} {run.problem or ''}"
    )
