"""What the documentation shows is so: its code runs, its commands parse, and its tables name what there is."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import pytest
import yaml

import headcount
import headcount.roster
import headcount.testing
from headcount import hookspecs, model
from headcount.cli import cli
from headcount.plugins import plugins
from headcount.roster import EventKind, Limits, Retention, RunState, Schedule, SyncPolicy, Who
from headcount.roster.config import policy_of
from headcount.sandbox import AWKWARD, FAULTS, Sandbox
from headcount.settings import Named, named, store_named

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "write-a-connector.md"
"""Its blocks of Python are files, and `tests/test_tutorial.py` carries all of it out."""
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
BLOCK = re.compile(r"^```(?P<language>\w+)(?P<title>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
REAL_ACCOUNT, RUNNABLE = 'title="real account"', 'title="runnable"'


@attrs.frozen
class Block:
    """A fenced block of a page, with the lines before it left empty, so that a traceback names the page's line."""

    page: Path
    language: str
    title: str
    code: str

    def compiled(self) -> Any:
        """Its code, named by the page it stands on."""
        return compile(self.code, str(self.page), "exec")


def blocks(page: Path, language: str) -> list[Block]:
    """The blocks of a page in one language, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, language, found["title"].strip(), "\n" * text[: found.start("code")].count("\n") + found["code"])
        for found in BLOCK.finditer(text)
        if found["language"] == language
    ]


def pages_with(language: str) -> list[Any]:
    """The pages that have such blocks, as parameters."""
    return [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES if blocks(page, language)]


@pytest.fixture
def plugins_as_they_were() -> Iterator[None]:
    """What an example registers is taken away again."""
    manager = plugins().manager
    before = manager.get_plugins()
    yield
    for plugin in manager.get_plugins() - before:
        manager.unregister(plugin)


@pytest.mark.usefixtures("plugins_as_they_were")
@pytest.mark.parametrize("page", [page for page in pages_with("python") if page.values != (TUTORIAL,)])
def test_python_blocks_run(
    page: Path, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run one after the other; a test function in one of them is called with its fixtures.

    One that needs a real account is compiled alone, and so is one outside `docs/` that is not marked as runnable.
    """
    monkeypatch.chdir(tmp_path)  # no headcount.toml of anybody's
    names: dict[str, Any] = {"__name__": "docs"}
    try:
        for block in blocks(page, "python"):
            code = block.compiled()
            assert block.title in ("", REAL_ACCOUNT, RUNNABLE), f"{page}: what does {block.title!r} mean?"
            if block.title != RUNNABLE and (block.title == REAL_ACCOUNT or DOCS not in page.parents):
                continue
            before = set(names)
            exec(code, names)
            for name in sorted(set(names) - before):
                if name.startswith("test_"):
                    wanted = inspect.signature(names[name]).parameters
                    names[name](**{fixture: request.getfixturevalue(fixture) for fixture in wanted})
    finally:
        for value in names.values():
            if isinstance(value, Sandbox):
                value.stop()


@pytest.mark.parametrize("page", pages_with("console"))
def test_commands_parse(page: Path) -> None:
    """Each `headcount …` has a command, options and values that exist."""
    for block in blocks(page, "console"):
        for line in (line.strip().removeprefix("$ ") for line in block.code.splitlines()):
            if line.startswith("headcount "):
                words = shlex.split(re.split(r" (?:[|>] |&$)", line)[0], comments=True)[1:]
                try:
                    parse(words)
                    parse([words[0], "--help"])
                except click.ClickException as error:
                    pytest.fail(f"{page}: {line}: {error.format_message()}")


def parse(words: list[str]) -> None:
    """Read a command line as the command would, and run nothing."""
    context = cli.make_context("headcount", words[:1])
    command = cli.get_command(context, words[0])
    if command is None:
        raise click.UsageError(f"there is no command {words[0]!r}")
    with contextlib.suppress(click.exceptions.Exit):  # after --help
        command.make_context(words[0], words[1:], parent=context)


