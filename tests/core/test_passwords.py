"""The operating system's keyring: asked where it is there, written to once, and never in anybody's way."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring

import headcount as hc
from headcount.passwords import keep_password, password


class InMemory(KeyringBackend):
    """A keyring that is gone with the test."""

    priority = 1  # type: ignore[assignment]  # a class property there

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def ring() -> Iterator[InMemory]:
    before = keyring.get_keyring()
    made = InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_what_is_kept_is_found_again(ring: InMemory) -> None:
    assert password("key") is None
    keep_password("key", "a secret")
    assert password("key") == "a secret"
    assert ring.held == {("headcount", "key"): "a secret"}


def test_what_is_there_is_never_written_over(ring: InMemory) -> None:
    ring.held["headcount", "key"] = "the one that opens everything"
    with pytest.raises(hc.ConfigError, match="the keyring has headcount, key already") as caught:
        keep_password("key", "another")
    assert password("key") == "the one that opens everything"
    assert "another" not in str(caught.value)


def test_a_machine_without_a_keyring_has_no_password_and_says_so_to_who_would_keep_one() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        assert password("key") is None
        with pytest.raises(hc.ConfigError, match=r"this machine's keyring cannot be used \(NoKeyringError\)"):
            keep_password("key", "a secret")
    finally:
        keyring.set_keyring(before)


def test_without_the_package_there_is_no_password_and_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert password("key") is None
    with pytest.raises(hc.ConfigError, match=r"pip install 'headcount\[keyring\]'"):
        keep_password("key", "a secret")
