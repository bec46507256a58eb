"""The examples are what the documentation says of them: whole, clean, short, and by public names alone."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import headcount as hc
from tests.cli.test_command import environment, headcount
from tests.installed import installed

ROOT = Path(__file__).parents[1]
CORE = Path(hc.__file__).parents[1]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("headcount_*"))
PUBLIC = {"headcount", "headcount.sandbox", "headcount.testing"}
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Try)
PASSED = {"lindenroll": 101, "hazelcrew": 110}
"""So many tests pass at least; the others have nothing that they could try there."""


def vendor_of(example: Path) -> str:
    return example.name.removeprefix("headcount_")


def connector_of(example: Path) -> Path:
    return example / example.name / "__init__.py"


def run(example: Path, *words: str, cache: Path | None = None) -> str:
    """What a tool says in an example's folder, where headcount and what stands there can be imported."""
    env = environment(
        PYTHONPATH=os.pathsep.join((str(example), str(CORE))), MYPYPATH=str(CORE), MYPY_CACHE_DIR=str(cache)
    )
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=example, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_are_examples() -> None:
    assert [vendor_of(example) for example in EXAMPLES] == sorted(PASSED)


@pytest.mark.parametrize("example", EXAMPLES, ids=vendor_of)
def test_an_example_keeps_the_contract(example: Path) -> None:
    told = run(example, "pytest", "-q", "-p", "no:cacheprovider")
    passed = re.search(r"^(\d+) passed", told, re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) >= PASSED[vendor_of(example)], told


@pytest.mark.parametrize("example", EXAMPLES, ids=vendor_of)
def test_an_example_is_clean(example: Path, tmp_path: Path) -> None:
    run(example, "ruff", "check", "--no-cache", ".")
    run(example, "ruff", "format", "--check", "--no-cache", ".")
    run(example, "mypy", cache=tmp_path)


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that is imported from headcount, with the module that it comes from."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "headcount":
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "__name__") for alias in node.names if alias.name.partition(".")[0] == "headcount")


@pytest.mark.parametrize("example", EXAMPLES, ids=vendor_of)
def test_an_example_uses_public_names_alone(example: Path) -> None:
    for path in example.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for module, name in imported(tree):
            assert module in PUBLIC, f"{path.name} imports {module}"
            assert name == "__name__" or name in import_module(module).__all__, f"{path.name} imports {module}.{name}"
        used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        of_hc = {node.attr for node in used if isinstance(node.value, ast.Name) and node.value.id == "hc"}
        assert of_hc <= set(hc.__all__)
        assert not [node.attr for node in used if node.attr.startswith("_")], "no name of ours with an underscore"


@pytest.mark.parametrize("example", EXAMPLES, ids=vendor_of)
def test_a_connector_states_facts(example: Path) -> None:
    """It has no loop, waits for nothing, tries nothing again, and reads no date by itself."""
    text = connector_of(example).read_text(encoding="utf-8")
    assert not re.search(r"strptime|fromisoformat|sleep|retry", text)
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, LOOPS)]


def test_a_connector_that_reads_is_short() -> None:
    (example,) = (one for one in EXAMPLES if vendor_of(one) == "lindenroll")
    assert len(connector_of(example).read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("example", EXAMPLES, ids=vendor_of)
def test_an_example_is_found_once_it_is_installed(example: Path, tmp_path: Path) -> None:
    """By its entry point, which is all that an installer adds to the files."""
    project = tomllib.loads((example / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, module),) = project["entry-points"]["headcount"].items()
    installed(tmp_path, project["name"], name, module, project["version"])
    path = (str(tmp_path), str(example), *filter(None, [os.environ.get("PYTHONPATH")]))
    done = headcount("demo", "--people", "30", env=environment(PYTHONPATH=os.pathsep.join(path)))
    assert done.returncode == 0, done.stderr
    assert f"{vendor_of(example).title()} at http://" in done.stdout
