"""A gateway learns the ledger's new keys from the old ones, forgets the old, and believes no stranger."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import claim
from gateway.clock import SystemClock
from gateway.following import Follower, Pinned
from gateway.ledgerkeys import LedgerKeys
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer, Unreachable, Uplink
from ledger.core import kinds
from ledger.core.keys import fingerprint
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from tests.support.gateway_ledger import GATEWAY, LOG, ORIGIN, RECEIPT, StrictLedger

NEW_LOG, THIRD_LOG = (NoteSigner(LOG.name, SigningKey(bytes([seed]) * 32)) for seed in (19, 29))
NEW_RECEIPT = NoteSigner(RECEIPT.name, SigningKey(bytes([17]) * 32))
C = "gw-centre/1/c"


def handed_over(old: NoteSigner, new: NoteSigner) -> bytes:
    return sign_note(f"xuemai/key/v1\n{ORIGIN}\n{format_vkey(new.verifier)}\n", [new, old])


class Edge:
    """A gateway's outbox and uplink, looking after a ledger every half minute."""

    def __init__(self, folder: Path) -> None:
        numbers = itertools.count(1)
        identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
        self.folder, self.seconds = folder, 0.0
        self.box = Outbox(folder / "outbox.db", identity, SystemClock(), lambda size: next(numbers).to_bytes(size))
        self.ledger = StrictLedger()
        self.away = False
        self.log_keys: tuple[VerifierKey, ...] = (LOG.verifier,)
        self.begin()

    def begin(self) -> None:
        """As a process that starts does."""
        pinned = Pinned(ORIGIN, self.log_keys, 30.0)
        self.box.identity = replace(self.box.identity, followed=())
        self.follower = Follower(self.box, self.get, pinned, self.folder, lambda: self.seconds, jitter=lambda: 0.0)
        self.keys = LedgerKeys(self.box, self.get, self.follower, lambda: self.seconds)
        self.uplink = Uplink(self.box, self.ledger.post, sentinel=self.keys)

    def get(self, path: str) -> Answer:
        if self.away:
            raise Unreachable("no route")
        return self.ledger.get(path)

    def wait(self, seconds: float = 30.0) -> None:
        """Time passes, and the gateway looks each second."""
        for _ in range(int(seconds)):
            self.seconds += 1
            self.keys.look_if_due()

    def report(self, reason: str) -> str:
        """Say something, and send it; what came of that."""
        self.box.append([claim.device_fault("device:a", reason, place=None, now_ms=1_772_452_800_000)])
        self.box.seal_all()
        outcome = self.uplink.send_next()
        while outcome == "sent":
            outcome = self.uplink.send_next()
        return outcome

    def believed(self) -> dict[str, tuple[VerifierKey, ...]]:
        return {str(use): keys for use, keys in self.keys.believed().items()}

    def said(self) -> list[kinds.LedgerKeyFollowed]:
        return [each for each in self.ledger.events(C) if isinstance(each, kinds.LedgerKeyFollowed)]


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    made = Edge(tmp_path)
    with made.box:
        assert made.report("before") == "nothing"
        made.keys.look_if_due()
        yield made


def test_a_gateway_follows_both_keys_through_the_overlap_and_says_so(edge: Edge) -> None:
    ledger = edge.ledger
    ledger.handovers = [handed_over(LOG, NEW_LOG), handed_over(RECEIPT, NEW_RECEIPT)]
    ledger.log_signers, ledger.receipt_signers = [LOG, NEW_LOG], [RECEIPT, NEW_RECEIPT]
    edge.wait()
    both = {"checkpoint": (LOG.verifier, NEW_LOG.verifier), "receipt": (RECEIPT.verifier, NEW_RECEIPT.verifier)}
    assert edge.believed() == both
    assert edge.report("during") == "nothing"
    told = {(each.use, each.key, each.handed_over_by) for each in edge.said()}
    assert told == {
        (use, fingerprint(format_vkey(new.verifier)), fingerprint(format_vkey(old.verifier)))
        for use, old, new in (("checkpoint", LOG, NEW_LOG), ("receipt", RECEIPT, NEW_RECEIPT))
    }
    edge.wait(90)
    assert edge.believed() == both, "while both sign, both are believed"
    ledger.log_signers, ledger.receipt_signers = [NEW_LOG], [NEW_RECEIPT]
    assert edge.report("after") == "nothing"
    edge.wait(90)
    assert edge.believed() == {"checkpoint": (NEW_LOG.verifier,), "receipt": (NEW_RECEIPT.verifier,)}
    assert (len(edge.said()), edge.keys.last_error, edge.follower.last_error) == (2, "", "")
    assert (edge.box.ledger.size(), ledger.complaints) == (len(ledger.log), [])


def test_what_was_followed_outlives_the_process(edge: Edge) -> None:
    edge.ledger.handovers = [handed_over(RECEIPT, NEW_RECEIPT), handed_over(LOG, NEW_LOG)]
    edge.wait()
    edge.ledger.receipt_signers, edge.ledger.log_signers = [NEW_RECEIPT], [NEW_LOG]
    edge.away = True
    edge.begin()
    edge.keys.look_if_due()
    assert edge.believed()["checkpoint"] == (LOG.verifier, NEW_LOG.verifier)
    assert edge.report("under the new key") == "nothing"
    assert edge.box.next_batch() is None


