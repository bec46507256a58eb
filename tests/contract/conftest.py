"""Says at the end of a run how many of the planted faults the kit caught."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The catch rate, wherever the faults were tried."""

    def count(kind: str) -> int:
        reports = terminalreporter.stats.get(kind, ())
        return sum("test_a_planted_fault_is_caught" in report.nodeid for report in reports)

    caught, missed = count("passed"), count("failed")
    if caught or missed:
        terminalreporter.write_line(f"planted faults: {caught} of {caught + missed} caught by the check named for it")
