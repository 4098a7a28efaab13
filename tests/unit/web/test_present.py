"""What the pages call things, in both languages."""

from dataclasses import replace

import pytest

from tests.unit.web import samples
from web import present

ZH, EN = samples.speech("zh"), samples.speech("en")


@pytest.mark.parametrize(
    ("abo", "rhd", "shown"),
    [("A", "positive", "A+"), ("AB", "negative", "AB\N{MINUS SIGN}"), ("O", None, "O"), (None, None, "?")],
)
def test_the_blood_group_is_as_on_the_bag(abo: str | None, rhd: str | None, shown: str) -> None:
    unit = replace(samples.unit_page().summary, abo=abo, rhd=rhd)
    assert present.blood_group(unit, EN)[0] == shown


def test_a_name_is_said_only_where_it_is_given() -> None:
    person = "person:" + "1042" * 8
    assert present.person(person, EN, {person: "Lin 1042"}) == "Lin 1042"
    assert present.person(person, EN, {}) == "a person 104210"
    assert present.person(None, EN, {}) == "device"
