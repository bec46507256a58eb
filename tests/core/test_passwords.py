"""The operating system's keyring: asked where it is there, written to once, and never in anybody's way."""

from __future__ import annotations

import sys

import keyring
import pytest
from keyring.errors import NoKeyringError

import headcount as hc
from headcount.passwords import keep_password, password

Held = dict[tuple[str, str], str]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Held:
    """What a keyring holds, by service and name."""
    held: Held = {}
    monkeypatch.setattr(keyring, "get_password", lambda *place: held.get(place))
    monkeypatch.setattr(keyring, "set_password", lambda *place: held.update({place[:2]: place[2]}))
    return held


def test_what_is_kept_is_found_again(ring: Held) -> None:
    assert password("key") is None
    keep_password("key", "a secret")
    assert password("key") == "a secret"
    assert ring == {("headcount", "key"): "a secret"}


def test_what_is_there_is_never_written_over(ring: Held) -> None:
    ring["headcount", "key"] = "the one that opens everything"
    with pytest.raises(hc.ConfigError, match="the keyring has headcount, key already") as caught:
        keep_password("key", "another")
    assert password("key") == "the one that opens everything"
    assert "another" not in str(caught.value)


def test_a_machine_without_a_keyring_has_no_password_and_says_so_to_who_would_keep_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(*_: str) -> str:
        raise NoKeyringError("no desktop")

    monkeypatch.setattr(keyring, "get_password", none)
    assert password("key") is None
    with pytest.raises(hc.ConfigError, match=r"this machine's keyring cannot be used \(NoKeyringError\)"):
        keep_password("key", "a secret")


def test_without_the_package_there_is_no_password_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert password("key") is None
    with pytest.raises(hc.ConfigError, match=r"pip install 'headcount\[keyring\]'"):
        keep_password("key", "a secret")
