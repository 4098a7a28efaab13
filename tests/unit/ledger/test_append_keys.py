"""Keys that were stolen, revoked, replaced, or used where they must not be: the whole matrix, at the one writer."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from ledger.append import Draft, Ledger, Rejected
from ledger.append.arriving import accept
from ledger.core import batch as batches
from ledger.core import kinds, passport
from ledger.core.errors import Refused
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.signing import NoteSigner, SigningKey
from ledger.core.verify import verify
from ledger.fsck import examine
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.log_checker import check_site
from tests.support.producers import CountedEntropy, Fact, Gateway, StoryClock, claim, declare, introduce, site_in

UNIT = "unit:A999926123456.E0382V00"
TAG = "tag:E0040100"
PERSON = "person:" + "d" * 32
STOP, RETRY = (403, "key", "stop"), (403, "key", "retry")


@dataclass
class Holder(Gateway):
    """Whoever speaks in a gateway's name with a key of their own choice, under a name of their own choice."""

    seed: bytes = bytes(32)
    signs_as: str = ""

    @property
    @override
    def key(self) -> SigningKey:
        return SigningKey(self.seed)

    @property
    @override
    def signer(self) -> NoteSigner:
        return NoteSigner(self.signs_as or f"{self.site_name}/{self.name}", self.key)

    def following(self, old: Gateway) -> Draft:
        """The event by which an administrator lets this key follow another."""
        fields = {
            "key": self.key_id,
            "vkey": self.vkey,
            "producer": self.name,
            "replaces": old.key_id,
            "proof": prove_possession(self.key, origin=self.origin, vkey=self.vkey),
            "proof_by_old": prove_possession(old.key, origin=self.origin, vkey=self.vkey),
        }
        return Draft(kinds.KeyRotated, fields)

    def taking_over(self, old: Gateway) -> "Holder":
        """The same chains, gone on with under this key."""
        self.heads, self.nonces = old.heads.copy(), old.nonces
        return self


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock(), entropy=CountedEntropy("keys")) as opened:
        claim(opened, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:fridge"}))
        claim(opened, Draft(kinds.TagAssociated, {"unit": UNIT, "tag": TAG}))
        yield opened
    check_site(opened.site, log_key=format_vkey(opened.site.verifier("log")))
    report = examine(opened.site)
    assert report.ok, f"after the story: {report.first_bad}"


@pytest.fixture
def centre(ledger: Ledger) -> Gateway:
    gateway = Gateway("gw-centre")
    introduce(ledger, gateway)
    return gateway


def seen(minute: int) -> Fact:
    fields = {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
    return kinds.TagArrived, f"2026-03-01T12:{minute:02}:00.000Z", fields


def refusal(ledger: Ledger, wire: bytes) -> tuple[int, str, str]:
    """How it is refused; and nothing of it is in the log."""
    size = ledger.size
    with pytest.raises(Rejected) as caught:
        ledger.append_batch(wire)
    assert ledger.size == size
    return caught.value.status, caught.value.step, caught.value.retry


def revoke(ledger: Ledger, gateway: Gateway, **last_good: int) -> None:
    good = [kinds.LastGood(stream=f"{gateway.name}/1/{suffix}", seq=seq) for suffix, seq in last_good.items()]
    declare(ledger, Draft(kinds.KeyRevoked, {"key": gateway.key_id, "last_good": good, "reason": "stolen"}))


def verdict(ledger: Ledger) -> str:
    ledger.sign_checkpoint()
    trusted = Policy((Log(ledger.site.verifier("log")),), (), (), NO_QUORUM)
    with reading(ledger.site) as reader:
        return verify(passports.export(reader, UNIT, log_key=ledger.site.verifier("log")), policy=trusted).verdict


def not_recorded(ledger: Ledger, draft: Draft) -> Refused:
    answer = ledger.record("site", [draft])
    assert isinstance(answer, Refused)
    return answer


def test_a_stolen_key_says_nothing_more_once_it_is_revoked(ledger: Ledger, centre: Gateway) -> None:
    kept = centre.say(seen(1), seen(2))
    receipt = ledger.append_batch(kept)
    revoke(ledger, centre, c=2)
    assert refusal(ledger, centre.say(seen(3))) == STOP
    assert refusal(ledger, centre.say(seen(4), suffix="t")) == STOP, "a stream that is not listed has no good event"
    centre.epoch = 2
    assert refusal(ledger, centre.say(seen(5))) == STOP, "nor does a new epoch help"
    assert ledger.append_batch(kept) == receipt, "what was good stays good"
    assert verdict(ledger) == "warnings"


def test_what_the_thief_said_before_the_revocation_counts_nowhere_and_spoils_no_passport(
    ledger: Ledger, centre: Gateway
) -> None:
    ledger.append_batch(centre.say(seen(1)))
    ledger.append_batch(centre.say(seen(2)))  # the thief's, taken before anybody knew
    assert carried(ledger) == [1, 2]
    revoke(ledger, centre, c=1)
    assert verdict(ledger) == "warnings"
    assert carried(ledger) == [1]


def carried(ledger: Ledger) -> list[int]:
    """The gateway's last events in each batch that the unit's passport carries."""
    ledger.sign_checkpoint()
    with reading(ledger.site) as reader:
        made = passport.parse(passports.export(reader, UNIT, log_key=ledger.site.verifier("log")))
    texts = [batches.read_note(batch.note.encode())[1] for batch in made.batches]
    return [text.last for text in texts if text.stream.startswith("gw-centre")]


def test_a_batch_that_was_good_but_not_delivered_is_still_taken(ledger: Ledger, centre: Gateway) -> None:
    ledger.append_batch(centre.say(seen(1)))
    waiting = centre.say(seen(2), seen(3))
    beyond = centre.say(seen(4))
    revoke(ledger, centre, c=3)
    ledger.append_batch(waiting)
    assert refusal(ledger, beyond) == STOP


def test_a_key_that_nobody_approved_waits(ledger: Ledger) -> None:
    assert refusal(ledger, Gateway("gw-new").say(seen(1))) == RETRY


def test_a_thief_with_another_key_under_the_gateways_name_is_unknown(ledger: Ledger, centre: Gateway) -> None:
    thief = Holder(centre.name, seed=b"t" * 32).taking_over(centre)
    assert refusal(ledger, thief.say(seen(1))) == RETRY


def test_a_signature_by_another_key_under_the_right_key_id_does_not_verify(ledger: Ledger, centre: Gateway) -> None:
    wire = centre.say(seen(1))
    forged = bytearray(wire)
    inside = wire.index("— ".encode()) + 70
    forged[inside] = ord("A") if forged[inside] != ord("A") else ord("B")
    assert refusal(ledger, bytes(forged))[:2] == (422, "signature")


@pytest.mark.parametrize("stream_of", ["gw-other", "web", "site"])
def test_a_key_cannot_write_to_another_chain(ledger: Ledger, centre: Gateway, stream_of: str) -> None:
    introduce(ledger, Gateway("gw-other"))
    liar = Holder(stream_of, seed=_seed(centre), signs_as=f"{centre.site_name}/{centre.name}")
    if stream_of in {"web", "site"}:
        liar.stream = lambda _suffix="c": stream_of  # type: ignore[method-assign]  # not a gateway's stream at all
    assert refusal(ledger, liar.say(seen(1)))[:2] in {(403, "key"), (400, "envelope")}


def test_a_key_of_another_site_is_not_taken_even_with_possession(ledger: Ledger) -> None:
    foreign = Gateway("gw-centre", site_name="other.example")
    assert not_recorded(ledger, foreign.introduction()).step == "keys"


def test_a_proof_made_for_another_log_is_not_taken(ledger: Ledger) -> None:
    other = Gateway("gw-centre", origin="demo.a9999.example/ledger/2")
    assert not_recorded(ledger, other.introduction()).step == "keys"


def test_one_key_is_not_taken_for_two_gateways(ledger: Ledger, centre: Gateway) -> None:
    twin = Holder("gw-twin", seed=_seed(centre))
    assert "known already" in not_recorded(ledger, twin.introduction()).reason


def test_a_revoked_key_does_not_come_back(ledger: Ledger, centre: Gateway) -> None:
    ledger.append_batch(centre.say(seen(1)))
    revoke(ledger, centre, c=1)
    assert "known already" in not_recorded(ledger, centre.introduction()).reason
    again = Holder(centre.name, seed=b"n" * 32)
    assert "revoked" in not_recorded(ledger, again.following(centre)).reason
    introduce(ledger, again.taking_over(centre))
    ledger.append_batch(again.say(seen(2)))
    assert verdict(ledger) == "warnings"


def test_a_key_rolls_over_without_a_gap(ledger: Ledger, centre: Gateway) -> None:
    ledger.append_batch(centre.say(seen(1)))
    new = Holder(centre.name, seed=b"n" * 32)
    before = centre.say(seen(2))  # sealed under the old key, not delivered yet
    declare(ledger, new.following(centre))
    new.taking_over(centre)
    after = new.say(seen(3))
    assert refusal(ledger, after)[:2] == (409, "chain"), "in order, one after the other"
    first = ledger.append_batch(before)
    ledger.append_batch(after)
    assert ledger.append_batch(before) == first
    revoke(ledger, centre, c=2)
    ledger.append_batch(new.say(seen(4)))
    assert refusal(ledger, centre.say(seen(5))) == STOP
    assert verdict(ledger) == "warnings"


def test_a_key_is_not_replaced_without_its_own_signature(ledger: Ledger, centre: Gateway) -> None:
    new = Holder(centre.name, seed=b"n" * 32)
    forged = new.following(centre)
    forged = Draft(forged.kind, {**forged.fields, "proof_by_old": forged.fields["proof"]})
    assert not_recorded(ledger, forged).step == "keys"


def test_a_revocation_in_the_same_moment_is_seen_by_a_batch_that_was_read_before(
    ledger: Ledger, centre: Gateway
) -> None:
    ledger.append_batch(centre.say(seen(1)))
    arrived = ledger._read(centre.say(seen(2)))
    revoke(ledger, centre, c=1)
    answer = ledger._do(lambda working: accept(working, arrived, 0))
    assert isinstance(answer, Rejected)
    assert (answer.status, answer.step, answer.retry) == STOP


def _seed(gateway: Gateway) -> bytes:
    return hashlib.sha256(f"key of {gateway.name}".encode()).digest()


def test_the_seed_is_the_gateways() -> None:
    centre = Gateway("gw-centre")
    assert Holder("gw-centre", seed=_seed(centre)).vkey == centre.vkey
    assert fingerprint(centre.vkey) == centre.key_id
