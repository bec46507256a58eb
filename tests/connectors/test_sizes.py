"""No connector is longer than it must be, and none does what the core is for."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import headcount_bamboohr
import headcount_insightly
import headcount_namely
from tests.generated import check_table

CONNECTORS = (headcount_namely, headcount_bamboohr, headcount_insightly)
ROOMS = ("__init__", "reading", "writing")
PARTS = ("quirk table", "settings", "shapes", "tables", "raw to model", "lists and requests", "writes", "connector")


def file_of(module: ModuleType, room: str) -> Path:
    """One of the three files of a connector."""
    return Path(module.__file__ or "").with_stem(room)


def part_of(node: ast.stmt, room: str) -> str | None:
    """Which part of a connector a statement belongs to; None for imports, and for what says what a file is for."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return None
        case ast.Expr():
            return "quirk table" if room == "__init__" else None
        case _ if room == "writing":
            return "writes"
        case ast.ClassDef(name="Settings"):
            return "settings"
        case ast.ClassDef():
            return "shapes"
        case ast.FunctionDef(name="headcount_connectors"):
            return "connector"
        case ast.FunctionDef() if node.args.args and node.args.args[0].arg in ("http", "ask", "response"):
            return "lists and requests"
        case ast.FunctionDef():
            return "raw to model"
        case ast.Assign(value=ast.Call(func=ast.Attribute(attr="Connector"))):
            return "connector"
        case _:
            return "tables"


def sizes(module: ModuleType) -> Counter[str]:
    """Lines of each part in all three files, blank ones not counted."""
    found: Counter[str] = Counter()
    for room in ROOMS:
        source = file_of(module, room).read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            part = part_of(node, room)
            if part is not None:
                start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
                found[part] += sum(1 for line in lines[start - 1 : node.end_lineno] if line.strip())
        found["all lines"] += len(lines)
    return found


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("module", CONNECTORS, ids=lambda module: module.__name__)
def test_a_connector_has_no_loop_no_retry_and_no_date_parse(module: ModuleType, room: str) -> None:
    tree = ast.parse(file_of(module, room).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    assert not [node for node in nodes if isinstance(node, ast.For | ast.While | ast.Try)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not used & {"sleep", "strptime", "fromisoformat", "Session", "fromtimestamp"}
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    assert "request" not in {called.attr for called in calls if isinstance(called, ast.Attribute)}


@pytest.mark.parametrize("module", CONNECTORS, ids=lambda module: module.__name__)
def test_every_connector_opens_with_the_same_quirk_table(module: ModuleType) -> None:
    rows = [line.split()[0] for line in (module.__doc__ or "").splitlines()[2:] if line and not line.startswith(" ")]
    assert rows == ["Host", "Auth", "Pages", "Reads", "Writes", "Dates", "Groups", "Limits", "Errors"]


@pytest.mark.parametrize("module", CONNECTORS, ids=lambda module: module.__name__)
def test_every_part_of_a_connector_stands_in_the_file_for_it(module: ModuleType) -> None:
    def parts(room: str) -> set[str | None]:
        return {part_of(node, room) for node in ast.parse(file_of(module, room).read_text(encoding="utf-8")).body}

    assert parts("__init__") - {None} == {"quirk table", "settings", "connector"}
    assert parts("reading") - {None} == {"shapes", "tables", "raw to model", "lists and requests"}
    assert parts("writing") - {None} == {"writes"}


def test_the_table_of_sizes_in_the_docs_is_true() -> None:
    check_table("connectors.md", _table())


def _table() -> Iterator[str]:
    measured = [sizes(module) for module in CONNECTORS]
    yield "| lines of | " + " | ".join(module.__name__.removeprefix("headcount_") for module in CONNECTORS) + " |"
    yield "| --- |" + " ---: |" * len(CONNECTORS)
    for part in (*PARTS, "all lines"):
        yield f"| {part} | " + " | ".join(str(found[part]) for found in measured) + " |"
