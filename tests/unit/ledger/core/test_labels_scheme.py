"""A site's own label schemes: what a national code names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import ConfigError, LabelError
from ledger.core.isbt128 import Din
from ledger.core.labels.scheme import Named, scheme

DIN = Din("35012", "26", "123456")
NUMBER = scheme("number", "{fin:5}{year:2}{sequence:6}")
CHECKED = scheme("checked", "{fin:5}{year:2}{sequence:6}{check:1}")
FLAGGED = scheme("flagged", "{fin:5}{year:2}{sequence:6}{flags:2}")
PRODUCT = scheme("product", "{product:5}{collection_type:1}{division:2}")
BAG = scheme(
    "bag",
    "CN-{year:2}{sequence:6}/{product:4}",
    fixed={"fin": "35012", "collection_type": "V", "division": "00"},
    products={"0056": "P0056", "0057": "P0057"},
)


def test_a_number_without_identifier_names_the_donation() -> None:
    assert NUMBER.read("3501226123456") == Named(DIN, None)


def test_a_product_code_names_the_product() -> None:
    assert PRODUCT.read("P0056V00") == Named(None, "P0056V00")


def test_one_code_names_the_bag_with_what_the_site_has_fixed() -> None:
    assert BAG.read("CN-26123456/0057") == Named(DIN, "P0057V00")


@pytest.mark.parametrize("text", ["", "350122612345", "35012261234567", "CN-26123456/00577", "DN-26123456/0057"])
def test_another_text_is_not_of_the_scheme(text: str) -> None:
    assert NUMBER.read(text) is None
    assert BAG.read(text) is None


def test_a_check_character_and_flags_are_judged() -> None:
    assert CHECKED.read(f"{DIN}{DIN.check}") == FLAGGED.read(f"{DIN}{DIN.flag}") == Named(DIN, None)
    assert FLAGGED.read(f"{DIN}00") == Named(DIN, None)
    with pytest.raises(LabelError, match="label scheme checked: expected check character"):
        CHECKED.read(f"{DIN}{'0' if DIN.check != '0' else '1'}")
    with pytest.raises(LabelError, match="label scheme flagged: expected check flag"):
        FLAGGED.read(f"{DIN}{'60' if DIN.flag != '60' else '61'}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("O501226123456", "label scheme number: .*never the letter O"),
        ("350122612345X", "expected 6 digits for the sequence"),
    ],
)
def test_a_part_that_is_wrong_is_named(text: str, says: str) -> None:
    with pytest.raises(LabelError, match=says):
        NUMBER.read(text)


def test_a_product_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(LabelError, match="label scheme bag: expected a product code of its table, came '0058'"):
        BAG.read("CN-26123456/0058")


def test_a_long_national_product_code_is_looked_up() -> None:
    made = scheme(
        "long",
        "{product:10}",
        fixed={"collection_type": "V", "division": "00"},
        products={"6901234567": "P0056"},
    )
    assert made.read("6901234567") == Named(None, "P0056V00")


def test_a_product_in_small_letters_is_refused() -> None:
    with pytest.raises(LabelError, match="label scheme product: expected a product code"):
        PRODUCT.read("p0056V00")


@pytest.mark.parametrize(
    ("made", "named", "text"),
    [
        (NUMBER, Named(DIN), "3501226123456"),
        (CHECKED, Named(DIN), f"3501226123456{DIN.check}"),
        (FLAGGED, Named(DIN), "350122612345600"),
        (PRODUCT, Named(product="P0056V00"), "P0056V00"),
        (BAG, Named(DIN, "P0057V00"), "CN-26123456/0057"),
    ],
)
def test_what_is_read_is_written_back(made: object, named: Named, text: str) -> None:
    assert made.format(named) == text  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "named", [Named(), Named(DIN), Named(product="P0057V00"), Named(DIN, "P0058V00"), Named(DIN, "P0057V01")]
)
def test_what_a_scheme_cannot_carry_is_not_written(named: Named) -> None:
    with pytest.raises(LabelError, match="expected"):
        BAG.format(named)


def test_flags_are_written_as_asked() -> None:
    assert FLAGGED.format(Named(DIN), flags=DIN.flag) == f"{DIN}{DIN.flag}"


@given(st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}", fullmatch=True).map(Din.parse))
def test_every_number_is_read_back(din: Din) -> None:
    for made in (NUMBER, CHECKED, FLAGGED):
        assert made.read(made.format(Named(din))) == Named(din)


@given(st.text(max_size=20))
def test_any_text_is_of_the_scheme_or_not_or_refused(text: str) -> None:
    for made in (NUMBER, CHECKED, FLAGGED, PRODUCT, BAG):
        try:
            named = made.read(text)
        except LabelError:
            assert len(text) == made.length
            continue
        assert named is None or made.format(named, flags=text[13:]) == text


@pytest.mark.parametrize("pattern", [NUMBER.pattern, BAG.pattern])
def test_a_pattern_is_kept_as_configured(pattern: str) -> None:
    assert pattern in {"{fin:5}{year:2}{sequence:6}", "CN-{year:2}{sequence:6}/{product:4}"}


FIXED = {"fin": "35012", "collection_type": "V", "division": "00"}


@pytest.mark.parametrize(
    ("pattern", "fixed", "products", "says"),
    [
        ("{fin:5}{year:2}", {}, {}, r"expected a pattern with \{sequence:6\}"),
        ("", {}, {}, r"expected a pattern with \{sequence:6\}"),
        ("{year:2}{sequence:6}", {}, {}, "expected fin in the pattern or fixed"),
        ("{fin:5}{sequence:6}", {}, {}, "expected year in the pattern or fixed"),
        ("{product:5}", {"division": "00"}, {}, "expected collection_type in the pattern or fixed"),
        ("{fin:4}{year:2}{sequence:6}", {}, {}, "expected fin of 5 characters, came 4"),
        ("{product:5}{division:3}", {}, {}, "expected division of 2 or 6 characters, came 3"),
        ("{product:17}", {}, {}, "expected product of 1 to 16 characters, came 17"),
        ("{donor:5}{sequence:6}", {}, {}, "expected literal characters and parts"),
        ("{fin:5} {sequence:6}", {}, {}, "expected literal characters and parts"),
        ("{fin:5}}{sequence:6}", {}, {}, "expected literal characters and parts"),
        ("={fin:5}{year:2}{sequence:6}", {}, {}, "expected no = or & at the start"),
        ("&{fin:5}{year:2}{sequence:6}", {}, {}, "expected no = or & at the start"),
        ("{fin:5}{year:2}{sequence:6}{year:2}", {}, {}, "expected each part once"),
        ("{fin:5}{year:2}{sequence:6}", {"year": "26"}, {}, "expected each part once"),
        ("{fin:5}{year:2}{sequence:6}{check:1}{flags:2}", {}, {}, "expected check or flags, not both"),
        ("{product:5}{check:1}", FIXED, {}, "expected check or flags"),
        ("{year:2}{sequence:6}", {"fin": "O5012"}, {}, "fixed: .*never the letter O"),
        ("{fin:5}{sequence:6}", {"year": "6"}, {}, "fixed: expected 2 digits for the year"),
        ("{product:5}{collection_type:1}", {"division": "0"}, {}, "fixed: expected a product code"),
        ("{product:5}{division:2}", {"collection_type": "VV"}, {}, "fixed: expected a product code"),
        ("{fin:5}{year:2}{sequence:6}", {"check": "A"}, {}, "fixed.check: expected one of"),
        ("{product:4}", FIXED, {}, r"expected \{product:5\}, or a table of products"),
        ("{product:4}", FIXED, {"056": "P0056"}, "products.056: expected a code of 4 characters"),
        ("{product:4}", FIXED, {"0056": "0056"}, "products.0056: .* came '0056'"),
        ("{fin:5}{year:2}{sequence:6}", {}, {"0056": "P0056"}, "products.0056"),
    ],
)
def test_a_scheme_that_cannot_be_is_refused(
    pattern: str, fixed: dict[str, str], products: dict[str, str], says: str
) -> None:
    with pytest.raises(ConfigError, match=rf"label scheme odd: .*{says}|label scheme odd: {says}"):
        scheme("odd", pattern, fixed=fixed, products=products)


def test_a_scheme_has_a_name() -> None:
    with pytest.raises(ConfigError, match="expected a name"):
        scheme("a b", NUMBER.pattern)
