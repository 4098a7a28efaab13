"""The passport of a whole dispatch note: what is carried, how large it is, and when there is none yet."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ledger.append import Draft
from ledger.config import Site
from ledger.core import kinds, passport
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.verify import Verification, verify
from ledger.passports import Fields, state_exposures
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.consignments import GATE, HOSPITAL, NOTE, Day, consign
from tests.support.producers import declare

MAX_BYTES, BAGS = 600_000, 80


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Day]:
    yield from consign(tmp_path / "site", 3)


def exported(day: Day, subject: str = NOTE) -> bytes:
    def record(stated: Sequence[Fields], time: str) -> None:
        declare(day.ledger, *(Draft(kinds.ExposureStated, fields, time) for fields in stated))

    def publish() -> None:
        day.ledger.root_unit_map()
        day.ledger.sign_checkpoint()

    state_exposures(day.site, subject, now_ms=day.clock.at_ms, record=record, publish=publish)
    return covered(day, subject)


def covered(day: Day, subject: str = NOTE) -> bytes:
    """What is exported of what the latest checkpoint covers."""
    with reading(day.site) as reader:
        return passports.export(reader, subject, log_key=day.site.verifier("log"))


def judged(site: Site, raw: bytes) -> Verification:
    return verify(raw, policy=Policy((Log(site.verifier("log")),), (), (), NO_QUORUM))


def test_eighty_bags_with_twelve_events_each_fit_well_under_600_kb(tmp_path: Path) -> None:
    for day in consign(tmp_path / "site", BAGS):
        raw = exported(day)
        found = judged(day.site, raw)
        assert len(raw) < MAX_BYTES
        assert [each.unit for each in found.units] == day.red_cells
        assert {each.verdict for each in found.units} == {"warnings"}
        assert all(each.exposure is not None for each in found.units)
        assert found.verdict == "warnings"
        assert [step.step for step in found.steps if step.status != "ok"] == ["completeness"]


def test_what_bags_share_is_carried_once_and_temperature_segments_are_not(three: Day) -> None:
    told = [text for batch in passport.parse(exported(three)).batches for text in batch.events]
    assert len(told) == len(set(told))
    kinds_told = [text.partition('"kind":"')[2].partition('"')[0] for text in told]
    assert kinds_told.count("dispatched") == kinds_told.count("packed") == 1
    assert kinds_told.count("tag_arrived") == kinds_told.count("exposure_stated") == 3
    assert kinds_told.count("collected") == 3
    assert "temperature_segment" not in kinds_told


def test_only_the_latest_statement_about_each_bag_is_carried(three: Day) -> None:
    exported(three)
    later = three.clock.after(600)
    texts = [text for batch in passport.parse(exported(three)).batches for text in batch.events]
    stated = [text for text in texts if '"kind":"exposure_stated"' in text]
    assert [unit for unit in three.red_cells if sum(unit in text for text in stated) == 1] == three.red_cells
    assert all(f'"time":"{later}"' in text for text in stated)


def test_a_second_dispatch_under_the_same_note_adds_its_bags(three: Day) -> None:
    late = "unit:A999926200000.A0002V00"
    three.claim(kinds.Opening, {"unit": late, "place": GATE})
    three.claim(kinds.Released, {"unit": late, "place": GATE, "override": "needed at once"})
    three.claim(kinds.Dispatched, {"dispatch_note": NOTE, "units": [late], "to": HOSPITAL, "place": GATE})
    found = judged(three.site, exported(three))
    assert [each.unit for each in found.units] == [*three.red_cells, late]


def test_a_note_that_nobody_wrote_or_no_checkpoint_covers_has_no_passport_yet(three: Day) -> None:
    with pytest.raises(passports.NotYetError, match=f"no signed checkpoint covers a dispatch of {NOTE}"):
        covered(three)
    three.ledger.sign_checkpoint()
    assert judged(three.site, covered(three)).verdict == "warnings"
    with pytest.raises(passports.NotYetError, match="no signed checkpoint covers a dispatch of consignment:none"):
        covered(three, "consignment:none")
