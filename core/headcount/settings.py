"""A company's settings: by keyword, from the environment, or from `headcount.toml`, in that order."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from headcount.errors import ConfigError
from headcount.hosts import LABEL, check_labels
from headcount.model import EMPTY

FILE = "headcount.toml"
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?")
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


def load(
    kind: type[Any], vendor: str, given: Mapping[str, Any], *, base_url: str, of: Named | None = None
) -> tuple[Any, str]:
    """The settings of one company as `kind`, and the base URL to use.

    `given` are keywords; `base_url` is the connector's template, which the setting `base_url` replaces. A
    setting that only the template needs may be left out when `base_url` is given. `of` is the connection that the
    file names: its own table and the variables of its own name are read, and none of the vendor's; a secret stands in
    no file then, but in the environment or the keyring.

    Raises `ConfigError` that names every setting that is missing, unknown or malformed.
    """
    fields = {field.name: field for field in attrs.fields(kind)}
    known = [*fields, "base_url"]
    values: dict[str, str] = {}
    own = vendor if of is None else of.name
    secrets = [name for name, field in fields.items() if not field.repr]
    for source in (table(vendor) if of is None else _told(of, secrets), _environment(own, known), given):
        _refuse_unknown(vendor, source, known)
        values |= {name: _text(vendor, name, value) for name, value in source.items() if value is not None}
    if of is not None:
        values |= _keyring(of.name, [name for name in secrets if not values.get(name)])
    address = values.pop("base_url", "")
    missing = [
        name
        for name, field in fields.items()
        if not values.get(name)
        and field.default is attrs.NOTHING
        and not values.get(field.metadata.get("unless") or "")
        and not (address and "{" + name + "}" in base_url and "{" + name + "}" not in address)
    ]
    if missing:
        raise ConfigError(_missing(own, missing, fields, named=of is not None))
    for name, field in fields.items():
        value = values.get(name)
        if value and field.metadata.get("host"):
            values[name] = company_label(value, field.metadata["host"], f"{vendor}: {name}")
        if value and field.metadata.get("address"):
            values[name] = _address(value, "https://…", {}, vendor, name)
    made = kind(
        **{name: values.get(name) or (None if f.default is attrs.NOTHING else f.default) for name, f in fields.items()}
    )
    return made, _address(address or base_url, base_url, attrs.asdict(made), vendor, "base_url")


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


def _keyring(name: str, secrets: list[str]) -> dict[str, str]:
    """The secrets that the operating system keeps, where the package `keyring` is there to ask it."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return {}
    found = {}
    for secret in secrets:
        with suppress(KeyringError):  # a machine without a desktop has none
            found[secret] = keyring.get_password("headcount", f"{name}.{secret}")
    return {secret: value for secret, value in found.items() if value}


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
        in_file = f", or {name} under [{section}] in {FILE}" if fields[name].repr or not named else ""
        return f"set {environment_name(vendor, name)}{in_file}"

    lines = [f"{name} ({fields[name].metadata.get('where', 'ask the vendor')}; {places(name)})" for name in names]
    return f"{vendor} needs " + "; and ".join(lines)


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
