"""A key, a vault, and the two vendors that grant access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import headcount as hc
from headcount import oauth
from tests.connectors.vendors import BAMBOOHR, NAMELY, Vendor
from tests.vault.granted import ONE


@pytest.fixture(autouse=True)
def key(no_settings_of_this_machine: None, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HEADCOUNT_KEY", ONE)
    return ONE


@pytest.fixture
def vault(sqlite: str) -> Iterator[hc.Vault]:
    with hc.Vault(sqlite) as found:
        yield found


@pytest.fixture(params=[NAMELY, BAMBOOHR], ids=str)
def box(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A sandbox whose clock is ours as well."""
    vendor: Vendor = request.param
    with vendor.start(people=5) as found:
        monkeypatch.setattr(oauth, "utcnow", found.clock.exact)
        yield found
