"""The command as a person runs it: what it prints, where, and with which exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from headcount.sandbox import Sandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, VENDORS, Vendor

RUN = (sys.executable, "-c", "from headcount.cli import main; main()")


def environment(box: Sandbox | None = None, **more: str) -> dict[str, str]:
    """The environment of a shell that knows this sandbox and no other account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEADCOUNT_", "COV_"))}
    settings = {} if box is None else {f"HEADCOUNT_{box.name}_{k}".upper(): v for k, v in box.settings.items()}
    return {**kept, "COLUMNS": "160", "NO_COLOR": "1", **settings, **more}


def headcount(
    *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, input: str | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*RUN, *words],
        env=env or environment(),
        cwd=cwd,
        input=input,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@contextmanager
def running_command(*words: str, env: Mapping[str, str], **streams: Any) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs, as a shell starts it in the foreground: Ctrl-C reaches it. Killed at the end."""

    def in_the_foreground() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        [*RUN, *words], env=env, text=True, preexec_fn=in_the_foreground, **{"stderr": subprocess.PIPE, **streams}
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def read_screen(ours: int) -> bytes:
    """What a terminal shows until its other side is closed; it is closed then, too."""
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return seen


@pytest.fixture(params=VENDORS, ids=str)
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    vendor: Vendor = request.param
    with vendor.start(people=30) as running:
        yield running


@pytest.fixture
def bamboo() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=30) as running:
        yield running


def test_the_demo_shows_three_rosters_and_a_merged_one() -> None:
    started = time.monotonic()
    done = headcount("demo", "--people", "40")
    assert done.returncode == 0
    assert time.monotonic() - started < 10
    for words in (
        "BambooHR at",
        "Insightly at",
        "Namely at",
        "One roster",
        "120 people from 3 vendors",
        "yes: every page",
    ):
        assert words in done.stdout
    assert "'sabbatical' × 1" in done.stdout
    assert "@example.net" not in done.stdout, "a private address is personal data that nobody asked for"


def test_the_demo_works_in_the_guide_s_dialect_and_with_an_empty_company() -> None:
    assert "not told by this server" in headcount("demo", "--dialect", "guide").stdout
    assert "0 people from 3 vendors" in headcount("demo", "--people", "0").stdout


def test_help_teaches_by_example() -> None:
    for words in ((), ("employees",), ("groups",), ("whoami",), ("sandbox",), ("schema",)):
        assert "headcount " in headcount(*words, "--help").stdout


def test_connectors_are_listed_with_what_they_need() -> None:
    text = headcount("connectors").stdout
    for words in ("namely (Namely)", "HEADCOUNT_BAMBOOHR_API_KEY", "employees.history", "pod (optional)"):
        assert words in text
    described = {one["name"]: one for one in json.loads(headcount("connectors", "--json").stdout)}
    assert set(described) == {"bamboohr", "insightly", "namely"}
    assert [one["name"] for one in described["namely"]["settings"] if one["secret"]] == [
        "token",
        "client_secret",
        "scim_token",
    ]


def test_employees_in_a_pipe_are_json_lines(box: Sandbox) -> None:
    done = headcount("employees", box.name, "--no-pace", env=environment(box))
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 30
    assert {"id", "status", "display_name", "absent"} <= set(lines[0])
    assert "raw" not in lines[0]
    assert re.match(r"30 employees in \d+ requests; complete: ", done.stderr)
    assert "\r" not in done.stderr, "progress belongs on a terminal"


def test_personal_data_is_shown_only_when_a_scope_asks(bamboo: Sandbox) -> None:
    plain = headcount("employees", "bamboohr", env=environment(bamboo)).stdout
    assert "@example.net" not in plain
    assert '"demographics":null' in plain
    asked = headcount("employees", "bamboohr", "--scope", "contact", "--scope", "demographic", env=environment(bamboo))
    assert "@example.net" in asked.stdout
    assert "date_of_birth" in asked.stdout


def test_every_output_holds_the_same_people(bamboo: Sandbox) -> None:
    env = environment(bamboo)
    words = ("employees", "bamboohr", "--quiet", "--fields", "id,display_name,status")
    lines = [json.loads(line) for line in headcount(*words, "--output", "jsonl", env=env).stdout.splitlines()]
    whole = json.loads(headcount(*words, "--output", "json", env=env).stdout)
    table = list(csv.DictReader(io.StringIO(headcount(*words, "--output", "csv", env=env).stdout)))
    shown = headcount(*words, "--output", "table", env=env)
    assert lines == whole
    assert [row["id"] for row in table] == [line["id"] for line in lines]
    assert {row["status"] for row in table} == {line["status"]["value"] for line in lines}
    assert all(line["display_name"] in shown.stdout for line in lines if line["display_name"].isascii())
    assert shown.stderr == ""


def test_status_limit_and_unknown_fields(bamboo: Sandbox) -> None:
    env = environment(bamboo)
    left = headcount("employees", "bamboohr", "--status", "terminated", env=env)
    assert [json.loads(line)["status"]["value"] for line in left.stdout.splitlines()] == ["terminated"]
    few = headcount("employees", "bamboohr", "--limit", "3", env=env)
    assert len(few.stdout.splitlines()) == 3
    assert "stopped at the limit" in few.stderr
    wrong = headcount("employees", "bamboohr", "--fields", "id,shoe_size", env=env)
    assert wrong.returncode == 2
    assert "no field shoe_size; there are id, status" in wrong.stderr


def test_groups_are_listed_by_type(box: Sandbox) -> None:
    kind = "team" if box.name == "insightly" else "department"
    done = headcount("groups", box.name, "--type", kind, "--no-pace", env=environment(box))
    assert done.returncode == 0
    assert {json.loads(line)["type"]["value"] for line in done.stdout.splitlines()} == {kind}


def test_whoami_says_whose_key_it_is_what_it_sees_and_when_it_ends(box: Sandbox) -> None:
    text = headcount("whoami", box.name, "--no-pace", env=environment(box)).stdout
    owner = box.people[0]
    for words in (
        f"  owner       {owner.given} {owner.family} <{owner.email}>\n",
        "  ends        ",
        "  sees        company, groups, employees, ",
        "  withheld    nothing that headcount reads\n",
    ):
        assert words in text
    assert box.key not in text


def test_whoami_names_what_is_withheld() -> None:
    with NAMELY.start(people=30) as box:
        box.play("lost_permission", on="/profiles")
        text = headcount("whoami", "namely", "--no-pace", env=environment(box)).stdout
    assert re.search(r"withheld    .*personal_email \(personal_email\).*: allow the fields that the access role", text)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("employees", "bambohr"), 2, "no connector is named 'bambohr'.*Did you mean bamboohr"),
        (("employees", "bamboohr"), 2, "bamboohr needs company .*HEADCOUNT_BAMBOOHR_COMPANY.*api_key"),
        (("employees", "bamboohr", "--set", "api_key=x"), 2, "api_key is a secret.*HEADCOUNT_BAMBOOHR_API_KEY"),
        (("employees", "bamboohr", "--set", "colour=red"), 2, "bamboohr has no setting colour"),
        (("employees", "bamboohr", "--set", "company"), 2, "--set takes NAME=VALUE"),
        (("employees",), 2, "Missing argument 'VENDOR'"),
        (("schema",), 2, "name one of company, employee"),
        (("sandbox", "nobody"), 2, "no connector is named 'nobody'"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(words: tuple[str, ...], code: int, says: str) -> None:
    done = headcount(*words)
    assert done.returncode == code
    assert done.stdout == ""
    assert re.search(says, done.stderr)
    if not done.stderr.startswith("Usage:"):
        assert done.stderr.count("\n") == 1


def test_a_wrong_key_is_one_line_without_the_key(box: Sandbox) -> None:
    secret = next(name for name in ("token", "api_key") if name in box.settings)
    env = environment(box) | {f"HEADCOUNT_{box.name}_{secret}".upper(): "not-the-right-key"}
    done = headcount("employees", box.name, env=env)
    assert done.returncode == 3
    assert re.fullmatch(rf"headcount: {box.name}: .* answered 401.*Check {secret}: .*\n", done.stderr)
    assert "not-the-right-key" not in done.stderr


def test_a_wrong_slug_an_unreachable_host_and_a_page_of_html_are_one_line_each(bamboo: Sandbox) -> None:
    env = environment(bamboo)
    slug = headcount("employees", "bamboohr", "--set", "company=acme corp!", env=env)
    assert (slug.returncode, slug.stderr.count("\n")) == (2, 1)
    assert "must be the name before .bamboohr.com" in slug.stderr
    nobody = headcount("whoami", "bamboohr", "--set", "base_url=http://127.0.0.1:9/api", env=env)
    assert (nobody.returncode, nobody.stderr.count("\n")) == (4, 1)
    assert "cannot be reached at 127.0.0.1:9. Check base_url" in nobody.stderr
    bamboo.play("html", on="/employees/0", times=None)
    page = headcount("whoami", "bamboohr", env=env)
    assert (page.returncode, page.stderr.count("\n")) == (4, 1)
    assert "answered 200 with a page of HTML" in page.stderr
    plain = headcount("whoami", "bamboohr", "--set", "base_url=http://example.com/api", env=env)
    assert (plain.returncode, plain.stderr.count("\n")) == (2, 1)
    assert "must be https" in plain.stderr


def test_an_empty_company_is_no_mistake() -> None:
    with INSIGHTLY.start(people=0) as box:
        done = headcount("employees", "insightly", env=environment(box))
    assert (done.returncode, done.stdout) == (0, "")
    assert "0 employees" in done.stderr
    assert "complete" in done.stderr


def test_records_that_cannot_be_read_are_told_and_have_an_exit_code(bamboo: Sandbox) -> None:
    bamboo.play("malformed", on="/reports/custom")
    done = headcount("employees", "bamboohr", env=environment(bamboo))
    assert done.returncode == 5
    assert len(done.stdout.splitlines()) == 29
    assert re.search(r"not readable: employee \d+: Person\.", done.stderr)
    assert "example.com" not in done.stderr


def test_settings_are_read_from_a_file_in_the_folder(bamboo: Sandbox, tmp_path: Path) -> None:
    lines = [f'{name} = "{value}"' for name, value in bamboo.settings.items()]
    (tmp_path / "headcount.toml").write_text("\n".join(["[bamboohr]", *lines]))
    assert len(headcount("employees", "bamboohr", cwd=tmp_path).stdout.splitlines()) == 30


def test_a_reader_who_has_had_enough_is_no_error(bamboo: Sandbox) -> None:
    env = environment(bamboo)
    command = f"{sys.executable} -c 'from headcount.cli import main; main()' employees bamboohr | head -1"
    done = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_a_sandbox_by_hand_says_where_it_is_and_stops_on_ctrl_c() -> None:
    words = ("sandbox", "namely", "--people", "20")
    with running_command(*words, env=environment(), stdout=subprocess.PIPE) as running:
        assert running.stderr is not None
        assert running.stdout is not None
        first = running.stderr.readline()
        assert re.match(r"namely sandbox, 20 people, observed dialect: http://127\.0\.0\.1:\d+/api/v1", first)
        exported = dict(running.stdout.readline().removeprefix("export ").strip().split("=", 1) for _ in range(3))
        done = headcount("employees", "namely", "--no-pace", env=environment() | exported)
        assert len(done.stdout.splitlines()) == 20
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        assert "stopped after" in running.stderr.read()


def test_ctrl_c_stops_at_once_and_says_so() -> None:
    with INSIGHTLY.start(people=30) as box:
        box.play("slow", on="/Users$", seconds=20)
        with running_command("employees", "insightly", "--no-pace", env=environment(box)) as running:
            while not box.requests("/Teams"):
                time.sleep(0.02)
            time.sleep(0.3)
            started = time.monotonic()
            running.send_signal(signal.SIGINT)
            assert running.wait(10) == 130
            assert time.monotonic() - started < 3
            assert running.stderr is not None
            assert running.stderr.read().strip() == "headcount: stopped"


def test_progress_is_for_the_terminal_and_the_records_for_the_file(bamboo: Sandbox) -> None:
    pty = pytest.importorskip("pty", reason="a terminal can be played on Unix only")
    ours, theirs = pty.openpty()
    env = environment(bamboo) | {"TERM": "xterm"}
    words = ("employees", "bamboohr", "--output", "csv")  # as in: headcount employees bamboohr > people.csv
    with running_command(*words, env=env, stdout=subprocess.PIPE, stderr=theirs) as running:
        os.close(theirs)
        seen = read_screen(ours)
        assert running.stdout is not None
        assert running.stdout.read().count("\n") == 31
    assert b"waiting for the first page" in seen
    assert b"30 employees in" in seen
    assert b"example.com" not in seen


def test_a_port_that_is_taken_is_one_line(bamboo: Sandbox) -> None:
    port = bamboo.origin.rpartition(":")[2]
    done = headcount("sandbox", "namely", "--port", port)
    assert done.returncode == 2
    assert "cannot be had; choose another" in done.stderr


def test_the_schemas_in_the_repository_are_those_of_the_model(tmp_path: Path) -> None:
    headcount("schema", "--write", str(tmp_path))
    kept = Path(__file__).parents[2] / "schemas"
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        file.name: file.read_text() for file in kept.glob("*.json")
    }


def test_what_is_written_is_what_the_schema_says(box: Sandbox) -> None:
    import jsonschema

    schema = json.loads(headcount("schema", "employee").stdout)
    check = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    words = (
        "employees",
        box.name,
        "--no-pace",
        *(f"--scope={name}" for name in ("contact", "demographic", "compensation", "custom")),
    )
    if box.name == "bamboohr":
        words = (*words, "--history")
    for line in headcount(*words, env=environment(box)).stdout.splitlines():
        check.validate(json.loads(line))
    groups = jsonschema.Draft202012Validator(json.loads(headcount("schema", "group").stdout))
    for line in headcount("groups", box.name, "--no-pace", env=environment(box)).stdout.splitlines():
        groups.validate(json.loads(line))
