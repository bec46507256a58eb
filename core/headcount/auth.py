"""Credentials: each is a value that says which headers it sends, and never shows itself."""

from __future__ import annotations

from base64 import b64encode
from typing import Protocol

import attrs


class Auth(Protocol):
    """What a transport asks of a credential."""

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
