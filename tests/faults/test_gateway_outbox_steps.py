"""kill -9 before every single statement of an outbox's life: what was promised to a device is there, once, in order."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from gateway import outbox_age
from gateway.outbox import KEEP_MS, Identity, Outbox
from ledger.core import kinds
from ledger.core.erasurelist import ToErase
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT, StrictLedger
from tests.support.outboxes import C, HandClock, T, fault, reading, send_all

MOST_STEPS = 400
SALT = f"salt/{'ab' * 32}"


def open_in(folder: Path, clock: HandClock) -> Outbox:
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    return Outbox(folder / "outbox.db", identity, clock, os.urandom)


class Life:
    """Everything that happens to an outbox, and a promise written down after each step that a device relies on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.ledger = folder, HandClock(), StrictLedger()
        self.promises = os.open(folder / "promises", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def promise(self, what: str) -> None:
        os.write(self.promises, f"{what}\n".encode())

    def live(self, watch: Callable[[Outbox], None]) -> None:
        with open_in(self.folder, self.clock) as box:
            watch(box)
            for number in (1, 2):
                box.append([fault(number), reading(number)], {"last": b"%d" % number, SALT: b"grain"})
                self.promise(f"kept {number}")
                box.seal_all()
                if number == 1:
                    self.deliver(box)
            outbox_age.erase(box, [ToErase(stream=C, seq=1, what="body")])
            box.seal_all()
            self.clock.go_on(KEEP_MS + 1)
            outbox_age.prune(box)
            outbox_age.look_after_room(box)
            self.deliver(box)

    def deliver(self, box: Outbox) -> None:
        while sealed := box.next_batch():
            # On its way before the receipt is known.
            self.promise(f"sent {sealed.wire.hex()}")
            assert box.acknowledge(sealed, self.ledger.post(sealed.wire).body) is None


def killed_at(folder: Path, step: int) -> bool:
    """Live in a process of its own that is killed before the statement of this number; whether it got there."""
    child = os.fork()
    if child == 0:
        left = step

        def count(_statement: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            Life(folder).live(lambda box: box._db.set_trace_callback(count))
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {step} failed by itself"
    return os.WIFSIGNALED(status)


def check(folder: Path) -> None:
    """Start again, send everything, and hold it against what was promised."""
    promised = (folder / "promises").read_text().splitlines()
    kept = [int(line.removeprefix("kept ")) for line in promised if line.startswith("kept ")]
    sent = [bytes.fromhex(line.removeprefix("sent ")) for line in promised if line.startswith("sent ")]
    clock, ledger = HandClock(), StrictLedger()
    for wire in sent:
        assert ledger.post(wire).status == 200
    with open_in(folder, clock) as box:
        last = int(box.state("last").get("last", b"0"))
        assert last in {len(kept), len(kept) + 1}, "all of an append or nothing"
        box.seal_all()
        send_all(box, ledger)
        assert box.streams()[C].waiting == box.streams()[T].waiting == 0
        left = box._db.execute("SELECT count(*) FROM batches WHERE receipt IS NULL").fetchone()[0]
        assert left == 0
    assert ledger.complaints == []
    told = [event for event in ledger.events(C) if isinstance(event, kinds.DeviceFault)]
    assert [event.reason for event in told] == [f"fault {number}" for number in range(1, last + 1)]
    assert len(ledger.events(T)) == last


def test_killed_before_every_statement_nothing_is_lost_doubled_or_torn(tmp_path: Path) -> None:
    for step in range(MOST_STEPS):
        folder = tmp_path / str(step)
        folder.mkdir()
        if not killed_at(folder, step):
            assert step > 60, "the life is as long as it was meant to be"
            check(folder)
            return
        if (folder / "promises").exists():
            check(folder)
    raise AssertionError("it never came to its end")
