"""What every test may rely on: no settings of the machine, and cassettes that a person can read."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HEADCOUNT_") and name not in ("HEADCOUNT_RECORDINGS", "HEADCOUNT_WRITE_DOCS"):
            monkeypatch.delenv(name)


class Readable:
    """A cassette serializer that writes bodies of many lines as they are."""

    class Dumper(yaml.SafeDumper):
        """YAML whose long texts are blocks."""

    @classmethod
    def serialize(cls, kept: dict[str, Any]) -> str:
        return yaml.dump(kept, Dumper=cls.Dumper, allow_unicode=True, sort_keys=False, width=200)

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.safe_load(text)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Readable.Dumper.add_representer(str, _text)


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Called by pytest-recording when it makes its recorder."""
    vcr.register_serializer("yaml", Readable)
