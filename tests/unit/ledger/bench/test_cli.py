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


def test_a_ledger_that_is_kept_is_examined_and_asked_again(tmp_path: Path) -> None:
    kept = [*("--events", "400", "--batch", "64"), "--site", str(tmp_path / "kept"), "--json"]
    first = CliRunner().invoke(bench, ["verify", *kept])
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["events"] > 400
    assert told["passport"]["verdict"] == "warnings"
    assert told["passport"]["bytes"] < 25_000
    again = CliRunner().invoke(bench, ["verify", *kept])
    assert json.loads(again.stdout)["events"] == told["events"]
    other = CliRunner().invoke(bench, ["verify", *kept[:1], "401", *kept[2:]])
    assert other.exit_code == 1
    assert "choose another folder" in other.stderr


def test_a_proof_is_told_singly_at_once_and_verified() -> None:
    ran = CliRunner().invoke(bench, ["proof", "--leaves", "1000", "--json"])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert told["hashes_a_proof"] == 10
    assert told["single"]["events_per_cpu_second"] > 0
    assert told["verified"]["events_per_cpu_second"] > 0
