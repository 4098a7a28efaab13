"""Files beside assessments: kept with the event or not at all, and gone with the last one that names them."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Erasure, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.rules.evidence import EvidenceFile
from ledger.store import evidence
from ledger.store import tables as t
from ledger.store.evidence import sha256_of
from tests.support.copies import unguarded
from tests.support.producers import StoryClock, claim, site_in

CSV = b"time,celsius\n2026-03-01T12:00:00Z,4.0\n"
PAPER = b"read by eye: 4.5"
LOGGER, NOTES = EvidenceFile("logger_file", CSV), EvidenceFile("manual_readings", PAPER)
UNITS = tuple(f"unit:A99992600000{number}.A0002V00" for number in (1, 2))


def judged(unit: str, *files: object) -> Draft:
    told = {"unit": unit, "outcome": "fit", "second": "person:" + "2" * 32, "by": "person:" + "1" * 32}
    return Draft(kinds.Assessed, told | {"evidence": list(files)})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two bags of existing stock."""
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as opened:
        for unit in UNITS:
            claim(opened, Draft(kinds.Opening, {"unit": unit}))
        yield opened


def kept(ledger: Ledger) -> set[bytes]:
    with reading(ledger.site) as reader:
        return set(map(bytes, reader.connection.execute(select(t.evidence.c.document)).scalars()))


def assess(ledger: Ledger, *drafts: Draft) -> list[kinds.Event]:
    answer = ledger.record("web", drafts)
    assert not isinstance(answer, Refused), answer
    return [each.event for each in answer]


def erase(ledger: Ledger, event: kinds.Event) -> None:
    assert not isinstance(ledger.erase(Erasure("web", event.seq, "it named somebody")), Refused)


def refusal(ledger: Ledger, *drafts: Draft) -> str:
    size = ledger.size
    answer = ledger.record("web", drafts)
    assert isinstance(answer, Refused)
    assert ledger.size == size
    return answer.step


def bad(site: Site, statement: str, *values: object) -> tuple[str, str]:
    """What the examination says after somebody who owns the database did this."""
    site.seal.unlink(missing_ok=True)
    with unguarded(site, "evidence") as execute:
        execute(statement, values)
    report = examine(site)
    assert report.first_bad is not None
    return report.first_bad.check, report.first_bad.found


def test_a_file_is_kept_once_with_every_assessment_that_names_it(ledger: Ledger) -> None:
    first, second = assess(ledger, judged(UNITS[0], LOGGER, NOTES), judged(UNITS[1], LOGGER))
    assert isinstance(first, kinds.Assessed)
    assert isinstance(second, kinds.Assessed)
    assert [(each.sha256, each.what, each.octets) for each in first.evidence] == [
        (sha256_of(CSV), "logger_file", len(CSV)),
        (sha256_of(PAPER), "manual_readings", len(PAPER)),
    ]
    assert second.evidence == first.evidence[:1]
    assess(ledger, judged(UNITS[0], LOGGER))
    assert kept(ledger) == {CSV, PAPER}
    assert "evidence: 2, as the assessments name them" in examine(ledger.site).checks


def test_the_event_and_its_file_are_written_together_or_neither(ledger: Ledger) -> None:
    unknown = judged("unit:A999926000009.A0002V00", NOTES)
    assert refusal(ledger, judged(UNITS[0], LOGGER), unknown) == "lifecycle.step"
    assert kept(ledger) == set()


def test_an_assessment_names_no_file_that_nobody_has(ledger: Ledger) -> None:
    named = {"sha256": sha256_of(CSV), "what": "logger_file", "octets": len(CSV)}
    assert refusal(ledger, judged(UNITS[0], named)) == "evidence.kept"
    assess(ledger, judged(UNITS[0], LOGGER))
    assert refusal(ledger, judged(UNITS[1], named | {"octets": 1})) == "evidence.kept"
    assess(ledger, judged(UNITS[1], named))
    assert examine(ledger.site).ok


def test_a_file_goes_with_the_last_assessment_that_names_it(ledger: Ledger) -> None:
    first, second = assess(ledger, judged(UNITS[0], LOGGER, NOTES), judged(UNITS[1], LOGGER))
    erase(ledger, first)
    assert kept(ledger) == {CSV}, "the second rests on it, too"
    assert examine(ledger.site).ok
    erase(ledger, second)
    assert kept(ledger) == set()
    assert "evidence: 0, as the assessments name them" in examine(ledger.site).checks


def test_a_file_stays_while_the_assessment_that_it_is_kept_for_stays(ledger: Ledger) -> None:
    _, second = assess(ledger, judged(UNITS[0], LOGGER), judged(UNITS[1], LOGGER))
    erase(ledger, second)
    assert kept(ledger) == {CSV}
    assert examine(ledger.site).ok


@pytest.mark.sqlite
def test_no_file_of_the_site_holds_a_copy_of_what_went(ledger: Ledger) -> None:
    (event,) = assess(ledger, judged(UNITS[0], NOTES))
    erase(ledger, event)
    assert ledger.finish_erasures()
    assert all(PAPER not in each.read_bytes() for each in ledger.site.directory.rglob("*") if each.is_file())


def test_a_file_that_was_altered_removed_or_slipped_in_is_found(ledger: Ledger) -> None:
    event_id = assess(ledger, judged(UNITS[0], LOGGER)) and _event_id(ledger)
    site, key = ledger.site, hashlib.sha256(CSV).digest()
    ledger.close()
    other = hashlib.sha256(b"x").digest()
    assert bad(site, "UPDATE evidence SET document = ?", b"x") == ("evidence", other.hex())
    assert bad(site, "UPDATE evidence SET document = ?, event_id = 0", CSV)[1] == "one of event 0, which does not"
    assert bad(site, "DELETE FROM evidence") == ("evidence", "none")
    assert bad(site, "INSERT INTO evidence VALUES (?, ?, ?)", other, event_id, b"x")[1].startswith("one of event")
    assert bad(site, "DELETE FROM evidence") == ("evidence", "none")
    with unguarded(site, "evidence") as execute:
        execute("INSERT INTO evidence VALUES (?, ?, ?)", (key, event_id, CSV))
    assert examine(site).ok


def _event_id(ledger: Ledger) -> int:
    with reading(ledger.site) as reader:
        (found,) = reader.connection.execute(select(t.evidence.c.event_id)).scalars()
        assert evidence.kept(reader.connection, sha256_of(CSV)) == CSV
    return int(found)


@pytest.mark.sqlite
@pytest.mark.parametrize("statement", ["UPDATE evidence SET document = x'00'", "DELETE FROM evidence"])
def test_nothing_goes_that_no_erasure_names(ledger: Ledger, statement: str) -> None:
    first, _ = assess(ledger, judged(UNITS[0], LOGGER), judged(UNITS[1], NOTES))
    erase(ledger, first)
    refused = pytest.raises(sqlite3.IntegrityError, match="evidence is append-only")
    with closing(sqlite3.connect(ledger.site.ledger_db)) as opened, refused:
        opened.execute(statement)
