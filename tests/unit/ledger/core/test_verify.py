"""Verification of a dispatch note: a finding a bag, one verdict on the whole, and nothing hidden by one bad bag."""

from ledger.core import kinds, passport, policy
from ledger.core.verify import STEP_NAMES, Verification, verify
from tests.support.golden import FOLDER, NOTE, NURSE, RED, SECOND, Log, consigned, story, without_segments
from tests.support.golden_map import AUDITORS, MappedLog

POLICY = policy.parse((FOLDER / "policy.txt").read_bytes())


def judged(log: Log) -> Verification:
    return verify(passport.format(log.passport(NOTE, without_segments(log))), policy=POLICY)


def statuses(found: Verification) -> dict[str, str]:
    return {step.step: step.status for step in found.steps}


def test_a_note_of_two_bags_has_a_finding_for_each_in_its_order() -> None:
    found = judged(consigned())
    assert (found.subject, found.verdict) == (NOTE, "warnings")
    assert [(each.unit, each.verdict) for each in found.units] == [(RED, "warnings"), (SECOND, "warnings")]
    assert [each.exposure and each.exposure.unit for each in found.units] == [RED, SECOND]
    assert found.exposure is None
    assert tuple(statuses(found)) == STEP_NAMES


def test_one_bad_bag_makes_the_whole_invalid_and_leaves_the_other_its_own_finding() -> None:
    found = judged(consigned(stated=[{"as_of_size": 99}]))
    good, bad = found.units
    assert (found.verdict, found.failed and found.failed.step) == ("invalid", "exposure")
    assert found.failed is not None
    assert found.failed.detail.startswith("1 of 2 units: ")
    assert (good.verdict, good.exposure is not None) == ("warnings", True)
    assert good.why.startswith("completeness: ")
    assert (bad.verdict, bad.exposure) == ("invalid", None)
    assert bad.why.startswith("exposure: the exposure statement speaks of a larger log")


def test_a_bag_without_a_statement_warns_for_itself_alone() -> None:
    found = judged(consigned(stated=[]))
    assert [each.exposure is None for each in found.units] == [False, True]
    assert "no exposure statement" not in found.units[0].why
    assert "no exposure statement" in found.units[1].why
    assert statuses(found)["exposure"] == "warning"


def test_of_several_statements_about_a_bag_the_latest_counts() -> None:
    found = judged(consigned(stated=[{"verdict": "out", "out_ms": 1}, {}]))
    assert [each.exposure and each.exposure.verdict for each in found.units] == ["ok", "ok"]


def test_a_step_about_the_file_fails_for_all_and_no_bag_has_a_finding() -> None:
    raw = (FOLDER / "passport" / "good_consignment.json").read_bytes().replace(b"E280A999", b"E280A998", 1)
    found = verify(raw, policy=POLICY)
    assert (found.verdict, found.failed and found.failed.step) == ("invalid", "event-proofs")
    assert found.units == ()


def test_a_note_without_its_dispatch_or_with_a_stranger_is_refused_at_the_subject() -> None:
    unnamed = judged(consigned(named=False))
    assert unnamed.failed is not None
    assert "which would name its units" in unnamed.failed.detail
    log = consigned()
    other = {"dispatch_note": "consignment:N-2", "units": ["unit:A999926000003.A0002V00"], "by": NURSE}
    log.seal("web", [(kinds.Dispatched, {**other, "to": "org:hospital-1"})], "web")
    stranger = judged(log)
    assert stranger.failed is not None
    assert stranger.failed.detail.endswith(f"is not about {NOTE}")


def test_a_unit_is_one_finding_with_the_verdict_of_the_whole() -> None:
    found = verify(passport.format(story().passport(RED)), policy=POLICY)
    assert [(each.unit, each.verdict) for each in found.units] == [(RED, found.verdict)]
    assert found.exposure is not None
    assert found.exposure == found.units[0].exposure


def test_the_last_step_about_a_unit_counts_for_its_verdict() -> None:
    def accept(log: Log) -> None:
        accepted = {"units": [RED], "origin": "other.example/ledger/1", "as_of_size": 3, "sha256": "A" * 43 + "="}
        log.seal("site", [(kinds.PassportAccepted, accepted | {"verdict": "valid"})], "site")

    whole = verify(MappedLog().passport(), policy=POLICY, auditors=AUDITORS)
    assert (whole.verdict, [each.verdict for each in whole.units]) == ("valid", ["valid"])
    found = verify(MappedLog(then=accept).passport(), policy=POLICY, auditors=AUDITORS)
    assert [step.step for step in found.steps if step.status != "ok"] == ["hand-over"]
    assert (found.verdict, [each.verdict for each in found.units]) == ("warnings", ["warnings"])
    assert found.units[0].why.startswith("hand-over: ")
