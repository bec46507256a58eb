"""The roster as a person keeps it: synced, looked at, decided about and erased, by the command alone."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from headcount.cli import main
from headcount.cli.status import word_of
from headcount.cli.sync import worst
from headcount.roster import Freshness, Health, Roster, Run, RunState, Schedule
from headcount.sandbox import Person, Sandbox, StatusRow
from tests.cli.test_changes import on_a_terminal
from tests.cli.test_command import environment, headcount, read_screen, running_command
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Office:
    """A folder with a headcount.toml, and the environment of whoever works there."""

    folder: Path
    env: dict[str, str]

    @property
    def store(self) -> str:
        return f"sqlite:///{self.folder}/roster.db"

    def __call__(self, *words: str, code: int = 0) -> str:
        """What the command answers, on both streams; it must end with this code."""
        done = self.run(*words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The command in this process: some hundred of them would be slow to start."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            for name, value in self.env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["headcount", *words])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            with pytest.raises(SystemExit) as ended:
                main()
        said = [stream.buffer.getvalue().decode() for stream in (out, err)]
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), *said)

    def json(self, *words: str, code: int = 0) -> Any:
        done = self.run(*words)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def lines(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*words).stdout.splitlines()]

    def held(self, connection: str) -> str:
        """The id of the run that is held."""
        (run,) = self.json("status", connection, "-o", "json")[0]["held"]
        return str(run["id"])[:8]


def office(folder: Path, boxes: dict[str, Sandbox], more: str = "", **schedules: str) -> Office:
    """An office whose file names these sandboxes; secrets are in the environment."""
    lines, env = [more, "[roster]", f'store = "sqlite:///{folder}/roster.db"'], {}
    for name, box in boxes.items():
        lines += [f"[connections.{name}]", f'vendor = "{box.name}"']
        lines += [f'schedule = "{schedules[name]}"'] if name in schedules else []
        for setting, value in box.settings.items():
            if setting in ("token", "api_key"):
                env[f"HEADCOUNT_{name}_{setting}".upper().replace("-", "_")] = str(value)
            else:
                lines.append(f'{setting} = "{value}"')
    (folder / "headcount.toml").write_text("\n".join(lines))
    return Office(folder=folder, env=environment(None, **env))


@pytest.fixture
def acme() -> Iterator[Sandbox]:
    with BAMBOOHR.start(people=40) as running:
        yield running


@pytest.fixture
def beta() -> Iterator[Sandbox]:
    with NAMELY.start(people=60) as running:
        yield running


@pytest.fixture
def one(acme: Sandbox, tmp_path: Path) -> Office:
    """One company, not synced yet."""
    return office(tmp_path, {"acme": acme})


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One company that is synced, and stays as it is."""
    with BAMBOOHR.start(people=40) as running:
        here = office(tmp_path_factory.mktemp("synced"), {"acme": running})
        here("sync", "--no-pace")
        yield here


@pytest.fixture
def two(acme: Sandbox, beta: Sandbox, tmp_path: Path) -> Office:
    """Two companies, not synced yet."""
    return office(tmp_path, {"acme": acme, "beta": beta})


def plain(box: Sandbox) -> Person:
    """Somebody with nothing awkward about them."""
    return next(person for person in box.people[25:] if person.active and not person.tags and not person.left)


def another_title(box: Sandbox, person: Person) -> tuple[str, str]:
    """Change somebody's title; what it was, and what it is."""
    row = max(person.jobs, key=lambda row: row.date)
    before, after = row.title, "Analyst" if row.title != "Analyst" else "Engineer"
    person.jobs.append(attrs.evolve(row, date=box.clock.today(), title=after))
    person.title = after
    box.touch(person)
    return before, after


# -- sync -------------------------------------------------------------------------------------------


