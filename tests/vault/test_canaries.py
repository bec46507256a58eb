"""Canary secrets of every kind come out nowhere: in nothing that is said, dumped, run, recorded, kept or reported."""

from __future__ import annotations

import faulthandler
import logging
import pickle
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml
from sqlalchemy import inspect, text

import headcount as hc
from headcount import oauth
from headcount.roster import Roster
from headcount.sandbox import Answer
from headcount.store import open_store
from headcount.testing import CHECKS, Subject, as_html, as_json, as_junit, as_markdown, examine, recorded
from headcount.testing.recordings import replayed
from tests.cli.test_command import RUN, environment
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.core.test_house import EVERY, name_of
from tests.vault.granted import OPTIONS, grant, granted
from tests.vault.test_secrecy import CANARY, plant

KINDS = ("token", "api_key", "scim_token", "granted")
VENDORS = {"token": NAMELY, "api_key": BAMBOOHR, "scim_token": INSIGHTLY, "granted": NAMELY}


@attrs.frozen
class Cage:
    """A connection, with a canary in each secret that it has."""

    kind: str
    box: Any
    connection: hc.Connection
    key: str

    def leaks(self, *texts: str | bytes) -> list[str]:
        """The secrets that are seen in these texts, as they are or as they are sent."""
        sent = (text for auth in self.auths for text in auth.secrets)
        secrets = {CANARY, self.key, *(text for text in sent if len(text) > 4)}  # a dummy password is none
        told = [text if isinstance(text, bytes) else text.encode() for text in texts]
        return [secret for secret in secrets if any(secret.encode() in one for one in told)]

    @property
    def auths(self) -> tuple[hc.Auth, ...]:
        """What it logs in with."""
        scim = self.connection.connector.scim(self.connection.settings)
        return (self.connection.auth,) if scim is None else (self.connection.auth, scim[1])

    @property
    def settings(self) -> dict[str, Any]:
        """What leads to the sandbox in the same way."""
        settings: dict[str, Any] = self.box.granted_settings if self.kind == "granted" else self.box.writing_settings
        return settings

    def people(self) -> None:
        """Use its first secret."""
        list(self.connection.employees())

    def users(self) -> None:
        """Use its second one, where it has two."""
        if self.connection.scim is not None:
            self.connection.scim.json(hc.Request("GET", "/Users"))


@contextmanager
def caged(
    kind: str, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch, key: str, vendor: Vendor | None = None, **how: Any
) -> Iterator[Cage]:
    box: Any
    with (vendor or VENDORS[kind]).start(people=5) as box:
        monkeypatch.setattr(oauth, "utcnow", box.clock.exact)
        plant(box, monkeypatch)
        box.key = f"{CANARY}-key"
        if kind == "granted":
            connection = granted(box, vault, **{"name": f"{box.name}-acme", **how})
        else:
            box.scim_token = f"{CANARY}-scim"
            connection = box.connect(**{**box.writing_settings, "options": OPTIONS, "vault": vault, **how})
        with connection:
            yield Cage(kind, box, connection, key)


@pytest.fixture(params=KINDS)
def cage(request: pytest.FixtureRequest, vault: hc.Vault, key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cage]:
    with caged(request.param, vault, monkeypatch, key) as found:
        yield found


