"""The sandboxes' webhooks: as they are described and recorded, and sent over HTTP by the sandbox's clock."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from headcount.sandbox import WEBHOOK_FAULTS, Outbox, Person, Sandbox, StatusRow
from headcount_bamboohr.sandbox import BambooSandbox
from headcount_namely.sandbox import NamelySandbox
from tests.recorded import recording
from tests.roster.stage import NOON
from tests.webhooks.office import Office, receiver

WANTED = {"name": "Test", "url": "https://example.com/webhook", "format": "json", "monitorFields": ["firstName"]}
EVENTS = ["employee.created", "employee.updated", "employee.deleted"]


@pytest.fixture
def box() -> Iterator[BambooSandbox]:
    with BambooSandbox(people=40, now=NOON) as found:
        yield found


def ask(box: BambooSandbox, method: str, path: str, body: Any = None, user: str | None = None) -> requests.Response:
    url = f"{box.base_url}/webhooks{path}"
    auth = (user or box.key, "x")
    return requests.request(method, url, json=body, auth=auth, headers={"Accept": "application/json"}, timeout=5)


def told(box: Any) -> list[dict[str, Any]]:
    """What waits to be sent, and is taken away."""
    outbox: Outbox = box.webhooks
    outbox.notice()
    found = [json.loads(one.body) for one in outbox.waiting]
    outbox.waiting.clear()
    return found


def plain(box: Sandbox) -> Person:
    return next(one for one in box.people[1:] if not one.tags and one.active)


def test_what_is_made_has_the_recorded_shape(box: BambooSandbox) -> None:
    kept = recording("bamboohr", "n25-post-webhooks-create")
    answer = ask(box, "POST", "", kept.sent)
    assert answer.status_code == kept.status == 201
    assert answer.json().keys() == kept.body.keys()
    same = kept.body.keys() - {"id", "created", "privateKey", "events"}
    assert {name: answer.json()[name] for name in same} == {name: kept.body[name] for name in same}
    assert sorted(answer.json()["events"]) == sorted(kept.body["events"])
    assert len(answer.json()["privateKey"]) == 32
    assert {type(answer.json()[name]) for name in ("id", "created")} == {str}


def test_the_key_is_told_once(box: BambooSandbox) -> None:
    made = ask(box, "POST", "", WANTED).json()
    assert "privateKey" not in ask(box, "GET", f"/{made['id']}").json()
    assert "privateKey" not in ask(box, "PUT", f"/{made['id']}", {**WANTED, "name": "Other"}).json()
    (one,) = ask(box, "GET", "").json()["webhooks"]
    assert one == {"id": "1", "name": "Other", "created": made["created"], "lastSent": None, "url": WANTED["url"]}


def test_replacing_forgets_what_is_not_named(box: BambooSandbox) -> None:
    ask(box, "POST", "", {**WANTED, "includeCompanyDomain": True, "postFields": {"firstName": "Name"}})
    after = ask(box, "PUT", "/1", WANTED).json()
    assert (after["includeCompanyDomain"], after["postFields"]) == (False, {})


def test_removing_answers_a_text(box: BambooSandbox) -> None:
    ask(box, "POST", "", WANTED)
    answer = ask(box, "DELETE", "/1")
    assert (answer.status_code, answer.text) == (200, "Web hook has been deleted.")
    assert ask(box, "DELETE", "/1").json() == {"errors": [{"error": "No webhook was found with ID: 1."}]}


def test_another_users_webhook_is_forbidden(box: BambooSandbox) -> None:
    ask(box, "POST", "", WANTED)
    box.webhooks.hooks["1"].owner = "other"
    for method in ("GET", "PUT", "DELETE"):
        answer = ask(box, method, "/1", WANTED)
        assert answer.status_code == 403
        assert answer.json() == {"errors": {"error": "You do not have access to webhook ID: 1"}}
    assert ask(box, "GET", "").json() == {"webhooks": []}


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"url": "http://example.com"}, "https://"),
        ({"format": "xml"}, "format"),
        ({"format": None}, "format is required"),
        ({"name": ""}, "name is required"),
        ({"monitorFields": []}, "monitorFields"),
        ({"events": ["employee.renamed"]}, "unknown events"),
        ({"events": ["employee.created", "employee_with_fields.created"]}, "cannot be mixed"),
    ],
)
def test_a_wrong_webhook_is_refused_with_its_issues(change: dict[str, Any], issue: str, box: BambooSandbox) -> None:
    answer = ask(box, "POST", "", {**WANTED, **change})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert issue in " ".join(error["issues"])


def test_fields_are_those_that_are_offered(box: BambooSandbox) -> None:
    offered = {one["alias"] for one in ask(box, "GET", "/monitor_fields").json()["fields"]}
    assert {"firstName", "status", "reportsTo"} <= offered
    assert {one["alias"] for one in ask(box, "GET", "/post-fields").json()["fields"]} == offered
    answer = ask(box, "POST", "", {**WANTED, "monitorFields": ["nonsense"]})
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["unknownFields"] == [{"id": None, "name": "nonsense"}]


def test_the_guide_makes_none_by_its_api() -> None:
    with BambooSandbox(people=40, now=NOON, dialect="guide") as box:
        assert ask(box, "POST", "", WANTED).status_code == 404
        box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["firstName"])
        plain(box).given = "Anew"
        assert [one["data"]["changedFields"] for one in told(box)] == [["firstName"]]


# -- what is told -------------------------------------------------------------------------------------


def test_a_hire_is_created_and_then_updated(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["firstName", "jobTitle"])
    url = f"{box.base_url}/employees"
    requests.post(url, json={"firstName": "Ada", "lastName": "King"}, auth=(box.key, "x"), timeout=5)
    first, second = told(box)
    assert (first["type"], second["type"]) == ("employee.created", "employee.updated")
    assert first["data"].keys() == {"companyId", "employeeId"}
    assert second["data"]["changedFields"] == ["firstName"]
    assert first["timestamp"].endswith("+0000")


def test_only_monitored_fields_are_told_of(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["lastName"])
    person = plain(box)
    person.given = "Anew"
    box.touch(person)
    assert told(box) == []
    person.family = "Other"
    box.touch(person)
    assert [one["data"]["employeeId"] for one in told(box)] == [str(person.id)]


def test_a_leaving_ahead_is_told_on_its_day(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["status", "employmentHistoryStatus"])
    person = plain(box)
    box.departs(person, box.clock.today() + timedelta(days=3))
    assert told(box) == []
    box.clock.advance(days=3)
    assert [one["data"]["changedFields"] for one in told(box)] == [["status", "employmentHistoryStatus"]]
    box.stays(person)
    assert len(told(box)) == 1


def test_who_is_deleted_is_told_of(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["status"])
    one, other = box.people[5], box.people[7]
    requests.delete(f"{box.base_url}/employees/{one.id}", auth=(box.key, "x"), timeout=5)
    box.people.remove(other)
    assert [(message["type"], message["data"]["employeeId"]) for message in told(box)] == [
        ("employee.deleted", str(one.id)),
        ("employee.deleted", str(other.id)),
    ]


def test_the_family_of_fields_has_the_recorded_shape(box: BambooSandbox) -> None:
    kept = recording("bamboohr", "w01-webhook-delivery-field-based")
    assert kept.sent is not None
    (recorded,) = kept.sent["employees"]
    box.webhooks.add("https://example.com", monitorFields=["firstName"], postFields={"firstName": "First name"})
    plain(box).given = "Tefi"
    (message,) = told(box)
    (one,) = message["employees"]
    assert one.keys() == recorded.keys() | {"action", "timestamp"}  # these came in 2025
    assert one["fields"] == {"First name": {"value": "Tefi"}}
    assert one["action"] == "Updated"


def test_a_webhook_is_told_of_its_own_events_alone(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=["employee.deleted", "company.updated"])
    plain(box).given = "Anew"
    box.people.remove(box.people[-1])
    assert [one["type"] for one in told(box)] == ["employee.deleted"]


def test_a_rehire_is_told_of_by_namely_in_words_that_are_invented() -> None:
    with NamelySandbox(people=40, now=NOON) as box:
        box.webhooks.add("https://example.com")
        person = plain(box)
        box.departs(person, box.clock.today())
        box.stays(person)
        person.given = "Anew"
        box.touch(person)
        new = box.newcomer()
        new.given, new.family = "Nia", "New"
        box.people.append(new)
        events = [one["event"] for one in told(box)]
        assert events[:3] == ["profile.terminated", "profile.rehired", "profile.updated"]
        assert "profile.created" in events


# -- how it is sent -----------------------------------------------------------------------------------


def test_messages_are_signed_and_sent_over_http(office: Office) -> None:
    with receiver(office) as address:
        office.hook.url = address
        id = office.renamed()
        (sent,) = office.outbox.deliver()
        assert (sent.status, sent.id) == (200, id)
        assert office.outbox.deliver() == []
        at = sent.headers["X-BambooHR-Timestamp"]
        right = hmac.new(office.hook.key.encode(), sent.body + at.encode(), "sha256").hexdigest()
        assert sent.headers["X-BambooHR-Signature"] == right == right.lower()


def test_what_was_not_taken_is_sent_again_five_times(office: Office) -> None:
    """After 5, 10, 20, 40 and 80 minutes where nobody answers, or with a 5xx."""
    office.hook.url = "http://127.0.0.1:9/"  # nobody is there
    office.renamed()
    waited = [0]
    office.outbox.deliver()
    for _ in range(200):
        office.box.clock.advance(minutes=1)
        waited[-1] += 1
        if office.outbox.deliver():
            waited.append(0)
    assert waited[:-1] == [5, 10, 20, 40, 80]
    (sent,) = office.outbox.sent
    assert (sent.tries, sent.status) == (6, None)
    assert not office.outbox.waiting


def test_a_refusal_is_not_sent_again(office: Office) -> None:
    with receiver(office) as address:
        office.hook.url, office.hook.key = address, "f" * 32
        office.renamed()
        (sent,) = office.outbox.deliver()
        assert sent.status == 401
        assert not office.outbox.waiting


def test_an_outage_of_ours_is_over_before_the_vendor_gives_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of its tries is taken, with the signature of the first."""
    with receiver(office) as address:
        office.hook.url = address
        id = office.renamed()
        with monkeypatch.context() as patch:
            patch.setattr(office.connection.vault, "get", lambda name: 1 / 0)
            for minutes in (0, 5, 10, 20, 40):
                office.box.clock.advance(minutes=minutes)
                assert [one.status for one in office.outbox.deliver()] == [503]
        office.box.clock.advance(minutes=80)
        assert [one.status for one in office.outbox.deliver()] == [200]
        assert list(office.waiting()) == [id]


