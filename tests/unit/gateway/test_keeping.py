"""What is kept when the outbox has no room: custody before readings, nothing acknowledged too early, refusals heard."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import keeping
from gateway.device import Change
from gateway.keeping import Keeping, Learnt
from gateway.outbox import Allowance, Identity, Outbox, OutboxError
from ledger.core import kinds
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger
from tests.support.outboxes import C, HandClock, T, fault, reading, send_all

PAGE = 4096
LINE = "/dev/serial/by-id/usb-scanner"


@dataclass
class Heard:
    """What the broker and the scanner were told."""

    messages: list[tuple[str, int]] = field(default_factory=list)
    stored: int = 0
    refused: int = 0

    @property
    def acknowledged(self) -> list[int]:
        return [number for _, number in self.messages]

    def is_stored(self, line: str) -> None:
        assert line == LINE
        self.stored += 1

    def is_refused(self, line: str) -> None:
        assert line == LINE
        self.refused += 1


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def small(tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Outbox]:
    """An outbox that may take eighty pages, half of them a reserve."""
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 0.0)
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    return lambda: Outbox(tmp_path / "outbox.db", identity, clock, bytes, Allowance(80 * PAGE, 40 * PAGE))


def keeping_in(box: Outbox, heard: Heard) -> Keeping:
    return Keeping(box, "device:gw-centre", heard.messages.extend, heard.is_stored, heard.is_refused)


def scan(number: int) -> Learnt:
    return Learnt(Change([fault(number)], {"presence/r1/AA": b"%d" % number}), scanned=LINE)


def segment(number: int) -> Learnt:
    change = Change([reading(number)], {f"reading/p1/{number}": b"kept", f"reading/p1/{number - 1}": None})
    return Learnt(change, message=("mqtt/readings", number))


def fill_with_readings(kept: Keeping) -> int:
    """Until they are refused; how many there were."""
    for number in range(1, 2000):
        kept.keep([segment(number)])
        if kept.alarm:
            return number
    raise AssertionError("it never filled up")


def test_when_readings_have_filled_it_scans_are_still_kept_and_said_to_be_safe(
    small: Callable[[], Outbox], heard: Heard
) -> None:
    ledger = StrictLedger()
    with small() as box:
        kept = keeping_in(box, heard)
        refused_from = fill_with_readings(kept)
        assert "readings wait" in kept.alarm
        for number in range(20):
            kept.keep([scan(number), segment(refused_from + 1 + number)])
        assert (heard.stored, heard.refused) == (20, 0)
        assert box.streams()[C].next_seq == 21
        assert box.streams()[T].next_seq == refused_from
        assert heard.acknowledged == list(range(1, refused_from)), "a message is the broker's until all of it is kept"
        assert box.state("presence/") == {"presence/r1/AA": b"19"}
        assert f"reading/p1/{refused_from - 1}" in box.state("reading/"), "what stands open is let go with its segment"
        box.file.room.allowance = Allowance(0, PAGE)
        box._db.execute("PRAGMA max_page_count = 100000")
        kept.keep([])
        assert kept.alarm == ""
        assert heard.acknowledged == list(range(1, refused_from + 21))
        box.seal_all()
        send_all(box, ledger)
    assert ledger.complaints == []
    assert len(ledger.events(T)) == refused_from + 20


def test_a_scan_that_no_disk_takes_is_heard_to_be_refused_and_is_kept_when_there_is_room(
    small: Callable[[], Outbox], heard: Heard
) -> None:
    with small() as box:
        kept = keeping_in(box, heard)
        number = 0
        while not heard.refused:
            number += 1
            kept.keep([scan(number)])
        assert heard.stored == number - 1 > 20
        assert "Free space" in kept.alarm
        kept.keep([Learnt(Change(), scanned=LINE)])
        assert heard.refused == 2, "sent again by the scanner, it is not safe yet"
        box._db.execute("PRAGMA max_page_count = 100000")
        kept.keep([Learnt(Change(), scanned=LINE)])
        assert (kept.alarm, heard.refused, heard.stored) == ("", 2, number)
        assert box.streams()[C].next_seq == number + 1


def test_it_tries_again_once_a_second(
    small: Callable[[], Outbox], heard: Heard, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small() as box:
        kept = keeping_in(box, heard)
        while not kept.alarm:
            kept.keep([scan(1)])
        monkeypatch.setattr(keeping, "RETRY_SECONDS", 1.0)
        kept.keep([scan(2)])
        box._db.execute("PRAGMA max_page_count = 100000")
        clock.seconds += 0.9
        kept.keep([])
        assert kept.alarm
        clock.seconds += 0.2
        kept.keep([])
        assert not kept.alarm


def test_a_scan_is_not_refused_because_readings_wait_for_the_next_second(
    small: Callable[[], Outbox], heard: Heard, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "RETRY_SECONDS", 1.0)
    with small() as box:
        kept = keeping_in(box, heard)
        fill_with_readings(kept)
        for number in range(8):
            clock.seconds += 0.3
            kept.keep([scan(number)])
        assert (heard.stored, heard.refused) == (8, 0)
        assert "readings wait" in kept.alarm


def test_a_full_disk_is_logged_once_and_not_each_second(
    small: Callable[[], Outbox], heard: Heard, capsys: pytest.CaptureFixture[str]
) -> None:
    with small() as box:
        kept = keeping_in(box, heard)
        number = fill_with_readings(kept)
        while not heard.refused:
            number += 1
            kept.keep([scan(number)])
        capsys.readouterr()
        for each in range(20):
            kept.keep([segment(number + each)])
        assert "storage" not in capsys.readouterr().out


def test_readings_that_even_memory_cannot_hold_are_a_gap_that_custody_tells(
    small: Callable[[], Outbox], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MAX_HELD_CLAIMS", 30)
    ledger = StrictLedger()
    with small() as box:
        kept = keeping_in(box, heard)
        refused_from = fill_with_readings(kept)
        for number in range(1, 40):
            kept.keep([segment(refused_from + number)])
        kept.keep([scan(1)])
        assert heard.stored == 1
        box.seal_all()
        send_all(box, ledger)
    gaps = [event for event in ledger.events(C) if isinstance(event, kinds.Gap)]
    assert len(gaps) == 1
    assert gaps[0].device == "device:gw-centre"
    assert "readings were not kept" in gaps[0].reason
    assert heard.acknowledged == list(range(1, refused_from)), "what was refused stays the broker's"


def test_custody_that_even_memory_cannot_hold_ends_the_process(
    small: Callable[[], Outbox], heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "MAX_HELD_CLAIMS", 5)
    with small() as box:
        kept = keeping_in(box, heard)
        with pytest.raises(OutboxError, match="Free space"):
            deque((kept.keep([scan(number)]) for number in range(2000)), maxlen=0)


def test_what_may_still_be_written_is_what_the_outbox_may_take(small: Callable[[], Outbox]) -> None:
    with small() as outbox:
        assert 0 < outbox.left_bytes() <= 80 * PAGE
