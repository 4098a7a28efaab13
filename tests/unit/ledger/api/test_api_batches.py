"""`POST /v1/batches`: what comes in, what goes out, and what hostile bytes do, which is never a 500."""

import base64
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from typing_extensions import override
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from ledger.append import Ledger
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import receipt as receipts
from ledger.core.batch import format_wire
from ledger.core.held import HEADER
from ledger.core.held import format as format_held
from ledger.core.note import parse
from ledger.core.receipt import Receipt
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from tests.unit.ledger.api.world import GatewayKey

NDJSON = "application/x-ndjson"


def test_a_batch_gets_a_receipt_and_the_same_batch_the_same_receipt(
    client: FlaskClient, site: Site, gateway: GatewayKey
) -> None:
    wire = format_wire(gateway.batch(gateway.started()))
    first = client.post("/v1/batches", data=wire, content_type=NDJSON)
    assert first.status_code == 200
    assert first.content_type == "text/plain; charset=utf-8"
    receipt = receipts.verify(first.data, site.verifier("receipt"))
    assert isinstance(receipt, Receipt)
    assert (receipt.stream, receipt.last_seq) == (gateway.stream, 1)
    again = client.post("/v1/batches", data=wire, content_type=NDJSON)
    assert again.data == first.data


def test_a_gap_is_answered_with_the_streams_head(client: FlaskClient, gateway: GatewayKey) -> None:
    batch = gateway.batch(gateway.started())
    client.post("/v1/batches", data=format_wire(batch))
    gap = gateway.batch(gateway.started(3), first=3, previous=b"\1" * 32)
    answer = client.post("/v1/batches", data=format_wire(gap))
    assert (answer.status_code, answer.content_type) == (409, "application/problem+json")
    problem = answer.get_json()
    assert (problem["type"], problem["step"]) == ("urn:xuemai:refused:chain", "chain")
    assert problem["head"]["stream"] == gateway.stream
    assert problem["head"]["last_seq"] == 1
    assert base64.b64decode(problem["head"]["previous"]) == batches.text_hash(parse(batch.note).text)


def test_a_batch_for_another_ledger_is_resealed(client: FlaskClient, gateway: GatewayKey) -> None:
    wire = format_wire(gateway.batch(gateway.started(), origin="other.example/ledger/1"))
    answer = client.post("/v1/batches", data=wire)
    assert answer.status_code == 421
    assert answer.get_json()["retry"] == "reseal"


def test_an_unknown_key_waits_for_its_approval(client: FlaskClient, site: Site, gateway: GatewayKey) -> None:
    stranger = replace(gateway, signer=NoteSigner(f"{site.name}/gw-new", SigningKey(bytes([9]) * 32)))
    answer = client.post("/v1/batches", data=format_wire(stranger.batch(gateway.started())))
    assert (answer.status_code, answer.get_json()["step"], answer.get_json()["retry"]) == (403, "key", "retry")


def test_a_closed_writer_is_a_503_to_try_again(client: FlaskClient, ledger: Ledger, gateway: GatewayKey) -> None:
    ledger.close()
    answer = client.post("/v1/batches", data=format_wire(gateway.batch(gateway.started())))
    assert (answer.status_code, answer.get_json()["retry"]) == (503, "retry")
    assert answer.headers["Retry-After"] == "1"


def hostile_event(text: bytes) -> Callable[[GatewayKey], bytes]:
    """A well-signed batch whose one event has hostile bytes as the value of a further field."""

    def wire(gateway: GatewayKey) -> bytes:
        body = gateway.started()[:-1] + b',"x":' + text + b"}"
        return format_wire(gateway.batch(body))

    return wire


def hostile_segment(text: bytes) -> Callable[[GatewayKey], bytes]:
    """The same in a temperature segment, which may be longer."""

    def wire(gateway: GatewayKey) -> bytes:
        stream = gateway.stream.encode()
        envelope = b'{"kind":"temperature_segment","v":1,"stream":"%s","seq":1,"nonce":"%032d"' % (stream, 0)
        return format_wire(gateway.batch(envelope + b',"x":' + text + b"}"))

    return wire


def raw(wire: bytes) -> Callable[[GatewayKey], bytes]:
    return lambda _: wire


