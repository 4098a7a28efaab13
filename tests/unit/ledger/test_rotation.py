"""The site's own keys follow each other without a gap, and what was signed before still counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core import note as notes
from ledger.core import policy as policies
from ledger.core.errors import ConfigError, Refused
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.receipt import Receipt, verify
from ledger.core.signing import verify_note
from ledger.core.verify import verify as verify_passport
from ledger.fsck import examine
from ledger.read import passports
from ledger.read.keys import key_standings, log_keys
from ledger.read.reader import reading
from tests.support.log_checker import check_site
from tests.support.producers import CountedEntropy, Gateway, StoryClock, claim, declare, introduce, site_in

UNIT = "unit:A999926123456.E0382V00"
PERSON = "person:" + "d" * 32
NOON = "2026-03-01T12:00:00.000Z"
SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock(), entropy=CountedEntropy("story")) as opened:
        yield opened
    report = examine(opened.site)
    assert report.ok, f"after the story: {report.first_bad}"


def collect(ledger: Ledger, number: int) -> str:
    unit = f"unit:A9999261234{number:02}.E0382V00"
    claim(ledger, Draft(kinds.Collected, {"unit": unit, "donor": PERSON, "place": "place:fridge"}))
    return unit


def checkpoint_keys(ledger: Ledger, *known: VerifierKey) -> set[str]:
    """Which of the keys signed the checkpoint of the log as it is now."""
    raw = ledger.sign_checkpoint()
    assert raw is not None
    signed = notes.parse(raw)
    found = set()
    for key in known:
        if not isinstance(verify_note(signed, [key]), Refused):
            found.add(format_vkey(key))
    assert len(signed.signatures) == len(found), "nobody else signed"
    return found


def done(answer: rotation.Answer) -> None:
    assert not isinstance(answer, Refused), answer


def verdict(ledger: Ledger, unit: str, *trusted: VerifierKey) -> str:
    ledger.sign_checkpoint()
    policy = Policy(tuple(map(Log, trusted)), (), (), NO_QUORUM)
    with reading(ledger.site) as reader:
        raw = passports.export(reader, unit, log_key=trusted[-1])
    return verify_passport(raw, policy=policy).verdict


@pytest.mark.parametrize("producer", ["web", "site"])
def test_an_own_key_is_replaced_in_one_batch_and_everything_goes_on(ledger: Ledger, producer: str) -> None:
    own = "web" if producer == "web" else "site"
    before = ledger.site.verifier(own)
    first = collect(ledger, 1)
    size = ledger.size
    done(rotation.rotate_own_key(ledger, own))
    assert ledger.size == size + 1
    assert ledger.site.verifier(own) != before
    assert not ledger.site.next_key_file(own).exists()
    assert ledger.site.key_file(own).stat().st_mode & 0o777 == 0o600
    second = collect(ledger, 2)
    declare(ledger, Draft(kinds.StreamResumed, {"producer": "gw-x", "epoch": 2, "reason": "x"}))
    for unit in (first, second):
        assert verdict(ledger, unit, ledger.site.verifier("log")) == "warnings"
    check_site(ledger.site, log_key=format_vkey(ledger.site.verifier("log")))


def test_a_rotated_key_is_shown_with_what_it_still_vouches_for(ledger: Ledger) -> None:
    collect(ledger, 1)
    old = ledger.site.verifier("web")
    done(rotation.rotate_own_key(ledger, "web"))
    collect(ledger, 2)
    with reading(ledger.site) as reader:
        web = [each for each in key_standings(reader) if each.producer == "web"]
    assert [(each.revoked, each.last_good) for each in web] == [(True, {"web": 1}), (False, {})]
    assert web[0].vkey == format_vkey(old)
    assert web[0].replaced_by == web[1].key
    assert [(each.spoken[0].last_seq, each.spoken[0].is_head) for each in web] == [(1, False), (2, True)]


def test_the_old_site_keys_last_word_is_the_batch_that_ends_it(ledger: Ledger) -> None:
    answer = rotation.rotate_own_key(ledger, "site")
    assert not isinstance(answer, Refused)
    with reading(ledger.site) as reader:
        old = next(each for each in key_standings(reader) if each.producer == "site")
    assert old.last_good == {"site": answer[-1].event.seq}
    assert old.spoken[0].last_seq == answer[-1].event.seq


def test_keys_are_rotated_again_and_again(ledger: Ledger) -> None:
    for number in range(1, 4):
        for own in ("web", "site"):
            done(rotation.rotate_own_key(ledger, "web" if own == "web" else "site"))
        collect(ledger, number)
    with reading(ledger.site) as reader:
        assert sum(not each.revoked for each in key_standings(reader)) == 2


def test_the_log_signs_with_both_keys_until_the_old_one_is_retired(ledger: Ledger) -> None:
    old = ledger.site.verifier("log")
    unit = collect(ledger, 1)
    assert checkpoint_keys(ledger, old) == {format_vkey(old)}
    done(rotation.add_log_key(ledger, "checkpoint"))
    new = ledger.site.verifiers("log")[1]
    assert checkpoint_keys(ledger, old, new) == {format_vkey(old), format_vkey(new)}
    assert {log.key for log in policies.parse(ledger.site.policy_file.read_bytes()).logs} == {old, new}
    assert verdict(ledger, unit, old) == verdict(ledger, unit, new) == "warnings"
    check_site(ledger.site, log_key=format_vkey(old))

    done(rotation.retire_log_key(ledger, "checkpoint"))
    collect(ledger, 2)
    assert checkpoint_keys(ledger, old, new) == {format_vkey(new)}
    assert ledger.site.verifiers("log") == (new,)
    assert [log.key for log in policies.parse(ledger.site.policy_file.read_bytes()).logs] == [new]
    assert verdict(ledger, unit, new) == "warnings"
    assert verdict(ledger, unit, old) == "invalid"


def test_receipts_carry_both_signatures_during_the_overlap(ledger: Ledger) -> None:
    gateway = Gateway("gw-centre")
    introduce(ledger, gateway)
    old = ledger.site.verifier("receipt")
    done(rotation.add_log_key(ledger, "receipt"))
    new = ledger.site.verifiers("receipt")[1]
    wire = gateway.say((kinds.TagArrived, NOON, SEEN))
    raw = ledger.append_batch(wire)
    assert isinstance(verify(raw, old), Receipt)
    assert isinstance(verify(raw, new), Receipt)
    done(rotation.retire_log_key(ledger, "receipt"))
    again = ledger.append_batch(wire)
    assert isinstance(verify(again, old), Refused)
    assert verify(again, new) == verify(raw, new), "the text of a receipt never changes"


def test_a_second_key_is_not_added_before_the_first_overlap_ended(ledger: Ledger) -> None:
    assert isinstance(rotation.retire_log_key(ledger, "checkpoint"), Refused)
    done(rotation.add_log_key(ledger, "checkpoint"))
    assert isinstance(rotation.add_log_key(ledger, "checkpoint"), Refused)
    done(rotation.add_log_key(ledger, "receipt"))
    with reading(ledger.site) as reader:
        state = log_keys(reader, origin=ledger.site.origin)
    assert (len(state.present("checkpoint")), len(state.present("receipt"))) == (2, 2)


def test_a_restart_during_the_overlap_goes_on_with_both(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        done(rotation.add_log_key(ledger, "checkpoint"))
    old, new = site.verifiers("log")
    with Ledger(site, StoryClock()) as ledger:
        collect(ledger, 1)
        assert checkpoint_keys(ledger, old, new) == {format_vkey(old), format_vkey(new)}
    assert examine(site).ok


def test_a_site_whose_key_is_another_than_the_log_says_does_not_start(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    stray = site_in(tmp_path / "stray")
    stray.key_file("web").write_text("ab" * 32 + "\n")
    site.key_file("web").write_bytes(stray.key_file("web").read_bytes())
    with pytest.raises(ConfigError, match=r"web\.key: expected the key key:"):
        Ledger(site, StoryClock())


def test_during_the_overlap_a_missing_key_file_is_named(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        done(rotation.add_log_key(ledger, "checkpoint"))
    site.next_key_file("log").unlink()
    with pytest.raises(ConfigError, match="expected the key key:"):
        Ledger(site, StoryClock())


def test_the_policys_witnesses_stay_when_its_logs_change(ledger: Ledger) -> None:
    witness = VerifierKey("witness.example", notes.COSIGNATURE_V1, bytes(range(32)))
    mine = policies.parse(ledger.site.policy_file.read_bytes())
    kept = Policy(mine.logs, (policies.Witness("w", witness),), (), "w")
    ledger.site.policy_file.write_bytes(policies.format(kept))
    done(rotation.add_log_key(ledger, "checkpoint"))
    changed = policies.parse(ledger.site.policy_file.read_bytes())
    assert (len(changed.logs), changed.witnesses, changed.quorum) == (2, kept.witnesses, "w")


def test_who_rotated_stands_in_the_log(ledger: Ledger) -> None:
    answer = rotation.rotate_own_key(ledger, "web", by=PERSON)
    assert not isinstance(answer, Refused)
    assert [each.event.by for each in answer] == [PERSON, PERSON]
