"""Batches that are written together leave the same rows, receipts and refusals as batches that come one by one."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Ledger, Rejected, arriving
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.core.receipt import Receipt
from ledger.fsck import examine
from ledger.store import chain
from ledger.store import tables as t
from ledger.store import writer as writers
from ledger.store.database import database_of
from ledger.store.writer import Working
from tests.support.producers import CountedEntropy, Fact, Gateway, StoryClock, claim, declare, introduce, site_in

UNITS = [f"unit:A99992600000{number}.E0382V00" for number in range(4)]
TAGS = [f"tag:E004010{number}" for number in range(6)]
PLACES = ["place:a", "place:b", "place:nowhere"]
Answers = list[Receipt | Rejected]


@contextmanager
def busy(ledger: Ledger) -> Iterator[None]:
    """Keep the writer busy, so that everything that is submitted meanwhile becomes one group."""
    started, release = threading.Event(), threading.Event()

    def wait(_working: Working) -> None:
        started.set()
        release.wait(10)

    held = ledger._writer.submit(wait)
    assert started.wait(10)
    yield
    release.set()
    held.result(10)


def together(ledger: Ledger, wires: Sequence[bytes]) -> Answers:
    """Let all of them be one group, in this order."""
    read = [ledger._read(wire) for wire in wires]
    with busy(ledger):
        jobs = [partial(arriving.accept, arrived=arrived, now_ms=ledger.clock.now_ms()) for arrived in read]
        futures = [ledger._writer.submit_batch(job) for job in jobs]
    return [future.result(10) for future in futures]


def one_by_one(ledger: Ledger, wires: Sequence[bytes]) -> Answers:
    return [answer for wire in wires for answer in together(ledger, [wire])]


def some_fact(dice: random.Random, clock: StoryClock) -> Fact:
    at = format_instant(clock.at_ms - dice.choice([0, 0, dice.randrange(7_200_000)]))
    seen = {"tag": dice.choice(TAGS), "device": "device:r", "place": dice.choice(PLACES), "reads": 1}
    return dice.choice(
        [
            (kinds.TagArrived, at, {**seen, "antenna": 1}),
            (kinds.TagLeft, at, seen),
            (kinds.LabelScanned, at, {"device": "device:s", "unit": dice.choice(UNITS), "place": "place:a"}),
        ]
    )


def some_act(dice: random.Random) -> Draft:
    unit = dice.choice(UNITS)
    return dice.choice(
        [
            Draft(kinds.Opening, {"unit": unit, "place": "place:a"}),
            Draft(kinds.TagAssociated, {"unit": unit, "tag": dice.choice(TAGS)}),
            Draft(kinds.TagRemoved, {"unit": unit, "tag": dice.choice(TAGS)}),
            Draft(kinds.Moved, {"unit": unit, "place": "place:b"}),
        ]
    )


def tell(site: Site, seed: int, way: object) -> list[Receipt]:
    """The same story, its batches written one way or the other."""
    dice = random.Random(seed)  # noqa: S311  a repeatable story
    clock, gateways, told = StoryClock(), [Gateway(f"gw-{name}") for name in "abc"], []
    with Ledger(site, clock, entropy=CountedEntropy("ledger")) as ledger:
        introduce(ledger, *gateways)
        named = {"organisation": "org:a", "name_zh": "名", "name_en": "name"}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": "place:a", **named}))
        for _ in range(12):
            clock.after(7)
            said = [(dice.choice(gateways), dice.randrange(1, 9)) for _ in range(dice.randrange(1, 8))]
            wires = [gateway.say(*(some_fact(dice, clock) for _ in range(count))) for gateway, count in said]
            answers = way(ledger, wires)  # type: ignore[operator]  # one of the two above
            assert all(isinstance(answer, Receipt) for answer in answers)
            told += answers
            for _ in range(3):
                ledger.record("web", [some_act(dice)])
        ledger.root_unit_map()
    return told


def rows_of(site: Site) -> dict[str, list[tuple[object, ...]]]:
    with database_of(site).snapshot() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in t.metadata.sorted_tables
        }


@pytest.mark.parametrize("seed", range(4))
def test_a_group_leaves_exactly_the_rows_of_batches_that_come_alone(tmp_path: Path, seed: int) -> None:
    alone, grouped = site_in(tmp_path / "alone"), site_in(tmp_path / "grouped")
    assert tell(alone, seed, one_by_one) == tell(grouped, seed, together)
    expected = rows_of(alone)
    assert len(expected["subject_events"]) > 50
    assert expected["discrepancies"]
    assert rows_of(grouped) == expected
    assert examine(grouped).ok


def test_a_group_that_becomes_large_is_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "MAX_STAGED_EVENTS", 5)
    most, write = 0, chain.write

    def counted(connection: object, staged: Sequence[chain.Staged]) -> None:
        nonlocal most
        most = max(most, sum(len(each.entries) for each in staged))
        write(connection, staged)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(chain, "write", counted)
    grouped = site_in(tmp_path / "grouped")
    tell(grouped, 0, together)
    assert 5 <= most < 5 + 8
    assert examine(grouped).ok


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as opened:
        introduce(opened, Gateway("gw-a"), Gateway("gw-b"))
        claim(
            opened,
            Draft(kinds.Opening, {"unit": UNITS[0]}),
            Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]}),
        )
        yield opened
    report = examine(site)
    assert report.ok, str(report.first_bad)


def sighting(antenna: int = 1) -> Fact:
    seen = {"tag": TAGS[0], "device": "device:r", "antenna": antenna, "reads": 1}
    return kinds.TagArrived, "2026-03-01T12:00:00.000Z", seen


def test_the_same_batch_twice_in_one_group_gets_one_place_and_one_receipt(ledger: Ledger) -> None:
    wire = Gateway("gw-a").say(sighting())
    before = ledger.size
    first, second = together(ledger, [wire, wire])
    assert isinstance(first, Receipt)
    assert first == second
    assert ledger.size == before + 1


def test_two_histories_in_one_group_are_a_fork_and_the_neighbours_stay(ledger: Ledger) -> None:
    gateway, other = Gateway("gw-a"), Gateway("gw-b")
    honest, lying = gateway.say(sighting()), Gateway("gw-a").say(sighting(2))
    answers = together(ledger, [honest, other.say(sighting()), lying, other.say(sighting()), gateway.say(sighting())])
    steps = [answer.step if isinstance(answer, Rejected) else "taken" for answer in answers]
    assert steps == ["taken", "taken", "fork", "taken", "stream"]
    with pytest.raises(Rejected, match="quarantined"):
        ledger.append_batch(gateway.say(sighting()))


def test_a_batch_that_does_not_follow_is_refused_amid_its_group(ledger: Ledger) -> None:
    gateway, other = Gateway("gw-a"), Gateway("gw-b")
    one, lost, three = (gateway.say(sighting()) for _ in range(3))
    answers = together(ledger, [one, three, other.say(sighting())])
    assert [type(answer) for answer in answers] == [Receipt, Rejected, Receipt]
    refused = answers[1]
    assert isinstance(refused, Rejected)
    assert refused.head is not None
    assert (refused.step, refused.head.last_seq) == ("chain", 1)
    assert [type(answer) for answer in together(ledger, [lost, three])] == [Receipt, Receipt]


def test_a_group_whose_rows_are_not_taken_is_tried_again_one_by_one(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch stumbles in the projections: its neighbours are on disk all the same, and it is not."""
    gateway, other = Gateway("gw-a"), Gateway("gw-b")
    take = ledger._writer._projector.take

    def stumble(connection: object, *batches: object) -> None:
        if any(entry.stream.startswith("gw-a") for entries in batches for entry in entries):  # type: ignore[attr-defined]
            raise ZeroDivisionError
        take(connection, *batches)  # type: ignore[arg-type]  # passed on as it came

    before = ledger.size
    with monkeypatch.context() as stumbling:
        stumbling.setattr(ledger._writer._projector, "take", stumble)
        read = [ledger._read(wire) for wire in (other.say(sighting()), gateway.say(sighting()), other.say(sighting()))]
        with busy(ledger):
            futures = [ledger._writer.submit_batch(partial(arriving.accept, arrived=each, now_ms=0)) for each in read]
        assert isinstance(futures[0].result(10), Receipt)
        with pytest.raises(ZeroDivisionError):
            futures[1].result(10)
        assert isinstance(futures[2].result(10), Receipt)
    assert ledger.size == before + 2


