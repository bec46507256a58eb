"""Who holds a piece of work, and when it is free: never while its process may live."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from headcount.leases import as_moment, as_text, holder, host_of, is_free

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
EARLIER = NOW - timedelta(seconds=1)


@pytest.fixture(scope="module")
def dead() -> str:
    """A holder whose process is no more."""
    code = "from headcount.leases import holder; print(holder())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_each_holder_has_a_name_of_its_own_that_tells_machine_and_process() -> None:
    one, other = holder(), holder()
    assert one != other
    assert one.split("|")[:2] == [socket.gethostname(), str(os.getpid())]
    assert host_of(one) == f"process {os.getpid()} on {socket.gethostname()}"
    assert host_of(None) == "process ? on ?"


def test_it_is_free_once_its_time_is_over_or_nobody_has_it() -> None:
    me = holder()
    assert not is_free(me, LATER, NOW)
    assert not is_free(me, NOW, NOW)
    assert is_free(me, EARLIER, NOW)
    assert is_free(None, LATER, NOW)
    assert is_free(me, None, NOW)


def test_it_is_free_once_its_process_is_no_more(dead: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_free(dead, LATER, NOW)
    monkeypatch.setattr("headcount.leases.os.name", "nt")
    assert not is_free(dead, LATER, NOW), "there it cannot be told"


def test_a_process_of_another_machine_lives_until_its_time_is_over(dead: str) -> None:
    elsewhere = "|".join(["elsewhere.example.com", *dead.split("|")[1:]])
    assert not is_free(elsewhere, LATER, NOW)
    assert is_free(elsewhere, EARLIER, NOW)


def test_a_process_of_somebody_else_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(process: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("headcount.leases.os.kill", kill)
    assert not is_free(holder(), LATER, NOW)


def test_an_instant_is_kept_as_text_in_utc_and_comes_back() -> None:
    here = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert as_text(here) == "2026-05-01T12:00:00+00:00"
    assert as_moment(as_text(here)) == NOW
    assert as_moment(None) is None