def test_the_whole_file_is_synced_and_told(two: Office) -> None:
    told = two("sync", "--no-pace")
    assert re.search(r"^acme: done, everybody was read: 40 records in \d+ requests, \d", told, re.MULTILINE)
    assert "60 added" in told
    assert "proof       counted: every page came" in told
    assert "\r" not in told, "progress belongs on a terminal"
    assert two("sync", "--no-pace", "--quiet") == "", "nothing waits for anybody"
    again = two.json("sync", "acme", "--no-pace", "-o", "json")
    assert [(run["connection"], run["kind"], run["state"]) for run in again] == [("acme", "changes", "done")]
    lines = two.lines("sync", "--full", "--no-pace", "-o", "jsonl")
    assert [(run["connection"], run["kind"], run["proof"]) for run in lines] == [
        ("acme", "full", "counted"),
        ("beta", "full", "counted"),
    ]
    assert lines[0]["counts"]["requests"] > 0


def test_a_vendor_is_synced_by_its_own_settings(acme: Sandbox, tmp_path: Path) -> None:
    here = Office(folder=tmp_path, env=environment(acme))
    assert "bamboohr-acme: done" in here("sync", "bamboohr", "--no-pace", "--set", f"base_url={acme.base_url}")
    assert (tmp_path / "headcount.db").exists()
    assert "bamboohr-acme: ok" in here("status", "bamboohr-acme")
    assert "bamboohr-acme: ok" in here("status", "--store", f"sqlite:///{tmp_path}/headcount.db")
    assert "nothing is kept yet" in here("status", "--store", f"sqlite:///{tmp_path}/other.db")


def test_an_error_of_one_is_a_line_and_the_others_go_on(two: Office, acme: Sandbox) -> None:
    acme.play("unauthorized")
    done = two.run("sync", "--no-pace")
    assert done.returncode == 3
    assert re.fullmatch(r"headcount: acme: bamboohr: .* answered 401.*\n", done.stderr)
    assert "beta: done" in done.stdout
    assert acme.key not in done.stderr
    found = two.json("sync", "--no-pace", "-o", "json", code=3)
    assert [one["state"] for one in found] == ["failed", "done"]
    assert "401" in found[0]["problem"]
    assert "acme: failing" in two("status", "acme")
    assert "answered 401" in two("status", "acme")


def test_exit_codes_say_what_waits(two: Office, acme: Sandbox, beta: Sandbox) -> None:
    two("sync", "--no-pace")
    beta.play("malformed", on="/profiles", times=None)
    assert "quarantine" in two("sync", "--full", "--no-pace", code=5)
    acme.play("lost_department")
    told = two("sync", "--full", "--no-pace", "--quiet", code=6)
    assert "acme: held" in told
    assert re.search(r"`headcount release \w{8}` believes it", told)
    assert [worst(codes) for codes in ([0, 5], [5, 6, 4], [4, 1, 3, 2], [0, 8], [])] == [5, 4, 3, 8, 0]


def test_what_is_read_and_kept_is_what_the_file_says(acme: Sandbox, tmp_path: Path) -> None:
    here = office(tmp_path, {"acme": acme})
    with (tmp_path / "headcount.toml").open("a") as file:
        file.write('\n[connections.acme.keep]\nscopes = ["identity", "work"]\n')
    here("sync", "--no-pace")
    added = here.lines("changes", "--employee", "5")[0]["fields"]
    assert "work_email" in added
    assert "personal_email" not in added
    file_of = here.folder / "headcount.toml"
    file_of.write_text(file_of.read_text().replace('"identity"', '"identty"'))
    told = here("sync", "--no-pace", code=2)
    assert re.fullmatch(r"headcount: \[connections.acme.keep\]: .*identty.*\n", told)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("sync", "nobody"), 2, "names no connection 'nobody', only acme; and no connector is named 'nobody'"),
        (("sync", "acme", "--set", "api_key=x"), 2, "api_key is a secret.*HEADCOUNT_ACME_API_KEY"),
        (("sync", "--set", "company=x"), 2, "--set is for one connection"),
        (("sync", "--store", "mysql://x/y"), 2, "a store is sqlite"),
        (("status", "nobody"), 2, "no connection is named 'nobody'; there are: acme"),
        (("changes", "--connection", "nobody"), 2, "the roster has no connection 'nobody'; it has: acme"),
        (("changes", "--after", "soon"), 2, "'soon' is no position of the feed"),
        (("events", "--kind", "fired"), 2, "no kind of event is called 'fired'; there are: hire_announced"),
        (("history", "nobody"), 2, "nobody is kept under the id 'nobody'"),
        (("diff", "--as-of", "31.12.2026"), 2, "--as-of is a day such as 2026-12-31"),
        (("diff", "--as-of", "2026-12-31", "--to", "2026-12-30"), 2, "--to is before --as-of"),
        (("diff", "--as-of", "2020-01-01"), 2, "acme: the history begins on"),
        (("quarantine", "nobody"), 2, "no connection 'nobody'"),
        (("release", "abcdef"), 2, "there is no such run"),
        (("reject", "abcdef", "--yes"), 2, "there is no such run"),
        (("forget", "nobody", "--yes"), 2, "keeps nobody under the id 'nobody', and no connection of that name"),
        (("forget", "nobody", "--connection", "acme", "--yes"), 2, "the roster has nobody with the id 'nobody'"),
        (("forget", "acme"), 6, "nobody is there to ask: erase with --yes"),
        (("watch",), 2, 'has a schedule: write schedule = "nightly at 02:00 America/New_York"'),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(synced: Office, words: tuple[str, ...], code: int, told: str) -> None:
    done = synced.run(*words)
    assert done.returncode == code, done.stdout + done.stderr
    assert re.search(told, done.stderr)
    assert done.stderr.startswith("headcount: ")
    assert done.stderr.count("\n") == 1


