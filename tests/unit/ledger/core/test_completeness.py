"""A passport that carries its unit map: when nothing was left out, who vouches for that, and how old that is."""

from dataclasses import replace

import msgspec
import pytest

from ledger.core import kinds, passport, policy
from ledger.core.completeness import NOBODY, Auditors, Place, Seen, ShownMap, judge_lists
from ledger.core.errors import Refused
from ledger.core.events import Judged, event_leaf
from ledger.core.mapproof import MapNote, entries_of
from ledger.core.signing import Cosigner
from ledger.core.unitmap import Listed
from ledger.core.verify import Outcome, Verification, verify
from tests.support.golden import FOLDER, FRIDGE, NURSE, signer
from tests.support.golden_map import AUDITOR, AUDITORS, COSIGNED_S, MappedLog, map_passports, recalls

POLICY = policy.parse((FOLDER / "policy.txt").read_bytes())
PASSPORTS = map_passports()
COMPLETE = PASSPORTS["good_complete"]
OTHER = Cosigner("other.example", signer("other.example").key)
HOUR_MS = 3_600_000


def step_of(found: Verification) -> Outcome:
    return next(step for step in found.steps if step.step == "completeness")


def judged(raw: bytes, auditors: Auditors | None = AUDITORS, now_ms: int | None = None) -> Outcome:
    return step_of(verify(raw, policy=POLICY, auditors=auditors, now_ms=now_ms))


def test_a_complete_passport_under_a_believed_auditor_is_valid() -> None:
    found = verify(COMPLETE, policy=POLICY, auditors=AUDITORS)
    assert found.verdict == "valid", found.steps
    said = "the 13 entries on 6 lists are all there is as of log size 10; 1 came later; cosigned by auditor.example"
    assert step_of(found).detail == said


@pytest.mark.parametrize("auditors", [None, NOBODY, Auditors((OTHER.verifier,))])
def test_without_an_auditor_who_is_believed_it_only_warns(auditors: Auditors | None) -> None:
    assert judged(COMPLETE, auditors).status == "warning"
    assert judged(PASSPORTS["good_map-that-nobody-cosigned"]).status == "warning"


def test_as_many_auditors_as_are_needed_must_have_cosigned() -> None:
    both = Auditors((AUDITOR.verifier, OTHER.verifier), needed=2)
    assert "1 of the auditors" in judged(COMPLETE, both).detail
    assert judged(MappedLog().passport(by=(AUDITOR, OTHER)), both).status == "ok"


def test_an_auditor_who_is_believed_and_stands_at_another_root_is_named() -> None:
    either = Auditors((AUDITOR.verifier, OTHER.verifier))
    found = judged(COMPLETE, either)
    assert (found.status, found.detail.rpartition("; ")[2]) == (
        "ok",
        f"not cosigned by {OTHER.name}, who may be at another root",
    )
    assert "not cosigned" not in judged(MappedLog().passport(by=(AUDITOR, OTHER)), either).detail


def test_a_cosignature_may_be_too_old() -> None:
    lately = replace(AUDITORS, max_age_ms=2 * HOUR_MS)
    at_ms = COSIGNED_S * 1000
    assert judged(COMPLETE, lately, at_ms + 2 * HOUR_MS).status == "ok"
    late = judged(COMPLETE, lately, at_ms + 2 * HOUR_MS + 1)
    assert (late.status, late.detail) == ("warning", "0 of the auditors cosigned it within 2 hours; 1 must have")
    assert "without a clock" in judged(COMPLETE, lately).detail


def test_whoever_demands_completeness_refuses_what_does_not_show_it() -> None:
    strict = replace(AUDITORS, otherwise="refuse", max_age_ms=HOUR_MS)
    for raw, now_ms in (
        ((FOLDER / "passport" / "good.json").read_bytes(), COSIGNED_S * 1000),
        (PASSPORTS["good_map-that-nobody-cosigned"], COSIGNED_S * 1000),
        (PASSPORTS["good_event-that-cannot-travel"], COSIGNED_S * 1000),
        (COMPLETE, COSIGNED_S * 1000 + 2 * HOUR_MS),
    ):
        found = verify(raw, policy=POLICY, auditors=strict, now_ms=now_ms)
        assert (found.verdict, step_of(found).status) == ("invalid", "failed")
    assert judged(COMPLETE, strict, COSIGNED_S * 1000).status == "ok"


