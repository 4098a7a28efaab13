"""What the log publishes: checkpoints over committed state, tiles and bundles under the latest of them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import publish
from ledger.append import Ledger
from ledger.core import checkpoint, kinds
from ledger.core.merkle import leaf_hash, root_of
from ledger.core.signing import verify_note
from ledger.core.tiles import decode_entry_bundle, decode_tile
from ledger.publish import Publisher
from ledger.read.reader import Reader, reading
from tests.support.log_checker import check_site
from tests.support.producers import CountedEntropy, Gateway, StoryClock, introduce, site_in

SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock(), entropy=CountedEntropy("publish")) as opened:
        yield opened


def grow(ledger: Ledger, batches: int) -> None:
    centre = Gateway("gw-centre")
    introduce(ledger, centre)
    for number in range(batches):
        ledger.append_batch(centre.say((kinds.TagArrived, f"2026-03-01T12:00:{number % 60:02d}.000Z", SEEN)))


def read(ledger: Ledger, reader: Reader) -> checkpoint.Checkpoint:
    raw = publish.latest_checkpoint(reader.connection)
    assert raw is not None
    stated, signed = checkpoint.parse_signed(raw)
    assert isinstance(verify_note(signed, [ledger.site.verifier("log")]), tuple)
    # Durable outside the database first: the file may be ahead of what a reader sees, and never behind.
    assert checkpoint.parse_signed(ledger.site.signed_head.read_bytes())[0].size >= stated.size
    return stated


def test_a_checkpoint_is_signed_once_a_size(ledger: Ledger) -> None:
    grow(ledger, 3)
    first = ledger.sign_checkpoint()
    assert ledger.sign_checkpoint() == first == ledger.site.signed_head.read_bytes()
    with reading(ledger.site) as reader:
        assert read(ledger, reader).size == ledger.size == 5
    check_site(ledger.site)


def test_tiles_and_bundles_lead_to_the_checkpoint(ledger: Ledger) -> None:
    grow(ledger, 258)
    ledger.sign_checkpoint()
    with reading(ledger.site) as reader:
        connection = reader.connection
        size = read(ledger, reader).size
        assert size == 260
        full = decode_tile(publish.tile(connection, "tile/0/000") or b"", 256)
        partial = decode_tile(publish.tile(connection, "tile/0/001.p/4") or b"", 4)
        assert root_of([*full, *partial]) == read(ledger, reader).root
        assert publish.tile(connection, "tile/1/000.p/1") == root_of(full)
        notes = decode_entry_bundle(publish.tile(connection, "tile/entries/001.p/4") or b"", 4)
        assert tuple(leaf_hash(note) for note in notes) == partial
        for missing in ("tile/0/001", "tile/0/001.p/5", "tile/2/000.p/1", "tile/entries/001", "tile/0/00", "x"):
            assert publish.tile(connection, missing) is None, missing


def test_nothing_above_the_latest_checkpoint_is_served(ledger: Ledger) -> None:
    grow(ledger, 3)
    with reading(ledger.site) as reader:
        assert read(ledger, reader).size == 1
        assert publish.tile(reader.connection, "tile/0/000.p/1") is not None
        assert publish.tile(reader.connection, "tile/0/000.p/2") is None


def test_the_publisher_follows_the_log(ledger: Ledger) -> None:
    with Publisher(ledger, interval_seconds=0.01):
        grow(ledger, 3)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with reading(ledger.site) as reader:
                if read(ledger, reader).size == 5:
                    break
            time.sleep(0.01)
    with reading(ledger.site) as reader:
        assert read(ledger, reader).size == 5


def test_the_publisher_states_the_unit_maps_root_while_lists_grow(tmp_path: Path) -> None:
    site = replace(site_in(tmp_path / "rooted"), root_every_seconds=1)
    with Ledger(site, StoryClock()) as ledger, Publisher(ledger, interval_seconds=0.25):
        deadline = time.monotonic() + 10
        while ledger.size < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1.5)
    assert ledger.size == 2, "one root for what init said, and none while nothing grows"


def test_at_its_end_everything_that_was_committed_is_published(ledger: Ledger) -> None:
    with Publisher(ledger, interval_seconds=3600):
        grow(ledger, 2)
    with reading(ledger.site) as reader:
        assert read(ledger, reader).size == ledger.size
