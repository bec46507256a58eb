"""What becomes of a message: what is proved before anything is believed, what is kept, and what is answered."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import headcount as hc
from headcount import webhooks
from headcount.webhooks import ids_in, proved
from headcount_bamboohr import bamboohr
from tests.connectors.vendors import INSIGHTLY, NAMELY
from tests.recorded import FOLDER
from tests.roster.stage import OPTIONS
from tests.webhooks.office import Office, event, opened, signed

HOUR = 3600.0


def nothing_is_kept(office: Office) -> bool:
    return not office.waiting() and not office.rows("SELECT mark FROM roster_messages")


def test_a_message_is_taken_once_and_told_to_be_a_duplicate_after(anywhere: Office) -> None:
    first, again = anywhere.send(event(id="12"), times=2)
    assert (first.status, first.ids, first.duplicate) == (200, ("12",), False)
    assert (again.status, again.ids, again.duplicate) == (200, ("12",), True)
    assert list(anywhere.waiting()) == ["12"]


def test_both_families_of_messages_name_people(office: Office) -> None:
    (one,) = office.send({"employees": [{"id": "3", "fields": {}}, {"id": 4}, {"id": "3"}]})
    assert one.ids == ("3", "4")
    (other,) = office.send(event(id=9))
    assert other.ids == ("9",)
    assert set(office.waiting()) == {"3", "4", "9"}


def test_the_recorded_delivery_is_taken() -> None:
    """It was sent by the vendor in 2022, and is signed anew with a key that tells nothing."""
    file = FOLDER / "bamboohr" / "w01-webhook-delivery-field-based.json"
    if not file.exists():
        pytest.skip(f"the recordings are not here: no {file}")
    request = json.loads(file.read_text(encoding="utf-8"))["request"]
    body, headers = request["raw_body"].encode(), request["headers"]
    sent = datetime.fromtimestamp(int(headers["X-BambooHR-Timestamp"]), UTC)
    assert bamboohr.webhooks is not None
    assert bamboohr.webhooks.signing is not None
    assert proved(bamboohr.webhooks.signing, ["0123456789abcdef0123456789abcdef"], headers, body, sent)
    assert ids_in(bamboohr.webhooks, body) == ("5",)


# -- the signature ------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 30 * 24 * HOUR, -30 * 24 * HOUR])
def test_a_forged_webhook_is_refused_before_its_age_is_looked_at(office: Office, age: float) -> None:
    (answer,) = office.send(event(id="12"), key="f" * 32, ago=age)
    assert answer.status == 401
    assert nothing_is_kept(office)


@pytest.mark.parametrize("change", ["body", "timestamp", "upper", "half", "none", "no_timestamp", "empty_key", "dot"])
def test_what_is_not_signed_to_the_letter_is_refused(office: Office, change: str) -> None:
    body, at = json.dumps(event(id="12")).encode(), int(office.box.clock.now().timestamp())
    headers = signed(body, at, "" if change == "empty_key" else office.hook.key)
    signature = headers["X-BambooHR-Signature"]
    if change == "body":
        body = body.replace(b'"12"', b'"13"')
    elif change == "timestamp":
        headers["X-BambooHR-Timestamp"] = str(at + 1)
    elif change in ("upper", "half"):
        headers["X-BambooHR-Signature"] = signature.upper() if change == "upper" else signature[:32]
    elif change in ("none", "no_timestamp"):
        del headers["X-BambooHR-Signature" if change == "none" else "X-BambooHR-Timestamp"]
    elif change == "dot":  # as several guides print it, and as no recorded delivery is signed
        headers = signed(f"{at}.".encode() + body, "", office.hook.key) | {"X-BambooHR-Timestamp": str(at)}
    assert office.receive(headers, body).status == 401
    assert nothing_is_kept(office)


def test_what_is_moved_between_body_and_timestamp_makes_no_other_message(office: Office) -> None:
    """Nothing stands between the two: whoever has seen one message could cut it elsewhere."""
    body, at = json.dumps(event(id="12")).encode(), str(int(office.box.clock.now().timestamp()))
    headers = signed(body, at, office.hook.key)
    assert office.receive(headers, body).status == 200
    whole = body + at.encode()
    for cut in range(len(whole)):
        if cut == len(body):
            continue
        moved = {**headers, "X-BambooHR-Timestamp": whole[cut:].decode()}
        answer = office.receive(moved, whole[:cut])
        assert answer.status in (400, 401), cut
    for body in (b'{"employees":[{"id":"5"}]}0', b"employees=50"):  # a form may end with a digit
        headers = signed(body, at, office.hook.key)
        moved = {**headers, "X-BambooHR-Timestamp": f"0{at}"}
        assert office.receive(moved, body[:-1]).status == 400
    assert len(office.waiting()) == 1


def test_headers_are_read_by_any_case_and_with_blanks_around(office: Office) -> None:
    body = json.dumps(event(id="12")).encode()
    headers = signed(body, int(office.box.clock.now().timestamp()), office.hook.key)
    odd = {name.upper() if "Sig" in name else name.lower(): f"  {value} " for name, value in headers.items()}
    assert office.receive(odd, body).ids == ("12",)


def test_any_of_several_keys_proves_and_a_removed_one_no_more(office: Office) -> None:
    office.connection.keep_webhook_key("second", "2" * 32)
    assert office.send(event(id="1"), key="2" * 32)[0].status == 200
    assert office.send(event(id="2"))[0].status == 200
    assert office.connection.kept_webhook_keys == {office.hook.id, "second"}


def test_another_connections_key_proves_nothing(office: Office) -> None:
    with office.box.connect(
        options=OPTIONS, store=office.roster.url, vault=office.connection.vault, name="other"
    ) as other:
        other.keep_webhook_key("1", "a" * 32)
        assert office.send(event(id="12"), key="a" * 32)[0].status == 401
        body = json.dumps(event(id="12")).encode()
        headers = signed(body, int(office.box.clock.now().timestamp()), "a" * 32)
        assert other.webhook(headers, body, now=office.box.clock.now()).status == 200
    assert office.rows("SELECT connection FROM roster_waiting") == [("other",)]


# -- time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "status"), [(-60, 200), (-HOUR, 400), (155 * 60, 200), (23 * HOUR, 200), (25 * HOUR, 400)]
)
def test_a_late_message_is_taken_and_one_from_the_future_or_of_long_ago_is_not(
    office: Office, ago: float, status: int
) -> None:
    first, again = office.send(event(id="12"), ago=ago, times=2)
    assert first.status == again.status == status
    assert again.duplicate is (status == 200)
    assert bool(office.waiting()) is (status == 200)


def test_a_message_is_remembered_for_as_long_as_it_would_be_taken(office: Office) -> None:
    """Whatever is let go of meanwhile: a sync clears what has been kept for long enough."""
    body = json.dumps(event(id="12")).encode()
    headers = signed(body, int(office.box.clock.now().timestamp()) + 240, office.hook.key)  # of a clock that is fast
    assert office.receive(headers, body).status == 200
    while (answer := office.receive(headers, body)).status == 200:
        assert answer.duplicate
        office.box.clock.advance(hours=5)
        office.roster.sync(office.connection)
    assert answer.status == 400
    office.box.clock.advance(days=3)
    office.roster.sync(office.connection)
    assert nothing_is_kept(office)


# -- the body -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"employees": []}',
        b'{"employees": [{"id": null}]}',
        b'{"employees": [{"id": "../12"}]}',
        b'{"employees": [{"id": true}]}',
        b'{"employees": [{"id": "' + b"9" * 500 + b'"}]}',
        b'{"type": "company.updated", "data": {"companyId": "12345"}}',
        b"employees%5B0%5D%5Bid%5D=5",
        b"[" * 5000,
        json.dumps({"employees": [{"id": n} for n in range(600)]}).encode(),
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_signed_body_that_cannot_be_read_says_that_something_changed(office: Office, body: bytes) -> None:
    """The vendor sent it, and would not send it again: the next sync reads what changed, and not the named alone."""
    (answer,) = office.send(body)
    assert (answer.status, answer.ids) == (200, ())
    assert list(office.waiting()) == [""]
    run = office.take_in()
    assert run is not None
    assert run.kind == "changes"
    assert not office.waiting()


def test_a_large_body_is_refused_unread_and_quickly(office: Office) -> None:
    body = b"x" * 10_000_000
    headers = signed(body, int(office.box.clock.now().timestamp()), office.hook.key)
    office.connection.vault.close()
    begun = time.perf_counter()
    answers = [office.receive(headers, body) for _ in range(1000)]
    assert {answer.status for answer in answers} == {413}
    assert time.perf_counter() - begun < 1.0  # signing it alone would take ten seconds
    assert nothing_is_kept(office)


def test_more_people_than_can_wait_are_one_hint(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headcount.roster.inbox.MOST", 5)
    office.send({"employees": [{"id": n} for n in range(5)]})
    (answer,) = office.send(event(id="77"))
    assert answer.status == 200
    assert set(office.waiting()) == {"0", "1", "2", "3", "4", ""}


# -- whose fault it is --------------------------------------------------------------------------------


def test_a_store_that_is_down_is_our_fault_and_nothing_is_lost(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(sqlite) as office:
        with office.roster._engine.begin() as db:
            db.execute(text("ALTER TABLE roster_waiting RENAME TO gone"))
        (answer,) = office.send(event(id="12"))
        assert answer.status == 503
        with office.roster._engine.begin() as db:
            db.execute(text("ALTER TABLE gone RENAME TO roster_waiting"))
        first, again = office.send(event(id="12"), times=2)
        assert (first.status, first.duplicate, again.duplicate) == (200, False, True)


def test_a_vault_that_cannot_be_opened_is_our_fault(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise hc.ConfigError("the vault cannot be opened")

    monkeypatch.setattr(office.connection.vault, "get", broken)
    assert office.send(event(id="12"))[0].status == 503


def test_a_connection_without_a_key_cannot_prove_anything_and_asks_to_send_again(office: Office) -> None:
    """One that is being made may send before its key is kept: refused for good, that message would be lost."""
    with office.box.connect(options=OPTIONS, store=office.roster.url, vault=office.connection.vault, name="new") as new:
        answer = new.webhook({}, b"{}")
        assert answer.status == 503
        assert "register" in answer.why


def test_no_answer_tells_a_key_or_what_stands_in_the_body(office: Office) -> None:
    body = json.dumps(event(id="12", name="Mallory")).encode()
    at = int(office.box.clock.now().timestamp())
    for headers in (signed(body, at, office.hook.key), signed(body, 5, office.hook.key), {}):
        said = repr(office.receive(headers, body))
        assert "Mallory" not in said
        assert office.hook.key not in said
    assert office.hook.key not in repr(office.connection.vault.get("acme"))


# -- once, whoever is at it ---------------------------------------------------------------------------


def test_one_message_in_many_threads_counts_once(anywhere: Office) -> None:
    for turn in range(5):
        body = json.dumps(event(id=turn)).encode()
        headers = signed(body, int(anywhere.box.clock.now().timestamp()), anywhere.hook.key)
        found: list[hc.Received] = []
        ready = threading.Barrier(8)

        def receive(ready: Any = ready, found: Any = found, headers: Any = headers, body: bytes = body) -> None:
            ready.wait()
            found.append(anywhere.receive(headers, body))

        threads = [threading.Thread(target=receive) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [one.status for one in found] == [200] * 8
        assert sum(not one.duplicate for one in found) == 1
    assert set(anywhere.waiting()) == {"0", "1", "2", "3", "4"}


# -- vendors that sign nothing, or send nothing -------------------------------------------------------


def test_what_nothing_proves_is_off_until_it_is_switched_on(sqlite: str) -> None:
    with opened(sqlite, NAMELY) as office:
        person = office.plain()
        body = json.dumps({"event": "profile.updated", "profile_id": person.uuid}).encode()
        assert office.receive({}, body).status == 404
        assert not office.waiting()
        assert office.receive({}, body, unsigned=True).ids == (person.uuid,)
        assert office.receive({}, body, unsigned=True).duplicate is False  # the same words may tell of another change
        for other in (b"", b"{}", b'{"event": "other"}', b'{"event": "profile.updated", "id": "5"}'):
            assert office.receive({}, other, unsigned=True).status == 400
        inner = {"event": "profile.created", "data": {"id": "f" * 8}}
        assert office.receive({}, json.dumps(inner).encode(), unsigned=True).ids == ("f" * 8,)


def test_a_vendor_without_webhooks_says_so(sqlite: str) -> None:
    with INSIGHTLY.start(people=3) as box, box.connect(store=sqlite) as connection:
        assert connection.webhook({}, b"{}").status == 404
        with pytest.raises(hc.Unsupported, match="insightly is not known to make a webhook"):
            connection.register_webhook("https://hooks.example.com/")


def test_a_message_of_a_day_ago_is_within_what_is_remembered() -> None:
    assert timedelta(minutes=155) * 2 < webhooks.OLDEST
    assert webhooks.OLDEST + webhooks.AHEAD < webhooks.KEPT
