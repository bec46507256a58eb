"""A child process that reads a whole roster in one of the ways that are compared, and tells what it cost.

`python -m tests.benchmarks.child R|yardstick|headcount|headcount-plain <vendor> <file> NAME=VALUE …` writes its lines
to the file, and to stderr as its last line the CPU seconds of the process and its peak of memory.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

VARIANTS = ("R", "R'", "headcount", "headcount-plain")


def main(variant: str, vendor: str, file: str, settings: dict[str, str]) -> None:
    if variant == "R":
        from tests.benchmarks.yardstick import read

        read(vendor, settings)
    elif variant == "R'":
        from tests.benchmarks.yardstick import write

        with Path(file).open("wb") as out:
            write(vendor, settings, out)
    else:
        if variant == "headcount-plain":
            sys.modules["msgspec"] = None  # type: ignore[assignment]  # so that its import fails
        from headcount.cli import cli

        os.environ |= {f"HEADCOUNT_{vendor}_{name}".upper(): value for name, value in settings.items()}
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        scopes = ("--scope", "contact", "--scope", "custom")
        command = ["employees", vendor, "--output", "jsonl", "--quiet", "--no-pace", *scopes]
        if cli.main(command, standalone_mode=False):
            sys.exit("headcount did not read everyone")


def cost() -> dict[str, float]:
    """What this process has used. VmHWM, for ru_maxrss also counts the process that forked it."""
    used = os.times()
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return {"cpu": used.user + used.system, "peak": int(peak.split()[1]) / 1024}


if __name__ == "__main__":
    _, variant, vendor, file, *given = sys.argv
    main(variant, vendor, file, dict(pair.split("=", 1) for pair in given))
    sys.stdout.flush()
    print(json.dumps(cost()), file=sys.stderr)
