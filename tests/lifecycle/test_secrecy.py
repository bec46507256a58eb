"""No value of a person, and no credential, is in what is logged, printed, raised, listed, or kept for good."""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import headcount as hc
from headcount.facts import scope_of
from headcount.lifecycle.applying import settle
from headcount.sandbox import Person, Sandbox
from tests.lifecycle.cases import CASES, TODAY, Case, Hand, approved, case_named, plain, writes
from tests.lifecycle.test_lost_answers import WRITE
from tests.lifecycle.test_proof import Clerk, Ignoring

CANARY = re.compile(r"(?:qzx|QZX)\w*|987654\d*", re.IGNORECASE)
"""Every value that is planted has this in it, and nothing else has."""
CREDENTIAL = "qzxcredential"


def of_the_line(logger: str) -> bool:
    """Whether this is a library's own log of what goes over its line; see below."""
    return logger.startswith("urllib3")


def plant(box: Any) -> None:
    """A canary in every field of everybody that is not about work."""
    for number, person in enumerate(box.people):
        person.given, person.family = f"Qzxgiven{number}", f"Qzxfamily{number}"
        person.middle, person.preferred = "Qzxmiddle", "Qzxpreferred"
        person.email, person.personal_email = f"qzxwork{number}@example.com", f"qzxhome{number}@example.net"
        person.mobile_phone, person.home_phone = f"+49 30 987654{number:02}", f"+49 40 987654{number:02}"
        person.marital_status = person.ethnicity = "Qzxwords"
        person.city = "Qzxcity"
        person.custom["shirt_size"] = "Qzxshirt"
        person.number = f"987654{number:02}"
    box.key = CREDENTIAL
    if hasattr(box, "scim_token"):
        box.scim_token = f"{CREDENTIAL}scim"
    box.prepare()


NEW = {
    "given_name": "Qzxnew",
    "family_name": "Qzxcomer",
    "work_email": "qzxnew@example.com",
    "personal_email": "qzxnewhome@example.com",
    "mobile_phone": "+49 30 98765444",
}


def secret_change(case: Case, box: Sandbox, connection: hc.Connection) -> hc.Change:
    """The case's change, with canaries in every field of it that may hold one."""
    change = case.ready(box, connection)
    offered = case.vendor.connector.writable
    fields = {name: value for name, value in NEW.items() if name in offered}
    if isinstance(change, hc.Hire):
        return hc.Hire({**change.fields, **fields})
    if isinstance(change, hc.Update) and "family_name" in change.fields:
        return hc.Update(id=change.id, fields=fields if case.vendor.name != "insightly" else {"family_name": "Qzxnew"})
    return change


@pytest.fixture
def journal() -> Iterator[hc.Journal]:
    found = hc.Journal("sqlite://", now=Hand())
    yield found
    found.close()


def leaks(*texts: Any) -> list[str]:
    """The canaries in these texts."""
    return sorted({found for text in texts for found in CANARY.findall(str(text))})


def shown_of(journal: hc.Journal) -> list[str]:
    """What a listing of the journal, and its record of what was done, show."""
    runs = journal.runs()
    return [*map(repr, runs), *(str(run.problem) for run in runs), *map(repr, journal.audit())]


def texts_of(error: BaseException) -> list[str]:
    """An error as it is printed, with what it came from, and as it is looked at."""
    return ["".join(traceback.format_exception(error)), repr(error), str(error), repr(getattr(error, "problems", ""))]


DISTURBED = ("nothing", "reset", "unreached", "error", "html", "forbidden", "unauthorized", "truncated", "invalid_json")


