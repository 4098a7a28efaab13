"""Identifiers and instants: one spelling each."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.core import ids
from ledger.core.errors import FormatError


@pytest.mark.parametrize(
    "text",
    [
        "din:A999926123456",
        "unit:A999926123456.A0002V00",
        "unit:A999926123456.A0002V000012",
        "unit:A999926123456.A0002VAb",
        "unit:A999926123456.A0002r00",
        "tag:E280A99900000001",
        "box:B-12",
        "place:centre/fridge-1",
        "person:" + "0a" * 16,
        "key:" + "0" * 64,
    ],
)
def test_an_identifier_says_its_kind(text: str) -> None:
    assert ":".join(ids.parse_id(text)) == text
    assert ids.is_id(text, text.partition(":")[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A999926123456",
        "din:O999926123456",
        "din:A99992612345",
        "din:A999926123456\n",
        "unit:A999926123456",
        "tag:e280",
        "tag:E28",
        "place:",
        "place:a//b",
        "place:a/b/c/d/e",
        "planet:mars",
        "person:me",
        "unit:A999926123456.A0002V0",
        "unit:A999926123456.A0002Vab",
        "unit:A999926123456.A0002V00000a",
        "unit:A999926123456.a0002V00",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(FormatError, match="expected"):
        ids.parse_id(text)


def test_a_unit_knows_its_donation_and_product() -> None:
    unit = ids.unit_id("A999926123456", "A0002V00")
    assert ids.din_of(unit) == "din:A999926123456"
    assert ids.product_of(unit) == "A0002V00"
    with pytest.raises(FormatError):
        ids.unit_id("A999926123456", "2V00")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_772_409_600_007, "2026-03-02T00:00:00.007Z"),
        (1_772_409_599_999, "2026-03-01T23:59:59.999Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_round_trips(milliseconds: int, text: str) -> None:
    assert ids.format_instant(milliseconds) == text
    assert ids.parse_instant(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T00:00:00Z",
        "2026-03-02 00:00:00.000Z",
        "2026-02-30T00:00:00.000Z",
        "2026-03-02T00:00:00.000+00:00",
        "now",
        "2026-03-02T00:00:00.000Z\n",
        "2026-03-02T24:00:00.000Z",
        "2016-12-31T23:59:60.000Z",
        "2026-03-02T00:60:00.000Z",
        "1900-02-29T00:00:00.000Z",
        "2026-00-10T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
    ],
)
def test_no_other_spelling_is_an_instant(text: str) -> None:
    with pytest.raises(FormatError, match="expected"):
        ids.parse_instant(text)
    with pytest.raises(FormatError, match="expected"):
        ids.parse_instants(["2026-03-02T00:00:00.000Z", text])


def test_instants_that_are_read_together_are_those_read_one_by_one() -> None:
    texts = [ids.format_instant(1_772_409_599_000 + step) for step in range(0, 5000, 37)]
    assert ids.parse_instants([*texts, texts[0]]) == [ids.parse_instant(text) for text in [*texts, texts[0]]]


@given(year=st.integers(0, 9999), month=st.integers(0, 13), day=st.integers(0, 32))
@example(year=2000, month=2, day=29)
@example(year=2100, month=2, day=29)
@example(year=2028, month=2, day=29)
@example(year=2026, month=4, day=31)
def test_the_spelling_knows_the_calendar(year: int, month: int, day: int) -> None:
    try:
        real = bool(date(year, month, day))
    except ValueError:
        real = False
    assert bool(re.fullmatch(ids.INSTANT_PATTERN, f"{year:04}-{month:02}-{day:02}T08:20:00.000Z")) is real


def test_a_commitment_hides_its_value_and_binds_it() -> None:
    salt = bytes(range(16))
    assert ids.commitment(salt, "Zhang") != ids.commitment(salt, "Zhan g")
    assert ids.commitment(salt, "Zhang") != ids.commitment(bytes(16), "Zhang")
    assert ids.commitment(salt, "Zhang").startswith("sha256:")
