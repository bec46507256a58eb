"""Processes that use a granted connection, for the tests: each job is done in a fork of its own.

A job asks who it is (`whoami`), and may be told where to die; or it asks for `seconds`, from sixteen threads.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from sqlalchemy.engine.default import DefaultDialect

import headcount as hc
from headcount import oauth
from tests.forking import Places, serve
from tests.vault.granted import OPTIONS, Fast

POINTS = [(DefaultDialect, "do_commit"), (requests.Session, "send"), (hc.Vault, "put"), (hc.Vault, "get")]
"""What a process may die before and after."""
THREADS = 16


def job(told: dict[str, Any]) -> dict[str, Any]:
    if "began" in told:
        oauth.utcnow = Fast(began=told["began"], speed=told["speed"]).exact
    else:
        ahead = timedelta(seconds=told["ahead"])
        oauth.utcnow = lambda: datetime.now(UTC) + ahead
    places = Places(told.get("kill_at", 0))
    for owner, name in POINTS if "kill_at" in told else ():
        places.around(owner, name)
    vault = hc.Vault(told["store"])
    connection = hc.connect(told["vendor"], **told["settings"], name="acme", options=OPTIONS, vault=vault)
    with vault, connection:
        if "seconds" in told:
            return together(connection, told["seconds"])
        try:
            return {"id": connection.whoami().id, "passed": places.passed}
        except hc.AuthError as error:
            return {"error": error.code, "text": str(error), "passed": places.passed}


def together(connection: hc.Connection, seconds: float) -> dict[str, Any]:
    """Ask from many threads for so long."""
    until, asked, failed = time.monotonic() + seconds, [0] * THREADS, list[str]()

    def ask(number: int) -> None:
        while time.monotonic() < until:
            try:
                connection.whoami()
                asked[number] += 1
            except Exception as error:  # noqa: BLE001 - the test is told
                failed.append(f"{type(error).__name__}: {error}")
            time.sleep(0.05)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"asked": asked, "failed": failed[:5]}


if __name__ == "__main__":
    serve(job)
