"""Connecting as a person does: asked in a terminal, shown what it may see, listed, replaced, and ended."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests

from headcount.sandbox import Sandbox
from tests.cli.test_command import RUN, environment, headcount
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.generated import check_table
from tests.vault.granted import ONE, TWO

HERE = ("--no-pace",)
ORIGIN = "http://127.0.0.1:40080"


@pytest.fixture
def bamboo() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=10) as running:
        yield running


@pytest.fixture
def namely() -> Iterator[Sandbox]:
    with NAMELY.start(people=10) as running:
        yield running


def shell(**more: str) -> dict[str, str]:
    """A shell that knows no account, and has a key for the vault."""
    return environment(None, **{"HEADCOUNT_KEY": ONE, **more})


def at(box: Sandbox) -> tuple[str, ...]:
    return ("--set", f"base_url={box.origin}")


def talk(words: Sequence[str], env: dict[str, str], folder: Path, answers: Sequence[tuple[str, str]], code: int) -> str:
    """What the command shows to somebody who answers each question as it comes."""
    ours, theirs = pty.openpty()
    waiting = list(answers)
    with subprocess.Popen([*RUN, *words], env=env, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        said, since = "", 0
        while select.select([ours], [], [], 60)[0]:
            try:
                said += os.read(ours, 4096).decode(errors="replace")
            except OSError:
                break  # how Linux says that the other side is gone
            if waiting and re.search(waiting[0][0], said[since:]):
                since = len(said)
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    assert running.returncode == code, said
    assert not waiting, f"nobody asked for {waiting[0][0]}: {said}"
    return re.sub(r"\x1b\[\d*m", "", said.replace("\r\n", "\n"))


def test_from_nothing_to_a_first_sync(bamboo: Sandbox, tmp_path: Path) -> None:
    answers = [
        (r"company: $", "https://Acme.bamboohr.com/home"),
        (r"api_key \(not shown\): $", "a-wrong-key"),
        (r"answered 401[\s\S]*api_key \(not shown\): $", bamboo.key),
    ]
    said = talk(("connect", "bamboohr", *at(bamboo), *HERE), shell(), tmp_path, answers, code=0)
    owner = bamboo.people[0]
    for words in (
        "click your picture > API Keys > Add New Key",
        "bamboohr-acme: connected",
        f"credential  {owner.given} {owner.family}'s, a key, used here since",
        r"sees        company, groups, employees, \d\d fields",
        "withheld    nothing that headcount reads",
        "Next: headcount sync bamboohr-acme",
    ):
        assert re.search(words, said), words
    assert bamboo.key not in said
    assert "a-wrong-key" not in said
    file = (tmp_path / "headcount.toml").read_text()
    assert tomllib.loads(file) == {
        "connections": {"bamboohr-acme": {"vendor": "bamboohr", "base_url": bamboo.origin, "company": "acme"}}
    }
    done = headcount("sync", *HERE, env=shell(), cwd=tmp_path)
    assert (done.returncode, "10 added" in done.stdout) == (0, True), done.stderr
    for name in os.listdir(tmp_path):
        assert bamboo.key.encode() not in (tmp_path / name).read_bytes()


def test_a_key_that_is_in_the_environment_is_kept_without_a_question(bamboo: Sandbox, tmp_path: Path) -> None:
    words = ("connect", "bamboohr", "--set", "company=acme", "--name", "acme-hr", *at(bamboo), *HERE)
    done = headcount(*words, env=shell(HEADCOUNT_BAMBOOHR_API_KEY=bamboo.key), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "acme-hr: connected" in done.stdout
    assert "api_key is taken from HEADCOUNT_BAMBOOHR_API_KEY" in done.stderr
    assert headcount("whoami", "acme-hr", *HERE, env=shell(), cwd=tmp_path).returncode == 0
    again = headcount(*words, env=shell(HEADCOUNT_BAMBOOHR_API_KEY=bamboo.key), cwd=tmp_path)
    assert (again.returncode, "connected already" in again.stderr) == (2, True)


def test_every_verb_takes_the_name_of_a_connection(bamboo: Sandbox, tmp_path: Path) -> None:
    bamboo.people += BAMBOOHR.start(people=40).people[30:]
    connected(bamboo, tmp_path)
    person = next(one for one in bamboo.people[10:] if one.active and not one.tags and not one.left)
    words = ("plan", "terminate", "acme-hr", str(person.id), "--on", "2031-01-31", "--type", "voluntary")
    planned = headcount(*words, "-o", "plan.json", *HERE, env=shell(), cwd=tmp_path)
    assert planned.returncode == 0, planned.stderr
    applied = headcount("apply", "plan.json", "--yes", "--by", "Ada", *HERE, env=shell(), cwd=tmp_path)
    assert (applied.returncode, "done and proved" in applied.stdout) == (0, True), applied.stderr


def test_a_store_that_is_named_has_the_vault_too(bamboo: Sandbox, tmp_path: Path) -> None:
    place = ("--store", f"sqlite:///{tmp_path}/elsewhere.db")
    connected(bamboo, tmp_path, "acme-hr", *place)
    done = headcount("sync", "acme-hr", *place, *HERE, env=shell(), cwd=tmp_path)
    assert (done.returncode, "10 added" in done.stdout) == (0, True), done.stderr
    assert "acme-hr: ok" in headcount("connections", *place, env=shell(), cwd=tmp_path).stdout
    assert not (tmp_path / "headcount.db").exists()


def test_a_browser_comes_back_to_this_machine(namely: Sandbox, tmp_path: Path) -> None:
    words = (*RUN, "connect", "namely", "--oauth", "--no-browser", "--port", "0", "--set", "company=acme", *at(namely))
    told = {f"HEADCOUNT_NAMELY_{name}".upper(): str(value) for name, value in namely.granted_settings.items()}
    env = shell(**{name: value for name, value in told.items() if "CLIENT" in name}, PYTHONUNBUFFERED="1")
    with subprocess.Popen(
        [*words, *HERE], env=env, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stderr is not None
        url = next(line.strip() for line in running.stderr if "authorize?" in line)
        back = re.sub(r"%3A", ":", re.sub(r"%2F", "/", re.search(r"redirect_uri=([^&]+)", url)[1]))  # type: ignore[index]
        assert requests.get(f"{back}favicon.ico", timeout=10).status_code == 404
        forged = requests.get(f"{back}?code=x&state=forged", timeout=10)
        assert "not the answer that was waited for" in forged.text
        page = requests.get(url, timeout=10)
        out, error = running.communicate(timeout=30)
    assert "headcount is connected" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert running.returncode == 0, error
    assert re.search(r"namely-acme: connected[\s\S]*granted by OAuth", out)
    for secret in (namely.grants.client_secret, *namely.grants._tokens, *namely.grants._renewing):
        assert secret not in out + error + (tmp_path / "headcount.toml").read_text()
    done = headcount("employees", "namely-acme", *HERE, env=shell(), cwd=tmp_path)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 10), done.stderr


def test_who_says_no_at_the_vendors_page_is_told(namely: Sandbox, tmp_path: Path) -> None:
    namely.grants.approves = False
    words = (*RUN, "connect", "namely", "--no-browser", "--port", "0", "--set", "company=acme", *at(namely), *HERE)
    told = {f"HEADCOUNT_NAMELY_{name}".upper(): str(value) for name, value in namely.granted_settings.items()}
    env = shell(**{name: value for name, value in told.items() if "CLIENT" in name}, PYTHONUNBUFFERED="1")
    with subprocess.Popen(words, env=env, cwd=tmp_path, text=True, stderr=subprocess.PIPE) as running:
        assert running.stderr is not None
        url = next(line.strip() for line in running.stderr if "authorize?" in line)
        assert "Access was not granted" in requests.get(url, timeout=10).text
        error = running.stderr.read()
    assert (running.returncode, "the person who approves it must say yes" in error) == (3, True)
    assert not (tmp_path / "headcount.toml").exists()


def connected(box: Sandbox, folder: Path, name: str = "acme-hr", *more: str) -> None:
    env = environment(box, HEADCOUNT_KEY=ONE)
    done = headcount("connect", box.name, "--name", name, *more, *HERE, env=env, cwd=folder)
    assert done.returncode == 0, done.stderr


def test_connections_are_listed_with_what_is_to_be_done(bamboo: Sandbox, namely: Sandbox, tmp_path: Path) -> None:
    connected(bamboo, tmp_path, "one")
    connected(namely, tmp_path, "two", "--made-on", "2024-12-15")
    with (tmp_path / "headcount.toml").open("a") as file:
        file.write('\n[connections.three]\nvendor = "insightly"\n')
    env = shell(HEADCOUNT_THREE_API_KEY="k-of-three")
    done = headcount("connections", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in (
        r"one: ok\n  vendor      BambooHR\n  kept in     the vault\n",
        r"two: needs attention",
        r"ends        on 2026-12-15, two years after it was made \(a personal token, by Namely's documentation;",
        r"three: ok\n  vendor      Insightly\n  kept in     the environment or the keyring, as HEADCOUNT_THREE_API_KEY",
    ):
        assert re.search(words, done.stdout), words
    told = json.loads(headcount("connections", "two", "--output", "json", env=env, cwd=tmp_path).stdout)
    assert [one["kind"] for one in told[0]["credential"]["concerns"]] in (["ends"], ["ended"])
    without = headcount("connections", env=environment(), cwd=tmp_path)
    assert re.search(r"one: not connected\n.*\n  kept in     nowhere: `headcount reconnect one`", without.stdout)


def test_what_the_vault_keeps_for_a_program_is_told_beside(bamboo: Sandbox, tmp_path: Path) -> None:
    connected(bamboo, tmp_path, "one")
    (tmp_path / "headcount.toml").unlink()
    for words in (("connections",), ("connections", "one"), ("connections", "--check")):
        done = headcount(*words, env=shell(), cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "")
        assert "one: the vault keeps it for a program; of which vendor it is neither headcount.toml nor" in done.stderr


def test_what_may_not_be_seen_is_told_in_the_vendors_words(bamboo: Sandbox, tmp_path: Path) -> None:
    connected(bamboo, tmp_path)
    bamboo.restricting = True
    done = headcount("connections", "--check", *HERE, env=shell(), cwd=tmp_path)
    text = " ".join(done.stdout.split())
    assert "acme-hr: needs attention" in text
    assert "compensation (payRate, payPer): allow Settings > Access Levels" in text
    assert "Job tab > Compensation; scope employee:compensation" in text
    assert "it sees less than it did: compensation, " in text


def test_a_credential_that_is_refused_is_told_and_replaced(bamboo: Sandbox, tmp_path: Path) -> None:
    connected(bamboo, tmp_path)
    bamboo.key = "bamboohr-another-key"
    done = headcount("connections", "--check", *HERE, env=shell(), cwd=tmp_path)
    assert (done.returncode, "acme-hr: refused" in done.stdout, "401" in done.stdout) == (3, True, True)
    said = talk(("reconnect", "acme-hr", *HERE), shell(), tmp_path, [(r"not shown\): $", bamboo.key)], code=0)
    assert "acme-hr: connected" in said
    assert headcount("connections", "--check", *HERE, env=shell(), cwd=tmp_path).returncode == 0


def test_disconnect_forgets_and_says_what_is_left_to_do(bamboo: Sandbox, tmp_path: Path) -> None:
    connected(bamboo, tmp_path)
    alone = headcount("disconnect", "acme-hr", env=shell(), cwd=tmp_path)
    assert (alone.returncode, "decide with --yes" in alone.stderr) == (6, True)
    done = headcount("disconnect", "acme-hr", "--yes", env=shell(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "acme-hr: what it logged in with is forgotten\n")
    assert "Delete it at the vendor: BambooHR: click your picture > API Keys" in done.stderr
    assert "acme-hr: not connected" in headcount("connections", env=shell(), cwd=tmp_path).stdout
    again = headcount("disconnect", "acme-hr", "--yes", env=shell(), cwd=tmp_path)
    assert (again.returncode, "nothing was done" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "env", "told"),
    [
        (("connect", "nobody"), {}, "no connector is named 'nobody'"),
        (("connect", "insightly", "--oauth"), {}, "does not grant access by OAuth"),
        (("connect", "bamboohr", "--set", "api_key=x"), {}, "a command line can be read by others"),
        (("connect", "bamboohr", "--set", "company=a.b.c/d"), {}, "must be the name before .bamboohr.com"),
        (("connect", "bamboohr", "--set", "company=acme"), {}, "bamboohr needs api_key"),
        (("connect", "bamboohr", "--name", "a b"), {"HEADCOUNT_BAMBOOHR_API_KEY": "k"}, "is no name"),
        (("connect", "bamboohr"), {"HEADCOUNT_KEY": ""}, "a vault needs a key: set HEADCOUNT_KEY. To make one"),
        (("connect", "bamboohr"), {"HEADCOUNT_KEY": "x"}, "key 1 of HEADCOUNT_KEY is none"),
        (("reconnect", "nobody"), {}, "names no connection 'nobody'"),
        (("connections", "nobody"), {}, "no connection is named 'nobody'"),
        (("disconnect", "nobody", "--yes"), {}, "the vault keeps nothing of 'nobody'"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], env: dict[str, str], told: str, tmp_path: Path) -> None:
    done = headcount(*words, env=shell(**env), cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert told in done.stderr


def test_a_key_is_made_and_changed(bamboo: Sandbox, tmp_path: Path) -> None:
    made = headcount("key", cwd=tmp_path)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=\n", made.stdout)
    connected(bamboo, tmp_path)
    both = shell(HEADCOUNT_KEY=f"{TWO},{ONE}")
    done = headcount("key", "--rotate", env=both, cwd=tmp_path)
    assert (done.returncode, "sealed anew" in done.stdout) == (0, True), done.stderr
    assert headcount("whoami", "acme-hr", *HERE, env=shell(HEADCOUNT_KEY=TWO), cwd=tmp_path).returncode == 0
    lost = headcount("whoami", "acme-hr", *HERE, env=shell(), cwd=tmp_path)
    assert (lost.returncode, "sealed with another key" in lost.stderr) == (2, True)


def test_insightly_asks_for_its_pod(tmp_path: Path) -> None:
    with INSIGHTLY.start(people=5) as box:
        answers = [(r"not shown\): $", box.key), (r"pod \[na1\]: $", "")]
        said = talk(("connect", "insightly", *at(box), *HERE), shell(), tmp_path, answers, code=0)
    assert "insightly: connected" in said
    assert tomllib.loads((tmp_path / "headcount.toml").read_text())["connections"]["insightly"]["pod"] == "na1"


SHOWN = (
    (BAMBOOHR, "bamboohr-acme", (("company: $", "https://acme.bamboohr.com/home"), ("not shown", ""))),
    (NAMELY, "namely-acme", (("company: $", "acme"), ("not shown", ""), (r"made on \[", ""))),
    (INSIGHTLY, "insightly", (("not shown", ""), ("pod", ""))),
)


def seen_by_a_person(vendor: Vendor, name: str, answers: Sequence[tuple[str, str]], folder: Path) -> Iterator[str]:
    """What somebody sees who begins with nothing and ends with a roster."""
    folder.mkdir()
    with vendor.start(people=25) as box:
        told = {f"HEADCOUNT_{vendor.name}_BASE_URL".upper(): box.origin}
        env = shell(COLUMNS="110", **told)
        for words, asked in ((("connect", vendor.name), answers), (("sync", name), ()), (("status", name), ())):
            typed = [(question, box.key if question == "not shown" else answer) for question, answer in asked]
            said = talk(words, env, folder, typed, code=0).replace(box.origin, ORIGIN)
            said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\].*?\x07", "", said).replace("(not shown): ", "(not shown): …")
            said = re.sub(r"[^\n]*\r(?!\n)", "", said).replace(f"{date.today()}", "2026-11-29")
            said = said.replace(f"{date.today() + timedelta(days=730)}", "2028-11-28")
            said = re.sub(r"\d\d:\d\d UTC", "12:00 UTC", re.sub(r"\b\d+(\.\d)? s\b", "0.1 s", said))
            said = re.sub(r"\]: (?=\S)", "]:\n", said)  # the echo of a bare return may be lost after a hidden answer
            yield f"$ headcount {' '.join(words)}"
            yield from (line.rstrip() for line in said.splitlines() if line.strip() and line < "\u2800")  # no spinner
            yield ""


def test_the_page_shows_what_a_person_sees(tmp_path: Path) -> None:
    lines: list[str] = []
    for vendor, name, answers in SHOWN:
        lines += [f"### {vendor.connector.title}", "", "```text"]
        *seen, _ = seen_by_a_person(vendor, name, answers, tmp_path / vendor.name)
        lines += [*seen, "```", ""]
    check_table("connecting.md", lines[:-1])
