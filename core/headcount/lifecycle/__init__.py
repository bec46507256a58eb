"""The durable side of a change: who approves it, what was sent of it, whether it is so, and what is kept of that.

Names are loaded when they are first used: only the journal needs an extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headcount.faces import lazily

if TYPE_CHECKING:
    from headcount.lifecycle.approval import Approval, Policy
    from headcount.lifecycle.journal import Journal
    from headcount.lifecycle.outcome import Outcome, Run, State

__all__ = ["Approval", "Journal", "Outcome", "Policy", "Run", "State"]

_ROOMS = {
    "Approval": "approval",
    "Journal": "journal",
    "Outcome": "outcome",
    "Policy": "approval",
    "Run": "outcome",
    "State": "outcome",
}


__getattr__ = lazily(__name__, _ROOMS, "roster")


def __dir__() -> list[str]:
    return __all__
