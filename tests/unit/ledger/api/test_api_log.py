"""The log as anyone may mirror it."""

import gzip

import pytest
from flask.testing import FlaskClient

from ledger.append import Ledger
from ledger.config import Site
from ledger.core import checkpoint
from ledger.core.merkle import leaf_hash, root_of
from ledger.core.note import parse
from ledger.core.signing import verify_note
from ledger.core.tiles import decode_entry_bundle, decode_tile


def test_the_checkpoint_is_the_logs_signed_word(client: FlaskClient, site: Site) -> None:
    answer = client.get("/checkpoint")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    note = parse(answer.data)
    assert verify_note(note, [site.verifier("log")]) == (site.verifier("log"),)
    assert checkpoint.parse(note.text).origin == site.origin


def test_tiles_and_entries_rebuild_the_root(client: FlaskClient) -> None:
    head = checkpoint.parse(parse(client.get("/checkpoint").data).text)
    assert 0 < head.size < 256
    tile = client.get(f"/tile/0/000.p/{head.size}")
    entries = client.get(f"/tile/entries/000.p/{head.size}")
    for answer in (tile, entries):
        assert answer.status_code == 200
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    leaves = [leaf_hash(entry) for entry in decode_entry_bundle(entries.data, head.size)]
    assert list(decode_tile(tile.data, head.size)) == leaves
    assert root_of(leaves) == head.root


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip;q=0, identity", None),
        ("gzip", "gzip"),
        ("gzip, identity", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("*", "gzip"),
    ],
)
def test_a_bundle_is_compressed_for_who_reads_that(
    client: FlaskClient, accepted: str | None, encoding: str | None
) -> None:
    size = checkpoint.parse(parse(client.get("/checkpoint").data).text).size
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    answer = client.get(f"/tile/entries/000.p/{size}", headers=headers)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    plain = client.get(f"/tile/entries/000.p/{size}").data
    assert (gzip.decompress(answer.data) if encoding else answer.data) == plain
    if encoding:
        assert answer.data[4:8] == bytes(4), "no time in it: the same bytes for a year"


def test_a_tile_is_never_compressed(client: FlaskClient) -> None:
    size = checkpoint.parse(parse(client.get("/checkpoint").data).text).size
    answer = client.get(f"/tile/0/000.p/{size}", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) == size * 32
    assert not {"Content-Encoding", "Vary"} & set(answer.headers.keys())


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/200",
        "9/000",
        "00/000",
        "0/1",
        "0/x001/000",
        "entries/000",
        "entries/../../etc/passwd",
        "0/000.p/0",
        "0/000.p/256",
        "0/" + "x999/" * 6 + "999",
        "-1/000",
        "%00",
    ],
)
def test_what_is_not_there_is_a_404(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/tile/{path}")
    assert answer.status_code == 404, path
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_event_body_is_in_what_anyone_may_mirror(client: FlaskClient, ledger: Ledger) -> None:
    head = checkpoint.parse(parse(client.get("/checkpoint").data).text)
    entries = client.get(f"/tile/entries/000.p/{head.size}").data
    assert b"xuemai/batch/v1" in entries
    assert b"A999926123456" not in entries
    assert ledger.sign_checkpoint()
