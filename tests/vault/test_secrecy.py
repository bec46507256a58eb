"""Canary secrets, planted wherever one is, stand in no log, error, repr, traceback or file."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

import headcount as hc
from headcount.sandbox import Answer
from tests.vault.granted import ONE, granted

CANARY = "tweety"


def plant(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that the vendor and the application keep secret has the canary in it."""
    box.grants.client_secret = f"{CANARY}-client-secret"
    made = type(box.grants)._made
    monkeypatch.setattr(type(box.grants), "_made", lambda self, kind: f"{CANARY}-{made(self, kind)}")


@pytest.mark.parametrize("kind", ["", "error", "reset", "truncated", "unreached", "revoked", "echo", "html", "expired"])
def test_no_canary_is_seen(
    kind: str,
    box: Any,
    vault: hc.Vault,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    plant(box, monkeypatch)
    said: list[str] = []
    with granted(box, vault) as connection:
        box.clock.advance(seconds=box.grants.life)
        if kind == "revoked":
            box.grants.revoke()
        elif kind == "expired":
            box.play("forbidden", times=None)
        elif kind in ("echo", "html"):

            def token(_: Any, call: Any) -> Answer:
                echo = call.body.decode()
                body = {"error": echo, "error_description": echo} if kind == "echo" else f"<html>{echo}</html>"
                return Answer(status=400, body=body, reason=echo)

            monkeypatch.setattr(type(box.grants), "token", token)
        elif kind:
            box.play(kind, on="token(.php)?$", times=None)
        try:
            connection.whoami()
        except hc.HeadcountError as error:
            said.append("".join(traceback.format_exception(error)) + repr(error))
        said += [repr(connection), repr(connection.auth), repr(vault), repr(vault.get("acme")), repr(box.log)]
        said += [repr(connection.settings), repr(box.grants)]
    assert kind in ("", "expired") or len(said) == 8
    told = "\n".join((*said, *capfd.readouterr(), caplog.text, *(str(record.args) for record in caplog.records)))
    assert CANARY not in told
    assert caplog.records
    folder = Path(vault.url.removeprefix("sqlite:///")).parent
    files = list(folder.iterdir())
    assert files
    assert not [file for file in files if CANARY.encode() in file.read_bytes() or ONE.encode() in file.read_bytes()]


def test_what_the_vendor_repeats_of_a_token_is_masked(
    box: Any, vault: hc.Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(box, monkeypatch)
    with granted(box, vault) as connection:
        connection.whoami()

        def error(self: Any, status: int, message: str = "") -> Answer:
            texts = [text for text in connection.auth.secrets if text]
            return Answer(status=418, body={"message": " ".join(texts), "errors": []}, reason=texts[0])

        monkeypatch.setattr(type(box), "error", error)
        box.play("forbidden", times=None)
        with pytest.raises(hc.Rejected) as refused:
            connection.http.json(hc.Request("GET", "/profiles/me"))
        assert CANARY not in str(refused.value)
        assert "***" in str(refused.value)
