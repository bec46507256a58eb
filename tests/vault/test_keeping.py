"""Keys in the vault: found by a connection's name, taken up when they are replaced, given back and forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.sandbox import Answer, Call, route, unauthenticated
from headcount_namely import namely
from headcount_namely.sandbox import NamelySandbox
from tests.connectors.vendors import VENDORS, Vendor
from tests.vault.granted import ONE, OPTIONS, TWO, grant


@pytest.fixture(params=VENDORS, ids=str)
def home(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A sandbox of each vendor, by its key."""
    vendor: Vendor = request.param
    with vendor.start(people=5) as found:
        yield found


def open_settings(box: Any) -> dict[str, Any]:
    return {name: value for name, value in box.settings.items() if value != box.key}


def kept(box: Any, vault: hc.Vault, **more: Any) -> hc.Connection:
    """A connection whose key is in the vault under its name."""
    with hc.connect(box.name, **box.settings, name="acme", vault=vault, options=OPTIONS) as first:
        first.keep(**more)
    return hc.connect(box.name, **open_settings(box), name="acme", vault=vault, options=OPTIONS)


def test_a_key_that_is_kept_need_not_be_told_again(home: Any, vault: hc.Vault) -> None:
    with kept(home, vault) as connection:
        assert len(list(connection.employees())) == 5
        health = connection.kept_health()
    assert health is not None
    assert (health.owner.id, health.owner.name) == (home.id_of(home.people[0]), None)
    assert not health.granted


def test_a_key_that_is_not_taken_is_not_kept(home: Any, vault: hc.Vault) -> None:
    with hc.connect(home.name, **home.settings, name="acme", vault=vault, options=OPTIONS) as connection:
        home.key = "another"
        with pytest.raises(hc.AuthError):
            connection.keep()
    assert vault.names() == []


def test_what_is_told_comes_before_what_is_kept(home: Any, vault: hc.Vault) -> None:
    kept(home, vault).close()
    home.key = "another"
    with hc.connect(home.name, **home.settings, name="acme", vault=vault, options=OPTIONS) as connection:
        assert len(list(connection.employees())) == 5


def test_a_program_that_runs_takes_up_the_key_that_replaced_its_own(home: Any, vault: hc.Vault) -> None:
    with kept(home, vault) as connection:
        assert connection.whoami()
        home.key = "another-sandbox-key"
        with pytest.raises(hc.AuthError):
            connection.whoami()
        with hc.connect(home.name, **home.settings, name="acme", vault=vault, options=OPTIONS) as again:
            again.keep()
        before = len(home.log)
        assert connection.whoami()
        assert len(home.log) == before + 2  # refused once, and taken
        assert "another-sandbox-key" in "".join(connection.auth.secrets)


def test_threads_take_up_one_key(vault: hc.Vault) -> None:
    with NamelySandbox(people=5) as box, kept(box, vault) as connection:
        box.key = "another-sandbox-key"
        with hc.connect("namely", **box.settings, name="acme", vault=vault, options=OPTIONS) as again:
            again.keep()
        failed: list[Exception] = []

        def ask() -> None:
            try:
                connection.whoami()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is told
                failed.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []


def test_a_vault_that_nobody_asked_for_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(hc.ConfigError, match="namely needs token"):
        hc.connect("namely", company="acme")
    assert list(tmp_path.iterdir()) == []


def test_who_has_no_vault_needs_no_extra_to_hear_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADCOUNT_KEY")
    code = "import sys; sys.modules['sqlalchemy'] = None; import headcount; headcount.connect('namely', company='acme')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ConfigError: namely needs token" in done.stderr


