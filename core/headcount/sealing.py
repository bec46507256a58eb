"""Texts at rest: sealed with the keys of `HEADCOUNT_KEY`, and kept as they are where there are none."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from headcount.errors import ConfigError
from headcount.passwords import password

VARIABLE, IN_FILE = "HEADCOUNT_KEY", "HEADCOUNT_KEY_FILE"
PLAIN, SEALED = "plain:", "sealed:"
KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
MAKE = "`headcount key`"


def keys_told(given: str | None = None, *, keyring: bool = False) -> str | None:
    """The keys: those that are given, else the environment's, else those in the file that it names, one a line; else,
    where it may be asked, what the operating system's keyring has for `headcount` as `key`.

    Raises `ConfigError` where that file cannot be read.
    """
    if told := given or os.environ.get(VARIABLE):
        return told
    if path := os.environ.get(IN_FILE):
        try:
            return ",".join(Path(path).read_text(encoding="utf-8").split())
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{IN_FILE} names {path}, which cannot be read: {type(error).__name__}") from None
    return password("key") if keyring else None


def new_key() -> str:
    """A key that nobody has. Raises `ConfigError` where the extra is missing."""
    try:
        from cryptography.fernet import Fernet
    except ImportError:
        raise ConfigError("this needs headcount[roster]: pip install 'headcount[roster]'") from None
    return Fernet.generate_key().decode()


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
