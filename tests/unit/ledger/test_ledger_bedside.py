"""What is found of how a bag came to its patient."""

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.folding.bedside import last_issue, noted

UNIT, OTHER = "unit:A999926123456.A0002V00", "unit:A999926123456.A0001V00"
PATIENT, SOMEBODY = "person:" + "cd" * 16, "person:" + "ce" * 16


def told(*facts: tuple[type[kinds.Event], dict[str, object]]) -> list[Recorded]:
    found = []
    for number, (kind, fields) in enumerate(facts):
        common = {"v": 1, "stream": "web", "seq": number + 1, "nonce": "0" * 32, "clock": "synchronised"}
        event = kind(**{**common, "time": format_instant(number * 60_000), "unit": UNIT, **fields})  # type: ignore[arg-type]
        found.append(Recorded(event, number, 0))  # type: ignore[arg-type]  # one of the known kinds
    return found


def rules(*facts: tuple[type[kinds.Event], dict[str, object]]) -> list[str]:
    return [each.rule for each in noted(told(*facts), UNIT)]


ISSUED = (kinds.Issued, {"patient": PATIENT})
CHECKED = (kinds.BedsideChecked, {"patient": PATIENT, "second": SOMEBODY})
GIVEN = (kinds.Transfused, {"patient": PATIENT})
BACK = (kinds.ReturnedToBank, {"outcome": "held"})
OVER = {"override": "bleeding", "set_aside": ["issue.not-expired", "issue.exposure-ok"]}


def test_where_two_checked_and_agreed_there_is_nothing_to_find() -> None:
    assert rules(ISSUED, CHECKED, GIVEN) == []
    assert rules(GIVEN) == [], "of a bag that nobody issued the life cycle says what is to say"


def test_a_bag_given_to_another_patient_is_found_and_a_check_for_another_counts_for_nobody() -> None:
    other = {"patient": SOMEBODY}
    assert rules(ISSUED, CHECKED, (kinds.Transfused, other)) == ["bedside.patient-differs", "bedside.unchecked"]
    wrong = (kinds.BedsideChecked, other | {"second": PATIENT, "outcome": "agrees"})
    assert rules(ISSUED, wrong, GIVEN) == ["bedside.unchecked"]


def test_a_check_must_have_been_made_since_the_issue_by_two_and_must_have_agreed() -> None:
    assert rules(ISSUED, GIVEN) == ["bedside.unchecked"]
    assert rules(ISSUED, CHECKED, ISSUED, GIVEN) == ["bedside.unchecked"]
    alone = (kinds.BedsideChecked, {"patient": PATIENT})
    assert rules(ISSUED, alone, GIVEN) == ["bedside.unchecked"]
    differs = (kinds.BedsideChecked, {"patient": PATIENT, "second": SOMEBODY, "outcome": "differs"})
    assert rules(ISSUED, CHECKED, differs, GIVEN) == ["bedside.unchecked"]


def test_every_override_is_found_with_its_rules_and_its_reason() -> None:
    (issue,) = noted(told((kinds.Issued, {"patient": PATIENT, **OVER})), UNIT)
    assert (issue.rule, issue.text) == (
        "issue.overridden",
        "issued over issue.not-expired, issue.exposure-ok: bleeding",
    )
    assert issue.at.event.time == format_instant(0)
    (old,) = noted(told((kinds.Issued, {"patient": PATIENT, "override": "bleeding"})), UNIT)
    assert old.text == "issued over a rule: bleeding"
    (release,) = noted(told((kinds.Released, {"override": "massive bleeding"})), UNIT)
    assert (release.rule, release.text) == (
        "release.overridden",
        "released before every test was final: massive bleeding",
    )
    assert rules((kinds.Released, {})) == []


def test_what_befell_the_unit_that_it_was_made_of_is_not_its_own() -> None:
    before = {"unit": OTHER, "patient": SOMEBODY}
    assert rules((kinds.Released, {"unit": OTHER, "override": "bleeding"}), (kinds.Issued, before | OVER)) == []
    assert rules(ISSUED, (kinds.Issued, before), CHECKED, GIVEN) == []
    assert rules(ISSUED, (kinds.BedsideChecked, before | {"second": PATIENT}), GIVEN) == ["bedside.unchecked"]
    assert rules(ISSUED, CHECKED, (kinds.Transfused, before), GIVEN) == []


def test_the_last_issue_is_the_newest_that_the_bag_has_not_come_back_from() -> None:
    assert last_issue(told(CHECKED), UNIT) is None
    again = told(ISSUED, BACK, ISSUED)
    assert last_issue(again, UNIT) is again[2]
    assert last_issue(again[::-1], UNIT) is again[2]
    assert last_issue(again[:2], UNIT) is None
    assert last_issue(told(ISSUED, (kinds.Returned, {})), UNIT) is None
    kept = told(ISSUED, (kinds.Issued, {"patient": PATIENT, "unit": OTHER}), (kinds.Returned, {"unit": OTHER}))
    assert last_issue(kept, UNIT) is kept[0]
