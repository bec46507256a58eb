"""Shapes of answers: where one differs from a recorded one, and whether one fits the vendor's own description."""

from __future__ import annotations

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
            ever = {key for item in recorded for key in item}
            samples: dict[str, dict[str, Any]] = {key: {} for key in ever}  # by key one value of each kind
            for item in recorded:
                for key, value in item.items():
                    samples[key][_kind(value)] = value
            for number, item in enumerate(played):
                yield from _keys(always, ever, item, ignore, f"{at}[{number}]")
                for key in (ever & item.keys()) - ignore:
                    seen, told = samples[key], item[key]
                    was = seen.get(_kind(told), next((value for value in seen.values() if value is not None), None))
                    yield from _differences(was, told, ignore, f"{at}[{number}].{key}")
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


def operation(spec: Mapping[str, Any], method: str, path: str) -> Mapping[str, Any] | None:
    """What a description (OpenAPI, or Swagger 2) says of a request to a path below the base URL; None where nothing."""
    asked = _parts(path)
    described = {_parts(template): item for template, item in spec.get("paths", {}).items()}
    for template, item in described.items():
        base, own = template[: -len(asked)], template[-len(asked) :]
        # a template may begin with parts of the base URL, such as api/v1: they are no path of their own
        if method.lower() in item and base not in described and _fits(own, asked) and "{" not in "".join(base):
            found: Mapping[str, Any] = item[method.lower()]
            return found
    return None


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.strip("/").split("/"))


def _fits(template: tuple[str, ...], path: tuple[str, ...]) -> bool:
    pairs = list(zip(template, path, strict=False))
    begun = bool(pairs) and pairs[0][0] == pairs[0][1]  # a path begins with a word of the vendor's, and with no id
    return begun and len(template) == len(path) and all("{" in one or one == other for one, other in pairs)


def answer_schema(spec: Mapping[str, Any], path: str) -> Mapping[str, Any] | None:
    """The schema of what a GET of this path answers; None where the description has none."""
    answer = ((operation(spec, "GET", path) or {}).get("responses") or {}).get("200") or {}
    found: Mapping[str, Any] | None = answer.get("schema") or (answer.get("content") or {}).get(
        "application/json", {}
    ).get("schema")
    return found


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
    whole = {**schema, **{key: spec[key] for key in ("components", "definitions") if key in spec}}
    return [f"{error.json_path}: {error.validator}" for error in validator(whole).iter_errors(body)]
