"""Tables in the docs that are made by running something, and the test that they are true."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


def check_table(page: str, lines: Iterable[str]) -> None:
    """The table of a page of the docs holds these lines; with HEADCOUNT_WRITE_DOCS set it is written instead."""
    file = DOCS / page
    before, _, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    table = "\n".join(lines) + "\n"
    if os.environ.get("HEADCOUNT_WRITE_DOCS"):
        file.write_text(f"{before}{BEGIN}{table}{END}{after}", encoding="utf-8")
    else:
        assert table == old, "run `make generated`, and read what changed"
