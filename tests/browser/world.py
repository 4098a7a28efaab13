"""A site to look at: a blood centre and a hospital, thirty hours of one donation, one excursion, one silent gateway.

Everything goes through the ledger's own doors: assertions by `Ledger.record`, readings by signed batches.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import sin
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from ledger.accounts import LOCAL, Accounts, Passwords, User
from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.checklist import Checklist
from ledger.core.ids import format_instant
from ledger.settings.release import USUAL, Releasing
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, claim, declare, introduce, site_in
from web.app import create_app

HOUR_MS = 60 * MINUTE_MS
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Passwords that cost nothing: these tests are about pages."""
PASSWORD = "a long sentence for tests"
CENTRE, HOSPITAL = "org:centre", "org:first-hospital"
FRIDGE, LAB, ROOM, BOX, BANK, WARD = (
    "place:centre/f-07",
    "place:centre/lab",
    "place:centre/donation",
    "box:B-12",
    "place:hospital/h-02",
    "place:hospital/ward-3",
)
WHOLE = "unit:A999926123456.A0001V00"
CELLS = "unit:A999926123456.A0002V00"
PLASMA = "unit:A999926123456.A0003V00"
WARM = "unit:A999926123463.A0002V00"
TAG = "tag:E00401500A1B2C3D"
PANEL = ["HBsAg", "anti-HCV", "HIV-Ag-Ab", "syphilis", "ALT", "NAT"]
PATIENT = "person:" + "cd" * 16
_PLACES = (
    (ROOM, CENTRE, None, "采血室", "Donation room"),
    (LAB, CENTRE, None, "制备室", "Preparation room"),
    (FRIDGE, CENTRE, "store", "成品库 F-07", "Stock fridge F-07"),
    (BOX, CENTRE, "transport", "运输箱 B-12", "Transport box B-12"),
    (BANK, HOSPITAL, "store", "输血科 H-02", "Blood bank H-02"),
    (WARD, HOSPITAL, "ward", "内科三病区", "Ward 3"),
)
_PEOPLE = (
    ("admin.zhou", "周 1001", None, ("administrator",)),
    ("tech.lin", "林 1042", CENTRE, ("technician",)),
    ("lab.chen", "陈 1120", CENTRE, ("laboratory",)),
    ("quality.xu", "徐 1003", CENTRE, ("quality",)),
    ("quality.he", "何 1004", CENTRE, ("quality",)),
    ("hospital.wu", "吴 2031", HOSPITAL, ("hospital",)),
    ("ward.qian", "钱 2044", HOSPITAL, ("hospital",)),
    ("doctor.sun", "孙 2002", HOSPITAL, ("hospital",)),
)


@dataclass
class World:
    """A site with its open ledger and its application."""

    site: Site
    ledger: Ledger
    clock: StoryClock
    app: Flask
    people: dict[str, User]

    def at(self, hours: float) -> str:
        """The instant so many hours into the story; the clock goes there."""
        self.clock.at_ms = NOON_MS + round(hours * HOUR_MS)
        return format_instant(self.clock.at_ms)

    def claim(self, hours: float, who: str, kind: type[kinds.Event], **fields: object) -> None:
        """Let someone assert something at an hour of the story."""
        self.at(hours)
        claim(self.ledger, Draft(kind, {"by": self.people[who].person, **fields}))


@contextmanager
def opened(directory: Path, *, releasing: Releasing = USUAL, checklists: tuple[Checklist, ...] = ()) -> Iterator[World]:
    """A site with organisations, places and people, and nothing in stock."""
    site = replace(site_in(directory, mode="demo"), releasing=releasing, checklists=checklists)
    clock = StoryClock()
    with Ledger(site, clock) as ledger:
        accounts = Accounts(site.accounts_db, passwords=Passwords(CHEAP))
        people = dict(_enrol(accounts, clock))
        app = create_app(site, ledger, clock, wall=clock, accounts=accounts)
        app.testing = False
        world = World(site, ledger, clock, app, people)
        for organisation, role, zh, en in (
            (CENTRE, "blood_centre", "血液中心", "Blood centre"),
            (HOSPITAL, "hospital", "市第一医院", "First City Hospital"),
        ):
            fields = {"organisation": organisation, "role": role, "name_zh": zh, "name_en": en}
            declare(ledger, Draft(kinds.OrganisationAdded, fields))
        for place, organisation, phase, zh, en in _PLACES:
            named = {"place": place, "organisation": organisation, "name_zh": zh, "name_en": en}
            declare(ledger, Draft(kinds.PlaceAdded, named | ({"phase": phase} if phase else {})))
        yield world
        accounts.close()