def test_a_batch_that_stumbles_after_it_got_its_place_leaves_nothing(ledger: Ledger) -> None:
    read = [ledger._read(Gateway(name).say(sighting())) for name in ("gw-a", "gw-b")]

    def stumble(working: Working) -> None:
        arriving.accept(working, read[0], 0)
        raise ZeroDivisionError

    before = ledger.size
    with busy(ledger):
        bad = ledger._writer.submit_batch(stumble)
        good = ledger._writer.submit_batch(partial(arriving.accept, arrived=read[1], now_ms=0))
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    assert isinstance(good.result(10), Receipt)
    assert ledger.size == before + 1


def test_every_sighting_of_a_unit_in_a_group_counts(tmp_path: Path) -> None:
    site, gateway = site_in(tmp_path / "site"), Gateway("gw")
    seen = {"tag": TAGS[0], "device": "device:r", "reads": 1}

    def told(kind: type[kinds.Event], minute: int, place: str, **more: object) -> Fact:
        return kind, f"2026-03-01T12:{minute:02}:00.000Z", {**seen, "place": place, **more}

    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:b"}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": TAGS[0]}))
        wires = [
            gateway.say(told(kinds.TagArrived, 1, "place:a", antenna=1)),
            gateway.say(told(kinds.TagLeft, 2, "place:b")),
        ]
        assert all(isinstance(answer, Receipt) for answer in together(ledger, wires))
        with database_of(site).snapshot() as connection:
            stored = connection.execute(select(t.units.c.place).where(t.units.c.unit == UNITS[0])).scalar()
        assert stored == "place:a", "it left where it had not been any more"
    assert examine(site).ok
