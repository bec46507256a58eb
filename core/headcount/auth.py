"""Credentials: each is a value that says which headers it sends, and never shows itself."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

import attrs

from headcount.errors import ConfigError


class Auth(Protocol):
    """What a transport asks of a credential.

    One that can be renewed has, beside these, `renew(status, sent)`: told which status answered a request with which
    headers, it says whether the request is worth sending once more, with the headers that it has then. And it has a
    `mark`, texts that stay the same however often it is renewed.
    """

    def headers(self) -> dict[str, str]:
        """The headers that carry it."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be shown."""
        ...


@attrs.frozen
class Bearer:
    """A token in the Authorization header."""

    token: str = attrs.field(repr=False)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,) if self.token else ()


@attrs.frozen
class ApiKey:
    """A key in a header of the vendor's own."""

    key: str = attrs.field(repr=False)
    header: str = "X-API-Key"

    def headers(self) -> dict[str, str]:
        return {self.header: self.key}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.key,) if self.key else ()


@attrs.frozen
class Basic:
    """HTTP Basic: for API keys that come as the user name."""

    user: str = attrs.field(repr=False)
    password: str = attrs.field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._encoded}"}

    @property
    def _encoded(self) -> str:
        return b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self._encoded, self.user, self.password)))


def lasting(auth: Auth) -> tuple[str, ...]:
    """What tells an account's credential from another, for as long as it is used."""
    mark: tuple[str, ...] | None = getattr(auth, "mark", None)
    return auth.secrets if mark is None else mark


@attrs.frozen(kw_only=True)
class Credential:
    """What a connection logs in with, as a vault keeps it.

    `secrets` are the settings that are secrets, by name, such as an API key. `token` is what a person has granted, with
    what renews it; "" where nobody has: `made_at` and `expires_at` are its own. `webhooks` are the private keys of
    webhooks, by their ids. `known` is how the credential fared when it was last looked at.

    `renewing_since` says that a renewal was begun whose end nobody has told. `problem` is a word for why the vendor
    takes the token no more: `revoked`, or `lost`.
    """

    token: str = attrs.field(default="", repr=False)
    secrets: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    webhooks: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    known: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    refresh_token: str | None = attrs.field(default=None, repr=False)
    made_at: datetime | None = None
    expires_at: datetime | None = None
    redirect_uri: str | None = None
    renewing_since: datetime | None = None
    problem: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether its life is over; one without an end has none."""
        return self.expires_at is not None and now >= self.expires_at

    def is_late(self, now: datetime, share: float = 0.8) -> bool:
        """Whether so much of its life is over that it is to be renewed."""
        if self.expires_at is None or self.made_at is None:
            return self.is_over(now)
        return now >= self.made_at + timedelta(seconds=share * (self.expires_at - self.made_at).total_seconds())

    def granted(self, new: Self) -> Self:
        """The same with another token; what else is kept stays."""
        return attrs.evolve(new, secrets=self.secrets, webhooks=self.webhooks, known=self.known)

    def as_text(self) -> str:
        """As a vault seals it."""
        told = {name: value for name, value in attrs.asdict(self).items() if value not in (None, "", {})}
        return json.dumps(told, default=datetime.isoformat)

    @classmethod
    def of_text(cls, text: str) -> Self:
        """As it was. Raises `ConfigError` for what is none, or a newer headcount's."""
        try:
            told: dict[str, Any] = json.loads(text)
            for name in ("made_at", "expires_at", "renewing_since"):
                if name in told:
                    told[name] = datetime.fromisoformat(told[name])
            return cls(**told)
        except (ValueError, TypeError):
            raise ConfigError("a credential in the vault is none, or a newer headcount's: connect again") from None
