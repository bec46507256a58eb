"""Credentials: each says which headers it sends, and never shows itself."""

from __future__ import annotations

from base64 import b64decode

import pytest

import headcount as hc


def test_a_bearer_is_sent_as_it_is() -> None:
    assert hc.Bearer("t0k3n").headers() == {"Authorization": "Bearer t0k3n"}


@pytest.mark.parametrize(("user", "password"), [("key", ""), ("key", "x"), ("schlüssel", "geheim")])
def test_basic_is_user_and_password_in_base64(user: str, password: str) -> None:
    word, encoded = hc.Basic(user, password).headers()["Authorization"].split()
    assert word == "Basic"
    assert b64decode(encoded).decode() == f"{user}:{password}"


def test_a_key_is_sent_in_the_vendor_s_own_header() -> None:
    assert hc.ApiKey("k3y").headers() == {"X-API-Key": "k3y"}
    assert hc.ApiKey("k3y", "X-Acme").headers() == {"X-Acme": "k3y"}


@pytest.mark.parametrize(
    "auth", [hc.Bearer("open-sesame"), hc.Basic("open-sesame", "sesame-too"), hc.ApiKey("open-sesame")]
)
def test_a_credential_does_not_show_itself(auth: hc.Auth) -> None:
    assert "sesame" not in repr(auth) + str(auth)


@pytest.mark.parametrize("auth", [hc.Bearer("open-sesame"), hc.Basic("open-sesame", "x"), hc.ApiKey("open-sesame")])
def test_everything_that_is_sent_is_a_secret(auth: hc.Auth) -> None:
    (sent,) = auth.headers().values()
    assert "open-sesame" in auth.secrets
    assert sent.split()[-1] in auth.secrets
