"""The packs that a site has at hand: those that ship, and its own."""

from pathlib import Path

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.files import pack_text
from ledger.settings.packs import Library, digest, load, require_component

OURS = 'pack = "fuzhou"\nversion = "1"\nderives = "cn"\n'


def folder_with(tmp_path: Path, **packs: str) -> Path:
    (tmp_path / "packs").mkdir()
    for name, text in packs.items():
        (tmp_path / "packs" / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


def test_a_site_has_the_packs_that_ship_and_its_own(tmp_path: Path) -> None:
    assert Library(tmp_path).names() == ("cn", "us", "eu", "uk")
    assert Library(folder_with(tmp_path, fuzhou=OURS)).names() == ("cn", "us", "eu", "uk", "fuzhou")


def test_a_derived_pack_comes_with_what_it_derives_from(tmp_path: Path) -> None:
    file = Library(folder_with(tmp_path, fuzhou=OURS)).file("fuzhou")
    assert (file.pack.name, file.sha256, file.base_sha256) == ("fuzhou", digest(OURS), digest(pack_text("cn")))
    alone = Library(tmp_path).file("cn")
    assert (alone.pack.name, alone.base_sha256) == ("cn", None)


def test_a_pack_is_found_by_name_in_any_case_or_by_its_path(tmp_path: Path) -> None:
    site = folder_with(tmp_path, fuzhou=OURS)
    assert load("CN", site).name == "cn"
    assert load(str(site / "packs" / "fuzhou.toml"), site).derives == "cn"


def test_a_site_may_not_replace_a_pack_that_ships(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected another name; cn ships with the product"):
        Library(folder_with(tmp_path, cn=pack_text("cn"))).file("cn")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("narnia", "pack: expected one of cn, us, eu, uk, odd, latin, or a file; came 'narnia'"),
        ("odd", "odd.toml: expected the pack 'odd', came 'fuzhou'"),
        ("latin", "latin.toml: expected a policy pack in UTF-8"),
        ("nowhere.toml", "nowhere.toml: expected a policy pack in UTF-8"),
    ],
)
def test_a_pack_that_cannot_be_had_is_named(tmp_path: Path, name: str, says: str) -> None:
    site = folder_with(tmp_path, odd=OURS)
    (site / "packs" / "latin.toml").write_bytes(b"\xe9")
    with pytest.raises(ConfigError) as refused:
        load(name, site)
    assert set(says.split(", ")) <= set(str(refused.value).split(", ")) or says in str(refused.value)


def test_a_component_that_nobody_knows_is_a_slip() -> None:
    eu = load("eu", Path())
    require_component(eu, "RBC_AS")
    require_component(eu, "PLASMA_LIQUID")  # another pack knows it: this one is silent
    with pytest.raises(ConfigError, match="component: expected one that pack eu knows"):
        require_component(eu, "RBC_SA")
