"""However events arrive, what is stored of a unit is what a whole fold of its history says."""

import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event, select

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.folding.fold import fold_unit
from ledger.folding.places import Places
from ledger.fsck import examine
from ledger.store import bulk, driver
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.discrepancies import FOLDED
from ledger.store.names import Names
from ledger.store.units import read_histories
from tests.support.producers import Fact, Gateway, StoryClock, claim, declare, introduce, site_in

UNITS = [f"unit:A99992600000{number}.E0382V00" for number in range(3)]
TAGS = [f"tag:E004010{number}" for number in range(3)]
PLACES = ["place:a", "place:b", "place:c"]
PERSON = "person:" + "e" * 32


def some_act(dice: random.Random, clock: StoryClock) -> Draft:
    unit = dice.choice(UNITS)
    place = {"place": dice.choice(PLACES)}
    consigned = {"dispatch_note": "consignment:1", "units": [unit], **place}
    kind, fields = dice.choice(
        [
            (kinds.Collected, {"unit": unit, "donor": PERSON, **place}),
            (kinds.Labelled, {"unit": unit, "abo": "A", "rhd": "positive", "expires": "2026-04-05T12:00:00.000Z"}),
            (kinds.Tested, {"din": "din:A999926000001", "overall": dice.choice(["fit", "unfit"]), "abo": "B"}),
            (kinds.Released, {"unit": unit}),
            (kinds.Quarantined, {"unit": unit}),
            (kinds.QuarantineLifted, {"unit": unit}),
            (kinds.Moved, {"unit": unit, **place}),
            (kinds.TagAssociated, {"unit": unit, "tag": dice.choice(TAGS)}),
            (kinds.TagRemoved, {"unit": unit, "tag": dice.choice(TAGS)}),
            (kinds.Dispatched, {**consigned, "to": "org:hospital"}),
            (kinds.Received, {**consigned, "outcome": "accepted"}),
        ]
    )
    late = dice.random() < 0.3
    return Draft(kind, fields, time=format_instant(clock.at_ms - dice.randrange(3_600_000)) if late else None)


def some_declaration(dice: random.Random) -> Draft:
    owner = dice.choice(["org:centre", "org:hospital"])
    if dice.random() < 0.5:
        role = dice.choice(["blood_centre", "hospital"])
        fields = {"organisation": owner, "role": role, "name_zh": "名", "name_en": "name"}
        return Draft(kinds.OrganisationAdded, fields)
    return Draft(
        kinds.PlaceAdded, {"place": dice.choice(PLACES), "organisation": owner, "name_zh": "名", "name_en": "name"}
    )


def some_sighting(dice: random.Random, clock: StoryClock) -> Fact:
    seen = {"tag": dice.choice(TAGS), "device": "device:r", "reads": 1, "place": dice.choice(PLACES)}
    at = format_instant(clock.at_ms - dice.randrange(1_800_000))
    says = kinds.MemorySays(din=f"din:A99992600000{dice.randrange(2)}", product="E0382V00", abo="A", rhd="positive")
    memory = {"tag": seen["tag"], "device": "device:r", "place": seen["place"], "outcome": "read", "says": says}
    return dice.choice(
        [
            (kinds.TagLeft, at, seen),
            (kinds.TagArrived, at, {**seen, "antenna": 1}),
            (kinds.TagMemoryRead, at, {**memory, "crc": dice.choice(["holds", "differs"])}),
        ]
    )


@pytest.mark.parametrize("seed", range(6))
def test_what_is_stored_is_the_fold_of_the_history(tmp_path: Path, seed: int) -> None:
    site = site_in(tmp_path / "site")
    tell(site, seed)
    check_units(site)


@pytest.mark.parametrize("seed", range(6, 9))
def test_what_the_writer_remembers_between_batches_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    site = site_in(tmp_path / "site")
    with monkeypatch.context() as forgetful:
        for module in ("names", "tags", "units"):
            forgetful.setattr(f"ledger.store.{module}._CACHED", -1)
        tell(site, seed)
    check_units(site)
    report = examine(site)
    assert report.ok, str(report.first_bad)


