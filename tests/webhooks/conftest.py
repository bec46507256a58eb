"""A key for the vault, and an office that receives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vault.granted import ONE
from tests.webhooks.office import Office, opened


@pytest.fixture(autouse=True)
def key(no_settings_of_this_machine: None, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HEADCOUNT_KEY", ONE)
    return ONE


@pytest.fixture
def office(sqlite: str) -> Iterator[Office]:
    with opened(sqlite) as found:
        yield found


@pytest.fixture
def anywhere(store: str) -> Iterator[Office]:
    """The same on both kinds of store."""
    with opened(store) as found:
        yield found
