"""How a connection behaves on the line."""

from __future__ import annotations

import attrs

from headcount.rate import Rate


@attrs.frozen(kw_only=True)
class Options:
    """How a connection behaves on the line; the defaults suit production.

    `rate` replaces the connector's own pace (`Rate(count, per)`; `UNLIMITED` for a sandbox). `threads` is how
    many pages may be asked for at once. Time-outs and waits are in seconds: `longest_wait` bounds one wait
    between tries, `patience` is the longest that a vendor may ask for with Retry-After before the error is
    raised instead. `max_bytes` bounds one answer (one record, where an answer is read as a stream).
    `proxies` and `ca_bundle` are as in requests; without them the environment's are used.
    """

    rate: Rate | None = None
    threads: int = 4
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 60.0
    patience: float = 120.0
    max_bytes: int = 64 << 20
    proxies: dict[str, str] | None = None
    ca_bundle: str | None = None

    @property
    def longest(self) -> float:
        """For so many seconds one request may be under way at the most, its waits and repetitions included."""
        return self.tries * (self.connect_timeout + self.read_timeout + self.patience)


UNLIMITED = Rate(1_000_000)
"""No pace at all: for sandboxes."""
