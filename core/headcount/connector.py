"""A connector is a value: the vendor's facts, and a few functions. What it can do is read off what is there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, KeysView, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from headcount.model import EMPTY, Company, CustomField, Employee, Employment, Group, Identity, NullReason, Raw

if TYPE_CHECKING:
    from headcount.answers import Classify
    from headcount.auth import Auth
    from headcount.changes import Change
    from headcount.facts import Facts
    from headcount.paging import Page
    from headcount.rate import Rate
    from headcount.tokens import AuthorizationServer
    from headcount.transport import Transport
    from headcount.verbs import Verb, Writable
    from headcount.webhooks import Webhooks

T = TypeVar("T")
Wanted = Collection[str]
"""The names of the model's fields that a reader asks for."""
Fields = Mapping[str, str | tuple[str, ...]]
"""From which of the vendor's top-level keys each field of ours comes."""


@attrs.frozen
class Ask:
    """What a reader asks of a list: which fields of ours, and what is `known` beside the records.

    `ahead` says that what is dated ahead is wanted too, where that takes another request.
    A connector notes with `note` what it cannot bring, for the report.
    """

    wanted: Wanted = ()
    known: Any = None
    notes: list[str] = attrs.field(factory=list)
    ahead: bool = False

    def note(self, sentence: str) -> None:
        """Tell the reader, once, of something that could not be had."""
        if sentence not in self.notes:
            self.notes.append(sentence)


@attrs.frozen(kw_only=True)
class Resource(Generic[T]):
    """One kind of record: how to list them, and what they mean.

    `all(http, ask)` yields the pages of the whole list; `to(raw, known)` makes a record of the model and is
    pure; `known(http, wanted)` reads, once a read, what `to` needs beside the record (lists, names of custom
    fields). `one(http, ask, id)` reads one. `count(http)` asks the vendor by another way how many
    there are. `find(http, ask, fields)` yields pages among which is whoever has the e-mail, or the names, of these
    fields; the vendor must be known to search rightly, for who is not found is held not to be there. `id(raw)` is
    the vendor's id of a record. `history(http, ask)` gives the employments of everyone, by employee id.
    `changed(http, ask, since)` yields pages of the whole records that changed since an instant (UTC), and perhaps of
    some that did not, as `all` would give them; it raises `Unsupported` where this server cannot tell which.
    `some(http, ask, ids)` yields pages of these people alone, as `all` would give them; who is not there is left out.
    What is absent the vendor cannot do.

    `fields` says from which of the vendor's top-level keys each field of ours comes: it is the mapping's table
    of contents, and the reasons for what is missing follow from it. `elsewhere` are fields that the vendor
    keeps where this list does not look. `withheld(raw)` gives the vendor's keys that a record itself says are
    kept from the caller. `belongs(raw)` is false for records that the list holds beside those that are meant.
    `custom(known)` are the custom fields that the company has, by key, each with its label and type and without a
    value; None where the server does not tell.
    `never` are keys dropped unread wherever they come: government ids, health, bank data.
    """

    all: Callable[[Transport, Ask], Iterable[Page]]
    to: Callable[[Raw, Any], T]
    known: Callable[[Transport, Wanted], Any] = lambda http, wanted: None
    one: Callable[[Transport, Ask, str], Raw] | None = None
    count: Callable[[Transport], int | None] | None = None
    find: Callable[[Transport, Ask, Facts], Iterable[Page]] | None = None
    history: Callable[[Transport, Ask], Mapping[str, tuple[Employment, ...]]] | None = None
    changed: Callable[[Transport, Ask, datetime], Iterable[Page]] | None = None
    some: Callable[[Transport, Ask, Collection[str]], Iterable[Page]] | None = None
    id: Callable[[Raw], object] = lambda raw: raw["id"]
    fields: Fields = EMPTY
    elsewhere: Collection[str] = ()
    withheld: Callable[[Raw], Collection[str]] = lambda raw: ()
    belongs: Callable[[Raw], bool] = lambda raw: True
    never: frozenset[str] = frozenset()
    custom: Callable[[Any], Mapping[str, CustomField] | None] = lambda known: None


