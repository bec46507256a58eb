"""`headcount webhooks`: a person makes, lists and removes them, and never sees a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headcount.auth import Credential
from headcount.sandbox import Sandbox
from headcount.vault import Vault
from tests.cli.test_command import environment, headcount
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY
from tests.vault.granted import ONE

URL = "https://hooks.example.com/hr"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=5) as found:
        yield found


def asked(box: Sandbox, folder: Path, *words: str, code: int = 0, key: str = ONE) -> str:
    """What `headcount webhooks …` says, on both streams."""
    env = environment(box, HEADCOUNT_KEY=key, HEADCOUNT_STORE=f"sqlite:///{folder}/store.db")
    done = headcount("webhooks", *words, "--no-pace", env=env, cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    said = done.stdout + done.stderr
    assert not any(hook.key in said for hook in hooks(box).values() if hook.key)
    return said


def hooks(box: Sandbox) -> dict[str, Any]:
    return box.webhooks.hooks


def kept(folder: Path) -> Credential | None:
    with Vault(f"sqlite:///{folder}/store.db", key=ONE) as vault:
        return vault.get("bamboohr-acme")


def test_one_is_made_listed_and_removed(box: Sandbox, tmp_path: Path) -> None:
    said = asked(box, tmp_path, "register", "bamboohr", "--url", URL)
    assert f"webhook 1 of bamboohr-acme sends to {URL}; its key is kept in the vault" in said
    assert (found := kept(tmp_path)) is not None
    assert found.webhooks == {"1": hooks(box)["1"].key}
    box.webhooks.add("https://other.example.com/").owner = box.key
    said = asked(box, tmp_path, "list", "bamboohr")
    assert "webhook 1: headcount" in said
    assert "never yet" in said
    assert "not kept here" in said
    (first, second) = json.loads(asked(box, tmp_path, "list", "bamboohr", "--output", "json"))
    assert (first["id"], first["url"], first["key_kept"], second["key_kept"]) == ("1", URL, True, False)
    assert "key" not in first
    assert "webhook 1 of bamboohr-acme is removed" in asked(box, tmp_path, "remove", "bamboohr", "1")
    assert "no webhook 1" in asked(box, tmp_path, "remove", "bamboohr", "1", code=1)
    assert (found := kept(tmp_path)) is not None
    assert not found.webhooks


def test_an_address_that_is_not_https_is_refused_before_anything_is_made(box: Sandbox, tmp_path: Path) -> None:
    assert "https://" in asked(box, tmp_path, "register", "bamboohr", "--url", "http://hooks.example.com", code=2)
    assert not hooks(box)


def test_without_a_vaults_key_nothing_is_made(box: Sandbox, tmp_path: Path) -> None:
    assert "a vault needs a key" in asked(box, tmp_path, "register", "bamboohr", "--url", URL, code=2, key="")
    assert not hooks(box)


def test_another_users_is_told_apart(box: Sandbox, tmp_path: Path) -> None:
    box.webhooks.add(URL).owner = "other"
    assert "another user's" in asked(box, tmp_path, "remove", "bamboohr", "1", code=3)
    assert "none of this user's" in asked(box, tmp_path, "list", "bamboohr")


def test_the_key_of_one_that_was_made_by_hand_is_kept(box: Sandbox, tmp_path: Path) -> None:
    env = environment(box, HEADCOUNT_KEY=ONE, HEADCOUNT_STORE=f"sqlite:///{tmp_path}/store.db")
    done = headcount("webhooks", "keep", "bamboohr", "by-hand", env=env, cwd=tmp_path, input=f"{'a' * 32}\n")
    assert done.returncode == 0, done.stderr
    assert "a" * 32 not in done.stdout + done.stderr
    assert (found := kept(tmp_path)) is not None
    assert found.webhooks == {"by-hand": "a" * 32}


@pytest.mark.parametrize("vendor", [NAMELY, INSIGHTLY], ids=str)
def test_a_vendor_whose_api_makes_none_says_so(vendor: Any, tmp_path: Path) -> None:
    with vendor.start(people=3) as box:
        assert "is not known to make a webhook" in asked(box, tmp_path, "register", vendor.name, "--url", URL, code=2)
