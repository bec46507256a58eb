"""What of a company is kept is said by its terms: who, which fields, under which names."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import headcount as hc
from headcount.roster import Limits, SyncPolicy, Who
from headcount.roster.config import policy_of, span
from headcount.settings import Named
from tests.connectors.vendors import BAMBOOHR, NAMELY
from tests.roster.stage import staged


def test_everyone_is_kept_unless_it_is_said(sqlite: str) -> None:
    with staged(sqlite, NAMELY) as stage:
        stage.sync()
        assert stage.ids() == stage.everyone()


@pytest.mark.parametrize(
    ("who", "kept"),
    [("not_inactive", {"active", "pending", "unknown"}), ("active", {"active"})],
)
def test_who_is_in_may_be_said_by_status(who: str, kept: set[str], sqlite: str) -> None:
    with staged(sqlite, NAMELY, who=who) as stage:
        run = stage.sync()
        assert {person.status.value.value for person in stage.roster.employees()} == kept
        assert run.counts["left_out"] > 0


def test_leaving_the_scope_is_an_event_of_its_own_and_no_deletion(sqlite: str) -> None:
    with staged(sqlite, NAMELY, who=Who.NOT_INACTIVE) as stage:
        stage.sync()
        person = stage.plain()
        id = stage.id_of(person)
        person.active, person.left = False, date(2027, 3, 9)
        stage.box.touch(person)
        stage.sync(hours=1)
        assert [kind for kind, who in stage.events() if who == id] == ["terminated", "left_scope"]
        assert id not in stage.ids()
        assert id in stage.ids(out_of_scope=True)
        assert id not in stage.ids(deleted=True)
        for _ in range(3):
            stage.sync(hours=25)
        person.active, person.left, person.hired = True, None, stage.box.clock.today()
        stage.box.touch(person)
        stage.sync(hours=1)
        assert [kind for kind, who in stage.events() if who == id][2:] == ["entered_scope", "rehired"]
        assert id in stage.ids()


def test_only_the_fields_of_the_list_are_kept(sqlite: str) -> None:
    with staged(sqlite, NAMELY, fields=("given_name", "work_email")) as stage:
        stage.sync()
        for person in stage.roster.employees():
            assert (person.family_name, person.job_title, person.start_date, dict(person.custom_fields)) == (
                *(None, None, None),
                {},
            )
            assert person.absent["job_title"] == hc.NullReason.REDACTED
        text = sqlite.removeprefix("sqlite:///")
        stage.roster.close()
        with open(text, "rb") as file:
            held = file.read()
        assert stage.box.people[5].family.encode() not in held


def test_only_the_scopes_that_are_wanted_are_kept(sqlite: str) -> None:
    with staged(sqlite, NAMELY, scopes=("identity", "work")) as stage:
        stage.sync()
        assert not [person for person in stage.roster.employees() if person.mobile_phone or person.custom_fields]


def test_custom_fields_bear_names_of_yours(sqlite: str) -> None:
    with staged(sqlite, BAMBOOHR) as stage:
        keys = {field for person in stage.connection.employees() for field in person.custom_fields}
        labels = {one.label for person in stage.connection.employees() for one in person.custom_fields.values()}
        assert len(keys) >= 2
        first = sorted(label for label in labels if label)[0]
        stage.sync(policy=SyncPolicy(custom={first: "tee"}))
        kept = {name for person in stage.roster.employees() for name in person.custom_fields}
        assert kept == {"tee"}
        some = next(person for person in stage.roster.employees() if person.custom_fields)
        assert some.custom_fields["tee"].label == first


@pytest.mark.parametrize("dialect", ["guide", "observed"])
def test_a_custom_field_that_is_not_there_is_refused_with_the_nearest(dialect: str, sqlite: str) -> None:
    with staged(sqlite, NAMELY, dialect) as stage:
        if dialect == "observed":
            expected = r"no custom field 'shirt_sise'; did you mean shirt_size"
        else:
            expected = "no custom field 'shirt_sise'"
        with pytest.raises(hc.ConfigError, match=expected):
            stage.sync(policy=SyncPolicy(custom={"shirt_sise": "tee"}))


def test_groups_are_made_of_the_values_of_a_field(sqlite: str) -> None:
    with staged(sqlite, NAMELY, groups_from={"Title": "job_title", "Unit": "department"}) as stage:
        stage.sync()
        groups = {group.id: group for group in stage.roster.groups()}
        made = {group.name: set(group.member_ids or ()) for group in groups.values() if group.id.startswith("Title:")}
        titles = {p.id: p.job_title for p in stage.roster.employees()}
        assert made == {
            title: {id for id, own in titles.items() if own == title} for title in set(titles.values()) if title
        }
        units = {group.name for group in groups.values() if group.id.startswith("Unit:")}
        assert units == {person.department for person in stage.box.people if person.department}
        assert {group.type.source for group in groups.values() if group.id.startswith("Title:")} == {"Title"}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"who": "somebody"}, "'somebody' is none of everyone, not_inactive, active"),
        ({"fields": ("job_titel",)}, "no field 'job_titel'; did you mean job_title"),
        ({"scopes": ("salary",)}, "'salary' is none of"),
        ({"timezone": "America/NewYork"}, r"no time zone 'America/NewYork': .*New_York"),
        ({"custom": {"a": "x", "b": "x"}}, "two of the vendor's fields"),
    ],
)
def test_terms_that_mean_nothing_are_refused(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(hc.ConfigError, match=said):
        SyncPolicy(**terms)


def test_limits_are_numbers_that_mean_something() -> None:
    with pytest.raises(hc.ConfigError, match="confirmations must not be less than 1"):
        Limits(confirmations=0)


def named(**keep: Any) -> Named:
    return Named(name="acme-hr", vendor="acmehr", settings={}, keep=keep)


def test_the_file_says_the_same_as_a_program() -> None:
    told = policy_of(
        named(
            who="active",
            scopes=["work"],
            fields=["job_title"],
            custom={"Shirt": "tee"},
            groups_from={"Title": "job_title"},
            timezone="Asia/Tokyo",
            full_every="2d",
            overlap="5m",
            raw=True,
            limits={"departures": 5, "storm_percent": 30},
            retention={"history": "730d"},
        )
    )
    assert told == SyncPolicy(
        who=Who.ACTIVE,
        scopes=("work",),
        fields=("job_title",),
        custom={"Shirt": "tee"},
        groups_from={"Title": "job_title"},
        timezone="Asia/Tokyo",
        full_every=timedelta(days=2),
        overlap=timedelta(minutes=5),
        raw=True,
        limits=Limits(departures=5, storm_percent=30),
        retention=told.retention,
    )
    assert told.retention.history == timedelta(days=730)


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ({"wo": "active"}, r"\[connections.acme-hr.keep\] has no setting wo; it has who"),
        ({"full_every": "soon"}, "full_every: write a span of time such as 90s"),
        ({"limits": {"storms": 1}}, r"\[connections.acme-hr.keep.limits\] has no setting storms"),
        ({"limits": {"departures": "many"}}, "departures: write a number"),
        ({"limits": 3}, "must be a table"),
        ({"timezone": "Mars"}, "no time zone 'Mars'"),
    ],
)
def test_what_the_file_says_wrong_is_told_with_its_place(keep: dict[str, Any], said: str) -> None:
    with pytest.raises(hc.ConfigError, match=said):
        policy_of(named(**keep))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("30d", 2_592_000)])
def test_spans_of_time_are_read(text: str, seconds: int) -> None:
    assert span(text) == timedelta(seconds=seconds)
