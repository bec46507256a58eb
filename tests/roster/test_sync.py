"""A sync brings the roster up to date: everybody the first time, then what changed, and never somebody too few."""

from __future__ import annotations

import os
import re
import threading
import time
from datetime import date, timedelta
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.roster import Limits, Roster, SyncPolicy
from headcount.sandbox import StatusRow
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, VENDORS, Vendor
from tests.roster.simulation import Forks
from tests.roster.stage import LINES, Stage, staged

MANY = Limits(departures_percent=60, storm_percent=90)


def people_of(stage: Stage) -> dict[str, hc.Employee]:
    return {person.id: person for person in stage.roster.employees()}


def alike(kept: hc.Employee, read: hc.Employee) -> dict[str, Any]:
    """Where a person of the roster is another than the connector reads."""
    found = {}
    for field in attrs.fields(hc.Employee):
        one, other = getattr(kept, field.name), getattr(read, field.name)
        if field.name == "group_ids" and one is not None and other is not None:
            one, other = sorted(one), sorted(other)
        if field.name == "custom_fields":
            other = {key: custom for key, custom in read.custom_fields.items() if custom.value is not None}
        if field.name != "raw" and one != other:
            found[field.name] = (one, other)
    return found


@pytest.mark.parametrize(("vendor", "dialect"), LINES, ids=str)
def test_what_is_kept_is_what_is_read_field_by_field(vendor: Vendor, dialect: str, sqlite: str) -> None:
    with staged(sqlite, vendor, dialect) as stage:
        run = stage.sync()
        assert (run.kind, run.state) == ("full", "done")
        kept, read = people_of(stage), {one.id: one for one in stage.connection.employees()}
        assert kept.keys() == read.keys() == stage.everyone()
        differing = {id: found for id in kept if (found := alike(kept[id], read[id]))}
        # what lies ahead is asked for besides, and plainly reading does not
        ahead = {id for id, found in differing.items() if found.keys() <= {"termination_date", "absent"}}
        assert differing.keys() == ahead
        assert len(ahead) <= (1 if vendor is BAMBOOHR and dialect == "observed" else 0)


@pytest.mark.parametrize(("vendor", "dialect"), LINES, ids=str)
def test_the_first_sync_is_no_news(vendor: Vendor, dialect: str, sqlite: str) -> None:
    with staged(sqlite, vendor, dialect) as stage:
        stage.sync()
        assert stage.events() == []
        assert {change.cause for change in stage.roster.changes() if change.subject == "employee"} == {"baseline"}


@pytest.mark.parametrize(("vendor", "dialect"), LINES, ids=str)
def test_a_change_is_brought_by_the_next_sync_once(vendor: Vendor, dialect: str, sqlite: str) -> None:
    with staged(sqlite, vendor, dialect) as stage:
        stage.sync()
        person = stage.plain()
        stage.box.clock.advance(hours=3)
        person.family = "Changed"
        stage.box.touch(person)
        run = stage.sync(hours=1)
        assert run.counts.get("changed") == 1, run
        assert people_of(stage)[stage.id_of(person)].family_name == "Changed"
        assert stage.sync(hours=1).counts.get("changed", 0) == 0
        (change,) = [one for one in stage.roster.changes() if one.kind == "changed"]
        assert change.fields["family_name"] == (change.fields["family_name"][0], "Changed")
        assert change.id == stage.id_of(person)


FEWEST = {  # requests of an incremental sync beside the lists it looks up: nothing changed, and three people did
    NAMELY.name: (1, 1),
    BAMBOOHR.name: (1, 3),
    INSIGHTLY.name: (1, 2),  # the second page is empty: only that is the end
}
LISTS = "group_types|/groups$|/teams$|/fields$|/meta/|/Teams|/Permissions"


@pytest.mark.parametrize("vendor", VENDORS, ids=str)
def test_an_incremental_sync_costs_the_fewest_requests(vendor: Vendor, sqlite: str) -> None:
    with staged(sqlite, vendor, people=120, overlap=timedelta(seconds=1)) as stage:
        stage.sync()
        counts = []
        for changed in (0, 3):
            stage.box.clock.advance(hours=3)
            for person in stage.box.people[30 : 30 + changed]:
                person.family = f"{person.family}-{changed}"
                stage.box.touch(person)
            stage.box.clock.advance(hours=1)
            before = len(stage.box.log)
            run = stage.sync()
            assert (run.kind, run.counts.get("changed", 0)) == ("changes", changed)
            counts.append([one.path for one in stage.box.log[before:] if not re.search(LISTS, one.path)])
        assert tuple(map(len, counts)) == FEWEST[vendor.name], counts


