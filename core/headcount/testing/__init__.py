"""What a test suite uses: fixtures that run a vendor's sandbox, and the contract that every connector keeps.

Names are loaded when they are first used: the fixtures cost a test suite nothing but themselves.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headcount.errors import ConfigError

if TYPE_CHECKING:
    from headcount.testing.bench import Bench, Subject
    from headcount.testing.checking import Broken, Check, NotApplicable, check, ensure
    from headcount.testing.checks import CHECKS, GROUPS
    from headcount.testing.contract import ConnectorContract
    from headcount.testing.examination import Examination, Result, Verdict, examine
    from headcount.testing.recordings import answers_in, recorded
    from headcount.testing.reports import as_html, as_json, as_junit, as_markdown

NEEDS = "this needs headcount[testing]: pip install 'headcount[testing]'"
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


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"headcount.testing has no {name}")
    try:
        room = import_module(f"headcount.testing.{_ROOMS[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("werkzeug", "sqlalchemy", "alembic", "cryptography"):
            raise
        raise ConfigError(NEEDS) from None
    except ConfigError:  # a floor below lacks its own extra, and this one brings it
        raise ConfigError(NEEDS) from None
    value = globals()[name] = getattr(room, name)
    return value


def __dir__() -> list[str]:
    return __all__