HOSTILE = {
    "nothing": raw(b""),
    "no line end": raw(b"{}"),
    "NUL": raw(b"\0\n\0\n"),
    "UTF-16": raw('{"note": "x"}\n{}\n'.encode("utf-16")),
    "UTF-8 with a mark": raw(b'\xef\xbb\xbf{"note":"x"}\n{}\n'),
    "invalid UTF-8": raw(b'{"note":"\xff\xfe"}\n{}\n'),
    "a lone surrogate as the note": raw(b'{"note":"\\ud800"}\n{}\n'),
    "a note of 100,000 levels": raw(b'{"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n{}\n"),
    "a note line twice over": raw(b'{"note":"x","note":"y"}\n{}\n'),
    "a note that is a number": raw(b'{"note":NaN}\n{}\n'),
    "an event of 1,900 levels": hostile_event(b"[" * 1_900 + b"]" * 1_900),
    "an event of 16,000 levels": hostile_segment(b"[" * 16_000 + b"]" * 16_000),
    "NaN": hostile_event(b"NaN"),
    "Infinity": hostile_event(b"-Infinity"),
    "1e999": hostile_event(b"1e999"),
    "5,000 digits": hostile_segment(b"9" * 5_000),
    "duplicate keys": hostile_event(b'1,"v":1'),
    "a lone surrogate": hostile_event(b'"\\ud800"'),
    "a surrogate in UTF-8": hostile_event(b'"\xed\xa0\x80"'),
    "a NUL": hostile_event(b'"\0"'),
    "too long an event": hostile_event(b'"' + b"x" * 5_000 + b'"'),
    "2,000 events": raw(b'{"note":"x"}\n' + b"{}\n" * 2_000),
    "more than 1 MiB": raw(b'{"note":"x"}\n' + b"x" * (1024 * 1024) + b"\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_and_never_break_the_server(
    client: FlaskClient, ledger: Ledger, gateway: GatewayKey, name: str
) -> None:
    answer = client.post("/v1/batches", data=HOSTILE[name](gateway), content_type=NDJSON)
    assert 400 <= answer.status_code < 500, answer.data
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["retry"] == "stop"
    good = client.post("/v1/batches", data=format_wire(gateway.batch(gateway.started())))
    assert good.status_code == 200, good.data
    assert ledger.sign_checkpoint()


def test_an_oversized_body_is_refused_before_it_is_read(app: Flask) -> None:
    class Unreadable(io.RawIOBase):
        """A body that fails the test if anyone reads it."""

        @override
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("the body was read")

    environ = EnvironBuilder(path="/v1/batches", method="POST").get_environ()
    environ |= {"CONTENT_LENGTH": str(4 * 1024 * 1024 + 1), "wsgi.input": Unreadable()}
    answer = Response.from_app(app, environ)
    assert answer.status_code == 413
    problem = json.loads(answer.get_data())
    assert (problem["step"], problem["retry"]) == ("size", "stop")


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(app: Flask) -> None:
    body = io.BytesIO(b"x" * (8 * 1024 * 1024))
    environ = EnvironBuilder(path="/v1/batches", method="POST").get_environ()
    assert "CONTENT_LENGTH" not in environ
    answer = Response.from_app(app, environ | {"wsgi.input": body, "wsgi.input_terminated": True})
    assert answer.status_code == 413
    assert body.tell() <= 4 * 1024 * 1024 + 64 * 1024


def test_a_compressed_body_is_not_inflated(client: FlaskClient) -> None:
    answer = client.post("/v1/batches", data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_a_gateway_that_holds_what_the_ledger_lost_stops_every_signature(
    client: FlaskClient, site: Site, gateway: GatewayKey
) -> None:
    wire = format_wire(gateway.batch(gateway.started()))
    given = client.post("/v1/batches", data=wire, content_type=NDJSON)
    held = {HEADER: format_held([given.data])}
    assert client.post("/v1/batches", data=wire, headers=held).data == given.data
    assert client.post("/v1/batches", data=wire, headers={HEADER: "no base64"}).data == given.data

    lost = Receipt(site.origin, gateway.stream, 7, 999, bytes(32))
    told = {HEADER: format_held([given.data, sign_note(lost.format(), [site.signer("receipt")])])}
    answer = client.post("/v1/batches", data=wire, headers=told)
    assert answer.status_code == 503
    problem = answer.get_json()
    assert (problem["step"], problem["retry"]) == ("history", "retry")
    assert "log index 999" in problem["detail"]
    # From here on nobody gets a signature, and whoever runs the site is told why.
    assert client.post("/v1/batches", data=wire).status_code == 503
    assert client.get("/checkpoint").get_json()["step"] == "history"
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "log index 999" in ready.get_json()["detail"]
