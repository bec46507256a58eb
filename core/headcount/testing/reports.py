"""Reports of an examination: JSON for programs, JUnit's XML for CI, a page of HTML or of Markdown for people."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import attrs

from headcount import codec
from headcount.errors import ConfigError
from headcount.testing.checking import Check
from headcount.testing.examination import Examination, Result, Verdict

MARKS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.SKIPPED: "–"}
WORDS = {Result.PASSED: "passed", Result.FAILED: "failed", Result.SKIPPED: "does not apply"}
DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@attrs.frozen(kw_only=True)
class Row:
    """One check, with its verdicts by dialect; one that does not depend on the dialect has a single one."""

    check: Check
    verdicts: dict[str, Verdict]

    @property
    def results(self) -> set[Result]:
        """What came of it, in any dialect."""
        return {one.result for one in self.verdicts.values()}

    def reasons(self, *results: Result) -> list[tuple[Result, str, str]]:
        """Why it failed or does not apply: result, dialects and reason. Of one that is `once`, no dialect."""
        found: dict[tuple[Result, str], list[str]] = {}
        for dialect, one in self.verdicts.items():
            if one.why and one.result in (results or Result):
                found.setdefault((one.result, one.why), []).append(dialect)
        return [(result, "" if self.check.once else ", ".join(where), why) for (result, why), where in found.items()]


@attrs.frozen(kw_only=True)
class Section:
    """One group of checks, with what it is about."""

    name: str
    about: str
    rows: tuple[Row, ...]

    def count(self, result: Result) -> int:
        """How many verdicts are of this kind; a check counts once for each dialect."""
        return sum(one.result is result for row in self.rows for one in row.verdicts.values())

    @property
    def counts(self) -> dict[Result, int]:
        """The same for each kind."""
        return {result: self.count(result) for result in Result}


def sections(examination: Examination) -> list[Section]:
    """An examination by group and check, in the order of the kit."""
    found: dict[str, dict[str, list[Verdict]]] = {}
    for one in examination.verdicts:
        found.setdefault(one.check.group, {}).setdefault(one.check.name, []).append(one)
    return [
        Section(
            name=group,
            about=about(next(iter(checks.values()))[0].check),
            rows=tuple(
                Row(check=verdicts[0].check, verdicts={one.dialect: one for one in verdicts})
                for verdicts in checks.values()
            ),
        )
        for group, checks in found.items()
    ]


def counted(result: Result, number: int) -> str:
    """So many verdicts of a kind, in words."""
    return f"{number} {'do not apply' if result is Result.SKIPPED and number != 1 else WORDS[result]}"


def about(check: Check) -> str:
    """What the group of a check is about: the sentence that its room opens with."""
    return " ".join((inspect.getdoc(inspect.getmodule(check.run)) or "").split())


def as_json(examination: Examination) -> str:
    """The grade, and every verdict."""
    told = {
        "vendor": examination.vendor,
        "version": examination.version,
        "at": examination.at.isoformat(timespec="seconds"),
        "seconds": round(examination.seconds, 3),
        "grade": examination.grade,
        "applicable": examination.applicable,
        **{result.value: len(examination.of(result)) for result in Result},
        "verdicts": [
            {
                "check": one.check.name,
                "group": one.check.group,
                "protects": one.check.protects,
                "dialect": one.dialect,
                "result": one.result.value,
                "why": one.why,
                "seconds": round(one.seconds, 3),
            }
            for one in examination.verdicts
        ],
    }
    return codec.pretty(told)


def as_junit(examination: Examination) -> str:
    """JUnit's XML, as CI reads it: a suite for each dialect, in it a case for each check, its group as the class."""
    name = f"headcount check {examination.vendor}"
    root = ET.Element("testsuites", {"name": name, **_counts(examination.verdicts)})
    for dialect in examination.dialects:
        of = [one for one in examination.verdicts if one.dialect == dialect]
        named = {"name": f"{examination.vendor} {dialect}", "timestamp": f"{examination.at:%Y-%m-%dT%H:%M:%S}"}
        suite = ET.SubElement(root, "testsuite", {**named, **_counts(of)})
        for one in of:
            case = ET.SubElement(
                suite, "testcase", classname=one.check.group, name=one.check.name, time=f"{one.seconds:.3f}"
            )
            if one.result is Result.SKIPPED:
                ET.SubElement(case, "skipped", message=one.why)
            elif one.result is Result.FAILED:
                failure = ET.SubElement(case, "failure", message=one.why, type="failed")
                failure.text = f"{one.why}\nIt protects: {one.check.protects}"
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _counts(verdicts: Iterable[Verdict]) -> dict[str, str]:
    results = [one.result for one in verdicts]
    return {
        "tests": str(len(results)),
        "failures": str(results.count(Result.FAILED)),
        "errors": "0",
        "skipped": str(results.count(Result.SKIPPED)),
        "time": f"{sum(one.seconds for one in verdicts):.3f}",
    }


def template() -> Any:
    """The page that `as_html` fills in. Raises `ConfigError` where Jinja is not installed."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError:
        raise ConfigError("a page needs headcount[testing]: pip install 'headcount[testing]'") from None
    environment = Environment(
        loader=PackageLoader("headcount.testing", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja")


def as_html(examination: Examination) -> str:
    """A page in one file, that needs nothing else. Raises `ConfigError` where Jinja is not installed."""
    at = examination.at
    page: str = template().render(
        examination=examination,
        at=f"{at.day} {at:%B %Y, %H:%M} UTC",
        sections=sections(examination),
        counts={result: len(examination.of(result)) for result in Result},
        passed=Result.PASSED,
        failed=Result.FAILED,
        skipped=Result.SKIPPED,
        marks=MARKS,
        words=WORDS,
        counted=counted,
    )
    return page


def as_markdown(examination: Examination) -> str:
    """A page of Markdown without times and days: it is the same as long as the verdicts are."""
    return "\n".join(_markdown(examination)) + "\n"


def _markdown(examination: Examination) -> Iterator[str]:
    dialects, found = examination.dialects, sections(examination)
    yield from (f"# {examination.vendor}", "", f"**{examination.grade}.**", "")
    yield "✓ passed, ✗ failed, – does not apply. A check counts once for each dialect that it runs in; one that does"
    yield from ("not depend on the dialect runs in the first alone.", "")
    yield from ("| group | passed | failed | do not apply |", "| --- | ---: | ---: | ---: |")
    for section in found:
        told = " | ".join(str(section.count(result)) for result in Result)
        yield f"| [{section.name}](#{section.name}) | {told} |"
    for section in found:
        yield from ("", f"## {section.name}", "", cell(section.about), "")
        yield "| check | what it protects | " + " | ".join(dialects) + " |"
        yield "| --- | --- |" + " :---: |" * len(dialects)
        for row in section.rows:
            marks = (MARKS[row.verdicts[one].result] if one in row.verdicts else "" for one in dialects)
            yield f"| `{row.check.name}` | {cell(row.check.protects)} | {' | '.join(marks)} |"
        for result, heading in ((Result.FAILED, "What failed:"), (Result.SKIPPED, "What does not apply:")):
            lines = [
                f"- `{row.check.name}`{where and f' ({where})'}: {cell(DAY.sub('YYYY-MM-DD', why))}"
                for row in section.rows
                for _, where, why in row.reasons(result)
            ]
            yield from ("", heading, "", *lines) if lines else ()


def cell(text: str) -> str:
    """A text that stands in a table of Markdown as it is."""
    return html.escape(text, quote=False).replace("|", "\\|")
