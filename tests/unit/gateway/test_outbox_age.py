"""An outbox that grows deep and old: no question costs more for it, and what is forgotten has long been received."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import claim, outbox_age
from gateway.outbox import KEEP_MS, Outbox
from gateway.spool import file, forgetting
from tests.support.gateway_ledger import StrictLedger
from tests.support.outboxes import C, HandClock, T, fault, reading, send_all

STEPS = 50


class Effort:
    """How many times `STEPS` instructions of SQLite's virtual machine a question took."""

    def __init__(self, box: Outbox) -> None:
        self.box, self.count = box, 0

    def of(self, ask: Callable[[], object]) -> int:
        self.count = 0
        self.box._db.set_progress_handler(self._step, STEPS)
        ask()
        self.box._db.set_progress_handler(None, 0)
        return self.count

    def _step(self) -> int:
        self.count += 1
        return 0


def wait_in(box: Outbox, batches: int) -> None:
    for number in range(batches):
        box.append([fault(number), reading(number)])
        box.seal_all()


def efforts(box: Outbox, ledger: StrictLedger) -> dict[str, int]:
    effort = Effort(box)
    sealed = box.next_batch()
    assert sealed is not None
    receipt = ledger.post(sealed.wire).body
    return {
        "append": effort.of(lambda: box.append([fault(0), reading(0)])),
        "seal": effort.of(box.seal_all),
        "next_batch": effort.of(box.next_batch),
        "acknowledge": effort.of(lambda: box.acknowledge(sealed, receipt)),
        "streams": effort.of(box.streams),
        "ends": effort.of(box.ends),
        "uncovered": effort.of(lambda: box.ledger.uncovered(10)),
        "last_receipts": effort.of(box.ledger.last_receipts),
        "prune": effort.of(lambda: outbox_age.prune(box)),
        "standing": effort.of(box.standing),
    }


def test_no_question_takes_longer_because_more_is_waiting(make: Callable[[], Outbox]) -> None:
    ledger = StrictLedger()
    with make() as box:
        wait_in(box, 3)
        shallow = efforts(box, ledger)
        wait_in(box, 300)
        deep = efforts(box, ledger)
    # A tree of three hundred rows is a level deeper than one of three: a few instructions, not hundreds.
    assert {what: (shallow[what], each) for what, each in deep.items() if each > shallow[what] + 3} == {}


def test_opening_takes_no_longer_because_more_is_waiting_or_was_withheld(make: Callable[[], Outbox]) -> None:
    with make() as box:
        box.append([], {"presence/r1/AA": b"here", "alive": b"now", "salty": b"not a salt"})
        wait_in(box, 5)
        box.append([], {f"salt/{number:064x}": b"grain" for number in range(500)})
    with make() as box:
        standing = {name: value for name, value in box.standing().items() if name != "age"}
        assert standing == {"presence/r1/AA": b"here", "alive": b"now", "salty": b"not a salt"}
        assert Effort(box).of(box.standing) <= 2


@pytest.mark.parametrize("stream", [C, T])
def test_what_was_received_is_forgotten_after_45_days_but_for_the_head(
    make: Callable[[], Outbox], clock: HandClock, stream: str
) -> None:
    told = {C: fault, T: reading}[stream]
    ledger = StrictLedger()
    with make() as box:
        for number in range(3):
            box.append([told(number)])
            box.seal_all()
        send_all(box, ledger)
        box.append([told(4)])
        box.seal_all()
        clock.go_on(KEEP_MS)
        assert outbox_age.prune(box) == 0, "45 days are not over"
        clock.go_on(1)
        assert outbox_age.prune(box) == 2
        assert outbox_age.prune(box) == 0
        kept = [seq for (seq,) in box._db.execute("SELECT seq FROM events WHERE stream = ? ORDER BY seq", (stream,))]
        assert kept == [3, 4], "the newest with a receipt, and what has none"
        send_all(box, ledger)
    assert ledger.complaints == []
    assert [event.seq for event in ledger.events(stream)] == [1, 2, 3, 4]


def received(box: Outbox, ledger: StrictLedger, count: int) -> None:
    for number in range(count):
        box.append([fault(number)])
        box.seal_all()
    send_all(box, ledger)


