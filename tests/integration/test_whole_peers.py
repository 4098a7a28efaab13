"""Other packages take the ledger's events as processes of their own; one that is not installed is named."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.__main__ import PEERS, taken_by

OWN = Path(sys.prefix)
"""The project's own environment: SQLAlchemy is in it, the other peers are not."""
BODIES = [
    b'{"device":"device:gw/shelf","n":%d,"tag":"tag:E280","time":"2026-01-01T00:00:00.000Z"}' % n for n in range(600)
]


def asked(venv: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.peers", "--venv", str(venv), "--events", "600"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_the_audit_table_is_measured_beside_the_ledger_and_what_is_not_installed_is_named() -> None:
    ran = asked(OWN)
    assert ran.stderr == ""
    told = json.loads(ran.stdout)
    assert set(told["took"]) == {"ledger", "yardstick", "audit table"}
    for took in told["took"].values():
        assert took["events_per_cpu_second"] > 0
    table, yardstick = told["took"]["audit table"], told["took"]["yardstick"]
    ratio = table["events_per_cpu_second"] / yardstick["events_per_cpu_second"]
    assert abs(table["ratio_cpu"] - ratio) < 0.01
    assert told["missing"] == {
        "eventsourcing": f"{OWN}/bin/pip install eventsourcing",
        "pymerkle": f"{OWN}/bin/pip install pymerkle",
    }


def test_the_audit_table_keeps_the_very_bytes(tmp_path: Path) -> None:
    (tmp_path / "bodies").write_bytes(b"".join(body + b"\n" for body in BODIES))
    cost = taken_by(PEERS["audit table"], OWN, tmp_path, len(BODIES))
    assert cost is not None
    assert cost.cpu_seconds > 0
    kept = sqlite3.connect(tmp_path / "audit_table.db")
    try:
        assert [body for (body,) in kept.execute("SELECT body FROM audit ORDER BY id")] == BODIES
    finally:
        kept.close()


def test_a_peer_that_lost_events_has_no_figure(tmp_path: Path) -> None:
    (tmp_path / "bodies").write_bytes(b"".join(body + b"\n" for body in BODIES[1:]))
    with pytest.raises(SystemExit, match=r"sqlalchemy: expected 600 events .*'stored': 599"):
        taken_by(PEERS["audit table"], OWN, tmp_path, len(BODIES))


def test_a_folder_that_is_no_environment_is_refused_with_what_to_install(tmp_path: Path) -> None:
    ran = asked(tmp_path)
    assert ran.returncode == 2
    assert f"no bin/python in {tmp_path}" in ran.stderr
    assert "install sqlalchemy eventsourcing pymerkle" in " ".join(ran.stderr.split())
