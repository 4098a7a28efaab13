"""What an auditor is told and may hand in over the API, and who is not."""

import json
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ledger.append import Erasure, Ledger
from ledger.audit import Audit, AuditError, read_batches
from ledger.core.batch import format_wire
from ledger.core.errors import Refused
from ledger.core.mapproof import MapNote
from ledger.core.note import format_signature_lines, format_vkey
from ledger.core.signing import Cosigner, SigningKey
from ledger.core.unitmap import bucket_of, path_of
from tests.unit.ledger.api.world import UNIT_OF_H1, Bearers, GatewayKey

REPLAYED = ("/v1/log/batches?start=0", "/v1/map/buckets?as_of_size=3", "/v1/map/entries?bucket=7")
AUDITOR = Cosigner("auditor.example", SigningKey(bytes([9]) * 32))


@pytest.mark.parametrize("address", REPLAYED)
def test_bodies_are_told_to_auditors_of_the_whole_site_alone(
    client: FlaskClient, as_user: Bearers, address: str
) -> None:
    assert client.get(address).status_code == 401
    for who in ("technician", "quality", "hospital", "administrator", "hospital_auditor"):
        assert client.get(address, headers=as_user(who)).status_code == 403, who
    assert client.get(address, headers=as_user("auditor")).status_code == 200


def test_the_log_can_be_replayed_and_its_root_cosigned(client: FlaskClient, as_user: Bearers, ledger: Ledger) -> None:
    size = ledger.root_unit_map()
    assert size is not None
    ledger.sign_checkpoint()
    audit = Audit(ledger.site.origin)
    raw = client.get("/v1/log/batches?start=0", headers=as_user("auditor")).data
    stated = [each for batch in read_batches(raw) for each in audit.take(batch)]
    assert [each.is_confirmed for each in stated] == [True]
    roots = client.get(f"/v1/map/buckets?as_of_size={size}", headers=as_user("auditor")).data
    bucket = bucket_of(path_of(UNIT_OF_H1))
    assert roots[bucket * 32 : bucket * 32 + 32] == audit.map.node(0, bucket)
    address = f"/v1/map/entries?as_of_size={size}&bucket={bucket}"
    told = client.get(address, headers=as_user("auditor")).get_json()["entries"]
    assert [each["count"] for each in told] == [listed.count for _, listed in audit.map.bucket(bucket)]
    assert client.get("/v1/map/entries?bucket=65536", headers=as_user("auditor")).status_code == 422
    line = AUDITOR.cosign_text(MapNote(ledger.site.origin, size, stated[0].note.root).format(), 1)
    body = {
        "as_of_size": size,
        "vkey": format_vkey(AUDITOR.verifier),
        "line": format_signature_lines([line]).decode(),
    }
    for who, status in (("quality", 403), ("hospital_auditor", 403), ("auditor", 200)):
        assert client.post("/v1/audits", data=json.dumps(body), headers=as_user(who)).status_code == status, who
    shown = client.get("/v1/audits", headers=as_user("hospital")).get_json()["roots"]
    assert (shown[0]["as_of_size"], shown[0]["auditors"]) == (size, ["auditor.example"])


def test_the_log_can_be_replayed_over_an_erased_event(
    client: FlaskClient, as_user: Bearers, ledger: Ledger, gateway: GatewayKey
) -> None:
    ledger.append_batch(format_wire(gateway.batch(gateway.started())))
    at = ledger.size - 1
    assert not isinstance(ledger.erase(Erasure(gateway.stream, 1, "a court's order")), Refused)
    assert ledger.root_unit_map() is not None
    ledger.sign_checkpoint()
    told = list(read_batches(client.get("/v1/log/batches?start=0", headers=as_user("auditor")).data))
    assert b'{"erased":' in told[at].bodies[0]
    audit = Audit(ledger.site.origin)
    stated = [each for batch in told[: at + 1] for each in audit.take(batch)]
    audit = Audit.load(audit.dump(), ledger.site.origin)
    with pytest.raises(AuditError, match=f"explains {gateway.stream} 1"):
        audit.require_explained()
    stated += [each for batch in told[at + 1 :] for each in audit.take(batch)]
    audit.require_explained()
    assert [each.is_confirmed for each in stated] == [True]
    lie = told[at].bodies[0].replace(b'"listed":[', b'"listed":["box:of-a-lie"')
    lied = Audit(ledger.site.origin)
    for batch in (*told[:at], replace(told[at], bodies=(lie,))):
        lied.take(batch)
    with pytest.raises(AuditError, match="on other lists"):
        lied.take(told[at + 1])


def test_what_is_no_cosignature_is_refused_with_a_reason(client: FlaskClient, as_user: Bearers) -> None:
    who = as_user("auditor")
    assert client.post("/v1/audits", data=b"{}", headers=who).status_code == 400
    body = json.dumps({"as_of_size": 1, "vkey": "nobody", "line": "no line"})
    refused = client.post("/v1/audits", data=body, headers=who)
    assert (refused.status_code, refused.get_json()["step"]) == (422, "cosignature")
    assert client.get("/v1/log/batches?start=-1", headers=who).status_code == 422
    assert client.get("/v1/log/batches?start=99999", headers=who).data == b""
