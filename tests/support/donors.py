"""Two donors and a pool of both, told by the one writer: what tests of recall and lookback begin with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.read.affected import Affected, Question, affected
from ledger.read.reader import reading
from tests.support.producers import MINUTE_MS, NOON_MS, StoryClock, claim, declare, site_in

DAY_MS = 24 * 60 * MINUTE_MS
ONE, TWO, OLD = "A999926000001", "A999926000002", "A999925000003"
DONOR, OTHER = "person:" + "1" * 32, "person:" + "2" * 32
PATIENT, SECOND_PATIENT = "person:" + "a" * 32, "person:" + "b" * 32
CENTRE, HOSPITAL, CLINIC = "org:centre", "org:hospital", "org:clinic"
LAB, FRIDGE, BOX = "place:centre/lab", "place:centre/fridge", "box:B-1"
BANK, WARD, SHELF = "place:hospital/bank", "place:hospital/ward", "place:clinic/shelf"
TAG = "tag:E00401500A1B2C3D"


def unit(din: str, product: str) -> str:
    return f"unit:{din}.{product}"


WHOLE, CELLS, PLATELETS = (unit(ONE, f"A000{n}V00") for n in (1, 2, 4))
POOL, HALF, OTHER_HALF = unit(ONE, "A0007V00"), unit(ONE, "A0007VA0"), unit(ONE, "A0007VB0")


class Story:
    """What is told of them, by the one writer."""

    def __init__(self, ledger: Ledger, clock: StoryClock) -> None:
        self.ledger = ledger
        self.clock = clock

    def claim(self, kind: type[kinds.Event], **fields: object) -> None:
        self.clock.after(1)
        claim(self.ledger, Draft(kind, fields))

    def donate(self, din: str, donor: str, *parts: str) -> None:
        self.claim(kinds.Collected, unit=unit(din, "A0001V00"), donor=donor, place=LAB)
        children = [kinds.Component(unit=unit(din, part)) for part in parts]
        self.claim(kinds.Prepared, parents=[unit(din, "A0001V00")], children=children, place=LAB)

    def send(self, note: str, units: list[str], to: str) -> None:
        for each in units:
            self.claim(kinds.Released, unit=each, second="person:" + "9" * 32, override="story", place=LAB)
        self.claim(kinds.Packed, box=BOX, units=units, place=LAB)
        self.claim(kinds.Dispatched, dispatch_note=f"consignment:{note}", units=units, to=to, place=LAB)

    def receive(self, note: str, units: list[str], at: str) -> None:
        self.claim(kinds.Received, dispatch_note=f"consignment:{note}", units=units, outcome="accepted", place=at)

    def of(self, subject: str, organisation: str | None = None, **asked: object) -> Affected | None:
        with reading(self.ledger.site) as reader:
            question = Question(subject, **asked)  # type: ignore[arg-type]
            return affected(reader, question, organisation=organisation, now_ms=self.clock.at_ms)


@contextmanager
def pooled(folder: Path) -> Iterator[Story]:
    """One donor gave twice, another once; platelets of both are pooled, the pool is split, and all of it travels."""
    clock = StoryClock(NOON_MS - 400 * DAY_MS)
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    places = {LAB: CENTRE, FRIDGE: CENTRE, BOX: CENTRE, BANK: HOSPITAL, WARD: HOSPITAL, SHELF: CLINIC}
    with Ledger(site_in(folder / "site"), clock) as ledger:
        for org, role in ((CENTRE, "blood_centre"), (HOSPITAL, "hospital"), (CLINIC, "hospital")):
            declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
        for place, org in places.items():
            declare(ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        told = Story(ledger, clock)
        told.donate(OLD, DONOR, "A0003V00")
        clock.at_ms = NOON_MS
        told.donate(ONE, DONOR, "A0002V00", "A0004V00")
        told.donate(TWO, OTHER, "A0002V00", "A0004V00")
        both = [PLATELETS, unit(TWO, "A0004V00")]
        told.claim(kinds.Pooled, parents=both, children=[kinds.Component(unit=POOL)], place=LAB)
        halves = [kinds.Component(unit=each) for each in (HALF, OTHER_HALF)]
        told.claim(kinds.Split, parents=[POOL], children=halves, place=LAB)
        told.send("1", [CELLS, HALF], HOSPITAL)
        told.receive("1", [CELLS, HALF], BANK)
        told.claim(kinds.Issued, unit=HALF, patient=PATIENT, place=WARD)
        told.claim(kinds.Transfused, unit=HALF, patient=PATIENT, place=WARD)
        told.send("2", [OTHER_HALF], CLINIC)
        yield told
