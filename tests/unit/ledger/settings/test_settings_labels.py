"""What a site's configuration says of its labels."""

import tomllib
from pathlib import Path

import pytest

from ledger.core.errors import ConfigError
from ledger.settings import labels


def written(text: str) -> dict[str, object]:
    return tomllib.loads(text)


BAG = """
[labels]
codes = "codes.toml"
products = "/etc/xuemai/products.toml"

[[label_scheme]]
name = "bag"
pattern = "CN/{sequence:6}{product:4}"
fixed = { "fin" = "35012", "year" = "26", "collection_type" = "V", "division" = "00" }
products = { "0056" = "P0056" }
"""


def test_without_a_word_a_site_reads_isbt_128_with_the_shipped_tables(tmp_path: Path) -> None:
    assert labels.parse({}, tmp_path) == labels.AS_SHIPPED
    assert labels.format_lines(labels.AS_SHIPPED, tmp_path) == []


def test_what_is_read_is_written_back(tmp_path: Path) -> None:
    settings = labels.parse(written(BAG), tmp_path)
    assert (settings.codes, settings.products) == (tmp_path / "codes.toml", Path("/etc/xuemai/products.toml"))
    assert [scheme.name for scheme in settings.schemes] == ["bag"]
    again = "\n".join(labels.format_lines(settings, tmp_path))
    assert again.strip() == BAG.strip()
    assert labels.parse(written(again), tmp_path) == settings


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("labels = 5", "labels: expected a table"),
        ("[labels]\ncode = 'x'", "labels.code: unknown; expected codes, products"),
        ("[labels]\ncodes = 5", "labels.codes: expected a file"),
        ("[labels]\nproducts = ''", "labels.products: expected a file"),
        ("[[label_scheme]]\nname = 'a'\npattern = '=x'", "label scheme a: expected no = or &"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=says):
        labels.parse(written(text), tmp_path)
