"""The offline verifier as a command: its words, its JSON, its exit codes."""

import json
from pathlib import Path

import pytest

from ledger import verifier
from ledger.core.note import format_vkey
from ledger.core.passport import parse
from tests.support.golden import FOLDER, LOG
from tests.support.golden_map import AUDITOR

GOOD = str(FOLDER / "passport" / "good.json")
POLICY = str(FOLDER / "policy.txt")


def test_a_good_passport_exits_zero_and_says_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main([GOOD, "--policy", POLICY]) == 0
    said = capsys.readouterr().out
    assert said.endswith("verdict: warnings\n")
    assert "✓  5 log-proof" in said


def test_a_bad_passport_exits_one_and_names_the_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        verifier.main([str(FOLDER / "passport" / "event-proofs_altered-event.json"), "--policy", POLICY, "--json"]) == 1
    )
    captured = capsys.readouterr()
    assert json.loads(captured.out)["failed_step"] == "event-proofs"
    assert "failed at step event-proofs" in captured.err


def test_whom_a_person_believes_about_completeness_is_said_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complete = [str(FOLDER / "passport" / "good_complete.json"), "--policy", POLICY]
    auditor = ["--auditor", format_vkey(AUDITOR.verifier)]
    for more, code, verdict in (
        ([], 0, "warnings"),
        (["--complete"], 1, "invalid"),
        (auditor, 0, "valid"),
        ([*auditor, "--auditors-needed", "2"], 0, "warnings"),
        ([*auditor, "--map-within", "24", "--complete"], 1, "invalid"),
        ([*auditor, "--map-within", "24", "--now", "2026-03-03T02:00:00.000Z"], 0, "valid"),
        ([*auditor, "--map-within", "24", "--now", "2026-03-05T02:00:00.000Z", "--complete"], 1, "invalid"),
        ([*auditor, "--now", "yesterday"], 2, ""),
        (["--auditor", format_vkey(LOG.verifier)], 2, ""),
    ):
        assert verifier.main([*complete, *more]) == code, more
        assert capsys.readouterr().out.strip().endswith(f"verdict: {verdict}" if verdict else ""), more


def test_what_cannot_be_decided_exits_two(tmp_path: Path) -> None:
    nonsense = tmp_path / "policy.txt"
    nonsense.write_text("trust everybody\n")
    assert verifier.main([GOOD, "--policy", str(nonsense)]) == 2
    assert verifier.main([str(tmp_path / "absent.json")]) == 2
    assert verifier.main([str(FOLDER / "passport" / "undecidable_version-2.json"), "--policy", POLICY]) == 2


def test_a_printed_line_is_held_against_the_passport(capsys: pytest.CaptureFixture[str]) -> None:
    note = [str(FOLDER / "passport" / "good_consignment.json"), "--policy", POLICY]
    head = parse((FOLDER / "passport" / "good_consignment.json").read_bytes()).checkpoint.split("\n")
    line = f"xuemai:consignment:N-1 {head[0]} {head[1]} {head[2]}"
    assert verifier.main([*note, "--printed", line]) == 0
    assert "✓ 14 printed: the checkpoint that was printed" in capsys.readouterr().out
    assert verifier.main([*note, "--printed", line.replace(f" {head[1]} ", " 3 ")]) == 0
    assert "! 14 printed: printed is size 3" in capsys.readouterr().out
    assert verifier.main([*note, "--printed", line.replace(head[2], "A" * 43 + "=")]) == 1
    assert "failed at step printed: two histories" in capsys.readouterr().err
    assert verifier.main([*note, "--printed", "N-1"]) == 2
    assert verifier.main([str(FOLDER / "passport" / "undecidable_version-2.json"), "--printed", line]) == 2