@pytest.mark.parametrize("page", pages_with("toml"))
def test_toml_blocks_parse(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings shown are TOML, and name connectors and settings that exist; what is kept and when, can be."""
    shown = tmp_path / "headcount.toml"
    monkeypatch.setenv("HEADCOUNT_CONFIG", str(shown))
    for block in blocks(page, "toml"):
        shown.write_text(block.code, encoding="utf-8")
        store_named()
        for connection in named().values():
            assert set(connection.settings) <= settings_of(connection.vendor, secrets=False)
            policy_of(connection)
            if connection.schedule is not None:
                Schedule.parse(connection.schedule)
        found = tomllib.loads(block.code)
        for name in set(found) - {"project", "roster", "connections"}:
            assert set(found[name]) <= settings_of(name)


def settings_of(vendor: str, *, secrets: bool = True) -> set[str]:
    """The names of a connector's settings."""
    fields = attrs.fields(plugins().connector(vendor).settings)
    return {field.name for field in fields if secrets or field.repr} | {"base_url"}


def test_every_setting_of_the_roster_stands_in_its_file() -> None:
    """docs/roster.md: one file that names each, with the default where the number is shown."""
    (block,) = blocks(DOCS / "roster.md", "toml")
    told = tomllib.loads(block.code)["connections"]["acme-hr"]
    assert {field.name for field in attrs.fields(Named)} - {"name", "settings"} <= set(told)
    keep = told["keep"]
    assert set(keep) == {field.name for field in attrs.fields(SyncPolicy)}
    assert keep["limits"] == attrs.asdict(Limits())
    assert set(keep["retention"]) == {field.name for field in attrs.fields(Retention)}


@pytest.mark.parametrize("field", attrs.fields(Limits), ids=lambda field: field.name)
def test_every_limit_is_told_with_its_default(field: Any) -> None:
    """docs/roster.md: a row for each."""
    assert f"\n| `{field.name}` | {field.default:g} |" in (DOCS / "roster.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [*EventKind, *RunState, *Who], ids=str)
def test_every_word_of_the_roster_has_a_row(kind: EventKind | RunState | Who) -> None:
    """docs/roster.md: kinds of events, states of runs, who is kept."""
    text = (DOCS / "roster.md").read_text(encoding="utf-8")
    assert any(f"`{kind.value}`" in line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `"))


@pytest.mark.parametrize("hook", [name for name in vars(hookspecs) if name.startswith("headcount_")])
def test_every_hook_has_a_section_with_an_example(hook: str) -> None:
    """docs/hooks.md: a heading for each hook, and below it code that implements it."""
    text = (DOCS / "hooks.md").read_text(encoding="utf-8")
    _, _, section = text.partition(f"## {hook}\n")
    assert f"def {hook}(" in section.partition("\n## ")[0]


@pytest.mark.parametrize("tag", AWKWARD)
def test_every_awkward_person_is_introduced(tag: str) -> None:
    """docs/sandboxes.md: a row for each."""
    assert f"| `{tag}` |" in (DOCS / "sandboxes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_is_described(kind: str) -> None:
    """docs/sandboxes.md: a row for each."""
    assert f"| `{kind}` |" in (DOCS / "sandboxes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [model.Employee, model.Employment, model.Group, model.Company])
def test_every_field_stands_in_the_row_of_its_scope(kind: type[Any]) -> None:
    """docs/model.md: the table below a record's heading."""
    text = (DOCS / "model.md").read_text(encoding="utf-8")
    section = text.partition(f"## {kind.__name__}\n")[2].partition("\n## ")[0]
    told = {
        scope: set(re.findall(r"`(\w+)`", fields))
        for scope, fields in re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    }
    meant: dict[str, set[str]] = {}
    for field in attrs.fields(kind):
        meant.setdefault(field.metadata["scope"].value, set()).add(field.name)
    assert told == meant


@pytest.mark.parametrize("name", [name for name in dir(model) if isinstance(getattr(model, name), type(model.Scope))])
def test_every_value_of_an_enum_is_listed(name: str) -> None:
    """docs/model.md: the table of enums."""
    row = re.search(rf"^\| `{name}` \| (.*) \|$", (DOCS / "model.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    assert re.findall(r"`(\w+)`", row[1]) == [member.value for member in getattr(model, name)]


@pytest.mark.parametrize("vendor", plugins().connectors())
def test_every_mapped_field_is_on_the_vendors_page(vendor: str) -> None:
    """docs/vendors: how each field lands, and a register of quirks with source and confidence."""
    text = (DOCS / "vendors" / f"{vendor}.md").read_text(encoding="utf-8")
    landing = text.partition("## How each field lands\n")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(\w+)`", landing))
    assert set(plugins().connector(vendor).employees.fields) <= told
    register = text.partition("## Quirks\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in register.splitlines() if line.startswith("| ")][2:]
    assert 20 <= len(rows) <= 40
    for row in rows:
        assert len(row) == 4, row
        assert row[2] in ("high", "medium", "low"), row


def test_the_reference_names_what_there_is_and_all_that_is_public() -> None:
    """docs/reference: each `:::` leads somewhere, and every name of `headcount`, its roster and its kit has one."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
    told = re.findall(r"^::: ([\w.]+)\.(\w+)$", text, re.MULTILINE)
    for module, name in told:
        assert hasattr(importlib.import_module(module), name), f"{module} has no {name}"
    public = {*headcount.__all__, *headcount.roster.__all__, *headcount.testing.__all__}
    assert not public - {name for _, name in told}


def test_every_page_is_in_the_navigation() -> None:
    """mkdocs.yml names each page once, and no page that is not there."""

    def paths(entry: Any) -> Iterator[str]:
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:
                yield from paths(inner)

    pages = list(paths(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    assert sorted(pages) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))