def test_one_that_was_away_over_two_changes_follows_from_key_to_key(edge: Edge) -> None:
    edge.away = True
    edge.ledger.handovers = [handed_over(LOG, NEW_LOG), handed_over(NEW_LOG, THIRD_LOG)]
    edge.ledger.log_signers = [THIRD_LOG]
    edge.wait(60)
    assert edge.believed()["checkpoint"] == (LOG.verifier,)
    edge.away = False
    edge.wait(60)
    assert edge.believed()["checkpoint"] == (THIRD_LOG.verifier,)
    assert [each.use for each in _read(edge)] == ["checkpoint", "checkpoint"]
    assert edge.follower.last_error == ""


def _read(edge: Edge) -> list[kinds.LedgerKeyFollowed]:
    assert edge.report("more") == "nothing"
    return edge.said()


@pytest.mark.parametrize(
    "told",
    [
        [],
        [handed_over(THIRD_LOG, NEW_LOG)],
        [sign_note(f"xuemai/key/v1\n{ORIGIN}\n{format_vkey(NEW_LOG.verifier)}\n", [NEW_LOG])],
    ],
    ids=["nobody", "a-stranger", "itself"],
)
def test_a_key_that_was_not_handed_over_is_refused_and_alarmed(edge: Edge, told: list[bytes]) -> None:
    size = edge.box.ledger.size()
    edge.ledger.handovers, edge.ledger.log_signers = told, [NEW_LOG]
    edge.wait(60)
    assert edge.believed()["checkpoint"] == (LOG.verifier,)
    assert NEW_LOG.verifier.key_id.hex() in edge.keys.last_error
    assert "handed over" in edge.keys.last_error
    assert (edge.box.ledger.size(), edge.said()) == (size, [])
    edge.ledger.log_signers = [LOG]
    edge.wait(60)
    assert edge.keys.last_error == "", "the alarm ends with its cause"


def test_a_stranger_beside_the_believed_key_is_an_alarm_too(edge: Edge) -> None:
    edge.ledger.log_signers = [LOG, NEW_LOG]
    edge.wait(60)
    assert NEW_LOG.verifier.key_id.hex() in edge.keys.last_error
    assert edge.follower.last_error == ""


def test_receipts_of_a_key_that_was_not_handed_over_acknowledge_nothing(edge: Edge) -> None:
    edge.ledger.receipt_signers = [NEW_RECEIPT]
    assert edge.report("one") == "retry"
    assert "none of those that are believed handed over" in edge.uplink.last_error
    assert edge.box.next_batch() is not None
    edge.ledger.handovers = [handed_over(RECEIPT, NEW_RECEIPT)]
    edge.wait()
    assert edge.uplink.send_next() == "sent"
    assert edge.ledger.complaints == []


def test_a_hand_over_that_does_not_hold_is_an_alarm(edge: Edge) -> None:
    new, third = (format_vkey(key.verifier).encode() for key in (NEW_LOG, THIRD_LOG))
    broken = handed_over(LOG, NEW_LOG).replace(new, third)
    edge.ledger.handovers = [broken]
    edge.wait()
    assert "does not hold" in edge.keys.last_error
    assert edge.believed()["checkpoint"] == (LOG.verifier,)


def test_a_person_who_pins_other_keys_begins_anew(edge: Edge) -> None:
    edge.ledger.handovers = [handed_over(LOG, NEW_LOG)]
    edge.wait()
    edge.log_keys = (THIRD_LOG.verifier,)
    edge.begin()
    edge.keys.look_if_due()
    assert edge.believed()["checkpoint"] == (THIRD_LOG.verifier,)


def test_where_checkpoints_are_not_followed_receipts_keys_are(tmp_path: Path) -> None:
    edge = Edge(tmp_path)
    edge.log_keys = ()
    edge.begin()
    edge.ledger.handovers = [handed_over(LOG, NEW_LOG), handed_over(RECEIPT, NEW_RECEIPT)]
    with edge.box:
        edge.wait()
        assert edge.believed() == {"checkpoint": (), "receipt": (RECEIPT.verifier, NEW_RECEIPT.verifier)}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"handovers":[1]}', b"\xff", b'{"handovers":["\\ud800"]}'])
def test_an_answer_that_is_none_changes_nothing(edge: Edge, body: bytes) -> None:
    asked: list[str] = []

    def get(path: str) -> Answer:
        asked.append(path)
        return Answer(200, body)

    edge.keys.get = get
    edge.wait()
    assert asked
    assert edge.believed()["checkpoint"] == (LOG.verifier,)


def test_a_change_between_the_two_questions_costs_no_half_minute(edge: Edge) -> None:
    assert edge.report("one more") == "nothing"
    ledger, tell = edge.ledger, edge.ledger.get

    def get(path: str) -> Answer:
        if path == "/checkpoint":
            ledger.handovers, ledger.log_signers = [handed_over(LOG, NEW_LOG)], [NEW_LOG]
        return tell(path)

    edge.keys.get = edge.follower.get = get
    edge.wait(30)
    assert edge.box.ledger.size() < len(ledger.log)
    edge.wait(1)
    assert (edge.box.ledger.size(), edge.keys.last_error) == (len(ledger.log), "")


def test_keys_that_a_person_pinned_stay_whichever_of_them_signs(edge: Edge) -> None:
    edge.log_keys = (NEW_LOG.verifier, LOG.verifier)
    edge.begin()
    edge.ledger.log_signers = [LOG]
    edge.wait(60)
    assert edge.believed()["checkpoint"] == edge.log_keys
