"""A granted token is renewed in time, once, and kept before it is used; and what cannot be renewed says why."""

from __future__ import annotations

import re
import sys
import threading
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import attrs
import pytest
import requests

import headcount as hc
from headcount import oauth
from headcount.plugins import connect
from headcount.sandbox import Answer
from tests.connectors.vendors import BAMBOOHR, NAMELY
from tests.vault.granted import BACK, OPTIONS, grant, granted

WHO = "is not connected yet: nobody has granted it access"


def statuses(box: Any) -> list[int]:
    """What the vendor has answered, but for the dance itself."""
    return [one.status for one in box.log if not one.path.endswith(("/authorize", "authorize.php"))]


# -- being granted access -------------------------------------------------------------------------


def test_who_is_granted_access_reads_and_goes_on_in_another_process(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        assert connection.whoami().id
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, name="acme", vault=vault) as again:
        assert len(list(again.employees())) == 5
    assert box.grants.renewed == []


def test_a_browser_is_shown_the_question_and_says_yes_or_no(box: Any, vault: hc.Vault) -> None:
    with hc.connect(box.name, **box.granted_settings, name="acme", vault=vault, options=OPTIONS) as connection:
        auth = connection.auth
        assert isinstance(auth, hc.OAuth)
        for word in ("no", "yes"):
            asked = auth.authorization(BACK)
            page = requests.get(asked.url, headers={"Accept": "text/html"}, timeout=10)
            link = unescape(re.findall(rf'href="([^"]*said={word})"', page.text)[0])
            came = requests.get(urljoin(asked.url, link), allow_redirects=False, timeout=10).headers["Location"]
            if word == "no":
                with pytest.raises(hc.Forbidden):
                    auth.grant(asked, came)
            else:
                auth.grant(asked, came)
        assert connection.whoami()


def test_nothing_is_read_or_sent_before_it_is_needed(box: Any) -> None:
    with hc.connect(
        box.name, **box.granted_settings, options=OPTIONS, store="sqlite:////no/such/place.db"
    ) as connection:
        assert box.log == []
        with pytest.raises(hc.ConfigError, match="no/such/place"):
            connection.whoami()


def test_who_has_not_been_granted_access_is_told_so(box: Any, vault: hc.Vault) -> None:
    connection = hc.connect(box.name, **box.granted_settings, options=OPTIONS, name="acme", vault=vault)
    with connection, pytest.raises(hc.AuthError, match=WHO):
        connection.whoami()
    assert box.log == []


def test_by_itself_the_vault_is_in_the_connection_s_store(box: Any, sqlite: str) -> None:
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, store=sqlite) as connection:
        grant(connection)
    with hc.Vault(sqlite) as vault:
        assert vault.names() == [f"{box.name}-acme"]
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, store=hc.Journal(sqlite)) as connection:
        assert connection.whoami().id


def test_an_answer_to_another_question_is_refused(box: Any, vault: hc.Vault) -> None:
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, name="acme", vault=vault) as connection:
        auth = connection.auth
        assert isinstance(auth, hc.OAuth)
        one, other = auth.authorization(BACK), auth.authorization(BACK)
        answered = requests.get(one.url, allow_redirects=False, timeout=5).headers["Location"]
        for wrong in (answered.replace("state=", "state=x"), answered.partition("&state")[0].partition("?")[0]):
            with pytest.raises(hc.AuthError, match="not the answer to what was asked"):
                auth.grant(one, wrong)
        with pytest.raises(hc.AuthError, match="not the answer"):
            auth.grant(other, answered)
        assert vault.names() == []
        assert one.state not in repr(one)


def test_a_person_may_say_no(box: Any, vault: hc.Vault) -> None:
    box.grants.approves = False
    with pytest.raises(hc.Forbidden, match=r"access was not granted \(access_denied\)"):
        granted(box, vault)


def test_the_challenge_is_kept_where_the_vendor_takes_one(box: Any, vault: hc.Vault) -> None:
    auth = hc.connect(box.name, **box.granted_settings, options=OPTIONS, vault=vault).auth
    assert isinstance(auth, hc.OAuth)
    auth.server = attrs.evolve(auth.server, pkce=True)
    asked = auth.authorization(BACK)
    assert parse_qs(urlsplit(asked.url).query)["code_challenge_method"] == ["S256"]
    answered = requests.get(asked.url, allow_redirects=False, timeout=5).headers["Location"]
    with pytest.raises(hc.AuthError) as refused:
        auth.grant(attrs.evolve(asked, verifier="another"), answered)
    assert refused.value.code == "revoked"
    asked = auth.authorization(BACK)
    auth.grant(asked, requests.get(asked.url, allow_redirects=False, timeout=5).headers["Location"])


