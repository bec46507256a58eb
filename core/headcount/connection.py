"""One connector and one company's settings: what a program reads and writes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

import attrs
import pluggy

from headcount.answers import classify
from headcount.auth import Auth
from headcount.changes import CancelTermination, Change, Delete, Hire, Join, Leave, Rehire, Terminate, Update
from headcount.connector import Ask, Connector, Resource
from headcount.errors import NotFound, RecordError, Unsupported
from headcount.http import Request
from headcount.listing import Listing, Resume
from headcount.model import DEFAULT_SCOPES, Company, Employee, Group, Identity, Raw, Scope
from headcount.options import Options
from headcount.rate import Pacer
from headcount.reader import Reader, wanted_fields
from headcount.report import Report
from headcount.transport import Transport

if TYPE_CHECKING:
    from headcount.health import CredentialHealth
    from headcount.lifecycle import Approval, Journal, Outcome, Policy
    from headcount.plan import Plan
    from headcount.roster.inbox import Inbox
    from headcount.tokens import AuthorizationServer
    from headcount.vault import Vault
    from headcount.webhooks import Received, Webhook

GRANT = "A new token is refused as well: its owner may have left. Connect again, as somebody who may see what is read."
RENEWED = "renewed by itself, until the grant is taken back or its owner loses access"
KNOWN_FOR = 300.0
"""Seconds for which lists and field names are taken for granted when one employee after another is looked up."""


class Connection:
    """A line to one company's account at one vendor. Make it with `headcount.connect`.

    It may be shared between threads, and used as a context manager. `scopes` are the classes of personal data
    that it reads: what is outside them is not asked for, and is dropped where the vendor sends it unasked. `name` is
    what this account is called where several are kept: by itself the vendor's and the company's.

    `store` is a `Journal`, or the URL of one: what is applied is recorded there. Without it, `HEADCOUNT_STORE`, else
    `headcount.db` in this folder. `policy` says what may be applied without a person's approval. `vault` is where the
    token is kept that a person has granted; without it, one in the store. `kept` says that its key is the vault's.
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
        store: Journal | str | None = None,
        policy: Policy | None = None,
        name: str | None = None,
        vault: Vault | None = None,
        kept: bool = False,
    ) -> None:
        self.connector = connector
        self.name = name or name_of(connector, getattr(settings, "company", None))
        self.settings = settings
        self.options = options
        self._policy = policy
        self._store = store
        self._vault = vault
        self._kept = kept
        self.scopes = frozenset(Scope(scope) for scope in scopes) | {Scope.IDENTITY, Scope.WORK}
        self._hooks = hooks
        self._remembered: tuple[float, Any] = (float("-inf"), None)
        self._server: AuthorizationServer | None = None
        if connector.oauth is not None and getattr(settings, "client_id", None):
            self._server = connector.oauth.at(attrs.asdict(settings), connector.base_url, base_url)
            base_url = self._server.base_url
        self._base_url = base_url
        self.http = self.line(base_url, self.auth)
        self.scim: Transport | None = None
        if (scim := connector.scim(settings)) is not None:
            self.scim = self.line(*scim)

    @cached_property
    def auth(self) -> Auth:
        """What the account is reached with: one for all lines, so that a token is renewed once for all of them."""
        if self._server is None:
            return self._key() if self._kept else self.connector.auth(self.settings)
        from headcount.oauth import OAuth

        return OAuth(
            self.name,
            self._server,
            vault=lambda: self.vault,
            client_id=self.settings.client_id,
            client_secret=getattr(self.settings, "client_secret", None),
            vendor=self.connector.name,
            options=self.options,
        )

    def _key(self) -> Auth:
        from headcount.keeping import KeptKey

        def make(secrets: Mapping[str, str]) -> Auth:
            known = attrs.fields_dict(type(self.settings)).keys() & secrets.keys()
            return self.connector.auth(attrs.evolve(self.settings, **{name: secrets[name] for name in known}))

        return KeptKey(self.name, lambda: self.vault, make)

    @property
    def is_granted(self) -> bool:
        """Whether it logs in with what a person grants, and not with a key."""
        return self._server is not None

    @cached_property
    def vault(self) -> Vault:
        """Where the token is kept; opened when it is first needed."""
        from headcount.plugins import usual_vault

        return self._vault or usual_vault(self._place, self._hooks)

    @property
    def _place(self) -> str | None:
        """The URL of the store that was given."""
        return self._store if isinstance(self._store, str | None) else self._store.url

    def line(self, base_url: str, auth: Auth, *, writes: bool = False, limiter: Pacer | None = None) -> Transport:
        """A line to the vendor, as the connector and the options have it. One that `writes` is for applying alone."""
        main = base_url == self._base_url
        return Transport(
            base_url,
            auth,
            vendor=self.connector.name,
            account=getattr(self.settings, "company", None) or "",
            rate=self.connector.rate,
            classify=self.connector.classify or classify,
            credential_advice=GRANT if main and self.is_granted else _credential_advice(self.connector, main=main),
            options=self.options,
            sent=self._sent_hook(),
            writes=writes,
            limiter=limiter,
        )

    def reading_line(self, limiter: Pacer | None = None) -> Transport:
        """Another line for reading, as this connection's own, for one who reads by themselves; close it."""
        return self.line(self._base_url, self.auth, limiter=limiter)

    def employees(
        self,
        *,
        history: bool = False,
        ahead: bool = False,
        http: Transport | None = None,
        resume: Resume | None = None,
    ) -> Listing[Employee]:
        """Every employee: past, present and to come. Lazy; `.report` tells at its end whether that was all.

        With `history`, each has its `employments` where the vendor keeps them; that costs a few requests more
        and memory for the whole history. `ahead` asks for what is dated ahead too, such as the day somebody will
        leave, where that takes a request more. `http` is a line of the caller's own (see `reading_line`). On such a
        line, `resume` goes on with a list that another read began; it raises `Unsupported` where that cannot be.
        """
        if resume is not None and http is None:
            raise ValueError("a list is gone on with on a line of its own: give http, by reading_line()")
        return self._people(http, history=history, ahead=ahead, resume=resume)

    def changed(self, since: datetime, *, ahead: bool = False, http: Transport | None = None) -> Listing[Employee]:
        """The employees whose records changed since an instant, whole, and perhaps some that did not.

        `.report.gone` are the ids of those who were deleted, where the vendor tells that; who is in neither may be
        unchanged or gone. A vendor dates the change of a record, and not that of a team or a list beside it.
        Raises `Unsupported`, perhaps only while it is read, where this vendor or server cannot tell what changed:
        read `employees` then.
        """
        if self.connector.employees.changed is None:
            self._cannot("tell what changed")
        if since.tzinfo is None:
            raise ValueError("changed() needs an instant with its zone, such as datetime.now(UTC)")
        return self._people(http, since=since.astimezone(UTC), ahead=ahead)

    def some(self, ids: Collection[str], *, ahead: bool = False, http: Transport | None = None) -> Listing[Employee]:
        """These employees, as a list of everybody would have them. `.report.gone` are those whom the vendor has not.

        Raises `Unsupported`, perhaps only while it is read, where some cannot be read by themselves.
        """
        if self.connector.employees.some is None:
            self._cannot("read some employees by their ids")
        return self._people(http, some=tuple(dict.fromkeys(ids)), ahead=ahead)

    def _people(self, http: Transport | None, **how: Any) -> Listing[Employee]:
        wanted, change = wanted_fields(Employee, self.scopes), self._employee_hook()
        return Listing(self.connector.employees, http or self.http, wanted, Employee, change=change, **how)

    def groups(self, *, http: Transport | None = None) -> Listing[Group]:
        """Every group: departments, locations, teams and what else the vendor has. Lazy, as `employees`."""
        if self.connector.groups is None:
            self._cannot("list groups")
        return Listing(
            self.connector.groups, http or self.http, wanted_fields(Group, self.scopes), Group, noun="groups"
        )

    def employee(self, id: str) -> Employee:
        """One employee by the vendor's id.

        Raises `NotFound` where there is none, `RecordError` where it cannot be read, and `Unsupported`.
        """
        employee, raw = self.looked_up(id)
        change = self._employee_hook()
        return employee if change is None else change(employee, raw)

    def looked_up(self, id: str) -> tuple[Employee, Raw]:
        """One employee as the connector reads it, before any plugin, and the vendor's whole record beside it."""
        resource: Resource[Employee] = self.connector.employees
        if resource.one is None:
            self._cannot("look one employee up")
        wanted = wanted_fields(Employee, self.scopes)
        report = Report(vendor=self.connector.name)
        known = self.known()
        raw = resource.one(self.http, Ask(wanted, known), id)
        whole = dict(raw)  # the reader takes from a record what it does not keep
        employee = Reader(resource, wanted, Employee, report, None).read(raw, id, known)
        if employee is None:
            raise RecordError(f"{self.connector.name}: {report.refused[0].error}")
        return employee, whole

    def known(self) -> Any:
        """What the connector knows beside a record, kept for a while: whoever looks many people up one by one
        would otherwise ask for the same lists each time."""
        until, known = self._remembered
        if time.monotonic() > until:
            known = self.connector.employees.known(self.http, wanted_fields(Employee, self.scopes))
            self._remembered = time.monotonic() + KNOWN_FOR, known
        return known

    def forget(self) -> None:
        """Take nothing for granted any more: what is read next decides about a write."""
        self._remembered = float("-inf"), None

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
        me = self.connector.whoami(self.http)
        return attrs.evolve(me, expires=RENEWED) if self.is_granted else me

    # -- the credential's own life --------------------------------------------------------------------

    def health(self) -> CredentialHealth:
        """How the credential fares: whose it is, what it sees, when it ends, and what is to be done.

        It asks the vendor, with a handful of requests. Raises `AuthError` where it is not taken, and the vendor's other
        errors.
        """
        from headcount.health import checked

        return checked(self)

    def kept_health(self) -> CredentialHealth | None:
        """How the credential fared when it was kept in the vault; None where it is told elsewhere, or nobody looked."""
        from headcount.health import CredentialHealth

        kept = self.vault.get(self.name) if self._kept or self.is_granted else None
        return CredentialHealth.of_dict(kept.known) if kept is not None and kept.known else None

    def keep(self, *, made_on: date | None = None) -> CredentialHealth:
        """Check what this connection logs in with, and keep it in the vault under the connection's name.

        Whoever connects by that name need not tell it then. `made_on` is the day a key was made, where somebody knows.

        Raises as `health`, and `ConfigError` where there is no vault.
        """
        from headcount.keeping import keep

        return keep(self, made_on=made_on)

    def disconnect(self) -> bool:
        """Forget what this connection logs in with. Whether the vendor took a token back too.

        Where it did not, somebody deletes the key, or takes the grant back, at the vendor's own pages.
        """
        from headcount.keeping import disconnect

        return disconnect(self)

    # -- changing: a plan, and its application ------------------------------------------------------

    def plan(self, change: Change) -> Plan:
        """The plan that would make a change: what is sent, what the record shows before, and what it must after.

        Nothing is sent that changes anything. Raises `Unsupported` for what this vendor cannot do or cannot write,
        `Rejected` for a change that is wrong in itself, `Conflict` for a hire of who is there already, `NotFound`.
        """
        from headcount.planning import plan_of

        return plan_of(self, change)

    def apply(self, plan: Plan, *, key: str | None = None, approval: Approval | None = None) -> Outcome:
        """Send a plan, step by step, and prove it by reading back. The journal records each step before it is sent.

        One `key` gives one result however often it is asked: by default the plan's digest.

        Raises `Held` where an approval is missing, the plan is too old or the record has moved since; `VerifyError`
        where the record then shows something else; `OutcomeUnknown` where an answer was lost and looking has not
        settled it (`resume` does, later); and the vendor's own errors.
        """
        from headcount.lifecycle.applying import apply

        return apply(self, plan, key=key, approval=approval)

    def make(self, change: Change, *, key: str | None = None, approved_by: str | None = None) -> Outcome:
        """Plan a change and apply the plan, approved by who is named: what the verbs below are short for.

        Asked again with the same `key`, it gives the first result and sends nothing.
        """
        from headcount.lifecycle.applying import make

        return make(self, change, key=key, approved_by=approved_by)

    def resume(self, run: str) -> Outcome:
        """Finish what a killed process, a lost answer or a refusal left in the middle; `run` is its id or its key.

        A step that is known to be done is not sent again, and one that may have arrived only after looking.
        """
        from headcount.lifecycle.applying import resume

        return resume(self, run)

    def hire(self, *, key: str | None = None, approved_by: str | None = None, **fields: Any) -> Outcome:
        """Make an employee with these fields: `hire(given_name="Ada", …, start_date=date(2027, 1, 4))`."""
        return self.make(Hire(fields), key=key, approved_by=approved_by)

    def update(
        self, id: str, *, on: date | None = None, key: str | None = None, approved_by: str | None = None, **fields: Any
    ) -> Outcome:
        """Set these fields of an employee and no others; where the vendor dates them, from the day `on`."""
        return self.make(Update(id=id, fields=fields, on=on), key=key, approved_by=approved_by)

    def terminate(
        self, id: str, *, on: date, key: str | None = None, approved_by: str | None = None, **more: Any
    ) -> Outcome:
        """End an employment on a day; `more` are the fields of `Terminate`."""
        return self.make(Terminate(id=id, on=on, **more), key=key, approved_by=approved_by)

    def cancel_termination(self, id: str, *, key: str | None = None, approved_by: str | None = None) -> Outcome:
        """Take a termination back."""
        return self.make(CancelTermination(id=id), key=key, approved_by=approved_by)

    def rehire(
        self, id: str, *, on: date, key: str | None = None, approved_by: str | None = None, **fields: Any
    ) -> Outcome:
        """Take a former employee on again, as the same record."""
        return self.make(Rehire(id=id, on=on, fields=fields), key=key, approved_by=approved_by)

    def join(
        self, id: str, group_id: str, *, on: date | None = None, key: str | None = None, approved_by: str | None = None
    ) -> Outcome:
        """Put an employee into a group."""
        return self.make(Join(id=id, group_id=group_id, on=on), key=key, approved_by=approved_by)

    def leave(self, id: str, group_id: str, *, key: str | None = None, approved_by: str | None = None) -> Outcome:
        """Take an employee out of a group."""
        return self.make(Leave(id=id, group_id=group_id), key=key, approved_by=approved_by)

    def delete(self, id: str, *, key: str | None = None, approved_by: str | None = None) -> Outcome:
        """Delete a record for good, where the vendor can and the policy allows it. It does not end an employment."""
        return self.make(Delete(id=id), key=key, approved_by=approved_by)

    # -- webhooks -----------------------------------------------------------------------------------

    def webhook(
        self, headers: Mapping[str, str], body: bytes, *, unsigned: bool = False, now: datetime | None = None
    ) -> Received:
        """Take in what the vendor sent to an address of yours: the headers, by any case, and the body as it came.

        It proves that the message is the vendor's, and keeps in the store whose records are to be read again: the
        next sync reads them. Nothing else of it is believed. Answer with the `.status` that is returned; nothing is
        raised. `unsigned` takes what nothing proves, from a vendor that signs nothing. `now` is for tests.
        """
        from headcount.receiving import receive

        return receive(self, headers, body, unsigned=unsigned, now=now)

    def webhooks(self) -> list[Webhook]:
        """The webhooks at the vendor that the credential's owner has made. Raises `Unsupported`."""
        from headcount.receiving import listed

        return listed(self)

    def register_webhook(self, url: str, *, name: str = "headcount") -> Webhook:
        """Make a webhook at the vendor for changes of people, and keep its private key in the vault.

        Raises `Rejected` for an address that is not https, or has a webhook already, `ConfigError` where the vault
        cannot be used, `Unsupported`, and the vendor's errors. Where the key cannot be kept, or the answer is lost,
        what was made is removed again.
        """
        from headcount.receiving import register

        return register(self, url, name)

    def remove_webhook(self, id: str) -> None:
        """Remove a webhook at the vendor, and forget its key.

        Raises `NotFound` where there is none, `Forbidden` where it is another user's, and `Unsupported`.
        """
        from headcount.receiving import remove

        remove(self, id)

    def keep_webhook_key(self, id: str, key: str) -> None:
        """Keep the private key of a webhook that was made on the vendor's own pages. `id` is any word for it."""
        from headcount.receiving import keep_key

        keep_key(self, id, key)

    @property
    def kept_webhook_keys(self) -> frozenset[str]:
        """The ids of the webhooks whose private keys are kept."""
        from headcount.receiving import kept_keys

        return kept_keys(self)

    @cached_property
    def inbox(self) -> Inbox:
        """Where it is kept what webhooks have said: in the store."""
        from headcount.roster.inbox import Inbox

        return Inbox(self._place)

    @cached_property
    def policy(self) -> Policy:
        """What may be applied without a person's approval: what was given, or the careful one."""
        from headcount.lifecycle import Policy

        return self._policy or Policy()

    @cached_property
    def journal(self) -> Journal:
        """Where what is applied is recorded; opened when it is first needed."""
        from headcount.lifecycle import Journal

        return self._store if isinstance(self._store, Journal) else Journal(self._store)

    @cached_property
    def writer(self) -> Transport:
        """The line that writes: for applying a plan, and nothing else."""
        return self.line(self._base_url, self.auth, writes=True)

    @cached_property
    def scim_writer(self) -> Transport | None:
        """The line that writes to the company's SCIM endpoint; None where none is configured."""
        found = self.connector.scim(self.settings)
        return None if found is None else self.line(*found, writes=True)

    @property
    def hooks(self) -> pluggy.PluginManager:
        """The plugins that this connection tells."""
        return self._hooks

    def close(self) -> None:
        """Close what is open to the vendor."""
        lines = (self.http, self.scim, *(self.__dict__.get(name) for name in ("writer", "scim_writer")))
        for line in filter(None, lines):
            line.close()
        if "journal" in self.__dict__ and self.journal is not self._store:
            self.journal.close()
        if "vault" in self.__dict__ and self.vault is not self._vault:
            self.vault.close()
        if "inbox" in self.__dict__:
            self.inbox.close()

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


def name_of(connector: Connector, company: str | None) -> str:
    """What a connection is called where nobody gives it a name."""
    return "-".join(filter(None, (connector.name, company)))


def _credential_advice(connector: Connector, *, main: bool) -> str:
    """Where the credential of the main line is found, or that of another one, which a company may leave out."""
    fields = [field for field in attrs.fields(connector.settings) if not field.repr and field.name != "client_secret"]
    secrets = [field for field in fields if (field.default is attrs.NOTHING) is main]
    return " ".join(f"Check {field.name}: {field.metadata.get('where', 'ask the vendor')}." for field in secrets)
