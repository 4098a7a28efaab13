"""What a stopped site's database holds, read without the product's code."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from firmware_mocks import stored


def test_every_reading_and_every_excursion_is_found(tmp_path: Path) -> None:
    segment = {"probe": "probe:p", "time": "1970-01-01T00:00:01.000Z", "readings": [[0, 400], [500, 410]]}
    excursion = {"place": "place:fridge"}
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, kind TEXT)")
        connection.execute("CREATE TABLE bodies (event_id INTEGER PRIMARY KEY, body BLOB)")
        kinds = {1: ("temperature_segment", segment), 2: ("excursion", excursion), 3: ("stored", {})}
        for number, (kind, body) in kinds.items():
            connection.execute("INSERT INTO events VALUES (?, ?)", (number, kind))
            connection.execute("INSERT INTO bodies VALUES (?, ?)", (number, json.dumps(body).encode()))
        connection.commit()
    before = sorted(tmp_path.iterdir())
    assert stored.readings(tmp_path) == [("probe:p", 1000, 400), ("probe:p", 1500, 410)]
    assert stored.excursions(tmp_path) == [excursion]
    assert sorted(tmp_path.iterdir()) == before  # and it left nothing behind
