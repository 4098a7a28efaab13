"""Packs in force and figures confirmed, asked inside the transaction: what was looked at is what is decided."""

from pathlib import Path

import pytest

from ledger.acts import enforcement
from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.read.packs import confirmations, enforcements
from ledger.read.reader import Reader, reading
from ledger.rules.files import pack_text
from ledger.settings.packs import Library, PackFile
from tests.support.producers import StoryClock, site_in

XU, LIN = "person:" + "1" * 32, "person:" + "2" * 32
STORE = {"cn/RBC_AS.store": "200..600"}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


def said(site: Site, values: dict[str, str], clause: str = "4.2") -> str | None:
    with Ledger(site, StoryClock()) as ledger:
        refused = enforcement.confirm(ledger, ("cn", "2026.1"), values, clause=clause, by=XU)
    return None if refused is None else refused.step


def test_a_confirmation_is_for_the_pack_and_the_value_that_were_looked_at(site: Site) -> None:
    assert said(site, {"cn/RBC_AS.store": "200..700"}) == "figure.changed"
    assert said(site, {"cn/RBC_AS.fridge": "200..700"}) == "figure.unknown"
    assert said(site, {}) == "fields"
    assert said(site, dict.fromkeys(map(str, range(201)), "1")) == "fields"
    assert said(site, STORE, clause=" ") == "fields"
    assert said(site, STORE) is None
    assert said(site, STORE) == "figure.holds"
    with Ledger(site, StoryClock()) as ledger:
        assert enforcement.enforce(ledger, Library(site.directory).file("us"), by=XU, second=LIN) is None
    assert said(site, {"cn/WB.store": "200..600"}) == "figure.pack"
    with reading(site) as reader:
        [told] = confirmations(reader).values()
        assert (told.pack, told.figure, told.value, told.clause, told.by) == (
            "cn",
            *next(iter(STORE.items())),
            "4.2",
            XU,
        )
        assert [(each.pack, each.by, each.second) for each in enforcements(reader)] == [
            ("us", XU, LIN),
            ("cn", None, None),
        ]


def test_what_was_in_force_at_an_earlier_size_is_still_known(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        enforcement.enforce(ledger, Library(site.directory).file("us"), by=XU, second=LIN)
    with reading(site) as reader:
        assert (reader.pack.name, reader.as_known_at(1).pack.name, reader.as_known_at(0).pack.name) == (
            "us",
            "cn",
            "cn",
        )


def test_a_pack_in_force_whose_file_is_not_kept_judges_nothing(site: Site) -> None:
    ours = PackFile('pack = "ours"\nversion = "lost"\nderives = "cn"\n', pack_text("cn"))
    with Ledger(site, StoryClock()) as ledger:
        ledger.record("site", [Draft(kinds.PackEnforced, ours.fields)])
    with reading(site) as reader, pytest.raises(ConfigError, match="is in force and not kept; run xuemai fsck"):
        _ = reader.pack


def test_a_changed_base_needs_a_new_version_of_what_derives_from_it(site: Site) -> None:
    text = 'pack = "ours"\nversion = "1"\nderives = "cn"\n'
    with Ledger(site, StoryClock()) as ledger:
        enforcement.enforce(ledger, PackFile(text, pack_text("cn")), by=XU, second=LIN)
        newer = PackFile(text, pack_text("cn") + "\n# newer\n")
        refused = enforcement.enforce(ledger, newer, by=XU, second=LIN)
    assert refused is not None
    assert refused.step == "pack.version"


def test_the_reader_of_one_snapshot_parses_a_pack_once(site: Site) -> None:
    with reading(site) as reader:
        assert reader.pack is Reader(reader.connection, site).pack