@pytest.mark.parametrize(("vendor", "dialect"), LINES, ids=str)
def test_a_day_that_passes_is_told_of_though_the_vendor_changes_nothing(
    vendor: Vendor, dialect: str, sqlite: str
) -> None:
    if vendor is INSIGHTLY:
        pytest.skip("Insightly knows no days")
    with staged(sqlite, vendor, dialect) as stage:
        stage.sync()
        coming = next(person for person in stage.box.people if "future_hire" in person.tags)
        start = coming.hired
        assert start is not None
        stage.box.clock.advance(days=31)
        assert stage.roster.tick() >= 1
        hired = stage.last("hired")
        assert (hired.employee_id, hired.on, hired.cause) == (stage.id_of(coming), start, "day")
        assert stage.roster.tick() == 0, "once"


def test_a_termination_to_come_is_told_of_ahead_and_again_on_its_day(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR, "observed") as stage:
        stage.sync()
        person, last = stage.plain(), date(2027, 3, 20)
        stage.box.clock.advance(hours=2)
        person.statuses.append(StatusRow(date=last, status="Terminated"))
        stage.box._follow(person, "employmentStatus")  # type: ignore[attr-defined]
        stage.sync(hours=1)
        scheduled = stage.last("termination_scheduled")
        assert (scheduled.employee_id, scheduled.on) == (stage.id_of(person), last)
        assert people_of(stage)[stage.id_of(person)].status.value == "active"
        stage.sync(hours=24 * 12)
        mine = [(e.kind.value, e.on) for e in stage.roster.events(employee=stage.id_of(person))]
        assert mine == [("termination_scheduled", last), ("terminated", last)]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_a_day_comes_when_it_comes_to_the_company(zone: str, sqlite: str) -> None:
    """At 12:00 UTC on the 10th it is the 11th already in Kiritimati, and at 23:00 UTC still the 10th in New York."""
    with staged(sqlite, NAMELY, "observed", timezone=zone) as stage:
        person = stage.plain()
        person.hired = date(2027, 3, 11)
        stage.sync()
        seen = []
        for _ in range(40):
            stage.box.clock.advance(hours=1)
            stage.roster.tick()
            if any(event.kind == "hired" for event in stage.roster.events(employee=stage.id_of(person))):
                seen.append(stage.box.clock.now())
        first = {"UTC": 12, "America/New_York": 17, "Asia/Tokyo": 3, "Pacific/Kiritimati": None}[zone]
        if first is None:
            assert not seen, "it had come before the first sync"
        else:
            due = stage.box.clock.now() - timedelta(hours=40 - first)
            assert abs(seen[0] - due) < timedelta(minutes=5)


def test_somebody_deleted_goes_only_after_two_looks_and_a_question(sqlite: str) -> None:
    with staged(sqlite, NAMELY, "observed") as stage:
        stage.sync()
        gone = stage.plain()
        stage.box.people.remove(gone)
        first = stage.sync(hours=25)
        assert (first.state, first.counts["departing"]) == ("done", 1)
        assert stage.id_of(gone) in stage.ids()
        stage.sync(hours=25)
        assert stage.id_of(gone) not in stage.ids()
        assert stage.id_of(gone) in stage.ids(deleted=True)
        event = stage.last("deleted")
        assert (event.employee_id, event.details["basis"]) == (stage.id_of(gone), "explicit_404")
        asked = stage.box.requests(f"/profiles/{gone.uuid}$")
        assert [one.status for one in asked] == [404], "asked for by id before it was believed"


def test_who_comes_back_is_undeleted_and_keeps_the_history(sqlite: str) -> None:
    with staged(sqlite, NAMELY, "observed") as stage:
        stage.sync()
        gone = stage.plain()
        stage.box.people.remove(gone)
        stage.sync(hours=25)
        stage.sync(hours=25)
        stage.box.people.append(gone)
        stage.sync(hours=25)
        assert stage.id_of(gone) in stage.ids()
        assert [kind for kind, id in stage.events() if id == stage.id_of(gone)] == ["deleted", "undeleted"]
        kinds = [change.kind for change in stage.roster.changes(employee=stage.id_of(gone))]
        assert kinds == ["added", "deleted", "undeleted"]


