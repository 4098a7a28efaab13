"""How large a dispatch note's passport is, and how long it takes to make and to verify.

    python -m benchmarks.passports [--bags N]

A blood centre's day of so many bags with twelve events each (`tests/support/consignments.py`), the unit map stated,
every bag's cold chain stated for the passport. One JSON object: bytes, and milliseconds of CPU time; making is told
apart for the first passport under a root, which reads the map's tree, and for a later one.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.verify import verify
from ledger.passports import Fields, state_exposures
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.consignments import NOTE, Day, consign
from tests.support.producers import declare

T = TypeVar("T")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.passports")
    parser.add_argument("--bags", type=int, default=80)
    bags: int = parser.parse_args().bags
    with tempfile.TemporaryDirectory(prefix="xuemai-passports-") as folder:
        for day in consign(Path(folder) / "site", bags):
            print(json.dumps(measured(day, bags)))


def measured(day: Day, bags: int) -> dict[str, object]:
    """Export twice, verify once."""

    def record(stated: Sequence[Fields], at: str) -> None:
        declare(day.ledger, *(Draft(kinds.ExposureStated, fields, at) for fields in stated))

    def publish() -> None:
        day.ledger.root_unit_map()
        day.ledger.sign_checkpoint()

    state_exposures(day.site, NOTE, now_ms=day.clock.at_ms, record=record, publish=publish)
    policy = Policy((Log(day.site.verifier("log")),), (), (), NO_QUORUM)
    first_ms, raw = _timed(lambda: _export(day))
    again_ms, _ = _timed(lambda: _export(day))
    verified_ms, found = _timed(lambda: verify(raw, policy=policy))
    return {
        "bags": bags,
        "bytes": len(raw),
        "verdict": str(found.verdict),
        "first_made_cpu_ms": first_ms,
        "made_cpu_ms": again_ms,
        "verified_cpu_ms": verified_ms,
    }


def _export(day: Day) -> bytes:
    with reading(day.site) as reader:
        return passports.export(reader, NOTE, log_key=day.site.verifier("log"))


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    before = time.process_time()
    answer = run()
    return round((time.process_time() - before) * 1000, 1), answer


if __name__ == "__main__":
    main()
