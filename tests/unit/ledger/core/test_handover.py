"""Hand-over between two logs: two passports, one verdict, and two statements of the cold chain side by side."""

from ledger.core import handover, kinds, policy
from ledger.core.finding import UnitFinding, Verdict, Verification
from ledger.core.policy import Policy
from ledger.core.verify import verify
from tests.support.golden import FOLDER, RED, SECOND

A_AND_B = policy.parse((FOLDER / "policy-two-sites.txt").read_bytes())
ONLY_A = policy.parse((FOLDER / "policy.txt").read_bytes())
ONLY_B = Policy(A_AND_B.logs[1:2], (), (), policy.NO_QUORUM)
CENTRE, HOSPITAL = A_AND_B.logs[0].key.name, A_AND_B.logs[1].key.name
LEFT_MS, ACCEPTED = 1_772_409_600_000, "2026-03-02T08:00:00.000Z"


def judged(name: str, trusted: Policy = A_AND_B) -> Verification:
    return verify((FOLDER / "passport" / f"{name}.json").read_bytes(), policy=trusted)


def told(found: Verification) -> str:
    return next(step.detail for step in found.steps if step.step == "hand-over")


def test_both_logs_are_judged_under_one_policy_and_their_statements_stand_side_by_side() -> None:
    found = judged("good_handed-over")
    (unit,) = found.units
    assert (found.verdict, found.origin, unit.verdict) == ("warnings", HOSPITAL, "warnings")
    assert [(each.origin, each.log_size, each.unit) for each in unit.before] == [(CENTRE, 11, RED)]
    earlier = unit.before[0].exposure
    assert earlier is not None
    assert unit.exposure is not None
    assert (earlier.verdict, unit.exposure.verdict) == ("ok", "unknown")


def test_a_policy_that_lacks_the_senders_log_or_the_receivers_cannot_decide() -> None:
    without_sender = judged("good_handed-over", ONLY_B)
    assert (without_sender.verdict, without_sender.steps[-1].step) == ("undecidable", "hand-over")
    assert CENTRE in told(without_sender)
    assert judged("good_handed-over", ONLY_A).steps[-1].step == "checkpoint"


def test_from_hand_to_hand_over_four_logs_the_earliest_stands_first() -> None:
    before = judged("good_handed-over-three-times").units[0].before
    assert [each.origin for each in before] == [log.key.name for log in A_AND_B.logs[:3]]
    assert judged("hand-over_four-times").verdict == "invalid"


def test_what_is_not_shown_only_warns_and_says_what() -> None:
    assert "is not carried" in told(judged("good_handed-over-not-carried"))
    assert "does not show that custody left" in told(judged("good_handed-over-never-sent"))
    assert "left after it was accepted" in told(judged("good_handed-over-before-sent"))
    assert judged("good_handed-over-not-carried").units[0].before == ()


def test_a_unit_without_a_hand_over_holds() -> None:
    assert told(judged("good")) == "no passport of another log was accepted for it"


def arrival(*units: tuple[str, Verdict], **changes: object) -> handover.Arrival:
    """An accepted passport of the centre's log, with these findings."""
    fields = {"units": [RED], "origin": CENTRE, "as_of_size": 11, "sha256": "A" * 43 + "=", "verdict": "valid"}
    envelope = {"v": 1, "stream": "site", "seq": 1, "nonce": "0" * 32, "time": ACCEPTED, "clock": "simulated"}
    event = kinds.PassportAccepted(**(envelope | fields | changes))  # type: ignore[arg-type]  # a test's own fields
    findings = tuple(UnitFinding(unit, verdict, None, "", LEFT_MS) for unit, verdict in units)
    return handover.Arrival(event, Verification("valid", (), RED, CENTRE, 11, findings))


def test_the_verdict_is_the_worst_of_the_units_that_are_meant() -> None:
    first, second = arrival((RED, "valid"), (SECOND, "invalid")), arrival((RED, "undecidable"))
    assert handover.judge([first], {RED}, here=HOSPITAL)[0] == "valid"
    assert handover.judge([first, second], {RED}, here=HOSPITAL)[0] == "undecidable"
    both = arrival((RED, "valid"), (SECOND, "invalid"), units=[RED, SECOND])
    assert handover.judge([both], {RED, SECOND}, here=HOSPITAL)[0] == "invalid"
    assert handover.judge([both], {RED}, here=HOSPITAL)[0] == "valid"


def test_a_unit_that_came_as_part_of_another_is_judged_by_its_parents_hand_over() -> None:
    verdict, _ = handover.judge([arrival((RED, "valid"))], {SECOND, RED}, here=HOSPITAL)
    assert verdict == "valid"
    assert [each.unit for each in handover.earlier([arrival((RED, "valid"))], {SECOND, RED})] == [RED]
    assert handover.earlier([arrival((RED, "valid"))], {SECOND}) == ()


def test_custody_that_left_after_it_was_accepted_warns() -> None:
    early = arrival((RED, "valid"), time="2026-03-01T08:00:00.000Z")
    assert handover.judge([early], {RED}, here=HOSPITAL)[0] == "warnings"