def test_who_is_only_missing_from_the_list_is_not_gone(sqlite: str) -> None:
    """The list lacks somebody twice, and the total agrees with it; asked for by id, they are there."""
    with staged(sqlite, NAMELY, "observed", limits=MANY) as stage:
        stage.sync()
        stage.box.play("half_list", on="/profiles$", times=None)
        *_, run = [stage.sync(hours=25) for _ in range(4)]
        assert run.proof == "none"
        assert any("there when asked for by id" in note for note in run.notes)
        assert stage.ids() == stage.everyone()
        assert not [event for event in stage.roster.events() if event.kind == "deleted"]


def test_an_explicit_deletion_is_brought_by_an_incremental_sync(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR, "observed") as stage:
        stage.sync()
        gone = stage.plain()
        stage.box.people.remove(gone)
        stage.box.deleted[gone.id] = stage.box.clock.advance(hours=1)  # type: ignore[attr-defined]
        run = stage.sync(hours=1)
        assert (run.kind, run.counts["deleted"]) == ("changes", 1)
        assert stage.last("deleted").details["basis"] == "explicit_event"


@pytest.mark.parametrize("kind", ["empty_list", "half_list", "lost_department"])
@pytest.mark.parametrize("vendor", [NAMELY, INSIGHTLY], ids=str)
def test_too_many_gone_at_once_holds_the_run_and_nobody_departs(vendor: Vendor, kind: str, sqlite: str) -> None:
    with staged(sqlite, vendor) as stage:
        stage.sync()
        stage.box.play(kind, on="" if kind == "lost_department" else f"{vendor.people_path}$", times=None)
        for _ in range(3):
            run = stage.sync(hours=25)
            assert run.state == "held"
        assert stage.ids() == stage.everyone()
        assert stage.events() == []
        stage.box.calm()
        assert stage.sync(hours=25).state == "done"
        assert stage.roster.status()[0].held == ()
        assert stage.ids() == stage.everyone()


