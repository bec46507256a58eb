"""Builds the wheel and the sdist, and installs each in clean environments: run by `make wheel`.

Checks what is inside, that nothing is stray, and that the command works with the base alone, with the extra, and
from the sdist, on this Python and on the newest one at hand.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("headcount", "headcount_bamboohr", "headcount_insightly", "headcount_namely")


def run(*words: str | Path, fails: bool = False) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, cwd="/")
    if (done.returncode != 0) is not fails:
        sys.exit(f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def check(what: str, holds: bool) -> None:
    print(f"{'ok' if holds else 'WRONG':6} {what}", flush=True)
    if not holds:
        sys.exit(1)


def pythons() -> list[str]:
    """This Python, and the newest other one that starts."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    minors = range(20, sys.version_info.minor, -1)
    newer = [shutil.which(f"python3.{minor}") for minor in minors]
    newer += [str(found) for minor in minors for found in pyenv.glob(f"3.{minor}.*/bin/python3.{minor}")]
    works = (
        p for p in newer if p and subprocess.run([p, "--version"], capture_output=True, check=False).returncode == 0
    )
    return [sys.executable, *([newest] if (newest := next(works, None)) else [])]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(folder) / "dist"
        subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(dist)], check=True, cwd=ROOT)
        wheel, sdist = next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))
        look_inside(wheel, sdist)
        for python in pythons():
            install(python, wheel, sdist, Path(folder))
    print("packaging: all as it should be")


def look_inside(wheel: Path, sdist: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    check("the wheel holds our packages and nothing else", {t for t in tops if "dist-info" not in t} == set(PACKAGES))
    check("every package is typed", all(f"{package}/py.typed" in names for package in PACKAGES))
    kept = {f"headcount/schemas/{file.name}" for file in (ROOT / "schemas").glob("*.json")}
    check("the schemas are in the wheel", kept <= set(names) and len(kept) == 4)
    stray = [n for n in names if not re.search(r"\.(py|json|jinja)$|py\.typed$|dist-info/", n)]
    check(f"nothing stray in the wheel {stray or ''}", not stray)
    with tarfile.open(sdist) as archive:
        inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    wanted = (
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "docs/index.md",
        "tests/recorded.py",
        "cassettes",
        "schemas/group.json",
    )
    missing = [name for name in wanted if not any(one == name or one.startswith(f"{name}/") for one in inside)]
    check(f"the sdist holds sources, tests, cassettes and docs {missing or ''}", not missing)
    check(
        "the sdist holds no virtual environment", not any(one.startswith((".venv", "site/", "dist/")) for one in inside)
    )


def install(python: str, wheel: Path, sdist: Path, folder: Path) -> None:
    version = run(python, "--version").strip()
    for source in (wheel, sdist):
        room = folder / f"{version.replace(' ', '-')}-{source.suffix}"
        run(python, "-m", "venv", room)
        run(room / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source)
        listed = run(room / "bin/headcount", "connectors")
        check(f"{version}: {source.name} lists the connectors", all(p[10:] in listed for p in PACKAGES[1:]))
        missing = run(room / "bin/headcount", "demo", fails=True)
        check(
            f"{version}: a missing extra is one line",
            missing.count("\n") == 1 and "pip install 'headcount[sandbox]'" in missing,
        )
        schema = (
            "import importlib.resources as r; print((r.files('headcount') / 'schemas/employee.json').read_text()[:1])"
        )
        check(f"{version}: the schemas are resources", run(room / "bin/python", "-c", schema).strip() == "{")
    run(room / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{wheel}[sandbox]")
    check(f"{version}: the demo runs with its extra", "from 3 vendors" in run(room / "bin/headcount", "demo"))


if __name__ == "__main__":
    main()
