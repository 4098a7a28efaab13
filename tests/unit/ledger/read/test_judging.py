"""How warm a unit was, from the segments of its places: what was carried over though the log had it counts once."""

from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.fsck import examine
from ledger.read.reader import reading
from ledger.rules.deviation import Assessment
from tests.support.producers import Fact, Gateway, StoryClock, claim, declare, introduce, site_in

UNIT, FRIDGE = "unit:A999926123456.A0002V00", "place:centre/fridge-1"
TIME, UNTIL = "2026-03-01T12:00:00.000Z", "2026-03-01T12:10:00.000Z"


def segment(**more: object) -> Fact:
    readings = [[0, 412], [300_000, 418], [600_000, 405]]
    fields = {"place": FRIDGE, "probe": "probe:p", "measures": "air", "until": UNTIL, "quality": "good"}
    return kinds.TemperatureSegment, TIME, {**fields, "readings": readings, **more}


def test_a_segment_that_was_carried_over_though_the_log_had_it_counts_once(tmp_path: Path) -> None:
    site, clock, old = site_in(tmp_path / "site"), StoryClock(), Gateway("gw-centre")
    new = Gateway("gw-centre", epoch=2)
    said = kinds.FirstSaid(origin=site.origin, stream="gw-centre/1/t", seq=1)
    with Ledger(site, clock) as ledger:
        introduce(ledger, old)
        names = {"organisation": "org:centre", "name_zh": FRIDGE, "name_en": FRIDGE, "phase": "store"}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, **names}))
        entered = {"unit": UNIT, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "place": FRIDGE}
        claim(ledger, Draft(kinds.Opening, entered))
        clock.after(12)
        ledger.append_batch(old.say(segment(), suffix="t"))
        ledger.append_batch(new.say(segment(first_said=said), suffix="t"))  # its nonce is the first one, too
        with reading(site) as reader:
            judged = reader.cold_chain(UNIT, now_ms=clock.now_ms())
            assert judged is not None
            assert [entry.stream for entry in judged.segments] == ["gw-centre/1/t"]
            assert [(len(run.points), run.measures) for run in judged.runs] == [(3, "air")]
    assert examine(site).ok


@pytest.mark.parametrize(
    ("clock", "verdict", "reasons"),
    [("synchronised", "ok", {""}), ("unsynchronised", "unknown", {"clock-untrusted"})],
)
def test_readings_of_a_clock_that_nobody_set_are_not_known_to_be_of_any_minute(
    tmp_path: Path, clock: str, verdict: str, reasons: set[str]
) -> None:
    site, story, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw-centre")
    with Ledger(site, story) as ledger:
        introduce(ledger, gateway)
        names = {"organisation": "org:centre", "name_zh": FRIDGE, "name_en": FRIDGE, "phase": "store"}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, **names}))
        entered = {"unit": UNIT, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "place": FRIDGE}
        claim(ledger, Draft(kinds.Opening, entered))
        story.after(10)
        ledger.append_batch(gateway.say(segment(clock=clock, measures="load"), suffix="t"))
        with reading(site) as reader:
            judged = reader.cold_chain(UNIT, now_ms=story.now_ms())
    assert judged is not None
    assert judged.exposure.verdict == verdict
    assert {spell.reason for spell in judged.exposure.spells} == reasons
    assert {run.measures for run in judged.runs} == {"load"}


def test_the_page_of_a_unit_shows_what_two_quality_officers_judged_beside_its_verdict(tmp_path: Path) -> None:
    site, story, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw-centre")
    with Ledger(site, story) as ledger:
        introduce(ledger, gateway)
        names = {"organisation": "org:centre", "name_zh": FRIDGE, "name_en": FRIDGE, "phase": "store"}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, **names}))
        entered = {"unit": UNIT, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "place": FRIDGE}
        claim(ledger, Draft(kinds.Opening, entered))
        story.after(10)
        ledger.append_batch(gateway.say(segment(readings=[[0, 412], [300_000, 718], [600_000, 405]]), suffix="t"))
        with reading(site) as reader:
            before = reader.unit_page(UNIT, now_ms=story.now_ms())
        claim(ledger, Draft(kinds.Assessed, {"unit": UNIT, "outcome": "fit", "second": "person:" + "2" * 32}))
        with reading(site) as reader:
            after = reader.unit_page(UNIT, now_ms=story.now_ms())
    assert before is not None
    assert after is not None
    assert before.assessment is None
    assert after.assessment == Assessment(story.now_ms(), "fit", log_size=5)
    assert after.exposure == before.exposure
    assert after.exposure is not None
    assert after.exposure.verdict == "out"
    assert "use.exposure-ok" in {refused.rule for refused in before.forbids}
    assert "use.exposure-ok" not in {refused.rule for refused in after.forbids}
