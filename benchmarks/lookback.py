"""How long a lookback takes in a large ledger: `python -m benchmarks.lookback [--events 1000000] [--folder KEPT]`.

A ledger whose gateways have said so many events, and in it a donor of three donations, each into four units, whose
platelets went into pools with those of other donors, split and sent to two hospitals. Each question is asked again and
again, by a new reader with a snapshot of its own, as the API does; prints one JSON object, in seconds of wall time.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.bench.standing import Standing, standing
from ledger.bench.traffic import Traffic, require_recorded
from ledger.clock import SystemClock
from ledger.core import kinds
from ledger.read.affected import Affected, Question, affected
from ledger.read.reader import reading

_BATCH = 500
_TIMES = 200
_LAB, _BANKS = "place:bench-lab", ("place:bench-bank-1", "place:bench-bank-2")
_CENTRE, _HOSPITALS = "org:bench-centre", ("org:bench-h1", "org:bench-h2")
_DONOR, _SECOND = "person:" + "1" * 32, "person:" + "2" * 32
_OWN = tuple(f"A99992690000{number}" for number in range(3))
_OTHERS = tuple(f"A99992691000{number}" for number in range(9))


def _unit(din: str, product: str) -> str:
    return f"unit:{din}.{product}"


def _places() -> Iterator[Draft]:
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    for org, role in ((_CENTRE, "blood_centre"), *((each, "hospital") for each in _HOSPITALS)):
        yield Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named)
    for place, org in ((_LAB, _CENTRE), *zip(_BANKS, _HOSPITALS, strict=True)):
        yield Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named)


def _donations() -> Iterator[Draft]:
    for din in (*_OWN, *_OTHERS):
        donor = _DONOR if din in _OWN else f"person:{din[-1] * 31}f"
        yield Draft(kinds.Collected, {"unit": _unit(din, "A0001V00"), "donor": donor, "place": _LAB})
        children = [kinds.Component(unit=_unit(din, f"A000{n}V00")) for n in (2, 3, 4)]
        yield Draft(kinds.Prepared, {"parents": [_unit(din, "A0001V00")], "children": children, "place": _LAB})
    for own, others in zip(_OWN, (_OTHERS[:3], _OTHERS[3:6], _OTHERS[6:]), strict=True):
        parents = [_unit(din, "A0004V00") for din in (own, *others)]
        pool = _unit(own, "A0007V00")
        yield Draft(kinds.Pooled, {"parents": parents, "children": [kinds.Component(unit=pool)], "place": _LAB})
        halves = [_unit(own, "A0007VA0"), _unit(own, "A0007VB0")]
        children = [kinds.Component(unit=each) for each in halves]
        yield Draft(kinds.Split, {"parents": [pool], "children": children, "place": _LAB})
        yield from _sent(own, [_unit(own, "A0002V00"), *halves])


def _sent(din: str, units: Sequence[str]) -> Iterator[Draft]:
    for number, unit in enumerate(units):
        note, to = f"consignment:{din}-{number}", number % 2
        yield Draft(kinds.Released, {"unit": unit, "second": _SECOND, "override": "bench", "place": _LAB})
        sent = {"dispatch_note": note, "units": [unit]}
        yield Draft(kinds.Dispatched, {**sent, "to": _HOSPITALS[to], "place": _LAB})
        yield Draft(kinds.Received, {**sent, "outcome": "accepted", "place": _BANKS[to]})


def _told(made: Standing) -> None:
    with Ledger(made.site, SystemClock()) as ledger:
        require_recorded(ledger.record("site", list(_places())))
        require_recorded(ledger.record("web", list(_donations())))


def _asked(made: Standing, question: Question) -> Affected:
    with reading(made.site) as reader:
        found = affected(reader, question, organisation=None, now_ms=SystemClock().now_ms())
    if found is None:
        raise SystemExit(f"{question.subject}: nothing found")
    return found


def _timed(ask: Callable[[], Affected]) -> dict[str, object]:
    found = ask()
    waits = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        ask()
        waits.append(time.perf_counter() - began)
    waits.sort()
    return {
        "units": len(found.units),
        "holders": len(found.consignees),
        "p50_s": round(waits[_TIMES // 2], 4),
        "p99_s": round(waits[_TIMES * 99 // 100], 4),
    }


def measure(folder: Path, events: int) -> dict[str, object]:
    """Make the ledger in `folder`, if there is none, and ask."""
    is_new = not folder.exists() or not any(folder.iterdir())
    made = standing(folder, Traffic(events, _BATCH), lambda _done, _of: None)
    if is_new:
        _told(made)
    half = _unit(_OWN[0], "A0007VA0")
    questions = {
        "donation": Question(f"din:{_OWN[0]}"),
        "donor": Question(_DONOR),
        "back_from_a_unit": Question(half, "back"),
    }
    with reading(made.site) as reader:
        told: dict[str, object] = {"events": reader.event_count(), "asked": _TIMES}
    return told | {name: _timed(lambda each=each: _asked(made, each)) for name, each in questions.items()}


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the ledger is kept; a new one if not given")
    given = parser.parse_args(arguments)
    if given.folder is not None:
        print(json.dumps(measure(given.folder, given.events)))
        return
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder) / "ledger", given.events)))


if __name__ == "__main__":
    main(sys.argv[1:])
