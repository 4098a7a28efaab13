"""Documents beside the log: kept once, guarded like the log, and held against the events that name them."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.append import Draft, Erasure, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.note import format_base64
from ledger.fsck import examine
from ledger.read.history import Entry, recorded
from ledger.read.reader import reading
from ledger.rules import files
from ledger.settings.packs import PackFile
from ledger.store import enclosures
from tests.support.copies import unguarded
from tests.support.producers import StoryClock, site_in

DOCUMENT = b"a passport of another log"
NAMED = Draft(
    kinds.PassportAccepted,
    {
        "units": ["unit:A999926123456.A0002V00"],
        "origin": "other.example/ledger/1",
        "as_of_size": 7,
        "sha256": format_base64(hashlib.sha256(DOCUMENT).digest()),
        "verdict": "warnings",
    },
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        assert not isinstance(ledger.enclose([NAMED], DOCUMENT), Refused)
    return made


def altered(site: Site, statement: str, *values: object) -> None:
    """What somebody does who owns the database; the seal is gone, as after a crash."""
    site.seal.unlink(missing_ok=True)
    with unguarded(site, "enclosures") as execute:
        execute(statement, values)


def bad(site: Site) -> str:
    report = examine(site)
    assert report.first_bad is not None
    assert report.first_bad.check == "enclosures"
    return report.first_bad.found


def test_a_document_is_kept_with_the_event_that_names_it(site: Site) -> None:
    report = examine(site)
    assert report.ok, report.first_bad
    assert "enclosures: 2, as the log names them" in report.checks


def test_the_same_document_is_recorded_once(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        size = ledger.size
        again = ledger.enclose([NAMED], DOCUMENT)
        assert isinstance(again, Refused)
        assert (again.step, ledger.size) == ("enclosure", size)
    assert examine(site).ok


def test_the_pack_in_force_is_kept_with_what_it_derives_from(site: Site) -> None:
    ours = PackFile('pack = "ours"\nversion = "1"\nderives = "cn"\n', files.pack_text("cn"))
    with Ledger(site, StoryClock()) as ledger:
        ledger.enforce([Draft(kinds.PackEnforced, ours.fields)], ours.documents)
    report = examine(site)
    assert "enclosures: 3, as the log names them" in report.checks  # the base was there already
    altered(site, "DELETE FROM enclosures WHERE document = ?", ours.documents[1])
    assert bad(site) == "none"


def test_what_cannot_be_recorded_leaves_no_document(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        refused = ledger.enclose([Draft(kinds.PassportAccepted, {**NAMED.fields, "units": []})], b"another")
        assert isinstance(refused, Refused)
    assert examine(site).ok


def test_a_document_that_was_altered_removed_or_slipped_in_is_found(site: Site) -> None:
    kept = hashlib.sha256(DOCUMENT).digest()
    altered(site, "UPDATE enclosures SET document = ? WHERE sha256 = ?", b"other bytes", kept)
    assert bad(site) == hashlib.sha256(b"other bytes").hexdigest()
    altered(site, "DELETE FROM enclosures WHERE sha256 = ?", kept)
    assert bad(site) == "none"
    altered(site, "INSERT INTO enclosures VALUES (?, ?)", kept, DOCUMENT)
    assert examine(site).ok
    altered(site, "INSERT INTO enclosures VALUES (?, ?)", hashlib.sha256(b"x").digest(), b"x")
    assert bad(site) == "one of none"


@pytest.mark.sqlite
@pytest.mark.parametrize("statement", ["UPDATE enclosures SET document = x'00'", "DELETE FROM enclosures"])
def test_the_table_is_append_only(site: Site, statement: str) -> None:
    refused = pytest.raises(sqlite3.IntegrityError, match="enclosures is append-only")
    with closing(sqlite3.connect(site.ledger_db)) as opened, refused:
        opened.execute(statement)


def test_an_accepted_passport_stays_as_its_sender_signed_it_whatever_is_erased(site: Site) -> None:
    with Ledger(site, StoryClock()) as ledger:
        accepted = next(
            each.event.seq for each in recorded(_site_events(site)) if isinstance(each.event, kinds.PassportAccepted)
        )
        refused = ledger.erase(Erasure("site", accepted, "somebody asked"))
        assert isinstance(refused, Refused)
        assert refused.step == "erasure.protected"
        assert "stays as its sender signed it" in refused.reason
        other = ledger.erase(Erasure("site", 1, "somebody asked"))
        assert isinstance(other, Refused)
        assert "every proof rests on it" in other.reason
    with reading(site) as reader:
        assert enclosures.kept(reader.connection, str(NAMED.fields["sha256"])) == DOCUMENT
    assert examine(site).ok


def _site_events(site: Site) -> list[Entry]:
    with reading(site) as reader:
        return reader.history.of_stream("site")
