"""What is sealed opens with its key and for its subject only, and nothing says more than it must."""

from __future__ import annotations

import subprocess
import sys
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.sealing import MAKE, Sealer

ONE, TWO, THREE = (urlsafe_b64encode(sha256(name).digest()).decode() for name in (b"one", b"two", b"three"))
SUBJECT = "connection/acme/token"
SECRET = "hunter2secret"


@given(text=st.text(), subject=st.text(), keys=st.sampled_from([None, ONE, f"{ONE},{TWO}"]))
def test_what_is_sealed_opens_as_it_was(text: str, subject: str, keys: str | None) -> None:
    sealer = Sealer(keys)
    assert sealer.open(sealer.seal(text, subject), subject) == text


@pytest.mark.parametrize("keys", [None, "", "  "])
def test_without_a_key_texts_are_kept_as_they_are(keys: str | None) -> None:
    sealed = Sealer(keys).seal(SECRET, SUBJECT)
    assert sealed == f"plain:{SECRET}"
    assert Sealer(ONE).open(sealed, SUBJECT) == SECRET, "and open still, once there is a key"


def test_what_is_sealed_shows_neither_text_nor_subject_and_is_never_the_same_twice() -> None:
    sealer = Sealer(ONE)
    one, other = sealer.seal(SECRET, SUBJECT), sealer.seal(SECRET, SUBJECT)
    assert one != other
    assert one.startswith("sealed:")
    assert SECRET not in one
    assert "acme" not in one


def test_what_looks_like_a_mark_is_a_text_like_any_other() -> None:
    for keys in (None, ONE):
        sealer = Sealer(keys)
        for text in ("sealed:x", "plain:x"):
            assert sealer.open(sealer.seal(text, SUBJECT), SUBJECT) == text


def test_the_first_key_seals_and_all_open() -> None:
    old = Sealer(ONE).seal(SECRET, SUBJECT)
    both = Sealer(f" {TWO} , {ONE} ")
    assert both.open(old, SUBJECT) == SECRET
    new = both.seal(SECRET, SUBJECT)
    assert Sealer(TWO).open(new, SUBJECT) == SECRET
    with pytest.raises(hc.ConfigError):
        Sealer(ONE).open(new, SUBJECT)


def test_what_is_sealed_is_refused_under_another_subject() -> None:
    sealer = Sealer(ONE)
    with pytest.raises(hc.ConfigError, match="sealed for something else: the store was changed by hand") as refused:
        sealer.open(sealer.seal(SECRET, SUBJECT), "connection/globex/token")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (None, "what is kept is sealed: set HEADCOUNT_KEY to the key that it was sealed with"),
        (
            f"{TWO},{THREE}",
            "sealed with another key, or changed by hand: add the key that it was sealed with to HEADCOUNT_KEY",
        ),
    ],
)
def test_without_the_right_key_it_says_which_variable_to_set(keys: str | None, words: str) -> None:
    with pytest.raises(hc.ConfigError, match=words) as refused:
        Sealer(keys).open(Sealer(ONE).seal(SECRET, SUBJECT), SUBJECT)
    said = str(refused.value)
    assert not [secret for secret in (SECRET, ONE, TWO, THREE) if secret in said]
    assert refused.value.__cause__ is None
    assert "\n" not in said


@pytest.mark.parametrize("at", [7, 30, -5])
def test_what_was_changed_by_hand_is_refused(at: int) -> None:
    sealer = Sealer(ONE)
    sealed = list(sealer.seal(SECRET, SUBJECT))
    sealed[at] = "B" if sealed[at] != "B" else "C"
    with pytest.raises(hc.ConfigError, match="changed by hand"):
        sealer.open("".join(sealed), SUBJECT)


@pytest.mark.parametrize("kept", ["", SECRET, "SEALED:x", "sealed:", "sealed:äöü", "sealed:not a token"])
def test_what_nobody_sealed_is_refused_and_not_shown(kept: str) -> None:
    with pytest.raises(hc.ConfigError, match="changed by hand") as refused:
        Sealer(ONE).open(kept, SUBJECT)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("keys", "number"),
    [(SECRET, 1), (f"{ONE},{SECRET}", 2), (f"{ONE},", 2), (",", 1), (ONE[:-1], 1), (f"{ONE}=", 1), (f"ä{ONE[1:]}", 1)],
)
def test_what_is_no_key_is_told_with_the_way_to_make_one(keys: str, number: int) -> None:
    with pytest.raises(hc.ConfigError) as refused:
        Sealer(keys)
    said = str(refused.value)
    assert f"key {number} of HEADCOUNT_KEY is none. To make one: `headcount key`" in said
    assert SECRET not in said
    assert ONE[:-1] not in said


def test_the_way_to_make_a_key_makes_one() -> None:
    command = MAKE.strip("`").removeprefix("headcount ")
    run = [sys.executable, "-c", "from headcount.cli import main; main()", command]
    key = subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()
    assert Sealer(key).open(Sealer(key).seal(SECRET, SUBJECT), SUBJECT) == SECRET


def test_a_sealer_shows_no_key() -> None:
    assert ONE not in repr(Sealer(ONE))


def test_cryptography_is_needed_only_where_there_is_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    assert Sealer(None).seal(SECRET, SUBJECT) == f"plain:{SECRET}"
    with pytest.raises(hc.ConfigError, match=r"this needs headcount\[roster\]: pip install 'headcount\[roster\]'"):
        Sealer(ONE)
