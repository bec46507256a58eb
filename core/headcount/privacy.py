"""What is never read, and what is never shown."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

SHORTEST = 6
_EMAIL = re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*")
_NUMBER = re.compile(r"\+?\d[\d\s().-]{5,}\d")
_NEVER = re.compile(
    r"(?:^|[^a-z])(?:ssn|sin|nin|iban|bsn|itin|tin|passport|visa|disabilit\w*|medical|health\w*|dental|vision|"
    r"insurance|diagnos\w*|allerg\w*|vaccin\w*|blood|routing|license|licence)(?:$|[^a-z])|"
    r"social.?security|social.?insurance|national.?(?:id|insurance|number)|tax.?(?:id|payer|file)|"
    r"bank(?!.?holiday)|account.?n(?:o|um)|credit.?card|driver",
    re.IGNORECASE,
)
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_|(?<=\D)(?=\d)")


def is_never_read(*names: str | None) -> bool:
    """Whether a field of this key or label may hold a government id, health, or bank data.

    Such fields are not asked for, and dropped where they come. It errs on the side of not reading.
    """
    return any(name and _NEVER.search(_WORDS.sub(" ", name)) for name in names)


def redact(text: str) -> str:
    """Text of a vendor without e-mail addresses and long numbers (phones, government ids), for a message."""
    return _NUMBER.sub("<number>", _EMAIL.sub("<e-mail>", text))


def without(text: str, values: Iterable[str]) -> str:
    """The text with these values taken out where they stand as words of their own: what was sent, and is repeated."""
    for value in sorted(set(values), key=len, reverse=True):
        if value.strip():
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", text)
    return text


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets, however often a vendor repeats them.

    One of fewer than `SHORTEST` characters is no secret but a filler, such as the password beside an API key,
    and masking it would leave no word of the text whole.
    """
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, "***")
    return text


def texts_in(json: Any) -> Iterator[str]:
    """Every text in a body, however deep: a vendor that refuses one may repeat it."""
    if isinstance(json, str):
        yield json
    elif isinstance(json, Mapping | list):
        for value in json.values() if isinstance(json, Mapping) else json:
            yield from texts_in(value)


class Discreet(logging.Filter):
    """Takes the query out of what urllib3 logs of our vendors: it may say whom somebody was looked for by."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        args = record.args
        if isinstance(args, tuple) and len(args) > 4 and args[1] in self.hosts and isinstance(args[4], str):
            record.args = (*args[:4], args[4].partition("?")[0], *args[5:])
        return True


DISCREET = Discreet()
"""The one filter of a process; it knows the hosts of every connection."""
