"""What the codes of a label mean, by the tables that a facility supplies."""

import pytest

from ledger.core.errors import ConfigError
from ledger.core.isbt128 import parse
from ledger.core.isbt128.groups import CORE_GROUPS, Group
from ledger.core.labels.codes import NO_CODES, Meaning, parse_codes
from ledger.rules.files import codes_text

OWN = """
facility = "A9999"
version = "7"
[blood_groups]
M1 = { zh = "自体", en = "Autologous" }
P2 = { abo = "AB", zh = "AB 型", en = "AB" }
51 = { abo = "O", rhd = "positive", zh = "O", en = "O" }
[flags]
05 = { zh = "第五份", en = "fifth" }
[phenotypes]
10 = { zh = "表型", en = "phenotype" }
[collection_types]
V = { zh = "无偿", en = "volunteer" }
[special_tests]
Z0001 = { zh = "检验", en = "test" }
[makers]
ZZ = { zh = "厂家", en = "maker" }
[places]
01 = { zh = "腕带", en = "wrist band" }
[times]
02 = { zh = "辐照", en = "irradiation" }
"""
CODES = parse_codes(OWN)


def test_the_sample_facility_has_the_core_groups_and_nothing_licensed() -> None:
    codes = parse_codes(codes_text())
    assert (codes.facility, dict(codes.groups)) == ("A9999", dict(CORE_GROUPS))
    assert set(codes.meanings["blood_groups"]) == set(CORE_GROUPS)
    assert not codes.meanings["special_tests"]
    assert not codes.meanings["makers"]


def test_a_code_of_the_facility_says_its_group() -> None:
    assert parse("=%P200").structures[0].fields == {"abo": None, "rhd": None, "group": "P2"}
    assert parse("=%P200", groups=CODES.groups).structures[0].fields == {"abo": "AB", "rhd": None, "group": "P2"}
    assert CODES.groups["M1"] == Group(None, None)


def test_a_core_group_needs_no_table_and_is_not_lost_by_one() -> None:
    for groups in (NO_CODES.groups, CODES.groups):
        assert parse("=%0600", groups=groups).structures[0].fields == {"abo": "A", "rhd": "negative"}


@pytest.mark.parametrize(
    ("text", "meanings"),
    [
        ("=A99992612345605", {"flags": "fifth"}),
        ("=A99992612345600", {}),
        ("=%M110", {"group": "Autologous", "phenotype": "phenotype"}),
        ("=%5100", {"group": "O"}),
        ("=<A0001V00", {"collection_type": "volunteer"}),
        ("&(Z0001", {"code": "test"}),
        ("&(Z0002", {}),
        ("=)1ZZ1234567", {"maker": "maker"}),
        ("=-ZZ12345678", {"maker": "maker"}),
        ("=#0119800229", {"place": "wrist band"}),
        ("&#0102AB", {"place": "wrist band"}),
        ("=(0002202602110815", {"meaning": "irradiation"}),
        ("=>026042", {}),
    ],
)
def test_each_code_is_explained_by_its_own_table(text: str, meanings: dict[str, str]) -> None:
    structure = parse(text).structures[0]
    assert {name: each.en for name, each in CODES.explain(structure).items()} == meanings
    assert NO_CODES.explain(structure) == {}


def test_a_meaning_is_said_in_both_languages() -> None:
    assert CODES.explain(parse("=%M100").structures[0])["group"] == Meaning(zh="自体", en="Autologous")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version", "versions", "codes: "),
        ('abo = "AB"', 'abo = "C"', "Invalid enum value"),
        ('facility = "A9999"', "facility =", "codes: expected TOML"),
        ('51 = { abo = "O"', '51 = { abo = "A"', r"blood_groups.51: expected O positive"),
        ("05 =", "005 =", r"flags.005: expected 2 of"),
        ("Z0001", "Z001", r"special_tests.Z001: expected 5 of"),
        ("M1 =", '"M-" =', r"blood_groups.M-: expected 2 of"),
        ("V =", '"血" =', r"collection_types.血: expected 1 of"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_its_key(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_codes(OWN.replace(old, new, 1))
