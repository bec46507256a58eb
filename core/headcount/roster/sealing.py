"""Texts at rest: sealed with the keys of `HEADCOUNT_KEY`, and kept as they are where there are none."""

from __future__ import annotations

import json
import re
from typing import Any

from headcount.errors import ConfigError

VARIABLE = "HEADCOUNT_KEY"
PLAIN, SEALED = "plain:", "sealed:"
KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
MAKE = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class Sealer:
    """Seals and opens texts. Of several keys, with commas between them, the first seals and all open.

    What is sealed for one subject is refused under another: nobody can put it elsewhere in the store. What was kept
    before there was a key still opens. Raises `ConfigError` for what is no key, and where the extra is missing.
    """

    def __init__(self, keys: str | None) -> None:
        self._fernet = _fernet(keys) if keys and keys.strip() else None

    def seal(self, text: str, subject: str) -> str:
        """The text as it may be kept; `subject` says what it belongs to."""
        if self._fernet is None:
            return PLAIN + text
        token: bytes = self._fernet.encrypt(json.dumps({"subject": subject, "text": text}).encode())
        return SEALED + token.decode()

    def open(self, sealed: str, subject: str) -> str:
        """The text that was kept for this subject. Raises `ConfigError` where it cannot be opened."""
        if sealed.startswith(PLAIN):
            return sealed.removeprefix(PLAIN)
        if not sealed.startswith(SEALED):
            raise ConfigError("what is kept is neither sealed nor plain: the store was changed by hand")
        if self._fernet is None:
            raise ConfigError(f"what is kept is sealed: set {VARIABLE} to the key that it was sealed with")
        held = json.loads(self._opened(sealed.removeprefix(SEALED)))
        if held["subject"] != subject:
            raise ConfigError("what is kept was sealed for something else: the store was changed by hand")
        text: str = held["text"]
        return text

    def _opened(self, token: str) -> bytes:
        from cryptography.fernet import InvalidToken

        assert self._fernet is not None
        try:
            opened: bytes = self._fernet.decrypt(token.encode())
        except InvalidToken:
            raise ConfigError(
                f"what is kept was sealed with another key, or changed by hand: add the key that it was sealed with to "
                f"{VARIABLE}, after a comma"
            ) from None
        return opened


def _fernet(keys: str) -> Any:
    found = [key.strip() for key in keys.split(",")]
    for number, key in enumerate(found, 1):
        if not KEY.fullmatch(key):
            raise ConfigError(f"key {number} of {VARIABLE} is none. To make one: {MAKE}")
    try:
        from cryptography.fernet import Fernet, MultiFernet
    except ImportError:
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    return MultiFernet([Fernet(key) for key in found])
