"""One connector and one company's settings: what a program reads through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, Self

import attrs
import pluggy

from headcount.answers import classify
from headcount.connector import Ask, Connector, Resource
from headcount.errors import NotFound, RecordError, Unsupported
from headcount.http import Request
from headcount.listing import Listing
from headcount.model import DEFAULT_SCOPES, Company, Employee, Group, Identity, Raw, Scope
from headcount.options import Options
from headcount.reader import Reader, wanted_fields
from headcount.report import Report
from headcount.transport import Transport

KNOWN_FOR = 300.0
"""Seconds for which lists and field names are taken for granted when one employee after another is looked up."""


class Connection:
    """A line to one company's account at one vendor. Make it with `headcount.connect`.

    It may be shared between threads, and used as a context manager. `scopes` are the classes of personal data
    that it reads: what is outside them is not asked for, and is dropped where the vendor sends it unasked.
    """

    def __init__(
        self,
        connector: Connector,
        settings: Any,
        base_url: str,
        hooks: pluggy.PluginManager,
        *,
        scopes: Iterable[Scope | str] = DEFAULT_SCOPES,
        options: Options | None = None,
    ) -> None:
        self.connector = connector
        self.scopes = frozenset(Scope(scope) for scope in scopes) | {Scope.IDENTITY, Scope.WORK}
        self._hooks = hooks
        self._remembered: tuple[float, Any] = (float("-inf"), None)
        self.http = Transport(
            base_url,
            connector.auth(settings),
            vendor=connector.name,
            account=getattr(settings, "company", None) or "",
            rate=connector.rate,
            classify=connector.classify or classify,
            credential_advice=_credential_advice(connector),
            options=options,
            sent=self._sent_hook(),
        )

    def employees(self, *, history: bool = False) -> Listing[Employee]:
        """Every employee: past, present and to come. Lazy; `.report` tells at its end whether that was all.

        With `history`, each has its `employments` where the vendor keeps them; that costs a few requests more
        and memory for the whole history.
        """
        employee = self._employee_hook()
        wanted = wanted_fields(Employee, self.scopes)
        return Listing(self.connector.employees, self.http, wanted, Employee, history=history, change=employee)

    def groups(self) -> Listing[Group]:
        """Every group: departments, locations, teams and what else the vendor has. Lazy, as `employees`."""
        if self.connector.groups is None:
            self._cannot("list groups")
        return Listing(self.connector.groups, self.http, wanted_fields(Group, self.scopes), Group, noun="groups")

    def employee(self, id: str) -> Employee:
        """One employee by the vendor's id.

        Raises `NotFound` where there is none, `RecordError` where it cannot be read, and `Unsupported`.
        """
        resource: Resource[Employee] = self.connector.employees
        if resource.one is None:
            self._cannot("look one employee up")
        wanted = wanted_fields(Employee, self.scopes)
        report = Report(vendor=self.connector.name)
        known = self._known(wanted)
        raw = resource.one(self.http, Ask(wanted, known), id)
        employee = Reader(resource, wanted, Employee, report, self._employee_hook()).read(raw, id, known)
        if employee is None:
            raise RecordError(f"{self.connector.name}: {report.refused[0].error}")
        return employee

    def _known(self, wanted: frozenset[str]) -> Any:
        """What the connector knows beside a record, kept for a while: whoever looks many people up one by one
        would otherwise ask for the same lists each time."""
        until, known = self._remembered
        if time.monotonic() > until:
            known = self.connector.employees.known(self.http, wanted)
            self._remembered = time.monotonic() + KNOWN_FOR, known
        return known

    def company(self) -> Company:
        """The company itself. Raises `Unsupported` where the vendor has no such thing."""
        if self.connector.company is None:
            self._cannot("describe the company")
        try:
            return self.connector.company(self.http)
        except NotFound as error:
            raise Unsupported(f"{self.connector.name}: this server does not describe the company") from error

    def whoami(self) -> Identity:
        """Whose credential this is; the cheapest check that it works. Raises `AuthError` where it does not."""
        if self.connector.whoami is None:
            self._cannot("say whose credential this is")
        return self.connector.whoami(self.http)

    def close(self) -> None:
        """Close what is open to the vendor."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection to {self.connector.name} at {self.http.base_url}>"

    def _cannot(self, what: str) -> NoReturn:
        raise Unsupported(f"{self.connector.name} cannot {what}; it can: {', '.join(self.connector.can)}")

    def _sent_hook(self) -> Callable[[Request, int | None, float], None] | None:
        if not self._hooks.hook.headcount_sent.get_hookimpls():
            return None
        call, vendor = self._hooks.hook.headcount_sent, self.connector.name
        return lambda request, status, seconds: call(vendor=vendor, request=request, status=status, seconds=seconds)

    def _employee_hook(self) -> Callable[[Employee, Raw], Employee] | None:
        """None where nobody has asked: a hook costs more than reading the record."""
        if not self._hooks.hook.headcount_employee.get_hookimpls():
            return None
        call, vendor = self._hooks.hook.headcount_employee, self.connector.name
        return lambda employee, raw: call(vendor=vendor, employee=employee, raw=raw) or employee


def _credential_advice(connector: Connector) -> str:
    secrets = [field for field in attrs.fields(connector.settings) if not field.repr]
    return " ".join(f"Check {field.name}: {field.metadata.get('where', 'ask the vendor')}." for field in secrets)
