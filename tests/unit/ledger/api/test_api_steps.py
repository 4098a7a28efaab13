"""Steps over HTTP: what is not a step, what is not said as its kind has it, and what the rules are against."""

import json
from base64 import b64encode
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.accounts import LOCAL, Accounts
from ledger.append import Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read.reader import reading
from ledger.store import evidence
from ledger.store.evidence import sha256_of
from tests.unit.ledger.api.world import CENTRE, DAY, H1, NOW, UNIT_AT_CENTRE, UNIT_OF_H1, Bearers

KEY = "0b7e3c1a-5f1d-4c38-9a55-2f4f6f0c9d01"
ROOM = "place:centre/cold-room"
STORE = {"unit": UNIT_AT_CENTRE, "place": ROOM}


class Said:
    """Steps said by one after the other."""

    def __init__(self, client: FlaskClient, as_user: Bearers) -> None:
        self.client, self.as_user = client, as_user

    def __call__(self, kind: str, said: object, *, who: str = "technician", key: str | None = KEY) -> TestResponse:
        headers = self.as_user(who) | ({} if key is None else {"Idempotency-Key": key})
        body = said if isinstance(said, bytes) else json.dumps(said)
        return self.client.post(f"/v1/steps/{kind}", data=body, headers=headers)


@pytest.fixture
def say(client: FlaskClient, as_user: Bearers) -> Said:
    return Said(client, as_user)


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json", answer.data
    told: dict[str, Any] = answer.get_json()
    return answer.status_code, told.get("step", "")


def test_a_step_is_recorded_with_its_place_in_the_log(say: Said) -> None:
    told = say("stored", {"fields": [STORE]}).get_json()
    [event] = told["events"]
    assert (told["repeated"], event["kind"], event["time"]) == (False, "stored", format_instant(NOW))
    assert (event["event"]["unit"], event["event"]["place"]) == (UNIT_AT_CENTRE, ROOM)
    assert {"stream", "seq", "log_index"} <= set(event)


@pytest.mark.parametrize(
    "kind",
    ["nonsense", "ordered", "order_cancelled", "dispatch_checked", "handed_over", "batch_released", "corrected",
     "commented", "discarded", "case_opened", "notice_sent", "notice_acknowledged", "case_closed", "tag_arrived"],
)  # fmt: skip
def test_what_has_an_address_of_its_own_or_is_none_is_not_there(say: Said, kind: str) -> None:
    assert refusal(say(kind, {"fields": [{}]})) == (404, "")