def _scim_of(settings: Any) -> tuple[str, Auth] | None:
    """Read off the settings: `scim_url` and `scim_token`, where the connector has them and the company gave both."""
    from headcount.auth import Bearer

    url, token = (getattr(settings, name, None) for name in ("scim_url", "scim_token"))
    return (url, Bearer(token)) if url and token else None


@attrs.frozen(kw_only=True)
class Connector:
    """One vendor.

    `settings` is an attrs class of what a company must give; `base_url` may name its fields in braces.
    `rate` is the pace to keep without being told; `classify` reads an answer as an error. `sandbox` names the
    vendor's emulator as `package.module:Class`. `version` is counted up when records are read differently than before.

    `plans` says for each kind of change how it is made, `cannot` why not, where there is a reason. `writable` says
    which of our fields can be set, each with the vendor's key. `scim(settings)` is the address and the credential of
    the company's SCIM endpoint, or None: by itself, what stands in `scim_url` and `scim_token`. `oauth` is where the
    vendor grants access by OAuth 2.0; it is used in place of `auth` where the setting `client_id` is given.
    `key_life` is how long a key lives from the day it was made. `permissions` are what somebody has to allow, in the
    vendor's own words, by the field of ours that it shows, or by `employees`, `groups` or `company`; "" is for others.
    `webhooks` is what the vendor sends by itself, and how that is proved.
    """

    name: str
    title: str
    settings: type[Any]
    base_url: str
    auth: Callable[[Any], Auth]
    employees: Resource[Employee]
    groups: Resource[Group] | None = None
    company: Callable[[Transport], Company] | None = None
    whoami: Callable[[Transport], Identity] | None = None
    rate: Rate | None = None
    classify: Classify | None = None
    sandbox: str | None = None
    plans: Mapping[type[Change], Verb] = attrs.field(factory=dict)
    cannot: Mapping[type[Change], str] = attrs.field(factory=dict)
    writable: Writable = EMPTY
    scim: Callable[[Any], tuple[str, Auth] | None] = _scim_of
    oauth: AuthorizationServer | None = None
    key_life: timedelta | None = None
    permissions: Mapping[str, str] = EMPTY
    webhooks: Webhooks | None = None
    version: str = "1"

    @property
    def can(self) -> tuple[str, ...]:
        """What this connector can do, by name."""
        resources = {"employees": self.employees, "groups": self.groups}
        found = [name for name, resource in resources.items() if resource is not None]
        found += [f"{name}.{part}" for name, resource in resources.items() for part in _parts(resource)]
        found += [name for name in ("company", "oauth", "whoami", "webhooks") if getattr(self, name) is not None]
        found += [change.verb for change in self.plans]
        return tuple(sorted(found))


def _parts(resource: Resource[Any] | None) -> list[str]:
    return [
        part for part in ("one", "some", "count", "history", "changed") if getattr(resource, part, None) is not None
    ]


def sources(resource: Resource[Any], field: str) -> tuple[str, ...]:
    """The vendor's keys that a field of ours comes from; () where the vendor has no such thing."""
    keys = resource.fields.get(field, ())
    return (keys,) if isinstance(keys, str) else keys


def asked(fields: Fields, wanted: Wanted) -> list[str]:
    """The vendor's keys that the wanted fields of ours come from, each once, in the table's order."""
    keys = (keys for field, keys in fields.items() if field in wanted)
    return list(dict.fromkeys(key for some in keys for key in ((some,) if isinstance(some, str) else some)))


def why_absent(
    sources: tuple[str, ...], keys: KeysView[str], withheld: Collection[str], *, parts: bool = False
) -> NullReason:
    """Why a field that was asked for is None, by the vendor's keys that it comes from and those of the record.

    One of the `sources` tells a field, unless they are its `parts`: then all of them do.
    """
    told = keys >= set(sources) if parts else not keys.isdisjoint(sources)
    if not told or (withheld and not set(withheld).isdisjoint(sources)):
        return NullReason.NOT_PERMITTED
    return NullReason.EMPTY_AT_SOURCE
