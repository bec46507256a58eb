"""The rules of the house that a test can hold."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import headcount as hc
from headcount import hookspecs, lifecycle

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "headcount"
CONNECTORS = sorted((ROOT / "connectors").glob("headcount_*/__init__.py"))
PARTS = ("__init__", "reading", "writing")
FILES_OF_CONNECTORS = [path.with_stem(part) for path in CONNECTORS for part in PARTS]
VENDORS = [path.parent.name.removeprefix("headcount_") for path in CONNECTORS]
FILES = sorted(CORE.rglob("*.py"))
EVERY = [*FILES, *sorted((ROOT / "connectors").rglob("*.py"))]
BESIDE = {"migrations", "vault", "lifecycle", "roster", "sandbox", "testing", "cli"}
STANDS_ON = {
    "migrations": set(),
    "vault": {"migrations"},
    "lifecycle": {"migrations"},
    "roster": {"migrations", "lifecycle"},
}
OF_THE_STORE = {"migrations/", "roster/", "vault/"}
ROOMS = {path.stem for path in CORE.glob("*.py")} | {path.parent.name for path in CORE.glob("*/__init__.py")}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(tree: ast.AST, *, types: bool = True, functions: bool = True) -> Iterator[str]:
    """The modules that are imported, whole names."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are by whole names"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif (types or not is_for_types(node)) and (functions or not isinstance(node, ast.FunctionDef)):
            yield from imports(node, types=types, functions=functions)


def top(names: Iterator[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 20
    assert {"namely", "bamboohr", "insightly"} <= set(VENDORS)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_core_names_no_vendor(path: Path) -> None:
    said = [name for name in VENDORS if name in path.read_text(encoding="utf-8").lower()]
    assert said == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_core_imports_nothing_from_a_connector(path: Path) -> None:
    assert not [name for name in top(imports(parsed(path))) if name.startswith("headcount_")]


def test_every_connector_is_three_files() -> None:
    assert [name_of(path) for path in FILES_OF_CONNECTORS if not path.exists()] == []


@pytest.mark.parametrize("path", FILES_OF_CONNECTORS, ids=name_of)
def test_a_connector_imports_of_ours_only_headcount_and_what_stands_before_it(path: Path) -> None:
    """The face has both files, the writing the reading, and the reading neither."""
    tree, package = parsed(path), path.parent.name
    before = {"__init__": PARTS[1:], "writing": PARTS[1:2], "reading": ()}[path.stem]
    allowed = {"headcount", *(f"{package}.{part}" for part in before)}
    rooms = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.startswith("headcount")
    ]
    assert set(rooms) <= allowed
    assert rooms.count("headcount") == 1
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Import) and node.names[0].name == "headcount"]
    assert [node.names[0].asname for node in used] == ["hc"]


@pytest.mark.parametrize("path", FILES_OF_CONNECTORS, ids=name_of)
def test_a_connector_uses_only_what_the_face_shows(path: Path) -> None:
    used = {
        node.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hc"
    }
    assert used <= set(hc.__all__)


@pytest.mark.parametrize("path", FILES_OF_CONNECTORS, ids=name_of)
def test_a_connector_sends_nothing_by_itself(path: Path) -> None:
    """It reads by the ways of a transport that give values, and what writes it hands back as steps."""
    called = {
        node.func.attr
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"send", "apply", "make", "writer", "line"}


@pytest.mark.parametrize("path", CONNECTORS, ids=name_of)
def test_a_connector_opens_with_its_quirks(path: Path) -> None:
    lines = (ast.get_docstring(parsed(path)) or "").splitlines()
    heads = [line.split()[0] for line in lines[2:] if line and not line.startswith(" ")]
    assert heads == ["Host", "Auth", "Pages", "Reads", "Writes", "Dates", "Groups", "Limits", "Errors"]


def test_no_circle_of_imports_in_the_core() -> None:
    def room(path: Path) -> str:
        return ".".join(path.relative_to(CORE.parent).with_suffix("").parts).removesuffix(".__init__")

    names = {room(path) for path in FILES}
    leads = {
        room(path): {name for name in imports(parsed(path), types=False, functions=False) if name in names}
        - {room(path), "headcount"}
        for path in FILES
    }
    for path in FILES:  # a package's own face may show its rooms
        if path.name == "__init__.py":
            leads[room(path)] = {name for name in leads[room(path)] if not name.startswith(room(path) + ".")}
    done: set[str] = set()

    def walk(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name not in done:
            for further in sorted(leads[name]):
                walk(further, (*way, name))
            done.add(name)

    for name in sorted(leads):
        walk(name, ())
    assert done == names


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("requests", {"transport.py", "paging.py"}),  # which has it read a header, and sends nothing
        ("backoff", {"transport.py", "migrations/"}),
        ("cattrs", {"wire.py"}),
        ("msgspec", {"codec.py"}),
        ("pluggy", {"hookspecs.py", "plugins.py", "connection.py"}),
        (
            "sqlalchemy",
            {"store.py", "lifecycle/chain.py", "lifecycle/journal.py", "lifecycle/tables.py", *OF_THE_STORE},
        ),
        ("alembic", {"migrations/"}),
        ("cryptography", {"sealing.py"}),
        ("authlib", {"tokens.py"}),
        ("jinja2", {"testing/reports.py", "cli/new.py"}),
    ],
)
def test_a_library_is_used_in_its_room_only(library: str, rooms: set[str]) -> None:
    users = {str(path.relative_to(CORE)) for path in FILES if library in top(imports(parsed(path)))}
    outside = {
        name for name in users - rooms if not name.startswith(tuple(room for room in rooms if room.endswith("/")))
    }
    assert not {name for name in outside if not name.startswith("cli/") or library != "pluggy"}
    assert users


