"""A company's settings: by keyword, from the environment, or from `headcount.toml`, in that order."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.errors import ConfigError
from headcount.hosts import LABEL, check_labels
from headcount.model import EMPTY
from headcount.passwords import password

FILE = "headcount.toml"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
Kept = Callable[[str | None], Mapping[str, str]]
"""The secrets that are kept of a company, by setting; it is asked with the company's label, where there is one."""
PAIRS = (("client_id", "client_secret"), ("scim_url", "scim_token"))
"""Settings that are told together: what a secret is for, and the secret."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def setting(where: str, *, host: str | None = None, address: bool = False, unless: str = "") -> Mapping[str, Any]:
    """Metadata for a field of a connector's settings: `where` a person finds the value.

    With `host`, the field is the company's label below that host, and may be given as `acme`,
    `acme.<host>`, or a whole URL. An `address` is a whole URL. A secret is a field with `repr=False`. One that is not
    needed where another setting is given says `unless` which.
    """
    return {"where": where, "host": host, "address": address, "unless": unless}


@attrs.frozen(kw_only=True)
class Named:
    """A connection that `headcount.toml` names: the vendor, the settings that are no secrets, when it is synced, and
    what of it is kept."""

    name: str
    vendor: str
    settings: Mapping[str, Any]
    schedule: str | None = None
    keep: Mapping[str, Any] = EMPTY


def named() -> dict[str, Named]:
    """The connections of `headcount.toml` by name, each a table `[connections.<name>]`.

    Raises `ConfigError` for a table without a vendor, or a name that no environment variable could bear.
    """
    found = {}
    for name, told in table("connections").items():
        if not NAME.fullmatch(name):
            raise ConfigError(f"connections: {name[:60]!r} is no name: write letters, digits and hyphens, as acme-hr")
        if not isinstance(told, dict) or not isinstance(told.get("vendor"), str):
            raise ConfigError(f'[connections.{name}] needs a vendor: write vendor = "…"')
        settings = {key: value for key, value in told.items() if key not in ("vendor", "schedule", "keep")}
        schedule, keep = told.get("schedule"), told.get("keep", {})
        if not isinstance(keep, dict) or not (schedule is None or isinstance(schedule, str)):
            raise ConfigError(f"[connections.{name}]: schedule is a text, and keep a table [connections.{name}.keep]")
        found[name] = Named(name=name, vendor=told["vendor"], settings=settings, schedule=schedule, keep=keep)
    return found


def store_named() -> str | None:
    """Where the file says that the roster and the journal are: `[roster]`, `store`. Raises `ConfigError`."""
    told = table("roster")
    unknown = sorted(told.keys() - {"store"})
    if unknown:
        raise ConfigError(f"[roster] has no setting {', '.join(unknown)}; it has store")
    store = told.get("store")
    if store is not None and not isinstance(store, str):
        raise ConfigError("[roster]: store is a text, such as sqlite:///roster.db")
    return store


def gathered(kind: type[Any], vendor: str, given: Mapping[str, Any], *, of: Named | None = None) -> dict[str, str]:
    """What is told of one company's settings, by name: in the file, in the environment, and `given` by keyword, the
    later before the earlier; `reduced`. Of another company than the keywords' nothing is taken.

    `of` is the connection that the file names: its own table and the variables of its own name are read, and none of
    the vendor's; a secret stands in no file then, but in the environment or the keyring. Raises `ConfigError` for a
    setting that is unknown or malformed.
    """
    fields = {field.name: field for field in attrs.fields(kind)}
    known = [*fields, "base_url"]
    values: dict[str, str] = {}
    secrets = secrets_of(kind)
    for source in (
        table(vendor) if of is None else _told(of, secrets),
        _environment(of.name if of else vendor, known),
        given,
    ):
        _refuse_unknown(vendor, source, known)
        told = {name: _text(vendor, name, value) for name, value in source.items() if value is not None}
        told = reduced(kind, vendor, told)
        apart = source is given and of is None
        values = {**(_of_the_account(kind, values, told) if apart else values), **told}
    if of is not None:
        wanted = {name: password(f"{of.name}.{name}") for name in secrets if not values.get(name)}
        values |= {name: value for name, value in wanted.items() if value}
    return values


def _of_the_account(kind: type[Any], around: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """What the environment and the file have of the account that keywords tell of, and not of another company's.

    Where the keywords name another company it is nothing but the address; where they tell what to log in with, no
    other credential beside.
    """
    fields = attrs.fields_dict(kind)
    companies = [name for name, field in fields.items() if field.metadata.get("host")]
    if any(told.get(name) and around.get(name) not in (None, told[name]) for name in companies):
        return {name: value for name, value in around.items() if name == "base_url"}
    main = {name for name in secrets_of(kind) if fields[name].default is attrs.NOTHING} | {"client_id"}
    if not any(told.get(name) for name in main):
        return dict(around)
    whole = {secret for name, secret in PAIRS if told.get(name)}
    other = {*secrets_of(kind)} - whole
    other |= {name for name, secret in PAIRS if not told.get(secret)}
    return {name: value for name, value in around.items() if name not in other}


def reduced(kind: type[Any], vendor: str, values: Mapping[str, str]) -> dict[str, str]:
    """The same, with a company's label in the place of whatever address it was told by. Raises `ConfigError`."""
    found = dict(values)
    for name, field in attrs.fields_dict(kind).items():
        value = found.get(name)
        if value and field.metadata.get("host"):
            found[name] = company_label(value, field.metadata["host"], f"{vendor}: {name}")
        if value and field.metadata.get("address"):
            found[name] = _address(value, "https://…", {}, vendor, name)
    return found


