"""Government ids, health and bank data are never read, and a vendor's words are shown without personal data."""

from __future__ import annotations

import pytest

from headcount.privacy import is_never_read, masked, redact


@pytest.mark.parametrize(
    "name",
    [
        *(
            "ssn",
            "SSN",
            "employee_ssn",
            "customNIN1",
            "NIN",
            "sin",
            "nationalId",
            "National Insurance",
            "tax_file_number",
        ),
        *("Social Security Number", "passportNumber", "IBAN", "bank_account", "Bank name", "routing_number"),
        *(
            "healthcare_info",
            "Medical notes",
            "allergies",
            "Disability",
            "drivers_license",
            "credit card",
            "vaccinated",
        ),
    ],
)
def test_what_may_hold_a_government_id_health_or_bank_data_is_never_read(name: str) -> None:
    assert is_never_read(name)
    assert is_never_read("custom12", name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "first_name",
            "shirt_size",
            "customShirtSize",
            "business_unit",
            "assigned_desk",
            "using_laptop",
            "singing_group",
        ),
        *(
            "Bank holidays",
            "division",
            "supervisor",
            "training_level",
            "Cost center",
            "visitor_badge",
            "tint",
            None,
            "",
        ),
    ],
)
def test_other_fields_of_a_company_are_read(name: str | None) -> None:
    assert not is_never_read(name)


def test_addresses_and_long_numbers_are_not_shown() -> None:
    assert redact("o'neil+x@mail.example.com is taken, call +1 (555) 010-9999") == "<e-mail> is taken, call <number>"
    assert redact("error 404 on 2026, code 12-34") == "error 404 on 2026, code 12-34"


def test_every_secret_is_masked_wherever_it_stands() -> None:
    said = masked("key key-0001 and token token-2, key-0001", ("key-0001", "token-2"))
    assert said == "key *** and token ***, ***"


def test_the_filler_beside_a_key_is_no_secret() -> None:
    assert masked("maximum exceeded", ("x", "key-0001")) == "maximum exceeded"
