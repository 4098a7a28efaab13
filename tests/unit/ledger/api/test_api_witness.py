"""`POST /add-checkpoint` as a partner's log meets it: the answers of c2sp.org/tlog-witness."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from proofbundle import tlogproof as oracle

from ledger.api.services import Services
from ledger.app import create_app
from ledger.config import Site
from ledger.core import policy, tlogproof
from ledger.core.errors import ConfigError
from ledger.core.note import format_vkey, parse_signature_lines
from ledger.core.signing import cosigned_at
from ledger.witness import make
from tests.support.partner import Partner, signer
from tests.unit.ledger.api.world import NOW, FixedClock

LOG_KEY = signer().verifier


@pytest.fixture
def site(site: Site) -> Site:
    """The world's site, as the witness of one partner."""
    made = replace(site, witness_for=(LOG_KEY,))
    make(made)
    return made


def test_a_partners_proof_is_whole_with_this_sites_cosignature(client: FlaskClient, site: Site) -> None:
    log = Partner().grow_to(11)
    answer = client.post("/add-checkpoint", data=log.request(0))
    assert (answer.status_code, answer.content_type) == (200, "text/plain; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    key = site.cosigner().verifier
    assert answer.text.startswith(f"— {site.name}/witness ")

    trusted = policy.Policy((policy.Log(LOG_KEY),), (policy.Witness("w", key),), (), "w")
    proof = tlogproof.TlogProof(4, log.inclusion(4), log.signed() + answer.data)
    assert tlogproof.verify(tlogproof.format(proof), b"leaf 4", trusted).verdict == "valid"
    alone = replace(proof, checkpoint=log.signed())
    assert tlogproof.verify(tlogproof.format(alone), b"leaf 4", trusted).verdict == "invalid"

    text = tlogproof.format(proof).decode()
    judged = oracle.verify_tlog_proof(text, b"leaf 4", format_vkey(LOG_KEY), [format_vkey(key)], threshold=1)
    assert judged["ok"], "another library agrees"


def test_the_cosignature_states_real_time(client: FlaskClient, clock: FixedClock, shared: Services) -> None:
    shared.clock = FixedClock()
    clock.ms = NOW + 5_000
    answer = client.post("/add-checkpoint", data=Partner().grow_to(1).request(0))
    (line,) = parse_signature_lines(answer.data)
    assert cosigned_at(line) == NOW // 1000 + 5


def test_a_stale_old_size_is_answered_with_the_size_that_was_cosigned(client: FlaskClient) -> None:
    log = Partner().grow_to(11)
    client.post("/add-checkpoint", data=log.request(0))
    answer = client.post("/add-checkpoint", data=log.grow_to(20).request(0))
    assert (answer.status_code, answer.data) == (409, b"11\n")
    assert answer.headers["Content-Type"] == "text/x.tlog.size"
    assert client.post("/add-checkpoint", data=log.request(int(answer.data))).status_code == 200


def test_every_refusal_has_the_status_of_the_specification(client: FlaskClient) -> None:
    log = Partner().grow_to(11)
    client.post("/add-checkpoint", data=log.request(0))
    lie = log.other_story(3).grow_to(11, "lie")
    refused = {
        "no request": (b"old x\n\n", 400),
        "old above new": (log.request(12, 11), 400),
        "not its key": (Partner(signer(secret="x")).grow_to(12).request(11), 403),
        "unknown log": (Partner(signer("x.example/ledger/1")).grow_to(2).request(0), 404),
        "two roots": (lie.request(11), 409),
        "no continuation": (lie.other_story(11).grow_to(15).request(11), 422),
    }
    for name, (raw, status) in refused.items():
        answer = client.post("/add-checkpoint", data=raw)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), name
    assert client.post("/add-checkpoint", data=log.request(11)).status_code == 200, "nothing of that was recorded"


def test_a_witness_that_cannot_remember_says_try_again(client: FlaskClient, site: Site) -> None:
    site.witness_db.unlink()
    answer = client.post("/add-checkpoint", data=Partner().grow_to(2).request(0))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert not site.witness_db.exists()


def test_too_much_is_refused_before_it_is_read(client: FlaskClient) -> None:
    assert client.post("/add-checkpoint", data=b"x" * (2 * 1024 * 1024)).status_code == 413
    assert client.post("/add-checkpoint", data=b"x" * 512 * 1024).status_code == 400


def test_a_form_is_read_as_the_bytes_that_it_is(client: FlaskClient) -> None:
    raw = Partner().grow_to(2).request(0)
    answer = client.post("/add-checkpoint", data=raw, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200


def test_only_posts_are_taken(client: FlaskClient) -> None:
    assert client.get("/add-checkpoint").status_code == 405


def test_a_site_that_witnesses_nobody_knows_no_log(shared: Services, client: FlaskClient) -> None:
    shared.witness = None
    assert client.post("/add-checkpoint", data=Partner().grow_to(2).request(0)).status_code == 404


def test_a_witness_without_its_memory_does_not_start(app: Flask, shared: Services, site: Site) -> None:
    assert app
    site.witness_db.unlink()
    with pytest.raises(ConfigError, match="remembers what was cosigned"):
        create_app(site, shared.ledger, shared.clock, accounts=shared.accounts)
