"""Webhooks: what proves that a message is the vendor's, and the little that is read of it: whose record to read."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs

from headcount import codec
from headcount.errors import HeadcountError
from headcount.http import Headers, Request
from headcount.model import Raw

if TYPE_CHECKING:
    from headcount.connector import Wanted
    from headcount.transport import Transport

MOST_BYTES = 1 << 20
"""A larger body is refused unread: what names some people is a few kilobytes."""
MOST_IDS = 500
"""A message that names more people says as little as one that names nobody: that something changed."""
AHEAD = timedelta(minutes=5)
"""So far a timestamp may lie ahead: clocks differ."""
OLDEST = timedelta(days=1)
"""An older message is refused. The longest that a vendor is known to try is 155 minutes, and whether a retry is signed
anew nobody has seen; after a day a sync has long read what it was about."""
KEPT = timedelta(days=3)
"""For so long it is remembered that a message came: longer than it would be taken, so that none is taken twice."""
SECONDS = re.compile(r"[1-9][0-9]{8,10}")
"""A timestamp, and nothing else: between body and timestamp stands nothing that the signature covers, so that what is
moved from the one to the other must not make another message of it."""
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")


@attrs.frozen(kw_only=True)
class Signing:
    """How messages are signed: HMAC-SHA256 in lower-case hex, under the private key of the webhook.

    `signature` and `timestamp` are the names of the headers; the timestamp counts the seconds since 1970. `signed`
    gives the bytes that are signed, of the body as it came and the timestamp.
    """

    signature: str
    timestamp: str
    signed: Callable[[bytes, str], bytes] = lambda body, timestamp: body + timestamp.encode()


@attrs.frozen(kw_only=True)
class Webhook:
    """A webhook as the vendor keeps it. `key` is its private key, which vendors tell once, when it is made."""

    id: str
    name: str = ""
    url: str = ""
    last_sent: datetime | None = None
    key: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class Webhooks:
    """A vendor's webhooks, as a connector states them.

    `ids(body)` are the ids of the people of whom a body speaks, JSON as Python values; it is pure. What it raises,
    and a body that names nobody, is a hint that something changed. Nothing else of a body is ever used.

    `signing` is what proves that a message is the vendor's. Where nothing does it is None, and whoever receives has to
    say that they want it all the same.

    The others are for a vendor whose API makes webhooks: `make(http, url, name, wanted)` is the request that makes one
    for changes of the wanted fields of ours, and only reads; `made(answer)` is what was made, with its key;
    `all(http)` are those that there are, and `remove(id)` is the request that removes one.
    """

    ids: Callable[[Any], Iterable[object]]
    signing: Signing | None = None
    make: Callable[[Transport, str, str, Wanted], Request] | None = None
    made: Callable[[Raw], Webhook] | None = None
    all: Callable[[Transport], list[Webhook]] | None = None
    remove: Callable[[str], Request] | None = None


@attrs.frozen(kw_only=True)
class Received:
    """What came of a message, and the HTTP `status` to answer with.

    `ids` are those whose records are to be read again; none, with a status of 200, means that something changed and
    it is not told what. `duplicate` says that the message had come before. `why` is a sentence without personal data.
    """

    status: int
    why: str
    ids: tuple[str, ...] = ()
    duplicate: bool = False


class NotTaken(HeadcountError):
    """A message that is not taken, for a reason of the sender's: `status` is what it is answered with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def proved(signing: Signing, keys: Collection[str], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The mark of a message that the vendor signed and that is of now: equal for the same message.

    The signature is looked at first: of what nobody signed, neither time nor body is. Raises `NotTaken`.
    """
    told = Headers({str(name): str(value) for name, value in headers.items()})
    signature, timestamp = (str(told.get(name, "")).strip() for name in (signing.signature, signing.timestamp))
    signed = signing.signed(body, timestamp)
    if not any(_is_signed(signed, key, signature) for key in keys if key):
        raise NotTaken(401, "it is not signed with the key of any webhook of this connection")
    if not SECONDS.fullmatch(timestamp):
        raise NotTaken(400, "its timestamp is none")
    sent = datetime.fromtimestamp(int(timestamp), UTC)
    if sent > now + AHEAD:
        raise NotTaken(400, "its timestamp lies ahead: is the clock of this machine right?")
    if sent < now - OLDEST:
        raise NotTaken(400, "it is too old: the next sync reads what it was about")
    return hashlib.sha256(signed).hexdigest()


def _is_signed(signed: bytes, key: str, signature: str) -> bool:
    right = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), signature.encode("utf-8", "replace"))


def ids_in(webhooks: Webhooks, body: bytes) -> tuple[str, ...]:
    """Of whom a body speaks; () where that cannot be told."""
    try:
        found = dict.fromkeys(_id(one) for one in webhooks.ids(codec.loads(body)))
    except Exception:  # noqa: BLE001 - a body may hold anything, and whatever it is, something changed
        return ()
    return tuple(found) if len(found) <= MOST_IDS else ()


def _id(value: object) -> str:
    """An id as the roster has it. Raises `ValueError` for what cannot be one."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not ID.fullmatch(text):
        raise ValueError("no id")
    return text
