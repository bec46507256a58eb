"""The roster knows whose credential a connection uses, and warns before it dies with them."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

import headcount as hc
from headcount.health import CredentialHealth
from headcount.plugins import plugins
from tests.connectors.vendors import BAMBOOHR, NAMELY, VENDORS, Vendor
from tests.roster.stage import Stage, staged


def health_of(stage: Stage) -> CredentialHealth:
    found = stage.roster.status()[0].credential
    assert found is not None
    return found


def kinds(stage: Stage) -> list[str]:
    return [concern.kind for concern in health_of(stage).concerns]


@pytest.mark.parametrize("vendor", VENDORS, ids=str)
def test_whose_it_is_and_what_it_sees_is_known_after_a_sync(vendor: Vendor, sqlite: str) -> None:
    with staged(sqlite, vendor) as stage:
        stage.sync()
        health = health_of(stage)
    owner = stage.box.people[0]
    assert health.owner.id == stage.id_of(owner)
    assert health.owner.name == f"{owner.given} {owner.family}"
    assert "given_name" in health.sees
    assert (health.withheld, health.lost, health.concerns) == ((), (), ())


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str)
def test_who_is_to_leave_is_warned_of_before_the_day(vendor: Vendor, sqlite: str) -> None:
    """Insightly knows no day to come."""
    with staged(sqlite, vendor) as stage:
        stage.sync()
        assert kinds(stage) == []
        owner = stage.box.people[0]
        last = stage.box.clock.today() + timedelta(days=20)
        stage.box.departs(owner, last)
        stage.sync(hours=3)
        (concern,) = health_of(stage).concerns
        assert (concern.kind, concern.on) == ("owner-leaves", last)
        assert owner.given not in concern.text
        stage.box.stays(owner)
        stage.sync(hours=3)
        assert kinds(stage) == []


def test_who_has_left_is_warned_of_as_long_as_it_still_works(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR) as stage:
        stage.sync()
        stage.box.departs(stage.box.people[0], stage.box.clock.today() - timedelta(days=1))
        stage.sync(hours=3)
        assert kinds(stage) == ["owner-left"]


def test_a_key_without_a_day_ends_two_years_after_its_first_use_at_the_latest(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        begun = stage.box.clock.today()
        assert health_of(stage).ends_on == begun + timedelta(days=730)
        assert kinds(stage) == []
        stage.box.clock.advance(days=700)
        assert kinds(stage) == ["ends"]
        stage.box.clock.advance(days=31)
        assert kinds(stage) == ["ended"]


def test_another_key_begins_another_life(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        stage.box.clock.advance(days=720)
        stage.box.key = "another-sandbox-key"
        with stage.box.connect() as connection:
            stage.roster.sync(connection, policy=stage.policy)
        assert kinds(stage) == []


def test_a_permission_that_was_trimmed_is_told_until_it_is_given_back(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        stage.box.restricting = True
        run = stage.sync(full=True)
        for held in [run] if run.state == "held" else []:  # what is no more to be seen is also an alarm
            stage.roster.release(held)
        stage.sync(full=True)
        health = health_of(stage)
        assert set(health.lost) == {"personal_email"}
        assert kinds(stage) == ["sees-less"]
        stage.box.restricting = False
        stage.sync(full=True)
        assert kinds(stage) == []


def test_others_are_told_of_it_after_each_sync_until_it_is_done(sqlite: str) -> None:
    told: list[tuple[str, list[str]]] = []

    def concerned(connection: str, health: CredentialHealth) -> None:
        told.append((connection, [concern.kind for concern in health.concerns]))

    plugin: Any = SimpleNamespace(headcount_concerned=hc.hookimpl(concerned))
    manager = plugins().manager
    manager.register(plugin)
    try:
        with staged(sqlite, BAMBOOHR) as stage:
            stage.sync()
            assert told == []
            stage.box.departs(stage.box.people[0], date(2031, 1, 1))
            stage.sync(hours=3)
            stage.sync(hours=3)
            assert told == [("bamboohr-acme", ["owner-leaves"])] * 2
    finally:
        manager.unregister(plugin)
