"""Requests and responses as values."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.http import Headers

GET = hc.Request("GET", "/people")


def response(
    body: bytes | str = b"", *, kind: str | None = "application/json", status: int = 200, **headers: str
) -> Any:
    told = {} if kind is None else {"Content-Type": kind}
    return hc.Response(
        request=GET,
        status=status,
        headers=Headers({**told, **headers}),
        body=body if isinstance(body, bytes) else body.encode(),
    )


def code(answer: hc.Response) -> tuple[str | None, str]:
    with pytest.raises(hc.Unavailable) as caught:
        answer.json()
    return caught.value.code, str(caught.value)


# -- requests -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "safe"),
    [("GET", True), ("HEAD", True), ("PUT", False), ("DELETE", False), ("POST", False), ("PATCH", False)],
)
def test_only_reading_is_safe(method: str, safe: bool) -> None:
    assert hc.Request(method, "/people").safe is safe


def test_a_post_that_only_asks_is_safe_where_the_connector_says_so() -> None:
    assert hc.Request("POST", "/report", safe=True).safe


def test_equal_requests_are_the_same_request() -> None:
    one = hc.Request("GET", "/people", {"b": 1, "a": 2})
    other = hc.Request("GET", "/people", {"a": 2, "b": 1})
    assert one == other
    assert one.key == other.key


@pytest.mark.parametrize(
    "other",
    [
        hc.Request("HEAD", "/people", {"page": 1}),
        hc.Request("GET", "/person", {"page": 1}),
        hc.Request("GET", "/people", {"page": 2}),
        hc.Request("GET", "/people", {"page": 1}, json={"a": 1}),
        hc.Request("GET", "/people"),
    ],
)
def test_other_requests_have_another_key(other: hc.Request) -> None:
    assert other.key != hc.Request("GET", "/people", {"page": 1}).key


def test_a_request_is_a_value() -> None:
    request = GET.having(page=2)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        request.path = "/other"  # type: ignore[misc]
    assert request.having(page=3, size=5).params == {"page": 3, "size": 5}
    assert request.params == {"page": 2}
    assert GET.params == {}


def test_a_request_is_shown_without_its_query() -> None:
    assert str(GET.having(email="ada@example.com")) == "GET /people"


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_nobody_has_an_id_that_no_path_can_hold(id: str) -> None:
    with pytest.raises(hc.NotFound):
        hc.segment(id)


@given(id=st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_an_id_is_one_segment_of_a_path_whatever_stands_in_it(id: str) -> None:
    try:
        made = hc.segment(id)
    except UnicodeEncodeError:
        return  # half a surrogate pair is no text that anyone could send
    assert made.isascii()
    assert not set(made) & set("/?#%") - {"%"}


# -- responses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "application/json",
        "application/json; charset=utf-8",
        "text/json",
        "application/vnd.api+json",
        "Application/JSON",
    ],
)
def test_json_is_read_under_any_of_its_names(kind: str | None) -> None:
    assert response('{"id": 1}', kind=kind).json() == {"id": 1}


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        ("<html></html>", "text/html", "html"),
        ("<html></html>", "Text/HTML; charset=utf-8", "html"),
        ("<html></html>", "application/xhtml+xml", "content_type"),
        ("a,b", "text/csv", "content_type"),
        ("{}", "text/plain", "content_type"),
        ("", "application/json", "empty"),
        (" \n\t", None, "empty"),
        ('{"a": 1', "application/json", "truncated"),
        ('[{"a": "b', None, "truncated"),
        ('{"a": nope}', "application/json", "invalid_json"),
        ("[1,]", None, "invalid_json"),
        ("<html></html>", None, "truncated"),
    ],
)
def test_an_answer_that_is_no_json_is_told_apart(body: str, kind: str | None, expected: str) -> None:
    found, text = code(response(body, kind=kind))
    assert found == expected
    assert "GET /people answered 200" in text


def test_an_error_of_an_answer_does_not_hold_the_answer() -> None:
    assert "Ada" not in code(response('{"name": "Ada", }'))[1]


def test_json_nested_without_end_is_an_error_of_the_vendor() -> None:
    assert code(response("[" * 200_000))[0] in ("truncated", "invalid_json")


def test_headers_are_found_in_any_case() -> None:
    headers = Headers({"X-Total-Count": "5"})
    assert headers.get("x-total-count") == headers.get("X-TOTAL-COUNT") == "5"
    assert headers.get("nope") is None
    assert headers.get("nope", "") == ""


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ('{"message": "no"}', "application/json", {"message": "no"}),
        ('{"message": "no"}', "text/plain", {"message": "no"}),
        ("no", "text/plain", "no"),
        ("<html>no</html>", "text/html", ""),
        ("<html>no</html>", "TEXT/HTML", ""),
        ("", "application/json", ""),
    ],
)
def test_what_an_error_says_is_made_out_as_far_as_it_goes(body: str, kind: str, said: Any) -> None:
    assert response(body, kind=kind, status=400).said == said


def test_a_body_is_not_shown() -> None:
    assert "Ada" not in repr(response('{"name": "Ada"}'))


def test_a_responses_text_is_there_whatever_it_is() -> None:
    assert response(b"\xff\xfe").text == "\ufffd\ufffd"
    assert json.loads(response('{"a": "é"}').text) == {"a": "é"}
