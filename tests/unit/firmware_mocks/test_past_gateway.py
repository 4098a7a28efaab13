"""What a gateway in software hands in late, written from docs/format.md alone, is a batch that the ledger takes."""

import hashlib
from pathlib import Path

import pytest

from firmware_mocks.past_gateway import Chain, PastGateway, Segment
from ledger.append import Ledger, Rejected
from ledger.core.ids import parse_instant
from ledger.read.reader import reading
from tests.support.producers import NOON_MS, SITE_NAME, Gateway, StoryClock, introduce, site_in

MINUTE_MS = 60_000
NAME = "gw-centre"


@pytest.fixture
def gateway() -> PastGateway:
    return PastGateway(NAME, site_name=SITE_NAME, seed=hashlib.sha256(f"key of {NAME}".encode()).digest())


def segment(*, hours: int, place: str = "place:centre/fridge-1") -> Segment:
    """An hour of readings, so many hours before noon."""
    start_ms = NOON_MS - hours * 60 * MINUTE_MS
    return Segment(place, "probe:gw-centre/fridge-1", [(start_ms + n * 5 * MINUTE_MS, 400 + n) for n in range(12)])


def test_the_ledger_takes_a_night_that_is_handed_in_late(tmp_path: Path, gateway: PastGateway) -> None:
    site = site_in(tmp_path / "site", mode="demo")
    with Ledger(site, StoryClock(NOON_MS)) as ledger:
        introduce(ledger, Gateway(NAME))
        first, chain = gateway.batch([segment(hours=each) for each in (9, 8, 7)], Chain(), now_ms=NOON_MS)
        ledger.append_batch(first)
        second, chain = gateway.batch([segment(hours=2)], chain, now_ms=NOON_MS)
        ledger.append_batch(second)
    assert chain.last_seq == 4
    with reading(site) as reader:
        (stream,) = [each for each in reader.producers() if each.stream == gateway.stream]
        found = [entry.recorded.event for entry in reader.history.of(["probe:gw-centre/fridge-1"]) if entry.recorded]
    assert stream.last_seq == 4
    assert [parse_instant(event.time) for event in found] == [
        segment(hours=each).readings[0][0] for each in (9, 8, 7, 2)
    ]


def test_a_batch_that_is_made_again_is_the_same_and_gets_the_same_receipt(tmp_path: Path, gateway: PastGateway) -> None:
    with Ledger(site_in(tmp_path / "site", mode="demo"), StoryClock(NOON_MS)) as ledger:
        introduce(ledger, Gateway(NAME))
        wire, _ = gateway.batch([segment(hours=3)], Chain(), now_ms=NOON_MS)
        again, _ = gateway.batch([segment(hours=3)], Chain(), now_ms=NOON_MS)
        assert ledger.append_batch(wire) == ledger.append_batch(again)


def test_another_key_is_turned_away(tmp_path: Path) -> None:
    stranger = PastGateway(NAME, site_name=SITE_NAME, seed=bytes(32))
    with Ledger(site_in(tmp_path / "site", mode="demo"), StoryClock(NOON_MS)) as ledger:
        introduce(ledger, Gateway(NAME))
        wire, _ = stranger.batch([segment(hours=3)], Chain(), now_ms=NOON_MS)
        with pytest.raises(Rejected, match="key"):
            ledger.append_batch(wire)


@pytest.mark.parametrize("count", range(1, 10))
def test_a_batch_of_any_size_has_the_root_that_its_events_have(
    tmp_path: Path, gateway: PastGateway, count: int
) -> None:
    with Ledger(site_in(tmp_path / "site", mode="demo"), StoryClock(NOON_MS)) as ledger:
        introduce(ledger, Gateway(NAME))
        wire, chain = gateway.batch([segment(hours=2 + each) for each in range(count)], Chain(), now_ms=NOON_MS)
        ledger.append_batch(wire)
    assert chain.last_seq == count
