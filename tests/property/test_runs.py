"""Whatever gateways see, an examination that takes their sightings by runs finds what the ledger wrote event by event.

A run's rows are compared with those that the append left, in every table: where the two ways differ in anything, the
quick examination gives way to the replay, and says so.
"""

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.store import engine as engines
from ledger.store import event_lists, unitmap
from ledger.store.stretch import Ground, Stretch, connect
from ledger.store.sweep import keys_over_time
from tests.support.producers import CountedEntropy, Fact, Gateway, StoryClock, claim, declare, introduce, site_in

WINDOW = 8
SECOND_MS = 1000
PLACES = ("place:fridge", "place:bench", "place:nowhere", None)
KINDS: tuple[type[kinds.Event], ...] = (
    kinds.TagArrived, kinds.TagArrived, kinds.TagArrived, kinds.TagLeft, kinds.UnknownTagSeen, kinds.TagUncertain,
)  # fmt: skip

# Only a file is examined by runs; a server's log is replayed.
pytestmark = pytest.mark.sqlite


def unit(number: int) -> str:
    return f"unit:A9999261234{number // 2:02}.E0382V{number % 2:02}"


def tag(number: int) -> str:
    return f"tag:E0040{number:03}"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and folds that a short story fills more than once."""
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", WINDOW)
    monkeypatch.setattr(unitmap, "MAX_PENDING", 50)


@dataclass
class Day:
    """A day of two gateways, one of them often late, and of people who tag units in between."""

    ledger: Ledger
    dice: random.Random
    clock: StoryClock
    gateways: tuple[Gateway, ...] = field(default_factory=lambda: (Gateway("gw-one"), Gateway("gw-two")))

    def pass_by(self, batches: int) -> None:
        """Let so many batches come."""
        introduce(self.ledger, *self.gateways)
        for owner, role in (("org:centre", "blood_centre"), ("org:hospital", "hospital")):
            named = {"organisation": owner, "name_zh": "血", "name_en": "Blood"}
            declare(self.ledger, Draft(kinds.OrganisationAdded, {**named, "role": role}))
        for place, owner in (("place:fridge", "org:centre"), ("place:bench", "org:hospital")):
            named = {"organisation": owner, "name_zh": "处", "name_en": "Place", "phase": "store"}
            declare(self.ledger, Draft(kinds.PlaceAdded, {**named, "place": place}))
        for number in range(6):
            self._enter(number)
        for _ in range(batches):
            self.clock.after(self.dice.choice((0.05, 0.5, 7)))
            if self.dice.random() < 0.1:
                self._decide()
            else:
                self._see()

    def _enter(self, number: int) -> None:
        made: dict[str, object] = {"unit": unit(number), "place": "place:fridge"}
        claim(self.ledger, Draft(kinds.Opening, made), Draft(kinds.TagAssociated, {**made, "tag": tag(number)}))

    def _decide(self) -> None:
        number = self.dice.randrange(6)
        what = self.dice.choice(("tag", "second tag", "remove", "store", "root"))
        if what == "root":
            self.ledger.root_unit_map()
        elif what == "store":
            claim(self.ledger, Draft(kinds.Stored, {"unit": unit(number), "place": "place:bench"}))
        elif what == "remove":
            claim(self.ledger, Draft(kinds.TagRemoved, {"unit": unit(number), "tag": tag(number)}))
        else:
            tagged = tag(number if what == "tag" else 6 + number)
            claim(self.ledger, Draft(kinds.TagAssociated, {"unit": unit(number), "tag": tagged}))

    def _see(self) -> None:
        gateway = self.dice.choice(self.gateways)
        late_ms = self.dice.choice((0, 45_000, 90_000, 90_000, 4_000_000)) if gateway is self.gateways[1] else 0
        self.ledger.append_batch(gateway.say(*self._sightings(self.dice.randint(1, 12), late_ms)))

    def _sightings(self, count: int, late_ms: int) -> Iterator[Fact]:
        usual = self.dice.random() < 0.5
        for number in range(count):
            place = "place:fridge" if usual else self.dice.choice(PLACES)
            kind = kinds.TagArrived if usual else self.dice.choice(KINDS)
            said: dict[str, object] = {"tag": tag(self.dice.randrange(13)), "device": "device:r", "reads": 1}
            if place is not None:
                said["place"] = place
            if kind is kinds.TagUncertain:
                said["places"] = ["place:bench", "place:fridge"]
            elif kind is not kinds.TagLeft:
                said["antenna"] = 1
            yield kind, format_instant(self.clock.at_ms - late_ms + number * SECOND_MS), said


def runs_in(site: Site) -> list[int]:
    """How many batches each run of the log has."""
    engine = engines.open_reader(site.ledger_db)
    with engines.reading(engine) as connection:
        ground = Ground(
            database=site.ledger_db,
            immutable=False,
            origin=site.origin,
            accepts_simulated=False,
            window=WINDOW,
            keys=keys_over_time(connection, site.origin),
        )
    engine.dispose()
    with closing(connect(ground)) as beside:
        stretch = Stretch(beside, ground)
        parts = [part for first in range(0, 48, WINDOW) for part in stretch.examine(first, first + WINDOW)]
    return [len(part.run.counts) for part in parts if part.run is not None]


@pytest.mark.parametrize("seed", range(5))
def test_runs_say_what_their_batches_say_one_after_the_other(tmp_path: Path, seed: int) -> None:
    site = site_in(tmp_path / "site")
    clock = StoryClock()
    with Ledger(site, clock, entropy=CountedEntropy(f"runs {seed}")) as ledger:
        Day(ledger, random.Random(seed), clock).pass_by(60)  # noqa: S311  the same story in every run
    report = examine(site)
    assert report.ok, str(report.first_bad)
    log = next(check for check in report.checks if check.startswith("log:"))
    assert log.endswith("in stretches")
    assert max(runs_in(site)) > 1
