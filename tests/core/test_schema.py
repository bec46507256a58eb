"""JSON Schema of the model: what is published is what the classes say, and what is written keeps to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

import headcount as hc
from headcount import schema
from tests.core.test_codec import ADA

FOLDER = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("name", sorted(schema.PUBLISHED))
def test_the_published_file_is_what_the_classes_say(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == schema.text(name)


@pytest.mark.parametrize("name", sorted(schema.PUBLISHED))
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema(name))


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("employee", ADA),
        ("employee", hc.Employee(id="1", status=hc.Coded(hc.EmployeeStatus.UNKNOWN))),
        ("employment", hc.Employment(id="e", employee_id="1")),
        ("group", hc.Group(id="1", name="A", type=hc.Coded(hc.GroupType.TEAM), member_ids=("1",))),
        ("company", hc.Company(id="1", address=hc.Address(city="Oslo"))),
    ],
)
def test_what_is_written_keeps_to_the_schema(name: str, record: Any) -> None:
    jsonschema.Draft202012Validator(schema.schema(name)).validate(hc.to_dict(record))


@pytest.mark.parametrize("name", sorted(schema.PUBLISHED))
def test_a_schema_tells_the_class_of_data_of_every_field(name: str) -> None:
    properties = schema.schema(name)["properties"]
    for field in attrs.fields(schema.PUBLISHED[name]):
        if field.name != "raw":
            assert properties[field.name]["x-scope"] == field.metadata["scope"].value
    assert "raw" not in properties


def test_the_schema_refuses_what_is_not_the_model() -> None:
    validator = jsonschema.Draft202012Validator(schema.schema("employee"))
    good = hc.to_dict(ADA)
    for wrong in ({"start_date": 20200101}, {"status": "active"}, {"status": {"value": "here", "source": None}}):
        assert not validator.is_valid({**good, **wrong})
    assert not validator.is_valid({name: value for name, value in good.items() if name != "id"})
