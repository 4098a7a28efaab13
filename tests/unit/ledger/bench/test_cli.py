"""The command tells what it measured, to a person or to a program."""

import json
from pathlib import Path

from click.testing import CliRunner

from ledger.bench.cli import bench

SMALL = ["ingest", "--in-process", "--events", "600", "--batch", "64"]


def test_one_object_for_a_program_and_nothing_left_behind(tmp_path: Path) -> None:
    ran = CliRunner().invoke(bench, [*SMALL, "--workers", "3", "--json", "--dir", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert (told["events"], told["workers"], told["units"]) == (600, 3, 200)
    assert told["events_per_cpu_second"] > 0
    assert list(tmp_path.iterdir()) == []


def test_lines_for_a_person(tmp_path: Path) -> None:
    ran = CliRunner().invoke(bench, [*SMALL, "--dir", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    assert "ratio_cpu" in ran.stdout
    assert "\n    events 600, events_per_cpu_second" in ran.stdout