@pytest.mark.parametrize("years", [50, -50])
def test_a_clock_that_is_set_makes_nothing_older_or_younger(
    make: Callable[[], Outbox], clock: HandClock, years: int
) -> None:
    ledger = StrictLedger()
    with make() as box:
        received(box, ledger, 3)
        clock.ms += years * 365 * 24 * 3_600_000
        assert outbox_age.prune(box) == 0, "it was received just now"
        received(box, ledger, 1)
        clock.go_on(KEEP_MS - 1)
        assert outbox_age.prune(box) == 0
        clock.ms -= years * 365 * 24 * 3_600_000
        clock.go_on(2)
        assert outbox_age.prune(box) == 3, "and is forgotten in its time, whatever the clock says by then"


def test_a_gateway_whose_clock_nobody_disciplines_forgets_too(make: Callable[[], Outbox], clock: HandClock) -> None:
    clock.name = "unsynchronised"
    with make() as box:
        received(box, StrictLedger(), 3)
        clock.go_on(KEEP_MS + 1)
        assert outbox_age.prune(box) == 2


def test_the_days_count_on_over_restarts_and_a_jump_between_them_does_not(
    make: Callable[[], Outbox], clock: HandClock
) -> None:
    with make() as box:
        received(box, StrictLedger(), 3)
        assert outbox_age.prune(box) == 0
        clock.go_on(KEEP_MS - 3_600_000)
    clock.ms, clock.seconds = clock.ms + 10 * KEEP_MS, 5.0
    with make() as box:
        assert outbox_age.prune(box) == 0, "switched off, or by another clock: nobody can tell"
        clock.go_on(2 * 3_600_000)
        assert outbox_age.prune(box) == 2


def test_an_outbox_of_before_is_as_old_as_its_newest_receipt(make: Callable[[], Outbox], clock: HandClock) -> None:
    with make() as box:
        received(box, StrictLedger(), 3)
        path = box.path
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM state WHERE name = 'age'")
    clock.ms += 100 * KEEP_MS
    with make() as box:
        assert outbox_age.prune(box) == 0
        clock.go_on(KEEP_MS + 1)
        assert outbox_age.prune(box) == 2


def test_a_month_is_forgotten_a_piece_at_a_time(
    make: Callable[[], Outbox], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PRUNE_EVENTS", 10)
    with make() as box:
        for number in range(20):
            box.append([fault(number), fault(number)])
            box.seal_all()
        send_all(box, StrictLedger())
        clock.go_on(KEEP_MS + 1)
        pieces = []
        while piece := outbox_age.prune(box):
            pieces.append(piece)
    assert pieces == [5, 5, 5, 4]


def test_the_disk_gets_back_what_was_forgotten(
    make: Callable[[], Outbox], clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "SPARE_PAGES", 20)
    with make() as box:
        for number in range(10):
            box.append([fault(number)] * 500)
            box.seal_all()
        send_all(box, StrictLedger())
        full = box._db.execute("PRAGMA page_count").fetchone()[0]
        clock.go_on(KEEP_MS + 1)
        while outbox_age.prune(box):
            outbox_age.look_after_room(box)
        left = box._db.execute("PRAGMA page_count").fetchone()[0]
        spare = box._db.execute("PRAGMA freelist_count").fetchone()[0]
    assert left < full / 4
    assert spare == 20, "some stay for what comes next"
    assert (tmp_path / "outbox.db").stat().st_size == left * 4096


def test_what_was_forgotten_leaves_no_bytes_in_the_file(make: Callable[[], Outbox], clock: HandClock) -> None:
    ledger = StrictLedger()
    with make() as box:
        path = box.path
        for number in range(40):
            box.append([claim.device_fault("device:r", f"CANARY4417 {number}", place=None, now_ms=clock.ms)])
            box.seal_all()
        send_all(box, ledger)
        box.append([fault(0)])
        box.seal_all()
        send_all(box, ledger)
        clock.go_on(KEEP_MS + 1)
        while outbox_age.prune(box):
            pass
    assert b"CANARY4417" not in b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
