"""`headcount new`: what it writes is whole, typed, formatted, and keeps the contract from its first minute."""

from __future__ import annotations

import ast
import os
import pty
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import headcount as hc
from headcount.cli import new as room
from tests.cli.test_command import RUN, environment, headcount, read_screen
from tests.installed import installed

CORE = Path(hc.__file__).parents[1]
ALL = ",".join(room.PARTS)
SOME = "page or every or credential or changed or group or hire or leaving or update or list or value or read or lost"
"""Enough of the contract to tell that paging, credential and verbs are right; two are tried against all of it."""
LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Try)


def made(into: Path, vendor: str, *words: str) -> Path:
    """The distribution that the command writes for a vendor."""
    done = headcount("new", vendor, *words, "--into", str(into), "--yes")
    assert done.returncode == 0, done.stderr
    return into / f"headcount-{vendor}"


def run(folder: Path, *words: str, cache: Path) -> str:
    """What a tool says in a folder, where headcount and what stands there can be imported."""
    env = environment(
        PYTHONPATH=os.pathsep.join((str(folder), str(CORE))), MYPYPATH=str(CORE), MYPY_CACHE_DIR=str(cache)
    )
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What mypy knows of the core after the first run."""
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.parametrize(
    ("vendor", "words", "checks", "least"),
    [
        ("acme", (), "", 80),
        ("acme-hr", ("--auth", "header", "--paging", "link", "--with", ALL), "", 105),
        ("a1", ("--auth", "basic", "--paging", "offset", "--with", "groups,update", "--title", "Ünï & Co."), SOME, 25),
        ("x" * 30, ("--paging", "cursor", "--with", "hire", "--title", "W" * 40, "--auth", "basic"), SOME, 25),
        (
            "own",
            ("--paging", "none", "--with", "changes,terminate", "--base-url", "https://{company}.own.com"),
            SOME,
            20,
        ),
    ],
    ids=["number-bearer", "link-header-all", "offset-basic", "cursor-hire", "none-terminate"],
)
def test_what_is_written_is_clean_and_keeps_the_contract(
    vendor: str, words: tuple[str, ...], checks: str, least: int, tmp_path: Path, cache: Path
) -> None:
    folder = made(tmp_path, vendor, *words)
    run(folder, "ruff", "check", "--no-cache", ".", cache=cache)
    run(folder, "ruff", "format", "--check", "--no-cache", ".", cache=cache)
    run(folder, "mypy", cache=cache)
    told = run(folder, "pytest", "-q", "-p", "no:cacheprovider", *(("-k", checks) if checks else ()), cache=cache)
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) >= least, told


def test_a_connector_that_reads_is_short_and_states_facts(tmp_path: Path) -> None:
    file = made(tmp_path, "acme", "--paging", "cursor") / "headcount_acme" / "__init__.py"
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert not re.search(r"strptime|fromisoformat|sleep|retry", text)
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, LOOPS)]


def test_the_distribution_says_what_it_is(tmp_path: Path) -> None:
    folder = made(tmp_path, "acme-hr", "--title", "Acme's HR", "--base-url", "https://api.acme.com/v2/")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["entry-points"]["headcount"] == {"acme-hr": "headcount_acme_hr"}
    assert project["project"]["dependencies"] == ["headcount"]
    assert "headcount[testing]" in project["project"]["optional-dependencies"]["dev"]
    steps = yaml.safe_load((folder / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]["test"]["steps"]
    said = [step.get("run") or step["uses"].partition("@")[0] for step in steps]
    assert said[:3] == ["actions/checkout", "actions/setup-python", "pip install -e '.[dev]'"]
    assert said[3:] == ["ruff check .", "ruff format --check .", "mypy", "pytest"]
    sandbox = (folder / "headcount_acme_hr/sandbox.py").read_text(encoding="utf-8")
    assert 'prefixes = ("/v2",)' in sandbox
    assert "class AcmeHrSandbox" in sandbox
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert written == {path.format(module="headcount_acme_hr") for path in room.FILES}
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file())
    assert not re.search(r"\{%|%\}|(?<!\$)\{\{", text), "a template was left in"


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path: Path) -> None:
    done = headcount("new", "acme", "--yes", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[: len(room.FILES)] == [f"headcount-acme/{p.format(module='headcount_acme')}" for p in room.FILES]
    assert lines[-3:] == ["  cd headcount-acme", "  pip install -e '.[dev]'", "  pytest"]


def test_what_is_installed_is_listed_and_its_name_is_taken(tmp_path: Path) -> None:
    folder = made(tmp_path, "acme", "--with", "groups,hire")
    installed(folder, "headcount-acme", "acme", "headcount_acme")
    env = environment(PYTHONPATH=os.pathsep.join((str(folder), *filter(None, [os.environ.get("PYTHONPATH")]))))
    told = headcount("connectors", env=env).stdout
    assert "acme (Acme)\n  can      employees, employees.one, groups, hire, whoami\n" in told
    assert "HEADCOUNT_ACME_TOKEN" in told
    assert "Acme at http://" in headcount("demo", "--people", "5", "--dialect", "guide", env=env).stdout
    guide = headcount("sandbox", "acme", "--dialect", "guide", env=env)
    assert (guide.returncode, guide.stderr) == (
        2,
        "headcount: acme's sandbox has no guide dialect; it has observed\n",
    )
    again = headcount("new", "acme", "--yes", env=env, cwd=tmp_path / "headcount-acme")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "there is a connector named acme already" in again.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Acme",), "'Acme' is no name for a connector: at most 30 lower-case letters and digits"),
        (("acme_hr",), "is no name"),
        (("acme-",), "is no name"),
        (("1acme",), "is no name"),
        (("../acme",), "is no name"),
        (("x" * 31,), "is no name"),
        (("insightly",), "there is a connector named insightly already"),
        (("acme", "--with", "groups,delete"), "--with has no delete; it has groups, changes, hire, update, terminate"),
        (("acme", "--title", 'A"""'), "--title takes at most 40 letters"),
        (("acme", "--title", ""), "--title takes at most 40 letters"),
        (("acme", "--base-url", "http://api.acme.com"), "--base-url takes an address such as https://"),
        (("acme", "--base-url", "https://api.acme.com/{tenant}"), "--base-url takes an address"),
        (("acme", "--base-url", 'https://a.b/"'), "--base-url takes an address"),
        (("acme", "--into", "file"), "cannot be written: Not a directory"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = headcount("new", *words, "--yes", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "headcount-acme").mkdir()
    done = headcount("new", "acme", "--yes", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        "headcount: headcount-acme is there already, and nothing is overwritten: move it, or choose another --into\n"
    )
    assert not list((tmp_path / "headcount-acme").iterdir())


def test_on_a_terminal_it_asks_for_what_was_not_said(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    words = [*RUN, "new", "acme", "--auth", "basic"]
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(), cwd=tmp_path
    ) as running:
        os.close(theirs)
        os.write(ours, b"Acme People\n\nnonsense\ncursor\ngroups\n")
        screen = read_screen(ours).decode()
    assert running.returncode == 0, screen
    for asked in (
        "What people call it [Acme]",
        "Where its API is [https://api.acme.example/v1]",
        "a token that each page",
    ):
        assert asked in screen
    assert "How the credential travels" not in screen
    text = (tmp_path / "headcount-acme/headcount_acme/__init__.py").read_text(encoding="utf-8")
    for stated in ('title="Acme People"', "hc.cursor(", "hc.Basic(", "def groups("):
        assert stated in text
    assert "def changed(" not in text


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['jinja2'] = None; from headcount.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "new", "acme", "--yes"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "headcount: this needs headcount[testing]: pip install 'headcount[testing]'\n"
    assert not list(tmp_path.iterdir())
