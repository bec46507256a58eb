"""The durable side of a change: who approves it, what was sent of it, whether it is so, and what is kept of that."""

from headcount.lifecycle.approval import Approval, Policy
from headcount.lifecycle.journal import Journal, Run
from headcount.lifecycle.outcome import Outcome, State

__all__ = ["Approval", "Journal", "Outcome", "Policy", "Run", "State"]
