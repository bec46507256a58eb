"""One long JSON answer as pages: the same records as the standard library reads, however the bytes arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import headcount as hc
from headcount.streaming import pages_of

RESPONSE = hc.Response(request=hc.Request("GET", "/everyone"), status=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def pages(chunks: list[bytes], *, at: str = "people", size: int = 2, limit: int = 1 << 20) -> list[hc.Page]:
    return list(pages_of(iter(chunks), RESPONSE, at=at, size=size, limit=limit))


def records(chunks: list[bytes], **how: Any) -> list[Any]:
    return [record for page in pages(chunks, **how) for record in page.records]


def code(chunks: list[bytes], **how: Any) -> str | None:
    with pytest.raises(hc.Unavailable) as caught:
        pages(chunks, **how)
    return caught.value.code


def single_bytes(text: str) -> list[bytes]:
    return [bytes([byte]) for byte in text.encode()]


def cut(body: bytes, at: list[int]) -> list[bytes]:
    marks = [0, *sorted({mark % (len(body) + 1) for mark in at}), len(body)]
    return [body[start:stop] for start, stop in pairwise(marks)]


@given(
    before=st.dictionaries(st.text(max_size=4).filter(lambda name: name != "people"), VALUES, max_size=3),
    people=st.lists(VALUES, max_size=7),
    after=st.dictionaries(st.text(max_size=4).filter(lambda name: name != "people"), VALUES, max_size=2),
    marks=st.lists(st.integers(0, 2000), max_size=6),
    size=st.integers(1, 4),
    ascii=st.booleans(),
    indent=st.sampled_from([None, 0, 3]),
)
def test_however_the_bytes_arrive_the_records_are_those_of_the_standard_library(
    before: dict[str, Any],
    people: list[Any],
    after: dict[str, Any],
    marks: list[int],
    size: int,
    ascii: bool,
    indent: int | None,
) -> None:
    after = {name: value for name, value in after.items() if name not in before}
    body = json.dumps({**before, "people": people, **after}, ensure_ascii=ascii, indent=indent).encode()
    come = pages(cut(body, marks), size=size)
    whole = json.loads(body)
    assert [record for page in come for record in page.records] == whole.pop("people")
    assert come[-1].head == whole
    assert all(len(page.records) == size for page in come[:-1])
    assert [page.seen for page in come] == [min((n + 1) * size, len(people)) for n in range(len(come))]


@given(
    people=st.lists(VALUES, min_size=1, max_size=4), marks=st.lists(st.integers(0, 2000), max_size=4), data=st.data()
)
def test_a_body_that_is_cut_off_anywhere_never_ends_as_if_it_were_whole(
    people: list[Any], marks: list[int], data: st.DataObject
) -> None:
    body = json.dumps({"version": 1, "people": people, "more": {"x": [1]}}).encode()
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(hc.Unavailable):
        pages(cut(body[:end], marks))


@given(marks=st.lists(st.integers(0, 200), max_size=8))
def test_a_character_of_several_bytes_may_be_split_between_chunks(marks: list[int]) -> None:
    body = '{"people": [{"name": "Zoë 李 👩‍💻"}, "\\ud83d\\ude00"]}'.encode()
    assert records(cut(body, marks)) == [{"name": "Zoë 李 👩‍💻"}, "😀"]


@pytest.mark.parametrize(
    "body", ['{{"version": {}, "people": [1]}}', '{{"people": [{}, {}]}}', '{{"people": [], "v": {}}}']
)
def test_a_number_may_be_split_between_chunks(body: str) -> None:
    for number in ("1.5", "-12.25", "1e5", "1E+5", "-1.5e-7", "123456789012345678901234567890", "0.0"):
        text = body.format(*[number] * body.count("{}"))
        whole = json.loads(text)
        for at in range(len(text)):
            come = pages([text[:at].encode(), text[at:].encode()])
            assert [record for page in come for record in page.records] == whole["people"], text[:at]
            assert come[-1].head == {name: value for name, value in whole.items() if name != "people"}, text[:at]


def test_one_byte_at_a_time_is_enough() -> None:
    text = ' { "a" : [ { } , null ] , "people" : [ { "id" : 1 } , { "id" : 2 } , true ] , "b" : "}" } \r\n'
    assert records(single_bytes(text)) == [{"id": 1}, {"id": 2}, True]


def test_what_stands_before_the_list_is_there_with_the_first_page() -> None:
    first = next(
        pages_of(iter([b'{"version": 3, "people": [1, 2, 3], "later": 4}']), RESPONSE, at="people", size=2, limit=99)
    )
    assert dict(first.head) == {"version": 3}


def test_what_stands_after_the_list_is_there_at_the_end() -> None:
    assert pages([b'{"version": 3, "people": [1, 2, 3], "later": 4}'])[-1].head == {"version": 3, "later": 4}


def test_a_list_of_the_same_name_further_down_is_not_the_list() -> None:
    assert records([b'{"meta": {"people": [9]}, "people": [1], "also": [{"people": [8]}]}']) == [1]


def test_an_empty_list_is_one_empty_page() -> None:
    (page,) = pages([b'{"people": []}'])
    assert (list(page.records), page.seen) == ([], 0)


@pytest.mark.parametrize(
    "body", ['{"persons": [1]}', "{}", '{"people": {"id": 1}}', '{"people": null}', '{"people": "[1]"}']
)
def test_a_list_that_is_missing_is_told(body: str) -> None:
    assert code([body.encode()]) == "no_list"


@pytest.mark.parametrize(
    "body", ['{"people": [1, 2', '{"people": [1, 2]', '{"peo', '{"people": [{"id": "12', '{"people": [1, 2],']
)
def test_a_body_that_breaks_off_is_truncated(body: str) -> None:
    assert code([body.encode()]) in ("truncated", "invalid_json")
    assert code(single_bytes(body)) in ("truncated", "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        '{"people": [{"id": oops}]}',
        '{"people": [1 2]}',
        '{"people": [1,, 2]}',
        '{"people": [1, 2,]}',
        '{"people": [1]} trailing }',
        '{"people": [1]}{"people": [2]}',
        '["people"]',
        "{'people': [1]}",
        '{"people"; [1]}',
    ],
)
def test_what_is_no_json_is_invalid(body: str) -> None:
    assert code([body.encode()]) in ("invalid_json", "truncated")
    assert code(single_bytes(body)) in ("invalid_json", "truncated")


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_the_standard_library_reads_beyond_json_is_invalid(word: str) -> None:
    assert code([f'{{"people": [{{"id": {word}}}]}}'.encode()]) == "invalid_json"


def test_json_nested_without_end_is_an_error_of_the_vendor() -> None:
    assert code([b'{"people": [' + b"[" * 200_000]) in ("truncated", "invalid_json")


@pytest.mark.parametrize("body", ['{"a": 1 "people": [1]}', '{"people": [1],}', '{1: 2, "people": [1]}'])
def test_an_object_that_is_nearly_json_is_invalid_too(body: str) -> None:
    assert code([body.encode()]) == "invalid_json"


def test_a_list_that_comes_twice_loses_nothing_silently() -> None:
    with suppress(hc.Unavailable):
        assert records([b'{"people": [1, 2, 3], "people": [4]}']) in ([1, 2, 3, 4], [4])


@pytest.mark.parametrize("body", [b'{"people": ["\xff"]}', b'{"people": ["\xc3', b'{"people": ["\xc3"]}'])
def test_bytes_that_are_no_utf8_are_invalid(body: bytes) -> None:
    assert code([body]) in ("invalid_json", "truncated")


def test_a_value_larger_than_the_limit_is_refused_before_it_is_held_whole() -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'{"people": ["'
        while True:
            sent += 100
            yield b"x" * 100

    with pytest.raises(hc.Unavailable) as caught:
        list(pages_of(endless(), RESPONSE, at="people", size=1, limit=1000))
    assert caught.value.code == "too_large"
    assert sent < 1500


def test_a_list_longer_than_the_limit_is_read() -> None:
    people = [{"id": number, "pad": "x" * 50} for number in range(100)]
    body = json.dumps({"people": people}).encode()
    chunks = [body[start : start + 64] for start in range(0, len(body), 64)]
    assert records(chunks, limit=200) == people


def test_no_error_holds_what_was_read() -> None:
    with pytest.raises(hc.Unavailable) as caught:
        pages([b'{"people": [{"name": "Ada"}, {"name": Ada}]}'])
    assert "Ada" not in str(caught.value)
