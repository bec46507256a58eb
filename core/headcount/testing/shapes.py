"""Shapes of answers: where one differs from a recorded one, and whether one fits the vendor's own description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


def differences(recorded: Any, played: Any, *, ignore: frozenset[str] = frozenset(), at: str = "") -> list[str]:
    """Where the played answer has not the shape of the recorded one, a line each; [] when it has.

    A null on either side matches anything, and so does an empty list. In a list of objects each played
    one must hold the keys that *every* recorded one holds, and no key that none holds. `ignore` names
    keys not to compare (a tenant's own fields).
    """
    return list(_differences(recorded, played, ignore, at or "$"))


def _differences(recorded: Any, played: Any, ignore: frozenset[str], at: str) -> Iterator[str]:
    if recorded is None or played is None:
        return
    if _kind(recorded) != _kind(played):
        yield f"{at}: recorded {_kind(recorded)}, played {_kind(played)}"
    elif isinstance(recorded, list):
        if recorded and all(isinstance(item, dict) for item in [*recorded, *played]):
            always = set.intersection(*(set(item) for item in recorded))
            sample = {key: value for item in recorded for key, value in item.items() if value is not None}
            ever = {key for item in recorded for key in item}
            for number, item in enumerate(played):
                yield from _keys(always, ever, item, ignore, f"{at}[{number}]")
                for key in (ever & item.keys()) - ignore:
                    yield from _differences(sample.get(key), item[key], ignore, f"{at}[{number}].{key}")
        elif recorded and played:
            yield from _differences(recorded[0], played[0], ignore, f"{at}[0]")
    elif isinstance(recorded, dict):
        yield from _keys(set(recorded), set(recorded), played, ignore, at)
        for key in (recorded.keys() & played.keys()) - ignore:
            yield from _differences(recorded[key], played[key], ignore, f"{at}.{key}")


def _keys(always: set[str], ever: set[str], played: dict[str, Any], ignore: frozenset[str], at: str) -> Iterator[str]:
    if missing := sorted(always - played.keys() - ignore):
        yield f"{at}: lacks {', '.join(missing)}"
    if invented := sorted(played.keys() - ever - ignore):
        yield f"{at}: invents {', '.join(invented)}"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return {str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]


def answer_schema(spec: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The schema of what a GET of this path answers, by a description in OpenAPI; None where it has none."""
    for template, item in spec.get("paths", {}).items():
        if "get" in item and re.fullmatch(".*" + re.sub(r"{[^/]+}", "[^/]+", template), f"/{path.lstrip('/')}"):
            answer = item["get"].get("responses", {}).get("200", {}).get("content", {})
            found: Mapping[str, Any] | None = answer.get("application/json", {}).get("schema")
            return found
    return None


def misfits(schema: Mapping[str, Any], body: Any, spec: Mapping[str, Any]) -> list[str]:
    """Where an answer is not valid by its schema, a line each: the place and the rule, never what stands there.

    Raises `ConfigError` where the library that reads OpenAPI's schemas is not installed.
    """
    from headcount.errors import ConfigError

    try:
        from jsonschema import Draft202012Validator, validators
    except ModuleNotFoundError:
        raise ConfigError("descriptions need headcount[testing]: pip install 'headcount[testing]'") from None

    def of_type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[Any]:
        if not (instance is None and schema.get("nullable")):  # OpenAPI 3.0's word for it
            yield from Draft202012Validator.VALIDATORS["type"](validator, types, instance, schema)

    validator: Any = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"type": of_type}
    )
    whole = {**schema, "components": spec.get("components", {})}
    return [f"{error.json_path}: {error.validator}" for error in validator(whole).iter_errors(body)]
