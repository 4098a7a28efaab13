"""A stretch of the log is examined by itself, and finds also what was changed together with all that follows."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.append import Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.merkle import leaf_hash
from ledger.store import engine as engines
from ledger.store.stretch import Ground, Stretch, UnlikeError, connect
from ledger.store.sweep import keys_over_time
from tests.support.producers import CountedEntropy, Gateway, StoryClock, introduce, site_in

LAST = 2

pytestmark = pytest.mark.sqlite


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = site_in(tmp_path / "site")
    clock, centre = StoryClock(), Gateway("gw-centre")
    with Ledger(site, clock, entropy=CountedEntropy("stretch")) as ledger:
        introduce(ledger, centre)
        seen = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
        ledger.append_batch(
            centre.say((kinds.TagArrived, clock.after(1), seen), (kinds.TagArrived, clock.after(1), seen))
        )
    return site


def examine(site: Site) -> int:
    engine = engines.open_reader(site.ledger_db)
    with engines.reading(engine) as connection:
        ground = Ground(
            database=site.ledger_db,
            immutable=False,
            origin=site.origin,
            accepts_simulated=False,
            window=LAST + 1,
            keys=keys_over_time(connection, site.origin),
        )
    engine.dispose()
    with closing(connect(ground)) as beside:
        parts = Stretch(beside, ground).examine(0, LAST + 1)
    return sum(len(part.sound) for part in parts)


def change(site: Site, statement: str, *values: object) -> None:
    connection = sqlite3.connect(site.ledger_db, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    assert connection.execute(statement, values).rowcount == 1
    connection.close()


def stored(site: Site, query: str) -> bytes:
    connection = sqlite3.connect(site.ledger_db)
    value = connection.execute(query).fetchone()[0]
    connection.close()
    assert isinstance(value, bytes)
    return value


def test_sound_batches_are_sound(site: Site) -> None:
    assert examine(site) == LAST + 1


def test_an_event_that_was_changed_together_with_its_leaf_does_not_lead_to_the_root_that_was_signed(site: Site) -> None:
    body = stored(site, "SELECT bodies FROM contents WHERE event_id = 2 * 1024")
    other = body.replace(b'"antenna":1', b'"antenna":2')
    assert other != body
    size = len(other) // 2
    leaves = leaf_hash(other[:size]) + leaf_hash(other[size:])
    assert stored(site, "SELECT leaves FROM contents WHERE event_id = 2 * 1024") == leaf_hash(body[:size]) + leaf_hash(
        body[size:]
    )
    change(site, "UPDATE contents SET bodies = ?, leaves = ? WHERE event_id = 2 * 1024", other, leaves)
    with pytest.raises(UnlikeError, match="root"):
        examine(site)


def test_a_note_under_another_signature_is_found_even_where_nothing_else_says_so(site: Site) -> None:
    note = notes.parse(stored(site, "SELECT note FROM batches WHERE log_index = 2"))
    (line,) = note.signatures
    forged = notes.Signature(line.name, line.key_id, bytes([line.raw[0] ^ 1]) + line.raw[1:])
    change(
        site,
        "UPDATE batches SET note = ? WHERE log_index = 2",
        notes.format(notes.Note(note.text, (forged,))),
    )
    with pytest.raises(UnlikeError, match=f"batch {LAST}"):
        examine(site)


def test_a_key_that_the_log_never_named_signs_nothing(site: Site) -> None:
    change(site, "UPDATE batches SET note = CAST(replace(note, '/gw-c', '/gw-d') AS BLOB) WHERE log_index = 2")
    with pytest.raises(UnlikeError, match="no key of the log"):
        examine(site)


def test_a_batch_that_is_missing_is_missed(site: Site) -> None:
    change(site, "UPDATE batches SET log_index = 100 WHERE log_index = 1")
    with pytest.raises(UnlikeError, match="not every batch"):
        examine(site)