@pytest.mark.parametrize("fault", DISTURBED)
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.name in ("hire", "update", "terminate", "join", "delete")], ids=str
)
def test_no_value_of_a_person_is_told_whatever_happens(
    case: Case, fault: str, journal: hc.Journal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    with case.start() as box:
        plant(box)
        with case.connect(box, journal) as connection:
            told.append(repr(connection))
            plan = connection.plan(secret_change(case, box, connection))
            assert leaks(plan.to_json()), "the plan holds what is to be written"
            told += [repr(plan), repr(plan.change), *map(repr, plan.steps), repr(approved(plan))]
            if fault != "nothing":
                box.play(fault, times=3, **WRITE)
            for attempt in range(3):
                try:
                    if attempt:
                        told.append(repr(connection.resume("k")))
                    else:
                        told.append(repr(connection.apply(plan, key="k", approval=approved(plan))))
                except hc.HeadcountError as error:
                    told += texts_of(error)
    assert leaks(*told) == []
    assert leaks(*shown_of(journal)) == []
    assert leaks(*(record.getMessage() for record in caplog.records if not of_the_line(record.name))) == []


@pytest.mark.parametrize(
    "name",
    [
        *("namely-observed-hire", "insightly-observed-update", "bamboohr-observed-hire", "insightly-guide-hire"),
    ],
)
def test_the_line_itself_logs_no_value_in_an_address(
    name: str, journal: hc.Journal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    case = case_named(name)
    with case.start() as box:
        plant(box)
        with case.connect(box, journal) as connection:
            connection.plan(secret_change(case, box, connection))
    assert leaks(caplog.text) == []


def test_the_journal_tells_no_value_where_the_record_differs(
    journal: hc.Journal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    case = case_named("namely-observed-update")
    with case.start(Ignoring) as box:
        plant(box)
        box.ignored = frozenset({"family", "mobile_phone"})  # type: ignore[attr-defined]
        with case.connect(box, journal) as connection:
            plan = connection.plan(secret_change(case, box, connection))
            with pytest.raises(hc.VerifyError) as stopped:
                connection.apply(plan)
    assert leaks(*texts_of(stopped.value), *shown_of(journal), caplog.text) == []
    assert leaks(stopped.value.differences), "a program may ask for the values"


def test_the_whole_record_that_a_vendor_is_sent_is_told_nowhere(journal: hc.Journal) -> None:
    case = case_named("insightly-guide-terminate")
    with case.start(Clerk) as box:
        plant(box)
        with case.connect(box, journal) as connection:
            plan = connection.plan(case.ready(box, connection))
            with pytest.raises(hc.VerifyError) as stopped:
                connection.apply(plan, approval=approved(plan))
    assert leaks(*texts_of(stopped.value), *shown_of(journal)) == []


def test_a_record_that_moved_is_told_without_its_values(journal: hc.Journal) -> None:
    for name in ("namely-observed-update", "insightly-guide-update", "bamboohr-observed-update"):
        case = case_named(name)
        with case.start() as box:
            plant(box)
            with case.connect(box, journal) as connection:
                plan = connection.plan(secret_change(case, box, connection))
                _move(plain(box))
                with pytest.raises(hc.Held) as stopped:
                    connection.apply(plan, key=name)
        assert leaks(*texts_of(stopped.value), *shown_of(journal)) == []


def _move(person: Person) -> None:
    person.family, person.mobile_phone = "Qzxmoved", "+49 30 98765499"
    person.given = "Qzxmoved"


HIRED = {"time_type": "full_time", "start_date": TODAY.isoformat()}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("bamboohr-observed-update", {"demographics": {"gender": "Qzxgender"}}),
        ("bamboohr-observed-update", {"demographics": {"ethnicity": "Qzxethnicity"}}),
        ("bamboohr-observed-update", {"demographics": {"date_of_birth": "Qzxday"}}),
        ("bamboohr-guide-update", {"demographics": {"marital_status": "Qzxstatus"}}),
        ("bamboohr-observed-update", {"custom_fields": {"shirt_size": "Qzxshirts"}}),
        ("bamboohr-observed-update", {"work_email": "qzxwork0@example.com"}),
        ("bamboohr-observed-update", {"start_date": "Qzxday"}),
        ("bamboohr-observed-update", {"group_ids": "Qzxgroup"}),
        ("bamboohr-observed-update", {"mobile_phone": ["+49 30 98765444"]}),
        ("namely-observed-update", {"demographics": {"gender": "Qzxgender"}}),
        ("namely-observed-update", {"demographics": {"date_of_birth": "987654"}}),
        ("namely-observed-update", {"work_email": "qzxwork0@example.com"}),
        ("namely-observed-update", {"work_email": "Qzx no address"}),
        ("namely-guide-update", {"work_email": "qzxwork0@example.com"}),
        ("namely-observed-update", {"nothing": "Qzxnothing"}),
        ("insightly-guide-update", {"work_email": "qzxwork0@example.com"}),
        ("insightly-guide-update", {"custom_fields": {"PROFILE_ID": "Qzxprofile"}}),
        ("insightly-guide-update", {"custom_fields": {"ADMINISTRATOR": "Qzxadmin"}}),
        ("insightly-guide-update", {"custom_fields": {"ROLE_ID": "Qzxrole"}}),
        ("insightly-observed-update", {"work_email": "qzxwork0@example.com"}),
        ("insightly-observed-update", {"work_email": "Qzx no address"}),
    ],
)
def test_what_is_refused_is_refused_without_its_value(name: str, change: dict[str, Any], journal: hc.Journal) -> None:
    case = case_named(name)
    with case.start() as box:
        plant(box)
        with case.connect(box, journal) as connection:
            told: list[str] = []
            try:
                plan = connection.plan(hc.Update(id=case.vendor.id_of(plain(box)), fields=change))
                connection.apply(plan, key="k", approval=approved(plan))
            except hc.HeadcountError as error:
                told += texts_of(error)
            told += shown_of(journal)
    assert leaks(*told) == []


@pytest.mark.parametrize("name", ["namely-observed-hire", "bamboohr-observed-hire", "insightly-guide-hire"])
def test_who_is_there_already_is_told_by_id_alone(name: str, journal: hc.Journal) -> None:
    case = case_named(name)
    with case.start() as box:
        plant(box)
        with case.connect(box, journal) as connection:
            other = plain(box)
            for fields in (
                {**NEW, "work_email": other.email},
                {**NEW, "given_name": other.given, "family_name": other.family, "work_email": other.email},
            ):
                wanted = {key: value for key, value in fields.items() if key in case.vendor.connector.writable}
                if case.vendor.name != "insightly":
                    wanted |= HIRED
                with pytest.raises(hc.Conflict) as stopped:
                    connection.plan(hc.Hire(wanted))
                assert leaks(*texts_of(stopped.value)) == []


def test_the_word_of_a_person_that_settles_a_step_is_kept_and_no_more(journal: hc.Journal) -> None:
    case = case_named("namely-observed-hire")
    assert isinstance(journal.now, Hand)
    with case.start() as box:
        plant(box)
        with case.connect(box, journal) as connection:
            plan = connection.plan(secret_change(case, box, connection))
            box.play("unreached", **WRITE)
            with pytest.raises(hc.OutcomeUnknown) as stopped:
                connection.apply(plan, key="k", approval=approved(plan))
            journal.now.ahead += timedelta(minutes=5)
            settle(connection, "k", done=False, by="grace")
            assert len(writes(box)) == 2
    assert leaks(*texts_of(stopped.value), *shown_of(journal)) == []


def test_of_the_record_of_what_was_done_only_work_is_readable(journal: hc.Journal) -> None:
    for case in CASES:
        with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
            plan = connection.plan(case.ready(box, connection))
            connection.apply(plan, approval=approved(plan))
            (*_, record) = connection.journal.audit()
            connection.journal.close()
        for side in ("before", "expect"):
            for name, value in record[side].items():
                scope = scope_of(name)
                assert (value == f"[{scope}]") is (scope is not hc.Scope.WORK), (str(case), name, value)
        assert set(record) == {
            *("number", "at", "run", "vendor", "address", "verb", "employee", "plan", "approved_by", "state"),
            *("problem", "steps", "before", "expect", "hash"),
        }


def test_what_holds_personal_values_says_so_by_being_asked() -> None:
    """The plan's own text and file are for who approves it; what a program prints by accident is not."""
    case = case_named("bamboohr-observed-hire")
    with case.start() as box, case.connect(box, hc.Journal("sqlite://")) as connection:
        plan = connection.plan(secret_change(case, box, connection))
        outcome = connection.apply(plan, approval=approved(plan))
        connection.journal.close()
    assert leaks(str(plan))
    assert leaks(plan.to_json())
    assert leaks(outcome.shown)
    assert leaks(repr(outcome)) == []
