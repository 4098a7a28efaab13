"""A trust note decides for a while and no longer, and only under the key that is pinned."""

from dataclasses import replace

import pytest

from ledger.core import note as notes
from ledger.core import passport, policy, trust
from ledger.core.completeness import Auditors
from ledger.core.errors import NoteError, Refused
from ledger.core.signing import sign_note
from ledger.core.trust import Trust
from tests.support.golden import FOLDER, LOG, ORIGIN, RED, SITE, signer
from tests.support.golden_keys import NEW_LOG, named, overlap
from tests.support.golden_trust import AUDITORS, DAY_MS, ISSUED_MS, NOTE, ODD_SPELLINGS, ROOT, TRUST

REGULATOR = signer("regulator.example/trust")
NOW = ISSUED_MS + DAY_MS
GOOD = (FOLDER / "passport" / "good.json").read_bytes()


def refused(raw: bytes, *, key: notes.VerifierKey = ROOT.verifier, now_ms: int | None = NOW) -> str:
    answer = trust.read(raw, key=key, now_ms=now_ms)
    assert isinstance(answer, Refused), answer
    return answer.step


def test_a_note_says_what_it_was_made_of() -> None:
    assert trust.read(NOTE, key=ROOT.verifier, now_ms=NOW) == TRUST
    assert trust.parse(TRUST.format()) == TRUST
    alone = replace(TRUST, auditors=Auditors(()))
    assert trust.parse(alone.format()) == alone


def test_it_holds_from_its_first_instant_to_the_last_before_it_expires() -> None:
    for now_ms in (TRUST.issued_ms, TRUST.expires_ms - 1):
        assert trust.read(NOTE, key=ROOT.verifier, now_ms=now_ms) == TRUST
    for now_ms in (TRUST.issued_ms - 1, TRUST.expires_ms, None):
        assert refused(NOTE, now_ms=now_ms) == "trust-time"


def test_only_the_pinned_key_counts() -> None:
    assert refused(NOTE, key=REGULATOR.verifier) == "trust-key"
    forged = sign_note(TRUST.format(), [REGULATOR])
    assert refused(forged) == "trust-key"
    assert trust.read(forged, key=REGULATOR.verifier, now_ms=NOW) == TRUST
    both = sign_note(TRUST.format(), [ROOT, REGULATOR])
    assert trust.read(both, key=REGULATOR.verifier, now_ms=NOW) == TRUST


def test_an_altered_note_is_not_believed() -> None:
    later = NOTE.replace(b"expires 2026-05", b"expires 2026-06")
    assert later != NOTE
    assert refused(later) == "trust-key"


@pytest.mark.parametrize(("old", "new"), ODD_SPELLINGS)
def test_any_other_text_is_no_trust_note(old: str, new: str) -> None:
    text = TRUST.format()
    assert old in text
    assert refused(sign_note(text.replace(old, new, 1), [ROOT])) == "trust-note"


def test_bytes_that_are_no_note_are_refused() -> None:
    for raw in (b"", b"\xff", b"xuemai/trust/v1\n", NOTE[:-1]):
        assert refused(raw) in {"trust-note", "trust-key"}


def test_a_note_cannot_hold_for_years_nor_backwards() -> None:
    with pytest.raises(NoteError):
        replace(TRUST, expires_ms=TRUST.issued_ms)
    with pytest.raises(NoteError):
        replace(TRUST, expires_ms=TRUST.issued_ms + 401 * DAY_MS)
    with pytest.raises(NoteError):
        replace(TRUST, roots=TRUST.roots * 2)


def test_a_passport_under_a_note_in_force_is_judged_as_under_its_policy() -> None:
    made = sign_note(replace(TRUST, auditors=Auditors(())).format(), [ROOT])
    found = trust.verify_under(GOOD, trust_note=made, key=ROOT.verifier, now_ms=NOW)
    assert found.verdict == "warnings"
    assert [step.step for step in found.steps if step.status != "ok"] == ["completeness"]


def test_an_expired_note_decides_nothing_and_says_so() -> None:
    found = trust.verify_under(GOOD, trust_note=NOTE, key=ROOT.verifier, now_ms=TRUST.expires_ms)
    assert (found.verdict, found.steps[-1].step) == ("undecidable", "trust-time")
    forged = sign_note(TRUST.format(), [REGULATOR])
    found = trust.verify_under(GOOD, trust_note=forged, key=ROOT.verifier, now_ms=NOW)
    assert (found.verdict, found.steps[-1].step) == ("undecidable", "trust-key")


def test_its_auditors_are_asked_for() -> None:
    found = trust.verify_under(GOOD, trust_note=NOTE, key=ROOT.verifier, now_ms=NOW)
    assert found.failed is not None
    assert found.failed.step == "completeness"
    assert TRUST.auditors == AUDITORS


def test_a_log_that_begins_with_another_site_key_is_refused() -> None:
    other = replace(TRUST, roots=((ORIGIN, named(signer(f"{SITE}/web"))),), auditors=Auditors(()))
    found = trust.verify_under(GOOD, trust_note=sign_note(other.format(), [ROOT]), key=ROOT.verifier, now_ms=NOW)
    assert found.failed is not None
    assert (found.failed.step, "begin with the site key" in found.failed.detail) == ("keys", True)


def test_after_a_log_keys_rotation_a_new_note_names_the_new_key_and_the_old_note_still_follows() -> None:
    raw = passport.format(overlap().passport(RED))
    for log in (LOG, NEW_LOG):
        known = policy.Policy((policy.Log(log.verifier),), (), (), policy.NO_QUORUM)
        made = Trust(TRUST.issued_ms, TRUST.expires_ms, TRUST.roots, Auditors(()), known)
        note = sign_note(made.format(), [ROOT])
        assert trust.verify_under(raw, trust_note=note, key=ROOT.verifier, now_ms=NOW).verdict == "warnings"