def test_without_a_key_no_vault_is_looked_into(home: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(home, vault).close()
    monkeypatch.setenv("HEADCOUNT_STORE", vault.url)
    monkeypatch.delenv("HEADCOUNT_KEY")
    with pytest.raises(hc.ConfigError, match="needs"):
        hc.connect(home.name, **open_settings(home), name="acme")


def test_a_wrong_key_of_the_vault_is_said_and_nothing_is_written(
    home: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(home, vault).close()
    monkeypatch.setenv("HEADCOUNT_KEY", TWO)
    monkeypatch.setenv("HEADCOUNT_STORE", vault.url)
    with pytest.raises(hc.ConfigError, match="sealed with another key"):
        hc.connect(home.name, **open_settings(home), name="acme")
    with hc.connect(home.name, **home.settings, name="acme") as connection, pytest.raises(hc.ConfigError):
        connection.keep()
    with hc.Vault(vault.url, key=ONE) as first:
        assert first.get("acme") is not None


def test_a_connection_finds_its_key_in_the_usual_place_by_its_own_name(
    vault: hc.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with NamelySandbox(people=5) as box:
        with hc.connect("namely", **box.settings, vault=vault) as first:
            first.keep()
        monkeypatch.setenv("HEADCOUNT_STORE", vault.url)
        with hc.connect("namely", **open_settings(box)) as connection:
            assert connection.name == "namely-acme"
            assert connection.whoami()


def test_what_goes_with_a_setting_is_kept_with_it(vault: hc.Vault) -> None:
    with NamelySandbox(people=5) as box:
        told = {**box.settings, **box.scim_settings}
        with hc.connect("namely", **told, name="acme", vault=vault) as first:
            first.keep()
        told = {name: value for name, value in told.items() if "token" not in name}
        with hc.connect("namely", **told, name="acme", vault=vault) as connection:
            assert connection.scim is not None
            assert connection.settings.scim_token == box.scim_settings["scim_token"]


def test_a_grant_keeps_the_secret_of_its_application(vault: hc.Vault) -> None:
    with NamelySandbox(people=5) as box:
        with hc.connect("namely", **box.granted_settings, name="acme", vault=vault) as first:
            grant(first)
            assert first.keep().granted
        told = {name: value for name, value in box.granted_settings.items() if name != "client_secret"}
        with hc.connect("namely", **told, name="acme", vault=vault) as connection:
            box.clock.advance(minutes=20)
            assert (
                connection.whoami().expires
                == "renewed by itself, until the grant is taken back or its owner loses access"
            )
        assert len(box.grants.renewed) == 1


def test_a_key_of_two_years_is_warned_of_from_its_23rd_month(vault: hc.Vault) -> None:
    today = date.today()
    with NamelySandbox(people=5) as box:
        with kept(box, vault, made_on=today - timedelta(days=600)) as connection:
            assert connection.health().concerns == ()
        with kept(box, vault, made_on=today - timedelta(days=710)) as connection:
            (concern,) = connection.health().concerns
    assert (concern.kind, concern.on) == ("ends", today + timedelta(days=20))


def test_a_permission_that_was_taken_away_is_told(vault: hc.Vault) -> None:
    with NamelySandbox(people=5) as box, kept(box, vault) as connection:
        assert connection.health().lost == ()
        box.restricting = True
        health = connection.health()
    assert "personal_email" in health.lost
    assert [concern.kind for concern in health.concerns] == ["sees-less"]


def test_what_is_forgotten_is_needed_again(home: Any, vault: hc.Vault) -> None:
    with kept(home, vault) as connection:
        assert connection.disconnect() is False  # a key is deleted by hand
    assert vault.names() == []
    with pytest.raises(hc.ConfigError, match="needs"):
        hc.connect(home.name, **open_settings(home), name="acme", vault=vault)


class Revoking(NamelySandbox):
    """A vendor that takes tokens back."""

    given_back: list[str]
    down = False

    @unauthenticated
    @route("POST", "/oauth2/revoke")
    def revoke(self, call: Call) -> Answer:
        if self.down:
            return Answer(status=503, body="down")
        self.given_back = [call.body.decode()]
        self.grants.revoke()
        return Answer(status=200, body={})


assert namely.oauth is not None
REVOKES = attrs.evolve(
    namely,
    oauth=attrs.evolve(namely.oauth, revocation_endpoint="https://{company}.namely.com/api/v1/oauth2/revoke"),
)


def test_a_token_is_given_back_where_the_vendor_takes_it(vault: hc.Vault) -> None:
    with Revoking(people=5) as box, hc.connect(REVOKES, **box.granted_settings, name="acme", vault=vault) as connection:
        grant(connection)
        refresh = vault.get("acme")
        assert connection.disconnect() is True
        assert refresh is not None
        assert f"token={refresh.refresh_token}" in box.given_back[0]
        assert "token_type_hint=refresh_token" in box.given_back[0]
    assert vault.names() == []


def test_a_token_that_cannot_be_given_back_is_forgotten_all_the_same(vault: hc.Vault) -> None:
    with Revoking(people=5) as box, hc.connect(REVOKES, **box.granted_settings, name="acme", vault=vault) as connection:
        grant(connection)
        box.down = True
        assert connection.disconnect() is False
    assert vault.names() == []


def test_no_secret_is_in_what_is_shown_of_a_kept_key(home: Any, vault: hc.Vault) -> None:
    with kept(home, vault) as connection:
        credential = vault.get("acme")
        shown = "".join(map(repr, (connection, connection.auth, credential, connection.settings)))
    assert home.key not in shown
    folder = Path(vault.url.removeprefix("sqlite:///")).parent
    assert not [file for file in folder.iterdir() if home.key.encode() in file.read_bytes()]
    assert os.environ["HEADCOUNT_KEY"] == ONE
