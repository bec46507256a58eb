"""Many processes and threads use one granted connection, and any of them may be killed: it stays connected."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import headcount as hc
from headcount import oauth
from tests.connectors.vendors import BAMBOOHR, NAMELY, Vendor
from tests.roster.simulation import Forks
from tests.vault.granted import Fast, granted

SIGKILL = 9
STRIDE = int(os.environ.get("HEADCOUNT_STRIDE", "3"))
"""Every so many places where it may die; with HEADCOUNT_STRIDE=1 all of them."""
PROCESSES = 2
MINUTES, LIFE, SPEED = 10, 120.0, 30.0


@pytest.fixture
def forks(key: str) -> Iterator[Forks]:
    found = Forks("tests.vault.child")
    yield found
    found.close()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_two_processes_and_many_threads_renew_once_for_all(
    store: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For ten minutes of the vendor's, with tokens of two minutes whose refresh token is good for one renewal."""
    clock = Fast(began=time.time(), speed=SPEED)
    monkeypatch.setattr(oauth, "utcnow", clock.exact)
    with NAMELY.start(people=2) as box, hc.Vault(store) as vault:
        box.clock = box.grants.clock = clock
        box.grants.life, box.grants.rotates = LIFE, True
        granted(box, vault).close()
        told: dict[str, Any] = {"vendor": "namely", "settings": box.granted_settings, "store": store}
        told |= {"began": clock.began, "speed": SPEED, "seconds": MINUTES * 60 / SPEED}
        both = [Forks("tests.vault.child") for _ in range(PROCESSES)]
        begun = clock.exact()
        with ThreadPoolExecutor(PROCESSES) as pool:
            said = list(pool.map(lambda forks: forks.ask(told), both))
        minutes = (clock.exact() - begun).total_seconds() / 60
        for forks in both:
            forks.close()
        assert [one.get("failed") for one in said] == [[]] * PROCESSES, said
        assert all(asked > 0 for one in said for asked in one["asked"])
        renewals = [one for one in box.log if (one.body or {}).get("grant_type") == "refresh_token"]
        assert [one.status for one in renewals] == [200] * len(box.grants.renewed)
        assert MINUTES * 60 / LIFE - 1 <= len(renewals) <= 1 + minutes * 60 / (0.8 * LIFE)
        gaps = [after - before for before, after in zip(box.grants.renewed, box.grants.renewed[1:], strict=False)]
        assert min(gap.total_seconds() for gap in gaps) > LIFE / 3, "one renewal an expiry"


@pytest.mark.parametrize("rotates", [False, True], ids=["keeps", "rotates"])
@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str)
def test_a_process_that_is_killed_while_it_renews_loses_no_connection(
    vendor: Vendor, rotates: bool, forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each request, each commit, and each step of the vault.

    Where each renewal ends the refresh token before it, one that the vendor has answered and nobody has kept is lost:
    then it says so, and connecting again is all that is left to do.
    """
    with vendor.start(people=2) as box:
        monkeypatch.setattr(oauth, "utcnow", box.clock.exact)
        box.grants.rotates = rotates

        def renewing(kill_at: int, store: str) -> dict[str, Any]:
            ahead = box.clock._offset.total_seconds()
            more: dict[str, Any] = {"ahead": ahead, "kill_at": kill_at}
            return forks.ask({"vendor": vendor.name, "settings": box.granted_settings, "store": store, **more})

        def due(store: str) -> None:
            with hc.Vault(store) as vault:
                granted(box, vault).close()
            box.clock.advance(seconds=box.grants.life + 1)

        whole = f"sqlite:///{tmp_path}/whole.db"
        due(whole)
        passed = renewing(0, whole)["passed"]
        assert passed > 10
        lost = []
        for kill_at in range(1, passed + 1, STRIDE):
            store = f"sqlite:///{tmp_path}/{kill_at}.db"
            due(store)
            before, mark = len(box.grants.renewed), len(box.log)
            assert renewing(kill_at, store)["killed"] == SIGKILL
            answered = len(box.grants.renewed) > before
            with hc.Vault(store) as vault:
                credential = vault.get("acme")
            assert credential is not None
            begun = time.monotonic()
            again = renewing(0, store)
            assert time.monotonic() - begun < 20, "nobody waits for who is no more"
            if rotates and answered and credential.renewing_since is not None:
                assert (again["error"], again["killed"]) == ("lost", 0), (kill_at, again)
                assert "Connect again; nothing else is lost" in again["text"]
                assert all("token" in one.path for one in box.log[mark:]), "what was not kept was not used"
                lost.append(kill_at)
                due(store)
                again = renewing(0, store)
            assert "id" in again, (kill_at, again, json.dumps(passed))
        assert len(lost) < passed / 3
