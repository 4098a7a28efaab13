"""How long the stock takes to count, now and at past instants: `python -m benchmarks.stock [UNITS]`.

Makes a site in a folder of its own, with UNITS opened and released, a tenth of which moved a day later; then asks each
question once and prints one JSON object, in seconds of the processor.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from typing_extensions import override

from ledger.append import Draft, Ledger
from ledger.clock import Clock, ClockName
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.init import make_site
from ledger.read import stock
from ledger.read.reader import reading
from ledger.rules.inventory import count

_BEGIN_MS = 1_772_366_400_000
_DAY_MS = 86_400_000
_A_BATCH = 500
_CENTRE, _SHELVES = "org:centre", tuple(f"place:centre/fridge-{n}" for n in range(1, 21))
_GROUPS = ("A", "B", "AB", "O")


class _Clock(Clock):
    name: ClockName = "synchronised"

    def __init__(self) -> None:
        self.at_ms = _BEGIN_MS

    @override
    def now_ms(self) -> int:
        return self.at_ms

    @override
    def monotonic(self) -> float:
        return self.at_ms / 1000


def _unit(number: int) -> str:
    return f"unit:A9999{number // 1_000_000 + 20:02d}{number % 1_000_000:06d}.A0002V00"


def _record(ledger: Ledger, stream: str, drafts: Sequence[Draft]) -> None:
    for first in range(0, len(drafts), _A_BATCH):
        answer = ledger.record(stream, drafts[first : first + _A_BATCH])
        if isinstance(answer, Refused):
            raise SystemExit(f"{answer.step}: {answer.reason}")


def _fill(site: Site, units: int) -> None:
    clock = _Clock()
    named = {"name_zh": "x", "name_en": "x"}
    with Ledger(site, clock) as ledger:
        _record(
            ledger, "site", [Draft(kinds.OrganisationAdded, {"organisation": _CENTRE, "role": "blood_centre", **named})]
        )
        _record(
            ledger,
            "site",
            [Draft(kinds.PlaceAdded, {"place": each, "organisation": _CENTRE, **named}) for each in _SHELVES],
        )
        expires = [format_instant(_BEGIN_MS + day * _DAY_MS) for day in range(2, 36)]
        opened = [
            Draft(
                kinds.Opening,
                {
                    "unit": _unit(n),
                    "abo": _GROUPS[n % 4],
                    "rhd": "negative" if n % 50 == 0 else "positive",
                    "expires": expires[n % len(expires)],
                    "place": _SHELVES[n % len(_SHELVES)],
                },
            )
            for n in range(units)
        ]
        _record(ledger, "web", opened)
        clock.at_ms += 1000
        _record(ledger, "web", [Draft(kinds.Released, {"unit": _unit(n)}) for n in range(units)])
        clock.at_ms += _DAY_MS
        moved = [Draft(kinds.Moved, {"unit": _unit(n), "place": _SHELVES[0]}) for n in range(0, units, 10)]
        _record(ledger, "web", moved)


def _timed(ask: Callable[[], object]) -> float:
    began = time.process_time()
    ask()
    return round(time.process_time() - began, 2)


def main(units: int) -> None:
    """Make, ask, print."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Site(
            Path(folder) / "site", "bench.a9999.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080
        )
        site = make_site(wanted, clock=_Clock()).site
        making = _timed(lambda: _fill(site, units))
        with reading(site) as reader:
            found = stock.bags(reader, holder=None)
            then, size = _BEGIN_MS + _DAY_MS // 2, stock.known_by(reader, _BEGIN_MS + _DAY_MS // 2)
            told = {
                "units": len(found),
                "making_s": making,
                "now_s": _timed(lambda: count(stock.bags(reader, holder=None), ("component", "abo", "rhd", "state"))),
                "as_it_happened_s": _timed(lambda: stock.bags_at(reader, then, holder=None)),
                "as_it_was_known_s": _timed(lambda: stock.bags_at(reader, then, holder=None, log_size=size)),
            }
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
