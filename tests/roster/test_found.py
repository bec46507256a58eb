"""What a hostile reading of the roster found: each promise that did not hold then, held by one test."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event, select, text

import headcount as hc
from headcount import store as store_module
from headcount.roster import Limits, Progress, Retention, Roster, SyncPolicy, erasing, gathering, records
from headcount.roster.holding import Holding
from headcount.roster.judging import _told_gone
from headcount.sandbox import StatusRow
from headcount_insightly import reading as insightly_reading
from headcount_namely import reading as namely_reading
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.vendors import Vendor
from tests.roster.stage import BAMBOOHR, INSIGHTLY, NAMELY, NOON, OPTIONS, Stage, staged

RARELY = timedelta(days=30)


class Stopped(BaseException):
    """Ends a sync as a kill would."""


def sql(stage: Stage, query: str, **values: Any) -> list[tuple[Any, ...]]:
    """What the store itself has."""
    with stage.roster._engine.connect() as db:
        return [tuple(row) for row in db.execute(text(query), values)]


def in_file(store: str, what: str) -> int:
    """How often a text stands in the bytes of the store."""
    file = Path(store.removeprefix("sqlite:///"))
    return sum(one.read_bytes().count(what.encode()) for one in file.parent.glob(f"{file.name}*"))


def break_off(stage: Stage, page: int) -> None:
    """Begin a sync that ends at this page, with those before it set down."""
    seen = 0

    def watch(progress: Progress) -> None:
        nonlocal seen
        seen += progress.stage == "people"
        if seen == page:
            raise Stopped

    with pytest.raises(Stopped):
        stage.roster.sync(stage.connection, policy=stage.policy, watching=watch)


def small_pages(patch: pytest.MonkeyPatch) -> None:
    """Ten people a page, each page made durable."""
    patch.setattr(gathering, "TOGETHER", 10)
    for params, name in ((insightly_reading.ALL, "top"), (namely_reading.FIFTY, "per_page")):
        written: Any = params
        patch.setitem(written, name, 10)


def touched(stage: Stage, *people: Any, **values: Any) -> None:
    for person in people:
        for name, value in values.items():
            setattr(person, name, value)
        stage.box.touch(person)


def groups_of(stage: Stage, id: str) -> set[str]:
    return set(stage.roster.employee(id).group_ids or ())


def teams(stage: Stage) -> list[Any]:
    box: Any = stage.box
    return [team for team in box.teams if team.name]


def joins(stage: Stage, team: Any, *people: Any) -> None:
    box: Any = stage.box
    for person in people:
        team.members[next(box._permission_ids)] = person.id
    box._settle(team)


@contextmanager
def rows_changed(patch: pytest.MonkeyPatch, change: Callable[[list[dict[str, Any]]], None]) -> Iterator[None]:
    """Namely's groups are told otherwise."""
    told = NamelySandbox.group_rows

    def otherwise(self: NamelySandbox) -> list[dict[str, Any]]:
        rows = [dict(row) for row in told(self)]
        change(rows)
        return rows

    with patch.context() as patched:
        patched.setattr(NamelySandbox, "group_rows", otherwise)
        yield


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


# -- what is believed -----------------------------------------------------------------------------------


def test_a_held_status_throws_nobody_out_of_scope(sqlite: str) -> None:
    with staged(sqlite, NAMELY, who="active") as stage:
        stage.sync()
        before = stage.ids()
        touched(stage, *stage.box.people[1:], active=False)
        assert stage.sync(hours=25).state == "held"
        assert stage.ids() == before
        assert stage.events() == []


def test_whose_held_leaving_is_released_leaves_the_scope_too(sqlite: str) -> None:
    with staged(sqlite, NAMELY, who="not_inactive", full_every=RARELY) as stage:
        stage.sync()
        stage.box.clock.advance(hours=1)
        touched(stage, *stage.box.people[1:], active=False)
        stage.roster.release(stage.sync(hours=1))
        inactive = {hc.EmployeeStatus.INACTIVE, hc.EmployeeStatus.TERMINATED}
        assert not [one for one in stage.roster.employees() if one.status.value in inactive]
        assert ("left_scope", stage.id_of(stage.box.people[2])) in stage.events()


@pytest.mark.parametrize("how", ["inactive", "hidden"])
def test_who_left_long_ago_makes_no_limit_wider(how: str, sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=150) as stage:
        for at, person in enumerate(stage.box.people):
            person.active, person.pending = at < 20, False
            person.left, person.hired = (None, date(2020, 1, 1)) if at < 20 else (date(2024, 1, 1), date(2020, 1, 1))
        stage.sync()
        here = stage.ids(state="employed")
        assert len(here) >= 19
        if how == "inactive":
            touched(stage, *stage.box.people[1:16], active=False)
        else:
            del stage.box.people[14:20]  # fewer than 5 % of all who were ever kept
        for _ in range(2):
            assert stage.sync(hours=25).state == "held"
        assert stage.ids(state="employed") == here