def secrets_of(kind: type[Any]) -> list[str]:
    """The settings that are secrets."""
    return [field.name for field in attrs.fields(kind) if not field.repr]


def missing(kind: type[Any], values: Mapping[str, str], base_url: str = "") -> list[str]:
    """The settings that have to be told, and are not. One that only `base_url`, the connector's template, needs may be
    left out where another address is given."""
    address = values.get("base_url", "")
    return [
        field.name
        for field in attrs.fields(kind)
        if not values.get(field.name)
        and field.default is attrs.NOTHING
        and not values.get(field.metadata.get("unless") or "")
        and not (address and "{" + field.name + "}" in base_url and "{" + field.name + "}" not in address)
    ]


def load(
    kind: type[Any],
    vendor: str,
    given: Mapping[str, Any],
    *,
    base_url: str,
    of: Named | None = None,
    kept: Kept = lambda company: {},
) -> tuple[Any, str]:
    """The settings of one company as `kind`, and the base URL to use.

    `base_url` is the connector's template, which the setting `base_url` replaces. What is told of the settings is
    `gathered`; a secret that is told nowhere is one of those that are `kept`, which is asked where one is needed.

    Raises `ConfigError` that names every setting that is missing, unknown or malformed.
    """
    values = gathered(kind, vendor, given, of=of)
    if not {*missing(kind, values, base_url), *_beside(kind, values)}.isdisjoint(secrets_of(kind)):
        values = {**kept(values.get("company")), **values}
    if lacking := missing(kind, values, base_url):
        raise ConfigError(_missing(of.name if of else vendor, lacking, attrs.fields_dict(kind), named=of is not None))
    address = values.pop("base_url", "")
    made = kind(
        **{
            field.name: values.get(field.name) or (None if field.default is attrs.NOTHING else field.default)
            for field in attrs.fields(kind)
        }
    )
    return made, _address(address or base_url, base_url, attrs.asdict(made), vendor, "base_url")


def _beside(kind: type[Any], values: Mapping[str, str]) -> list[str]:
    """The secrets that go with a setting that is told, and are not: that of an application beside its id."""
    names = {field.name for field in attrs.fields(kind)}
    return [secret for name, secret in PAIRS if values.get(name) and secret in names and not values.get(secret)]


