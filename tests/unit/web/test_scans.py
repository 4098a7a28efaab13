"""What is scanned or typed into the box: a bag by two scans, a number that is typed twice."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.isbt128 import Din
from ledger.core.labels.pairing import PAIR_MS, Half
from ledger.core.labels.reading import ISBT_128_ALONE, Reading, parse_schemes
from tests.support.wide import wide
from web.scans import Sought, bags, may_name_person, must_repeat, seek

DIN = Din("A9999", "26", "123456")
DONATION, PRODUCT, GROUP = "=A99992612345600", "=<A0002V00", "=%5100"
UNIT = f"unit:{DIN}.A0002V00"
NOON = 1_000_000
STATION = Reading(parse_schemes([{"name": "station", "pattern": "CN{fin:5}{year:2}{sequence:6}"}]))


def sought(*texts: str, first: str = "", apart_ms: int = 1000, reading: Reading = ISBT_128_ALONE) -> Sought:
    """What the last of these texts asks for, one after the other."""
    found = Sought()
    for number, text in enumerate(texts):
        now = NOON + number * apart_ms
        found = seek(text, first=first, waiting=found.waiting, reading=reading, now_ms=now)
    return found


@pytest.mark.parametrize("texts", [(DONATION, PRODUCT), (PRODUCT, DONATION), (DONATION + PRODUCT,)])
def test_a_bag_is_two_scans_in_either_order_or_one(texts: tuple[str, ...]) -> None:
    assert (sought(*texts).unit, sought(*texts).asked, sought(*texts).parted) == (UNIT, None, None)


@pytest.mark.parametrize("first", [f"]C0{DONATION}", wide(DONATION), f"{DONATION}\r"])
@pytest.mark.parametrize("second", [f"]C0{PRODUCT}", "=《A0002V00"])
def test_neither_a_scanners_prefix_nor_an_input_method_loses_a_scan(first: str, second: str) -> None:
    assert sought(first, second).unit == UNIT
    assert named(first, second) == [UNIT]
    assert not must_repeat(first, "")


def test_a_number_typed_in_wide_characters_is_the_same_number() -> None:
    typed = wide(str(DIN))
    once = sought(typed)
    assert (once.asked, once.typed) == ("again", str(DIN))
    assert sought(str(DIN), first=typed).din == f"din:{DIN}"
    assert must_repeat(typed, "")
    assert not must_repeat(str(DIN), typed)


@pytest.mark.parametrize(
    "sent", ["=;A9999ABCDEF1234567890", "]C0=;A9999ABCDEF1234567890", "\x02" + wide("='A9999ABCDEF")]
)
def test_a_label_that_names_a_person_is_known_however_it_came(sent: str) -> None:
    assert may_name_person(sent)
    assert not may_name_person(f"]C0{DONATION}")


def test_a_donation_alone_asks_for_the_product_and_the_other_way_round() -> None:
    assert sought(DONATION) == Sought(din=f"din:{DIN}", asked="product", waiting=Half(DIN, None, NOON))
    assert sought(PRODUCT) == Sought(asked="donation", waiting=Half(None, "A0002V00", NOON))


def test_a_donation_and_its_group_in_one_scan_is_still_half_a_bag() -> None:
    assert (sought(DONATION + GROUP).unit, sought(DONATION + GROUP).asked) == (None, "product")


@pytest.mark.parametrize("between", ["=A99992699999900", "box:B-1"])
def test_nothing_is_joined_across_another_scan(between: str) -> None:
    assert sought(DONATION, between).parted == "foreign"
    assert sought(DONATION, between, PRODUCT).unit != UNIT


def test_the_other_half_comes_soon_or_not_at_all() -> None:
    late = sought(DONATION, PRODUCT, apart_ms=PAIR_MS + 1)
    assert (late.unit, late.asked, late.parted) == (None, "donation", "late")


def test_a_number_without_check_character_is_typed_twice_alike() -> None:
    once = sought(str(DIN))
    assert (once.din, once.asked, once.typed) == (None, "again", str(DIN))
    twice = sought("A9999 26 123456", first=once.typed)
    assert (twice.din, twice.asked) == (f"din:{DIN}", "product")
    with pytest.raises(FormatError, match="expected A999926123456 once more, came A999926123465: begin again"):
        sought("A999926123465", first=once.typed)


@pytest.mark.parametrize("typed", [f"{DIN}{DIN.check}", f"a9999 26 123456 {DIN.check.lower()}", f"{DIN}{DIN.flag}"])
def test_a_number_with_its_check_is_typed_once(typed: str) -> None:
    assert sought(typed).din == f"din:{DIN}"


def test_a_number_as_systems_store_it_has_no_check_and_is_typed_twice() -> None:
    assert sought(f"{DIN}00").asked == "again"
    assert sought(f"{DIN}00", first=f"{DIN}00").din == f"din:{DIN}"


def test_a_typed_number_and_a_scanned_product_are_a_bag() -> None:
    assert sought(f"{DIN}{DIN.check}", PRODUCT).unit == UNIT


def test_while_a_number_is_typed_again_what_waits_goes_on_waiting() -> None:
    assert sought(PRODUCT, str(DIN)).waiting == Half(None, "A0002V00", NOON)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("O999926123456", "never the letter O"),
        (f"{DIN}{'0' if DIN.check != '0' else '1'}", "expected check character"),
        ("=A9999261234560", "expected 15 characters"),
        (f"={DIN}{'60' if DIN.flag != '60' else '61'}", "expected check flag"),
        (GROUP, "came a label that says neither"),
    ],
)
def test_what_names_nothing_says_what_was_expected(text: str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        sought(text)


@pytest.mark.parametrize(
    "text", ["unit:A999926123456.A0002V00", "E00401500A1B2C3D", "04A1B2C3D4E5F6", "box:B-1", "B-1"]
)
def test_anything_else_is_the_ledgers_to_know(text: str) -> None:
    assert sought(text) == Sought(other=text)


def test_a_link_to_a_donation_is_not_typed() -> None:
    assert sought(f"din:{DIN}") == Sought(din=f"din:{DIN}")


def test_a_national_code_is_a_scan() -> None:
    assert sought("CN3501226123456", PRODUCT, reading=STATION).unit == "unit:3501226123456.A0002V00"
    assert sought("B-1", reading=STATION) == Sought(other="B-1")


def named(*lines: str, tags: dict[str, str] | None = None, reading: Reading = ISBT_128_ALONE) -> list[str]:
    return bags(lines, reading=reading, unit_of_tag=(tags or {}).get)


def test_a_field_of_bags_takes_scans_identifiers_and_tags() -> None:
    plasma = f"unit:{DIN}.A0003V00"
    lines = (DONATION, PRODUCT, plasma, "=<A0004V00", DONATION, "tag:E0040150", DONATION + "=<A0005V00")
    assert named(*lines, tags={"tag:E0040150": "unit:X"}) == [
        UNIT, plasma, f"unit:{DIN}.A0004V00", "unit:X", f"unit:{DIN}.A0005V00",
    ]  # fmt: skip
    assert named("A999926123456.A0003V00") == [plasma]
    assert named("e0 04 01 50", tags={"tag:E0040150": UNIT}) == [UNIT]
    assert named("CN3501226123456", PRODUCT, reading=STATION) == ["unit:3501226123456.A0002V00"]
    assert named() == []


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((DONATION,), "expected the product code of the bag next to A999926123456"),
        ((PRODUCT,), "expected the donation number of the bag next to A0002V00"),
        ((DONATION, UNIT, PRODUCT), "expected the product code of the bag next to A999926123456"),
        ((DONATION, GROUP, PRODUCT), "expected the product code of the bag next to A999926123456"),
        ((PRODUCT, "=<A0003V00", DONATION), "expected the donation number of the bag next to A0002V00"),
        ((GROUP,), "came a label that says neither"),
        (("=A9999",), "expected 15 characters"),
        (("tag:E0040150",), "expected a tag that a unit has, came tag:E0040150"),
    ],
)
def test_half_a_bag_in_a_field_is_refused(lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(FormatError, match=says):
        named(*lines)


def test_a_field_for_a_donation_asks_for_the_same_number_twice() -> None:
    assert must_repeat(str(DIN), "")
    assert not must_repeat(str(DIN), str(DIN))
    assert not must_repeat(f"{DIN}{DIN.check}", "")
    assert not must_repeat(DONATION, "")
    assert not must_repeat(f"din:{DIN}", "")
    with pytest.raises(FormatError, match="begin again"):
        must_repeat(str(DIN), "A999926123465")
