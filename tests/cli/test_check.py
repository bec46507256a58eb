"""The checks from the command line: what is run, what is told and written of it, and what is sent to a live account."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import attrs
import pytest
from click.testing import CliRunner, Result

import headcount as hc
from headcount.cli import cli
from headcount.plugins import plugins
from headcount.sandbox import Sandbox
from headcount.testing import CHECKS, GROUPS, Examination, Verdict, as_html, as_json, as_junit, as_markdown
from headcount.testing import Result as Came
from headcount_insightly import insightly
from tests.cli.test_command import box, environment, headcount, read_screen, running_command
from tests.connectors.vendors import BAMBOOHR, NAMELY

__all__ = ["box"]

QUICK = ("--group", "declare", "--group", "dates")
OF_THESE = [check for check in CHECKS if check.group in ("declare", "dates")]
READS = [check.name for check in CHECKS if check.reads_only]


@attrs.frozen
class Run:
    """A run of the command, and the files that it wrote."""

    said: str
    told: dict[str, Any]
    junit: ET.Element
    html: str


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The quick groups of one vendor."""
    folder = tmp_path_factory.mktemp("reports")
    files = [word for form in ("json", "junit", "html") for word in (f"--{form}", str(folder / form))]
    done = headcount("check", "insightly", *QUICK, *files)
    assert (done.returncode, done.stderr) == (0, "")
    return Run(
        said=done.stdout,
        told=json.loads((folder / "json").read_text()),
        junit=ET.parse(folder / "junit").getroot(),
        html=(folder / "html").read_text(),
    )


class Broken:
    """A plugin that brings a connector with faults: no title, and days that are instants."""

    @staticmethod
    def to_employee(raw: Any, known: Any) -> hc.Employee:
        found = insightly.employees.to(raw, known)
        return attrs.evolve(found, start_date=datetime.combine(datetime(2020, 1, 1), time(), UTC))

    @hc.hookimpl
    def headcount_connectors(self) -> list[hc.Connector]:
        employees = attrs.evolve(insightly.employees, to=self.to_employee)
        broken = attrs.evolve(insightly, name="acmehr", title=" ", employees=employees)
        return [broken, attrs.evolve(insightly, name="betahr", sandbox="nowhere.at_all:Nothing")]


@pytest.fixture
def broken() -> Iterator[None]:
    plugin = Broken()
    plugins().manager.register(plugin)
    yield
    plugins().manager.unregister(plugin)


def in_process(*words: str) -> Result:
    """The command where a plugin is registered that no other process has."""
    return CliRunner().invoke(cli, words)


def test_the_grade_comes_first_and_then_the_groups(run: Run) -> None:
    first, second, _, *rest = run.said.splitlines()
    assert re.fullmatch(r"insightly: (\d+) of \1 applicable checks passed; \d+ do not apply", first)
    assert re.fullmatch(r"  guide and observed, \d+\.\d s", second)
    assert [line.split()[:2] for line in rest[:2]] == [["✓", "declare"], ["✓", "dates"]]
    assert "\x1b" not in run.said


def test_json_has_every_verdict_and_the_grade(run: Run) -> None:
    told = run.told
    assert (told["vendor"], told["failed"]) == ("insightly", 0)
    assert told["passed"] + told["failed"] == told["applicable"]
    assert told["grade"] in run.said
    ran = [(one["check"], one["dialect"]) for one in told["verdicts"]]
    assert ran == [
        (check.name, dialect)
        for dialect in ("guide", "observed")
        for check in OF_THESE
        if dialect == "guide" or not check.once
    ]
    assert all(one["why"] for one in told["verdicts"] if one["result"] == "skipped")


def test_junit_has_a_suite_for_each_dialect(run: Run) -> None:
    assert [suite.get("name") for suite in run.junit] == ["insightly guide", "insightly observed"]
    for suite in (run.junit, *run.junit):
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("skipped", "")) == len(list(suite.iter("skipped"))) > 0
        assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
        assert {case.get("classname") for case in cases} <= {"declare", "dates"}
        assert all(skipped.get("message") for skipped in suite.iter("skipped"))


def test_html_is_one_page_that_needs_nothing_else(run: Run) -> None:
    page = ET.fromstring(run.html)  # it is well-formed, even as XML
    assert page.get("lang") == "en"
    assert not re.search(r"https?:|url\(|@import|<(link|script|img)\b|\bsrc=", run.html)
    assert {one.get("href") for one in page.iter("a")} == {"#declare", "#dates"}
    assert {one.get("id") for one in page.iter("h2")} >= {"declare", "dates"}
    assert all(one.get("scope") in ("col", "row") for one in page.iter("th"))
    assert [one.text for one in page.iter("span") if one.get("class") == "name"] == [one.name for one in OF_THESE]
    assert run.told["grade"] in (page.findtext("head/title") or "")
    assert "prefers-color-scheme: dark" in run.html
    assert {one.get("for") for one in page.iter("label")} == {
        one.get("id") for one in page.iter("input") if one.get("type") == "radio"
    }


