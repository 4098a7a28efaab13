"""What is left of an event that was erased: a leaf that the log explains, and nothing that was made of its bytes."""

import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Erasure, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.core.note import format_vkey
from ledger.fsck import examine
from ledger.store import engine as engines
from ledger.store import tables as t
from tests.support.log_checker import check_log
from tests.support.producers import Fact, Gateway, StoryClock, declare, introduce, site_in
from tests.unit.ledger.store.test_projections import PERSON, PLACES, UNITS, some_act, some_declaration, some_sighting

pytestmark = pytest.mark.sqlite


def places_of(site: Site) -> list[tuple[str, int]]:
    """Every event that is not the site's own."""
    engine = engines.open_reader(site.ledger_db)
    with engines.reading(engine) as connection:
        query = select(t.streams.c.name, t.events.c.seq).join(t.events, t.events.c.stream_id == t.streams.c.id)
        rows = connection.execute(query.where(t.streams.c.name != "site").order_by(t.events.c.id)).all()
    engine.dispose()
    return [(name, seq) for name, seq in rows]


def some_deed(dice: random.Random, clock: StoryClock) -> Draft:
    """An act, or one that names a donation, a box, or several units at once."""
    place = {"place": dice.choice(PLACES)}
    if dice.random() < 0.6:
        return some_act(dice, clock)
    kind, fields = dice.choice(
        [
            (kinds.Sampled, {"din": "din:A999926000001", "sample": "sample:1", **place}),
            (kinds.Packed, {"box": "box:1", "units": [dice.choice(UNITS)], **place}),
            (kinds.StockTaken, {"found": dice.sample(UNITS, 2), "missing": dice.sample(UNITS, 1), **place}),
            (kinds.Corrected, {"of_stream": "web", "of_seq": 1, "reason": "a slip", "unit": dice.choice(UNITS)}),
            (kinds.Recalled, {"units": dice.sample(UNITS, 2), "reason": "late report"}),
        ]
    )
    return Draft(kind, fields)


def some_observation(dice: random.Random, clock: StoryClock) -> Fact:
    """A sighting, a scanned label, or an event with a defect."""
    at = format_instant(clock.at_ms - dice.randrange(1_800_000))
    scanned = {
        "device": "device:s",
        "place": dice.choice(PLACES),
        "unit": dice.choice(UNITS),
        "abo": "O",
        "rhd": "negative",
    }
    match dice.randrange(5):
        case 0:
            return (kinds.LabelScanned, at, scanned)
        case 1:
            return (kinds.StockTaken, at, {"found": [dice.choice(UNITS)], "place": dice.choice(PLACES)})
        case _:
            return some_sighting(dice, clock)


@pytest.mark.parametrize("seed", range(20, 32))
def test_whatever_is_erased_the_rest_is_what_the_log_implies(tmp_path: Path, seed: int) -> None:
    site = site_in(tmp_path / "site")
    dice = random.Random(seed)  # noqa: S311  a repeatable story
    clock, gateway = StoryClock(), Gateway("gw")
    erased = 0
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        for _ in range(110):
            clock.after(1)
            match dice.randrange(7):
                case 6:
                    ledger.root_unit_map()
                case 0:
                    ledger.append_batch(gateway.say(*(some_observation(dice, clock) for _ in range(3))))
                case 1:
                    declare(ledger, some_declaration(dice))
                case 2:
                    spoken = places_of(site)
                    if not spoken:
                        continue
                    stream, seq = dice.choice(spoken)
                    erased += not isinstance(ledger.erase(Erasure(stream, seq, "by a court's order")), Refused)
                case _:
                    ledger.record("web", [some_deed(dice, clock)])
    assert erased > 3
    report = examine(site)
    assert report.ok, str(report.first_bad)
    check_log(site.ledger_db, log_key=format_vkey(site.verifier("log")))


def test_what_no_erased_event_names_stays_even_where_something_was_erased(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        assert not isinstance(ledger.record("web", [Draft(kinds.DonorBlocked, {"donor": PERSON})] * 2), Refused)
        assert not isinstance(ledger.erase(Erasure("web", 1, "a court's order")), Refused)
    connection = sqlite3.connect(site.ledger_db)
    (erased,) = connection.execute("SELECT event_id FROM erasures").fetchone()
    for statement, reason in (
        ("DELETE FROM bodies", "bodies is append-only"),
        (f"UPDATE events SET defect = 'erased' WHERE id = {erased + 1}", "events is append-only"),  # noqa: S608  our own numbers
        (f"UPDATE events SET leaf = zeroblob(32) WHERE id = {erased}", "events is append-only"),  # noqa: S608  the same
        ("UPDATE erasures SET event_id = event_id + 1", "erasures is append-only"),
        (f"INSERT INTO erasures VALUES ({erased}, {erased + 1}, 'body')", "erasures follow from erased events"),  # noqa: S608  the same
    ):
        with pytest.raises(sqlite3.IntegrityError, match=reason):
            connection.execute(statement)
    connection.close()


def test_bytes_that_come_back_are_a_fault(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        ledger.record("web", [Draft(kinds.DonorBlocked, {"donor": PERSON})])
        ledger.erase(Erasure("web", 1, "a court's order"))
    site.seal.unlink()
    connection = sqlite3.connect(site.ledger_db)
    connection.execute("INSERT INTO bodies SELECT event_id, x'7b7d' FROM erasures")
    connection.commit()
    connection.close()
    assert not examine(site).ok
