"""The verbs as a person runs them: planned, shown, approved, applied, and what the journal then says."""

from __future__ import annotations

import json
import os
import pty
import select
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from headcount import Rejected
from headcount.cli import cli, main
from headcount.sandbox import Person, Sandbox
from tests.cli.test_command import RUN, environment, headcount
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY

TERMINATE = ("--on", "2030-12-31", "--type", "voluntary")
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def bamboo() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=40) as running:
        yield running


@pytest.fixture
def env(bamboo: Sandbox) -> dict[str, str]:
    return environment(bamboo)


def plain(box: Sandbox) -> Person:
    """Somebody with nothing awkward about them."""
    return next(person for person in box.people[25:] if person.active and not person.tags and not person.left)


def writes(box: Sandbox) -> list[str]:
    return [f"{one.method} {one.path}" for one in box.log if one.method in WRITES and "reports" not in one.path]


def test_a_plan_is_shown_and_sends_nothing(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    who = plain(bamboo)
    done = headcount("plan", "terminate", "bamboohr", str(who.id), *TERMINATE, "--no-pace", env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for words in (
        f"terminate employee {who.id}, {who.given}",
        "— → Terminated",
        "active, and stays so",
        "POST /emp",
        "!",
    ):
        assert words in done.stdout
    assert writes(bamboo) == []
    assert list(tmp_path.iterdir()) == [], "a plan that is only looked at leaves nothing behind"


def test_a_plan_is_kept_approved_and_applied_once(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    who = plain(bamboo)

    def run(*words: str, code: int = 0) -> str:
        done = headcount(*words, env=env, cwd=tmp_path)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    run("plan", "terminate", "bamboohr", str(who.id), *TERMINATE, "--no-pace", "-o", "plan.json")
    assert "needs an approval" in run("apply", "plan.json", "--no-pace", code=6)
    assert "nobody is there to ask" in run("approve", "plan.json", "--by", "Ada King", code=6)
    run("approve", "plan.json", "--by", "Ada King", "--yes")
    applied = run("apply", "plan.json", "--no-pace", "--approval", "plan.approval.json")
    assert "done and proved" in applied
    again = run("apply", "plan.json", "--no-pace", "--approval", "plan.approval.json")
    assert "done before, and not again" in again
    assert [row.status for row in who.statuses].count("Terminated") == 1
    assert len(writes(bamboo)) == 1
    for name in ("plan.json", "plan.approval.json", "headcount.db"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600, f"{name} holds personal data"
    listed = json.loads(run("journal", "--output", "json"))
    assert [(one["verb"], one["state"], one["approved_by"]) for one in listed] == [("terminate", "proved", "Ada King")]
    assert "done, sent once, known by answer" in run("journal", listed[0]["run"][:8])
    assert json.loads(run("journal", "--audit"))["approved_by"] == "Ada King"
    assert "nothing is left in the middle" in run("resume")
    assert "no step" in run("settle", listed[0]["run"][:8], "--done", code=2)


def test_a_changed_plan_file_is_not_applied(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    who = plain(bamboo)
    headcount(
        "plan", "terminate", "bamboohr", str(who.id), *TERMINATE, "--no-pace", "-o", "p.json", env=env, cwd=tmp_path
    )
    file = tmp_path / "p.json"
    file.write_text(file.read_text().replace("2030-12-31", "2029-12-31"))
    done = headcount("apply", "p.json", "--yes", "--no-pace", env=env, cwd=tmp_path)
    assert done.returncode == 6
    assert "changed after it was made" in done.stderr
    (tmp_path / "no.json").write_text("{}")
    assert headcount("apply", "no.json", "--yes", env=env, cwd=tmp_path).returncode == 2
    assert writes(bamboo) == []


def test_one_key_hires_once(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    newcomer = {
        "given_name": "Ada",
        "family_name": "King",
        "work_email": "ada@acme.example",
        "start_date": "2026-01-05",
    }
    (tmp_path / "ada.json").write_text(json.dumps({**newcomer, "time_type": "full_time"}))
    words = ("hire", "bamboohr", "--from", "ada.json", "job_title=Engineer", "--no-pace", "--yes", "--key", "req-7")
    before = len(bamboo.people)
    outcomes = [headcount(*words, "--output", "json", env=env, cwd=tmp_path) for _ in range(2)]
    assert [done.returncode for done in outcomes] == [0, 0], outcomes[0].stderr
    first, second = (json.loads(done.stdout) for done in outcomes)
    assert (first["id"], first["repeated"], second["repeated"]) == (second["id"], False, True)
    assert len(bamboo.people) == before + 1
    other = headcount(*words, "job_title=Analyst", env=env, cwd=tmp_path)
    assert other.returncode == 2
    assert "used for another change" in other.stderr
    without = headcount(*words[:-2], env=env, cwd=tmp_path)
    assert "is there already" in without.stderr
    assert len(bamboo.people) == before + 1


def test_a_lost_hire_is_said_to_be_unknown_and_resumed(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    before = len(bamboo.people)
    ada = ("given_name=Ada", "family_name=King", "work_email=ada@acme.example", "start_date=2026-01-05")
    words = ("hire", "bamboohr", *ada, "time_type=full_time", "--no-pace", "--yes")
    bamboo.play("unreached", on="/employees$", method="POST")
    lost = headcount(*words, env=env, cwd=tmp_path)
    assert lost.returncode == 8
    assert "may have arrived" in lost.stderr
    assert "headcount resume" in lost.stderr
    again = headcount(*words, env=env, cwd=tmp_path)
    assert again.returncode == 6, "a second hire of the same person waits for the first to be settled"
    assert len(bamboo.people) == before
    run = json.loads(headcount("journal", "--unfinished", "--output", "json", env=env, cwd=tmp_path).stdout)[0]["run"]
    settled = headcount("settle", run[:8], "--not-done", "--by", "Ada", "--no-pace", env=env, cwd=tmp_path)
    assert settled.returncode == 0, settled.stderr
    assert len(bamboo.people) == before + 1


def test_a_verb_asks_a_person_and_takes_no_for_an_answer(bamboo: Sandbox, env: dict[str, str], tmp_path: Path) -> None:
    who = plain(bamboo)
    words = ("terminate", "bamboohr", str(who.id), *TERMINATE, "--no-pace")
    assert "Apply this plan?" in on_a_terminal(words, env, tmp_path, answer="n", code=6)
    assert writes(bamboo) == []
    assert "done and proved" in on_a_terminal(words, env, tmp_path, answer="y", code=0)
    assert len(writes(bamboo)) == 1


def on_a_terminal(words: tuple[str, ...], env: dict[str, str], folder: Path, *, answer: str, code: int) -> str:
    """What the command says to somebody who answers its question."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*RUN, *words], env=env, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        said, asked = "", False
        while select.select([ours], [], [], 30)[0]:
            try:
                said += os.read(ours, 4096).decode(errors="replace")
            except OSError:
                break  # how Linux says that the other side is gone
            if "[y/N]" in said and not asked:
                asked = True
                os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    assert running.returncode == code, said
    return said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("update", "bamboohr", "30"), 2, "no field is given"),
        (("update", "bamboohr", "30", "job_title"), 2, "a field is NAME=VALUE"),
        (("update", "bamboohr", "30", "salry=1"), 2, "no field salry can be set"),
        (("update", "bamboohr", "30", "start_date=soon"), 2, "start_date must be a day"),
        (("update", "bamboohr", "999999", "job_title=Engineer"), 1, "there is no employee 999999"),
        (("update", "bamboohr", "30", "job_title=Astronaut"), 2, "it has Analyst"),
        (("terminate", "bamboohr", "30", "--on", "31.12.2026"), 2, "must be a day such as"),
        (("terminate", "bamboohr", "30"), 2, "Missing option '--on'"),
        (("leave", "bamboohr", "30", "1"), 2, "join another"),
        (("hire", "bamboohr", "given_name=Ada"), 2, "a hire needs family_name, start_date"),
        (("hire", "bamboohr", "--from", "nowhere.json"), 2, "nowhere.json"),
        (("delete", "bamboohr", "30", "--yes"), 6, "deleting needs a policy"),
        (("resume", "abcdef"), 2, "no run in"),
        (("journal", "--store", "mysql://x/y"), 2, "a store is sqlite"),
        (("journal", "--store", "sqlite:////nowhere/at/all.db"), 2, "cannot be opened"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(
    words: tuple[str, ...], code: int, told: str, bamboo: Sandbox, env: dict[str, str], tmp_path: Path
) -> None:
    pace = () if words[0] == "journal" else ("--no-pace",)
    done = headcount(*words, *pace, env=env, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert writes(bamboo) == []


def test_what_a_vendor_refuses_is_told_by_the_field(tmp_path: Path) -> None:
    with NAMELY.start(people=40) as box:
        who = plain(box)
        words = ("update", "namely", who.uuid, "work_email=not an address", "demographics.gender=Female")
        done = headcount(*words, "--no-pace", "--yes", env=environment(box), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "format of email" in done.stderr


def test_where_users_are_read_only_it_says_what_to_configure(tmp_path: Path) -> None:
    with INSIGHTLY.start(people=30) as box:
        id = str(plain(box).id)
        refused = headcount(
            "terminate", "insightly", id, "--on", "2026-01-05", "--yes", "--no-pace", env=environment(box)
        )
        assert refused.returncode == 2
        assert "scim_url and scim_token" in refused.stderr
        scim = {f"HEADCOUNT_INSIGHTLY_{name.upper()}": value for name, value in box.scim_settings.items()}  # type: ignore[attr-defined]
        words = ("terminate", "insightly", id, "--on", "2026-01-05", "--yes", "--no-pace")
        done = headcount(*words, env=environment(box, **scim), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "over SCIM" in done.stderr
        assert not next(person for person in box.people if str(person.id) == id).active


def test_every_verb_teaches_by_example() -> None:
    for words in (
        *(("plan",), ("plan", "terminate"), ("hire",), ("update",), ("terminate",), ("cancel-termination",)),
        *(
            ("rehire",),
            ("join",),
            ("leave",),
            ("delete",),
            ("apply",),
            ("approve",),
            ("journal",),
            ("resume",),
            ("settle",),
        ),
    ):
        done = headcount(*words, "--help")
        assert done.returncode == 0
        assert "headcount " in done.stdout


def test_each_problem_that_a_vendor_names_has_its_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Rejected("acmehr: POST /people answered 422: first; second", status=422, problems=("first", "second"))
    monkeypatch.setattr(cli, "main", Mock(side_effect=refused))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.splitlines()[1:] == ["  · first", "  · second"]