def echo(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the vendor refuse everything, and repeat what it was sent."""
    sent: list[str] = []
    inside = type(box).face

    def face(self: Any, call: Any) -> Any:
        sent[:] = [call.headers.get("Authorization", ""), call.headers.get("Authorization", "").partition(" ")[2]]
        return inside(self, call)

    def error(self: Any, status: int, message: str = "") -> Answer:
        headers = {"X-BambooHR-Error-Message": sent[0], "X-Request-Id": sent[1]}
        return Answer(status=418, body={"message": sent[0], "detail": sent}, headers=headers, reason=sent[1])

    monkeypatch.setattr(type(box), "face", face)
    monkeypatch.setattr(type(box), "error", error)
    box.play("forbidden", times=None)


def told_of(error: BaseException) -> list[str | bytes]:
    """An error in every way in which one is shown or sent elsewhere."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=False)
    return ["".join(shown.format()), "".join(traceback.format_exception(error)), repr(error), str(vars(error))]


# -- what is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["", "unauthorized", "error", "reset", "html", "echo"])
def test_no_secret_is_said(
    fault: str,
    cage: Cage,
    vault: hc.Vault,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str | bytes] = []
    if fault == "echo":
        echo(cage.box, monkeypatch)
    elif fault:
        cage.box.play(fault, times=None)
    for use in (cage.people, cage.users):
        try:
            use()
        except hc.HeadcountError as error:
            said += [*told_of(error), pickle.dumps(str(error)), pickle.dumps(vars(error))]
    assert bool(said) is (fault != "")
    listing = cage.connection.employees()
    with suppress(hc.HeadcountError):
        list(listing)
    said += [repr(listing.report), str(attrs.asdict(listing.report))]
    about = (cage.connection, cage.connection.settings, cage.connection.http, *cage.auths, vault, cage.box.log)
    said += [repr(one) for one in (*about, *map(vault.get, vault.names()))]
    assert cage.leaks(*said, *capfd.readouterr(), caplog.text, *(str(one.args) for one in caplog.records)) == []
    assert any(one.name.startswith("urllib3") for one in caplog.records)


def test_a_dump_of_the_stack_shows_no_secret(cage: Cage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken while a request is under way, of every thread."""
    file = tmp_path / "dump"
    inside = type(cage.box).face

    def face(self: Any, call: Any) -> Any:
        with file.open("a") as dump:
            faulthandler.dump_traceback(dump, all_threads=True)
        return inside(self, call)

    monkeypatch.setattr(type(cage.box), "face", face)
    cage.people()
    cage.users()
    assert "_reached" in file.read_text()
    assert cage.leaks(file.read_bytes()) == []


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_nothing_of_ours_shows_locals_or_writes_dumps(path: Path) -> None:
    told = path.read_text(encoding="utf-8")
    assert not [word for word in ("capture_locals", "show_locals", "faulthandler", "rich.traceback") if word in told]


# -- the command ----------------------------------------------------------------------------------


def of_process(pid: int) -> list[bytes]:
    """What anybody on the machine may read of a process and of its children: their command lines."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_bytes(), *(one for child in children for one in of_process(int(child)))]


def shell(cage: Cage) -> dict[str, str]:
    """The environment of a shell that has the secrets."""
    told = {f"HEADCOUNT_{cage.box.name}_{name}".upper(): value for name, value in cage.settings.items()}
    vault = {"HEADCOUNT_VAULT": cage.connection.vault.url, "HEADCOUNT_KEY": cage.key}
    return {**environment(), **told, **vault, "PYTHONFAULTHANDLER": "1"}


def test_a_running_command_shows_no_secret_and_none_when_it_is_killed(
    vault: hc.Vault, key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its command line may be read by everybody on the machine, and where it dies it says where it was."""
    for kind in KINDS:
        with caged(kind, vault, monkeypatch, key) as cage:
            cage.box.play("slow", seconds=1.5, times=None)
            running = subprocess.Popen(
                [*RUN, "employees", cage.box.name],
                env=shell(cage),
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
            )
            with running:
                while not cage.box._playing[-1].played:
                    assert running.poll() is None, running.communicate()
                    time.sleep(0.02)
                shown = of_process(running.pid)
                running.send_signal(signal.SIGABRT)
                out, err = running.communicate(timeout=20)
            assert b"headcount.cli" in shown[0]
            assert b"Fatal Python error: Aborted" in err
            assert cage.leaks(*shown, out, err) == []


@pytest.mark.parametrize("cage", ["token", "granted"], indirect=True)
def test_a_command_that_breaks_shows_no_secret(cage: Cage, tmp_path: Path) -> None:
    """A defect of ours is a traceback, and has no local values."""
    breaks = "from headcount.transport import Transport; Transport._reached = lambda self, request, headers: 1 / 0; "
    shown = [
        subprocess.run(
            [sys.executable, "-c", code + RUN[-1], "employees", cage.box.name],
            env={**shell(cage), "FORCE_COLOR": "1"},
            cwd=tmp_path,
            capture_output=True,
            timeout=30,
            check=False,
        )
        for code in (breaks, "")
    ]
    assert b"ZeroDivisionError" in shown[0].stderr
    assert cage.leaks(*(stream for one in shown for stream in (one.stdout, one.stderr))) == []
    assert not list(tmp_path.glob("core*"))


# -- recordings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", [NAMELY, BAMBOOHR], ids=str)
def test_a_recording_of_a_grant_and_its_renewal_has_no_secret_and_can_be_replayed(
    vendor: Vendor, vault: hc.Vault, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cassette = tmp_path / "observed.yaml"
    alone = attrs.evolve(OPTIONS, threads=1)
    with caged("granted", vault, monkeypatch, key, vendor, options=alone) as cage:
        with recorded(cassette):
            grant(cage.connection)
            ids = [one.id for one in cage.connection.employees()]
            cage.box.clock.advance(seconds=cage.box.grants.life)
            assert cage.connection.whoami().id
        assert len(cage.box.grants.renewed) == 1
        assert cage.leaks(cassette.read_bytes()) == []
        settings = {**cage.box.granted_settings, "client_secret": "another"}
    told = cassette.read_text()
    sent = [str(one["request"]["body"]) for one in yaml.safe_load(told)["interactions"]]
    assert [one.count("client_secret=scrubbed") for one in sent if "grant_type" in one] == [1, 1]
    assert told.count('"access_token": "scrubbed"') + told.count('access_token\\": \\"scrubbed') == 2
    vault.put("replayed", hc.Credential(token="scrubbed"))
    with replayed(cassette), hc.connect(vendor.name, **settings, options=alone, vault=vault, name="replayed") as again:
        assert [one.id for one in again.employees()] == ids


# -- what is kept ---------------------------------------------------------------------------------


def kept_in(store: str) -> list[bytes]:
    """Every byte that a store has: its files, or what stands in its tables."""
    if store.startswith("sqlite"):
        return [file.read_bytes() for file in Path(store.removeprefix("sqlite:///")).parent.glob("store.db*")]
    engine = open_store(store)
    names = inspect(engine).get_table_names()
    with engine.connect() as db:
        rows = [
            row for name in names for row in db.execute(text(f'SELECT a_row::text FROM "{name}" AS a_row')).scalars()
        ]
    engine.dispose()
    return [row.encode() for row in rows]


@pytest.mark.parametrize("kind", ["api_key", "granted"])
def test_no_secret_stands_in_a_store(kind: str, store: str, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vault, journal and roster in one, looked at while they are open and once they are closed."""
    with hc.Vault(store) as vault, caged(kind, vault, monkeypatch, key, BAMBOOHR, store=store) as cage:
        name = cage.connection.name
        secrets, webhooks = {"api_key": f"{CANARY}-kept"}, {"1": f"{CANARY}-private"}
        vault.change(name, lambda kept: attrs.evolve(kept, secrets=secrets, webhooks=webhooks))
        with Roster(store) as roster:
            roster.sync(cage.connection)
            id = cage.box.id_of(cage.box.people[1])
            cage.connection.update(id, given_name="Ada", approved_by="a test")
            cage.box.clock.advance(seconds=cage.box.grants.life)
            roster.sync(cage.connection)
            cage.box.grants.revoke()
            cage.box.revoked = True
            with pytest.raises(hc.AuthError):
                roster.sync(cage.connection)
            opened = kept_in(store)
        assert len(b"".join(opened)) > 10_000
        assert cage.leaks(*opened) == []
        assert cage.leaks(*kept_in(store)) == []
        assert vault.get(name).webhooks == webhooks  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["token", "api_key"])
def test_no_secret_stands_in_a_report(kind: str, vault: hc.Vault, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an account whose vendor repeats what it is sent, so that every check fails with words of the vendor's."""
    with caged(kind, vault, monkeypatch, key) as cage:
        echo(cage.box, monkeypatch)
        subject = Subject(connector=cage.connection.connector, live=True, settings=cage.box.settings)
        found = examine(subject, [check for check in CHECKS if check.reads_only])
        assert repr(subject).count(CANARY) == 0
        reports = [form(found) for form in (as_json, as_junit, as_html, as_markdown)]
        assert all("***" in one for one in reports)
        assert cage.leaks(*reports, repr(found), pickle.dumps([one.why for one in found.verdicts])) == []
