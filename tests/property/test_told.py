"""Figures that read only what people said are those of a plain fold of every unit's whole history.

Steps are drawn at random, also late ones and corrections; what the rules refuse is left out. Beside them gateways see
tags, which changes nothing of what went out and of what became of it.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Ahead, Draft, Ledger
from ledger.core import correcting, custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.folding import bedside, fold
from ledger.folding.places import Places
from ledger.read.fates import fates
from ledger.read.gone import gone
from ledger.read.reader import Reader, reading
from ledger.read.stock import histories_of
from ledger.rules.fates import Life, Question, closure, missing
from ledger.rules.inventory import Bag
from ledger.rules.lifecycle import ENDS
from ledger.store.tables import units
from tests.support.producers import NOON_MS, Gateway, StoryClock, declare, introduce, site_in

CENTRE, HOSPITAL = "org:centre", "org:hospital"
FRIDGE, BANK, WARD = "place:centre/fridge", "place:hospital/bank", "place:hospital/ward"
ORGANISATION_OF = {FRIDGE: CENTRE, BANK: HOSPITAL, WARD: HOSPITAL}
ROLES = {CENTRE: "blood_centre", HOSPITAL: "hospital"}
PATIENT = {"patient": "person:" + "a" * 32}
HOUR = 3_600_000
DAY = 24 * HOUR
UNITS = tuple(f"unit:A9999260000{number:02}.A0002V00" for number in range(1, 25))


class Dice:
    """What people say and devices see over some weeks, drawn from a seed."""

    def __init__(self, ledger: Ledger, clock: StoryClock, seed: int) -> None:
        self.ledger = ledger
        self.clock = clock
        self.dice = random.Random(seed)  # noqa: S311  not a secret: the same story each time
        self.gateway = Gateway("gw-1")
        self.said: list[Recorded] = []

    def begin(self) -> None:
        named = {"name_zh": "某处", "name_en": "Somewhere"}
        for org, role in ROLES.items():
            declare(self.ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
        for place, org in ORGANISATION_OF.items():
            declare(self.ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        introduce(self.ledger, self.gateway)
        for unit in UNITS:
            self.later(HOUR)
            expires = format_instant(NOON_MS + self.dice.randrange(1, 60) * DAY)
            place = self.dice.choice([FRIDGE, FRIDGE, BANK])
            opened = {"unit": unit, "place": place, "abo": "O", "rhd": "negative", "expires": expires}
            self.say(Draft(kinds.Opening, opened), Draft(kinds.TagAssociated, {"unit": unit, "tag": self.tag(unit)}))
            self.say(Draft(kinds.Released, {"unit": unit}))

    def tag(self, unit: str) -> str:
        return f"tag:E2801170000002{unit[16:18]}"

    def later(self, at_most_ms: int) -> None:
        self.clock.at_ms += self.dice.randrange(1, at_most_ms)

    def step(self) -> None:
        self.later(12 * HOUR)
        turn = self.dice.random()
        if turn < 0.1 and self.said:
            self.say(*self.correction())
        elif turn < 0.3:
            seen = {"tag": self.tag(self.dice.choice(UNITS)), "place": self.dice.choice([FRIDGE, BANK, WARD])}
            antenna = {"device": "device:gate", "antenna": 1, "reads": 1}
            self.ledger.append_batch(self.gateway.say((kinds.TagArrived, self.when(), seen | antenna)))
        else:
            drawn = (self.act() for _ in range(8))
            any(self.say(Draft(kind, fields, self.when())) for kind, fields in drawn)

    def when(self) -> str:
        """Now; of some things one hears late."""
        late_ms = self.dice.choice([0, 0, 0, self.dice.randrange(4 * DAY)])
        return format_instant(self.clock.at_ms - late_ms)

    def act(self) -> tuple[type[kinds.Event], dict[str, object]]:
        unit = self.dice.choice(UNITS)
        some = sorted({unit, self.dice.choice(UNITS)})
        note = f"consignment:N-{self.dice.randrange(6)}"
        here, there = self.dice.choice([(FRIDGE, HOSPITAL), (BANK, CENTRE), (FRIDGE, CENTRE)])
        acts: list[tuple[type[kinds.Event], dict[str, object]]] = [
            (kinds.Dispatched, {"dispatch_note": note, "units": some, "to": there, "place": here}),
            (kinds.Dispatched, {"dispatch_note": note, "units": [unit], "to": there, "place": here}),
            (kinds.Received, {"dispatch_note": note, "units": [unit], "outcome": "accepted", "place": BANK}),
            (kinds.Received, {"dispatch_note": note, "units": [unit], "outcome": "accepted", "place": FRIDGE}),
            (kinds.Issued, {"unit": unit, "place": WARD, **PATIENT}),
            (kinds.Transfused, {"unit": unit, "place": WARD, **PATIENT}),
            (kinds.ReturnedToBank, {"unit": unit, "place": BANK, "outcome": "stock"}),
            (kinds.Returned, {"unit": unit, "place": FRIDGE}),
            (kinds.Quarantined, {"unit": unit, "reason": "other"}),
            (kinds.Discarded, {"unit": unit}),
        ]
        weights = (3, 3, 5, 3, 4, 0.5, 3, 1, 0.2, 0.05)
        return self.dice.choices(acts, weights)[0]

    def correction(self) -> list[Draft]:
        """Something was not so, or it was at another time."""
        wrong = self.dice.choice(self.said)
        event = wrong.event
        about = {"of_stream": event.stream, "of_seq": event.seq, "reason": "slip", "about": list(fold.units_of(event))}
        if self.dice.random() < 0.5:
            return [Draft(kinds.Corrected, about)]
        own = {"v", "stream", "seq", "nonce", "time", "clock", "recorded_at"}
        fields = {
            name: value for name in event.__struct_fields__ if (value := getattr(event, name)) and name not in own
        }
        at_ms = min(self.clock.at_ms, wrong.time_ms + self.dice.randrange(-2 * DAY, 2 * DAY))
        instead = Draft(type(event), fields, format_instant(at_ms))
        return [Draft(kinds.Corrected, about | {"instead": Ahead(1)}), instead]

    def say(self, *drafts: Draft) -> bool:
        """Whether it was taken."""
        answer = self.ledger.record("web", list(drafts))
        if isinstance(answer, Refused):
            return False
        self.said += [each for each in answer if isinstance(each.event, kinds.Dispatched | kinds.Issued)]
        return True


@pytest.fixture(params=range(4))
def story(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Dice]:
    clock = StoryClock(NOON_MS)
    with Ledger(site_in(tmp_path / "site"), clock) as ledger:
        told = Dice(ledger, clock, request.param)
        told.begin()
        for _ in range(150):
            told.step()
        yield told


def folded(reader: Reader) -> dict[str, tuple[fold.UnitFold, list[Recorded]]]:
    """Every unit, and what counts of its history."""
    places = Places(ORGANISATION_OF, ROLES)
    names = list(reader.connection.execute(select(units.c.unit)).scalars())
    found = {}
    for unit, history in histories_of(reader, names):
        now = fold.fold_unit(history, unit, places=places)
        assert now is not None
        found[unit] = (now, list(correcting.in_force(history)))
    return found


def had(history: list[Recorded], unit: str, holder: str, at_ms: int) -> bool:
    held = custody.holdings(history, unit, organisation_of=ORGANISATION_OF.get)
    return any(
        each.holder == holder and each.since_ms <= at_ms and (each.until_ms is None or at_ms <= each.until_ms)
        for each in held
    )


def test_what_went_out_is_what_a_fold_of_every_history_says(story: Dice) -> None:
    with reading(story.ledger.site) as reader:
        every, now_ms, seen = folded(reader), story.clock.at_ms, 0
        for since_ms, until_ms in (
            (NOON_MS, now_ms),
            (now_ms - 28 * DAY, now_ms),
            (now_ms - 20 * DAY, now_ms - 9 * DAY),
        ):
            found = gone(reader, [CENTRE, HOSPITAL], since_ms=since_ms, until_ms=until_ms)
            for holder, kind in ((CENTRE, kinds.Dispatched), (HOSPITAL, kinds.Issued)):
                expected = {}
                for unit, (now, history) in every.items():
                    left = [each.time_ms for each in history if isinstance(each.event, kind)]
                    if any(since_ms < at_ms <= until_ms and had(history, unit, holder, at_ms) for at_ms in left):
                        expected[unit] = now
                assert {bag.unit: facts(bag) for bag in found[holder]} == {
                    unit: ("on_hold" if now.on_hold else now.state, now.abo, now.rhd, now.expires_ms, now.holder)
                    for unit, now in expected.items()
                }
                seen += len(expected)
    assert seen > 20, "nothing was compared"


def facts(bag: Bag) -> tuple[object, ...]:
    return bag.state, bag.abo, bag.rhd, bag.expires_ms, bag.holder


def test_what_became_of_the_bags_is_what_a_fold_of_every_history_says(story: Dice) -> None:
    seen = 0
    with reading(story.ledger.site) as reader:
        days = reader.site.fates
        for now_ms in (story.clock.at_ms, story.clock.at_ms + 3 * DAY, story.clock.at_ms + 60 * DAY):
            asked = Question(now_ms=now_ms, days=days.days, window_days=days.window_days)
            lives = [life(unit, now, history) for unit, (now, history) in folded(reader).items()]
            for holder in (None, CENTRE, HOSPITAL):
                theirs = [each for each in lives if holder in {None, each.holder}]
                told = fates(reader, holder=holder, now_ms=now_ms)
                assert told.closure == closure(theirs, asked)
                assert told.missing == missing(theirs, asked)
                seen += len(told.missing) + sum(each.due for each in told.closure)
    assert seen > 20, "nothing was compared"


def life(unit: str, now: fold.UnitFold, history: list[Recorded]) -> Life:
    issue = bedside.last_issue(history, unit)
    held = custody.holdings(history, unit, organisation_of=ORGANISATION_OF.get)
    return Life(
        unit=unit,
        holder=held[-1].holder if held else None,
        state=now.state,
        issued_ms=None if issue is None else issue.time_ms,
        expires_ms=now.expires_ms,
        ended_ms=custody.ended_ms(history, unit) if now.state in ENDS else None,
    )