def test_what_else_came_with_a_held_run_is_kept(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        person = stage.box.people[0]
        stage.box.clock.advance(hours=1)
        person.family = "Changed"
        stage.box.touch(person)
        stage.box.play("half_list", on="/profiles$", times=None)
        assert stage.sync(hours=25).state == "held"
        assert people_of(stage)[stage.id_of(person)].family_name == "Changed"


def test_a_held_run_is_released_by_a_person(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        del stage.box.people[20:]
        run = stage.sync(hours=25)
        assert run.state == "held"
        assert {what for _, what, _, _ in stage.roster.held(run)} == {"departure"}
        assert stage.roster.release(run).state == "released"
        assert stage.ids() == stage.everyone()
        assert len([event for event in stage.roster.events() if event.kind == "deleted"]) == 20
        assert stage.sync(hours=25).state == "done"


def test_a_rejected_run_is_not_asked_about_again(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        before = stage.everyone()
        del stage.box.people[20:]
        stage.roster.reject(stage.sync(hours=25))
        for _ in range(3):
            assert stage.sync(hours=25).state == "done"
        assert stage.ids() == before


def test_a_storm_in_one_field_is_held_and_the_rest_goes_on(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        stage.box.clock.advance(hours=1)
        titles = {id: person.job_title for id, person in people_of(stage).items()}
        for person in stage.box.people:
            person.title, person.preferred = "Analyst II", person.preferred or "Nick" * (person.id == 5)
            stage.box.touch(person)
        run = stage.sync(hours=25)
        assert run.state == "held"
        assert [alarm.about for alarm in run.alarms] == ["job_title"]
        kept = people_of(stage)
        assert {id: person.job_title for id, person in kept.items()} == titles
        assert kept[stage.id_of(stage.box.people[4])].preferred_name == "Nick"
        stage.roster.release(run)
        assert {person.job_title for person in people_of(stage).values()} == {"Analyst II"}
        changed = [event for event in stage.roster.events() if event.kind == "title_changed"]
        assert changed
        assert stage.sync(hours=25).state == "done"


def test_a_stormy_value_stays_held_in_incremental_syncs(sqlite: str) -> None:
    with staged(sqlite, NAMELY, "observed", full_every=timedelta(days=2)) as stage:
        stage.sync()
        stage.box.clock.advance(hours=1)
        for person in stage.box.people:
            person.title = "Analyst II"
            stage.box.touch(person)
        stage.sync(full=True, hours=1)
        one = stage.plain()
        stage.box.clock.advance(hours=1)
        one.family = "Changed"
        stage.box.touch(one)
        run = stage.sync(hours=1)
        assert run.kind == "changes"
        kept = people_of(stage)[stage.id_of(one)]
        assert (kept.family_name, kept.job_title) != ("Changed", "Analyst II")
        assert kept.family_name == "Changed"


def test_a_permission_that_is_lost_erases_nothing(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        before = {id: person.personal_email for id, person in people_of(stage).items()}
        stage.box.play("lost_permission", on="/profiles", times=None)
        run = stage.sync(hours=25)
        assert run.state == "held"
        assert [alarm.kind for alarm in run.alarms] == ["coverage"]
        assert {id: person.personal_email for id, person in people_of(stage).items()} == before


@pytest.mark.parametrize(("vendor", "dialect"), LINES, ids=str)
def test_a_record_that_cannot_be_read_is_kept_aside_and_the_rest_goes_on(
    vendor: Vendor, dialect: str, sqlite: str
) -> None:
    with staged(sqlite, vendor, dialect) as stage:
        stage.sync()
        stage.box.play("malformed", on=f"{vendor.people_path}$|/reports/custom", times=None)
        stage.box.clock.advance(hours=2)
        changed = stage.box.people[2]
        changed.family = "Changed"
        stage.box.touch(changed)
        run = stage.sync(hours=25)
        if run.counts.get("quarantined", 0) == 0:
            assert (vendor, dialect) == (BAMBOOHR, "guide"), "there each is read by id"
            return
        assert run.state == "partial"
        assert run.proof == "none"
        assert stage.ids() == stage.everyone(), "who cannot be read keeps their last good state"
        assert people_of(stage)[stage.id_of(changed)].family_name == "Changed"
        aside = stage.roster.quarantine()
        assert len(aside) == run.counts["quarantined"]
        assert all("unexpected" in one.payload for one in aside)
        stage.box.calm()
        assert stage.sync(hours=25, full=True).state == "done"
        assert stage.roster.quarantine() == []


def test_the_cursor_does_not_move_past_a_record_that_cannot_be_read(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR, "observed", full_every=timedelta(days=30)) as stage:
        stage.sync()
        stage.box.clock.advance(hours=2)
        person = stage.plain()
        person.family = "Changed"
        stage.box.touch(person)
        stage.box.clock.advance(hours=1)
        stage.box.play("malformed", on="/reports/custom", after=1, times=1)
        run = stage.sync()
        assert (run.kind, run.state) == ("changes", "partial")
        again = stage.sync(hours=1)
        assert again.since == run.since
        assert again.state == "done"
        assert people_of(stage)[stage.id_of(person)].family_name == "Changed"


@pytest.mark.parametrize("kind", ["truncated", "error", "reset", "html"])
def test_a_read_that_fails_changes_nothing_and_the_next_one_brings_it_all(kind: str, sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY) as stage:
        stage.sync()
        before = people_of(stage)
        stage.box.clock.advance(hours=1)
        for person in stage.box.people[:5]:
            person.family = "Changed"
            stage.box.touch(person)
        stage.box.play(kind, on="/Users", times=None)
        with pytest.raises(hc.Unavailable):
            stage.sync(hours=1)
        assert people_of(stage) == before
        assert stage.roster.runs()[0].state == "failed"
        stage.box.calm()
        assert stage.sync(hours=1).counts["changed"] == 5


def test_a_vendor_that_is_down_stops_no_calendar(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        stage.box.play("error", times=None)
        for _ in range(5):
            with pytest.raises(hc.Unavailable):
                stage.sync(hours=24 * 7)
        hired = [event for event in stage.roster.events() if event.kind == "hired"]
        assert [event.cause for event in hired] == ["day"]
        assert stage.ids() == stage.everyone()


def test_another_company_is_not_taken_for_this_one(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY) as stage:
        stage.sync()
        before = stage.ids()
        for person in stage.box.people:
            person.id += 100_000
        run = stage.sync(hours=25)
        assert run.state == "held"
        assert run.alarms[0].kind == "others"
        assert stage.ids() == before
        with pytest.raises(hc.ConfigError, match="nothing that could be released"):
            stage.roster.release(run)


def test_membership_reads_the_same_from_both_ends(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, "observed", full_every=timedelta(days=30)) as stage:
        stage.sync()
        box: Any = stage.box
        team = next(team for team in box.teams if team.name)
        newcomer = next(person for person in box.people if person.id not in team.members.values())
        stage.box.clock.advance(hours=2)
        team.members[next(box._permission_ids)] = newcomer.id
        box._settle(team)
        run = stage.sync(hours=1)
        assert run.kind == "changes"
        assert str(team.id) in (people_of(stage)[str(newcomer.id)].group_ids or ())
        for group in stage.roster.groups():
            assert set(group.member_ids or ()) == stage.ids(group=group.id)
        assert set(next(g for g in stage.roster.groups() if g.id == str(team.id)).member_ids or ()) == {
            str(id) for id in team.members.values()
        }


def test_a_full_read_says_what_the_incremental_ones_missed(sqlite: str) -> None:
    with staged(sqlite, NAMELY, "observed", people=120, full_every=timedelta(days=2)) as stage:
        stage.sync()
        stage.plain(1).family = "Touched"
        stage.box.clock.advance(hours=5)
        stage.box.touch(stage.plain(1))
        stage.sync(hours=1)
        stage.plain().family = "Unseen"  # and the vendor does not say that the record changed
        assert stage.sync(hours=5).counts.get("changed", 0) == 0
        run = stage.sync(hours=60)
        assert (run.kind, run.counts["changed"], run.counts["missed"]) == ("full", 1, 1)


def test_one_connection_is_synced_by_one_at_a_time(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage, Roster(sqlite, now=stage.box.clock.now) as other:
        stage.sync()
        with stage.roster._holding(stage.connection.name):
            with pytest.raises(hc.Held, match=r"is held by process \d+ on"):
                other.sync(stage.connection)
            assert other.status()[0].syncing
        assert other.sync(stage.connection).state == "done"


def test_of_two_processes_one_syncs_and_the_other_says_who_does(sqlite: str) -> None:
    forks = Forks()
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        stage.box.play("slow", on="/profiles$", seconds=2.0, times=None)
        first = threading.Thread(target=stage.sync, kwargs={"full": True})
        first.start()
        while not stage.roster.status()[0].syncing:
            time.sleep(0.01)
        told = {
            "vendor": "namely",
            "settings": stage.box.settings,
            "name": stage.connection.name,
            "store": sqlite,
            "ahead": stage.box.clock._offset.total_seconds(),
            "full_every": 86400.0,
            "timezone": "UTC",
            "full": True,
            "kill_at": 0,
        }
        second = forks.ask(told)
        first.join()
        stage.box.calm()
        third = forks.ask(told)
    forks.close()
    assert second["error"] == "Held"
    assert f"is held by process {os.getpid()} on" in second["text"]
    assert "run" in third


def test_a_name_is_kept_for_one_vendor(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage, BAMBOOHR.start(people=5) as box:
        stage.sync()
        with (
            box.connect(name=stage.connection.name) as connection,
            pytest.raises(hc.ConfigError, match="kept of namely"),
        ):
            stage.roster.sync(connection)


def test_a_credential_of_another_role_that_sees_fewer_is_held(sqlite: str) -> None:
    with staged(sqlite, INSIGHTLY, limits=MANY) as stage:
        stage.sync()
        stage.box.administrator = False  # type: ignore[attr-defined]
        assert stage.sync(hours=25).state == "done", "it sees what the one before saw"
        stage.box.administrator = True  # type: ignore[attr-defined]
        gone = stage.plain()
        stage.box.people.remove(gone)
        *_, run = [stage.sync(hours=25) for _ in range(3)]
        assert (run.state, [alarm.kind for alarm in run.alarms]) == ("held", ["credential"])
        assert stage.id_of(gone) in stage.ids()
        stage.roster.release(run)
        assert stage.id_of(gone) not in stage.ids()
        assert stage.sync(hours=25).state == "done"


def test_progress_is_told(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        told: list[Any] = []
        stage.roster.sync(stage.connection, watching=told.append)
        assert {one.stage for one in told} == {"groups", "people", "checking", "writing"}
        assert told[-1].received == len(stage.box.people)


def test_who_may_change_a_store_calls_the_plugins(sqlite: str) -> None:
    class Listener:
        heard: list[str] = []  # noqa: RUF012

        @hc.hookimpl
        def headcount_changed(self, connection: str, run: Any) -> None:
            self.heard.append(f"{connection} {run.kind}")

    with staged(sqlite, NAMELY) as stage:
        listener = Listener()
        stage.connection.hooks.register(listener)
        try:
            stage.sync()
            stage.sync(hours=1)
        finally:
            stage.connection.hooks.unregister(listener)
        assert listener.heard == ["namely-acme full"], "a sync that changes nothing calls nobody"


def test_the_terms_may_change_and_are_no_storm(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync(policy=SyncPolicy(fields=("given_name", "family_name", "start_date", "termination_date")))
        assert all(person.job_title is None for person in stage.roster.employees())
        run = stage.sync(hours=1, policy=SyncPolicy())
        assert (run.kind, run.state) == ("full", "done")
        assert any(person.job_title for person in stage.roster.employees())
        assert stage.events() == [], "what comes into view did not happen"
