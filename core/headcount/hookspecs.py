"""The hooks that a plugin may implement. They are where others join in; a vendor is a `Connector`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from headcount.connector import Connector
    from headcount.health import CredentialHealth
    from headcount.http import Request
    from headcount.lifecycle import Approval, Outcome
    from headcount.model import Employee, Raw
    from headcount.plan import Plan
    from headcount.roster.run import Run as SyncRun
    from headcount.vault import Keeper

PROJECT = "headcount"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def headcount_connectors() -> Iterable[Connector]:  # type: ignore[empty-body]
    """The connectors that this plugin brings."""


@hookspec
def headcount_keeper() -> Keeper | None:
    """Where credentials are kept, in the place of the store: a secret manager, as a `Keeper`.

    Called whenever a vault is needed and no program has given one: by `headcount.connect` and by the command. Two
    plugins that bring one are an error.
    """


@hookspec
def headcount_sent(vendor: str, request: Request, status: int | None, seconds: float) -> None:
    """A request was sent: for metrics. `status` is None where no answer came. Called from many threads."""


@hookspec(firstresult=True)
def headcount_employee(vendor: str, employee: Employee, raw: Raw) -> Employee | None:
    """An employee was read: return another in its place (a company's own mapping), or None to keep it.

    Called once a record, only where a plugin implements it. Use `attrs.evolve`.
    """


@hookspec
def headcount_before_apply(vendor: str, plan: Plan, approval: Approval | None) -> Approval | str | None:
    """A plan is about to be applied: return a text to refuse it, an `Approval` to approve it, or None.

    `approval` is the one that there is already. A refusal wins over every approval.
    """


@hookspec
def headcount_changed(connection: str, run: SyncRun) -> None:
    """A sync changed the roster of a connection, and is committed: a signal to read the feed, which has it all.

    Called once a sync, in the process that synced. A process that dies in between calls nobody: what must not be
    missed is read off the feed.
    """


@hookspec
def headcount_concerned(connection: str, health: CredentialHealth) -> None:
    """A sync has ended, and the connection's credential will not last as it is: `health.concerns` say why, and what is
    to be done. Called after each such sync, in the process that synced, until it is done."""


@hookspec
def headcount_applied(vendor: str, plan: Plan, outcome: Outcome) -> None:
    """A plan was applied and proved. What is raised here is noted in the outcome; it undoes nothing."""
