"""Where time comes from: three modules read a clock, a few named ones count real seconds, everybody else is told.

Clock time (what an event says) and real seconds (time-outs on wires) are two things. The first has one door a program;
the second may be counted where real I/O is waited for.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture import tree

CLOCKS = {"gateway.clock", "ledger.clock", "firmware_mocks.clock"}
READS_A_CLOCK = {
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
}
COUNTS_SECONDS = {
    *("time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"),
    *("time.process_time", "time.sleep"),
}
# Real seconds, and why: every other module takes a clock as an argument.
MAY_COUNT_SECONDS = {
    "firmware_mocks": "devices on real lines, and a stage that starts real processes and waits for them",
    "gateway.alarm": "waits for a modem's answer, and for the running gateway to take charge",
    "gateway.doctor": "waits for what answers on a line",
    "ledger.api.edge": "measures how long an answer takes, for /metrics",
    "ledger.bench": "measures what the ledger costs, and waits for a real server",
}


def named(node: ast.expr, imported: dict[str, str]) -> str:
    """The dotted name that an expression means, through every form of import; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return imported.get(name, name)
        case ast.Attribute(value=value, attr=name):
            return f"{named(value, imported)}.{name}"
        case _:
            return ""


def imported_names(module: ast.Module) -> dict[str, str]:
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def reads(module: ast.Module, wanted: Iterable[str]) -> list[str]:
    """Every mention of one of the wanted functions in a module, called or passed on, as `line: name`."""
    imported, found = imported_names(module), []
    for node in ast.walk(module):
        if isinstance(node, ast.Name | ast.Attribute):
            name = ".".join(named(node, imported).split(".")[-2:])
            if name in wanted:
                found.append(f"{node.lineno}: {name}")
    return found


def may_count_seconds(module: str) -> bool:
    """Whether a module, or the package that it is in, has leave."""
    return any(module == name or module.startswith(f"{name}.") for name in MAY_COUNT_SECONDS)


def strays(root: Path) -> list[str]:
    """Every module that reads a clock or counts seconds without leave."""
    found = []
    for source in tree.sources(root):
        if source.module in CLOCKS:
            continue
        wanted = READS_A_CLOCK if may_count_seconds(source.module) else READS_A_CLOCK | COUNTS_SECONDS
        found += [f"{source.module}:{read}" for read in reads(source.tree, wanted)]
    return found


def test_only_the_clocks_read_a_clock() -> None:
    assert strays(tree.ROOT) == []


def test_every_leave_to_count_seconds_is_used() -> None:
    counting = {source.module for source in tree.sources() if reads(source.tree, COUNTS_SECONDS)}
    unused = [name for name in MAY_COUNT_SECONDS if not any(f"{module}.".startswith(f"{name}.") for module in counting)]
    assert unused == []


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import time\nNOW = time.time()", "2: time.time"),
        ("import time as t\nNOW = t.time_ns()", "2: time.time_ns"),
        ("from time import monotonic as seconds\nnow = seconds", "2: time.monotonic"),
        ("from datetime import datetime\nnow = datetime.now", "2: datetime.now"),
        ("import datetime as d\nnow = d.datetime.utcnow()", "2: datetime.utcnow"),
        ("import datetime\nday = datetime.date.today()", "2: date.today"),
    ],
)
def test_a_clock_read_elsewhere_is_seen(code: str, name: str, tmp_path: Path) -> None:
    for package in tree.PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "gateway" / "planted.py").write_text(code, "utf-8")
    assert strays(tmp_path) == [f"gateway.planted:{name}"]
