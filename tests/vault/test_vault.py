"""What is in the vault opens with its keys alone, and nothing is written over what does not open."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import headcount as hc
from headcount.leases import as_text
from headcount.vault import vault as room
from headcount.vault.tables import credentials
from tests.vault.granted import ONE, TWO

SECRET = "hunter2secret"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WHOLE = hc.Credential(
    token=SECRET,
    refresh_token="hunter3secret",
    made_at=NOON,
    expires_at=NOON + timedelta(minutes=15),
    redirect_uri="http://127.0.0.1:9/back",
    renewing_since=NOON,
    problem="revoked",
)


def test_what_is_kept_comes_back_whole(store: str) -> None:
    with hc.Vault(store) as vault:
        assert vault.get("acme") is None
        vault.put("acme", hc.Credential(token="before"))
        vault.put("acme", WHOLE)
        vault.put("other", hc.Credential(token="t"))
        assert vault.names() == ["acme", "other"]
    with hc.Vault(store) as vault:
        assert vault.get("acme") == WHOLE
        vault.delete("acme")
        assert vault.get("acme") is None
        assert vault.names() == ["other"]


def test_no_secret_stands_in_the_file(sqlite: str) -> None:
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
        vault.put("acme", WHOLE)
        assert SECRET not in repr(vault) + repr(WHOLE) + str(WHOLE)
        for file in Path(sqlite.removeprefix("sqlite:///")).parent.iterdir():
            content = file.read_bytes()
            assert not [secret for secret in (b"hunter2", b"hunter3", ONE.encode()) if secret in content], file


def test_without_a_key_there_is_no_vault(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADCOUNT_KEY")
    monkeypatch.setattr(room, "keys_told", lambda key, keyring: None)
    with pytest.raises(hc.ConfigError, match=r"needs a key: set HEADCOUNT_KEY\. To make one: `headcount key`"):
        hc.Vault(sqlite)


def test_a_wrong_key_is_told_and_nothing_is_written_over(store: str) -> None:
    with hc.Vault(store) as vault:
        vault.put("acme", WHOLE)
    with hc.Vault(store, key=TWO) as wrong:
        for attempt in (
            lambda: wrong.get("acme"),
            lambda: wrong.put("acme", hc.Credential(token="new")),
            lambda: wrong.put("another", hc.Credential(token="new")),
            wrong.rotate,
        ):
            with pytest.raises(hc.ConfigError, match="sealed with another key") as refused:
                attempt()
            assert SECRET not in str(refused.value)
        assert wrong.names() == ["acme"]
    with hc.Vault(store) as vault:
        assert vault.get("acme") == WHOLE


def test_who_has_lost_the_key_forgets_and_begins_anew(sqlite: str) -> None:
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
    with hc.Vault(sqlite, key=TWO) as other:
        other.delete("acme")
        other.put("acme", hc.Credential(token="new"))
        assert other.get("acme") == hc.Credential(token="new")


def test_keys_rotate_while_others_read_and_write(store: str) -> None:
    names = [f"acme-{number}" for number in range(8)]
    with hc.Vault(store, key=ONE) as old, hc.Vault(store, key=f"{TWO},{ONE}") as both, hc.Vault(store, key=TWO) as new:
        for name in names:
            old.put(name, WHOLE)
        over, wrong = threading.Event(), list[str]()

        def use() -> None:
            while not over.is_set():
                for name in names:
                    if both.get(name) is None:
                        wrong.append(name)
                    both.put(name, WHOLE)

        users = [threading.Thread(target=use) for _ in range(3)]
        for user in users:
            user.start()
        for _ in range(5):
            assert both.rotate() == len(names)
        over.set()
        for user in users:
            user.join()
        assert wrong == []
        assert [new.get(name) for name in names] == [WHOLE] * len(names)
        with pytest.raises(hc.ConfigError, match="another key"):
            old.get(names[0])


def test_one_that_cannot_be_opened_keeps_all_as_they_are(sqlite: str) -> None:
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
        with vault._engine.begin() as db:
            db.execute(credentials.insert().values(name="broken", sealed="sealed:nothing", kept_at="2026"))
        before = Path(sqlite.removeprefix("sqlite:///")).read_bytes()
        with hc.Vault(sqlite, key=f"{TWO},{ONE}") as both, pytest.raises(hc.ConfigError):
            both.rotate()
        assert vault.get("acme") == WHOLE
        assert Path(sqlite.removeprefix("sqlite:///")).read_bytes() == before


def test_what_is_moved_to_another_connection_does_not_open(sqlite: str) -> None:
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
        with vault._engine.begin() as db:
            db.execute(credentials.update().values(name="other"))
        with pytest.raises(hc.ConfigError, match="sealed for something else"):
            vault.get("other")


@pytest.mark.parametrize("text", ["[]", "no json", '{"token": "t", "colour": "red"}', '{"token": "t", "made_at": 3}'])
def test_what_is_no_credential_is_told(text: str) -> None:
    with pytest.raises(hc.ConfigError, match="connect again"):
        hc.Credential.of_text(text)


# -- where the key is -----------------------------------------------------------------------------


def test_the_key_is_in_a_file(sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADCOUNT_KEY")
    (tmp_path / "key").write_text(f"{ONE}\n{TWO}\n")
    monkeypatch.setenv("HEADCOUNT_KEY_FILE", str(tmp_path / "key"))
    with hc.Vault(sqlite) as vault, hc.Vault(sqlite, key=ONE) as same:
        vault.put("acme", WHOLE)
        assert same.get("acme") == WHOLE
    monkeypatch.setenv("HEADCOUNT_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(hc.ConfigError, match=r"HEADCOUNT_KEY_FILE names .*none, which cannot be read"):
        hc.Vault(sqlite)


def test_the_key_is_in_the_keyring(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    monkeypatch.delenv("HEADCOUNT_KEY")
    monkeypatch.setattr(
        keyring, "get_password", lambda service, name: ONE if (service, name) == ("headcount", "key") else ""
    )
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
    with hc.Vault(sqlite, key=ONE) as same:
        assert same.get("acme") == WHOLE


def test_a_machine_without_a_keyring_has_none(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring")
    monkeypatch.delenv("HEADCOUNT_KEY")

    def none(*_: str) -> str:
        raise keyring.errors.NoKeyringError

    monkeypatch.setattr(keyring, "get_password", none)
    with pytest.raises(hc.ConfigError, match="needs a key"):
        hc.Vault(sqlite)


# -- a keeper of one's own ------------------------------------------------------------------------


class Cloud:
    """Somebody's secret manager."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, text: str) -> None:
        self.kept[name] = text

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


