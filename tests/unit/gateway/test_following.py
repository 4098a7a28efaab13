"""Following the ledger: pins move forward only; one that went back, forked or lost a batch gets nothing more."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import claim, following
from gateway.clock import SystemClock
from gateway.following import Follower, Pinned
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer, Get, Unreachable, Uplink
from ledger.core import checkpoint, equivocation, held, policy
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from tests.support.gateway_ledger import GATEWAY, LOG, ORIGIN, RECEIPT, StrictLedger

C = "gw-centre/1/c"
POLICY = policy.Policy((policy.Log(LOG.verifier),), (), (), policy.NO_QUORUM)


@pytest.fixture
def open_box(tmp_path: Path) -> Callable[[], Outbox]:
    numbers = iter(range(1, 1_000_000))
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    return lambda: Outbox(tmp_path / "outbox.db", identity, SystemClock(), lambda size: next(numbers).to_bytes(size))


@pytest.fixture
def box(open_box: Callable[[], Outbox]) -> Iterator[Outbox]:
    with open_box() as opened:
        yield opened


class Watch:
    """Real seconds, as a test sets them."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def follower(box: Outbox, get: Get, folder: Path, watch: Watch | None = None) -> Follower:
    pinned = Pinned(ORIGIN, (LOG.verifier,), 30.0)
    return Follower(box, get, pinned, folder, watch or Watch(), jitter=lambda: 1.0)


def look(box: Outbox, ledger: StrictLedger, folder: Path, *, times: int = 1) -> str:
    """Look so often in a row, as a gateway that was just started does; why the last look said nothing."""
    watch = Watch()
    one = follower(box, ledger.get, folder, watch)
    for _ in range(times):
        one.look_if_due()
        watch.seconds += following.LOOK_AGAIN_SECONDS
    return one.last_error


def send(box: Outbox, ledger: StrictLedger, *reasons: str) -> None:
    """Observe and deliver, a batch each."""
    for reason in reasons:
        box.append([claim.device_fault("device:a", reason, place=None, now_ms=1_772_452_800_000)])
        box.seal_all()
        assert Uplink(box, ledger.post).send_next() == "sent"


def regrow(copy: StrictLedger, *reasons: str, folder: Path) -> StrictLedger:
    """Let a restored ledger go on with other batches, of another gateway under the same key."""
    numbers = iter(range(7_000_000, 8_000_000))
    identity = Identity(ORIGIN, "gw-other", 1, GATEWAY, RECEIPT.verifier)
    with Outbox(folder / "other.db", identity, SystemClock(), lambda size: next(numbers).to_bytes(size)) as other:
        send(other, copy, *reasons)
    return copy


def evidence(folder: Path) -> list[Path]:
    return sorted((folder / following.EVIDENCE_FOLDER).glob("*"))


def test_a_growing_ledger_is_followed_and_every_receipt_is_seen_under_its_checkpoint(
    box: Outbox, tmp_path: Path
) -> None:
    ledger = StrictLedger()
    assert box.ledger.size() == 0
    for size in range(1, 12):
        send(box, ledger, f"fault {size}")
        assert len(box.ledger.uncovered(9)) == 1
        assert look(box, ledger, tmp_path) == ""
        assert (box.ledger.size(), box.ledger.uncovered(9), box.ledger.refusal()) == (size, (), None)
    assert look(box, ledger, tmp_path) == ""


def test_the_first_look_is_at_once_and_the_next_within_a_minute(box: Outbox, tmp_path: Path) -> None:
    asked: list[float] = []
    watch, ledger = Watch(), StrictLedger()

    def get(path: str) -> Answer:
        asked.append(watch.seconds)
        return ledger.get(path)

    send(box, ledger, "one")
    one = follower(box, get, tmp_path, watch)
    for second in range(200):
        watch.seconds = float(second)
        one.look_if_due()
    looks = sorted(set(asked))
    assert looks[0] == 0.0
    assert {after - before for before, after in itertools.pairwise(looks)} == {45.0}