def test_the_log_tells_what_was_sent(box: BambooSandbox) -> None:
    ask(box, "POST", "", {**WANTED, "url": "http://127.0.0.1:9/"})
    plain(box).given = "Anew"
    box.webhooks.deliver()
    (row,) = ask(box, "GET", "/1/log").json()
    assert (row["webhookId"], row["statusCode"], row["employeeIds"]) == ("1", "0", [str(plain(box).id)])
    box.clock.advance(days=15)
    assert ask(box, "GET", "/1/log").json() == []


@pytest.mark.parametrize("kind", WEBHOOK_FAULTS)
def test_every_fault_of_delivery_bites(kind: str, office: Office) -> None:
    with receiver(office) as address:
        office.hook.url = address
        ids = [office.renamed(skip) for skip in range(2)]
        office.outbox.play(kind)
        office.outbox.deliver()
        statuses = [answer.status for answer in office.answers]
        named = [id for answer in office.answers for id in answer.ids]
        duplicates = [answer.duplicate for answer in office.answers]
        assert {
            "duplicated": (statuses, duplicates) == ([200] * 3, [False, True, False]),
            "disordered": named == ids[::-1],
            "late": named == ids[1:],
            "truncated": statuses == [401, 200],
        }[kind]
        if kind == "late":
            office.box.clock.advance(hours=3)
            office.outbox.deliver()
            assert len(office.answers) == 2
            assert office.answers[1].status == 200


def test_no_other_fault_can_be_ordered(box: BambooSandbox) -> None:
    with pytest.raises(ValueError, match="duplicated, disordered"):
        box.webhooks.play("nonsense")


def test_a_sandbox_that_is_run_by_hand_sends_by_itself(office: Office) -> None:
    with receiver(office) as address:
        office.hook.url = address
        office.renamed()
        office.outbox.deliver_by_itself(0.01)
        for _ in range(500):
            if office.answers:
                break
            time.sleep(0.01)
        assert [answer.status for answer in office.answers] == [200]


def test_a_status_that_takes_effect_by_a_row_is_told_of(box: BambooSandbox) -> None:
    box.webhooks.add("https://example.com", events=EVENTS, monitorFields=["employmentHistoryStatus"])
    person = plain(box)
    person.statuses.append(StatusRow(date=box.clock.today() + timedelta(days=1), status="Part-Time"))
    assert told(box) == []
    box.clock.advance(days=1)
    told_of = [one["data"]["employeeId"] for one in told(box)]
    assert str(person.id) in told_of
