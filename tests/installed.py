"""What an installer adds to an environment beside the files of a distribution: its name, and its entry point."""

from __future__ import annotations

from pathlib import Path


def installed(site: Path, distribution: str, entry: str, module: str, version: str = "0.1.0") -> None:
    """Let a module on the path be found in `site` as a plugin, under the name of its entry point."""
    about = site / f"{distribution.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    (about / "entry_points.txt").write_text(f"[headcount]\n{entry} = {module}\n")
