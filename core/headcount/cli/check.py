"""`headcount check`: the checks that every connector keeps, run on one, and the grade that comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from headcount.cli.line import account, connector_of, on_terminal, opened
from headcount.cli.roster import LABEL, block, wrapped
from headcount.errors import AuthError, ConfigError, QuotaExhausted, RateLimited, Unavailable
from headcount.sandboxes import sandbox_of

if TYPE_CHECKING:
    from headcount.testing import Check, Examination, Result, Subject, Verdict
    from headcount.testing.reports import Row

READ = click.Path(exists=True, dir_okay=False, path_type=Path)
COLOURS = {"passed": "green", "failed": "red", "skipped": "bright_black"}


def _file(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    """A file that can be written: it is better to hear that it cannot before the checks run than after."""
    if given is not None and given != "-" and not Path(given).absolute().parent.is_dir():
        raise ConfigError(f"{given} cannot be written: there is no such folder")
    return given


def report(form: str, words: str, *, dash: bool = False) -> Callable[..., Any]:
    """The option that names the file of a report."""
    kind = click.Path(dir_okay=False, writable=True, allow_dash=dash)
    return click.option(f"--{form}", f"{form}_file", metavar="FILE", type=kind, callback=_file, help=words)


@click.command()
@account
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Only the checks of this group; repeatable.")
@click.option("--check", "names", multiple=True, metavar="NAME", help="Only this check; repeatable.")
@click.option("--dialect", metavar="NAME", help="Only in this dialect of the sandbox; by itself in each.")
@click.option("--spec", type=READ, help="Hold the sandbox against the vendor's description of its API (OpenAPI).")
@click.option("--recorded", type=READ, multiple=True, help="And against a recording of the vendor (vcrpy); repeatable.")
@click.option("--against", metavar="URL", help="Read this live account, and nothing else: no sandbox, no write.")
@report("json", "The report for programs; - for standard output.", dash=True)
@report("junit", "The report for CI, as JUnit's XML.")
@report("html", "The report for people, a page in one file.")
@click.option("-v", "--verbose", is_flag=True, help="Show every check, and why one does not apply.")
def check(
    vendor: str,
    given: tuple[str, ...],
    no_pace: bool,
    groups: tuple[str, ...],
    names: tuple[str, ...],
    dialect: str | None,
    spec: Path | None,
    recorded: tuple[Path, ...],
    against: str | None,
    json_file: str | None,
    junit_file: str | None,
    html_file: str | None,
    verbose: bool,
) -> None:
    """Run the checks that every connector keeps on the vendor's own sandbox, in each dialect, and grade the connector.

    With --against, the checks that only read run on a live account instead. It is reached as by every other command:
    its settings come from --set, the environment or headcount.toml.

    Exit code 0: every check that applies passed. 1: one failed.

    \b
    headcount check acmehr
    headcount check acmehr --group dates --dialect guide --verbose
    headcount check acmehr --junit report.xml --html report.html
    headcount check acmehr --against https://api.acmehr.example/v1
    """
    from headcount.testing import Result, as_html, as_json, as_junit
    from headcount.testing.reports import template

    if os.environ.get("NO_COLOR"):
        click.get_current_context().color = False
    if html_file:
        template()  # it is better to hear now that it takes an extra
    if against is None and (given or no_pace):
        raise ConfigError("--set and --no-pace say how a live account is read: name it with --against")
    if against is not None and dialect is not None:
        raise ConfigError("a live account has no dialects: leave out --dialect, or --against")
    if against is not None and (spec or recorded):
        raise ConfigError("--spec and --recorded are for the sandbox: leave them out, or --against")
    checks = _chosen(groups, names, live=against is not None)
    subject = (
        _sandboxed(vendor, spec, recorded)
        if against is None
        else _live(vendor, (*given, f"base_url={against}"), no_pace)
    )
    if dialect is not None and dialect not in subject.dialects:
        raise ConfigError(f"the sandbox of {vendor} has no dialect {dialect!r}; it has: {', '.join(subject.dialects)}")
    examination, planned = _examined(subject, checks, None if dialect is None else (dialect,))
    stopped = len(examination.verdicts) < planned
    if json_file != "-":
        _show(examination, planned, verbose=verbose)
    if stopped:
        raise KeyboardInterrupt
    for file, form in ((json_file, as_json), (junit_file, as_junit), (html_file, as_html)):
        if file is not None:
            _write(file, form(examination))
    click.get_current_context().exit(1 if examination.of(Result.FAILED) else 0)


def _sandboxed(vendor: str, spec: Path | None, recorded: Sequence[Path]) -> Subject:
    from headcount.testing import Subject, answers_in

    connector = connector_of(vendor)
    return Subject(
        connector=connector,
        sandbox=sandbox_of(connector),
        spec=None if spec is None else _described(spec),
        recorded=tuple(answer for file in recorded for answer in answers_in(file, connector.base_url)),
    )


def _described(file: Path) -> Any:
    """A description of an API, from JSON or YAML."""
    try:
        import yaml
    except ModuleNotFoundError:
        raise ConfigError("--spec needs headcount[testing]: pip install 'headcount[testing]'") from None
    try:
        told = yaml.load(file.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
        return {**told, "paths": {**told["paths"]}}
    except (yaml.YAMLError, TypeError, KeyError, OSError):
        raise ConfigError(f"{file} is no description of an API: it has no paths") from None


def _live(vendor: str, given: tuple[str, ...], no_pace: bool) -> Subject:
    """A live account, by the settings of the connection that any other command would open."""
    from headcount.testing import Subject

    with opened(vendor, given, no_pace) as connection:
        # what is not set is given as empty, or another account's would be found in the environment
        settings = {name: value or "" for name, value in attrs.asdict(connection.settings).items()}
        settings |= {"base_url": connection.http.base_url, "options": connection.options}
        try:
            next(iter(connection.employees()), None)
        except (AuthError, Unavailable, RateLimited, QuotaExhausted):
            raise  # no fault of the connector's: it is told once, and not by every check
        except Exception:  # noqa: BLE001, S110 - whatever else goes wrong, the checks say
            pass
        return Subject(connector=connection.connector, live=True, settings=settings)


def _chosen(groups: Sequence[str], names: Sequence[str], *, live: bool) -> tuple[Check, ...]:
    """The checks that are asked for: those of the groups, those named, or all. Raises `ConfigError`."""
    from headcount.testing import CHECKS, GROUPS

    for given, known, noun in ((groups, GROUPS, "group"), (names, [one.name for one in CHECKS], "check")):
        for name in given:
            if name not in known:
                near = get_close_matches(name, known, n=3) or [one for one in known if name in one][:3]
                hint = f"did you mean {' or '.join(near)}?" if near else f"the groups are {', '.join(GROUPS)}"
                raise ConfigError(f"no {noun} is called {name[:60]!r}; {hint}")
    asked = [one for one in CHECKS if one.group in groups or one.name in names or not (groups or names)]
    chosen = tuple(one for one in asked if one.reads_only or not live)
    if not chosen:
        raise ConfigError("these checks take a sandbox, and none of them runs on a live account: leave out --against")
    return chosen


def _examined(subject: Subject, checks: tuple[Check, ...], dialects: tuple[str, ...] | None) -> tuple[Examination, int]:
    """The examination, and how many verdicts it was to have: Ctrl-C ends it, and what was found is not lost."""
    from headcount.testing import Examination, examine
    from headcount.testing.examination import benches

    seen: list[Verdict] = []
    at, plan = datetime.now(UTC), list(benches(subject, checks, dialects))
    with _watched([one for _, one in plan]) as show:

        def watching(verdict: Verdict) -> None:
            seen.append(verdict)
            show(verdict)

        try:
            return examine(subject, checks, dialects=dialects, watching=watching), len(plan)
        except KeyboardInterrupt:
            of = subject.connector
            return Examination(vendor=of.name, version=of.version, at=at, verdicts=tuple(seen)), len(plan)


@contextmanager
def _watched(plan: list[Check]) -> Iterator[Callable[[Verdict], None]]:
    """On a terminal, a line for each group that shows how far it is, and is gone at the end."""
    if not on_terminal():
        yield lambda verdict: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(20, complete_style="blue"),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
    )
    out = Console(stderr=True)
    with Progress(*columns, console=out, transient=True, redirect_stdout=False, redirect_stderr=False) as lines:
        of = [one.group for one in plan]
        tasks = {group: lines.add_task(group, total=of.count(group), told="") for group in dict.fromkeys(of)}
        everything = lines.add_task("all", total=len(of), told="")
        failed = dict.fromkeys(tasks, 0)

        def show(verdict: Verdict) -> None:
            group = verdict.check.group
            failed[group] += verdict.result == "failed"
            told = f"[red]{failed[group]} failed[/]" if failed[group] else ""
            lines.update(tasks[group], advance=1, told=told)
            lines.update(everything, advance=1, told=verdict.dialect)

        yield show


# -- the report -------------------------------------------------------------------------------------


def _show(examination: Examination, planned: int, *, verbose: bool) -> None:
    """The grade, then the groups or every check, then what failed."""
    from headcount.testing import Result
    from headcount.testing.reports import counted, sections

    ran, dialects = len(examination.verdicts), " and ".join(examination.dialects)
    stopped = f", stopped after {ran} of {planned}" if ran < planned else ""
    grade = click.style(examination.grade, fg="red" if examination.of(Result.FAILED) else "green", bold=True)
    click.echo(f"{click.style(examination.vendor, bold=True)}: {grade}")
    click.echo(f"  {f'{dialects}, ' if dialects else ''}{examination.seconds:.1f} s{stopped}\n")
    found = sections(examination)
    for section in found:
        if verbose:
            click.echo(wrapped(section.about, first=f"{click.style(section.name, bold=True)}: ", rest="  "))
            for row in section.rows:
                _show_row(row)
            click.echo()
        else:
            parts = [counted(result, number) for result, number in section.counts.items() if number]
            mark = _mark(Result.FAILED if section.count(Result.FAILED) else Result.PASSED)
            click.echo(f"  {mark} {section.name:{LABEL}}  {', '.join(parts)}")
    for row in (row for section in found for row in section.rows if Result.FAILED in row.results):
        click.echo()
        seen: list[tuple[str, str]] = []
        for _, where, why in row.reasons(Result.FAILED):
            seen += [("seen", why), *([("in", where)] if where else [])]
        block(click.style(row.check.name, fg="red"), row.check.protects, seen)
    if not verbose and examination.of(Result.SKIPPED):
        click.echo("\n--verbose shows every check, and why some do not apply.")


def _show_row(row: Row) -> None:
    """A check by its marks, and what it says where it did not pass."""
    marks = "".join(_mark(one.result) for one in row.verdicts.values())
    click.echo(f"  {marks} {row.check.name}")
    indent = " " * (len(row.verdicts) + 3)
    for _, where, why in row.reasons():
        click.echo(wrapped(f"{where}: {why}" if where else why, first=indent, rest=indent))


def _mark(result: Result) -> str:
    from headcount.testing.reports import MARKS

    return click.style(MARKS[result], fg=COLOURS[result])


def _write(file: str, text: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from None
