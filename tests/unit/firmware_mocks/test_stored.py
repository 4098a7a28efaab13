"""What a stopped site's database holds, read without the product's code."""

import json
import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from firmware_mocks import stored


def test_every_reading_and_every_excursion_is_found(tmp_path: Path) -> None:
    segment = {
        "kind": "temperature_segment",
        "probe": "probe:p",
        "time": "1970-01-01T00:00:01.000Z",
        "readings": [[0, 400], [500, 410]],
    }
    excursion = {"kind": "excursion", "place": "place:fridge"}
    batches = [[segment, {"kind": "stored"}], [None, excursion]]
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        connection.execute("CREATE TABLE contents (event_id INTEGER PRIMARY KEY, sizes BLOB, bodies BLOB)")
        for number, batch in enumerate(batches):
            bodies = [b"" if each is None else json.dumps(each).encode() for each in batch]
            sizes = struct.pack(f">{len(bodies)}H", *map(len, bodies))
            connection.execute("INSERT INTO contents VALUES (?, ?, ?)", (number, sizes, b"".join(bodies)))
        connection.commit()
    before = sorted(tmp_path.iterdir())
    assert stored.readings(tmp_path) == [("probe:p", 1000, 400), ("probe:p", 1500, 410)]
    assert stored.excursions(tmp_path) == [excursion]
    assert sorted(tmp_path.iterdir()) == before  # and it left nothing behind
