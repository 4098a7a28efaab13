"""The tables that a site names, and the sample facility's where it names none."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.errors import ConfigError
from ledger.read.labels import catalogue_of, reading_of
from ledger.settings.labels import LabelSettings
from tests.support.producers import site_in

CODES = 'facility = "A9999"\nversion = "7"\n[blood_groups]\nP2 = { abo = "AB", zh = "AB", en = "AB" }\n'
PRODUCTS = """
facility = "A9999"
version = "7"
[products.P0056]
component = "RBC_AS"
zh = "悬浮红细胞"
en = "Red cells"
amount = 2
measure = "U"
"""


def test_without_a_word_the_sample_facility_is_taken(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    assert reading_of(site).codes.version == "2026.1"
    assert catalogue_of(site).find("A0002V00") is not None


def test_a_site_supplies_its_own(tmp_path: Path) -> None:
    codes, products = tmp_path / "codes.toml", tmp_path / "products.toml"
    codes.write_text(CODES, encoding="utf-8")
    products.write_text(PRODUCTS, encoding="utf-8")
    site = replace(site_in(tmp_path / "site"), labels=LabelSettings(codes, products))
    label = reading_of(site).read("=%P200").label
    assert label is not None
    assert label.structures[0].fields["abo"] == "AB"
    found = catalogue_of(site).find("P0056V00")
    assert found is not None
    assert found.component == "RBC_AS"
    assert catalogue_of(site).find("A0002V00") is None


@pytest.mark.parametrize("content", [None, b"\xff", b"facility ="])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "table.toml"
    if content is not None:
        path.write_bytes(content)
    site = replace(site_in(tmp_path / "site"), labels=LabelSettings(path, path))
    with pytest.raises(ConfigError, match="codes"):
        reading_of(site)
    with pytest.raises(ConfigError, match=r"products|catalogue"):
        catalogue_of(site)