def test_what_is_asked_for_may_be_told(box: Any, vault: hc.Vault) -> None:
    auth = hc.connect(box.name, **box.granted_settings, vault=vault).auth
    assert isinstance(auth, hc.OAuth)
    assert parse_qs(urlsplit(auth.authorization(BACK, scope="a b").url).query)["scope"] == ["a b"]


# -- where the secrets go -------------------------------------------------------------------------


def test_the_vendor_s_own_endpoints_are_those_of_the_company(vault: hc.Vault) -> None:
    more: dict[str, Any] = {"company": "acme", "client_id": "id", "client_secret": "s", "vault": vault}
    for vendor, place in ((NAMELY, "https://acme.namely.com/api/v1/oauth2"), (BAMBOOHR, "https://acme.bamboohr.com/")):
        with hc.connect(vendor.name, **more) as connection:
            auth = connection.auth
            assert isinstance(auth, hc.OAuth)
            assert auth.server.token_endpoint.startswith(place)
            assert auth.server.authorization_endpoint.startswith(place)
            assert repr(auth) == f"<OAuth of {connection.name}>"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"api_key": "k"}, "https://api.bamboohr.com/api/gateway.php/acme/v1"),
        ({"client_id": "id"}, "https://acme.bamboohr.com/api/v1"),
        ({"client_id": "id", "api_key": "k"}, "https://acme.bamboohr.com/api/v1"),
        ({"client_id": "id", "base_url": "https://proxy.example/acme"}, "https://proxy.example/acme"),
        (
            {"client_id": "id", "base_url": "https://api.bamboohr.com/api/gateway.php/acme/v1_1"},
            "https://api.bamboohr.com/api/gateway.php/acme/v1_1",
        ),
    ],
)
def test_what_is_granted_goes_to_the_company_s_own_host_and_a_key_to_the_shared_one(
    given: dict[str, Any], where: str, vault: hc.Vault
) -> None:
    with hc.connect("bamboohr", company="acme", vault=vault, **given) as connection:
        assert connection.http.base_url == where
        assert connection.writer.base_url == connection.reading_line().base_url == where


def test_every_address_of_the_vendor_takes_a_token(vault: hc.Vault) -> None:
    with BAMBOOHR.start(people=5) as box, granted(box, vault):
        for prefix in box.prefixes:
            settings = {**box.granted_settings, "base_url": box.origin + prefix}
            with hc.connect("bamboohr", **settings, options=OPTIONS, name="acme", vault=vault) as connection:
                assert len(list(connection.employees())) == 5
                assert box.log[-1].path.startswith(prefix)


@pytest.mark.parametrize("company", ["evil.example/", "evil.example#", "evil.example\\", "a@evil.example", "..", "a.b"])
def test_no_name_of_a_company_leads_the_secrets_to_another_host(company: str, vault: hc.Vault) -> None:
    """Its setting need not say that it is a part of a host's name, and need stand in no other address."""

    @attrs.frozen
    class Settings:
        company: str
        client_id: str

    plugin = attrs.evolve(BAMBOOHR.connector, settings=Settings, base_url="https://api.bamboohr.com/{company}")
    with pytest.raises(hc.ConfigError, match="company must be one name of letters, digits and hyphens"):
        connect(plugin, company=company, client_id="id", vault=vault)


@pytest.mark.parametrize("given", [{}, {"company": "acme"}])
def test_who_is_reached_at_another_address_is_granted_access_there(given: dict[str, str], vault: hc.Vault) -> None:
    more: dict[str, Any] = {"base_url": "https://proxy.example/api/v1", "client_id": "id", "vault": vault, **given}
    for vendor in (NAMELY, BAMBOOHR):
        with hc.connect(vendor.name, **more) as connection:
            auth = connection.auth
            assert isinstance(auth, hc.OAuth)
            assert urlsplit(auth.server.token_endpoint).netloc == "proxy.example"
            assert urlsplit(auth.server.authorization_endpoint).netloc == "proxy.example"


