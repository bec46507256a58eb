"""The kit itself: what it makes of a connector, of recordings, of a live account, and of one that is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import headcount as hc
from headcount.errors import ConfigError
from headcount.testing import (
    CHECKS,
    GROUPS,
    Bench,
    Broken,
    ConnectorContract,
    NotApplicable,
    Result,
    Subject,
    examine,
    recorded,
)
from headcount.testing.checking import ensure, named
from headcount.testing.examination import tried
from headcount.testing.shapes import answer_schema, differences, misfits, operation
from headcount_insightly import insightly
from headcount_insightly.sandbox import InsightlySandbox
from headcount_namely import namely

BY_NAME = {check.name: check for check in CHECKS}
INSIGHTLY = Subject(connector=insightly, sandbox=InsightlySandbox)


def test_each_check_has_a_name_of_its_own_and_a_sentence_on_what_it_protects() -> None:
    assert len(BY_NAME) == len(CHECKS) > 90
    for check in CHECKS:
        assert check.group in GROUPS
        assert check.protects.endswith("."), check.name
        assert 40 < len(check.protects) < 220, check.name


def test_the_groups_are_those_of_a_connectors_promises() -> None:
    assert (
        *("declare", "fixtures", "auth", "paging", "completeness", "incremental", "resume", "deletion"),
        *("normalise", "dates", "relations", "limits", "errors", "writes", "webhooks", "security"),
    ) == GROUPS


def test_the_contract_has_a_test_for_each_check_that_says_what_it_protects() -> None:
    for check in CHECKS:
        assert getattr(ConnectorContract, f"test_{check.name}").__doc__ == check.protects


def test_a_check_whose_capability_is_absent_does_not_apply_and_says_so() -> None:
    bare = attrs.evolve(insightly, groups=None)
    with pytest.raises(NotApplicable, match="insightly has no groups"):
        Bench(attrs.evolve(INSIGHTLY, connector=bare), "observed").check(BY_NAME["a_transfer_is_seen"])


def test_where_the_sandbox_grants_no_access_that_is_said() -> None:
    server = hc.AuthorizationServer(authorization_endpoint="https://x.example/a", token_endpoint="https://x.example/t")
    subject = attrs.evolve(INSIGHTLY, connector=attrs.evolve(insightly, oauth=server))
    for name in ("token_renewed_early", "revoked_grant_is_told"):
        with pytest.raises(NotApplicable, match="the sandbox grants no access"):
            Bench(subject, "observed").check(BY_NAME[name])


def test_a_connector_without_a_list_of_people_fails_and_is_not_passed_over() -> None:
    def nothing(http: hc.Transport, ask: hc.Ask) -> Iterator[hc.Page]:
        raise hc.Unsupported("there is no list")

    empty = attrs.evolve(insightly, employees=attrs.evolve(insightly.employees, all=nothing))
    verdict = tried(Bench(attrs.evolve(INSIGHTLY, connector=empty), "observed"), BY_NAME["everybody_comes"])
    assert verdict.result is Result.FAILED
    assert "not supported" in verdict.why


def test_whatever_a_connector_raises_is_a_verdict_and_the_rest_go_on() -> None:
    def broken(raw: hc.Raw, known: Any) -> hc.Employee:
        raise ZeroDivisionError

    worse = attrs.evolve(insightly, employees=attrs.evolve(insightly.employees, to=broken))
    checks = [BY_NAME[name] for name in ("mapping_is_pure", "bad_credential_classified", "everybody_comes")]
    seen: list[str] = []
    found = examine(attrs.evolve(INSIGHTLY, connector=worse), checks, watching=lambda one: seen.append(one.check.name))
    assert seen == [check.name for check in checks] * 2
    assert {one.check.name: one.result.value for one in found.verdicts} == {
        "mapping_is_pure": "failed",  # nobody came whose record could be looked at
        "bad_credential_classified": "passed",
        "everybody_comes": "failed",
    }
    assert found.grade == "2 of 6 applicable checks passed; 0 do not apply"


def test_a_check_that_does_not_depend_on_the_dialect_is_tried_once() -> None:
    found = examine(INSIGHTLY, [BY_NAME["manifest_valid"], BY_NAME["days_are_days"]])
    assert [one.dialect for one in found.verdicts] == ["guide", "guide", "observed"]


def test_ensure_needs_no_assert() -> None:
    ensure(True, "never said")
    with pytest.raises(Broken, match="a promise"):
        ensure([], "a promise")


def test_few_of_many_are_named() -> None:
    assert named({"c", "a", "b", "d"}) == "a, b, c and 1 more"


# -- recordings -----------------------------------------------------------------------------------


@pytest.fixture
def on_recordings(tmp_path: Path) -> Subject:
    """A whole read of the sandbox, recorded, and the settings that it was recorded with."""
    with InsightlySandbox(people=40) as box:
        settings = dict(box.settings)
        with (
            recorded(tmp_path / "observed.yaml"),
            box.connect(scopes=tuple(hc.Scope), options=hc.Options(threads=1)) as account,
        ):
            assert len(list(account.employees())) == 40
            list(account.groups())
            account.whoami()
    return Subject(connector=insightly, cassettes=tmp_path, settings=settings)


def test_checks_that_need_no_state_run_on_recordings(on_recordings: Subject) -> None:
    found = examine(on_recordings, CHECKS)
    assert on_recordings.dialects == ("observed",)
    assert not found.of(Result.FAILED), found.of(Result.FAILED)
    assert {one.check.name for one in found.of(Result.PASSED)} >= {
        *("received_is_accepted_and_rejected", "blanks_are_nothing", "every_none_has_its_reason", "mapping_is_pure"),
        *("a_missing_value_loses_nobody", "token_owner_reported", "a_second_read_has_the_same_people"),
    }
    assert {one.why for one in found.of(Result.SKIPPED) if "has no" not in one.why} == {"it takes a sandbox"}


def test_a_recording_shows_a_wrong_mapping(on_recordings: Subject) -> None:
    def blank(raw: hc.Raw, known: Any) -> hc.Employee:
        return attrs.evolve(insightly.employees.to(raw, known), preferred_name="")

    wrong = attrs.evolve(insightly, employees=attrs.evolve(insightly.employees, to=blank))
    found = examine(attrs.evolve(on_recordings, connector=wrong), CHECKS)
    assert "blanks_are_nothing" in {one.check.name for one in found.of(Result.FAILED)}


def test_nothing_to_read_from_is_said() -> None:
    bench = Bench(Subject(connector=insightly), "observed")
    with pytest.raises(NotApplicable, match="no sandbox, no recording, no account"):
        bench.check(BY_NAME["days_are_days"])


# -- a live account -------------------------------------------------------------------------------


def test_a_live_account_is_read_and_nothing_else() -> None:
    with InsightlySandbox(people=40) as box:
        found = examine(Subject(connector=insightly, live=True, settings=box.settings), CHECKS)
        assert not found.of(Result.FAILED), found.of(Result.FAILED)
        assert len(found.of(Result.PASSED)) > 15
        assert {one.method for one in box.log} == {"GET"}
        assert not [one for one in found.verdicts if one.result is Result.PASSED and not one.check.reads_only]


def test_a_live_account_with_a_wrong_key_fails_in_one_line() -> None:
    with InsightlySandbox(people=5) as box:
        settings = {**box.settings, "api_key": "wrong"}
        subject = Subject(connector=insightly, live=True, settings=settings)
        verdict = tried(Bench(subject, "live"), BY_NAME["days_are_days"])
    assert verdict.result is Result.FAILED
    assert "AuthError" in verdict.why
    assert "wrong" not in verdict.why.replace("wrong credential", "")


# -- shapes ---------------------------------------------------------------------------------------

SPEC = {
    "paths": {
        "/api/v1/people": {
            "get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}
        },
        "/api/v1/people/{id}": {"get": {}, "put": {}},
    }
}


def test_an_operation_is_found_below_the_base_url() -> None:
    assert operation(SPEC, "GET", "/people") is not None
    assert operation(SPEC, "put", "/people/7") is not None
    assert operation(SPEC, "POST", "/people") is None
    assert operation(SPEC, "GET", "/7") is None
    assert operation(SPEC, "GET", "/teams") is None


def test_an_answer_is_held_against_its_schema() -> None:
    schema = answer_schema(SPEC, "/people")
    assert schema == {"type": "array"}
    assert misfits(schema or {}, [], SPEC) == []
    assert misfits(schema or {}, {}, SPEC) == ["$: type"]
    assert misfits({"type": "string", "nullable": True}, None, SPEC) == []


@pytest.mark.parametrize(
    ("recorded", "played", "found"),
    [
        ([{"id": 1}, {"id": "2"}], [{"id": "x"}, {"id": 3}], []),
        ([{"id": 1}], [{"id": "x"}], ["$[0].id: recorded number, played string"]),
        ([{"id": 1, "a": None}], [{"id": 1}], ["$[0]: lacks a"]),
        ({"id": 1}, {"id": 1, "b": 2}, ["$: invents b"]),
        ([], [{"id": 1}], []),
    ],
)
def test_differences_of_shape_are_told(recorded: Any, played: Any, found: list[str]) -> None:
    assert differences(recorded, played) == found


def test_who_has_nothing_to_be_examined_on_has_no_dialect() -> None:
    assert Subject(connector=namely).dialects == ()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "vcr", None)
    with pytest.raises(ConfigError, match=r"headcount\[testing\]"):
        Bench(Subject(connector=insightly, cassettes=tmp_path), "observed").check(BY_NAME["days_are_days"])