def test_json_may_go_to_standard_output_alone() -> None:
    done = headcount("check", "insightly", "--check", "manifest_valid", "--dialect", "observed", "--json", "-")
    (verdict,) = json.loads(done.stdout)["verdicts"]
    assert (verdict["check"], verdict["dialect"], verdict["result"]) == ("manifest_valid", "observed", "passed")
    assert done.stderr == ""


def test_verbose_shows_every_check_and_why_one_does_not_apply() -> None:
    said = headcount("check", "insightly", "--group", "dates", "-v").stdout
    for check in OF_THESE:
        assert (f" {check.name}\n" in said) == (check.group == "dates")
    assert "  –– a_day_never_shifts\n     guide, observed: start_date is not shown\n" in said


@pytest.mark.usefixtures("broken")
def test_a_broken_connector_fails_and_is_told_what_it_breaks(tmp_path: Path) -> None:
    page, xml = tmp_path / "page.html", tmp_path / "report.xml"
    done = in_process("check", "acmehr", *QUICK, "--html", str(page), "--junit", str(xml))
    assert done.exit_code == 1
    assert re.match(r"acmehr: \d+ of \d+ applicable checks passed; ", done.stdout)
    for check, seen in (("manifest_valid", "it has no title"), ("days_are_days", "start_date is datetime, and no day")):
        protects = next(one.protects for one in CHECKS if one.name == check)
        assert f"\n{check}: {protects}\n  seen        {seen}\n" in done.stdout
        assert f"✗ {'' if check == 'manifest_valid' else 'guide, observed: '}{seen}" in page.read_text()
        assert seen in {failure.get("message") for failure in ET.parse(xml).iter("failure")}
    assert "  in          guide, observed\n" in done.stdout


def test_the_sandbox_is_held_against_a_recording_and_a_description(tmp_path: Path) -> None:
    """The recordings here are of the sandbox itself, so that they agree until one is changed by hand."""
    recording = Path(__file__).parents[2] / "cassettes" / "insightly" / "groups-observed.yaml"
    names = ("answers_have_the_recorded_shape", "requests_are_in_the_vendors_description")
    spec = tmp_path / "spec.yaml"
    spec.write_text("paths: {/Users: {get: {}}, /Teams: {get: {}}, /Instance: {get: {}}, /Users/Me: {get: {}}}")
    told = tuple(word for name in names for word in ("--check", name))
    words = ("check", "insightly", *told, "--dialect", "observed")
    done = headcount(*words, "--recorded", str(recording), "--spec", str(spec), "--json", "-")
    by = {one["check"]: one["result"] for one in json.loads(done.stdout)["verdicts"]}
    assert by == {"answers_have_the_recorded_shape": "passed", "requests_are_in_the_vendors_description": "failed"}
    changed = tmp_path / "changed.yaml"
    changed.write_text(recording.read_text().replace('"TEAM_NAME"', '"TITLE"'))
    done = headcount(*words, "--recorded", str(changed))
    assert (done.returncode, "the sandbox is not as the vendor was recorded" in done.stdout) == (1, True)


@pytest.mark.usefixtures("broken")
def test_a_sandbox_that_does_not_load_is_told() -> None:
    done = in_process("check", "betahr")
    assert isinstance(done.exception, hc.PluginError)
    assert "the sandbox of betahr, nowhere.at_all:Nothing, does not load" in str(done.exception)


def test_whatever_a_stranger_says_is_text_in_every_report() -> None:
    why = 'it <b>broke</b> & "so" |\n\x1b[31mred\x00\ud800'
    verdicts = tuple(
        Verdict(check=check, dialect="guide", result=result, why=why)
        for check, result in zip(CHECKS, (Came.FAILED, Came.SKIPPED, Came.PASSED), strict=False)
    )
    examination = Examination(vendor="<acme>", version="1", at=datetime.now(UTC), verdicts=verdicts)
    said = 'it <b>broke</b> & "so" | [31mred'
    assert json.loads(as_json(examination))["verdicts"][0]["why"] == said
    suite = ET.fromstring(as_junit(examination))[0]
    assert [one.get("message") for one in suite.iter() if one.tag in ("failure", "skipped")] == [said, said]
    page = as_html(examination)
    assert not list(ET.fromstring(page).iter("b"))
    assert page.count("it &lt;b&gt;broke&lt;/b&gt; &amp; &#34;so&#34; | [31mred") >= 4
    assert "&lt;b&gt;broke&lt;/b&gt; &amp;" in as_markdown(examination)
    assert all(line.isprintable() for line in as_markdown(examination).splitlines())


