"""No connector is longer than it must be, and none does what the core is for."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest

import headcount_bamboohr
import headcount_insightly
import headcount_namely
from tests.generated import check_table

CONNECTORS = (headcount_namely, headcount_bamboohr, headcount_insightly)
PARTS = ("quirk table", "settings", "shapes", "tables", "raw to model", "lists and requests", "connector")


def part_of(node: ast.stmt) -> str | None:
    """Which part of a connector a statement belongs to; None for imports."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return None
        case ast.Expr():
            return "quirk table"
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
    """Lines of each part, blank ones not counted."""
    source = inspect.getsource(module)
    lines = source.splitlines()
    found: Counter[str] = Counter()
    for node in ast.parse(source).body:
        part = part_of(node)
        if part is not None:
            start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            found[part] += sum(1 for line in lines[start - 1 : node.end_lineno] if line.strip())
    found["all lines"] = len(lines)
    return found


@pytest.mark.parametrize("module", CONNECTORS, ids=lambda module: module.__name__)
def test_a_connector_has_no_loop_no_retry_and_no_date_parse(module: ModuleType) -> None:
    tree = ast.parse(inspect.getsource(module))
    nodes = list(ast.walk(tree))
    assert not [node for node in nodes if isinstance(node, ast.For | ast.While | ast.Try)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not used & {"sleep", "strptime", "fromisoformat", "Session", "fromtimestamp", "request"}


@pytest.mark.parametrize("module", CONNECTORS, ids=lambda module: module.__name__)
def test_every_connector_opens_with_the_same_quirk_table(module: ModuleType) -> None:
    rows = [line.split()[0] for line in (module.__doc__ or "").splitlines()[2:] if line and not line.startswith(" ")]
    assert rows == ["Host", "Auth", "Pages", "Reads", "Writes", "Dates", "Groups", "Limits", "Errors"]


def test_the_table_of_sizes_in_the_docs_is_true() -> None:
    check_table("connectors.md", _table())


def _table() -> Iterator[str]:
    measured = [sizes(module) for module in CONNECTORS]
    yield "| lines of | " + " | ".join(module.__name__.removeprefix("headcount_") for module in CONNECTORS) + " |"
    yield "| --- |" + " ---: |" * len(CONNECTORS)
    for part in (*PARTS, "all lines"):
        yield f"| {part} | " + " | ".join(str(found[part]) for found in measured) + " |"
