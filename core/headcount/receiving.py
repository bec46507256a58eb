"""Receiving what a vendor's webhooks send, and making, listing and removing webhooks at the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import attrs

from headcount.auth import Credential
from headcount.errors import Forbidden, HeadcountError, NotFound, RecordError, Rejected, Unavailable, Unsupported
from headcount.model import Employee
from headcount.reader import wanted_fields
from headcount.transport import NOT_SENT
from headcount.webhooks import MOST_BYTES, NotTaken, Received, Webhook, Webhooks, ids_in, proved

if TYPE_CHECKING:
    from headcount.connection import Connection


def receive(
    connection: Connection,
    headers: Mapping[str, str],
    body: bytes,
    *,
    unsigned: bool = False,
    now: datetime | None = None,
) -> Received:
    """Take a message in: prove it, and keep durably whose records are to be read again. Raises nothing.

    What is wrong with the message is a 4xx, which no vendor sends again; what is wrong with us is a 503, which they
    do: the store or the vault cannot be used, or no key is kept yet with which anything could be proved.
    """
    webhooks = connection.connector.webhooks
    if webhooks is None:
        return Received(status=404, why=f"{connection.connector.name} is not known to have webhooks")
    if webhooks.signing is None and not unsigned:
        return Received(status=404, why="nothing proves who sends these; they are taken with unsigned=True alone")
    if len(body) > MOST_BYTES:
        return Received(status=413, why=f"its body is larger than {MOST_BYTES:,} bytes")
    try:
        now = now or datetime.now(UTC)
        mark = _mark(connection, webhooks, headers, body, now)
        readable = connection.connector.employees.some is not None
        ids = ids_in(webhooks, body) if readable else ()
        if mark is None and not ids:
            raise NotTaken(400, "nothing proves it, and it names nobody")
        new = connection.inbox.keep(connection.name, mark, ids, now)
    except NotTaken as refused:
        return Received(status=refused.status, why=str(refused))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours, and the vendor is to send it again
        said = str(error) if isinstance(error, HeadcountError) else type(error).__name__
        return Received(status=503, why=f"it could not be taken in, and is to be sent again: {said}")
    if not new:
        return Received(status=200, why="it has come before", ids=ids, duplicate=True)
    return Received(status=200, why="it waits to be taken in" if ids else "something changed; a sync is due", ids=ids)


def _mark(
    connection: Connection, webhooks: Webhooks, headers: Mapping[str, str], body: bytes, now: datetime
) -> str | None:
    """What tells the message from others; None where nothing does: unsigned, two of the same words may be two."""
    if webhooks.signing is None:
        return None
    keys = _credential(connection).webhooks
    if not keys:  # one that is being made may send before its key is kept
        raise HeadcountError(f"no key of a webhook is kept for {connection.name}: register one")
    return proved(webhooks.signing, keys.values(), headers, body, now)


def _credential(connection: Connection) -> Credential:
    return connection.vault.get(connection.name) or Credential()


# -- at the vendor ----------------------------------------------------------------------------------


def register(connection: Connection, url: str, name: str) -> Webhook:
    """Make a webhook at the vendor, and keep its key. What is returned is without the key.

    Raises `Rejected` for an address that is not https, or has a webhook already; `Unsupported`; and where the key
    cannot be kept, once the webhook is removed again, what was in the way of that.
    """
    make, made = (getattr(connection.connector.webhooks, part, None) for part in ("make", "made"))
    if make is None or made is None:
        _cannot(connection, "make a webhook")
    _check_address(connection, url)
    _credential(connection)  # a vault that cannot be opened is found out before anything is made
    if taken := [one for one in listed(connection) if one.url == url]:
        raise Rejected(
            f"{connection.name}: webhook {taken[0].id} sends to this address already. Remove it first: its key was "
            "told once, to whoever made it",
            code="exists",
        )
    request = make(connection.http, url, name, wanted_fields(Employee, connection.scopes))
    try:
        found: Webhook = made(connection.writer.record(request))
    except (Unavailable, RecordError) as error:
        if getattr(error, "code", None) == NOT_SENT:
            raise
        raise _of_lost_answer(connection, url, error) from error
    keyless = attrs.evolve(found, key="")
    try:
        keep_key(connection, found.id, found.key)
    except Exception as error:  # noqa: BLE001 - whatever kept it from being kept, nobody can use the webhook
        gone = _undone(connection, found.id)
        what = str(error) if isinstance(error, HeadcountError) else type(error).__name__
        raise HeadcountError(
            f"{connection.name}: the key of webhook {found.id} cannot be kept: {what}. {gone}"
        ) from None
    return keyless


def _of_lost_answer(connection: Connection, url: str, error: HeadcountError) -> HeadcountError:
    """It was sent once, and is not sent again: whether a webhook was made is looked up, and one whose key nobody has
    is removed."""
    try:
        left = [_undone(connection, one.id) for one in listed(connection) if one.url == url]
        said = " ".join(left) or "None was made."
    except HeadcountError:
        said = "Whether one was made could not be looked up: list them, and remove it."
    return HeadcountError(f"{connection.name}: the answer to making a webhook was lost: {error} {said} Register again")


def _undone(connection: Connection, id: str) -> str:
    try:
        _removed(connection, id)
    except HeadcountError:
        return f"Webhook {id} is left at the vendor, and could not be removed: remove it there."
    return f"Webhook {id} is removed again."


def listed(connection: Connection) -> list[Webhook]:
    """The webhooks that the credential's owner has at the vendor."""
    every = getattr(connection.connector.webhooks, "all", None)
    if every is None:
        _cannot(connection, "list webhooks")
    found: list[Webhook] = every(connection.http)
    return found