def tell(world: World) -> None:
    """The story: two donations; one unit reaches the hospital, one stays in a fridge whose door stood open."""
    centre, hospital = Gateway("gw-centre"), Gateway("gw-hospital")
    introduce(world.ledger, centre, hospital)
    _donate(world, WHOLE, (CELLS, PLASMA), at=0)
    _donate(world, "unit:A999926123463.A0001V00", (WARM,), at=10)
    world.claim(3.4, "tech.lin", kinds.TagAssociated, unit=CELLS, tag=TAG, place=LAB)
    _see(world, centre, (kinds.TagArrived, world.at(3.8), _seen(TAG, FRIDGE)))
    world.claim(3.9, "tech.lin", kinds.Stored, unit=CELLS, place=FRIDGE)
    _release(world, CELLS, at=7)
    world.claim(13.9, "tech.lin", kinds.Stored, unit=WARM, place=FRIDGE)
    _readings(world, centre, FRIDGE, 3.7, 18.2)
    world.claim(18.1, "tech.lin", kinds.Packed, box=BOX, units=[CELLS], place=FRIDGE)
    note = {"dispatch_note": "consignment:FX-26-0812", "units": [CELLS]}
    world.claim(18.4, "tech.lin", kinds.Dispatched, **note, to=HOSPITAL, place=FRIDGE)
    _readings(world, centre, BOX, 18.0, 20.2, base=610)
    world.claim(20.1, "hospital.wu", kinds.Received, **note, outcome="accepted", place=BANK)
    _readings(world, hospital, BANK, 19.5, 30)
    door = {"probe": "probe:centre/f-07", "limit": "high", "limit_centi_celsius": 600, "place": FRIDGE}
    _see(world, centre, (kinds.Excursion, world.at(21), door | {"centi_celsius": 640}))
    _readings(world, centre, FRIDGE, 18.2, 24, peak=(21.4, 520))
    ended = {"probe": "probe:centre/f-07", "since": world.at(21), "place": FRIDGE}
    extremes = {"lowest_centi_celsius": 610, "highest_centi_celsius": 920}
    _see(world, centre, (kinds.ExcursionEnded, world.at(21.8), ended | extremes))
    world.at(30)
    world.ledger.sign_checkpoint()


def _donate(world: World, whole: str, parts: tuple[str, ...], *, at: float) -> None:
    expires = format_instant(NOON_MS + 35 * 24 * HOUR_MS)
    world.claim(at, "tech.lin", kinds.Collected, unit=whole, donor="person:" + "ab" * 16, volume_ml=400, place=ROOM)
    children = [kinds.Component(unit=unit, expires=expires, volume_ml=284) for unit in parts]
    made = {"parents": [whole], "children": children, "equipment": ["equipment:CENTRIFUGE-2"]}
    world.claim(at + 3, "tech.lin", kinds.Prepared, **made, place=LAB)
    for unit in parts:
        world.claim(
            at + 3.2, "tech.lin", kinds.Labelled, unit=unit, abo="A", rhd="positive", expires=expires, place=LAB
        )
    din = "din:" + whole[5:18]
    group = {"abo": "A", "rhd": "positive"}
    world.claim(at + 3.6, "lab.chen", kinds.Tested, din=din, overall="fit", **group, panel=PANEL, place=LAB)


def _release(world: World, unit: str, *, at: float) -> None:
    second = world.people["quality.he"].person
    world.claim(at, "quality.xu", kinds.Released, unit=unit, second=second, release_batch="0815", place=FRIDGE)


def _seen(tag: str, place: str) -> dict[str, object]:
    return {"tag": tag, "place": place, "device": "device:gw-centre/uhf-1", "antenna": 1, "reads": 7}


def _see(world: World, gateway: Gateway, *facts: Fact) -> None:
    _send(world, gateway, facts, "c")


def _readings(
    world: World,
    gateway: Gateway,
    place: str,
    start: float,
    end: float,
    *,
    base: int = 400,
    peak: tuple[float, int] | None = None,
) -> None:
    """Segments of an hour, a reading every three minutes."""
    probe = "probe:" + place.partition(":")[2]
    facts: list[Fact] = []
    at = start
    while at < end:
        until = min(at + 1, end)
        readings = []
        for minute in range(0, round((until - at) * 60), 3):
            hour = at + minute / 60
            value = base + round(40 * sin(hour * 4))
            if peak and abs(hour - peak[0]) < 0.4:
                value += round(peak[1] * (1 - abs(hour - peak[0]) / 0.4))
            readings.append((minute * MINUTE_MS, value))
        fields = {"place": place, "probe": probe, "measures": "air", "quality": "good", "readings": readings}
        facts.append((kinds.TemperatureSegment, world.at(at), fields | {"until": world.at(until)}))
        at = until
    world.at(end)
    _send(world, gateway, facts, "t")


def _send(world: World, gateway: Gateway, facts: Sequence[Fact], suffix: str) -> None:
    bodies = gateway.events(facts, suffix)
    world.ledger.append_batch(gateway.seal(bodies, suffix, time=format_instant(world.clock.at_ms)))


def _enrol(accounts: Accounts, clock: StoryClock) -> Iterator[tuple[str, User]]:
    for login, printed_name, organisation, roles in _PEOPLE:
        user = accounts.add_user(
            login,
            printed_name=printed_name,
            organisation=organisation,
            roles=roles,
            actor=LOCAL,
            now_ms=clock.now_ms(),
        )
        code = accounts.issue_code(user.person, LOCAL, now_ms=clock.now_ms())
        accounts.redeem(code, PASSWORD, address="test", now_ms=clock.now_ms())
        yield login, user