def test_what_is_missing_is_said(acme: Sandbox, tmp_path: Path) -> None:
    empty = Office(folder=tmp_path, env=environment())
    assert "names no connection: write [connections.acme-hr]" in empty("sync", code=2)
    assert "nothing is kept yet" in empty("status")
    assert "it is empty: `headcount sync` fills it" in empty("changes", "--connection", "acme", code=2)
    assert "the roster is empty" in empty("diff", "--as-of", "2026-12-31", code=2)
    here = office(tmp_path, {"acme": acme}, acme="sometimes")
    secretless = Office(folder=tmp_path, env=environment())
    told = secretless("sync", code=2)
    assert re.fullmatch(
        r"headcount: acme needs api_key .*HEADCOUNT_ACME_API_KEY\)\. `headcount reconnect acme` .*\n", told
    )
    for words in (("watch",), ("status",)):
        assert "[connections.acme]: schedule: 'sometimes' is no schedule" in here(*words, code=2)


@pytest.mark.parametrize("words", [("sync",), ("status",), ("events",), ("watch",), ("release", "abcd")])
def test_a_missing_extra_is_one_line(acme: Sandbox, tmp_path: Path, words: tuple[str, ...]) -> None:
    here = office(tmp_path, {"acme": acme}, acme="hourly")
    code = "import sys; sys.modules['sqlalchemy'] = None; from headcount.cli import main; main()"
    run = [sys.executable, "-c", code, *words]
    done = subprocess.run(run, env=here.env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "headcount: this needs headcount[roster]: pip install 'headcount[roster]'\n"


def test_a_store_that_is_none_is_one_line(one: Office) -> None:
    (one.folder / "roster.db").write_text("not a database" * 1000)
    for words in (("status",), ("sync", "--no-pace"), ("changes",)):
        assert re.fullmatch(r"headcount: .*the store .*roster\.db cannot be .*\n", one(*words, code=2))


def test_help_needs_no_store() -> None:
    code = "import sys; sys.argv = ['headcount', '--help']\n"
    code += "from headcount.cli import main\ntry:\n    main()\nfinally:\n    print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stdout.endswith("False\n")
    for name in ("sync", "watch", "status", "changes", "events", "history", "diff", "quarantine", "release", "reject"):
        assert name in done.stdout
        assert f"headcount {name}" in headcount(name, "--help").stdout, "each teaches by example"


def test_progress_is_a_line_on_the_terminal(beta: Sandbox, tmp_path: Path) -> None:
    beta.play("slow", on="/profiles", seconds=0.3, times=None)
    here = office(tmp_path, {"beta": beta})
    seen, code = on_a_screen(here, "sync", "--no-pace")
    assert code == 0
    assert "50 of 60 people" in seen
    assert "beta" in seen
    assert "proving who is gone" in seen
    assert "example.com" not in seen


def on_a_screen(here: Office, *words: str) -> tuple[str, int]:
    """What a terminal shows while the command runs, and its exit code."""
    ours, theirs = pty.openpty()
    env = here.env | {"TERM": "xterm", "COLUMNS": "80"}
    with running_command(*words, env=env, cwd=here.folder, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        seen = read_screen(ours)
        return seen.decode(errors="replace"), running.wait(20)


def test_ctrl_c_loses_nothing_and_says_so(two: Office, beta: Sandbox) -> None:
    beta.play("slow", on="/profiles", seconds=20)
    with running_command("sync", "--no-pace", env=two.env, cwd=two.folder, stdout=subprocess.PIPE) as running:
        until(lambda: bool(beta.log))
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 130
        assert running.stderr is not None
        told = running.stderr.read()
    assert "headcount: beta: what came is kept, and the next `headcount sync` goes on" in told
    beta.calm()
    assert "acme: ok" in two("status", "acme")
    assert "beta: done" in two("sync", "--no-pace")


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# -- status -----------------------------------------------------------------------------------------


def test_status_says_how_each_connection_fares(acme: Sandbox, beta: Sandbox, tmp_path: Path) -> None:
    here = office(tmp_path, {"acme": acme, "beta": beta}, acme="nightly at 02:00 America/New_York")
    assert "acme: never synced" in here("status")
    here("sync", "acme", "--no-pace")
    text = here("status")
    for words in (
        "acme: ok",
        r"last good   \d{4}-\d\d-\d\d \d\d:\d\d UTC, \d+ s ago",
        "last run    .*everybody: done",
        "proof       counted: every page came",
        r"next due    .*, in \d+ (h|min|s) \(daily at 02:00 America/New_York\)",
        "people      40",
        rf"credential  {acme.people[0].given} .*'s, a key, used here since \d{{4}}-",
        "ends        not by itself",
        "time zone   UTC",
        "beta: never synced",
    ):
        assert re.search(words, text), words
    one, other = here.json("status", "-o", "json")
    assert (one["health"], one["people"], one["syncing"], one["held"]) == ("ok", 40, False, [])
    assert one["last_run"]["state"] == "done"
    assert (other["connection"], other["health"]) == ("beta", "never synced")
    seen, _ = on_a_screen(here, "status")
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", seen).splitlines())) <= 80


def test_a_sync_that_broke_off_is_told(one: Office, acme: Sandbox) -> None:
    one("sync", "--no-pace")
    acme.play("slow", on="/employees", seconds=20, times=None)
    before = len(acme.log)
    with running_command("sync", "--no-pace", env=one.env, cwd=one.folder, stdout=subprocess.PIPE) as running:
        until(lambda: len(acme.log) > before)
        assert "acme: ok, syncing since" in one("status")
        told = one("sync", "--no-pace", code=6)
        assert re.fullmatch(r"headcount: acme is held by process \d+ on .*\n", told)
        assert "is held by process" in one("forget", "acme", "--yes", code=6)
        running.kill()
    assert re.search("acme: ok, the sync of .* broke off: the next goes on", one("status"))


def health(synced: timedelta | None = timedelta(hours=1), *, held: int = 0, aside: int = 0) -> Health:
    at = None if synced is None else NOW - synced
    run = Run(id="r", connection="acme", kind="full", state=RunState.HELD, started_at=NOW)
    return Health(
        connection="acme",
        vendor="acmehr",
        freshness=Freshness(connection="acme", synced_at=at, full_at=at, version=1),
        people=3,
        last_run=None,
        held=(run,) * held,
        quarantined=aside,
        waiting=0,
        credential=None,
        timezone="UTC",
        syncing=False,
    )


def last(state: RunState) -> Run:
    return Run(id="r", connection="acme", kind="full", state=state, started_at=NOW)


@pytest.mark.parametrize(
    ("found", "state", "schedule", "word"),
    [
        (None, None, None, "never synced"),
        (health(None), None, None, "never synced"),
        (health(None), RunState.FAILED, None, "failing"),
        (health(), RunState.FAILED, None, "failing"),
        (health(), RunState.DONE, None, "ok"),
        (health(held=1), RunState.DONE, None, "held"),
        (health(aside=1), RunState.PARTIAL, None, "partial"),
        (health(timedelta(days=3), aside=1), RunState.DONE, None, "stale"),
        (health(timedelta(hours=47)), RunState.DONE, None, "ok"),
        (health(timedelta(minutes=31)), RunState.DONE, "every 15m", "stale"),
        (health(timedelta(minutes=29)), RunState.DONE, "every 15m", "ok"),
        (health(timedelta(days=13)), RunState.DONE, "weekly on monday at 06:30", "ok"),
        (health(timedelta(days=15)), RunState.DONE, "weekly on monday at 06:30", "stale"),
        (health(timedelta(hours=49)), RunState.DONE, "daily at 02:00", "stale"),
        (health(None, held=1), RunState.HELD, None, "held"),
    ],
)
def test_a_word_for_how_it_fares(found: Health | None, state: RunState | None, schedule: str | None, word: str) -> None:
    of = None if schedule is None else Schedule.parse(schedule)
    assert word_of(found, None if state is None else last(state), of, NOW) == word


# -- what happened ----------------------------------------------------------------------------------


def test_changes_show_personal_values_to_programs_alone(one: Office, acme: Sandbox) -> None:
    one("sync", "--no-pace")
    end = one.lines("changes")[-1]["seq"]
    who = plain(acme)
    before, after = another_title(acme, who)
    who.given, who.email = "Adalbert", "adalbert@example.com"
    one("sync", "--full", "--no-pace")
    text = one("changes", "--after", end, "-o", "text")
    assert f"employee {who.id}  changed: " in text
    assert f"job_title {before} → {after}" in text
    assert "given_name [identity]" in text
    assert "dalbert" not in text
    (change,) = one.lines("changes", "--after", end)
    assert change["fields"]["given_name"][1] == "Adalbert"
    assert change["seq"] in text
    assert one.lines("changes", "--after", change["seq"]) == []
    assert "nothing yet" in one("changes", "--after", change["seq"])
    assert {row["id"] for row in one.lines("changes", "--employee", str(who.id))} == {str(who.id)}
    assert len(one.lines("changes", "--connection", "acme")) == len(one.lines("changes"))
    (event,) = one.lines("events", "--kind", "title_changed")
    assert (event["employee_id"], event["details"]) == (str(who.id), {"job_title": [before, after]})
    told = one("events", "-o", "text", "--kind", "hired", "--kind", "title_changed")
    assert re.search(rf"acme  {who.id}  title_changed on \S+ \(job_title {before} → {after}\)", told)
    timeline = one("history", str(who.id))
    assert re.search(rf"employee {who.id} of acme: active · {after}", timeline)
    assert timeline.index("added: status active") < timeline.index("changed: ") < timeline.index("* title_changed")
    assert "dalbert@" not in timeline
    rows = one.lines("history", str(who.id), "-o", "jsonl")
    assert [row["row"] for row in rows] == ["change", "change", "event"]
    assert all(row["seq"] for row in rows)


def test_an_id_that_two_companies_have_is_asked_about(acme: Sandbox, tmp_path: Path) -> None:
    with INSIGHTLY.start(people=30) as other:
        here = office(tmp_path, {"acme": acme, "gamma": other})
        here("sync", "--no-pace")
        id = str(other.people[2].id)  # the first owns the credential of both
        assert any(str(person.id) == id for person in acme.people)
        assert "is kept in acme, gamma: say which with --connection" in here("history", id, code=2)
        assert f"employee {id} of gamma" in here("history", id, "--connection", "gamma")
        assert "say whom you mean with --connection" in here("forget", id, "--yes", code=2)
        assert f"employee {id} of gamma is erased" in here("forget", id, "--connection", "gamma", "--yes")
        assert f"employee {id} of acme" in here("history", id)
        assert "several connections, say which" in here("diff", "--as-of", "2030-01-01", code=2)


def test_what_comes_is_followed_until_ctrl_c(one: Office, acme: Sandbox) -> None:
    one("sync", "--no-pace")
    end = one.lines("changes")[-1]["seq"]
    words = ("changes", "--follow", "--every", "0.1", "--after", end)
    with running_command(*words, env=one.env, cwd=one.folder, stdout=subprocess.PIPE) as running:
        time.sleep(1)
        who = plain(acme)
        another_title(acme, who)
        one("sync", "--full", "--no-pace")
        assert running.stdout is not None
        seen = json.loads(running.stdout.readline())
        assert seen["id"] == str(who.id)
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        assert running.stderr is not None
        assert running.stderr.read().strip() == f"headcount: stopped; `--after {seen['seq']}` goes on from here"


def test_between_two_days_people_come_leave_and_change(tmp_path: Path) -> None:
    begin = datetime.now(UTC) - timedelta(days=10)
    with BAMBOOHR.start(people=40, now=begin) as box:
        here = office(tmp_path, {"acme": box})
        moment = [begin]
        with Roster(here.store, now=lambda: moment[0]) as roster, box.connect(name="acme") as connection:
            roster.sync(connection)
            moved, leaver, gone = [one for one in box.people[25:] if one.active and not one.tags and not one.left][:3]
            moment[0] = begin + timedelta(days=3)
            box.clock.advance(days=3)
            before, after = another_title(box, moved)
            leaver.statuses.append(StatusRow(date=box.clock.today(), status="Terminated"))
            for person in (moved, leaver):
                box.touch(person)
            box.people.remove(gone)
            roster.sync(connection, full=True)
            roster.sync(connection, full=True)
        first, second = begin.date() + timedelta(days=1), begin.date() + timedelta(days=5)
        text = here("diff", "--as-of", str(first))
        assert f"acme, {first} to now: 0 came, 2 left, 1 changed" in text
        assert re.search(rf"{moved.id} .*{moved.family}.*job_title {before} → {after}", text)
        assert re.search(rf"{leaver.id} .*status active → terminated", text)
        assert re.search(rf"{gone.id} .*: no longer in the records", text)
        found = here.json("diff", "--as-of", str(first), "--to", str(second), "-o", "json")
        assert {kind: [one["id"] for one in found[kind]] for kind in ("came", "left", "changed")} == {
            "came": [],
            "left": [str(leaver.id), str(gone.id)],
            "changed": [str(moved.id)],
        }
        assert found["changed"][0]["fields"]["job_title"] == [before, after]
        assert here.json("diff", "--as-of", str(second), "-o", "json")["changed"] == []
        assert (found["from"], found["to"]) == (str(first), str(second))
        assert date.fromisoformat(found["from"]) == first


# -- deciding ---------------------------------------------------------------------------------------


@pytest.fixture
def holding(one: Office, acme: Sandbox) -> Office:
    """A company whose largest department is not seen any more."""
    one("sync", "--no-pace")
    acme.play("lost_department")
    one("sync", "--full", "--no-pace", code=6)
    return one


def test_what_is_held_is_shown_and_released(holding: Office) -> None:
    run = holding.held("acme")
    assert "acme: held" in holding("status")
    refused = holding("release", run, code=6)
    assert "people are no longer in the list" in refused
    assert "nobody is there to ask: decide with --yes" in refused
    told = holding("release", run, "--yes")
    assert re.search(r"gone: \d+(, \d+)+", told), "ids, and no names where no person looks"
    assert re.search(r"acme: released: \d+ deleted · \d+ events", told)
    assert "is released: there is nothing to decide" in holding("release", run, "--yes", code=2)
    assert "acme: ok" in holding("status")
    assert {row["cause"] for row in holding.lines("events", "--kind", "deleted")} == {"release"}


def test_what_is_held_is_rejected_by_a_person_who_sees_names(holding: Office, acme: Sandbox) -> None:
    run = holding.held("acme")
    words = ("reject", run)
    lost = next(person for person in acme.people if person.department == acme.lost_department and not person.tags)
    no = on_a_terminal(words, holding.env, holding.folder, answer="n", code=6)
    assert "nothing was decided" in no
    assert lost.family in no
    assert "acme: rejected" in on_a_terminal(words, holding.env, holding.folder, answer="y", code=0)
    assert "acme: done" in holding("sync", "--full", "--no-pace"), "it is not asked about again"
    assert holding.json("status", "-o", "json")[0]["people"] == 40


def test_a_list_that_was_not_believed_leaves_nothing_to_release(one: Office, acme: Sandbox) -> None:
    one("sync", "--no-pace")
    acme.play("empty_list", times=None)
    told = one("sync", "--full", "--no-pace", code=6)
    assert "the list is empty, and 40 people are known" in told
    assert "nothing of that list was taken" in told
    assert "kept nothing that could be released" in one("release", one.held("acme"), "--yes", code=2)


def test_a_storm_of_one_field_is_shown_by_person(acme: Sandbox, tmp_path: Path) -> None:
    here = office(tmp_path, {"acme": acme})
    here("sync", "--no-pace")
    for person in acme.people:
        person.given = person.given[::-1]
        acme.touch(person)
    told = here("sync", "--full", "--no-pace", code=6)
    assert "given_name is another for" in told
    shown = here("release", here.held("acme"), "--yes")
    assert "given_name [identity]" in shown
    assert re.search(r"and \d+ more of given_name", shown)
    assert re.search(r"acme: released: \d+ changed", shown)


# -- quarantine and erasing -------------------------------------------------------------------------


def test_the_quarantine_shows_the_payload_only_when_asked(two: Office, beta: Sandbox) -> None:
    two("sync", "--no-pace")
    assert "nothing is in quarantine" in two("quarantine")
    beta.play("malformed", on="/profiles", times=None)
    two("sync", "beta", "--full", "--no-pace", code=5)
    assert "beta: partial" in two("status", "beta")
    text = two("quarantine", "beta")
    assert re.search(r"beta: employee \S+\n  reason      Profile\.", text)
    assert "example.com" not in text
    sent = two.lines("quarantine", "--payload")
    assert {one["connection"] for one in sent} == {"beta"}
    assert "example.com" in json.dumps(sent[0]["payload"])
    assert two("quarantine", "acme") == "nothing is in quarantine\n"


def test_a_person_and_a_company_are_forgotten(one: Office, acme: Sandbox) -> None:
    one("sync", "--no-pace")
    who = plain(acme)
    words = ("forget", str(who.id))
    assert f"Erase employee {who.id} of acme, for good?" in on_a_terminal(
        words, one.env, one.folder, answer="n", code=6
    )
    told = one(*words, "--yes")
    assert f"employee {who.id} of acme is erased, and proved to be gone:" in told
    assert re.search(r"roster_employees +1 row\n", told)
    one("sync", "--full", "--no-pace")
    assert "nobody is kept" in one("history", str(who.id), code=2)
    gone = one("forget", "acme", "--yes")
    assert re.search(r"roster_employees +39 rows", gone)
    assert "headcount.toml still names acme" in gone
    assert "acme: never synced" in one("status")
    assert who.email.encode() not in (one.folder / "roster.db").read_bytes()


# -- by the schedule --------------------------------------------------------------------------------


def test_watching_once_syncs_what_is_due_and_no_more(acme: Sandbox, beta: Sandbox, tmp_path: Path) -> None:
    here = office(tmp_path, {"acme": acme, "beta": beta}, acme="every 1d")
    first = here("watch", "--once", "--no-pace")
    assert re.fullmatch(r"\S+ \S+Z  acme: done: 40 added · \d+ requests · \S+ s\n", first)
    assert here("watch", "--once", "--no-pace") == "", "nothing is due"
    assert beta.log == []
    here2 = office(tmp_path, {"acme": acme, "beta": beta}, beta="hourly")
    beta.play("unauthorized")
    assert re.search(r"Z  beta: namely: .* answered 401", here2("watch", "--once", "--no-pace", code=3))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_watching_stops_at_once_and_goes_on_later(acme: Sandbox, tmp_path: Path, sign: signal.Signals) -> None:
    here = office(tmp_path, {"acme": acme}, acme="hourly")
    acme.play("slow", on="/employees", seconds=1, times=None)
    with running_command("watch", "--no-pace", env=here.env, cwd=tmp_path, stdout=subprocess.PIPE) as running:
        until(lambda: bool(acme.log))
        started = time.monotonic()
        running.send_signal(sign)
        assert running.wait(10) == 0
        assert time.monotonic() - started < 6
        assert running.stderr is not None
        told = running.stderr.read()
    assert re.match(r"watching acme, every 1h; next \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", told)
    assert "headcount: stopped; what was under way is gone on with next time" in told
    acme.calm()
    assert "acme: done: 40 added" in here("watch", "--once", "--no-pace")
