"""What is left of an event that was erased: a leaf that the log explains, and nothing that was made of its bytes."""

import random
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Erasure, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.store import contents, event_lists
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.packing import row_key
from tests.support.log_checker import check_site
from tests.support.producers import Fact, Gateway, StoryClock, declare, introduce, site_in
from tests.unit.ledger.store.test_projections import PERSON, PLACES, UNITS, some_act, some_declaration, some_sighting


def places_of(site: Site) -> list[tuple[str, int]]:
    """Every event that is not the site's own."""
    with database_of(site).snapshot() as connection:
        query = select(t.streams.c.name, t.batches.c.first_seq, t.batches.c.count)
        rows = connection.execute(
            query.join(t.batches, t.batches.c.stream_id == t.streams.c.id)
            .where(t.streams.c.name != "site")
            .order_by(t.batches.c.log_index)
        ).all()
    return [(name, seq) for name, first, count in rows for seq in range(first, first + count)]


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
            (kinds.Commented, {"of_stream": "web", "of_seq": 1, "reason": "a slip", "about": [dice.choice(UNITS)]}),
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
def test_whatever_is_erased_the_rest_is_what_the_log_implies(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", (4, 16, 1000)[seed % 3])
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
    check_site(site)


@pytest.mark.sqlite
def test_what_no_erased_event_names_stays_even_where_something_was_erased(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        assert not isinstance(ledger.record("web", [Draft(kinds.DonorBlocked, {"donor": PERSON})] * 2), Refused)
        assert not isinstance(ledger.erase(Erasure("web", 1, "a court's order")), Refused)
    connection = sqlite3.connect(site.ledger_db)
    (erased,) = connection.execute("SELECT event_id FROM erasures").fetchone()
    here = f"WHERE event_id = {row_key(erased)}"
    for change in (
        "bodies = zeroblob(length(bodies))",
        "bodies = CAST(substr(bodies, 1, length(bodies) - 1) AS BLOB)",
        "bodies = substr(bodies, 2)",
        "bodies = x''",
        "sizes = x'00000000'",
        "sizes = substr(sizes, 1, 2)",
        "sizes = CAST(sizes || x'0000' AS BLOB)",
        "sizes = CAST(x'0007' || substr(sizes, 3) AS BLOB)",
        "leaves = zeroblob(length(leaves))",
        "sealed_ms = sealed_ms + 1",
        "event_id = event_id + 1024000",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="contents is append-only"):
            connection.execute(f"UPDATE contents SET {change} {here}")  # noqa: S608  our own numbers
    for statement, reason in (
        ("DELETE FROM contents", "contents is append-only"),
        ("UPDATE erasures SET event_id = event_id + 1", "erasures is append-only"),
        (f"INSERT INTO erasures VALUES ({erased}, {erased + 1}, 'body')", "erasures follow from erased events"),  # noqa: S608  the same
        (f"INSERT INTO erasures VALUES ({erased + 1}, {erased}, 'body')", "erasures follow from erased events"),  # noqa: S608  the same
    ):
        with pytest.raises(sqlite3.IntegrityError, match=reason):
            connection.execute(statement)
    connection.close()


@pytest.mark.sqlite
def test_bytes_that_come_back_are_a_fault(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        ledger.record("web", [Draft(kinds.DonorBlocked, {"donor": PERSON})])
        ledger.erase(Erasure("web", 1, "a court's order"))
    site.seal.unlink()
    connection = sqlite3.connect(site.ledger_db)
    back = "SELECT event_id FROM erasures"
    change = f"UPDATE contents SET sizes = x'0002', bodies = x'7b7d' WHERE event_id = ({back})"  # noqa: S608  our own words
    with pytest.raises(sqlite3.IntegrityError, match="contents is append-only"):
        connection.execute(change)
    (guard,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'contents_refuse_update'").fetchone()
    connection.execute("DROP TRIGGER contents_refuse_update")
    connection.execute(change)
    connection.execute(guard)
    connection.commit()
    connection.close()
    bad = examine(site).first_bad
    assert bad is not None
    assert bad.where == "contents"


def test_every_unit_of_a_donation_loses_what_an_erased_test_said_of_it(tmp_path: Path) -> None:
    site, din = site_in(tmp_path / "site"), "din:A999926000007"
    units = ["unit:A999926000007.E0382V00", "unit:A999926000007.E0100V00"]
    with Ledger(site, StoryClock()) as ledger:
        assert not isinstance(ledger.record("web", [Draft(kinds.Opening, {"unit": unit}) for unit in units]), Refused)
        (tested,) = taken(ledger.record("web", [Draft(kinds.Tested, {"din": din, "overall": "unfit", "abo": "B"})]))
        assert standing(site) == dict.fromkeys(units, ("B", "quarantined"))
        assert not isinstance(ledger.erase(Erasure("web", tested.event.seq, "a court's order")), Refused)
        assert {abo for abo, _ in standing(site).values()} == {None}
        assert "quarantined" not in {state for _, state in standing(site).values()}
    report = examine(site)
    assert report.ok, str(report.first_bad)


def standing(site: Site) -> dict[str, tuple[str | None, str]]:
    """Unit → group and state, as they are stored."""
    with database_of(site).snapshot() as connection:
        rows = connection.execute(select(t.units.c.unit, t.units.c.abo, t.units.c.state))
        return {unit: (abo, state) for unit, abo, state in rows}


def taken(answer: tuple[Recorded, ...] | Refused) -> tuple[Recorded, ...]:
    assert not isinstance(answer, Refused), answer
    return answer


def test_the_last_event_of_the_fullest_batch_and_the_first_of_the_next_are_erased_one_by_one(tmp_path: Path) -> None:
    """A batch has 1,024 events at most, so its last row has one event and ends where the next begins."""
    site, gateway, clock = site_in(tmp_path / "site"), Gateway("gw"), StoryClock()
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        seen = {"place": "place:a", "device": "device:r", "antenna": 1, "reads": 1}
        for count in (1024, 3):
            said = [(kinds.TagArrived, clock.after(1), {"tag": f"tag:E004{n:04}", **seen}) for n in range(count)]
            assert not isinstance(ledger.append_batch(gateway.say(*said)), Refused)
        for seq in (1027, 1025, 1024, 1):
            assert not isinstance(ledger.erase(Erasure("gw/1/c", seq, "a court's order")), Refused)
    with database_of(site).snapshot() as connection:
        first, second = contents.batches_of(connection, "gw/1/c")
        assert [at for at, body in enumerate(first.bodies) if not body] == [0, 1023]
        assert [at for at, body in enumerate(second.bodies) if not body] == [0, 2]
    report = examine(site)
    assert report.ok, str(report.first_bad)
    check_site(site)
