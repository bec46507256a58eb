"""The kit catches what it is there to catch: every planted fault, by the check that is named for it, and by others."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from headcount.testing import CHECKS, Bench, Result
from headcount.testing.examination import tried
from tests.contract.planted import FAULTS, Planted
from tests.generated import DOCS, check_table

PAGE = "planted.md"
FIRST = 3
"""So many are tried each time; all of them when the page is made anew."""
BY_NAME = {check.name: check for check in CHECKS}


def catches(fault: Planted, name: str) -> bool:
    return tried(Bench(fault.subject, fault.dialect), BY_NAME[name]).result is Result.FAILED


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Planted:
    found: Planted = request.param
    if found.takes_sources and not found.more:
        pytest.skip("what the vendor published or answered is not on this machine")
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=str, indirect=True)
def test_a_planted_fault_is_caught(fault: Planted) -> None:
    verdict = tried(Bench(fault.subject, fault.dialect), BY_NAME[fault.caught_by])
    assert verdict.result is Result.FAILED, f"{fault.caught_by} does not catch it: {verdict.why}"


@pytest.mark.parametrize("fault", FAULTS, ids=str, indirect=True)
def test_it_is_caught_by_the_first_that_the_docs_name(fault: Planted) -> None:
    if os.environ.get("HEADCOUNT_WRITE_DOCS"):
        pytest.skip("the docs are being written")
    (row,) = [line for line in (DOCS / PAGE).read_text().splitlines() if line.startswith(f"| {fault.name} |")]
    names = [name.strip("` ") for name in row.split("|")[3].split(",")]
    assert fault.caught_by in names
    missed = [name for name in names[:FIRST] if not catches(fault, name)]
    assert missed == [], "run `make generated`, and read what changed"


@pytest.mark.skipif("HEADCOUNT_WRITE_DOCS" not in os.environ, reason="every fault in every check takes minutes")
def test_the_table_of_faults_and_checks() -> None:
    check_table(PAGE, _table())


def test_the_docs_name_every_fault_and_no_other() -> None:
    lines = (DOCS / PAGE).read_text().splitlines()
    assert [line.split("|")[1].strip() for line in lines if line.startswith("| ") and " | `" in line] == [
        fault.name for fault in FAULTS
    ]


def _table() -> Iterator[str]:
    found = {fault: [check.name for check in CHECKS if catches(fault, check.name)] for fault in FAULTS}
    caught = sum(fault.caught_by in names for fault, names in found.items())
    yield f"**{caught} of {len(FAULTS)} are caught by the check that is named for them.**"
    yield ""
    yield "| what is wrong | where it was seen | caught by |"
    yield "| --- | --- | --- |"
    for fault, names in found.items():
        names.sort(key=lambda name: name != fault.caught_by)
        yield f"| {fault.name} | {fault.seen} | {', '.join(f'`{name}`' for name in names)} |"
