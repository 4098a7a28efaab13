"""What people withhold: in the log a commitment alone, in a keeper's file the value, after an erasure nothing of it."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Erasure, Ledger, Rejected, Withheld
from ledger.backup import back_up
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.producers import NOON_MS, Gateway, StoryClock, claim, introduce, site_in

UNIT, DIN = "unit:A999926000001.E0382V00", "din:A999926000001"
PERSON = "person:" + "e" * 32
CENTRE = "org:a9999"
CANARY = "CANARY4711 HBsAg reactive"
PLACE = ("web", 2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


@pytest.fixture
def ledger(site: Site) -> Iterator[Ledger]:
    """A ledger that withholds a test's value, and another's."""
    with Ledger(site, StoryClock()) as opened:
        introduce(opened, Gateway("gw-centre"))
        claim(opened, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON}))
        claim(opened, laboratory_found(CANARY))
        claim(opened, laboratory_found("another value"))
        yield opened


def laboratory_found(*values: str) -> Draft:
    results = [Withheld(value, CENTRE) for value in values]
    return Draft(kinds.Tested, {"din": DIN, "overall": "unfit", "results": results})


def salt_of(ledger: Ledger, place: tuple[str, int]) -> bytes:
    (kept,) = ledger.withheld.of_events([place])[place]
    return kept.salt


def files_with(folder: Path, *words: bytes) -> set[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if any(word in path.read_bytes() for word in words)}


def erase(ledger: Ledger, what: str, place: tuple[str, int] = PLACE) -> None:
    answer = ledger.erase(Erasure(*place, "a court's order", "value" if what == "value" else "body"), by=PERSON)
    assert not isinstance(answer, Refused), answer


def require_sound(site: Site) -> list[str]:
    report = examine(site)
    assert report.ok, str(report.first_bad)
    return report.checks


def test_the_log_holds_a_commitment_and_the_keeper_the_value(site: Site, ledger: Ledger) -> None:
    with reading(site) as reader:
        [told] = [each for each in reader.entries_about(UNIT) if (each.stream, each.seq) == PLACE]
    assert told.recorded is not None
    assert isinstance(told.recorded.event, kinds.Tested)
    [kept] = ledger.withheld.of_events([PLACE])[PLACE]
    assert told.recorded.event.results == [kept.commitment]
    assert kept.opens
    assert kept.value == CANARY
    assert files_with(site.directory, CANARY.encode(), kept.salt) <= {"withheld.db", "withheld.db-wal"}
    assert "withheld: 2 values, each behind a commitment of its event" in require_sound(site)


@pytest.mark.parametrize("what", ["value", "body"])
def test_an_erasure_leaves_neither_salt_nor_value_in_any_byte(site: Site, ledger: Ledger, what: str) -> None:
    salt = salt_of(ledger, PLACE)
    assert files_with(site.directory, CANARY.encode(), salt)
    erase(ledger, what)
    assert not files_with(site.directory, CANARY.encode(), salt), "while the ledger is open, with write-ahead logs"
    back_up(site, site.directory.with_name("backup"), time="2026-03-01T12:00:00.000Z")
    ledger.close()
    assert not files_with(site.directory.parent, CANARY.encode(), salt)
    assert "withheld: 1 values, each behind a commitment of its event" in require_sound(site)
    with reading(site) as reader:
        [told] = [each for each in reader.entries_about(UNIT) if (each.stream, each.seq) == PLACE]
    assert (told.body is None) == (what == "body"), "of an erased value the event itself stays"


def test_what_is_refused_is_not_kept(site: Site, ledger: Ledger) -> None:
    strange = Draft(kinds.Quarantined, {"unit": "no unit at all", "reason": "x"})
    answer = ledger.record("web", [laboratory_found("CANARY0815"), strange])
    assert isinstance(answer, Refused)
    assert not files_with(site.directory, b"CANARY0815")


def test_no_event_commits_to_a_value_that_could_not_be_kept(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        size = ledger.size
        site.withheld_db.mkdir()
        with pytest.raises(Rejected, match=r"storage.*withheld\.db") as refused:
            ledger.record("web", [laboratory_found(CANARY)])
        assert CANARY not in str(refused.value)
        assert ledger.size == size
        site.withheld_db.rmdir()
        claim(ledger, laboratory_found(CANARY))
    require_sound(site)


def test_an_erasure_reaches_what_a_crash_or_an_old_copy_brought_back(site: Site, ledger: Ledger) -> None:
    erase(ledger, "value", ("web", 3))
    shutil.copyfile(site.withheld_db, older := site.directory.parent / "older")
    erase(ledger, "body")
    ledger.close()
    shutil.copyfile(older, site.withheld_db)
    older.unlink()
    assert "withheld: 1 values, each behind a commitment of its event; 1 still to be destroyed" in require_sound(site)
    with Ledger(site, StoryClock(NOON_MS + 1)) as opened:
        assert opened.withheld.of_events([PLACE]) == {}
        assert not files_with(site.directory, CANARY.encode())


def test_a_value_that_was_altered_is_found(site: Site, ledger: Ledger) -> None:
    ledger.close()
    with sqlite3.connect(site.withheld_db) as hand:
        hand.execute("UPDATE kept SET value = 'not reactive' WHERE seq = 2")
    hand.close()
    first_bad = examine(site).first_bad
    assert first_bad is not None
    assert (first_bad.check, first_bad.expected) == ("withheld", "salt and value of the commitment")
    with sqlite3.connect(site.withheld_db) as hand:
        hand.execute("UPDATE kept SET value = ? WHERE seq = 2", (CANARY,))
        hand.execute("UPDATE kept SET seq = 5 - seq")
    hand.close()
    first_bad = examine(site).first_bad
    assert first_bad is not None
    assert (first_bad.check, first_bad.expected) == ("withheld", "an event with this commitment")
