"""The tutorial is carried out as it stands: commands, edits and files, in their order, in an empty folder."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import headcount as hc
from tests.cli.test_command import environment
from tests.installed import installed
from tests.test_docs import BLOCK, TUTORIAL

PORT = "8080"
"""The port that the page names; a free one is taken in its place."""
BY_HAND = ("python3 -m venv", "pip install")
"""What is not run: the tests have an environment, and `Reader.install` does what is left of it."""
COUNTS = re.compile(r"\b\d+(?= (?:passed|skipped|deselected|of \d+ applicable|applicable|do not apply)\b)")
"""How many checks there are and how many apply: that they grow in number makes nothing wrong."""


class Reader:
    """Somebody who does what the page says: where they are, what they have set, and what runs meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site = folder / "work", folder / "site"
        self.folder.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        core = Path(hc.__file__).parents[1]
        self.path = [str(core), str(self.site)]
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.env = environment(PATH=tools, MYPYPATH=str(core), PYTHONDONTWRITEBYTECODE="1")
        self.meanwhile: subprocess.Popen[str] | None = None

    def does(self, language: str, title: str, text: str) -> None:
        """One block of the page."""
        text = text.replace(PORT, self.port)
        if language == "console":
            for command, shown in commands(text):
                self.runs(command, shown)
        elif language == "diff":
            self.edits(self.folder / title, text)
        elif language == "python":
            (self.folder / title).write_text(text, encoding="utf-8")

    def edits(self, file: Path, diff: str) -> None:
        """Put in place of the lines with a space or a minus those with a space or a plus."""
        lines = [(line[:1] or " ", line[1:]) for line in diff.splitlines()]
        assert {mark for mark, _ in lines} <= {" ", "+", "-"}, diff
        old, new = ("".join(f"{line}\n" for mark, line in lines if mark in kept) for kept in (" -", " +"))
        before = file.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"{file.name} has {before.count(old)} times:\n{old}"
        file.write_text(before.replace(old, new), encoding="utf-8")

    def runs(self, command: str, shown: str) -> None:
        """One command, and what it prints."""
        self.env["PYTHONPATH"] = os.pathsep.join(self.path)
        word, _, rest = command.partition(" ")
        if command.startswith(BY_HAND):
            self.install()
        elif word == "cd":
            self.folder /= rest
        elif word == "export":
            name, _, value = rest.partition("=")
            self.env[name] = value
        elif command == "kill %1":
            self.stops()
        elif command.endswith(" &"):
            self.begins(command.removesuffix(" &"), shown)
        else:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=300,
                check=False,
            )
            assert (done.returncode == 0) is ("✗" not in shown), f"$ {command}\n{done.stdout}"
            assert not shown or fits(shown, done.stdout), f"$ {command}\n{done.stdout}\nand the page shows\n{shown}"

    def begins(self, command: str, shown: str) -> None:
        """A command that goes on running, once it has printed what is shown."""
        said = self.site.parent / "said"
        with said.open("w", encoding="utf-8") as into:
            self.meanwhile = subprocess.Popen(
                command.split(), cwd=self.folder, env=self.env, stdout=into, stderr=subprocess.STDOUT, text=True
            )
        until = time.monotonic() + 20
        while not fits(shown, said.read_text(encoding="utf-8")):
            assert self.meanwhile.poll() is None, said.read_text(encoding="utf-8")
            assert time.monotonic() < until, said.read_text(encoding="utf-8")
            time.sleep(0.05)

    def stops(self) -> None:
        if self.meanwhile is not None:
            self.meanwhile.terminate()
            self.meanwhile.wait(timeout=10)
            self.meanwhile = None

    def install(self) -> None:
        """What an editable install adds to an environment: the folder on the path, and the entry point."""
        if (self.folder / "headcount_acme").exists():
            installed(self.site, "headcount-acme", "acme", "headcount_acme")
            self.path.append(str(self.folder))


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown.strip("\n")


def fits(shown: str, said: str) -> bool:
    """Whether a command said what is shown, where … is anything."""
    pattern = ".*".join(map(re.escape, COUNTS.sub("N", shown).split("…")))
    return re.fullmatch(pattern, COUNTS.sub("N", said).strip("\n"), re.DOTALL) is not None


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    yield reader
    reader.stops()


def test_whoever_follows_the_tutorial_gets_what_it_shows(reader: Reader) -> None:
    for block in BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8")):
        title = re.search(r'title="(.+)"', block["title"])
        reader.does(block["language"], title[1] if title else "", block["code"])


def test_the_tutorial_shows_failures_and_edits() -> None:
    """It would be no tutorial otherwise, and this no test of one."""
    text = TUTORIAL.read_text(encoding="utf-8")
    assert text.count("  ✗ ") >= 3
    assert text.count("```diff") >= 8


def test_what_is_shown_is_compared() -> None:
    assert fits("1\n…\n3 in …s", "1\n2\n2\n3 in 0.1s\n")
    assert fits("87 passed, 1 failed", "99 passed, 1 failed\n")
    assert not fits("87 passed, 1 failed", "99 passed, 2 failed\n")
    assert not fits("one", "one\ntwo")
