"""`xuemai bench verify`: how fast a ledger is examined (`xuemai fsck`), and a passport made and verified.

The yardstick stores the same events' bytes, as in `xuemai bench ingest`: so the ratio says how much longer than writing
it all down with one hash chain and one tree it takes to examine all of it. `log_…` says the same of the log alone
(`xuemai fsck --log-only`), examined once more after that.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ledger.bench.counting import counting
from ledger.bench.report import Cost, measured, peak_mb_of
from ledger.bench.standing import Progress, Standing, standing
from ledger.bench.traffic import GatewayVoice, Traffic
from ledger.bench.yardstick import Yardstick
from ledger.config import Site
from ledger.core.errors import XuemaiError
from ledger.core.policy import parse as parse_policy
from ledger.core.verify import verify as verify_passport
from ledger.fsck import Report, examine, examine_log
from ledger.read import passports
from ledger.read.reader import reading

_PASSPORTS = 50
_YARDSTICK_EVENTS = 50_000


def measure(
    folder: Path, traffic: Traffic, progress: Progress, *, database_url: str | None = None
) -> dict[str, object]:
    """Measure with the ledger in `folder`, made there if there is none; what the command prints.

    The yardstick is in SQLite even where the ledger is in PostgreSQL, at the URL.
    """
    made = standing(folder, traffic, progress, database_url=database_url)
    with counting(made.site.database_url) as how:
        reports: list[Report] = []
        examined = how.counted(lambda: _examination(made, examine, reports.append))
        log = _log_alone(made)
    stored = _yardstick(made)
    return {
        "bench": "verify",
        "database": how.database,
        "cpu_of": how.cpu_of,
        "events": examined.events,
        "verdicts": sum(report.verdicts for report in reports),
        "batch": traffic.batch,
        "workers": len(os.sched_getaffinity(0)),
        **examined.figures(),
        **examined.ratios(stored),
        **({} if log is None else {f"log_{name}": told for name, told in _told(log, stored).items()}),
        "peak_mb": peak_mb_of(),
        "yardstick": stored.figures(),
        "passport": _passport(made),
    }


def _log_alone(made: Standing) -> Cost | None:
    """What it costs to examine the log alone; None where it is not examined alone: in PostgreSQL."""
    reports: list[Report] = []
    cost = _examination(made, examine_log, reports.append)
    return cost if all(report.left_out for report in reports) else None


def _told(cost: Cost, yardstick: Cost) -> dict[str, float]:
    per_cpu_second, ratio = cost.figures()["events_per_cpu_second"], cost.ratios(yardstick)["ratio_cpu"]
    return {"events_per_cpu_second": per_cpu_second, "ratio_cpu": ratio}


def _examination(made: Standing, run: Callable[[Site], Report], tell: Callable[[Report], None]) -> Cost:
    """What an examination costs, with all the processes that it starts; what it found is told."""
    before, wall = os.times(), time.perf_counter()
    report = run(made.site)
    tell(report)
    after = os.times()
    if not report.ok:
        raise XuemaiError(f"the ledger that was to be measured is bad: {report.first_bad}")
    cpu = sum(after[:4]) - sum(before[:4])
    return Cost(report.events, cpu, time.perf_counter() - wall)


def _yardstick(made: Standing) -> Cost:
    events = min(made.traffic.events, _YARDSTICK_EVENTS)
    wires = GatewayVoice(made.site, made.traffic, 0).say(events)
    batches = [wire.split(b"\n")[1:-1] for wire in wires]
    path = made.site.directory.parent / "yardstick.db"
    yardstick = Yardstick(path)
    try:
        return measured(events, lambda: deque(map(yardstick.take, batches), maxlen=0))
    finally:
        yardstick.close()
        path.unlink()


def _passport(made: Standing) -> dict[str, object]:
    """A passport of few events, made and verified several times over, the first time apart."""
    policy = parse_policy(made.site.policy_file.read_bytes())

    def export() -> bytes:
        with reading(made.site) as reader:
            return passports.export(reader, made.one, log_key=made.site.verifier("log"))

    first = measured(1, export)
    raw = export()
    verdict = verify_passport(raw, policy=policy).verdict
    return {
        "bytes": len(raw),
        "verdict": str(verdict),
        "first_made_cpu_ms": round(first.cpu_seconds * 1000, 2),
        "made_cpu_ms": _cpu_ms(export),
        "verified_cpu_ms": _cpu_ms(lambda: verify_passport(raw, policy=policy)),
    }


def _cpu_ms(run: Callable[[], object]) -> float:
    cost = measured(_PASSPORTS, lambda: [run() for _ in range(_PASSPORTS)])
    return round(cost.cpu_seconds * 1000 / _PASSPORTS, 2)