def remove(connection: Connection, id: str) -> None:
    """Remove a webhook at the vendor, and forget its key.

    Raises `NotFound` where the vendor has none of this id (a key that was kept is forgotten all the same), and
    `Forbidden` where it is another user's.
    """
    try:
        _removed(connection, id)
    except NotFound:
        _forget(connection, id)
        raise NotFound(f"{connection.name}: the vendor has no webhook {id}; no key is kept of it", status=404) from None
    except Forbidden:
        whose = "another user's: whoever made it removes it"
        raise Forbidden(f"{connection.name}: webhook {id} is {whose}", status=403) from None
    _forget(connection, id)


def _removed(connection: Connection, id: str) -> None:
    request = getattr(connection.connector.webhooks, "remove", None)
    if request is None:
        _cannot(connection, "remove a webhook")
    connection.writer.send(request(id))


def keep_key(connection: Connection, id: str, key: str) -> None:
    """Keep the private key of a webhook, durably. Raises `Rejected` where there is none to keep."""
    if not key.strip():
        raise Rejected(f"{connection.name}: the vendor told no key of webhook {id}")
    connection.vault.change(
        connection.name, lambda kept: attrs.evolve(kept, webhooks={**kept.webhooks, id: key.strip()})
    )


def _forget(connection: Connection, id: str) -> None:
    if id in _credential(connection).webhooks:
        connection.vault.change(
            connection.name,
            lambda kept: attrs.evolve(kept, webhooks={one: key for one, key in kept.webhooks.items() if one != id}),
        )


def kept_keys(connection: Connection) -> frozenset[str]:
    """The ids of the webhooks whose keys are kept."""
    return frozenset(_credential(connection).webhooks)


def _check_address(connection: Connection, url: str) -> None:
    """Vendors send over https alone; to a sandbox this machine's own address is good enough."""
    from headcount.settings import LOOPBACK

    parts, own = urlsplit(url), urlsplit(connection.http.base_url)
    here = parts.scheme == "http" and {parts.hostname, own.hostname} <= set(LOOPBACK)
    if not (parts.hostname and (parts.scheme == "https" or here)):
        raise Rejected("a webhook's address begins with https://, as in https://hooks.example.com/hr")


def _cannot(connection: Connection, what: str) -> NoReturn:
    of = connection.connector
    raise Unsupported(
        f"{of.name} is not known to {what} by its API"
        + ("" if of.webhooks is None else "; make it on its own pages, and keep its key")
    )