def test_a_ledger_that_went_back_gets_nothing_more_until_the_newest_is_restored(
    open_box: Callable[[], Outbox], tmp_path: Path
) -> None:
    ledger = StrictLedger()
    with open_box() as box:
        send(box, ledger, "one", "two", "three")
        look(box, ledger, tmp_path)
        old = ledger.older_copy(2)
        # A reader that lags may be behind for a moment: one look decides nothing.
        assert "went back" in look(box, old, tmp_path, times=following.SURE_AFTER_LOOKS - 1)
        assert box.ledger.refusal() is None
        assert look(box, ledger, tmp_path) == ""

        look(box, old, tmp_path, times=following.SURE_AFTER_LOOKS)
        assert "its checkpoint is of size 2, and one of 3" in str(box.ledger.refusal())
        box.append([claim.device_fault("device:a", "four", place=None, now_ms=1_772_452_800_000)])
        box.seal_all()
        assert Uplink(box, old.post).send_next() == "nothing"
        assert evidence(tmp_path) == []
    with open_box() as again:
        assert again.ledger.size() == 3
        assert Uplink(again, old.post).send_next() == "nothing"
        look(again, ledger, tmp_path)
        assert again.ledger.refusal() is None
        assert Uplink(again, ledger.post).send_next() == "sent"
    assert (len(ledger.log), ledger.complaints) == (4, [])


@pytest.mark.parametrize("grown", [1, 2, 5])
def test_a_ledger_that_went_back_and_grew_again_convicts_itself(box: Outbox, tmp_path: Path, grown: int) -> None:
    ledger = StrictLedger()
    send(box, ledger, "one", "two", "three")
    look(box, ledger, tmp_path)
    fork = regrow(ledger.older_copy(2), *(f"other {number}" for number in range(grown)), folder=tmp_path)
    (tmp_path / "later").mkdir()
    later = regrow(ledger.older_copy(2), *(f"later {number}" for number in range(9)), folder=tmp_path / "later")
    for story in (fork, later):
        look(box, story, tmp_path)
        assert "another story" in str(box.ledger.refusal())
    assert box.ledger.size() == 3
    (file,) = evidence(tmp_path)
    assert file.name in str(box.ledger.refusal())
    assert equivocation.verify(file.read_bytes(), POLICY).verdict == "valid"
    look(box, ledger, tmp_path)
    assert box.ledger.refusal() is None


def test_a_receipt_whose_batch_another_took_the_place_of_convicts_the_ledger(box: Outbox, tmp_path: Path) -> None:
    ledger = StrictLedger()
    send(box, ledger, "one")
    look(box, ledger, tmp_path)
    # The receipt for the second never was under a checkpoint that this gateway saw.
    send(box, ledger, "two")
    fork = regrow(ledger.older_copy(1), "other", "more", folder=tmp_path)
    look(box, fork, tmp_path)
    assert "lost a batch: at log index 1" in str(box.ledger.refusal())
    (file,) = evidence(tmp_path)
    found = equivocation.verify(file.read_bytes(), POLICY, [RECEIPT.verifier])
    assert (found.verdict, found.claim) == ("valid", "lost-batch")
    assert box.ledger.size() == 1
    assert len(box.ledger.uncovered(9)) == 1


def answers(ledger: StrictLedger, **changed: bytes | Answer) -> Get:
    """The ledger, but for some answers: `checkpoint`, or `tile` for every tile."""

    def get(path: str) -> Answer:
        answer = changed.get(path.strip("/").partition("/")[0], ledger.get(path))
        return answer if isinstance(answer, Answer) else Answer(200, answer)

    return get


def signed(ledger: StrictLedger, by: NoteSigner, origin: str = ORIGIN) -> bytes:
    head = checkpoint.parse_signed(ledger.checkpoint())[0]
    return sign_note(checkpoint.format(checkpoint.Checkpoint(origin, head.size, head.root)), [by])