def test_a_unit_that_is_seen_where_it_is_has_nothing_written_and_one_that_moves_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    revised: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("UPDATE units", "INSERT INTO units")):
            revised.append(statement)

    def straight_to_the_driver(connection: Connection, statement: str, rows: Sequence[Sequence[object]]) -> None:
        note(connection, None, statement)
        run_many(connection, statement, rows)

    def unwaited_for(connection: Connection, statement: str, values: Sequence[object]) -> None:
        note(connection, None, statement)
        write(connection, statement, values)

    def seen(ledger: Ledger, *places: str) -> int:
        """Let the unit's tag be seen; answer how often rows of units were written."""
        revised.clear()
        fields = {"tag": TAGS[0], "device": "device:r", "reads": 1, "antenna": 1}
        at = clock.after(60)
        ledger.append_batch(gateway.say(*((kinds.TagArrived, at, {**fields, "place": place}) for place in places)))
        return len(revised)

    run_many, write = driver.run_many, bulk.write
    monkeypatch.setattr(driver, "run_many", straight_to_the_driver)
    monkeypatch.setattr(bulk, "write", unwaited_for)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        with Ledger(site, clock) as ledger:
            introduce(ledger, gateway)
            ledger.record("web", [Draft(kinds.Opening, {"unit": UNITS[0], "place": PLACES[0]})])
            ledger.record("web", [Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]})])
            assert (seen(ledger, PLACES[0], PLACES[0]), seen(ledger, PLACES[1]), seen(ledger, PLACES[1])) == (0, 1, 0)
        with Ledger(site, clock) as ledger:
            assert seen(ledger, PLACES[1]) == 0, "nor has it after a restart"
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    check_units(site)


def test_a_sighting_elsewhere_is_late_by_what_no_row_tells(tmp_path: Path) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    fields = {"tag": TAGS[0], "device": "device:r", "reads": 1, "antenna": 1}
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        ledger.record("web", [Draft(kinds.Opening, {"unit": UNITS[0], "place": PLACES[0]})])
        ledger.record("web", [Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]})])
        early, late, last = clock.after(10), clock.after(10), clock.after(10)
        here = {**fields, "place": PLACES[0]}
        ledger.append_batch(gateway.say((kinds.TagArrived, last, here), (kinds.TagArrived, early, here)))
        ledger.append_batch(gateway.say((kinds.TagArrived, late, {**fields, "place": PLACES[1]})))
    with database_of(site).snapshot() as connection:
        assert connection.execute(select(t.units.c.place)).scalar_one() == PLACES[0]
    check_units(site)


def tell(site: Site, seed: int) -> None:
    """A story of acts, sightings and declarations, in any order, some of them late."""
    dice = random.Random(seed)  # noqa: S311  a repeatable story
    clock, gateway = StoryClock(), Gateway("gw")
    taken = 0
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        for _ in range(90):
            clock.after(1)
            match dice.randrange(5):
                case 0:
                    ledger.append_batch(gateway.say(*(some_sighting(dice, clock) for _ in range(3))))
                case 1:
                    declare(ledger, some_declaration(dice))
                case _:
                    taken += not isinstance(ledger.record("web", [some_act(dice, clock)]), Refused)
    assert taken > 5


def check_units(site: Site) -> None:
    with database_of(site).snapshot() as connection:
        places = Places(
            {row.id: row.organisation for row in connection.execute(select(t.places))},
            {row.id: row.role for row in connection.execute(select(t.organisations))},
        )
        stored = {row.unit: row for row in connection.execute(select(t.units))}
        owners = {(row.unit, row.organisation) for row in connection.execute(select(t.unit_organisations))}
        found = {(row.subject, row.rule, row.text) for row in connection.execute(select(t.discrepancies))}
        for unit, history in read_histories(connection, UNITS, names=Names(t.subjects)).items():
            fold = fold_unit(history, unit, places=places)
            assert (fold is None) == (unit not in stored)
            if fold is None:
                continue
            row = stored[unit]
            said = (fold.state, fold.on_hold, fold.abo, fold.rhd, fold.expires_ms, fold.place, fold.holder)
            kept = (row.state, bool(row.on_hold), row.abo, row.rhd, row.expires_ms, row.place, row.holder)
            assert kept == said
            assert row.changed_ms == fold.changed_ms
            assert {organisation for name, organisation in owners if name == unit} == set(fold.organisations)
            rules = set(FOLDED)
            assert {(rule, text) for subject, rule, text in found if subject == unit and rule in rules} == {
                (finding.rule, finding.text) for finding in fold.findings
            }