def test_of_a_termination_that_is_held_no_half_is_believed(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        before = stage.ids(state="left")
        some = [stage.plain(at) for at in range(13)]
        touched(stage, *some, active=False)
        touched(stage, *some[:8], left=date(2027, 3, 1))
        assert stage.sync(hours=25).state == "held"
        assert stage.events() == []
        assert stage.ids(state="left") == before


def test_an_unknown_status_leaves_nobody_out_of_scope(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told, odd = NamelySandbox.rows, []

    def rows(self: NamelySandbox, people: Any) -> Any:
        people = list(people)
        found = told(self, people)
        for person, row in zip(people, found, strict=True):
            row["user_status"] = "on_sabbatical" if person in odd else row["user_status"]
        return found

    monkeypatch.setattr(NamelySandbox, "rows", rows)
    with staged(sqlite, NAMELY, people=30, who="active") as stage:
        stage.sync()
        odd.append(stage.plain())
        stage.sync(hours=25)
        assert stage.id_of(odd[0]) in stage.ids()
        assert stage.events() == []


def test_a_held_field_is_held_still_when_somebody_is_undeleted(sqlite: str) -> None:
    with staged(sqlite, NAMELY, limits=Limits(confirmations=1)) as stage:
        stage.sync()
        gone = stage.box.people[5]
        before = stage.roster.employee(stage.id_of(gone)).job_title
        for person in stage.box.people[1:20]:
            person.title = "Bad"
        stage.sync(hours=25)
        stage.box.people.remove(gone)
        stage.sync(hours=25)
        stage.box.people.append(gone)
        run = stage.sync(hours=25)
        assert ("undeleted", stage.id_of(gone)) in stage.events()
        assert stage.roster.employee(stage.id_of(gone)).job_title == before
        assert (stage.id_of(gone), "job_title") in {(id, what) for id, what, _, _ in stage.roster.held(run)}


def test_what_is_held_stays_with_the_run_that_can_be_released(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, full_every=RARELY) as stage:
        stage.sync()
        stage.box.clock.advance(hours=1)
        touched(stage, *stage.box.people[:15], family="Storm")
        held = stage.sync(hours=1)
        one = stage.box.people[3]
        stage.box.clock.advance(hours=1)
        touched(stage, one, given="Quinn")
        assert stage.roster.held(stage.sync(hours=1)) == []
        stage.roster.release(held)
        assert stage.roster.employee(stage.id_of(one)).family_name == "Storm"
        assert sql(stage, "select count(*) from roster_held") == [(0,)]


def test_a_release_writes_no_list_of_groups_that_is_old(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, full_every=RARELY) as stage:
        stage.sync()
        first, second = teams(stage)[:2]
        joins(stage, first, *(one for one in stage.box.people[5:30] if one.id not in first.members.values()))
        held = stage.sync(full=True, hours=1)
        assert held.state == "held"
        one = next(one for one in stage.box.people[5:30] if one.id not in second.members.values())
        stage.box.clock.advance(hours=1)
        joins(stage, second, one)
        stage.sync(hours=1)
        stage.roster.release(held)
        assert groups_of(stage, str(one.id)) == {
            str(team.id) for team in teams(stage) if one.id in team.members.values()
        }


def test_groups_that_lose_too_many_members_are_held(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY) as stage:
        stage.sync()
        before = {one.id: one.group_ids for one in stage.roster.employees()}
        for team in teams(stage):
            team.members = {}
        for hours in (1, 25):
            run = stage.sync(hours=hours)
            assert (run.kind, run.state) == ("full", "held")
        assert {one.id: one.group_ids for one in stage.roster.employees()} == before
        stage.roster.release(run)
        team, one = teams(stage)[0], stage.box.people[4]
        stage.box.clock.advance(hours=1)
        joins(stage, team, one)
        assert stage.sync(hours=1).kind == "changes"
        assert groups_of(stage, str(one.id)) == {str(team.id)}
        team.members = {}
        joins(stage, team)
        stage.sync(hours=1)
        assert groups_of(stage, str(one.id)) == set()


def test_another_credential_that_sees_fewer_is_never_a_matter_of_waiting(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, people=60) as stage:
        stage.sync()
        box: Any = stage.box
        box.administrator = False
        gone = box.people.pop()
        for _ in range(3):
            assert [alarm.kind for alarm in stage.sync(hours=25).alarms] == ["credential"]
        assert stage.id_of(gone) in stage.ids()


def test_a_total_that_is_wrong_from_the_start_is_a_baseline_all_the_same(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=60) as stage:
        stage.box.play("wrong_total", on="/profiles$", times=None, size=1)
        stage.sync()
        comer: Any = stage.box.newcomer()
        comer.given, comer.family, comer.email, comer.hired = "Neo", "New", "neo@example.com", stage.box.clock.today()
        stage.box.people.append(comer)
        for person in stage.box.people[:50]:
            person.family = "Storm"
        run = stage.sync(hours=25)
        assert (run.state, [alarm.about for alarm in run.alarms]) == ("held", ["family_name"])
        assert stage.events() == [("hired", stage.id_of(comer))]


def test_nobody_in_scope_is_no_empty_list(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=12, who="active") as stage:
        for person in stage.box.people:
            person.active, person.pending = False, False
        stage.box.people[0].pending = True
        run = stage.sync()
        assert (run.state, run.alarms, stage.ids()) == ("done", (), set())


def test_a_list_of_forgotten_people_alone_is_no_empty_list(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=4) as stage:
        stage.sync()
        for person in stage.box.people:
            stage.roster.forget(stage.connection, stage.id_of(person))
        run = stage.sync(hours=25)
        assert (run.state, run.counts["left_out"]) == ("done", 4)


# -- reads that broke off, and clocks ---------------------------------------------------------------------


def test_a_record_refused_before_the_break_still_counts_after_it(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with staged(sqlite, INSIGHTLY, people=30) as stage:
        stage.sync()
        stage.box.clock.advance(hours=25)
        unread = stage.box.people[9]
        touched(stage, unread, family="Changed")
        stage.box.clock.advance(minutes=30)
        touched(stage, stage.box.people[3], family="Read")
        stage.box.clock.advance(hours=1)
        stage.box.play("malformed", on="/Users$", times=1)
        break_off(stage, 3)
        run = stage.sync()
        assert "went on where an earlier read broke off" in run.notes
        assert (run.state, run.proof, run.counts["quarantined"]) == ("partial", "none", 1)
        stage.sync(hours=1)
        assert stage.roster.employee(stage.id_of(unread)).family_name == "Changed"


def test_a_resumed_read_knows_whom_it_left_out_before(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small_pages(monkeypatch)
    with staged(sqlite, NAMELY, people=60, who="active") as stage:
        people = stage.box.people
        out = next(one for one in people if not one.active and not one.pending)
        people.remove(out)
        people.insert(9, out)  # the last of the first page
        stage.sync()
        stage.box.clock.advance(hours=25)
        break_off(stage, 2)
        people.insert(0, people.pop(40))  # onto the page that was read already
        stage.sync()
        assert sql(stage, "select id from roster_employees where missing > 0") == []


@pytest.mark.parametrize("future", [False, True])
def test_a_record_of_the_future_moves_no_cursor_past_a_change(future: bool, sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, skew=timedelta(hours=1), full_every=RARELY) as stage:
        if future:
            stage.box.people[3].updated = datetime(2099, 1, 1, tzinfo=UTC)
        stage.sync()
        stage.box.clock.advance(minutes=10)
        one = stage.plain()
        touched(stage, one, family="Changed")
        assert stage.sync(hours=1).kind == "changes"
        assert stage.roster.employee(stage.id_of(one)).family_name == "Changed"


@pytest.mark.parametrize("how", ["zone", "clock"])
def test_a_day_that_goes_back_hires_nobody_twice(how: str, sqlite: str) -> None:
    with staged(sqlite, NAMELY, full_every=RARELY) as stage:
        ahead = [timedelta()]
        stage.roster.now = lambda: stage.box.clock.now() + ahead[0]
        east, west = (
            SyncPolicy(timezone=name, full_every=RARELY) for name in ("Pacific/Kiritimati", "America/New_York")
        )
        one = stage.plain()
        one.hired = date(2027, 3, 12) if how == "zone" else date(2027, 3, 11)
        stage.sync(policy=east if how == "zone" else None)
        ahead[0] = timedelta(days=how == "clock")
        stage.sync(policy=east if how == "zone" else None, hours=1 if how == "clock" else 24.5)
        ahead[0] = timedelta()
        stage.box.clock.advance(hours=1)
        touched(stage, one, title="Other")
        for hours in (1, 30):
            stage.sync(policy=west if how == "zone" else None, hours=hours)
        kinds = [happened.kind for happened in stage.roster.events(employee=stage.id_of(one))]
        assert sorted(kinds) == ["hired", "title_changed"]


def test_what_ends_a_sync_from_outside_leaves_no_run_under_way(sqlite: str) -> None:
    class Plugin:
        @hc.hookimpl
        def headcount_employee(self, vendor: str, employee: Any, raw: Any) -> Any:
            raise KeyError("mine")

    with staged(sqlite, NAMELY, people=10) as stage:
        plugin = Plugin()
        stage.connection.hooks.register(plugin)
        try:
            with pytest.raises(KeyError):
                stage.sync()
        finally:
            stage.connection.hooks.unregister(plugin)
        (run,) = stage.roster.runs()
        assert (run.state, str(run.problem).partition(":")[0]) == ("failed", "KeyError")
        assert not stage.roster.status()[0].syncing
        assert stage.sync().state == "done"


def test_a_sync_that_is_committed_stands_whatever_hinders_retention(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(engine: Engine) -> None:
        raise hc.Held("the file is in use")

    monkeypatch.setattr(erasing, "scrubbed", busy)
    with staged(sqlite, NAMELY, people=20) as stage:
        stage.sync()
        assert stage.ids(state="left")
        run = stage.sync(hours=1, policy=SyncPolicy(retention=Retention(left=timedelta(days=1))))
        assert (run.state, run.notes) == ("done", ("retention: the file is in use",))
        assert stage.roster.runs()[0].notes == run.notes
        assert not stage.ids(state="left")


def test_a_day_that_comes_passes_over_who_is_busy(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        staged(sqlite, NAMELY, people=30) as stage,
        INSIGHTLY.start(people=5, now=NOON) as box,
        box.connect(options=OPTIONS) as other,
        Roster(sqlite, now=stage.box.clock.now) as beside,
    ):
        stage.roster.sync(other)
        stage.sync()
        stage.box.clock.advance(days=40)
        monkeypatch.setattr(Roster, "_is_free", lambda self, name: True)  # so it looked a moment ago
        with beside._holding(other.name):
            assert stage.roster.tick() >= 1


def test_what_counts_is_told_of_each_record(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=30) as stage:
        stage.box.play("malformed", on="/profiles$", times=1)
        counts = stage.sync().counts
        assert (counts["received"], counts["accepted"], counts["quarantined"]) == (30, 29, 1)


def test_the_company_of_the_vendor_says_the_time_zone(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(sqlite, NAMELY, people=10) as stage:
        tokyo = hc.Company(id="1", legal_name="Acme", timezone="Asia/Tokyo")
        told = attrs.evolve(stage.connection.connector, company=lambda http: tokyo)
        monkeypatch.setattr(stage.connection, "connector", told)
        stage.sync()
        assert stage.roster.status()[0].timezone == "Asia/Tokyo"


# -- terms --------------------------------------------------------------------------------------------------


def test_whom_wider_terms_let_in_was_not_hired_now(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync(policy=SyncPolicy(who="active"))
        assert stage.sync(hours=1, policy=SyncPolicy()).counts["added"] >= 1
        assert stage.events() == []


def test_a_department_that_comes_into_view_was_not_hired_now(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=60) as stage:
        stage.box.play("lost_department", times=None)
        stage.sync()
        stage.box.calm()
        run = stage.sync(hours=25)
        assert run.counts["came_into_view"] == run.counts["added"] > 0
        assert stage.events() == []


def test_the_raw_record_is_kept_and_let_go_of_as_the_terms_say(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=20) as stage:
        for raw in (False, True, False):
            stage.sync(hours=1, policy=SyncPolicy(raw=raw))
            assert sql(stage, "select count(*) from roster_employees where raw is not null") == [(20 * raw,)]


def test_a_list_of_fields_holds_for_the_groups_end_of_a_membership(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, fields=("given_name", "family_name")) as stage:
        stage.sync()
        team = teams(stage)[0]
        stage.box.clock.advance(hours=2)
        joins(stage, team, next(one for one in stage.box.people if one.id not in team.members.values()))
        assert stage.sync(hours=1).kind == "changes"
        assert not [one for one in stage.roster.employees() if one.group_ids]


def test_a_department_of_another_name_transfers_nobody(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["title"] = "Product" if row["title"] == "Engineering" else row["title"]

    with staged(sqlite, NAMELY, people=60, groups_from={"Unit": "department"}) as stage:
        stage.sync()
        with rows_changed(monkeypatch, renamed):
            assert stage.sync(hours=25).counts["groups_changed"] == 2
        assert stage.events() == []
        made = {group.name for group in stage.roster.groups() if group.id.startswith("Unit:")}
        assert "Product" in made
        assert "Engineering" not in made


def test_a_title_of_groups_has_no_colon() -> None:
    with pytest.raises(hc.ConfigError, match="a title has no colon"):
        SyncPolicy(groups_from={"Job: Tier": "job_title"})


def test_a_group_that_the_terms_make_is_there_as_long_as_somebody_is_in_it(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=30, full_every=RARELY, groups_from={"Job": "job_title"}) as stage:
        stage.sync()
        one = stage.plain()
        for title in ("Astronaut", "Stargazer"):
            stage.box.clock.advance(hours=1)
            touched(stage, one, title=title)
            assert stage.sync(hours=1).kind == "changes"
            group = next(group for group in stage.roster.groups() if group.id == f"Job:{title}")
            assert group.member_ids == (stage.id_of(one),)
        for _ in range(2):
            stage.sync(full=True, hours=1)
        assert "Job:Astronaut" not in {group.id for group in stage.roster.groups()}


def test_groups_are_made_where_the_vendor_lists_none(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, "guide", people=20, groups_from={"Role": "custom_fields.ROLE_ID"}) as stage:
        stage.sync()
        named = {id for one in stage.roster.employees() for id in one.group_ids or ()}
        assert named
        assert {group.id for group in stage.roster.groups()} == named


def test_custom_fields_are_mapped_where_no_list_of_them_is_told(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, people=20) as stage:
        stage.sync()
        for name in ("Role", "ROLE_ID"):
            stage.sync(hours=1, policy=SyncPolicy(custom={name: "role"}))
            assert {key for one in stage.roster.employees() for key in one.custom_fields} == {"role"}
        stage.box.people[0].extra["ROLE_ID"] = None
        assert stage.sync(hours=25, policy=SyncPolicy(custom={"ROLE_ID": "role"})).state == "done"


def test_custom_fields_that_another_list_does_not_have_stay(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR) as stage:
        stage.sync()
        person = stage.plain()
        before = next(one for one in stage.roster.employees() if one.id == stage.id_of(person)).custom_fields
        assert before["customShirtSize"].value
        stage.box.play("forbidden", on="/reports/custom$")  # once: the paged list is read instead
        touched(stage, person, title="Another title")
        assert stage.sync(hours=1).kind == "changes"
        after = next(one for one in stage.roster.employees() if one.id == stage.id_of(person))
        assert (after.job_title, after.custom_fields) == ("Another title", before)
        assert after.absent.get("custom_fields") is None


def test_no_fields_at_all_is_another_list_than_none(sqlite: str) -> None:
    assert len({SyncPolicy().mark, SyncPolicy(fields=()).mark, SyncPolicy(scopes=()).mark}) == 3
    with staged(sqlite, NAMELY, people=20) as stage:
        stage.sync()
        run = stage.sync(hours=1, policy=SyncPolicy(fields=()))
        assert (run.kind, run.state) == ("full", "done")
        assert not [one for one in stage.roster.employees() if one.work_email or one.start_date]


def test_dates_that_the_terms_hide_or_show_are_no_storm_and_no_news(sqlite: str) -> None:
    few = SyncPolicy(fields=("given_name", "family_name"))
    with staged(sqlite, NAMELY) as stage:
        for policy in (few, SyncPolicy(), few, SyncPolicy()):
            assert stage.sync(hours=1, policy=policy).state == "done"
            assert any(one.start_date for one in stage.roster.employees()) == (policy.fields is None)
        assert stage.events() == []


def test_wider_scopes_of_the_connection_are_read_at_once(sqlite: str) -> None:
    with staged(sqlite, NAMELY, full_every=RARELY) as stage:
        stage.sync()
        with stage.box.connect(options=OPTIONS, scopes=list(hc.Scope)) as wide:
            assert stage.roster.sync(wide, policy=stage.policy).kind == "full"
            assert any(one.compensation for one in stage.roster.employees())
        stage.sync(hours=1)
        assert not any(one.compensation for one in stage.roster.employees())


def test_who_was_let_go_of_and_comes_back_is_new(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR, retention=Retention(left=timedelta(days=30))) as stage:
        stage.sync()
        back = next(one for one in stage.box.people if stage.id_of(one) not in stage.ids())
        today = stage.box.clock.today()
        back.statuses.append(StatusRow(date=today, status="Full-Time"))
        touched(stage, back, left=None, hired=today, active=True)
        stage.box._follow(back, "employmentStatus")  # type: ignore[attr-defined]
        stage.sync(hours=25)
        assert stage.id_of(back) in stage.ids()
        assert stage.events() == [("hired", stage.id_of(back))]


def test_who_was_deleted_and_is_back_out_of_scope_is_not_deleted(sqlite: str) -> None:
    with staged(sqlite, NAMELY, who="active") as stage:
        stage.sync()
        one = stage.plain()
        stage.box.people.remove(one)
        for _ in range(2):
            stage.sync(hours=25)
        assert stage.id_of(one) in stage.ids(deleted=True)
        one.active = False
        stage.box.people.append(one)
        stage.sync(hours=25)
        assert stage.id_of(one) not in stage.ids(deleted=True, out_of_scope=True)
        assert stage.id_of(one) in stage.ids(out_of_scope=True) - stage.ids()


def test_a_group_that_can_be_read_again_leaves_the_quarantine(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rows: list[dict[str, Any]]) -> None:
        rows[0]["created_at"] = {"x": 1}

    with staged(sqlite, NAMELY, people=20) as stage:
        stage.sync()
        with rows_changed(monkeypatch, broken):
            assert stage.sync(hours=25).state == "partial"
            assert [one.subject for one in stage.roster.quarantine()] == ["group"]
        assert stage.sync(hours=25).state == "done"
        assert stage.roster.quarantine() == []


# -- reading ------------------------------------------------------------------------------------------------


def test_the_pages_of_a_question_show_no_later_state(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        coming = stage.ids(state="pre_start")
        since = stage.box.clock.now() + timedelta(minutes=5)
        stage.box.clock.advance(hours=1)
        touched(stage, *(stage.plain(at) for at in range(4)), family="First")
        stage.sync(hours=1)
        questions: list[dict[str, Any]] = [{"state": "pre_start"}, {"changed_since": since}]
        asked = [stage.roster.employees(limit=1, **question) for question in questions]
        pages = [{one.id for one in page} for page in asked]
        touched(stage, *(stage.plain(at) for at in range(3, 12)), family="Second")
        stage.sync(hours=1)
        stage.roster.tick(stage.box.clock.now() + timedelta(days=40))
        for page, question, found in zip(asked, questions, pages, strict=True):
            assert page.cursor
            found |= {one.id for one in stage.roster.employees(limit=100, cursor=page.cursor, **question)}
        assert pages == [coming, {stage.id_of(stage.plain(at)) for at in range(4)}]


def test_a_day_of_the_past_bears_no_record_of_today(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=20, raw=True) as stage:
        stage.sync()
        one = stage.plain()
        before = one.family
        stage.box.clock.advance(days=3)
        touched(stage, one, family="Later")
        stage.sync(hours=1)
        found = next(kept for kept in stage.roster.as_of(NOON.date()) if kept.id == stage.id_of(one))
        assert (found.family_name, dict(found.raw)) == (before, {})


def test_a_position_belongs_to_one_filter(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=20) as stage:
        stage.sync()
        stage.box.clock.advance(hours=1)
        touched(stage, stage.plain(), title="Other")
        stage.sync(hours=1)
        feed = stage.roster.feed("billing", connection=stage.connection)
        assert [one.kind for one in feed] == ["title_changed"]
        feed.ack()
        for other in ({"connection": "another"}, {"kinds": ("hired",), "connection": stage.connection}, {}):
            question: Any = other
            with pytest.raises(hc.ConfigError, match="needs another name"):
                stage.roster.feed("billing", **question)


def test_retention_waits_for_every_consumer_that_has_begun(store: str) -> None:
    with staged(store, NAMELY, people=20, retention=Retention(history=timedelta(days=7))) as stage:
        stage.sync()
        slow, fast = stage.roster.feed("slow"), stage.roster.feed("fast")
        assert list(slow) == list(fast) == []
        stage.box.clock.advance(hours=1)
        touched(stage, stage.plain(), title="Other")
        stage.sync(hours=1)
        assert [one.kind for one in fast] == ["title_changed"]
        fast.ack()
        stage.sync(hours=24 * 9)
        assert next(iter(slow)).kind == "title_changed"
        assert slow.position is None
        list(slow)
        slow.ack()
        list(fast)
        fast.ack()
        stage.sync(hours=24 * 40)
        assert "title_changed" not in {kind for kind, _ in stage.events()}


# -- erasing ------------------------------------------------------------------------------------------------


def test_the_mail_of_who_is_erased_is_in_nobody_elses_record(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=30, raw=True) as stage:
        led = {one.manager_id for one in stage.box.people}
        boss = next(one for one in stage.box.people[1:] if one.id in led and one.email)
        boss.email = "erased-boss@example.com"
        stage.box.touch(boss)
        stage.sync()
        stage.roster.forget(stage.connection, stage.id_of(boss))
        assert in_file(sqlite, boss.email) == 0
        stage.sync(hours=25)
        assert in_file(sqlite, boss.email) == 0


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR, INSIGHTLY], ids=str)
def test_the_owner_of_the_credential_who_was_erased_does_not_come_back(vendor: Vendor, sqlite: str) -> None:
    with staged(sqlite, vendor, people=20) as stage:
        me = stage.box.people[0]
        stage.sync()
        stage.roster.forget(stage.connection, stage.id_of(me))
        stage.sync(hours=25)
        owner = json.loads(sql(stage, "select owner from roster_connections")[0][0])
        assert (owner["id"], owner["name"], owner["work_email"]) == (stage.id_of(me), None, None)


def test_the_key_of_the_environment_seals(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_KEY", Fernet.generate_key().decode())
    with staged(sqlite, NAMELY, people=10, raw=True) as stage:
        stage.sync()
        assert sql(stage, "select distinct substr(raw, 1, 7) from roster_employees") == [("sealed:",)]


@pytest.mark.parametrize("before", ["", "one"])
def test_a_key_is_changed_and_the_old_one_opens_nothing_more(
    before: str, sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("HEADCOUNT_KEY", one if before else "")
    with staged(sqlite, NAMELY, people=10, raw=True) as stage:
        stage.box.play("malformed", on="/profiles$", times=None)
        stage.sync()
        told = {person.id: person.raw for person in stage.roster.employees()}
        aside = stage.roster.quarantine()
        with Roster(sqlite, key=f"{two},{one}") as both:
            assert both.rotate() == len(told) + len(aside) > len(told)
        with Roster(sqlite, key=two) as after:
            assert {person.id: person.raw for person in after.employees()} == told
            assert after.quarantine() == aside
        with Roster(sqlite, key=one) as old, pytest.raises(hc.ConfigError, match="sealed with another key"):
            old.quarantine()


def test_erasing_in_one_company_touches_no_other_of_the_same_address(sqlite: str) -> None:
    with (
        staged(sqlite, INSIGHTLY, "guide", people=10) as stage,
        stage.box.connect(options=OPTIONS, store=sqlite, name="tenant-a") as one,
        stage.box.connect(options=OPTIONS, store=sqlite, name="tenant-b") as other,
    ):
        stage.roster.sync(one)
        stage.roster.sync(other)
        other.update("5", given_name="Canaryname", approved_by="me")
        stage.roster.forget("tenant-a", "5")
        assert sql(stage, "select count(*) from runs where plan like '%Canaryname%'") == [(1,)]
        stage.roster.forget("tenant-a", "1")  # in both the owner of the credential
        credential = stage.roster.status("tenant-b")[0].credential
        assert credential is not None
        assert credential.owner.name


def test_a_hire_that_was_refused_is_erased_with_the_person(sqlite: str) -> None:
    mail = "canary.quux@example.com"
    wanted: dict[str, Any] = {"given_name": "Canary", "family_name": "Quux", "work_email": mail}
    wanted |= {"start_date": date(2027, 4, 1), "worker_type": "employee", "time_type": "full_time"}
    with staged(sqlite, BAMBOOHR, people=10) as stage, stage.box.connect(options=OPTIONS, store=sqlite) as writer:
        stage.sync()
        stage.box.play("forbidden", on="/employees/?$", method="POST", times=None)
        with pytest.raises(hc.Forbidden):
            writer.hire(approved_by="me", **wanted)
        stage.box.calm()
        one: Any = stage.box.newcomer()
        one.given, one.family, one.email, one.hired = "Canary", "Quux", mail, date(2027, 4, 1)
        stage.box.people.append(one)
        stage.box.touch(one)
        stage.sync(hours=1, full=True)
        assert stage.roster.forget(stage.connection, stage.id_of(one))["runs"] == 1
        assert in_file(sqlite, mail) == 0


def test_plans_are_erased_though_the_account_has_moved(sqlite: str) -> None:
    with (
        staged(sqlite, NAMELY, people=10) as stage,
        NAMELY.start(people=10, now=NOON) as moved,
        moved.connect(options=OPTIONS, store=sqlite) as connection,
    ):
        stage.sync()
        stage.roster.sync(connection, full=True)
        id = NAMELY.id_of(moved.people[5])
        connection.update(id, given_name="Canaryname", approved_by="me")
        assert stage.roster.forget(connection, id)["runs"] == 1
        assert in_file(sqlite, "Canaryname") == 0


def test_bytes_that_a_reader_keeps_in_the_file_are_said_to_be_there(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY", 100)
    monkeypatch.setattr(erasing, "PATIENCE", 0.3)
    with staged(sqlite, NAMELY, people=20) as stage:
        stage.sync()
        one = stage.plain()
        with closing(sqlite3.connect(sqlite.removeprefix("sqlite:///"))) as reader:
            reader.execute("begin")
            reader.execute("select count(*) from roster_runs").fetchone()
            with pytest.raises(hc.Held, match="its bytes may still be in the file"):
                stage.roster.forget(stage.connection, stage.id_of(one))
        assert stage.id_of(one) not in stage.ids()
        stage.roster.scrub()
        assert in_file(sqlite, one.email) == 0


def test_retention_leaves_no_byte_of_who_is_let_go_of(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR) as stage:
        stage.sync()
        mails = [one.work_email for one in stage.roster.employees(state="left") if one.work_email]
        assert mails
        assert stage.roster.retain(Retention(left=timedelta(days=1)))["left"] >= 1
        assert [mail for mail in mails if in_file(sqlite, mail)] == []


def test_a_version_never_goes_back(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with staged(sqlite, NAMELY, people=30) as stage:
        stage.sync()
        (one, other), holding = (stage.plain(), stage.plain(1)), Roster._holding

        def late(self: Roster, name: str) -> Any:
            monkeypatch.setattr(Roster, "_holding", holding)
            for _ in range(2):
                stage.box.clock.advance(hours=1)
                touched(stage, other, family=f"{other.family}-")
                stage.sync(hours=1)
            return holding(self, name)

        monkeypatch.setattr(Roster, "_holding", late)
        stage.roster.forget(stage.connection, stage.id_of(one))
        ((version,),) = sql(stage, "select version from roster_connections")
        assert version > sql(stage, "select max(version) from roster_changes")[0][0]


def test_who_is_erased_no_longer_counts_for_a_field(sqlite: str) -> None:
    with staged(sqlite, NAMELY, people=30) as stage:
        stage.sync()
        for person in stage.box.people[22:]:
            stage.roster.forget(stage.connection, stage.id_of(person))
        kept = [records.read(text) for (text,) in sql(stage, "select record from roster_employees")]
        fields = {name for doc in kept for name in records.flat(doc)}
        coverage = json.loads(sql(stage, "select coverage from roster_connections")[0][0])
        assert coverage == {name: sum(name in records.flat(doc) for doc in kept) for name in fields}


# -- many, and PostgreSQL -----------------------------------------------------------------------------------


def test_a_release_looks_up_many_people_together(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        for person in stage.box.people[:30]:
            person.title = "Storm"
        run = stage.sync(hours=25)
        with statements(stage.roster._engine) as asked:
            assert stage.roster.release(run).counts["released_changed"] >= 29
        assert len(asked) < 30


def slowly(engine: Engine, table: str) -> None:
    """Who looks into a table has others come between."""

    def wait(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if f"FROM {table}" in statement:
            time.sleep(0.2)

    event.listen(engine, "after_cursor_execute", wait)


def at_once(work: Callable[[], object]) -> list[str]:
    """What came of two who begin together."""
    found: list[str] = []

    def go() -> None:
        try:
            work()
            found.append("done")
        except Exception as error:  # noqa: BLE001 - told by its name
            found.append(type(error).__name__)

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def test_two_may_be_the_first_at_once(store: str) -> None:
    with Roster(store) as roster:
        assert roster.connections() == []
        row = {"vendor": "namely", "address": "https://example.com"}
        slowly(roster._engine, "roster_connections")
        slowly(roster._engine, "roster_consumers")
        hold: dict[str, Any] = {"now": roster.now, "lease": timedelta(minutes=1), "row": row}
        assert at_once(lambda: Holding(roster._engine, "new", **hold)) == ["Held", "done"]
        assert at_once(lambda: list(roster.feed("billing"))) == ["done", "done"]


def test_a_made_group_of_a_very_long_name_is_kept(store: str) -> None:
    with staged(store, NAMELY, people=10, groups_from={"Job": "job_title"}) as stage:
        stage.box.people[3].title = "x" * 3000
        assert stage.sync().state == "done"
        assert "x" * 3000 in {group.name for group in stage.roster.groups()}


def test_many_who_are_told_to_be_gone_fit_into_a_question(postgres: str) -> None:
    with Roster(postgres) as roster:
        roster.connections()
        with roster._engine.connect() as db:
            assert _told_gone(db, "nobody", [str(number) for number in range(70_000)]) == []
            db.execute(select(1))


# -- told to be gone, and too many at once ----------------------------------------------------------------


def test_what_an_incremental_read_holds_are_those_who_were_told_to_be_gone(store: str) -> None:
    """It held everybody whom it had not read: to release that deleted the company. And it failed the next time."""
    with staged(store, people=60, limits=Limits(few=3, departures=10)) as stage:
        stage.sync()
        gone = [stage.plain(skip) for skip in range(12)]
        stage.box.clock.advance(hours=1)
        for person in gone:
            stage.box.people.remove(person)
            stage.box.deleted[person.id] = stage.box.clock.now()  # type: ignore[attr-defined]
        first, run = stage.sync(hours=0.01), stage.sync(hours=0.01)  # the log tells the last minutes again
        assert (first.kind, first.state, first.counts["held"]) == ("changes", "held", 12)
        assert (run.kind, run.state) == ("changes", "held")
        assert {id for id, *_ in stage.roster.held(run)} == {str(person.id) for person in gone}
        stage.roster.release(run)
        assert stage.ids() == stage.everyone()
