"""Which keys sign checkpoints: by log size, through an overlap that whoever knows either key can follow."""

import pytest

from ledger.core import note as notes
from ledger.core import passport, policy
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import judge
from ledger.core.logkeys import LogKeys, fold_log_keys
from ledger.core.policy import Log, Policy
from ledger.core.verify import verify
from tests.support.golden import FOLDER, LOG, ORIGIN, RECEIPT, RED, story
from tests.support.golden import Log as MadeLog
from tests.support.golden_keys import LOG_KEY_STORIES, NEW_LOG, all_rotated, both_keys_policy, named, overlap

BOTH = policy.parse(both_keys_policy())
OLD_ALONE = Policy((Log(LOG.verifier),), (), (), policy.NO_QUORUM)
NEW_ALONE = Policy((Log(NEW_LOG.verifier),), (), (), policy.NO_QUORUM)
HOLDS = {"log-keys-overlap", "log-keys-all-rotated", "log-keys-all-rotated-old-beside"}


def folded(log: MadeLog) -> LogKeys:
    events = []
    for index, sealed in enumerate(log.batches):
        if sealed.text.stream == "site":
            for position, body in enumerate(sealed.bodies):
                judged = judge(body, stream="site", seq=sealed.text.first + position)
                assert not isinstance(judged, Refused)
                assert judged.event is not None
                events.append(Recorded(judged.event, index, position))
    state = fold_log_keys(events, origin=ORIGIN)
    assert isinstance(state, LogKeys)
    return state


def test_a_log_begins_with_the_keys_of_its_first_event() -> None:
    state = folded(story())
    assert state.signing("checkpoint", 1) == (LOG.verifier,)
    assert state.signing("receipt", 1) == (RECEIPT.verifier,)
    assert state.signing("checkpoint", 0) == ()


def test_both_keys_sign_from_the_size_that_holds_the_new_one_to_the_size_that_retires_the_old() -> None:
    log = all_rotated()
    state = folded(log)
    added, retired = 8, log.frontier.size - 1
    assert state.signing("checkpoint", added) == (LOG.verifier,)
    assert state.signing("checkpoint", added + 1) == (LOG.verifier, NEW_LOG.verifier)
    assert state.signing("checkpoint", retired) == (LOG.verifier, NEW_LOG.verifier)
    assert state.signing("checkpoint", retired + 1) == (NEW_LOG.verifier,)
    assert state.present("checkpoint") == [named(NEW_LOG)]


def test_during_the_overlap_a_verifier_who_knows_either_key_accepts() -> None:
    raw = passport.format(overlap().passport(RED))
    assert {verify(raw, policy=known).verdict for known in (OLD_ALONE, NEW_ALONE, BOTH)} == {"warnings"}


def test_afterwards_only_who_knows_the_new_key_accepts() -> None:
    raw = passport.format(all_rotated().passport(RED))
    assert verify(raw, policy=NEW_ALONE).verdict == "warnings"
    assert verify(raw, policy=BOTH).verdict == "warnings"
    refused = verify(raw, policy=OLD_ALONE).failed
    assert refused is not None
    assert refused.step == "checkpoint"


@pytest.mark.parametrize("name", sorted(name for name in LOG_KEY_STORIES if name.startswith("log-keys")))
def test_a_log_whose_keys_do_not_follow_each_other_is_refused_at_its_keys(name: str) -> None:
    found = verify(passport.format(LOG_KEY_STORIES[name]().passport(RED)), policy=BOTH)
    assert (found.failed.step if found.failed else "") == ("" if name in HOLDS else "keys")


def test_the_golden_rotations_are_believed_under_the_policy_beside_them() -> None:
    for name in ("overlap", "all-rotated", "site-revoked-again"):
        raw = (FOLDER / "keys" / f"{name}.json").read_bytes()
        found = verify(raw, policy=policy.parse((FOLDER / "keys" / "policy.txt").read_bytes()))
        assert [step.step for step in found.steps if step.status != "ok"] == ["completeness"], name


def test_a_golden_passport_in_which_the_sites_next_key_was_to_be_taken_away_is_refused_at_its_keys() -> None:
    found = verify((FOLDER / "keys" / "site-revoked-below-its-follower.json").read_bytes(), policy=BOTH)
    assert found.failed is not None
    assert (found.failed.step, "is 11 or later" in found.failed.detail) == ("keys", True)


def test_a_passport_without_the_logs_first_event_shows_no_key_of_its_checkpoints() -> None:
    without = {index: range(len(sealed.bodies)) for index, sealed in enumerate(story().batches)}
    without[0] = range(1, 3)
    found = verify(passport.format(story().passport(RED, without)), policy=OLD_ALONE)
    assert found.failed is not None
    assert (found.failed.step, "first event" in found.failed.detail) == ("keys", True)


def test_a_checkpoint_that_lacks_a_signature_names_the_key() -> None:
    state = folded(overlap())
    signed = notes.parse(story().checkpoint())
    refused = state.check_checkpoint(signed, 9)
    assert refused is not None
    assert named(NEW_LOG) in refused.reason
    assert state.check_checkpoint(signed, 8) is None
