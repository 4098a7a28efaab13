"""The rows that every page asks for say what the projections say, each under its own name, and nothing beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from ledger.acts.enforcement import enforce
from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.read import rows
from ledger.read.values import Named
from ledger.settings.packs import Library
from ledger.store import tables as t
from ledger.store.database import database_of
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

UNIT, OTHER = "unit:A999926000001.A0001V00", "unit:A999926000002.A0001V00"
PLACE, WARD = "place:centre/lab", "place:hospital/ward"
CENTRE, HOSPITAL = "org:centre", "org:hospital"
NAMED = {"name_zh": "某处", "name_en": "Somewhere"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Connection]:
    """A place of the centre and one of a hospital, a unit in each, a tag that nobody knows, another pack in force."""
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    with Ledger(site, clock) as ledger:
        declare(
            ledger,
            Draft(kinds.OrganisationAdded, {"organisation": CENTRE, "role": "blood_centre"} | NAMED),
            Draft(kinds.OrganisationAdded, {"organisation": HOSPITAL, "role": "hospital"} | NAMED),
            Draft(kinds.PlaceAdded, {"place": PLACE, "organisation": CENTRE, "phase": "store"} | NAMED),
            Draft(kinds.PlaceAdded, {"place": WARD, "organisation": HOSPITAL, "use": "isolation"} | NAMED),
        )
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": "person:" + "d" * 32, "place": WARD}))
        claim(ledger, Draft(kinds.Collected, {"unit": OTHER, "donor": "person:" + "e" * 32, "place": PLACE}))
        for number in (1, 2):
            seen = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1}
            ledger.append_batch(gateway.say((kinds.TagArrived, clock.after(1), seen | {"place": f"place:no/{number}"})))
        by, second = "person:" + "1" * 32, "person:" + "2" * 32
        assert enforce(ledger, Library(site.directory).file("us"), by=by, second=second) is None
    with database_of(site).snapshot() as connection:
        yield connection


def test_a_units_row_names_each_column_as_its_table_does(told: Connection) -> None:
    found = rows.unit_row(told, UNIT)
    assert found is not None
    assert found._asdict() == dict(told.execute(select(t.units).where(t.units.c.unit == UNIT)).one()._mapping)
    assert found.unit == UNIT
    assert rows.unit_row(told, UNIT + "0") is None


def test_a_unit_is_seen_by_whoever_held_it_and_by_the_whole_site(told: Connection) -> None:
    seen = {
        (unit, organisation): rows.is_visible(told, unit, organisation=organisation)
        for unit in (UNIT, OTHER, "unit:none")
        for organisation in (None, CENTRE, HOSPITAL)
    }
    assert [pair for pair, visible in seen.items() if visible] == [
        (UNIT, None), (UNIT, HOSPITAL), (OTHER, None), (OTHER, CENTRE),
    ]  # fmt: skip


def test_what_is_registered_has_its_names_its_organisation_and_what_it_is_for(told: Connection) -> None:
    assert rows.registered_places(told) == {
        PLACE: Named(PLACE, "某处", "Somewhere", CENTRE, phase="store"),
        WARD: Named(WARD, "某处", "Somewhere", HOSPITAL, use="isolation"),
    }
    hospital = Named(HOSPITAL, "某处", "Somewhere", HOSPITAL, role="hospital")
    assert rows.registered_organisations(told)[HOSPITAL] == hospital


def test_discrepancies_are_those_of_the_subject_the_newest_first(told: Connection) -> None:
    found = rows.discrepancies_about(told, "tag:E0040100")
    assert [(each.subject, each.rule) for each in found] == [("tag:E0040100", "tag.unknown")] * 2
    assert found[0].time_ms > found[1].time_ms
    assert rows.discrepancies_about(told, "tag:E0040101") == []


def test_the_pack_in_force_is_the_last_one_put_in_force_or_the_one_of_then(told: Connection) -> None:
    now, first = rows.enforced(told, below=None), rows.enforced(told, below=1)
    assert now is not None
    assert now.pack == "us"
    (since,) = told.execute(select(t.packs.c.log_index).where(t.packs.c.pack == "us")).one()
    assert rows.enforced(told, below=since + 1) == now
    assert rows.enforced(told, below=since) == first != now
    assert rows.enforced(told, below=0) is None