def test_a_cosignature_of_another_root_or_by_a_forger_counts_for_nothing() -> None:
    forger = Cosigner(AUDITOR.name, signer("forger").key)
    assert judged(MappedLog().passport(by=(forger,))).status == "warning"
    text = COMPLETE.decode()
    start = text.index("auditor.example ") + len("auditor.example ") + 30
    altered = text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :]
    assert judged(altered.encode()).status == "warning"


@pytest.mark.parametrize("name", [name for name in PASSPORTS if name.startswith("completeness_")])
def test_whatever_is_not_as_the_map_has_it_is_refused(name: str) -> None:
    assert judged(PASSPORTS[name]).status == "failed"


def test_what_is_missing_is_counted() -> None:
    assert "2 of 3 events are carried" in judged(PASSPORTS["completeness_recall-left-out"]).detail


def test_a_ledger_that_left_the_recall_out_of_map_and_passport_lacks_an_auditor() -> None:
    """Its passport is consistent in itself; nobody who replayed the log cosigns it."""
    found = judged(PASSPORTS["good_map-without-the-recall"])
    assert (found.status, "0 of the auditors" in found.detail) == ("warning", True)


def test_a_unit_that_is_newer_than_the_root_is_not_shown() -> None:
    told, new = MappedLog(), "unit:A999926000009.A0002V00"
    told.log.seal("web", [(kinds.Opening, {"unit": new, "by": NURSE, "place": FRIDGE})], "web")
    last = told.log.frontier.size - 1
    made = told.log.passport(new, {0: range(3), 1: [0], told.size: [0], last: [0]})
    of_red = passport.parse(told.passport())
    found = judged(passport.format(msgspec.structs.replace(made, map=of_red.map)))
    expected = f"{new} is newer than the map of size {told.size}; din:A999926000009 is newer than the map of size"
    assert (found.status, found.detail.startswith(expected)) == ("warning", True)


def test_a_lying_ledger_cannot_carry_what_its_map_leaves_out() -> None:
    found = judged(MappedLog(left_out=recalls).passport())
    assert (found.status, "of 2 events are carried" in found.detail) == ("failed", True)


def test_a_donation_without_events_still_needs_its_entry() -> None:
    unit, body = "unit:A999926000009.A0002V00", b"{}"
    seen = Seen(Place(1, 0), Judged(body, "opening", None, None))
    entries = {each.subject: each for each in entries_of({unit: Listed().followed_by([event_leaf(body)])})}
    shown = ShownMap(MapNote("demo", 2, bytes(32)), "", entries, {unit: [seen]}, {})
    refused = judge_lists(shown, [unit, "din:A999926000009"])
    assert isinstance(refused, Refused)
    assert "din:A999926000009" in refused.reason


def test_what_a_revoked_key_said_is_named_as_absent_and_neither_it_nor_what_rests_on_it_may_be_carried() -> None:
    honest = verify(PASSPORTS["good_less-what-a-revoked-key-said"], policy=POLICY, auditors=AUDITORS)
    assert honest.verdict == "warnings", honest.steps
    assert "2 of 8 events cannot be carried" in step_of(honest).detail
    for name in ("signatures_beyond-a-revocation", "subject_tag-that-a-revoked-key-put-on"):
        found = verify(PASSPORTS[name], policy=POLICY, auditors=AUDITORS)
        assert found.failed is not None
        assert found.failed.step == name.partition("_")[0]


def test_the_site_s_own_word_that_an_event_was_erased_is_told_and_shows_nothing_more() -> None:
    said = judged(PASSPORTS["good_erased-as-the-site-says"])
    assert said.status == "warning"
    assert "1 of 6 events cannot be carried; the site says that 1 were erased" in said.detail
    assert "erased" not in judged(PASSPORTS["good_event-that-cannot-travel"]).detail
