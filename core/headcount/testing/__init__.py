"""What a test suite uses: fixtures that run a vendor's sandbox, and the contract that every connector keeps.

Names are loaded when they are first used: the fixtures cost a test suite nothing but themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headcount.faces import lazily

if TYPE_CHECKING:
    from headcount.testing.bench import Bench, Subject
    from headcount.testing.checking import Broken, Check, NotApplicable, check, ensure
    from headcount.testing.checks import CHECKS, GROUPS
    from headcount.testing.contract import ConnectorContract
    from headcount.testing.examination import Examination, Result, Verdict, examine
    from headcount.testing.recordings import answers_in, recorded
    from headcount.testing.reports import as_html, as_json, as_junit, as_markdown

_ROOMS = {
    "Bench": "bench",
    "Broken": "checking",
    "CHECKS": "checks",
    "Check": "checking",
    "ConnectorContract": "contract",
    "Examination": "examination",
    "GROUPS": "checks",
    "NotApplicable": "checking",
    "Result": "examination",
    "Subject": "bench",
    "Verdict": "examination",
    "answers_in": "recordings",
    "as_html": "reports",
    "as_json": "reports",
    "as_junit": "reports",
    "as_markdown": "reports",
    "check": "checking",
    "ensure": "checking",
    "examine": "examination",
    "recorded": "recordings",
}

__all__ = [
    "Bench",
    "Broken",
    "CHECKS",
    "Check",
    "ConnectorContract",
    "Examination",
    "GROUPS",
    "NotApplicable",
    "Result",
    "Subject",
    "Verdict",
    "answers_in",
    "as_html",
    "as_json",
    "as_junit",
    "as_markdown",
    "check",
    "ensure",
    "examine",
    "recorded",
]


__getattr__ = lazily(__name__, _ROOMS, "testing")


def __dir__() -> list[str]:
    return __all__
