"""`headcount new`: a connector for a vendor that has none, whole and tested from its first minute."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from headcount.errors import ConfigError
from headcount.plugins import API, plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TITLE = re.compile(r"\w[\w .,&'+-]*")
ADDRESS = re.compile(r"https://((\{company\}\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d{1,5})?(/[A-Za-z0-9._~-]+)*")
AUTH = {
    "bearer": "a token in the Authorization header",
    "basic": "HTTP Basic, an API key as the user",
    "header": "an API key in a header of its own",
}
PAGING = {
    "number": "?page=2",
    "offset": "?offset=100",
    "cursor": "a token that each page gives",
    "link": 'the header Link: <…>; rel="next"',
    "none": "everybody in one answer",
}
PARTS = ("groups", "changes", "hire", "update", "terminate")
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "LICENSE": "LICENSE",
    ".gitignore": "gitignore",
    ".github/workflows/ci.yml": "ci.yml",
    "{module}/__init__.py": "connector.py",
    "{module}/sandbox.py": "sandbox.py",
    "{module}/py.typed": "",
    "tests/test_contract.py": "test_contract.py",
}
"""The files of a distribution, each with its template in `scaffold/`."""


@click.command()
@click.argument("vendor")
@click.option("--title", help="What people call it. By itself the name, capitalized.")
@click.option("--base-url", help="Where its API is, such as https://api.acme.com/v1 or https://{company}.acme.com/api.")
@click.option("--auth", type=click.Choice(list(AUTH)), help="How the credential travels.")
@click.option("--paging", type=click.Choice(list(PAGING)), help="How one page leads to the next.")
@click.option("--with", "parts", metavar="PARTS", help=f"What else it can do, of {','.join(PARTS)}.")
@click.option("--into", type=click.Path(path_type=Path), default=Path(), help="The folder to put it in. Default: here.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not said is as by default.")
def new(
    vendor: str,
    title: str | None,
    base_url: str | None,
    auth: str | None,
    paging: str | None,
    parts: str | None,
    into: Path,
    yes: bool,
) -> None:
    """Write a connector for a vendor that has none: a distribution with its sandbox, its tests and its CI.

    What it writes passes every check of the contract that applies to it, against a vendor that nobody has. From there
    you make it true.

    \b
    headcount new acme                                     asks what it needs to know
    headcount new acme --auth header --paging cursor --with groups,changes --yes
    headcount new acme --base-url https://{company}.acme.com/api --with hire,update,terminate
    """
    _check_name(vendor)
    folder = into / f"headcount-{vendor}"
    if folder.exists():
        raise ConfigError(f"{folder} is there already, and nothing is overwritten: move it, or choose another --into")
    asks = sys.stdin.isatty() and not yes
    title = _said(title, "What people call it", vendor.replace("-", " ").title(), asks)
    base_url = _said(base_url, "Where its API is", f"https://api.{vendor}.example/v1", asks).rstrip("/")
    auth = _chosen(auth, "How the credential travels", AUTH, asks)
    paging = _chosen(paging, "How one page leads to the next", PAGING, asks)
    parts = _said(parts, f"What else it can do, of {','.join(PARTS)}", "", asks)
    files = _rendered(_answers(vendor, title, base_url, auth, paging, parts))
    file = folder
    try:
        for path, text in files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            click.echo(file)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"\n{len(files)} files. Next:\n\n  cd {folder}\n  pip install -e '.[dev]'\n  pytest")


def _said(told: str | None, question: str, default: str, asks: bool) -> str:
    if told is None and asks:
        told = click.prompt(question, default=default, show_default=bool(default))
    return (default if told is None else told).strip()


def _chosen(told: str | None, question: str, among: Mapping[str, str], asks: bool) -> str:
    first = next(iter(among))
    if told is None and asks:
        for name, meaning in among.items():
            click.echo(f"  {name:8}{meaning}")
        told = click.prompt(question, default=first, type=click.Choice(list(among)), show_choices=False)
    return told or first


def _check_name(vendor: str) -> None:
    if not (NAME.fullmatch(vendor) and len(vendor) <= 30):
        raise ConfigError(
            f"{vendor[:60]!r} is no name for a connector: at most 30 lower-case letters and digits, a letter "
            "first, with single hyphens between them, such as acme-hr"
        )
    if vendor in plugins().connectors():
        raise ConfigError(f"there is a connector named {vendor} already: `headcount connectors` lists it")


def _answers(vendor: str, title: str, base_url: str, auth: str, paging: str, parts: str) -> dict[str, Any]:
    """What the templates are filled in with. Raises `ConfigError` for what would not become a connector."""
    if not (TITLE.fullmatch(title) and len(title) <= 40):
        raise ConfigError(f"--title takes at most 40 letters, digits, spaces and .,&'+-; got {title[:60]!r}")
    found = ADDRESS.fullmatch(base_url)
    if found is None or len(base_url) > 80:
        raise ConfigError(
            "--base-url takes an address such as https://api.acme.com/v1, or https://{company}.acme.com/api where each "
            f"company has its own; got {base_url[:80]!r}"
        )
    wanted = {part.strip() for part in parts.split(",") if part.strip()}
    if unknown := sorted(wanted - set(PARTS)):
        raise ConfigError(f"--with has no {', '.join(unknown)[:60]}; it has {', '.join(PARTS)}")
    methods = [method for method, verbs in (("POST", {"hire"}), ("PATCH", {"update", "terminate"})) if wanted & verbs]
    return {
        "api": API,
        "vendor": vendor,
        "title": title,
        "module": f"headcount_{vendor.replace('-', '_')}",
        "kind": vendor.title().replace("-", ""),
        "base_url": base_url,
        "company": found[1].removeprefix("{company}.") if found[2] else "",
        "prefix": urlsplit(base_url).path,
        "auth": auth,
        "credential": "token" if auth == "bearer" else "api_key",
        "paging": paging,
        "methods": methods,
        **{part: part in wanted for part in PARTS},
    }


def _rendered(answers: Mapping[str, Any]) -> dict[str, str]:
    """The files, by their path in the distribution."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ModuleNotFoundError:
        raise ConfigError("this needs headcount[testing]: pip install 'headcount[testing]'") from None
    environment = Environment(  # noqa: S701 - no HTML is made
        loader=PackageLoader("headcount", "scaffold"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return {
        path.format(**answers): environment.get_template(f"{template}.jinja").render(answers) if template else ""
        for path, template in FILES.items()
    }
