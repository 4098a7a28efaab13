"""Labels as scanned: golden vectors, and what must be refused with the reason named."""

import json
from pathlib import Path

import pytest

from ledger.core.errors import LabelError
from ledger.core.isbt128 import Din, parse
from ledger.core.isbt128.dates import calendar_day, format_local_minute, local_minute, month
from ledger.core.isbt128.structures import FORMS
from ledger.core.labels.telling import plain

VECTORS = Path(__file__).parents[3] / "vectors" / "isbt128"


def vectors(file: str) -> list[object]:
    lines = (VECTORS / file).read_text(encoding="utf-8").splitlines()
    return [pytest.param(json.loads(line), id=json.loads(line)["name"]) for line in lines]


@pytest.mark.parametrize("vector", vectors("labels.jsonl"))
def test_a_label_is_read_and_written_back(vector: dict[str, object]) -> None:
    text = str(vector["text"])
    label = parse(text)
    assert plain(label) == {"structures": vector["structures"], "compound": vector["compound"]}
    assert label.format() == text


@pytest.mark.parametrize("vector", vectors("refused.jsonl"))
def test_what_is_no_label_is_refused_with_the_reason(vector: dict[str, str]) -> None:
    with pytest.raises(LabelError) as refused:
        parse(vector["text"])
    assert vector["says"] in str(refused.value)


def test_a_text_too_long_to_be_a_label_is_refused() -> None:
    with pytest.raises(LabelError, match="came 2052"):
        parse("=%6200" * 342)


def test_a_label_knows_its_donation() -> None:
    assert parse("=%6200=A99992612345600").din == Din("A9999", "26", "123456")
    assert parse("=%6200").din is None


def test_a_structure_is_found_by_its_number() -> None:
    label = parse("=A99992612345600=%6200")
    group = label.find("002")
    assert group is not None
    assert group.fields["abo"] == "A"
    assert label.find("003") is None


@pytest.mark.parametrize(
    "text",
    [
        "=;A99990000000000000123",
        "='A9999000042",
        "=#0119800229",
        "&#0105ABC12",
        "&aWANG",
        "&;WANG",
        "&!1",
        "=A99992612345600=#0119800229",
    ],
)
def test_what_names_a_person_says_so(text: str) -> None:
    assert parse(text).identifies_person


def test_a_blood_label_names_no_person() -> None:
    assert not parse("=+04000=A99992612345600=%2800=<E0382V00&>0260422359").identifies_person


def test_a_refusal_never_repeats_what_names_a_person() -> None:
    with pytest.raises(LabelError) as refused:
        parse("&#0105W&NG5")
    assert "NG5" not in str(refused.value)


def test_numbers_and_identifiers_are_unique() -> None:
    assert len({form.ds for form in FORMS}) == len({form.identifier for form in FORMS}) == len(FORMS)


@pytest.mark.parametrize(
    "local", ["2026-02-11", "2026-02-11 23:59", "2026-13-11T23:59", "1999-12-31T23:59", "2100-01-01T00:00"]
)
def test_a_date_that_no_label_can_carry_is_not_written(local: str) -> None:
    with pytest.raises(LabelError, match="expected a local"):
        format_local_minute(local)


def test_a_date_is_written_as_it_was_read() -> None:
    assert format_local_minute(local_minute("0240602359")) == "0240602359"
    with pytest.raises(LabelError, match="six digits"):
        local_minute("02604")


@pytest.mark.parametrize("text", ["2026021", "202602111", "2026O211"])
def test_a_calendar_day_is_eight_digits(text: str) -> None:
    with pytest.raises(LabelError, match="eight digits"):
        calendar_day(text)


@pytest.mark.parametrize("text", ["202613", "202600", "2026O2", "000001", "20261", "2026011"])
def test_a_month_that_is_none_is_named_as_it_was_scanned(text: str) -> None:
    with pytest.raises(LabelError, match=f"expected a month of six digits yyyymm, came '{text}'"):
        month(text)
    assert [month(each) for each in ("202601", "202612")] == ["2026-01", "2026-12"]


def test_a_birthday_that_does_not_exist_is_not_repeated_either() -> None:
    with pytest.raises(LabelError, match="came 10 characters") as refused:
        parse("=#0119801329")
    assert "198013" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("=<E0382V00", "E0382V00"),
        ("=<E0382V00=,0A0B0C", "E0382V0A0B0C"),
        ("=<E0382V99=,0A0B0C", "E0382V0A0B0C"),
        ("=<E0382V99", None),
        ("=<E0382VA0=,0A0B0C", "E0382VA0"),
        ("=<E0382VAa", "E0382VAa"),
        ("=<E0382rA0", "E0382rA0"),
        ("=<T0416003", "T0416003"),
        ("=<E0382Va0", None),
        ("=,0A0B0C", None),
    ],
)
def test_a_product_has_its_division(text: str, product: str | None) -> None:
    assert parse(text).product == product