def test_another_place_keeps_the_secrets_and_needs_no_key(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEADCOUNT_KEY")
    keeper = Cloud()
    kept = keeper.kept
    with hc.Vault(sqlite, keeper=keeper) as vault:
        vault.put("acme", WHOLE)
        assert SECRET in kept["acme"]
        assert vault.get("acme") == WHOLE
        assert vault.names() == ["acme"]
        assert SECRET.encode() not in Path(sqlite.removeprefix("sqlite:///")).read_bytes()
        with vault.alone("acme"):
            pass
        vault.delete("acme")
        assert (kept, vault.get("acme"), vault.names()) == ({}, None, [])


def test_a_vault_of_its_own_is_told_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_STORE", f"sqlite:///{tmp_path}/store.db")
    assert hc.Vault().place == f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("HEADCOUNT_VAULT", f"sqlite:///{tmp_path}/vault.db")
    assert hc.Vault().place == f"sqlite:///{tmp_path}/vault.db"


# -- one at a time --------------------------------------------------------------------------------


def test_one_at_a_time_is_alone(store: str) -> None:
    inside, most, times = 0, 0, 0
    with hc.Vault(store) as vault, hc.Vault(store) as other:

        def work(mine: hc.Vault) -> None:
            nonlocal inside, most, times
            for _ in range(5):
                with mine.alone("acme"):
                    inside += 1
                    most, times = max(most, inside), times + 1
                    time.sleep(0.002)
                    inside -= 1

        threads = [threading.Thread(target=work, args=(one,)) for one in (vault, other) * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (most, times) == (1, 30)
        assert vault.names() == []


def test_who_is_no_more_is_not_waited_for(sqlite: str) -> None:
    code = "import sys, headcount as hc, headcount.leases as of; hc.Vault(sys.argv[1])._take('acme', of.holder())"
    subprocess.run([sys.executable, "-c", code, sqlite], check=True)
    begun = time.monotonic()
    with hc.Vault(sqlite) as vault, vault.alone("acme"):
        assert time.monotonic() - begun < 5


def test_who_does_not_come_to_an_end_is_told(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LEASE", timedelta(seconds=0.1))
    with hc.Vault(sqlite) as vault:
        vault._take("acme", "elsewhere|1|x")
        with vault._engine.begin() as db:
            db.execute(credentials.update().values(held_until=as_text(datetime.now(UTC) + timedelta(hours=1))))
        with (
            pytest.raises(hc.Held, match="acme is being renewed by process 1 on elsewhere; try again later"),
            vault.alone("acme"),
        ):
            pass
        with vault._engine.begin() as db:
            db.execute(credentials.update().values(held_until=as_text(datetime.now(UTC) - timedelta(seconds=1))))
        with vault.alone("acme"):
            pass


def test_a_store_that_breaks_is_told_without_what_was_sent(sqlite: str) -> None:
    with hc.Vault(sqlite) as vault:
        vault.put("acme", WHOLE)
        credentials.drop(vault._engine)
        with pytest.raises(hc.ConfigError, match=r"the vault sqlite:.* cannot be used: OperationalError") as refused:
            vault.put("acme", WHOLE)
        assert SECRET not in str(refused.value)
