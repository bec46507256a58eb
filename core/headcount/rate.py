"""How fast a vendor may be asked: one limiter for each vendor account, shared by every thread of a process."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol

import attrs


@attrs.frozen
class Rate:
    """So many requests in any stretch of `per` seconds."""

    count: int
    per: float = 1.0


class Pacer(Protocol):
    """Whoever says when a request may start: one process by itself, or several that share an allowance."""

    def wait(self) -> None:
        """Block until one more request may start."""

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long."""


class Limiter:
    """Lets at most `rate.count` requests start in any `rate.per` seconds; `None` lets all start.

    A window that slides, kept as the moments of the last starts: it uses the whole allowance at once where
    it can, and never exceeds it wherever the vendor's own window begins.
    """

    def __init__(
        self,
        rate: Rate | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._starts: deque[float] = deque(maxlen=rate.count if rate else 0)
        self._not_before = float("-inf")
        self._lock = threading.Lock()
        self._clock, self._sleep = clock, sleep

    def wait(self) -> None:
        """Block until one more request may start."""
        while (seconds := self._take()) > 0:
            self._sleep(seconds)

    def pause(self, seconds: float) -> None:
        """Let nobody start for so long: the vendor has asked one of us to wait."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)

    def _take(self) -> float:
        """Take a start and return 0, or return how many seconds to wait before trying again."""
        with self._lock:
            now, free = self._clock(), self._not_before
            if self._rate and len(self._starts) == self._rate.count:
                free = max(free, self._starts[0] + self._rate.per)
            if free > now:
                return free - now
            if self._rate:
                self._starts.append(now)
            return 0.0


_accounts: weakref.WeakValueDictionary[Hashable, Limiter] = weakref.WeakValueDictionary()
_accounts_lock = threading.Lock()


def limiter_of(account: Hashable, rate: Rate | None) -> Limiter:
    """The limiter of this vendor account and rate: the same for every connection of the process that lives.

    Two connections to one account share the vendor's allowance whether they know of each other or not, so
    this is the one thing that connections share.
    """
    with _accounts_lock:
        limiter = _accounts.get((account, rate))
        if limiter is None:
            limiter = _accounts[(account, rate)] = Limiter(rate)
        return limiter