@pytest.mark.parametrize(
    ("said", "step"),
    [
        (b"{", "body"),
        (b"\xff", "body"),
        (b'{"fields":[{"reason":"' + b"x" * 262_144 + b'"}]}', "body"),
        (b"[]", "fields"),
        (b'{"fields":[{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", "body"),
        (json.dumps({"fields": [{}]})[:-1].encode() + b',"fields":' + json.dumps([STORE]).encode() + b"}", "body"),
        (json.dumps({"fields": [STORE]}).replace('"place"', '"place":"place:h1/bank","place"').encode(), "body"),
        ({}, "fields"),
        ({"fields": []}, "fields"),
        ({"fields": [STORE] * 101}, "fields"),
        ({"fields": [STORE], "colour": "red"}, "fields"),
        ({"fields": [STORE], "log_size": -1}, "fields"),
        ({"fields": [STORE], "signatures": [{"login": "x"}]}, "fields"),
        ({"fields": [STORE], "time": "yesterday"}, "fields"),
        ({"fields": [STORE], "time": format_instant(NOW + DAY)}, "time.ahead"),
        ({"fields": [STORE], "keep_tag": True}, "fields"),
        ({"fields": [STORE | {"colour": "red"}]}, "fields"),
        ({"fields": [STORE | {"by": "person:" + "1" * 32}]}, "fields"),
        ({"fields": [STORE | {"request": "1" * 32}]}, "fields"),
        ({"fields": [{"unit": UNIT_AT_CENTRE}]}, "fields"),
        ({"fields": [STORE | {"unit": "A999926123457"}]}, "fields"),
        ({"fields": [STORE | {"place": "place:no/where"}]}, "place.unknown"),
        ({"fields": [STORE | {"place": "place:h1/bank"}]}, "place.foreign"),
        ({"fields": [STORE, STORE | {"unit": "unit:A999926999999.E0382V00"}]}, "unit.unknown"),
    ],
)
def test_bad_input_is_a_clear_problem_and_writes_nothing(say: Said, ledger: Ledger, said: object, step: str) -> None:
    before = ledger.size
    assert refusal(say("stored", said)) == (422, step)
    assert ledger.size == before


@pytest.mark.parametrize("key", [None, "", "1", KEY.upper()])
def test_a_request_needs_a_key_of_its_own(say: Said, ledger: Ledger, key: str | None) -> None:
    before = ledger.size
    assert refusal(say("stored", {"fields": [STORE]}, key=key)) == (400, "")
    assert ledger.size == before


def test_a_step_of_another_role_is_refused_and_written_down(say: Said, accounts: Accounts) -> None:
    assert refusal(say("released", {"fields": [STORE]})) == (403, "role")
    (entry,) = accounts.audit(limit=1)
    assert (entry.action, entry.outcome) == ("event.assert:released", "denied")


def test_nobody_records_of_units_that_are_not_theirs(say: Said) -> None:
    foreign = {"fields": [{"unit": UNIT_OF_H1, "place": "place:h2/bank"}]}
    assert refusal(say("stored", foreign, who="other_hospital")) == (422, "unit.unknown")


def test_a_person_who_is_named_is_known(say: Said) -> None:
    release = {"fields": [STORE | {"second": "nobody"}], "signatures": [{"login": "nobody", "password": "x"}]}
    assert refusal(say("released", release, who="quality")) == (422, "person.unknown")
    [asked] = [{"unit": UNIT_AT_CENTRE, "second": "technician", "place": ROOM}]
    unsigned = {"fields": [asked], "signatures": [{"login": "technician", "password": "not theirs"}]}
    assert refusal(say("released", unsigned, who="quality")) == (403, "person.signature")


def test_a_reason_that_could_lead_to_a_donor_is_withheld(say: Said, ledger: Ledger) -> None:
    confidential = {"fields": [{"unit": UNIT_AT_CENTRE, "code": "test-result"}]}
    [event] = say("discard_requested", confidential).get_json()["events"]
    with reading(ledger.site) as reader:
        (found,) = (
            each.event for each in reader.told(UNIT_AT_CENTRE) if isinstance(each.event, kinds.DiscardRequested)
        )
    assert (found.code, found.withheld) == ("unsuitable", event["event"]["withheld"])
    assert b"test-result" not in json.dumps(event).encode()
    offered = {"fields": [{"unit": UNIT_AT_CENTRE, "withheld": "sha256:" + "0" * 64}]}
    assert refusal(say("discard_requested", offered)) == (422, "fields"), "a commitment whose value nobody keeps"


def test_a_new_unit_in_the_same_bag_keeps_its_tag(say: Said, ledger: Ledger) -> None:
    tag, after = "tag:E28011700000020812345678", UNIT_AT_CENTRE.replace("V00", "VA0")
    assert say("tag_associated", {"fields": [{"unit": UNIT_AT_CENTRE, "tag": tag}]}).status_code == 200
    child = {"unit": after, "expires": format_instant(NOW + 3 * DAY)}
    made = {"parents": [UNIT_AT_CENTRE], "children": [child], "place": ROOM}
    other = KEY.replace("01", "02")
    told = say("irradiated", {"fields": [made], "keep_tag": True}, key=other)
    assert told.status_code == 200, told.data
    assert [each["kind"] for each in told.get_json()["events"]] == ["irradiated", "tag_removed", "tag_associated"]
    with reading(ledger.site) as reader:
        assert (reader.tags_of(UNIT_AT_CENTRE), reader.tags_of(after)) == ((), (tag,))


PASSWORD = "a long sentence for tests"
LOGGED = b"time,celsius\n2026-03-02T08:00:00Z,4.1\n"


def judged(document: bytes, *, what: str = "logger_file", **more: object) -> dict[str, object]:
    """An assessment by two quality officers, with a file."""
    file = {"what": what, "base64": b64encode(document).decode()}
    fields = [{"unit": UNIT_AT_CENTRE, "outcome": "fit", "second": "quality.he"}]
    return {"fields": fields, "signatures": [{"login": "quality.he", "password": PASSWORD}], "evidence": [file]} | more


@pytest.fixture
def colleague(accounts: Accounts) -> None:
    """A second quality officer, who signs with the own password."""
    him = accounts.add_user(
        "quality.he", printed_name="he", organisation=CENTRE, roles={"quality"}, actor=LOCAL, now_ms=NOW
    )
    accounts.redeem(accounts.issue_code(him.person, LOCAL, now_ms=NOW), PASSWORD, address="test", now_ms=NOW)


@pytest.mark.usefixtures("colleague")
def test_an_assessment_comes_with_its_file_once(say: Said, ledger: Ledger) -> None:
    first, again = (say("assessed", judged(LOGGED), who="quality").get_json() for _ in range(2))
    [event] = first["events"]
    told = {"sha256": sha256_of(LOGGED), "what": "logger_file", "octets": len(LOGGED)}
    assert (event["event"]["evidence"], again["repeated"], again["events"]) == ([told], True, first["events"])
    other = judged(LOGGED + b"2026-03-02T08:05:00Z,4.2\n")
    assert refusal(say("assessed", other, who="quality")) == (409, "request.differs")
    with reading(ledger.site) as reader:
        assert evidence.kept(reader.connection, sha256_of(LOGGED)) == LOGGED


@pytest.mark.parametrize(
    ("organisation", "roles", "step"),
    [
        (CENTRE, {"technician", "laboratory"}, "assessment.persons"),
        (H1, {"quality"}, "person.unknown"),
        (None, {"administrator"}, "person.unknown"),
    ],
)
def test_a_deviation_is_judged_by_two_quality_officers_of_one_organisation(
    say: Said, accounts: Accounts, ledger: Ledger, organisation: str | None, roles: set[str], step: str
) -> None:
    him = accounts.add_user(
        "quality.he", printed_name="he", organisation=organisation, roles=roles, actor=LOCAL, now_ms=NOW
    )
    accounts.redeem(accounts.issue_code(him.person, LOCAL, now_ms=NOW), PASSWORD, address="test", now_ms=NOW)
    before = ledger.size
    assert refusal(say("assessed", judged(LOGGED), who="quality")) == (422, step)
    assert ledger.size == before


@pytest.mark.usefixtures("colleague")
def test_a_file_as_long_as_is_kept_fits_into_a_request(say: Said) -> None:
    assert say("assessed", judged(bytes(1_048_576), what="manual_readings"), who="quality").status_code == 200


@pytest.mark.parametrize(
    ("said", "step", "detail"),
    [
        (judged(LOGGED + b"now,4.2\n"), "evidence", "line 3: time"),
        (judged(b""), "evidence", "got 0"),
        (judged(bytes(1_048_577), what="manual_readings"), "evidence", "got 1048577"),
        (judged(LOGGED, evidence=[{"what": "logger_file", "base64": "?"}]), "evidence", "base64"),
        (judged(LOGGED, what="a_hunch"), "fields", "evidence"),
        (judged(LOGGED, evidence=[{"what": "logger_file", "base64": ""}] * 5), "fields", "length"),
    ],
)
def test_what_is_no_evidence_is_refused(say: Said, said: dict[str, object], step: str, detail: str) -> None:
    answer = say("assessed", said, who="quality")
    assert refusal(answer) == (422, step)
    assert detail in answer.get_json()["detail"].lower()


def test_nothing_but_an_assessment_rests_on_a_file(say: Said) -> None:
    file = {"what": "logger_file", "base64": ""}
    assert refusal(say("stored", {"fields": [STORE], "evidence": [file]})) == (422, "fields")
