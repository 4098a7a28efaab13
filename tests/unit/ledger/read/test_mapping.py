"""A passport that a ledger exports shows its own completeness, whatever happened to its events."""

from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds, passport
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.verify import Outcome, verify
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

WHOLE, RED = "unit:A999926000001.A0001V00", "unit:A999926000001.A0002V00"
TAG, PERSON = "tag:E0040100", "person:" + "d" * 32
SEEN = {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1, "place": "place:a"}


def exported(site: Site, unit: str) -> bytes:
    with reading(site) as reader:
        return passports.export(reader, unit, log_key=site.verifier("log"))


def completeness(site: Site, raw: bytes) -> Outcome:
    found = verify(raw, policy=Policy((Log(site.verifier("log")),), (), (), NO_QUORUM))
    assert found.verdict == "warnings", found.steps
    return next(step for step in found.steps if step.step == "completeness")


def test_all_lists_are_there_and_only_an_auditor_is_missing(tmp_path: Path) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Collected, {"unit": WHOLE, "donor": PERSON, "place": "place:a"}))
        child = kinds.Component(unit=RED)
        claim(ledger, Draft(kinds.Prepared, {"parents": [WHOLE], "children": [child], "place": "place:a"}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": RED, "tag": TAG}))
        ledger.append_batch(gateway.say(*[(kinds.TagArrived, clock.after(1), SEEN) for _ in range(3)]))
        ledger.sign_checkpoint()
        assert passport.parse(exported(site, RED)).map is None, "no root was stated yet"
        size = ledger.root_unit_map()
        claim(ledger, Draft(kinds.Quarantined, {"unit": RED}))
        ledger.sign_checkpoint()
    raw = exported(site, RED)
    carried = passport.parse(raw).map
    assert carried is not None
    counts = {entry.subject: entry.count for entry in carried.entries}
    assert (counts[WHOLE], counts[RED], counts["din:A999926000001"]) == (2, 5, 0)
    assert sum(subject.startswith("key:") for subject in counts) == 3, "site, web and gateway signed"
    found = completeness(site, raw)
    assert found.detail.startswith("no auditor is believed here"), "nothing else is short"
    assert carried.as_of_size == size


def test_an_event_that_cannot_travel_is_said_to_be_absent(tmp_path: Path) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Opening, {"unit": RED, "place": "place:a"}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": RED, "tag": TAG}))
        odd = gateway.events([(kinds.TagArrived, clock.after(1), SEEN)])[0]
        odd = odd.replace(b'"reads":1', f'"reads":1.5,"of":"{RED}"'.encode())
        ledger.append_batch(gateway.seal([odd]))
        ledger.root_unit_map()
        ledger.sign_checkpoint()
    found = completeness(site, exported(site, RED))
    assert f"{RED}: 1 of 3 events cannot be carried" in found.detail


def test_an_erased_event_is_absent_and_the_site_s_word_for_that_is_carried(tmp_path: Path) -> None:
    site, other = site_in(tmp_path / "site"), "unit:A999926000002.A0002V00"
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": RED, "place": "place:a"}))
        claim(ledger, Draft(kinds.Opening, {"unit": other, "place": "place:a"}))
        for unit in (RED, other):
            said = claim(ledger, Draft(kinds.Quarantined, {"unit": unit}))[-1].event
            gone = {"of_stream": "web", "of_seq": said.seq, "what": "body", "reason": "asked for", "listed": [unit]}
            declare(ledger, Draft(kinds.Erased, gone))
        ledger.root_unit_map()
        ledger.sign_checkpoint()
    raw = exported(site, RED)
    assert f"{RED}: 1 of 2 events cannot be carried; the site says that 1 were erased" in completeness(site, raw).detail
    assert other.encode() not in raw, "what was erased of others is theirs"
