"""Leases: who holds a piece of work in a store, until when, and when it is free again."""

from __future__ import annotations

import os
import socket
import uuid
from datetime import UTC, datetime


def holder() -> str:
    """A name for whoever takes a piece of work: machine, process, and a word that nobody else has."""
    return f"{socket.gethostname()}|{os.getpid()}|{uuid.uuid4().hex[:12]}"


def is_free(holder: str | None, until: datetime | None, now: datetime) -> bool:
    """Whether nobody holds it any more: its time is over, or its process is no more."""
    return holder is None or until is None or until < now or _is_dead(holder)


def host_of(holder: str | None) -> str:
    """The holder as a person finds it: the process and its machine."""
    host, process, _ = (holder or "?|?|").split("|")
    return f"process {process} on {host}"


def as_text(moment: datetime) -> str:
    """An instant as a store keeps it: ISO, UTC."""
    return moment.astimezone(UTC).isoformat()


def as_moment(text: str | None) -> datetime | None:
    """An instant that a store has kept."""
    return None if text is None else datetime.fromisoformat(text)


def _is_dead(holder: str) -> bool:
    """Whether the holder was a process of this machine that is no more. Where that cannot be told, it lives."""
    host, process, _ = holder.split("|")
    if host != socket.gethostname() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
