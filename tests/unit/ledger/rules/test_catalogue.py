"""The sample catalogue, and what a site's own catalogue may not say."""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.catalogue import parse_catalogue
from ledger.rules.files import catalogue_text, pack_text
from ledger.rules.pack_file import parse_pack


def test_the_sample_catalogue_is_neutral() -> None:
    catalogue = parse_catalogue(catalogue_text())
    assert catalogue.facility == "A9999"
    assert {code: (product.component, product.zh) for code, product in catalogue.products.items()} == {
        "A0001": ("WB", "全血"),
        "A0002": ("RBC_AS", "悬浮红细胞"),
        "A0003": ("FFP", "新鲜冰冻血浆"),
        "A0004": ("PLT", "浓缩血小板"),
        "A0005": ("RBC_WASHED", "洗涤红细胞"),
        "A0006": ("FP", "冰冻血浆"),
        "A0008": ("CRYO", "冷沉淀凝血因子"),
        "A0012": ("RBC_AS", "辐照悬浮红细胞"),
    }


def test_a_units_product_is_found_by_its_first_five_characters() -> None:
    catalogue = parse_catalogue(catalogue_text())
    found = catalogue.find("A0002V00")
    assert found is not None
    assert (found.amount, found.measure) == (200, "U")
    assert catalogue.find("A0099V00") is None


@pytest.mark.parametrize(("written", "counted"), [("0.5", 50), ("1.5", 150), ("1.75", 175), ("2.0", 200), ("3", 300)])
def test_half_and_quarter_units_are_counted_in_hundredths(written: str, counted: int) -> None:
    text = catalogue_text().replace("amount = 2\n", f"amount = {written}\n", 1)
    found = parse_catalogue(text).find("A0002")
    assert found is not None
    assert (found.amount, found.measure) == (counted, "U")


@pytest.mark.parametrize("name", ["cn", "us"])
def test_every_component_of_the_sample_can_be_judged(name: str) -> None:
    pack = parse_pack(pack_text(name))
    for product in parse_catalogue(catalogue_text()).products.values():
        assert pack.limits(product.component, "store") is not None
        assert pack.limits(product.component, "transport") is not None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("amount = 400", "amount = 0", "products.A0001.amount: expected a whole number of mL, 1 or more"),
        ("amount = 400", "amount = 0.5", "products.A0001.amount: expected a whole number of mL"),
        ("amount = 2\n", "amount = 0.125\n", "products.A0002.amount: expected an amount such as 4 or 1.5"),
        ("amount = 400", 'amount = "400"', "products.A0001.amount: expected `int | float`"),
        ("products.A0001", "products.a0001", "products.a0001: expected a product code"),
        ('measure = "mL"', 'measure = "cup"', "products.A0001.measure"),
        ('component = "WB"', "", "products.A0001: object missing required field `component`"),
        ('version = "2026.1"', "", "catalogue : object missing required field `version`"),
        ("[products.A0001]", "[products.A0001", "catalogue: expected TOML"),
        ('zh = "全血"', 'zh = "全血"\nprice = 1', "unknown field `price`"),
        ('version = "2026.1"', 'version = "2026.1"\nowner = "a"', "unknown field `owner`"),
    ],
)
def test_a_wrong_catalogue_names_the_key(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_catalogue(catalogue_text().replace(old, new, 1))
    assert says in str(refused.value)


def test_a_table_that_is_none_is_named() -> None:
    with pytest.raises(ConfigError, match=r"products.A0001"):
        parse_catalogue('facility = "A9999"\nversion = "1"\n[products]\nA0001 = 5\n')
