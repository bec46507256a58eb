"""A keeper of one's own, brought by a plugin: whatever connects finds it, and no credential is in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import headcount as hc
from headcount.plugins import plugins
from tests.cli.test_command import environment, headcount
from tests.connectors.vendors import BAMBOOHR, NAMELY
from tests.installed import installed
from tests.vault.test_vault import Cloud

PLUGIN = '''
"""A secret manager that is a folder, one file a secret."""

from pathlib import Path

import headcount


class Folder:
    def __init__(self, path):
        self.path = path

    def get(self, name):
        file = self.path / name
        return file.read_text() if file.exists() else None

    def put(self, name, text):
        (self.path / name).write_text(text)

    def delete(self, name):
        (self.path / name).unlink(missing_ok=True)


@headcount.hookimpl
def headcount_keeper():
    return Folder(Path(__file__).parent / "secrets")
'''


class Broken:
    """A secret manager that is away, and says too much."""

    def get(self, name: str) -> str | None:
        raise OSError(f"cannot fetch {name}: tried with canary-of-the-cloud")

    def put(self, name: str, text: str) -> None:
        raise OSError(text)

    def delete(self, name: str) -> None:
        raise OSError(name)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """What a plugin brings, while the test runs."""
    kept = Cloud()
    plugin = SimpleNamespace(headcount_keeper=hc.hookimpl(lambda: kept))
    plugins().manager.register(plugin, "cloud")
    yield kept
    plugins().manager.unregister(plugin)


def test_what_a_program_keeps_goes_to_the_plugins_keeper_and_is_found_there(cloud: Cloud, sqlite: str) -> None:
    with NAMELY.start(people=5) as box:
        address: dict[str, Any] = {"company": "acme", "base_url": box.base_url, "store": sqlite}
        with hc.connect("namely", **address, token=box.key, name="acme-hr") as account:
            account.keep()
        assert box.key in cloud.kept["acme-hr"]
        assert box.key.encode() not in Path(sqlite.removeprefix("sqlite:///")).read_bytes()
        with hc.connect("namely", **address, name="acme-hr") as account:
            assert len(list(account.employees())) == len(box.people)
            account.disconnect()
        assert cloud.kept == {}


def test_a_vault_that_a_program_gives_comes_before_the_plugins(cloud: Cloud, sqlite: str) -> None:
    own = Cloud()
    with (
        NAMELY.start(people=5) as box,
        hc.Vault(sqlite, keeper=own) as vault,
        hc.connect("namely", **box.settings, name="acme-hr", vault=vault) as account,
    ):
        account.keep()
    assert (list(own.kept), cloud.kept) == (["acme-hr"], {})


@pytest.mark.parametrize(
    ("keeper", "words"),
    [(Cloud, "both say where credentials are kept: uninstall one"), (lambda: 1 / 0, "headcount_keeper raised ZeroDiv")],
)
def test_two_keepers_or_one_that_cannot_be_had_are_one_clear_error(
    cloud: Cloud, keeper: Callable[[], object], words: str, sqlite: str
) -> None:
    other = SimpleNamespace(headcount_keeper=hc.hookimpl(lambda: keeper()))
    plugins().manager.register(other, "other")
    try:
        with NAMELY.start(people=5) as box, hc.connect("namely", **box.settings, store=sqlite) as account:
            with pytest.raises(hc.PluginError, match=f"cloud and other.*{words}"):
                account.keep()
            with pytest.raises(hc.PluginError, match=words):
                hc.connect("namely", company="acme", base_url=box.base_url)
            with hc.Vault(sqlite, keeper=cloud) as own, pytest.raises(hc.ConfigError, match="needs token"):
                hc.connect("namely", company="acme", base_url=box.base_url, vault=own)  # asks no plugin
    finally:
        plugins().manager.unregister(name="other")


def test_a_keeper_that_fails_is_one_clear_error_without_what_it_says(sqlite: str) -> None:
    with hc.Vault(sqlite, keeper=Broken()) as vault:
        assert vault.place == "Broken"
        attempts: list[Callable[[], object]] = [
            lambda: vault.get("acme"),
            lambda: vault.put("acme", hc.Credential(token="canary")),
            lambda: vault.delete("acme"),
        ]
        for attempt in attempts:
            with pytest.raises(hc.ConfigError, match="the vault Broken cannot be used: OSError") as told:
                attempt()
            assert "canary" not in str(told.value)
            assert told.value.__cause__ is None


def test_the_command_uses_the_keeper_of_a_plugin_and_needs_no_key(tmp_path: Path) -> None:
    site, work = tmp_path / "site", tmp_path / "work"
    for folder in (site / "secrets", work):
        folder.mkdir(parents=True)
    (site / "headcount_folder.py").write_text(PLUGIN, encoding="utf-8")
    installed(site, "headcount-folder", "folder", "headcount_folder")
    with BAMBOOHR.start(people=10) as box:
        env = environment(box, PYTHONPATH=str(site))
        made = headcount("connect", "bamboohr", "--name", "acme-hr", "--no-pace", env=env, cwd=work)
        assert made.returncode == 0, made.stderr
        assert "kept in     Folder\n" in made.stdout
        assert box.key in (site / "secrets" / "acme-hr").read_text()
        bare = {name: value for name, value in env.items() if not name.endswith("API_KEY")}
        synced = headcount("sync", "acme-hr", "--no-pace", env=bare, cwd=work)
        assert "acme-hr: done, everybody was read: 10 records" in synced.stdout
        listed = headcount("connections", "--check", "--no-pace", "--output", "json", env=bare, cwd=work)
        told = json.loads(listed.stdout)
        assert [(one["connection"], one["state"], one["kept_in"]) for one in told] == [("acme-hr", "ok", "the vault")]
        assert headcount("disconnect", "acme-hr", "--yes", env=bare, cwd=work).returncode == 0
    assert list((site / "secrets").iterdir()) == []
    assert all(box.key.encode() not in file.read_bytes() for file in work.iterdir())
