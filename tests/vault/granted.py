"""A connection that a person has granted access, and clocks to watch it by."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import attrs
import requests

import headcount as hc
from headcount.options import UNLIMITED
from headcount.sandbox import Clock

ONE, TWO = (urlsafe_b64encode(sha256(name).digest()).decode() for name in (b"one", b"two"))
BACK = "http://127.0.0.1:9/back"
OPTIONS = hc.Options(rate=UNLIMITED, tries=2, first_wait=0.005, longest_wait=0.01, read_timeout=10)


def granted(box: Any, vault: hc.Vault, **keywords: Any) -> hc.Connection:
    """A connection to a sandbox, by OAuth."""
    keywords = {"options": OPTIONS, "name": "acme", "vault": vault, **keywords}
    connection = hc.connect(box.name, **{**box.granted_settings, **keywords})
    grant(connection)
    return connection


def grant(connection: hc.Connection) -> None:
    """What a person does in a browser."""
    auth = connection.auth
    assert isinstance(auth, hc.OAuth)
    asked = auth.authorization(BACK)
    auth.grant(asked, requests.get(asked.url, allow_redirects=False, timeout=10).headers["Location"])


@attrs.define
class Fast(Clock):
    """A clock on which a second of ours is many, the same in every process that knows when it began."""

    began: float = 0.0
    speed: float = 30.0

    def exact(self) -> datetime:
        since = datetime.now(UTC).timestamp() - self.began
        return datetime.fromtimestamp(self.began, UTC) + timedelta(seconds=since * self.speed)
