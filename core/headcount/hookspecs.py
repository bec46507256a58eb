"""The hooks that a plugin may implement. They are where others join in; a vendor is a `Connector`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from headcount.connector import Connector
    from headcount.http import Request
    from headcount.model import Employee, Raw

PROJECT = "headcount"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def headcount_connectors() -> Iterable[Connector]:  # type: ignore[empty-body]
    """The connectors that this plugin brings."""


@hookspec
def headcount_sent(vendor: str, request: Request, status: int | None, seconds: float) -> None:
    """A request was sent: for metrics. `status` is None where no answer came. Called from many threads."""


@hookspec(firstresult=True)
def headcount_employee(vendor: str, employee: Employee, raw: Raw) -> Employee | None:
    """An employee was read: return another in its place (a company's own mapping), or None to keep it.

    Called once a record, only where a plugin implements it. Use `attrs.evolve`.
    """
