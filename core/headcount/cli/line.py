"""What the reading commands share: how a person names an account, and what a person is told of a read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import click

from headcount.connection import Connection
from headcount.connector import Connector
from headcount.errors import ConfigError, PluginError
from headcount.model import Scope
from headcount.options import UNLIMITED, Options
from headcount.plugins import connect, plugins
from headcount.report import Report
from headcount.settings import FILE, environment_name, named, secrets_of, store_named

F = TypeVar("F", bound=Callable[..., Any])
TRIES = 3
"""Fewer than a program's: a person is waiting, and can try again."""


def _store(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:
    return given or store_named()


STORE = click.option(
    "--store",
    callback=_store,
    help="The roster and the journal: sqlite:///file.db or postgresql://…. "
    "Default: [roster] store of headcount.toml, else HEADCOUNT_STORE, else headcount.db here.",
)


def account_options(command: F) -> F:
    """The options that say how an account is reached."""
    setting = click.option(
        "--set",
        "given",
        multiple=True,
        metavar="NAME=VALUE",
        help="A setting that is no secret, such as company=acme or base_url=https://…; may be repeated.",
    )
    no_pace = click.option("--no-pace", is_flag=True, help="Do not keep the vendor's pace: for sandboxes.")
    return setting(no_pace(command))


def account(command: F) -> F:
    """The vendor, and the options that say how its account is reached."""
    return click.argument("vendor")(account_options(command))


def opened(
    name: str,
    given: tuple[str, ...],
    no_pace: bool,
    scopes: Iterable[Scope | str] = (),
    *,
    tries: int = TRIES,
    **lasting: Any,
) -> Connection:
    """The connection that the options name: a vendor's, or one of `headcount.toml`. `lasting` are its store and policy.

    Raises `ConfigError`, `PluginError`.
    """
    of, connector = named().get(name), connector_of(name)
    settings = pairs(given, connector, name)
    lasting.setdefault("store", store_named())
    wanted = {Scope.IDENTITY, Scope.WORK, *map(Scope, scopes)}
    options = Options(tries=tries, rate=UNLIMITED if no_pace else None)
    return connect(name if of else connector, scopes=tuple(wanted), options=options, **lasting, **settings)


def connector_of(name: str) -> Connector:
    """The connector of a vendor, or of a connection of `headcount.toml`. Raises `PluginError`."""
    of = named().get(name)
    try:
        return plugins().connector(of.vendor if of else name)
    except PluginError as error:
        if of is not None or not (known := named()):
            raise
        raise PluginError(f"{FILE} names no connection {name[:60]!r}, only {', '.join(known)}; and {error}") from None


def pairs(given: tuple[str, ...], connector: Connector, whose: str | None = None) -> dict[str, Any]:
    """The settings of `--set`. Raises `ConfigError` for a secret among them."""
    settings: dict[str, Any] = dict(_pair(text) for text in given)
    for secret in secrets_of(connector.settings):
        if secret in settings:
            raise ConfigError(
                f"{secret} is a secret, and a command line can be read by others: "
                f"set {environment_name(whose or connector.name, secret)} instead"
            )
    return settings


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set takes NAME=VALUE, such as company=acme; got {text!r}")
    return name.strip().replace("-", "_"), value


def told(report: Report, noun: str, *, limited: bool = False) -> None:
    """What came of a read, on stderr: how many, whether that is all, and what is wrong with them."""
    for line in _said(report, noun, limited):
        click.echo(line, err=True)


def _said(report: Report, noun: str, limited: bool) -> Iterator[str]:
    requests = f"{report.requests:,} request{'s' if report.requests != 1 else ''}"
    state = "complete" if report.complete else "stopped at the limit" if limited else "not proved complete"
    yield f"{report.accepted:,} {noun} in {requests}; {state}: {report.why}."
    for refused in report.refused[:5]:
        yield f"  not readable: {noun.rstrip('s')} {refused.id or 'without id'}: {refused.error}"
    if len(report.refused) > 5:
        yield f"  not readable: {len(report.refused) - 5:,} more"
    for note in report.notes:
        yield f"  note: {note}"
    for (field, word), count in report.unknown.most_common(5):
        yield f"  unknown word: {field} {word!r} for {count:,}; kept as the source, value unknown"


def on_terminal() -> bool:
    """Whether a person is watching: progress goes to stderr, and only then."""
    return sys.stderr.isatty()
