"""The pytest fixture that comes with headcount, as a product's own tests use it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

import headcount
from headcount.sandbox import Sandbox

Start = Callable[..., Sandbox]


def test_a_sandbox_is_started_by_name_with_its_options(headcount_sandbox: Start) -> None:
    box = headcount_sandbox("insightly", people=12, dialect="guide")
    assert len(box.people) == 12
    assert box.dialect == "guide"
    with headcount.connect("insightly", **box.settings) as connection:
        assert len(list(connection.employees())) == 12


def test_several_run_at_once_and_each_has_its_own_people(headcount_sandbox: Start) -> None:
    one, two = headcount_sandbox("namely", people=5), headcount_sandbox("namely", people=7)
    assert one.base_url != two.base_url
    assert [len(list(box.connect().employees())) for box in (one, two)] == [5, 7]


def test_it_is_stopped_after_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from pathlib import Path

        def test_one(headcount_sandbox):
            Path("address").write_text(headcount_sandbox("bamboohr", people=3).base_url)
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
    with pytest.raises(requests.ConnectionError):
        requests.get((pytester.path / "address").read_text(), timeout=1)


def test_an_unknown_vendor_is_a_clear_error(headcount_sandbox: Start) -> None:
    with pytest.raises(headcount.PluginError, match="no connector is named 'acmehr'"):
        headcount_sandbox("acmehr")