def company_label(value: str, host: str, what: str = "company") -> str:
    """`acme` from `acme`, `acme.<host>` or a whole URL. Raises `ConfigError` for what is no DNS label."""
    name = value.strip().lower()
    if "://" in name:
        name = name.partition("://")[2]
    name = name.split("/")[0].rpartition("@")[2].partition(":")[0].removesuffix("." + host)
    if not LABEL.fullmatch(name):
        raise ConfigError(
            f"{what} must be the name before .{host} (letters, digits and hyphens), such as acme; got {value[:80]!r}"
        )
    return name


def environment_name(vendor: str, name: str) -> str:
    """The environment variable of a setting: `HEADCOUNT_ACMEHR_TOKEN`."""
    return re.sub(r"\W", "_", f"HEADCOUNT_{vendor}_{name}").upper()


def _environment(vendor: str, names: list[str]) -> dict[str, Any]:
    found = {name: os.environ.get(environment_name(vendor, name)) for name in names}
    return {name: value for name, value in found.items() if value}


def _told(of: Named, secrets: list[str]) -> Mapping[str, Any]:
    for name in secrets:
        if name in of.settings:
            raise ConfigError(
                f"[connections.{of.name}]: {name} is a secret, and stands in no file: "
                f"set {environment_name(of.name, name)}, or keep it in the keyring as headcount, {of.name}.{name}"
            )
    return of.settings


def table(name: str) -> dict[str, Any]:
    """A table of the settings' file; empty where there is none. Raises `ConfigError` for a file that cannot be read."""
    path = Path(os.environ.get("HEADCOUNT_CONFIG") or FILE)
    if not path.exists():
        if "HEADCOUNT_CONFIG" in os.environ:
            raise ConfigError(f"HEADCOUNT_CONFIG names {path}, and there is no such file")
        return {}
    import tomllib

    try:
        section = tomllib.loads(path.read_text(encoding="utf-8")).get(name, {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: {name} must be a table: write [{name}] and its settings below it")
    return section


def _refuse_unknown(vendor: str, given: Mapping[str, Any], known: list[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigError(f"{vendor} has no setting {', '.join(unknown)}; it has {', '.join(known)}")


def _text(vendor: str, name: str, value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value).strip()
    raise ConfigError(f"{vendor}: {name} must be a text, and is a {type(value).__name__}")


def _missing(vendor: str, names: list[str], fields: Mapping[str, Any], *, named: bool) -> str:
    section = f"connections.{vendor}" if named else vendor

    def places(name: str) -> str:
        if os.environ.get(environment_name(vendor, name), "").strip():
            return f"{environment_name(vendor, name)} is of another account than what was given: tell both in one place"
        in_file = f", or {name} under [{section}] in {FILE}" if fields[name].repr or not named else ""
        return f"set {environment_name(vendor, name)}{in_file}"

    lines = [f"{name} ({fields[name].metadata.get('where', 'ask the vendor')}; {places(name)})" for name in names]
    asks = f"headcount reconnect {vendor}" if named else f"headcount connect {vendor}"
    return f"{vendor} needs {'; and '.join(lines)}. `{asks}` asks for what is missing, and keeps it"


def _address(url: str, template: str, values: Mapping[str, Any], vendor: str, name: str) -> str:
    """The address with its braces filled in; a bare host gets the path that the connector knows."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or not parts.netloc or "@" in parts.netloc:
        raise ConfigError(f"{vendor}: {name} must be a whole address such as {template}; got {url[:80]!r}")
    if parts.path in ("", "/") and url != template:
        url = f"{parts.scheme}://{parts.netloc}{urlsplit(template).path}"
    check_labels(url, values, vendor)
    try:
        url = url.format(**{name: value for name, value in values.items() if value is not None})
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigError(f"{vendor}: {name} {url[:80]!r} needs the setting {error} too") from error
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigError(
            f"{vendor}: {name} must be https: the credential would travel in the clear to {parts.hostname}"
        )
    return url
