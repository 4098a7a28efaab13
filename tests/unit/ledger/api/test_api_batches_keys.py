"""A gateway's key over HTTP: unknown, revoked, replaced; what a gateway is told to do each time."""

import hashlib
from dataclasses import replace

from flask.testing import FlaskClient

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.batch import format_wire, text_hash
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey, parse
from ledger.core.signing import NoteSigner, SigningKey
from tests.unit.ledger.api.world import GatewayKey


def test_a_stolen_key_is_stopped_and_what_was_good_still_gets_its_receipt(
    client: FlaskClient, ledger: Ledger, gateway: GatewayKey
) -> None:
    good = gateway.batch(gateway.started())
    receipt = client.post("/v1/batches", data=format_wire(good)).data
    last_good = [kinds.LastGood(stream=gateway.stream, seq=1)]
    key = fingerprint(format_vkey(gateway.signer.verifier))
    ledger.record("site", [Draft(kinds.KeyRevoked, {"key": key, "last_good": last_good, "reason": "stolen"})])
    later = gateway.batch(gateway.started(2), first=2, previous=text_hash(parse(good.note).text))
    answer = client.post("/v1/batches", data=format_wire(later))
    assert (answer.status_code, answer.get_json()["step"], answer.get_json()["retry"]) == (403, "key", "stop")
    assert client.post("/v1/batches", data=format_wire(good)).data == receipt


def test_a_key_rolls_over_between_two_batches(client: FlaskClient, ledger: Ledger, gateway: GatewayKey) -> None:
    first = gateway.batch(gateway.started())
    assert client.post("/v1/batches", data=format_wire(first)).status_code == 200
    old, new = gateway.signer, NoteSigner(gateway.signer.name, SigningKey(hashlib.sha256(b"next").digest()))
    follower = replace(gateway, signer=new)
    second = follower.batch(follower.started(2), first=2, previous=text_hash(parse(first.note).text))
    waiting = client.post("/v1/batches", data=format_wire(second))
    assert (waiting.status_code, waiting.get_json()["retry"]) == (403, "retry"), "not approved yet"
    vkey, origin = format_vkey(new.verifier), ledger.site.origin
    rotated = {
        "key": fingerprint(vkey), "vkey": vkey, "producer": gateway.stream.split("/")[0],
        "replaces": fingerprint(format_vkey(old.verifier)),
        "proof": prove_possession(new.key, origin=origin, vkey=vkey),
        "proof_by_old": prove_possession(old.key, origin=origin, vkey=vkey),
    }  # fmt: skip
    ledger.record("site", [Draft(kinds.KeyRotated, rotated)])
    assert client.post("/v1/batches", data=format_wire(second)).status_code == 200, "the same bytes"
