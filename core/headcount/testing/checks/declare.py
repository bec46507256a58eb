"""What a connector says of itself: that it is whole, that it is so, and that nothing else is done."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.changes import CHANGES
from headcount.errors import HeadcountError, Unsupported
from headcount.model import Employee, Group
from headcount.testing.bench import Bench, offered, plain
from headcount.testing.checking import NotApplicable, check, ensure, fail, named
from headcount.testing.shapes import operation

QUIRKS = ("Host", "Auth", "Pages", "Reads", "Writes", "Dates", "Groups", "Limits", "Errors")
NAME = re.compile(r"[a-z][a-z0-9-]*")
PLACE = re.compile(r"{(\w+)}")


@check(reads_only=True, once=True)
def manifest_valid(bench: Bench) -> None:
    """What a connector says of itself names only what there is: fields of the model, settings, a sandbox."""
    of = bench.connector
    ensure(NAME.fullmatch(of.name), f"the name {of.name!r} is not in lower-case letters, digits and hyphens")
    ensure(of.title.strip(), "it has no title")
    settings = {field.name for field in attrs.fields(of.settings)}
    unknown = set(PLACE.findall(of.base_url)) - settings
    ensure(not unknown, f"base_url has places for {named(unknown)}, and there is no such setting")
    ensure(of.base_url.startswith("https://"), "base_url is not https")
    for resource, kind in ((of.employees, Employee), (of.groups, Group)):
        model = {field.name for field in attrs.fields(kind)}
        strange = set(resource.fields) - model if resource else set()
        ensure(not strange, f"fields has {named(strange)}, which the model does not have")
    model = {field.name for field in attrs.fields(Employee)}
    strange = {name for name in of.writable if name.partition(".")[0] not in model}
    ensure(not strange, f"writable has {named(strange)}, which the model does not have")
    if of.sandbox is not None:
        module, _, name = of.sandbox.partition(":")
        ensure(hasattr(import_module(module), name), f"the sandbox {of.sandbox} is not there")


@check(reads_only=True, once=True)
def verbs_are_verbs(bench: Bench) -> None:
    """Each verb that is declared is the model's, is not also refused, and asks for fields that can be written."""
    of = bench.connector
    known = set(CHANGES.values())
    ensure(not (set(of.plans) | set(of.cannot)) - known, "plans or cannot have something that is no change")
    both = [kind.verb for kind in of.plans if kind in of.cannot]
    ensure(not both, f"{named(both)} can be done, and cannot")
    for kind, verb in of.plans.items():
        missing = set(verb.required) - set(of.writable)
        ensure(not missing, f"{kind.verb} requires {named(missing)}, which writable does not have")


@check(reads_only=True, once=True)
def quirks_stated(bench: Bench) -> None:
    """The connector opens with its quirk table, so that vendors are compared by eye and a fact has one place."""
    home = bench.connector.employees.to.__module__.split(".")
    modules = [".".join(home[: count + 1]) for count in range(len(home))]
    spoken = "\n".join(sys.modules[name].__doc__ or "" for name in modules if name in sys.modules)
    stated = {word for word, _, rest in (line.partition(" ") for line in spoken.splitlines()) if rest.strip()}
    missing = [word for word in QUIRKS if word not in stated]
    ensure(not missing, f"the docstring of {modules[0]} has no line for {named(missing, most=9)}")


@check(reads_only=True, once=True)
def secrets_are_marked(bench: Bench) -> None:
    """A setting that is a secret is no part of any repr, and each setting says where a person finds it."""
    fields = attrs.fields(bench.connector.settings)
    canary = {field.name: f"canary-{field.name}" for field in fields if field.init}
    made = bench.connector.settings(**canary)
    secrets = set(bench.connector.auth(made).secrets)
    shown = [field.name for field in fields if field.repr and f"canary-{field.name}" in secrets]
    ensure(not shown, f"{named(shown)} is a secret and stands in repr: give the field repr=False")
    silent = [field.name for field in fields if not field.metadata.get("where")]
    ensure(not silent, f"{named(silent)} does not say where it is found: metadata=hc.setting(…)")


def _asked(bench: Bench) -> dict[str, Callable[[Any, Any], object]]:
    return {
        "employees": lambda box, account: list(account.employees()),
        "employees.one": lambda box, account: account.employee(box.id_of(plain(box))),
        "employees.count": lambda box, account: bench.connector.employees.count(account.http),  # type: ignore[misc]
        "employees.history": lambda box, account: list(account.employees(history=True)),
        "employees.changed": lambda box, account: list(account.changed(box.clock.now())),
        "groups": lambda box, account: list(account.groups()),
        "company": lambda box, account: account.company(),
        "whoami": lambda box, account: account.whoami(),
    }


@check(once=True)
def declared_capabilities_answer(bench: Bench) -> None:
    """What is declared is there: each capability answers in some dialect, and says `Unsupported` where it does not."""
    answered: set[str] = set()
    for dialect in bench.subject.dialects:
        one = Bench(bench.subject, dialect)
        for name, ask in _asked(one).items():
            if name in bench.connector.can:
                with one.account() as (box, account):
                    try:
                        answered |= {name} if ask(box, account) is not None else set()
                    except Unsupported:
                        continue
                    except HeadcountError as error:
                        fail(f"{name} is declared, and fails in {dialect}: {type(error).__name__}: {error}")
    silent = [name for name in _asked(bench) if name in bench.connector.can and name not in answered]
    ensure(not silent, f"{named(silent)} is declared, and no dialect of the sandbox answers it")


@check(once=True)
def undeclared_is_refused(bench: Bench) -> None:
    """What is not declared is refused before anything is sent, and the refusal says what there is."""
    bare = attrs.evolve(bench.connector, groups=None, company=None, whoami=None, plans={}, writable={})
    with bench.box() as box, Bench(attrs.evolve(bench.subject, connector=bare), bench.dialect).connect(box) as account:
        id = box.id_of(plain(box))
        asks: tuple[Callable[[], object], ...] = (
            account.groups,
            account.company,
            account.whoami,
            *(lambda kind=kind: account.plan(_change(kind, id)) for kind in CHANGES.values()),
        )
        for ask in asks:
            try:
                ask()
            except Unsupported:
                continue
            fail("something that is not declared was not refused")
        ensure(not box.log, "something that is not declared was asked for at the vendor")


def _change(kind: type[Any], id: str) -> Any:
    on = "2027-04-01"
    given: dict[str, Any] = {"id": id, "fields": {"given_name": "Ada"}, "on": on, "group_id": "1"}
    names = {field.name for field in attrs.fields(kind)}
    return kind(**{name: value for name, value in given.items() if name in names})


@check()
def requests_are_in_the_vendors_description(bench: Bench) -> None:
    """Nothing is asked for that the vendor's published API does not have, as far as there is a description of it."""
    bench.must_be_observed()
    if (spec := bench.subject.spec) is None:
        raise NotApplicable("no description of the vendor's API was given")
    with bench.account() as (box, account):
        list(account.employees(history="employees.history" in bench.connector.can))
        if "employees.one" in bench.connector.can:
            account.employee(box.id_of(plain(box)))
        if "groups" in bench.connector.can:
            offered(account.groups())
        base = urlsplit(account.http.base_url).path
        asked = {(one.method, one.path.removeprefix(base)) for one in box.log if one.status < 400}
    strange = [f"{method} {path}" for method, path in asked if operation(spec, method, path) is None]
    ensure(not strange, f"the vendor's description does not have {named(strange)}")
