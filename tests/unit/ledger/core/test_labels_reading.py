"""One scan, by whichever scheme it is of."""

import pytest

from ledger.core.errors import ConfigError, LabelError
from ledger.core.isbt128 import Din
from ledger.core.labels.codes import parse_codes
from ledger.core.labels.reading import ISBT_128_ALONE, Reading, parse_schemes, unit_of

NUMBER = {"name": "number", "pattern": "{fin:5}{year:2}{sequence:6}"}
PRODUCT = {"name": "product", "pattern": "{product:5}{collection_type:1}{division:2}"}
OTHER = {"name": "other", "pattern": "{year:2}{fin:5}{sequence:6}"}
SITE = Reading(parse_schemes([NUMBER, PRODUCT]))


def test_without_schemes_a_label_is_isbt_128() -> None:
    scanned = Reading().read("=A99992612345600=<A0002V00")
    assert (scanned.scheme, scanned.unit) == ("isbt128", "unit:A999926123456.A0002V00")
    assert scanned.label is not None
    with pytest.raises(LabelError, match="expected a data identifier at character 1"):
        Reading().read("3501226123456")


def test_what_a_scanner_put_around_a_label_is_no_part_of_it() -> None:
    assert Reading().read("]C0=A99992612345600\r\n") == Reading().read("=A99992612345600")


def test_a_check_flag_that_is_not_the_numbers_is_refused() -> None:
    assert Reading().read("=G12341765432170").din == Din("G1234", "17", "654321")
    with pytest.raises(LabelError, match="expected check flag 70 after G123417654321; got 71: scan the label again"):
        Reading().read("=G12341765432171")


def test_a_national_code_names_what_its_scheme_says() -> None:
    number, product = SITE.read("3501226123456"), SITE.read("P0056V00")
    assert (number.scheme, number.din, number.product, number.unit) == (
        "number",
        Din("35012", "26", "123456"),
        None,
        None,
    )
    assert (product.scheme, product.din, product.product, product.label) == ("product", None, "P0056V00", None)


@pytest.mark.parametrize("text", ["=A99992612345600", "&>0260422359"])
def test_what_begins_like_isbt_128_is_nothing_else(text: str) -> None:
    assert SITE.read(text).scheme == "isbt128"
    with pytest.raises(LabelError, match="expected"):
        SITE.read(text[:-1])


def test_a_text_of_no_scheme_says_which_there_are() -> None:
    with pytest.raises(LabelError, match=r"begins with = or &, or a label of number, product, came '690123'"):
        SITE.read("690123")


def test_a_text_that_nearly_fits_says_why_it_does_not() -> None:
    with pytest.raises(LabelError, match=r"label scheme number: .*never the letter O"):
        SITE.read("O501226123456")


def test_a_text_of_two_schemes_is_believed_only_if_they_agree() -> None:
    twin = {**NUMBER, "name": "twin"}
    assert Reading(parse_schemes([NUMBER, twin])).read("3501226123456").scheme == "number"
    with pytest.raises(LabelError, match="came one of number and other that differ"):
        Reading(parse_schemes([NUMBER, OTHER])).read("3511226123450")


def test_the_sites_code_tables_are_used() -> None:
    codes = parse_codes('facility = "A9999"\nversion = "1"\n[blood_groups]\nP2 = { abo = "AB", zh = "A", en = "A" }\n')
    label = Reading(codes=codes).read("=%P200").label
    assert label is not None
    assert label.structures[0].fields["abo"] == "AB"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("=A99992612345600=A99992612345700", "expected one donation in a scan; got 2"),
        ("=A99992612345600=<E0382V00=<E0383V00", "expected one product in a scan; got 2"),
        ("=A99992612345689=A99992612345690", "expected check flag 89 after A999926123456; got 90"),
    ],
)
def test_two_bags_in_one_line_are_refused(text: str, says: str) -> None:
    with pytest.raises(LabelError, match=says):
        ISBT_128_ALONE.read(text)


def test_a_bar_that_was_read_twice_is_one_bag() -> None:
    assert str(ISBT_128_ALONE.read("=A99992612345600=A99992612345689").din) == "A999926123456"


def test_a_bag_needs_both_halves() -> None:
    din = Din("A9999", "26", "123456")
    assert unit_of(din, "A0002V00") == "unit:A999926123456.A0002V00"
    assert unit_of(din, None) is unit_of(None, "A0002V00") is None
    assert unit_of(din, "a0002V00") is None


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({}, "label_scheme: "),
        ([{"name": "number"}], "missing required field `pattern`"),
        ([{**NUMBER, "fixed": {"year": 26}}], "Expected `str`, got `int`"),
        ([{**NUMBER, "patern": ""}], "unknown field `patern`"),
        ([NUMBER, NUMBER], "expected each name once"),
        ([{**NUMBER, "name": "isbt128"}], "none isbt128"),
        ([{**NUMBER, "pattern": "x"}], "label scheme number"),
    ],
)
def test_what_cannot_be_configured_is_refused_by_name(tables: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_schemes(tables)
