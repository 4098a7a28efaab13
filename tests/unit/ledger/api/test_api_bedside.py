"""A hospital's own system reports what it recorded, from crossmatch to reaction."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.accounts import LOCAL, Accounts
from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.reader import reading
from tests.unit.ledger.api.world import H1, NOW, UNIT_OF_H1, UNIT_OF_H2, Bearers, FixedClock, done

PATIENT = "person:" + "cd" * 16
KEY = "0b7e3c1a-5f1d-4c38-9a55-2f4f6f0c9d{:02x}"
AFTERWARDS = format_instant(NOW + 30_000)
COMPATIBLE = {"kind": "crossmatched", "patient": PATIENT, "result": "compatible"}


class System:
    """A hospital's own system."""

    def __init__(self, client: FlaskClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def report(self, said: object, *, key: int | str | None = 1, unit: str = UNIT_OF_H1) -> TestResponse:
        spelt = KEY.format(key) if isinstance(key, int) else key
        headers = self.headers | ({} if spelt is None else {"Idempotency-Key": spelt})
        body = said if isinstance(said, bytes) else json.dumps(said)
        return self.client.post(f"/v1/units/{unit}/bedside", data=body, headers=headers)


@pytest.fixture
def system(client: FlaskClient, as_user: Bearers, ledger: Ledger) -> System:
    """That of the first hospital, which has taken its unit in."""
    note = {"dispatch_note": "consignment:h1", "units": [UNIT_OF_H1], "outcome": "accepted", "place": "place:h1/bank"}
    done(ledger.record("site", [Draft(kinds.PlaceAdded, {"place": "place:h1/bank", "organisation": H1,
                                                         "name_zh": "库", "name_en": "Bank"})]))  # fmt: skip
    done(ledger.record("web", [Draft(kinds.Received, note)]))
    return System(client, as_user("hospital"))


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", answer.data
    told: dict[str, Any] = answer.get_json()
    return answer.status_code, told.get("step", "")


def events(ledger: Ledger) -> Iterator[kinds.AnyEvent]:
    with reading(ledger.site) as reader:
        yield from (each.event for each in reader.told(UNIT_OF_H1))


def test_a_report_is_recorded_once_however_often_it_is_sent(system: System, ledger: Ledger) -> None:
    first, again = system.report(COMPATIBLE), system.report(COMPATIBLE)
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json["kind"], first.json["repeated"], again.json["repeated"]) == ("crossmatched", False, True)
    assert {**again.json, "repeated": False} == first.json
    (found,) = (each for each in events(ledger) if isinstance(each, kinds.Crossmatched))
    assert (found.report, found.reported_by) == (KEY.format(1), found.by)
    assert refusal(system.report(COMPATIBLE | {"result": "incompatible"})) == (409, "report.differs")
    assert system.report(COMPATIBLE, key=2).json["repeated"] is False


def test_it_speaks_of_its_own_units_alone(system: System, as_user: Bearers) -> None:
    assert refusal(system.report(COMPATIBLE, unit=UNIT_OF_H2)) == (404, "")
    assert refusal(system.report(COMPATIBLE, unit="unit:A999926999999.E0382V00")) == (404, "")
    foreign = System(system.client, as_user("other_hospital"))
    assert refusal(foreign.report(COMPATIBLE)) == (404, "")
    for who in ("technician", "quality", "administrator", "auditor"):
        assert refusal(System(system.client, as_user(who)).report(COMPATIBLE)) == (403, "")
    assert refusal(System(system.client, {}).report(COMPATIBLE)) == (401, "")


@pytest.mark.parametrize("key", [None, "", "1", KEY.format(1).upper(), KEY.format(1) + "\t"])
def test_a_report_needs_a_key_of_its_own(system: System, key: str | None) -> None:
    assert refusal(system.report(COMPATIBLE, key=key)) == (400, "")


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff", "body"),
        (b'{"kind":"crossmatched","reason":"' + b"x" * 9000 + b'"}', "kind"),
        ({}, "kind"),
        ({"kind": 1}, "kind"),
        ({"kind": "discarded"}, "kind"),
        ({"kind": "crossmatched"}, "fields"),
        (COMPATIBLE | {"result": "perhaps"}, "fields"),
        (COMPATIBLE | {"colour": "red"}, "fields"),
        (COMPATIBLE | {"seq": 7}, "fields"),
        (COMPATIBLE | {"unit": UNIT_OF_H2}, "fields"),
        (COMPATIBLE | {"reported_by": PATIENT}, "fields"),
        (COMPATIBLE | {"time": "yesterday"}, "fields"),
        (COMPATIBLE | {"time": 5}, "fields"),
        (COMPATIBLE | {"time": "2126-03-02T00:00:00.000Z"}, "time.ahead"),
        (COMPATIBLE | {"place": "place:nowhere/at-all"}, "place.unknown"),
        (COMPATIBLE | {"place": "place:centre/cold-room"}, "place.foreign"),
        (COMPATIBLE | {"by": "nobody"}, "person.unknown"),
        (COMPATIBLE | {"by": "technician"}, "person.unknown"),
        ({"kind": "bag_returned"}, "lifecycle.step"),
        ({"kind": "bedside_checked", "patient": PATIENT}, "bedside.two-persons"),
        ({"kind": "issued", "patient": PATIENT, "place": "place:h1/bank"}, "issue.exposure-ok"),
    ],
)
def test_bad_input_is_a_clear_problem_and_writes_nothing(
    system: System, ledger: Ledger, said: object, step: str
) -> None:
    before = ledger.size
    assert refusal(system.report(said)) == (422, step)
    assert ledger.size == before


def test_the_system_names_who_acted_among_its_colleagues(
    system: System, ledger: Ledger, accounts: Accounts, clock: FixedClock
) -> None:
    named = {"printed_name": "Qian", "organisation": H1, "roles": {"hospital"}}
    nurse = accounts.add_user("nurse.qian", **named, actor=LOCAL, now_ms=NOW)
    acted = {"by": nurse.person, "time": AFTERWARDS}
    clock.ms += 60_000
    assert system.report(COMPATIBLE | acted).status_code == 200
    (found,) = (each for each in events(ledger) if isinstance(each, kinds.Crossmatched))
    assert (found.by, found.time) == (nurse.person, AFTERWARDS)
    assert found.reported_by not in {None, nurse.person}
    accounts.disable(nurse.person, LOCAL, now_ms=NOW)
    assert refusal(system.report(COMPATIBLE | acted, key=2)) == (422, "person.unknown")
