"""Keys that a vault keeps: found where they are told nowhere else, taken up when they are replaced, forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import attrs

from headcount.auth import Auth, Credential
from headcount.health import CredentialHealth, checked
from headcount.sealing import keys_told
from headcount.settings import secrets_of

if TYPE_CHECKING:
    from headcount.connection import Connection
    from headcount.vault import Keeper, Vault

REFUSED = (401, 403)
"""Statuses after which the vault may have another key: a vendor may answer either once a key is dead."""


def secrets_kept(name: str, vault: Vault | None, store: str | None, keeper: Keeper | None) -> Mapping[str, str]:
    """The secrets that are kept of a connection: in the vault that is given, else by a plugin's keeper, else in the
    store. {} where nothing is, or there is no vault, which nobody has to have."""
    if vault is not None:
        found = vault.get(name)
    elif keeper is None and not keys_told(keyring=True):
        return {}
    else:
        from headcount.vault import Vault  # it takes an extra, which who has no vault need not have

        with Vault(store, keeper=keeper) as usual:
            found = usual.get(name) if usual.may_be_there else None
    return {} if found is None else found.secrets


class KeptKey:
    """The key of one connection, as the vault has it. One that was replaced there is taken up where the vendor refuses
    the old one, so that a program that runs need not be started anew. Threads may share it."""

    def __init__(self, name: str, vault: Callable[[], Vault], make: Callable[[Mapping[str, str]], Auth]) -> None:
        self._name, self._open_vault, self._make = name, vault, make
        self._lock = threading.Lock()
        self._auth = make({})
        self._former: Auth | None = None

    def __repr__(self) -> str:
        return f"<key of {self._name}>"

    def headers(self) -> dict[str, str]:
        """The headers that carry it."""
        return self._auth.headers()

    @property
    def mark(self) -> tuple[str, ...]:
        """What tells it from another key."""
        return self._auth.secrets

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key of this moment, and the one before it."""
        return self._auth.secrets + (self._former.secrets if self._former else ())

    def renew(self, status: int, sent: Mapping[str, str]) -> bool:
        """Whether there is another key than the one that was refused."""
        if status not in REFUSED:
            return False
        with self._lock:
            now = self._auth.headers()
            if not now.items() <= sent.items():
                return True  # another thread has taken it up
            found = self._open_vault().get(self._name)
            new = self._make(found.secrets if found else {})
            if new.headers() == now:
                return False
            self._former, self._auth = self._auth, new
            return True


def keep(connection: Connection, *, made_on: date | None = None) -> CredentialHealth:
    """Check what a connection logs in with, and put its secrets into the vault in the place of what was there."""
    health = checked(connection, made_on=made_on)
    nameless = attrs.evolve(health.owner, name=None, work_email=None)  # who is erased from a roster is in no vault
    known = attrs.evolve(health, owner=nameless)
    told = attrs.asdict(connection.settings)
    secrets = {name: told[name] for name in secrets_of(connection.connector.settings) if told[name]}

    def kept(before: Credential) -> Credential:
        new = before if connection.is_granted else Credential(webhooks=before.webhooks)
        return attrs.evolve(new, secrets=secrets, known=known.as_dict())

    connection.vault.change(connection.name, kept)
    return health


def disconnect(connection: Connection) -> bool:
    """Give a token back to the vendor, where it takes it back, and forget what is kept. Whether it took it."""
    try:
        return bool(connection.is_granted and connection.auth.give_back())  # type: ignore[attr-defined]
    finally:
        connection.vault.delete(connection.name)
