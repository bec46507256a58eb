"""A sandbox is reached with its own credential, whatever account the environment or the folder's file tells of."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import headcount as hc
from headcount.settings import environment_name
from tests.connectors.vendors import Vendor


@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_test_never_writes_to_the_account_that_is_told_around_it(
    vendor: Vendor, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    real = {
        field.name: "https://real.example/scim" if field.metadata.get("address") else "real"
        for field in attrs.fields(vendor.connector.settings)
        if field.default is attrs.NOTHING or field.default is None
    }
    if place == "file":
        section = "".join(f'{name} = "{value}"\n' for name, value in real.items())
        Path("headcount.toml").write_text(f"[{vendor.name}]\n{section}", encoding="utf-8")
    else:
        for name, value in real.items():
            monkeypatch.setenv(environment_name(vendor.name, name), value)
    with vendor.start(people=5) as box:
        for connection in (box.connect(), hc.connect(vendor.name, **box.settings)):
            with connection:
                assert len(list(connection.employees())) == len(box.people)
                assert not connection.is_granted
                assert connection.scim is None
                assert "real" not in attrs.asdict(connection.settings).values()
