"""A company's settings: where they come from, and what is said where they are missing or wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.errors import NoKeyringError

import headcount as hc
from headcount.settings import Named, company_label, environment_name, load

URL = "https://{company}.toy.example/api/v1"


@attrs.frozen
class Settings:
    company: str = attrs.field(metadata=hc.setting("the name before .toy.example", host="toy.example"))
    token: str = attrs.field(repr=False, metadata=hc.setting("Toy: Settings > Tokens"))
    region: str | None = attrs.field(default=None, metadata=hc.setting("ask Toy"))


@attrs.frozen
class TwoCredentials:
    company: str = attrs.field(metadata=hc.setting("the name before .toy.example", host="toy.example"))
    token: str = attrs.field(repr=False, metadata=hc.setting("Toy: Settings > Tokens", unless="client_id"))
    client_id: str | None = attrs.field(default=None, metadata=hc.setting("ask Toy"))
    client_secret: str | None = attrs.field(default=None, repr=False, metadata=hc.setting("ask Toy"))
    scim_url: str | None = attrs.field(default=None, metadata=hc.setting("ask Toy", address=True))
    scim_token: str | None = attrs.field(default=None, repr=False, metadata=hc.setting("ask Toy"))


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those that a test makes."""
    monkeypatch.chdir(tmp_path)
    for name in ("COMPANY", "TOKEN", "REGION", "BASE_URL"):
        monkeypatch.delenv(f"HEADCOUNT_TOY_{name}", raising=False)
    monkeypatch.delenv("HEADCOUNT_CONFIG", raising=False)


def loaded(**given: Any) -> tuple[Settings, str]:
    return load(Settings, "toy", given, base_url=URL)


def refused(**given: Any) -> str:
    with pytest.raises(hc.ConfigError) as caught:
        loaded(**given)
    return str(caught.value)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[tuple[str, str], str] | None], None]:
    """Puts secrets into the keyring, by service and name; none at all where it cannot be asked."""

    def keep(held: dict[tuple[str, str], str] | None) -> None:
        def get_password(service: str, username: str) -> str | None:
            if held is None:
                raise NoKeyringError("no desktop")
            return held.get((service, username))

        monkeypatch.setattr(keyring, "get_password", get_password)

    return keep


def write(text: str, name: str = "headcount.toml") -> None:
    Path(name).write_text(text, encoding="utf-8")


# -- where they come from -------------------------------------------------------------------------


def test_the_keyword_comes_before_the_environment_and_that_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[toy]\ncompany = "file"\ntoken = "file"\nregion = "file"\n')
    monkeypatch.setenv("HEADCOUNT_TOY_TOKEN", "environment")
    monkeypatch.setenv("HEADCOUNT_TOY_REGION", "environment")
    made, url = loaded(region="keyword")
    assert made == Settings(company="file", token="environment", region="keyword")
    assert url == "https://file.toy.example/api/v1"


