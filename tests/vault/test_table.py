"""What becomes of a connection when its credential goes wrong, vendor by vendor, as the docs tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount import oauth
from headcount.sandbox import ScimSandbox
from tests.connectors.vendors import BAMBOOHR, INSIGHTLY, NAMELY, Vendor
from tests.generated import check_table
from tests.vault.granted import OPTIONS, granted

TOKEN = "token(.php)?$"
KEY, OAUTH, SCIM = "key", "OAuth", "SCIM token"
TABLES = (
    ((NAMELY, KEY), (NAMELY, OAUTH), (BAMBOOHR, KEY), (BAMBOOHR, OAUTH), (INSIGHTLY, KEY)),
    ((NAMELY, SCIM), (INSIGHTLY, SCIM)),
)
REQUESTS = {
    "namely": hc.Request("GET", "/profiles/me"),
    "bamboohr": hc.Request("GET", "/employees/1"),
    "insightly": hc.Request("GET", "/Users/Me"),
}


@attrs.define
class Stage:
    """One connection, and what it is tried with."""

    box: Any
    by: str
    connection: hc.Connection
    settings: Mapping[str, Any]
    vault: hc.Vault
    patch: pytest.MonkeyPatch

    def again(self, **wrong: Any) -> None:
        """The same connection in a process of its own, with other settings."""
        self.connection.close()
        more: dict[str, Any] = {"options": OPTIONS, "name": "acme", "vault": self.vault}
        self.connection = hc.connect(self.box.name, **{**self.settings, **wrong, **more})

    @property
    def oauth(self) -> bool:
        return self.by == OAUTH

    def ask(self) -> None:
        """One request with the credential."""
        if self.by != SCIM:
            self.connection.http.json(REQUESTS[self.box.name])
            return
        line = self.connection.scim
        assert line is not None
        line.json(hc.Request("GET", "/Users"))

    def later(self, share: float) -> None:
        self.box.clock.advance(seconds=share * self.box.grants.life)


def wrong_key(stage: Stage) -> None:
    key = next(field.name for field in attrs.fields(type(stage.connection.settings)) if not field.repr)
    stage.later(1.01)
    stage.again(**{{KEY: key, OAUTH: "client_secret", SCIM: "scim_token"}[stage.by]: "wrong"})


def over(stage: Stage) -> str | None:
    if not stage.oauth:
        return "—"
    stage.later(1.01)
    return None


def ended_early(stage: Stage) -> str | None:
    if not stage.oauth:
        return "—"
    stage.box.grants.expire()
    return None


def revoked(stage: Stage) -> None:
    if stage.oauth:
        stage.box.grants.revoke()
    elif stage.by == SCIM:
        stage.box.scim_token = "made anew"
    else:
        stage.box.revoked = True


def no_refresh_token(stage: Stage) -> str | None:
    if not stage.oauth:
        return "—"
    kept = stage.vault.get("acme")
    assert kept is not None
    stage.vault.put("acme", attrs.evolve(kept, refresh_token=None))
    stage.later(1.01)
    stage.again()
    return None


def owner_left(stage: Stage) -> str | None:
    if stage.box.name != "namely" or stage.by == SCIM:
        return "not known"
    stage.box.owner.active = False
    return None


def scope_missing(stage: Stage) -> None:
    stage.box.play("forbidden", times=None)


def not_in_plan(stage: Stage) -> None:
    stage.box.play("error", status=402, times=None)


def behind(stage: Stage, by: timedelta = -timedelta(hours=1)) -> str | None:
    if not stage.oauth:
        return "—"
    stage.patch.setattr(oauth, "utcnow", lambda: stage.box.clock.exact() + by)
    stage.later(1.01)
    return None


def ahead(stage: Stage) -> str | None:
    return behind(stage, timedelta(hours=1))


def lost(stage: Stage, *, rotates: bool = False) -> str | None:
    if not stage.oauth:
        return "—"
    stage.box.grants.rotates = rotates
    stage.later(1.01)
    stage.box.play("reset", on=TOKEN)
    return None


def lost_and_rotated(stage: Stage) -> str | None:
    return lost(stage, rotates=True)


def down(stage: Stage, share: float = 0.9) -> str | None:
    if not stage.oauth:
        return "—"
    stage.later(share)
    stage.box.play("error", on=TOKEN, times=None)
    return None


def down_too_long(stage: Stage) -> str | None:
    return down(stage, 1.01)


CASES: Mapping[str, Callable[[Stage], str | None]] = {
    "the key, or the application's secret, is wrong": wrong_key,
    "the token's life is over": over,
    "the vendor ends the token early": ended_early,
    "the key is deleted, or the grant taken back": revoked,
    "there is no refresh token": no_refresh_token,
    "the owner has left": owner_left,
    "a permission or a scope is missing": scope_missing,
    "the company's plan does not include it": not_in_plan,
    "our clock is an hour slow": behind,
    "our clock is an hour fast": ahead,
    "the answer to a renewal is lost": lost,
    "the same, with a vendor that ends the old refresh token": lost_and_rotated,
    "the vendor is down while the token still lives": down,
    "the vendor is down when its life is over": down_too_long,
}


@contextmanager
def staged(vendor: Vendor, by: str, place: Path, patch: pytest.MonkeyPatch) -> Iterator[Stage]:
    with vendor.start(people=5) as box, hc.Vault(f"sqlite:///{place}") as vault:
        patch.setattr(oauth, "utcnow", box.clock.exact)
        settings = box.granted_settings if by == OAUTH else box.settings
        if by == SCIM:
            assert isinstance(box, ScimSandbox)
            settings = {**settings, **box.scim_settings}
        made = granted(box, vault) if by == OAUTH else hc.connect(box.name, **settings, options=OPTIONS, name="acme")
        stage = Stage(box, by, made, settings, vault, patch)
        stage.ask()
        yield stage
        stage.connection.close()


def cell(stage: Stage, case: Callable[[Stage], str | None]) -> str:
    """What a request then comes to, and how often the token was renewed for it."""
    if (said := case(stage)) is not None:
        return said
    try:
        stage.ask()
        found = "goes on"
    except hc.VendorError as error:
        code = f" ({error.code})" if isinstance(error, hc.AuthError) and error.code else ""
        found = f"`{type(error).__name__}`{code}"
    count = len(stage.box.grants.renewed)
    return found + (f", {count} renewal{'s' * (count > 1)}" if count else "")


def test_the_table_of_what_goes_wrong(tmp_path: Path) -> None:
    lines: list[str] = []
    for columns in TABLES:
        title = [f"{vendor.connector.title} {by}" for vendor, by in columns]
        lines += ["", f"| what happens | {' | '.join(title)} |", "| --- |" + " --- |" * len(columns)]
        for number, (words, case) in enumerate(CASES.items()):
            cells = []
            for vendor, by in columns:
                place = tmp_path / f"{number}-{vendor}-{by}.db"
                with pytest.MonkeyPatch.context() as patch, staged(vendor, by, place, patch) as stage:
                    cells.append(cell(stage, case))
            if set(cells) != {"—"}:
                lines.append(f"| {words} | {' | '.join(cells)} |")
    check_table("connections.md", lines[1:])
