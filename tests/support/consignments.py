"""A blood centre's working day that ends in one dispatch note: each bag collected, separated, tested, stored and sent.

Every bag has a history of twelve events, made as the pages and a gateway make them: what is entered bag by bag stands
in a batch of its own, what is entered in a list in one batch. In between, other donors give blood that stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.support.producers import MINUTE_MS, NOON_MS, Gateway, StoryClock, claim, declare, introduce, site_in

CENTRE, HOSPITAL = "org:blood-centre", "org:hospital-1"
LAB, FRIDGE, GATE = "place:centre/lab", "place:centre/fridge-1", "place:centre/gate"
BOX, PROBE = "box:B-17", "probe:fridge-1"
NOTE = "consignment:2026-03-01.17"
NURSE, DONOR = "person:" + "1" * 32, "person:" + "d" * 32
EXPIRES = "2026-04-05T15:59:00.000Z"
AT_ONCE = 20
"""How many bags a person enters in one list."""


@dataclass
class Day:
    """The day, as far as it has been told.

    Attributes:
        site: the site.
        ledger: its ledger, open.
        clock: its clock.
        count: how many bags.
    """

    site: Site
    ledger: Ledger
    clock: StoryClock
    count: int
    gateway: Gateway = field(default_factory=lambda: Gateway("gw-centre"))

    @property
    def red_cells(self) -> list[str]:
        """The bags that are sent."""
        return [f"{whole.partition('.')[0]}.A0002V00" for whole in self.whole_blood]

    @property
    def whole_blood(self) -> list[str]:
        """What they are made from."""
        return [f"unit:A9999261{number:05}.A0001V00" for number in range(self.count)]

    def tag(self, number: int) -> str:
        """The tag on bag `number`."""
        return f"tag:E280A999{number:016X}"

    def claim(self, kind: type[kinds.Event], *fields: dict[str, object]) -> None:
        """People enter the same step for several bags in one list."""
        self.clock.at_ms += MINUTE_MS // 4
        claim(self.ledger, *(Draft(kind, {"by": NURSE, **each}) for each in fields))

    def seen(self, *facts: tuple[type[kinds.Event], dict[str, object]]) -> None:
        """The gateway seals what it saw in one batch."""
        self.clock.at_ms += MINUTE_MS // 4
        at = format_instant(self.clock.at_ms)
        suffix = "t" if facts[0][0] is kinds.TemperatureSegment else "c"
        self.ledger.append_batch(self.gateway.say(*((kind, at, each) for kind, each in facts), suffix=suffix))


def consign(folder: Path, count: int) -> Iterator[Day]:
    """The day of `count` bags up to the dispatch; the ledger is closed afterwards."""
    site, clock = site_in(folder), StoryClock(NOON_MS)
    with Ledger(site, clock) as ledger:
        day = Day(site, ledger, clock, count)
        _open(day)
        for whole, red in zip(day.whole_blood, day.red_cells, strict=True):
            _collect(day, whole, red)
        _stock(day)
        _send(day)
        yield day


def _open(day: Day) -> None:
    places = {LAB: (CENTRE, None), FRIDGE: (CENTRE, "store"), GATE: (CENTRE, None), BOX: (CENTRE, "transport")}
    names = {CENTRE: "blood_centre", HOSPITAL: "hospital"}
    organisations = [{"organisation": each, "role": role} for each, role in names.items()]
    registered = [{"place": each, "organisation": owner, "phase": phase} for each, (owner, phase) in places.items()]
    named = {"name_zh": "甲", "name_en": "A"}
    declare(day.ledger, *(Draft(kinds.OrganisationAdded, each | named) for each in organisations))
    declare(day.ledger, *(Draft(kinds.PlaceAdded, each | named) for each in registered))
    introduce(day.ledger, day.gateway)


def _collect(day: Day, whole: str, red: str) -> None:
    """Two events, one by one: the donation, and its separation."""
    day.claim(kinds.Collected, {"unit": whole, "donor": DONOR, "place": LAB, "volume_ml": 400})
    child = kinds.Component(unit=red, expires=EXPIRES, volume_ml=284)
    day.claim(kinds.Collected, {"unit": whole.replace(":A99992", ":A99991"), "donor": DONOR, "place": LAB})
    day.claim(kinds.Prepared, {"parents": [whole], "children": [child], "place": LAB})


def _stock(day: Day) -> None:
    """Seven events a bag, in lists, and what the readers and the probe of the fridge say."""
    numbers = range(day.count)
    for start in range(0, day.count, AT_ONCE):
        bags = day.red_cells[start : start + AT_ONCE]
        label: dict[str, object] = {"abo": "A", "rhd": "positive", "expires": EXPIRES, "place": LAB}
        donations = [f"din:{bag[5:18]}" for bag in bags]
        day.claim(kinds.Tested, *({"din": din, "overall": "fit", "abo": "A", "rhd": "positive"} for din in donations))
        tags = (day.tag(start + number) for number in range(len(bags)))
        day.claim(kinds.TagAssociated, *({"unit": bag, "tag": tag} for bag, tag in zip(bags, tags, strict=True)))
        day.claim(kinds.Labelled, *({"unit": bag, **label} for bag in bags))
        day.claim(kinds.Released, *({"unit": bag, "place": LAB} for bag in bags))
        day.claim(kinds.Stored, *({"unit": bag, "place": FRIDGE} for bag in bags))
    at: dict[str, object] = {"device": "device:r1", "reads": 3, "place": FRIDGE}
    day.seen(*((kinds.TagArrived, {"tag": day.tag(number), "antenna": 1, **at}) for number in numbers))
    _warm(day, [(0, 412), (60_000, 418), (600_000, 405)])
    day.seen(*((kinds.TagLeft, {"tag": day.tag(number), **at}) for number in numbers))


def _warm(day: Day, readings: Sequence[tuple[int, int]]) -> None:
    """Readings of the fridge's probe, told once the last of them was made."""
    since, lasted = day.clock.at_ms, readings[-1][0]
    day.clock.at_ms += lasted
    segment = {
        "probe": PROBE,
        "place": FRIDGE,
        "measures": "air",
        "until": format_instant(day.clock.at_ms),
        "quality": "good",
        "readings": list(readings),
    }
    fact = (kinds.TemperatureSegment, format_instant(since), segment)
    day.ledger.append_batch(day.gateway.say(fact, suffix="t"))


def _send(day: Day) -> None:
    """Three events of all bags: packed, sealed, dispatched."""
    bags = day.red_cells
    day.claim(kinds.Packed, {"box": BOX, "units": bags, "place": GATE})
    day.claim(kinds.Sealed, {"box": BOX, "units": bags, "seal": "S-4711", "place": GATE})
    day.claim(kinds.Dispatched, {"dispatch_note": NOTE, "units": bags, "boxes": [BOX], "to": HOSPITAL, "place": GATE})
