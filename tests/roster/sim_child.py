"""Processes that sync for the simulation: each sync in a fork of its own, which may be told where to die."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

import headcount as hc
from headcount.options import UNLIMITED, Options
from headcount.roster import Limits, Roster, SyncPolicy, gathering
from headcount.transport import Transport
from tests.forking import Places, serve

OPTIONS = Options(rate=UNLIMITED, tries=2, first_wait=0.005, longest_wait=0.01, max_bytes=1 << 20)
LIMITS = Limits(storm_percent=60, storm_few=12, few=3)
"""For a company so small that what happens in it in a fortnight may be a storm."""
TOGETHER = 5
"""So few records are made durable together, so that a death leaves some of them behind."""
POINTS = [(DefaultDialect, "do_commit"), (Transport, "_once")]
"""What a process may die before and after."""


def policy(full_every: float, timezone: str) -> SyncPolicy:
    return SyncPolicy(full_every=timedelta(seconds=full_every), timezone=timezone, limits=LIMITS)


def job(told: dict[str, Any]) -> dict[str, Any]:
    """One sync, and what came of it."""
    ahead = timedelta(seconds=told["ahead"])
    connection = hc.connect(told["vendor"], **told["settings"], name=told["name"], options=OPTIONS)
    roster = Roster(told["store"], now=lambda: datetime.now(UTC) + ahead)
    places = Places(told["kill_at"])
    for owner, name in POINTS:
        places.around(owner, name)
    try:
        with connection, roster:
            run = roster.sync(connection, policy=policy(told["full_every"], told["timezone"]), full=told["full"])
            return {"run": run.id, "passed": places.passed}
    except hc.HeadcountError as error:
        return {"error": type(error).__name__, "text": str(error), "passed": places.passed}


if __name__ == "__main__":
    gathering.TOGETHER = TOGETHER
    serve(job)
