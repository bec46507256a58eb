"""The kit catches what it is there to catch: every planted fault, by the check that is named for it, and by others."""

from __future__ import annotations

import pytest

from headcount.testing import CHECKS, Bench, Result
from headcount.testing.examination import tried
from tests.contract.planted import FAULTS, Planted

BY_NAME = {check.name: check for check in CHECKS}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_caught(fault: Planted) -> None:
    if fault.takes_sources and not fault.more:
        pytest.skip("what the vendor published or answered is not on this machine")
    verdict = tried(Bench(fault.subject, fault.dialect), BY_NAME[fault.caught_by])
    assert verdict.result is Result.FAILED, f"{fault.caught_by} does not catch it: {verdict.why}"
