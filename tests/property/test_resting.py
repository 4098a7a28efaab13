"""Whatever is said of units, judging says the same of them whether or not it reads what says nothing new.

An examination leaves out the sightings by which a unit only is where it was (`ledger.store.resting`); here units are
made of others, tagged anew, corrected, tested and used up, and gateways are late, with clocks that cannot be trusted.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.judge import Judging
from ledger.read.concerned import everybody
from ledger.read.reader import Reader
from ledger.read.verdicts import judge_units
from ledger.store import event_lists
from ledger.store.database import database_of
from tests.support.producers import CountedEntropy, Fact, Gateway, StoryClock, declare, introduce, site_in
from tests.support.swept import swept

WINDOW = 8
MINUTE_MS = 60_000
PLACES = ("place:fridge", "place:bench", "place:nowhere")
SEEN: tuple[type[kinds.Event], ...] = (kinds.TagArrived, kinds.TagLeft, kinds.UnknownTagSeen, kinds.TagUncertain)

# Only a file is examined by runs; a server's log is replayed.
pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows that a short story fills more than once."""
    monkeypatch.setattr(event_lists, "WINDOW_BATCHES", WINDOW)


@dataclass
class Day:
    """A day in which units come to be, are seen again and again, and now and then something happens to one."""

    ledger: Ledger
    dice: random.Random
    clock: StoryClock
    gateway: Gateway = field(default_factory=lambda: Gateway("gw-one"))
    units: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    """Where each unit is, as far as people know."""

    def pass_by(self, batches: int) -> None:
        """Let so many batches come."""
        introduce(self.ledger, self.gateway)
        for place in PLACES[:2]:
            named = {"organisation": "org:centre", "name_zh": "处", "name_en": "Place", "phase": "store"}
            declare(self.ledger, Draft(kinds.PlaceAdded, {"place": place, **named}))
        for _ in range(6):
            self._enter()
        happens: tuple[Callable[[], None], ...] = (
            *(self._enter, self._make, self._tag, self._move, self._test, self._correct, self._puzzle, self._warm),
            self._use_up,
        )
        for _ in range(batches):
            self.clock.after(self.dice.choice((0.05, 0.5, 7)))
            if self.dice.random() < 0.2:
                self.dice.choice(happens)()
            else:
                self._see()

    def _claim(self, *drafts: Draft) -> int | None:
        """Enter something; the last event's number in its stream, None where the rules refuse it."""
        answer = self.ledger.record("web", drafts)
        return None if isinstance(answer, Refused) else answer[-1].event.seq

    def _some(self) -> str:
        return self.dice.choice(self.units)

    def _time(self) -> str:
        """Now, or earlier: what is entered afterwards."""
        return format_instant(self.clock.at_ms - self.dice.choice((0, 0, 0, 1, 20, 200)) * MINUTE_MS)

    def _new(self, code: str) -> str:
        number = len(self.units)
        # Every other unit is of the donation of the one before.
        unit = f"unit:A9999261234{number // 2:02}.{code}{'V00' if number % 2 else 'V01'}"
        self.units.append(unit)
        self.tags[unit] = f"tag:E0040{number:03}"
        return unit

    def _enter(self) -> None:
        unit = self._new("A0002")
        place = self.homes[unit] = self.dice.choice((*PLACES, "place:fridge", "place:fridge"))
        tagged = Draft(kinds.TagAssociated, {"unit": unit, "tag": self.tags[unit], "place": place})
        entered = Draft(kinds.Opening, {"unit": unit, "place": place}, self._time())
        self._claim(*self.dice.choice(((tagged, entered), (entered, tagged), (entered, tagged))))

    def _make(self) -> None:
        parents = self.dice.sample(self.units, self.dice.choice((1, 1, 2)))
        kind = self.dice.choice((kinds.Prepared, kinds.Pooled, kinds.Irradiated))
        children = [self._new(self.dice.choice(("A0003", "A0012"))) for _ in range(self.dice.choice((1, 2)))]
        said: dict[str, object] = {"parents": parents, "children": [kinds.Component(unit=each) for each in children]}
        if self.dice.random() < 0.7:
            said["place"] = self.dice.choice(PLACES)
            self.homes.update(dict.fromkeys(children, str(said["place"])))
        tagged = [Draft(kinds.TagAssociated, {"unit": each, "tag": self.tags[each]}) for each in children]
        if self.dice.random() < 0.3:
            self.tags[children[0]] = self.tags[parents[0]]  # the bag of a unit that became another keeps its tag
            tagged[0] = Draft(kinds.TagAssociated, {"unit": children[0], "tag": self.tags[parents[0]]})
        self._claim(Draft(kind, said, self._time()), *tagged)

    def _tag(self) -> None:
        unit, other = self._some(), self._some()
        kind = self.dice.choice((kinds.TagAssociated, kinds.TagRemoved))
        self._claim(Draft(kind, {"unit": unit, "tag": self.tags[other]}))

    def _move(self) -> None:
        unit = self._some()
        kind = self.dice.choice((kinds.Stored, kinds.Moved, kinds.Removed))
        place = self.homes[unit] = self.dice.choice(PLACES)
        self._claim(Draft(kind, {"unit": unit, "place": place}, self._time()))

    def _test(self) -> None:
        din = f"din:{self._some()[5:18]}"
        self._claim(Draft(kinds.Tested, {"din": din, "overall": "fit", "place": "place:bench"}, self._time()))

    def _correct(self) -> None:
        """A person entered something wrong, and takes it back, with something else in its place or without."""
        unit, other = self._some(), self._some()
        kind = self.dice.choice((kinds.Stored, kinds.Opening))
        wrong = self._claim(Draft(kind, {"unit": unit, "place": "place:bench"}, self._time()))
        self._see()
        if wrong is None:
            return
        said: dict[str, object] = {"of_stream": "web", "of_seq": wrong, "reason": "typo"}
        if self.dice.random() < 0.5:
            right = self._claim(Draft(kind, {"unit": other, "place": "place:fridge"}, self._time()))
            said |= {} if right is None else {"instead": right}
        about = self.dice.choice(([unit, other], [unit]))
        self._claim(Draft(kinds.Corrected, {**said, "about": list(dict.fromkeys(about))}))

    def _puzzle(self) -> None:
        """Something comes that nobody understands, and names a unit; sealed before much that is known by now."""
        said = {"tag": "tag:E0040000", "device": "device:r", "antenna": 1, "reads": 1, "place": self._some()}
        (body,) = self.gateway.events([(kinds.TagArrived, self._time(), {**said, "place": "place:fridge"})])
        body = body.replace(b'"place":"place:fridge"', f'"subject":"{self._some()}"'.encode())
        sealed = self.dice.choice(("2026-02-28T12:00:00.000Z", "2026-03-01T12:00:00.000Z"))
        self.ledger.append_batch(self.gateway.seal([body], time=sealed))

    def _warm(self) -> None:
        began_ms = self.clock.at_ms
        until = format_instant(began_ms + 5 * MINUTE_MS)
        readings = [[0, self.dice.choice((400, 400, 900))]]
        told = {"place": self.dice.choice(PLACES[:2]), "probe": "probe:p", "measures": "air", "quality": "good"}
        fact = (kinds.TemperatureSegment, format_instant(began_ms), {**told, "until": until, "readings": readings})
        self.ledger.append_batch(self.gateway.say(fact, suffix="t"))

    def _use_up(self) -> None:
        self._claim(Draft(kinds.Discarded, {"unit": self._some(), "reason": "expired"}, self._time()))

    def _see(self) -> None:
        late_ms = self.dice.choice((0, 0, 0, 0, 0, 45_000, 600_000, 4_000_000))
        self.ledger.append_batch(self.gateway.say(*self._sightings(self.dice.randint(1, 12), late_ms)))

    def _sightings(self, count: int, late_ms: int) -> Iterator[Fact]:
        usual = self.dice.random() < 0.85
        for _ in range(count):
            unit = self._some()
            place = self.homes.get(unit, "place:fridge") if usual else self.dice.choice((*PLACES, None))
            kind = kinds.TagArrived if usual else self.dice.choice(SEEN)
            said: dict[str, object] = {"tag": self.tags[unit], "device": "device:r", "reads": 1}
            said["clock"] = self.dice.choice(("synchronised", "synchronised", "unsynchronised"))
            if place is not None:
                said["place"] = place
            if kind is kinds.TagUncertain:
                said["places"] = ["place:bench", "place:fridge"]
            elif kind is not kinds.TagLeft:
                said["antenna"] = 1
            yield kind, format_instant(self.clock.at_ms - late_ms), said


@pytest.mark.parametrize("seed", range(12))
def test_judging_says_the_same_without_what_says_nothing_new(tmp_path: Path, seed: int) -> None:
    site = site_in(tmp_path / "site")
    clock = StoryClock()
    with Ledger(site, clock, entropy=CountedEntropy(f"resting {seed}")) as ledger:
        Day(ledger, random.Random(seed), clock).pass_by(120)  # noqa: S311  the same story in every run
        Judging(ledger).judge_now()
        with database_of(site).examined(lambda _check: None) as examined:
            resting = swept(site, examined)
            names = everybody(Reader(examined, site))
            expected = judge_units(Reader(examined, site), names)
            reader = Reader(examined, site)
            found = judge_units(reader, names, upto=resting.upto)
            reader.history.read_ahead(names, upto=resting.upto)
            shortened = sum(map(reader.history.is_shortened, names))
        assert (found.kept, found.stays) == (expected.kept, expected.stays)
        assert shortened, "otherwise nothing was tried"
    report = examine(site)
    assert report.ok, str(report.first_bad)
    assert report.verdicts == len(names)