def test_a_live_account_is_only_read(box: Sandbox) -> None:
    before = [attrs.asdict(person) for person in box.people]
    done = headcount("check", box.name, "--against", box.base_url, "--no-pace", "--json", "-", env=environment(box))
    told = json.loads(done.stdout)
    assert (done.returncode, told["failed"]) == (0, 0)
    assert [one["check"] for one in told["verdicts"]] == READS
    assert {one["dialect"] for one in told["verdicts"]} == {"live"}
    sent = {(call.method, call.path.rpartition("/v1")[2]) for call in box.log}
    assert {method for method, _ in sent} - {"GET"} <= ({"POST"} if box.name == "bamboohr" else set())
    assert {path for method, path in sent if method == "POST"} <= {"/reports/custom"}, "which reads"
    assert [attrs.asdict(person) for person in box.people] == before


def test_a_live_account_may_be_one_that_the_file_names(tmp_path: Path) -> None:
    with NAMELY.start(people=30) as box:
        (tmp_path / "headcount.toml").write_text('[connections.acme]\nvendor = "namely"\ncompany = "acme"\n')
        env = environment(None, HEADCOUNT_ACME_TOKEN=box.key, HEADCOUNT_NAMELY_TOKEN="another-account")
        words = ("check", "acme", "--against", box.base_url, "--no-pace", "--check", "days_are_days")
        done = headcount(*words, env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("namely: 1 of 1 applicable checks passed")


def test_a_credential_that_is_refused_is_one_line_and_no_verdict() -> None:
    with BAMBOOHR.start(people=30) as box:
        env = environment(box) | {"HEADCOUNT_BAMBOOHR_API_KEY": "not-the-right-key"}
        done = headcount("check", "bamboohr", "--against", box.base_url, env=env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "Check api_key" in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("bambohr",), "no connector is named 'bambohr'.*Did you mean bamboohr"),
        (("insightly", "--group", "date"), "no group is called 'date'; did you mean dates"),
        (("insightly", "--group", "zzz"), f"no group is called 'zzz'; the groups are {', '.join(GROUPS)}"),
        (("insightly", "--check", "days_are_day"), "no check is called 'days_are_day'; did you mean days_are_days"),
        (("insightly", "--check", "hire"), "did you mean .* or a_hire_is_made_once or "),
        (("insightly", "--dialect", "old"), "the sandbox of insightly has no dialect 'old'; it has: guide, observed"),
        (("insightly", "--html", "no/such/folder.html"), "no/such/folder.html cannot be written"),
        (("insightly", "--no-pace"), "name it with --against"),
        (("insightly", "--against", "https://acme.example", "--dialect", "guide"), "a live account has no dialects"),
        (("insightly", "--against", "https://acme.example", "--group", "writes"), "none of them runs on a live"),
        (("insightly", "--against", "https://acme.example"), "insightly needs api_key"),
        (("insightly", "--against", "acme"), "insightly.* api_key|whole address"),
        (("insightly", "--against", "https://acme.example", "--spec", __file__), "are for the sandbox"),
        (("insightly", "--spec", __file__), "is no description of an API: it has no paths"),
        (("insightly", "--recorded", __file__), "is no recording of vcrpy's"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], says: str) -> None:
    done = headcount("check", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert re.search(says, done.stderr)


@pytest.mark.parametrize("library", ["sqlalchemy", "werkzeug", "jinja2"])
def test_a_missing_extra_is_one_line(library: str, tmp_path: Path) -> None:
    code = f"import sys; sys.modules[{library!r}] = None; from headcount.cli import main; main()"
    words = ("check", "insightly", "--html", str(tmp_path / "page.html"))
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment(), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.endswith(" needs headcount[testing]: pip install 'headcount[testing]'\n")


def test_help_teaches_by_example_and_says_the_exit_code() -> None:
    said = headcount("check", "--help").stdout
    assert "headcount check acmehr --junit" in said
    assert "Exit code 0: every check that applies passed. 1: one failed." in " ".join(said.split())


def test_on_a_terminal_there_is_progress_and_colour_and_ctrl_c_keeps_what_was_found() -> None:
    pty = pytest.importorskip("pty", reason="a terminal can be played on Unix only")
    ours, theirs = pty.openpty()
    env = {name: value for name, value in environment().items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    with running_command("check", "insightly", env=env, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        seen = b""
        while not re.search(rb"[1-9]\d*/\d+", seen):  # until the first verdicts
            seen += os.read(ours, 4096)
        running.send_signal(signal.SIGINT)
        seen += read_screen(ours)
        assert running.wait(10) == 130
    said = seen.decode()
    assert "security" in said, "every group has its line"
    assert "\x1b[32m" in said
    assert re.search(r"stopped after \d+ of \d{3}", said)
    assert said.rstrip().endswith("headcount: stopped")
    assert "Traceback" not in said