def held_by(site: Site) -> dict[str, tuple[str | None, str | None]]:
    """Unit → group and holder, as they are stored."""
    with database_of(site).snapshot() as connection:
        rows = connection.execute(select(t.units.c.unit, t.units.c.abo, t.units.c.holder))
        return {unit: (abo, holder) for unit, abo, holder in rows}


CENTRE = {"organisation": "org:centre", "name_zh": "名", "name_en": "name"}


def test_who_shelved_a_unit_turns_out_to_hold_it_and_who_scanned_its_label_does_not(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    scanned = {"device": "device:s", "unit": UNITS[1], "place": "place:a"}
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0]}), Draft(kinds.Opening, {"unit": UNITS[1]}))
        claim(ledger, Draft(kinds.Stored, {"unit": UNITS[0], "place": "place:a"}))
        ledger.append_batch(gateway.say((kinds.LabelScanned, "2026-03-01T11:00:00.000Z", scanned)))
        assert held_by(site) == {UNITS[0]: (None, None), UNITS[1]: (None, None)}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": "place:a", **CENTRE}))
        assert held_by(site) == {UNITS[0]: (None, "org:centre"), UNITS[1]: (None, None)}
    assert examine(site).ok


def test_units_whose_donation_was_tested_are_held_by_whom_the_laboratory_turns_out_to_be_of(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    of_the_donation = ["unit:A999926000007.E0382V00", "unit:A999926000007.E0100V00"]
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, *(Draft(kinds.Opening, {"unit": unit}) for unit in [*of_the_donation, UNITS[0]]))
        tested = {"din": "din:A999926000007", "overall": "fit", "place": "place:a"}
        claim(ledger, Draft(kinds.Tested, tested))
        declare(ledger, Draft(kinds.PlaceAdded, {"place": "place:a", **CENTRE}))
        stored = held_by(site)
        assert [stored[unit][1] for unit in of_the_donation] == ["org:centre"] * 2
        assert stored[UNITS[0]] == (None, None)
    assert examine(site).ok


def discrepancies_of(site: Site, subject: str) -> list[tuple[str, str]]:
    with database_of(site).snapshot() as connection:
        rows = connection.execute(
            select(t.discrepancies.c.rule, t.discrepancies.c.text).where(t.discrepancies.c.subject == subject)
        )
        return [(rule, text) for rule, text in rows]


def test_what_a_tag_remembers_is_held_against_the_unit_that_it_points_to_then(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    read = {"tag": TAGS[0], "device": "device:r", "place": "place:a", "outcome": "read", "crc": "holds"}
    other = read | {"says": kinds.MemorySays(din="din:A999926000001", product="E0382V00")}
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        claim(ledger, *(Draft(kinds.Opening, {"unit": unit}) for unit in UNITS))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]}))
        ledger.append_batch(gateway.say((kinds.TagMemoryRead, "2026-03-01T11:00:00.000Z", other)))
        ((rule, text),) = discrepancies_of(site, UNITS[0])
        assert rule == "tag.memory_differs"
        assert "donation number: ledger A999926000000, memory A999926000001" in text
        # The tag goes to the unit that its memory names: what it remembers is right from then on, and was wrong before.
        claim(ledger, Draft(kinds.TagRemoved, {"unit": UNITS[0], "tag": TAGS[0]}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNITS[1], "tag": TAGS[0]}))
        ledger.append_batch(gateway.say((kinds.TagMemoryRead, "2026-03-01T12:00:00.000Z", other)))
        assert discrepancies_of(site, UNITS[1]) == []
        assert len(discrepancies_of(site, UNITS[0])) == 1
        unbound = {**other, "tag": TAGS[1]}
        ledger.append_batch(gateway.say((kinds.TagMemoryRead, "2026-03-01T13:00:00.000Z", unbound)))
        assert [rule for rule, _ in discrepancies_of(site, TAGS[1])] == ["tag.unknown"]
        assert discrepancies_of(site, UNITS[1]) == [], "no unit is the subject of what a tag says"
    assert examine(site).ok