NEED_AN_EXTRA = {"Journal": "roster", "Vault": "roster"}
"""The names of the face that cannot be had without one."""


def test_what_an_extra_brings_is_not_needed_to_import_the_core() -> None:
    extras = {"werkzeug", "msgspec", "rich", "click", "hypothesis", "pytest", "sqlalchemy", "psycopg"}
    extras |= {"alembic", "authlib", "cryptography", "jinja2", "jsonschema", "vcr"}
    names = sorted(set(hc.__all__) - NEED_AN_EXTRA.keys())
    code = f"import sys, headcount, headcount.lifecycle.applying; [getattr(headcount, name) for name in {names!r}]; "
    code += f"print(*({extras!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"msgspec"}


@pytest.mark.parametrize(
    "use",
    [
        "headcount.Journal",
        "__import__('headcount.store').store.open_store('sqlite:///none.db')",
        "headcount.connect('namely', company='acme', token='t').journal",
    ],
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(use: str) -> None:
    code = "import sys, headcount; sys.modules['sqlalchemy'] = None\n"
    code += f"try:\n    {use}\nexcept headcount.ConfigError as error:\n    print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "this needs headcount[roster]: pip install 'headcount[roster]'\n"


def test_a_name_that_the_lifecycle_lacks_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        lifecycle.no_such_name  # noqa: B018
    assert dir(lifecycle) == sorted(lifecycle.__all__)
    assert all(getattr(lifecycle, name).__module__.startswith("headcount.lifecycle.") for name in lifecycle.__all__)


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = "import sys, headcount; print(*sorted(name for name in sys.modules if name.startswith('headcount.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_face_is_sorted_and_whole() -> None:
    assert list(hc.__all__) == sorted(hc.__all__)
    assert len(set(hc.__all__)) == len(hc.__all__)
    shown = {
        alias.asname or alias.name
        for node in parsed(CORE / "__init__.py").body
        if is_for_types(node)
        for part in ast.walk(node)
        if isinstance(part, ast.ImportFrom)
        for alias in part.names
    }
    assert shown == set(hc.__all__)


def test_every_name_of_the_face_is_there() -> None:
    for name in hc.__all__:
        assert getattr(hc, name) is not None
        assert name in dir(hc)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        hc.no_such_name  # noqa: B018


def test_every_name_comes_from_the_room_that_the_face_says() -> None:
    for node in parsed(CORE / "__init__.py").body:
        for part in ast.walk(node) if is_for_types(node) else ():
            if isinstance(part, ast.ImportFrom):
                room = import_module(part.module or "")
                assert all(getattr(room, alias.name) is getattr(hc, alias.name) for alias in part.names)


@pytest.mark.parametrize("hook", sorted(name for name in vars(hookspecs) if name.startswith("headcount_")))
def test_every_hook_is_in_the_documentation(hook: str) -> None:
    page = ROOT / "docs" / "hooks.md"
    assert page.exists(), "docs/hooks.md is not written yet"
    assert hook in page.read_text(encoding="utf-8")


def floors() -> dict[str, int]:
    """The floor of each room, as CONTRIBUTING.md draws them."""
    rows = re.findall(r"^\| (\d) \| (.+) \|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {room: int(floor) for floor, rooms in rows for room in re.findall(r"`(\w+)`", rooms)}


def test_every_import_of_the_core_points_down_or_along() -> None:
    of = floors()
    assert ROOMS - BESIDE - {"__init__"} == set(of), "the floors in CONTRIBUTING.md are those of the house"
    upwards = [
        f"{path.stem} (floor {of[path.stem]}) imports {room} (floor {of[room]})"
        for path in CORE.glob("*.py")
        if path.stem in of
        for name in imports(parsed(path), types=False, functions=False)
        if (room := name.removeprefix("headcount.")) in of and name.startswith("headcount.")
        if of[room] > of[path.stem]
    ]
    assert upwards == []


def test_nothing_below_imports_what_stands_beside() -> None:
    """The lifecycle stands on every floor, and the roster on it; the sandboxes, the fixtures and the command use them,
    and not the reverse. What migrates stands on the store alone."""

    def leads(path: Path, rooms: set[str]) -> list[str]:
        names = imports(parsed(path), types=False, functions=False)
        return [f"{name_of(path)}: {name}" for name in names if name.split(".")[1:2] and name.split(".")[1] in rooms]

    assert [lead for path in CORE.glob("*.py") for lead in leads(path, BESIDE)] == []
    for room, below in STANDS_ON.items():
        above = BESIDE - {room, *below}
        assert [lead for path in (CORE / room).rglob("*.py") for lead in leads(path, above)] == []


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    said = ast.get_docstring(parsed(path))
    assert said
    assert re.search(r"[.:]$", said.splitlines()[0])


@pytest.mark.parametrize("path", EVERY, ids=name_of)
def test_no_module_is_named_for_nothing(path: Path) -> None:
    assert path.name not in ("utils.py", "util.py", "helpers.py", "base.py", "common.py", "manager.py", "misc.py")


def test_every_room_of_the_core_has_its_tests() -> None:
    held = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    elsewhere = {"__init__", "hookspecs", "auth", "errors", "connector", "sandbox", "sandboxes", "testing", "cli"}
    elsewhere |= {"lifecycle", "roster", "vault"}  # in rooms of tests of their own
    elsewhere |= {"oauth", "tokens", "keeping"}  # in tests/vault
    elsewhere |= {"webhooks", "receiving"}  # in tests/webhooks
    elsewhere |= {"faces"}  # above, by each room that has one
    elsewhere |= {"following", "options", "hosts"}  # in test_transport, over a real line
    elsewhere |= {"reader", "report"}  # in test_listing
    assert sorted(ROOMS - held - elsewhere) == []