def test_a_redirect_takes_no_secret_along(box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    """307 would have the body sent again, to wherever it leads."""
    with granted(box, vault) as connection:
        box.clock.advance(hours=2)
        there = {"Location": f"http://localhost:{urlsplit(box.origin).port}/elsewhere"}
        answer = Answer(status=307, headers=there)
        monkeypatch.setattr(type(box.grants), "token", lambda self, call: answer)
        with pytest.raises(hc.Unavailable, match="answered 307 without a token"):
            connection.whoami()
    assert not [one for one in box.log if one.path == "/elsewhere"]


def test_a_key_is_as_good_as_before(box: Any) -> None:
    with box.connect() as connection:
        assert not isinstance(connection.auth, hc.OAuth)
        assert connection.whoami().id


def test_without_a_key_and_an_application_both_are_asked_for() -> None:
    with pytest.raises(hc.ConfigError, match="namely needs token "):
        hc.connect("namely", company="acme")


# -- in time --------------------------------------------------------------------------------------


def test_it_is_renewed_at_four_fifths_of_its_life(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.clock.advance(seconds=0.79 * box.grants.life)
        connection.whoami()
        assert len(box.grants.renewed) == 0
        box.clock.advance(seconds=0.02 * box.grants.life)
        connection.whoami()
        connection.whoami()
        assert len(box.grants.renewed) == 1
    assert set(statuses(box)) == {200}


def test_the_refresh_token_is_kept_where_the_answer_has_none(vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with NAMELY.start(people=5) as box:
        box.era = "2014"  # type: ignore[attr-defined]
        monkeypatch.setattr(oauth, "utcnow", box.clock.exact)
        with granted(box, vault) as connection:
            first = vault.get("acme")
            for times in range(1, 4):
                box.clock.advance(minutes=15)
                connection.whoami()
                assert len(box.grants.renewed) == times
            last = vault.get("acme")
    assert first is not None
    assert last is not None
    assert first.refresh_token == last.refresh_token
    assert first.token != last.token


def test_a_new_refresh_token_takes_the_place_of_the_old(box: Any, vault: hc.Vault) -> None:
    box.grants.rotates = True
    with granted(box, vault) as connection:
        for _ in range(3):
            box.clock.advance(seconds=box.grants.life)
            connection.whoami()
    assert len(box.grants.renewed) == 3


class Full:
    """A vault that cannot keep so many of the new tokens."""

    def __init__(self, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.puts: list[hc.Credential] = []
        self.times, self.inside = times, vault.put
        monkeypatch.setattr(vault, "put", self.put)

    def put(self, name: str, credential: hc.Credential) -> None:
        self.puts.append(credential)
        if credential.renewing_since is None and self.times:
            self.times -= 1
            raise hc.ConfigError("the disk is full")
        self.inside(name, credential)


def test_it_is_kept_before_it_is_used(box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oauth, "WAITS", ())
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life)
        before = len(box.log)
        full = Full(vault, monkeypatch, times=1)
        with pytest.raises(hc.ConfigError, match="the disk is full"):
            connection.whoami()
    assert [one.renewing_since is None for one in full.puts] == [False, True]
    assert [one.path.endswith(("/token", "/token.php")) for one in box.log[before:]] == [True], "and nothing else came"


def test_a_store_that_is_away_for_a_moment_is_waited_for(
    box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "WAITS", (0.01, 0.01))
    box.grants.rotates = True
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life)
        Full(vault, monkeypatch, times=2)
        connection.whoami()
        assert len(box.grants.renewed) == 1


def test_without_what_renews_it_it_is_used_to_its_end(vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with BAMBOOHR.start(people=5) as box:
        monkeypatch.setattr(oauth, "utcnow", box.clock.exact)
        box.grants.offline = "another"
        with granted(box, vault) as connection:
            box.clock.advance(minutes=55)
            connection.whoami()
            box.clock.advance(minutes=6)
            with pytest.raises(hc.AuthError, match=r"life is over.*Connect again.*offline_access") as refused:
                connection.whoami()
    assert refused.value.code == "expired"


def test_a_life_that_nobody_tells_ends_with_a_refusal(box: Any, vault: hc.Vault) -> None:
    granted(box, vault).close()
    kept = vault.get("acme")
    assert kept is not None
    vault.put("acme", attrs.evolve(kept, expires_at=None))
    box.grants.expire()
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, name="acme", vault=vault) as again:
        again.whoami()
    assert len(box.grants.renewed) == 1


# -- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [-3600, 3600])
def test_a_clock_that_is_wrong_costs_no_request(
    behind: int, box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oauth, "utcnow", lambda: box.clock.exact() + timedelta(seconds=behind))
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life * 0.5)
        connection.whoami()
        assert box.grants.renewed == []
        box.clock.advance(seconds=box.grants.life)
        connection.whoami()
        assert len(box.grants.renewed) == 1


def test_one_that_the_vendor_ended_early_is_renewed_and_the_request_repeated(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        connection.whoami()
        box.grants.expire()
        connection.whoami()
        assert len(box.grants.renewed) == 1
    refused = 403 if box.name == "namely" else 401
    assert statuses(box)[-3:] == [refused, 200, 200]


def test_a_write_is_repeated_once_as_well(box: Any, vault: hc.Vault, sqlite: str) -> None:
    with granted(box, vault, store=sqlite) as connection:
        person = box.people[1]
        box.grants.expire()
        connection.update(box.id_of(person), given_name="Renewed", approved_by="a test")
        assert person.given == "Renewed"
        assert len(box.grants.renewed) == 1


def test_threads_that_are_refused_at_once_renew_once(box: Any, vault: hc.Vault) -> None:
    box.grants.rotates = True
    with granted(box, vault) as connection:
        connection.whoami()
        box.grants.expire()
        failed: list[Exception] = []

        def ask() -> None:
            try:
                connection.whoami()
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert len(box.grants.renewed) == 1


def test_a_new_token_that_is_refused_too_is_not_renewed_again_for_a_minute(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.play("forbidden", times=None, on="/(profiles/me|meta/lists)$")
        request = hc.Request("GET", "/profiles/me" if box.name == "namely" else "/meta/lists")
        for _ in range(5):
            with pytest.raises(hc.Forbidden):
                connection.http.json(request)
        assert len(box.grants.renewed) == (1 if box.name == "namely" else 0)
        box.clock.advance(seconds=61)
        with pytest.raises(hc.Forbidden, match="Give the owner of the credential the permission"):
            connection.http.json(request)
        assert len(box.grants.renewed) == (2 if box.name == "namely" else 0)


# -- no more --------------------------------------------------------------------------------------


def test_a_grant_that_was_taken_back_says_so_and_the_vendor_is_not_asked_again(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.grants.revoke()
        before = len(box.log)
        for _ in range(3):
            with pytest.raises(hc.AuthError, match=r"acme: .*taken back.*Connect again") as refused:
                connection.whoami()
            assert refused.value.code == "revoked"
        assert [(one.body or {}).get("grant_type") for one in box.log[before:]] == [None, "refresh_token"]
        grant(connection)
        connection.whoami()


def test_another_process_that_connects_again_is_noticed(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.grants.revoke()
        with pytest.raises(hc.AuthError):
            connection.whoami()
        granted(box, vault).close()
        connection.whoami()


def test_an_application_that_the_vendor_does_not_know_is_told_as_such(box: Any, vault: hc.Vault) -> None:
    granted(box, vault).close()
    box.clock.advance(hours=2)
    wrong = {**box.granted_settings, "client_secret": "a-wrong-secret"}
    with hc.connect(box.name, **wrong, options=OPTIONS, name="acme", vault=vault) as connection:
        with pytest.raises(hc.AuthError, match="Check client_id and client_secret") as refused:
            connection.whoami()
        assert (refused.value.code, refused.value.status) == ("client", 401)
        assert "a-wrong-secret" not in str(refused.value)
    with hc.connect(box.name, **box.granted_settings, options=OPTIONS, name="acme", vault=vault) as connection:
        connection.whoami()


@pytest.mark.parametrize("kind", ["error", "reset", "unreached", "truncated"])
def test_while_the_vendor_cannot_renew_it_what_lives_is_used(kind: str, box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.clock.advance(seconds=0.9 * box.grants.life)
        box.play(kind, on="token(.php)?$", times=None)
        connection.whoami()
        connection.whoami()
        box.clock.advance(seconds=0.2 * box.grants.life)
        with pytest.raises(hc.Unavailable, match="Nothing is lost; try again later"):
            connection.whoami()
        box.calm()
        connection.whoami()
        assert vault.get("acme").renewing_since is None  # type: ignore[union-attr]


def test_a_lost_answer_is_made_good_where_the_refresh_token_stays(box: Any, vault: hc.Vault) -> None:
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life)
        box.play("reset", on="token(.php)?$")
        connection.whoami()
        assert len(box.grants.renewed) == 2


def test_a_lost_answer_with_a_new_refresh_token_is_told_as_lost(box: Any, vault: hc.Vault) -> None:
    box.grants.rotates = True
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life)
        box.play("reset", on="token(.php)?$")
        with pytest.raises(hc.AuthError, match=r"an earlier renewal got no usable answer.*Connect again") as refused:
            connection.whoami()
        assert refused.value.code == "lost"
        grant(connection)
        connection.whoami()


def test_without_authlib_it_says_what_to_install(box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib.integrations.requests_client", None)
    with pytest.raises(hc.ConfigError, match=r"this needs headcount\[oauth\]: pip install 'headcount\[oauth\]'"):
        granted(box, vault)


def test_proxies_and_certificates_are_those_of_the_connection(vault: hc.Vault) -> None:
    options = hc.Options(proxies={"https": "http://127.0.0.1:1"}, ca_bundle="/some/bundle.pem")
    settings: dict[str, Any] = {"company": "acme", "client_id": "id", "options": options, "vault": vault}
    auth = hc.connect("namely", **settings).auth
    assert isinstance(auth, hc.OAuth)
    with auth._endpoint.session() as session:
        assert (session.proxies, session.verify, session.trust_env) == (options.proxies, options.ca_bundle, False)
