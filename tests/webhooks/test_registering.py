"""Webhooks at the vendor: made once, with their keys kept before anybody says that it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Sandbox
from tests.connectors.vendors import BAMBOOHR, NAMELY
from tests.roster.stage import NOON, OPTIONS
from tests.webhooks.office import ELSEWHERE, Office, receiver


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=12, now=NOON) as found:
        yield found


@pytest.fixture
def hr(box: Sandbox, sqlite: str) -> Iterator[hc.Connection]:
    with hc.Vault(sqlite) as vault, box.connect(options=OPTIONS, store=sqlite, vault=vault, name="acme") as found:
        yield found


def hooks(box: Sandbox) -> dict[str, Any]:
    return box.webhooks.hooks


def test_a_webhook_is_made_for_what_is_read_and_its_key_is_kept(box: Sandbox, hr: hc.Connection) -> None:
    made = hr.register_webhook(ELSEWHERE, name="ours")
    hook = hooks(box)[made.id]
    assert (made.url, made.name, made.key) == (ELSEWHERE, "ours", "")
    assert hook.about["events"] == ["employee.created", "employee.updated", "employee.deleted"]
    assert {"firstName", "jobTitle", "status", "reportsTo", "customShirtSize"} <= set(hook.about["monitorFields"])
    assert not {"dateOfBirth", "payRate", "ssn", "lastChanged"} & set(
        hook.about["monitorFields"]
    )  # not read, or not offered
    kept = hr.vault.get("acme")
    assert kept is not None
    assert kept.webhooks == {made.id: hook.key}
    assert hook.key not in repr(made) + repr(kept) + repr(hr.webhooks())


def test_with_other_scopes_other_fields_are_monitored(box: Sandbox, sqlite: str) -> None:
    with box.connect(options=OPTIONS, store=sqlite, scopes=tuple(hc.Scope), name="acme") as hr:
        made = hr.register_webhook(ELSEWHERE)
    assert "dateOfBirth" in hooks(box)[made.id].about["monitorFields"]


def test_what_was_registered_is_received_and_the_roster_follows(office: Office) -> None:
    """From one end to the other over HTTP: with the key that the vendor told, and no other."""
    with receiver(office) as address:
        made = office.connection.register_webhook(address)
        office.outbox.hooks.pop(office.hook.id)
        person = office.plain()
        person.title = "Astronaut"
        for row in person.jobs:
            row.title = "Astronaut"
        office.box.touch(person)
        (sent,) = office.outbox.deliver()
        assert (sent.hook.id, sent.status) == (made.id, 200)
        office.take_in()
        assert office.roster.employee(str(person.id)).job_title == "Astronaut"
        assert office.connection.webhooks()[0].last_sent is not None
        office.connection.remove_webhook(made.id)
        assert made.id not in office.connection.kept_webhook_keys
        assert made.id not in office.outbox.hooks


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "ftp://127.0.0.1/", "hooks.example.com", "https://", ""])
def test_only_https_is_an_address(url: str, box: Sandbox, hr: hc.Connection) -> None:
    with pytest.raises(hc.Rejected, match="begins with https://"):
        hr.register_webhook(url)
    assert not hooks(box)


def test_this_machine_is_no_address_for_a_real_vendor(sqlite: str) -> None:
    with hc.connect("bamboohr", company="acme", api_key="k", store=sqlite) as hr, pytest.raises(hc.Rejected):
        hr.register_webhook("http://127.0.0.1:8000/")


def test_an_address_has_one_webhook(box: Sandbox, hr: hc.Connection) -> None:
    hr.register_webhook(ELSEWHERE)
    with pytest.raises(hc.Rejected, match="webhook 1 sends to this address already"):
        hr.register_webhook(ELSEWHERE)
    assert len(hooks(box)) == 1


def test_a_key_that_cannot_be_kept_leaves_no_webhook(
    box: Sandbox, hr: hc.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(name: str, how: Any) -> Any:
        raise hc.ConfigError("the disk is full")

    monkeypatch.setattr(hr.vault, "change", full)
    with pytest.raises(hc.HeadcountError, match=r"the disk is full\. Webhook 1 is removed again"):
        hr.register_webhook(ELSEWHERE)
    assert not hooks(box)


def test_one_that_cannot_be_removed_again_is_told(
    box: Sandbox, hr: hc.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hr.vault, "change", lambda name, how: 1 / 0)
    box.play("error", on="/webhooks/1$", times=None)
    with pytest.raises(hc.HeadcountError, match=r"ZeroDivisionError\. Webhook 1 is left at the vendor"):
        hr.register_webhook(ELSEWHERE)


def test_a_vault_that_cannot_be_opened_is_found_out_before_anything_is_made(box: Sandbox, sqlite: str) -> None:
    with hc.Vault(sqlite, key=other_key()) as vault:
        vault.put("acme", hc.Credential(token="t"))
    with box.connect(options=OPTIONS, store=sqlite, name="acme") as hr, pytest.raises(hc.ConfigError):
        hr.register_webhook(ELSEWHERE)
    assert not [one for one in box.log if one.method == "POST"]


def other_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


@pytest.mark.parametrize("fault", ["reset", "truncated", "html", "invalid_json"])
def test_a_lost_answer_makes_no_second_webhook_and_leaves_none(fault: str, box: Sandbox, hr: hc.Connection) -> None:
    """It is looked up, and what nobody has the key of is removed."""
    box.play(fault, on="/webhooks$", method="POST")
    with pytest.raises(hc.HeadcountError, match="the answer to making a webhook was lost"):
        hr.register_webhook(ELSEWHERE)
    assert not hooks(box)
    assert not hr.kept_webhook_keys
    assert len([one for one in box.log if one.method == "POST"]) == 1
    hr.register_webhook(ELSEWHERE)
    assert len(hooks(box)) == 1


def test_what_cannot_be_looked_up_either_is_told(box: Sandbox, hr: hc.Connection) -> None:
    box.play("reset", on="/webhooks$", method="POST")
    box.play("error", on="/webhooks$", method="GET", after=1, times=None)
    with pytest.raises(hc.HeadcountError, match="could not be looked up: list them"):
        hr.register_webhook(ELSEWHERE)


def test_throttling_is_waited_for_and_makes_one(box: Sandbox, hr: hc.Connection) -> None:
    box.play("throttle", on="/webhooks$", method="POST", retry_after="0")
    hr.register_webhook(ELSEWHERE)
    assert len(hooks(box)) == 1


def test_another_users_webhook_and_none_are_told_apart(box: Sandbox, hr: hc.Connection) -> None:
    made = hr.register_webhook(ELSEWHERE)
    hooks(box)[made.id].owner = "somebody else"
    assert hr.webhooks() == []
    with pytest.raises(hc.Forbidden, match="webhook 1 is another user's"):
        hr.remove_webhook(made.id)
    assert hr.kept_webhook_keys == {made.id}
    del hooks(box)[made.id]
    with pytest.raises(hc.NotFound, match="the vendor has no webhook 1"):
        hr.remove_webhook(made.id)
    assert not hr.kept_webhook_keys


def test_fields_that_may_not_be_monitored_are_the_vendors_error(box: Sandbox, hr: hc.Connection) -> None:
    box.play("forbidden", on="/webhooks$", method="POST")
    with pytest.raises(hc.Forbidden):
        hr.register_webhook(ELSEWHERE)
    assert not hr.kept_webhook_keys


def test_a_vendor_whose_webhooks_are_made_by_hand_says_so(sqlite: str) -> None:
    with NAMELY.start(people=3) as box, box.connect(store=sqlite) as hr:
        for ask in (lambda: hr.register_webhook(ELSEWHERE), hr.webhooks, lambda: hr.remove_webhook("1")):
            with pytest.raises(hc.Unsupported, match="on its own pages"):
                ask()


def test_an_empty_key_is_not_kept(hr: hc.Connection) -> None:
    with pytest.raises(hc.Rejected):
        hr.keep_webhook_key("1", "  ")


def test_neither_log_nor_errors_tell_the_key(box: Sandbox, hr: hc.Connection) -> None:
    made = hr.register_webhook(ELSEWHERE)
    key = hooks(box)[made.id].key
    assert key not in json.dumps([str(one) for one in box.log])
    assert key not in repr(hr.webhooks())
