"""A passport of an honest ledger of which a key was stolen: whatever no longer counts, nothing in it is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Draft, Ledger
from ledger.core import kinds, passport
from ledger.core.errors import Refused
from ledger.core.keys import fingerprint
from ledger.core.note import format_vkey
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.verify import Verification, verify
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.producers import CountedEntropy, Gateway, StoryClock, claim, declare, introduce, site_in

WHOLE, RED = "unit:A999926123456.E0382V00", "unit:A999926123456.E0291V00"
SENT_BY_THE_THIEF = "unit:A999926999999.E0291V00"
TAG, OTHER_TAG = "tag:E0040100", "tag:E0040200"
PERSON = "person:" + "d" * 32
FRIDGE = "place:fridge"
NOTE = "consignment:2026-03-01.17"
NOON = "2026-03-01T12:00:00.000Z"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock(), entropy=CountedEntropy("stolen")) as opened:
        claim(opened, Draft(kinds.Collected, {"unit": WHOLE, "donor": PERSON, "place": FRIDGE}))
        yield opened


@pytest.fixture
def centre(ledger: Ledger) -> Gateway:
    gateway = Gateway("gw-centre")
    introduce(ledger, gateway)
    return gateway


def see(ledger: Ledger, gateway: Gateway, tag: str = TAG) -> None:
    fields = {"tag": tag, "device": "device:r", "antenna": 1, "reads": 1, "place": FRIDGE}
    ledger.append_batch(gateway.say((kinds.TagArrived, NOON, fields)))


def web_says(ledger: Ledger, kind: type[kinds.Event], **fields: object) -> int:
    """What the site's own web key signs; the event's number in its stream."""
    return claim(ledger, Draft(kind, fields))[-1].event.seq


def revoke_web(ledger: Ledger, last_good: int) -> None:
    """The web key is replaced; then it is found that it had been stolen after its event `last_good`."""
    stolen = ledger.site.verifier("web")
    answer = rotation.rotate_own_key(ledger, "web")
    assert not isinstance(answer, Refused), answer
    revoke(ledger, fingerprint(format_vkey(stolen)), web=last_good)


def revoke(ledger: Ledger, key: str, **last_good: int) -> None:
    good = [kinds.LastGood(stream=stream, seq=seq) for stream, seq in last_good.items()]
    declare(ledger, Draft(kinds.KeyRevoked, {"key": key, "last_good": good, "reason": "stolen"}))


def exported(ledger: Ledger, subject: str) -> bytes:
    ledger.root_unit_map()
    ledger.sign_checkpoint()
    with reading(ledger.site) as reader:
        return passports.export(reader, subject, log_key=ledger.site.verifier("log"))


def judged(ledger: Ledger, subject: str) -> Verification:
    trusted = Policy((Log(ledger.site.verifier("log")),), (), (), NO_QUORUM)
    return verify(exported(ledger, subject), policy=trusted)


def absent(ledger: Ledger, subject: str) -> dict[str, int]:
    """How many events each entry of the passport's map says are not carried."""
    shown = passport.parse(exported(ledger, subject)).map
    assert shown is not None
    return {entry.subject: len(entry.absent) for entry in shown.entries if entry.absent}


def test_what_a_stolen_key_said_is_named_as_absent(ledger: Ledger, centre: Gateway) -> None:
    web_says(ledger, kinds.TagAssociated, unit=WHOLE, tag=TAG)
    see(ledger, centre)
    see(ledger, centre)
    revoke(ledger, centre.key_id, **{centre.stream(): 1})
    found = judged(ledger, WHOLE)
    assert found.verdict == "warnings", found.steps
    assert f"{WHOLE}: 1 of 4 events cannot be carried" in found.steps[-2].detail
    assert absent(ledger, WHOLE) == {WHOLE: 1}


def test_a_sighting_goes_with_the_association_that_it_rests_on(ledger: Ledger, centre: Gateway) -> None:
    good = web_says(ledger, kinds.TagAssociated, unit=WHOLE, tag=TAG)
    see(ledger, centre)
    web_says(ledger, kinds.TagAssociated, unit=WHOLE, tag=OTHER_TAG)  # the thief's
    see(ledger, centre, OTHER_TAG)
    revoke_web(ledger, good)
    found = judged(ledger, WHOLE)
    assert found.verdict == "warnings", found.steps
    assert absent(ledger, WHOLE) == {WHOLE: 2}


def test_a_parent_that_only_the_stolen_key_named_is_left_out_with_its_events(ledger: Ledger) -> None:
    good = web_says(ledger, kinds.TagAssociated, unit=WHOLE, tag=TAG)
    web_says(ledger, kinds.Prepared, parents=[WHOLE], children=[kinds.Component(unit=RED)], place=FRIDGE)
    revoke_web(ledger, good)
    web_says(ledger, kinds.Quarantined, unit=RED)
    found = judged(ledger, RED)
    assert found.verdict == "warnings", found.steps
    assert b"collected" not in exported(ledger, RED)
    assert absent(ledger, RED) == {RED: 1}


def test_a_unit_that_only_the_stolen_key_sent_is_not_on_the_note(ledger: Ledger) -> None:
    for unit in (RED, SENT_BY_THE_THIEF):
        web_says(ledger, kinds.Opening, unit=unit, place=FRIDGE)
        web_says(ledger, kinds.Released, unit=unit, place=FRIDGE, override="needed at once")
    good = send(ledger, RED)
    send(ledger, SENT_BY_THE_THIEF)
    assert [each.unit for each in judged(ledger, NOTE).units] == [RED, SENT_BY_THE_THIEF]
    revoke_web(ledger, good)
    found = judged(ledger, NOTE)
    assert found.verdict == "warnings", found.steps
    assert [each.unit for each in found.units] == [RED]


def send(ledger: Ledger, unit: str) -> int:
    return web_says(ledger, kinds.Dispatched, dispatch_note=NOTE, units=[unit], to="org:hospital", place=FRIDGE)


def test_of_a_unit_of_which_only_the_stolen_key_spoke_there_is_no_passport(ledger: Ledger) -> None:
    good = web_says(ledger, kinds.Quarantined, unit=WHOLE)
    web_says(ledger, kinds.Opening, unit=RED, place=FRIDGE)
    revoke_web(ledger, good)
    with pytest.raises(passports.NotYetError, match="a revoked key alone"):
        exported(ledger, RED)
