"""What the documentation says of the checks is so: which there are, and how our connectors fare."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from headcount.plugins import plugins
from headcount.sandboxes import sandbox_of
from headcount.testing import CHECKS, Subject, as_markdown, examine
from headcount.testing.reports import about, cell
from tests.generated import check_table

CHEAP = ("insightly",)
"""The contract tries the others as well; what is compared here is the page alone."""


def test_every_check_is_on_its_page() -> None:
    check_table("checks.md", _page())


def _page() -> Iterator[str]:
    live = sum(check.reads_only for check in CHECKS)
    yield f"There are {len(CHECKS)} checks, and {live} of them run on a live account."
    group = ""
    for check in CHECKS:
        if check.group != group:
            group = check.group
            yield from ("", f"## {group}", "", cell(about(check)), "")
            yield from ("| check | what it protects | live |", "| --- | --- | :---: |")
        yield f"| `{check.name}` | {cell(check.protects)} | {'✓' if check.reads_only else ''} |"


@pytest.mark.parametrize("vendor", plugins().connectors() if os.environ.get("HEADCOUNT_WRITE_DOCS") else CHEAP)
def test_the_report_of_a_vendor_is_what_its_examination_says(vendor: str) -> None:
    connector = plugins().connector(vendor)
    examination = examine(Subject(connector=connector, sandbox=sandbox_of(connector)), CHECKS)
    check_table(f"reports/{vendor}.md", as_markdown(examination).splitlines())
