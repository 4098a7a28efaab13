"""Passports over the API: of a unit, with its segments if they are asked for, and of a whole dispatch note."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds, passport
from ledger.core.events import encode
from ledger.core.ids import format_instant
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.verify import Verification, verify
from tests.support.golden import FOLDER, ORIGIN, RED, SECOND
from tests.unit.ledger.api.world import (
    CENTRE,
    NOW,
    UNIT_OF_H1,
    Bearers,
    FixedClock,
    GatewayKey,
    done,
    place,
)

BAG, FRIDGE = "unit:A999926123458.A0002V00", "place:centre/fridge"


def judged(site: Site, raw: bytes) -> Verification:
    return verify(raw, policy=Policy((Log(site.verifier("log")),), (), (), NO_QUORUM))


def chill(ledger: Ledger, gateway: GatewayKey, clock: FixedClock) -> None:
    """One bag in a fridge with a probe, which read three times."""
    fridge = place(FRIDGE, CENTRE)
    done(ledger.record("site", [replace(fridge, fields={**fridge.fields, "phase": "store"})]))
    done(ledger.record("web", [Draft(kinds.Opening, {"unit": BAG, "place": FRIDGE})]))
    stream = f"{gateway.stream[:-1]}t"
    body = encode(
        kinds.TemperatureSegment(
            v=1,
            stream=stream,
            seq=1,
            nonce="0" * 32,
            time=format_instant(NOW),
            clock="synchronised",
            place=FRIDGE,
            probe="probe:fridge",
            measures="air",
            until=format_instant(NOW + 60_000),
            quality="good",
            readings=[(0, 400), (30_000, 410), (60_000, 420)],
        )
    )
    clock.ms = NOW + 60_000
    ledger.append_batch(batches.format_wire(replace(gateway, stream=stream).batch(body)))


def test_a_passport_of_the_api_verifies_under_the_sites_policy(
    client: FlaskClient, as_user: Bearers, site: Site
) -> None:
    answer = client.get(f"/v1/units/{UNIT_OF_H1}/passport", headers=as_user("hospital"))
    assert answer.status_code == 200, answer.data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport-A999926123456.E0382V00.json"'
    assert passport.parse(answer.data).subject == UNIT_OF_H1
    found = verify(answer.data, policy=Policy((Log(site.verifier("log")),), (), (), NO_QUORUM))
    assert found.verdict in {"valid", "warnings"}, found


def test_a_passport_of_the_api_comes_as_a_page_too(client: FlaskClient, as_user: Bearers) -> None:
    address = f"/v1/units/{UNIT_OF_H1}/passport"
    answer = client.get(address, query_string={"format": "html"}, headers=as_user("hospital"))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport-A999926123456.E0382V00.html"'
    assert answer.content_type == "text/html; charset=utf-8"
    assert passport.parse(passport.out_of_page(answer.data)).subject == UNIT_OF_H1
    refused = client.get(address, query_string={"format": "pdf"}, headers=as_user("hospital"))
    assert refused.status_code == 422


def test_a_full_passport_carries_the_segments_that_its_statement_rests_on(
    client: FlaskClient, as_user: Bearers, site: Site, ledger: Ledger, gateway: GatewayKey, clock: FixedClock
) -> None:
    chill(ledger, gateway, clock)
    details = {}
    for full in ("true", "false"):
        answer = client.get(f"/v1/units/{BAG}/passport?full={full}", headers=as_user("quality"))
        found = judged(site, answer.data)
        details[full] = next(step.detail for step in found.steps if step.step == "exposure")
    assert details["true"].endswith("all 1 segments carried")
    assert details["false"].endswith("segments not carried")
    refused = client.get(f"/v1/units/{BAG}/passport?full=perhaps", headers=as_user("quality"))
    assert refused.status_code == 422


def test_the_passport_of_a_dispatch_note_has_a_finding_a_bag(client: FlaskClient, as_user: Bearers, site: Site) -> None:
    answer = client.get("/v1/consignments/consignment:h1/passport", headers=as_user("hospital"))
    assert answer.status_code == 200, answer.data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport-h1.json"'
    assert [found.unit for found in judged(site, answer.data).units] == [UNIT_OF_H1]
    page = client.get("/v1/consignments/consignment:h1/passport?format=html", headers=as_user("hospital"))
    assert passport.parse(passport.out_of_page(page.data)).subject == "consignment:h1"
    assert (
        client.get("/v1/consignments/consignment:h1/passport?full=true", headers=as_user("hospital")).status_code == 422
    )


@pytest.mark.parametrize("note", ["consignment:h2", "consignment:none", "consignment:", "h1", UNIT_OF_H1, "\0"])
def test_a_note_that_is_anothers_or_none_gets_the_answer_of_an_unknown_unit(
    client: FlaskClient, as_user: Bearers, note: str
) -> None:
    answer = client.get(f"/v1/consignments/{note}/passport", headers=as_user("hospital"))
    unknown = client.get("/v1/units/unit:nonsense", headers=as_user("hospital"))
    assert answer.status_code == unknown.status_code == 404
    assert answer.get_json()["detail"] == unknown.get_json()["detail"]


def test_a_passport_of_a_partner_is_accepted_once_and_only_under_the_sites_own_policy(
    client: FlaskClient, as_user: Bearers, site: Site, ledger: Ledger
) -> None:
    sent = (FOLDER / "passport" / "good_consignment.json").read_bytes()

    def post(document: bytes) -> TestResponse:
        return client.post("/v1/passports", data=document, headers=as_user("hospital"))

    unknown = post(sent)
    assert (unknown.status_code, unknown.get_json()["step"]) == (422, "policy")
    site.partners_file.write_bytes((FOLDER / "policy.txt").read_bytes())
    altered = post(sent.replace(b"E280A999", b"E280A998", 1))
    assert (altered.status_code, altered.get_json()["step"]) == (422, "event-proofs")
    size = ledger.size
    accepted = post(sent)
    assert accepted.status_code == 200, accepted.data
    told = accepted.get_json()
    assert (told["verdict"], told["origin"], told["units"]) == ("warnings", ORIGIN, [RED, SECOND])
    assert told["sha256"] == passport.digest(sent.decode())
    assert ledger.size == size + 1
    again = post(sent)
    assert (again.status_code, again.get_json()["step"]) == (409, "enclosure")
    assert ledger.size == size + 1


def test_who_may_not_receive_may_not_accept(client: FlaskClient, as_user: Bearers) -> None:
    assert client.post("/v1/passports", data=b"{}", headers=as_user("auditor")).status_code == 403
    assert client.post("/v1/passports", data=b"{}").status_code == 401


def test_a_passport_may_be_larger_than_other_bodies_and_no_larger_than_a_passport(
    client: FlaskClient, as_user: Bearers, site: Site
) -> None:
    site.partners_file.write_bytes((FOLDER / "policy.txt").read_bytes())
    large = client.post("/v1/passports", data=b" " * 2 * 1024 * 1024, headers=as_user("hospital"))
    assert (large.status_code, large.get_json()["step"]) == (422, "format")
    too_large = client.post("/v1/passports", data=b" " * 24 * 1024 * 1024, headers=as_user("hospital"))
    assert too_large.status_code == 413
