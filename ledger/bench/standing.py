"""A ledger to read from: a site whose gateways have said everything, made through the one writer, kept if one wishes.

Beside the traffic it holds a family of `FAMILY` units (all pooled into the last of them) and one unit of
`EVENTS_OF_ONE` events, so that every run asks for the same things whatever its size.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ledger.append import Draft, Ledger
from ledger.bench.traffic import PLACE, GatewayVoice, Traffic, make, require_recorded, unit_name
from ledger.clock import SystemClock
from ledger.config import Site, load
from ledger.core import kinds
from ledger.core.errors import XuemaiError
from ledger.judge import Judging
from ledger.read.reader import reading
from ledger.read.verdicts import judged_so_far

FAMILY = 20
EVENTS_OF_ONE = 12
_AT_ONCE = 20_000
_FIRST_OF_FAMILY = 73_000_000
_THE_ONE = 73_500_000
_NOTE = "bench.json"
_JUDGED_SECONDS = 1800
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """A ledger that says nothing more.

    Attributes:
        site: where it is.
        traffic: what was said.
        family: the units of one family, the last made of all the others.
        one: the unit with `EVENTS_OF_ONE` events.
    """

    site: Site
    traffic: Traffic
    family: tuple[str, ...] = tuple(unit_name(_FIRST_OF_FAMILY + number) for number in range(FAMILY))
    one: str = unit_name(_THE_ONE)


def standing(folder: Path, traffic: Traffic, progress: Progress, *, database_url: str | None = None) -> Standing:
    """The ledger in `folder`, made there if there is none; in the empty database at the URL where one is given.

    Raises:
        XuemaiError: the folder holds a ledger of another traffic, or one that is kept elsewhere.
    """
    note = folder / _NOTE
    if note.exists():
        said = msgspec.json.decode(note.read_bytes(), type=Traffic)
        if said != traffic:
            raise XuemaiError(f"expected a ledger of {traffic}; {folder} holds one of {said}: choose another folder")
        found = load(folder / "site")
        if database_url not in {None, found.database_url}:
            raise XuemaiError(
                f"{folder} holds a ledger that is kept elsewhere: leave out --db, or choose another folder"
            )
        return Standing(found, traffic)
    folder.mkdir(parents=True, exist_ok=True)
    made = Standing(make(folder / "site", traffic, database_url=database_url), traffic)
    with Ledger(made.site, SystemClock()) as ledger:
        require_recorded(ledger.record("web", list(_family(made.family))))
        require_recorded(ledger.record("web", list(_one(made.one))))
        _say(ledger, made, progress)
        ledger.root_unit_map()  # passports then show its entries
        Judging(ledger).judge_now()
    note.write_bytes(msgspec.json.encode(traffic))
    return made


def _say(ledger: Ledger, made: Standing, progress: Progress) -> None:
    voices = [GatewayVoice(made.site, made.traffic, number) for number in range(made.traffic.gateways)]
    for first in range(0, made.traffic.events, _AT_ONCE):
        events = min(_AT_ONCE, made.traffic.events - first)
        for number, voice in enumerate(voices):
            for wire in voice.say(len(range(number, events, len(voices)))):
                ledger.append_batch(wire)
        progress(first + events, made.traffic.events)


def _family(units: tuple[str, ...]) -> Iterator[Draft]:
    *parents, child = units
    for parent in parents:
        yield Draft(kinds.Opening, {"unit": parent, "place": PLACE})
    yield Draft(kinds.Pooled, {"parents": parents, "children": [kinds.Component(unit=child)], "place": PLACE})


def _one(unit: str) -> Iterator[Draft]:
    yield Draft(kinds.Opening, {"unit": unit, "place": PLACE})
    for _ in range(EVENTS_OF_ONE - 1):
        yield Draft(kinds.Stored, {"unit": unit, "place": PLACE})


def wait_until_judged(site: Site) -> None:
    """Until every unit's cold chain is judged: a ledger that was filled at once is judged from nothing at its start.

    Raises:
        XuemaiError: it was not within the patience.
    """
    give_up_at = time.monotonic() + _JUDGED_SECONDS
    while True:
        with reading(site) as reader:
            if judged_so_far(reader).log_size == reader.log_size():
                return
        if time.monotonic() > give_up_at:
            raise XuemaiError(f"expected every unit to be judged within {_JUDGED_SECONDS} s of the server's start")
        time.sleep(0.2)