def test_the_secret_of_one_company_never_meets_another(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[toy]\nregion = "eu"\n')
    monkeypatch.setenv("HEADCOUNT_TOY_COMPANY", "acme")
    monkeypatch.setenv("HEADCOUNT_TOY_TOKEN", "of acme")
    assert loaded(company="https://acme.toy.example/")[0].token == "of acme"
    assert "HEADCOUNT_TOY_TOKEN is of another account than what was given: tell both in one place" in refused(
        company="beta"
    )
    assert loaded(company="beta", token="of beta")[0] == Settings(company="beta", token="of beta", region=None)


@pytest.mark.parametrize("place", ["environment", "file"])
def test_who_tells_what_to_log_in_with_tells_all_of_it(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that serves many companies must not write to one by the second credential of another."""
    around = {
        "company": "acme",
        "token": "around",
        "client_id": "around",
        "client_secret": "around",
        "scim_url": "https://acme.toy.example/scim",
        "scim_token": "around",
    }
    if place == "file":
        write("[toy]\n" + "".join(f'{name} = "{value}"\n' for name, value in around.items()))
    else:
        for name, value in around.items():
            monkeypatch.setenv(f"HEADCOUNT_TOY_{name.upper()}", value)

    def told(**given: str) -> dict[str, str]:
        found = attrs.asdict(load(TwoCredentials, "toy", given, base_url=URL)[0])
        return {name: value for name, value in found.items() if value}

    assert told() == around
    assert told(token="t") == {"company": "acme", "token": "t"}
    assert told(client_id="i") == {"company": "acme", "client_id": "i", "client_secret": "around"}
    assert told(token="t", scim_token="s") == {
        "company": "acme",
        "token": "t",
        "scim_url": around["scim_url"],
        "scim_token": "s",
    }
    assert told(scim_token="s") == {**around, "scim_token": "s"}


def test_a_keyword_of_none_is_no_keyword(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_TOY_TOKEN", "environment")
    assert loaded(company="acme", token=None)[0].token == "environment"


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[toy]\ntoken = "file"\n')
    monkeypatch.setenv("HEADCOUNT_TOY_TOKEN", "")
    assert loaded(company="acme")[0].token == "file"


def test_the_file_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write('[toy]\ntoken = "here"\n')
    write('[toy]\ntoken = "elsewhere"\n', "other.toml")
    monkeypatch.setenv("HEADCOUNT_CONFIG", str(tmp_path / "other.toml"))
    assert loaded(company="acme")[0].token == "elsewhere"


def test_a_file_that_is_named_and_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_CONFIG", "nowhere.toml")
    assert "nowhere.toml" in refused(company="acme", token="t")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_CONFIG", str(tmp_path))
    assert str(tmp_path) in refused(company="acme", token="t")


def test_the_sections_of_other_vendors_do_not_matter() -> None:
    write('[other]\ntoken = "x"\nwhatever = 1\n')
    assert "token" in refused(company="acme")


def test_an_optional_setting_has_its_default() -> None:
    assert loaded(company="acme", token="t")[0].region is None


# -- missing, unknown, malformed ------------------------------------------------------------------


def test_every_missing_setting_is_named_with_where_to_find_it_and_where_to_put_it() -> None:
    text = refused()
    for part in (
        "company",
        "the name before .toy.example",
        "HEADCOUNT_TOY_COMPANY",
        "token",
        "Toy: Settings > Tokens",
        "HEADCOUNT_TOY_TOKEN",
        "[toy] in headcount.toml",
    ):
        assert part in text
    assert "region" not in text


@pytest.mark.parametrize("token", ["", None])
def test_an_empty_setting_is_missing(token: str | None) -> None:
    assert "HEADCOUNT_TOY_TOKEN" in refused(company="acme", token=token)


def test_a_blank_setting_is_missing() -> None:
    assert "HEADCOUNT_TOY_TOKEN" in refused(company="acme", token="  ")


def test_a_setting_loses_the_space_that_was_copied_with_it() -> None:
    assert loaded(company=" acme\n", token=" t0k3n\n")[0] == Settings(company="acme", token="t0k3n")


def test_an_unknown_keyword_is_refused_and_the_known_ones_named() -> None:
    text = refused(company="acme", tokn="t")
    assert "tokn" in text
    assert "company, token, region, base_url" in text


@pytest.mark.parametrize("name", ["base-url", "tokn", "url"])
def test_an_unknown_setting_in_the_file_is_refused(name: str) -> None:
    write(f'[toy]\ncompany = "acme"\ntoken = "t"\n{name} = "https://elsewhere.example"\n')
    assert name in refused()


@pytest.mark.parametrize("text", ["[toy", '[toy]\ntoken = "t', "token: t", "[toy]\ntoken = t", '[toy]\na="1"\na="2"'])
def test_a_broken_file_is_one_clear_error(text: str) -> None:
    write(text)
    message = refused(company="acme", token="t")
    assert "headcount.toml is not valid TOML" in message


def test_a_file_in_another_encoding_is_one_clear_error() -> None:
    Path("headcount.toml").write_bytes('[toy]\ntoken = "schlüssel"\n'.encode("latin-1"))
    assert "headcount.toml is not valid TOML" in refused(company="acme")


@pytest.mark.parametrize("text", ['toy = "token"', "toy = 5", "toy = [1]"])
def test_a_section_that_is_none_is_one_clear_error(text: str) -> None:
    write(text)
    assert "[toy]" in refused(company="acme", token="t")


@pytest.mark.parametrize("value", ["12345", "true", "[1, 2]", "{a = 1}"])
def test_a_setting_that_is_no_text_becomes_text_or_is_refused(value: str) -> None:
    write(f'[toy]\ncompany = "acme"\ntoken = {value}\n')
    try:
        made, _ = loaded()
    except hc.ConfigError as error:
        assert "token" in str(error)  # noqa: PT017
    else:
        assert isinstance(made.token, str)


@pytest.mark.parametrize(
    "wrong",
    [{"company": "no such label!"}, {"company": "acme", "base_url": "ftp://x"}, {"company": "a", "x": "y"}],
)
def test_a_message_never_holds_the_secret(wrong: dict[str, str]) -> None:
    assert "sesame" not in refused(token="open-sesame", **wrong)


def test_secrets_are_not_in_the_repr() -> None:
    made, _ = loaded(company="acme", token="open-sesame")
    assert "sesame" not in repr(made)
    assert "acme" in repr(made)


def test_the_variable_of_a_setting_can_be_set_in_a_shell() -> None:
    assert environment_name("toy", "token") == "HEADCOUNT_TOY_TOKEN"
    assert re.fullmatch(r"[A-Z_][A-Z0-9_]*", environment_name("toy-hr", "token"))


# -- the company ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        "acme",
        "ACME",
        " acme ",
        "acme.toy.example",
        "Acme.Toy.Example",
        "acme.toy.example/",
        "acme.toy.example/people?x=1",
        "https://acme.toy.example",
        "HTTPS://ACME.TOY.EXAMPLE/login",
        "https://acme.toy.example:443/",
        "https://someone@acme.toy.example/",
    ],
)
def test_a_company_may_be_given_as_label_host_or_address(given: str) -> None:
    made, url = loaded(company=given, token="t")
    assert made.company == "acme"
    assert url == "https://acme.toy.example/api/v1"


@pytest.mark.parametrize(
    "given",
    [
        "acme.evil.example",
        "https://evil.example",
        "https://acme.evil.example/acme.toy.example",
        "acme.toy.example.evil.example",
        "evil.example/.toy.example",
        "acme@evil.example",
        "evil.example#",
        "evil.example?",
        "a b",
        "-acme",
        "acme-",
        "a_b",
        "münchen",
        "a" * 64,
        "..",
        "{token}",
        "https://",
        "https://[acme",
    ],
)
def test_what_is_no_label_is_refused(given: str) -> None:
    text = refused(company=given, token="t")
    assert "company" in text
    assert "acme" in text, "an example helps"


HOSTILE = st.text(max_size=20) | st.from_regex(
    r"(https?://)?[a-z.@:/#?\\%\[\]-]{1,20}(\.toy\.example)?", fullmatch=True
)


@given(value=HOSTILE)
def test_whatever_passes_is_one_dns_label(value: str) -> None:
    try:
        label = company_label(value, "toy.example")
    except hc.ConfigError:
        return
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label, re.ASCII)


# -- the address ----------------------------------------------------------------------------------


def test_the_company_is_not_needed_where_the_address_is_given() -> None:
    made, url = loaded(token="t", base_url="https://sandbox.example/api/v1")
    assert made.company is None
    assert url == "https://sandbox.example/api/v1"


def test_the_token_is_needed_all_the_same() -> None:
    text = refused(base_url="https://sandbox.example")
    assert "HEADCOUNT_TOY_TOKEN" in text
    assert "HEADCOUNT_TOY_COMPANY" not in text


@pytest.mark.parametrize("given", ["https://sandbox.example", "https://sandbox.example/", " https://sandbox.example "])
def test_a_bare_host_gets_the_path_that_the_connector_knows(given: str) -> None:
    assert loaded(token="t", base_url=given)[1] == "https://sandbox.example/api/v1"


def test_an_address_with_a_path_of_its_own_keeps_it() -> None:
    assert loaded(token="t", base_url="https://gate.example/toy/v2")[1] == "https://gate.example/toy/v2"


def test_an_address_may_name_a_setting_in_braces() -> None:
    url = loaded(token="t", company="acme", base_url="https://gate.example/{company}/v1")[1]
    assert url == "https://gate.example/acme/v1"
    assert "company" in refused(token="t", base_url="https://gate.example/{company}/v1")
    assert "compny" in refused(token="t", company="acme", base_url="https://gate.example/{compny}/v1")


def test_the_address_comes_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADCOUNT_TOY_BASE_URL", "https://sandbox.example/x")
    assert loaded(token="t")[1] == "https://sandbox.example/x"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_this_machine_only(host: str) -> None:
    assert loaded(token="t", base_url=f"http://{host}:8000")[1] == f"http://{host}:8000/api/v1"


@pytest.mark.parametrize(
    "given",
    [
        "http://acme.toy.example",
        "HTTP://acme.toy.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://localhost.evil.example:80/x",
        "http://{company}.toy.example",
    ],
)
def test_plain_http_to_another_machine_is_refused(given: str) -> None:
    assert "https" in refused(company="acme", token="t", base_url=given)


@pytest.mark.parametrize("given", ["sandbox.example", "ftp://sandbox.example", "https://", "/api/v1", "https://[oops"])
def test_what_is_no_address_is_refused(given: str) -> None:
    assert "base_url" in refused(company="acme", token="t", base_url=given)


# -- connections with a name ----------------------------------------------------------------------

ACME = Named(name="acme-hr", vendor="toy", settings={"company": "acme"})


def test_a_secret_of_a_named_connection_may_be_in_the_keyring(kept: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(
        {("headcount", "acme-hr.token"): "of the keyring", ("headcount", "acme-hr.company"): "no secret: not asked for"}
    )
    assert load(Settings, "toy", {}, base_url=URL, of=ACME)[0] == Settings(company="acme", token="of the keyring")
    monkeypatch.setenv("HEADCOUNT_ACME_HR_TOKEN", "of the environment")
    assert load(Settings, "toy", {}, base_url=URL, of=ACME)[0].token == "of the environment"
    assert load(Settings, "toy", {"token": "given"}, base_url=URL, of=ACME)[0].token == "given"


@pytest.mark.parametrize("held", [None, {}])
def test_where_no_keyring_has_it_the_error_names_the_variable(kept: Any, held: Any) -> None:
    kept(held)
    with pytest.raises(hc.ConfigError, match="HEADCOUNT_ACME_HR_TOKEN"):
        load(Settings, "toy", {}, base_url=URL, of=ACME)


def test_a_connection_without_a_name_asks_no_keyring(kept: Any) -> None:
    kept({("headcount", "toy.token"): "of the keyring"})
    assert "token" in refused(company="acme")