def test_what_is_no_word_of_the_ledger_convicts_nobody(box: Outbox, tmp_path: Path) -> None:
    ledger = StrictLedger()
    send(box, ledger, "one", "two")
    look(box, ledger, tmp_path)
    send(box, ledger, "three")
    forger = NoteSigner(ORIGIN, SigningKey(bytes(32)))
    busy = Answer(503, b'{"detail": "the ledger stands still", "step": "history", "retry": "retry"}')
    for get, told in (
        (answers(ledger, checkpoint=signed(ledger, forger)), "known keys"),
        (answers(ledger, checkpoint=signed(ledger, LOG, "another.example/ledger/1")), "expected one of"),
        (answers(ledger, checkpoint=b"<html>a hotel's login page</html>"), "blank line"),
        (answers(ledger, checkpoint=Answer(404, b"")), "HTTP 404"),
        (answers(ledger, checkpoint=busy), "stands still"),
        (answers(ledger, tile=bytes(96)), "not those of its checkpoint"),
        (answers(ledger, tile=bytes(7)), "expected 96 bytes"),
        (answers(ledger, tile=Answer(500, b"")), "HTTP 500"),
    ):
        one = follower(box, get, tmp_path)
        one.look_if_due()
        assert told in one.last_error
        assert (box.ledger.refusal(), box.ledger.size()) == (None, 2)


def test_nobody_there_is_told_and_nothing_else(box: Outbox, tmp_path: Path) -> None:
    def nobody(_path: str) -> Answer:
        raise Unreachable("no route")

    one = follower(box, nobody, tmp_path)
    one.look_if_due()
    assert one.last_error == "no answer: no route"


def test_without_a_pinned_log_key_nothing_is_asked(box: Outbox, tmp_path: Path) -> None:
    def never(_path: str) -> Answer:
        raise AssertionError("asked")

    Follower(box, never, Pinned(ORIGIN, (), 30.0), tmp_path, Watch()).look_if_due()


def test_the_gateway_presents_its_last_receipts_and_its_checkpoint(box: Outbox, tmp_path: Path) -> None:
    assert following.present(box) == ""
    ledger = StrictLedger()
    send(box, ledger, "one", "two")
    look(box, ledger, tmp_path)
    receipt = ledger.receipts[ledger.leaves()[1]]
    assert held.parse(following.present(box)) == (receipt, ledger.checkpoint())


def test_a_ledger_that_stands_still_is_heard_of_where_nothing_waits_to_be_sent(box: Outbox, tmp_path: Path) -> None:
    ledger, watch = StrictLedger(), Watch()
    send(box, ledger, "one")
    answers = iter([Answer(503, b'{"step": "history", "retry": "retry", "detail": "it went back"}')])
    one = follower(box, lambda path: next(answers, None) or ledger.get(path), tmp_path, watch)
    one.look_if_due()
    assert one.standstill == "the ledger stands still: it went back"
    watch.seconds = 60.0
    one.look_if_due()
    assert one.standstill == ""


def test_the_uplink_looks_before_it_sends(box: Outbox, tmp_path: Path) -> None:
    ledger = StrictLedger()
    send(box, ledger, "one", "two")
    look(box, ledger, tmp_path)
    fork = regrow(ledger.older_copy(1), "other", "more", folder=tmp_path)
    box.append([claim.device_fault("device:a", "three", place=None, now_ms=1_772_452_800_000)])
    box.seal_all()
    before = len(fork.log)
    sender = Uplink(box, fork.post, sentinel=follower(box, fork.get, tmp_path))
    assert sender._turn() == 1.0
    assert len(fork.log) == before


def test_a_ledger_that_is_well_again_need_not_wait_for_the_end_of_a_back_off(box: Outbox, tmp_path: Path) -> None:
    ledger = StrictLedger()
    send(box, ledger, "one")
    look(box, ledger, tmp_path)
    answers = iter([Answer(503, b"")] * 8)
    ledger.fault = lambda _wire: next(answers, None)
    box.append([claim.device_fault("device:a", "two", place=None, now_ms=1_772_452_800_000)])
    box.seal_all()
    watch = Watch()
    sender = Uplink(box, ledger.post, jitter=lambda: 1.0, sentinel=follower(box, ledger.get, tmp_path, watch))
    waits = [sender._turn() for _ in range(8)]
    assert waits[-1] == 60.0
    watch.seconds = 100.0
    began = time.monotonic()
    sender._rest(waits[-1])
    assert time.monotonic() - began < 10
    assert sender.send_next() == "sent"
