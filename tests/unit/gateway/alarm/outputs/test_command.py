"""A program as an output: what it is given, and what its failure is called."""

import json
import time
from pathlib import Path

import pytest

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.command import CommandOutput
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import CommandSettings


def program(tmp_path: Path, body: str, *, timeout_seconds: float = 10.0) -> CommandOutput:
    path = tmp_path / "ring"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return CommandOutput(CommandSettings("ring", (str(path), "first floor"), timeout_seconds))


def test_it_is_given_the_notice_and_its_own_arguments(tmp_path: Path, notice: Notice) -> None:
    output = program(tmp_path, f'cat > "{tmp_path}/said"; echo "$1" > "{tmp_path}/where"')
    output.check()
    output.tell(notice)
    said = json.loads((tmp_path / "said").read_text())
    assert (said["phase"], said["cause"], said["text"]) == ("raised", "excursion", notice.text)
    assert (tmp_path / "where").read_text() == "first floor\n"


def test_its_exit_code_and_its_words_are_told_until_it_worked_again(tmp_path: Path, notice: Notice) -> None:
    output = program(tmp_path, f'test -e "{tmp_path}/mended" || {{ echo no such bell >&2; exit 3; }}')
    for attempt in (lambda: output.tell(notice), output.check):
        with pytest.raises(OutputFailed, match="expected exit code 0; got 3 no such bell"):
            attempt()
    (tmp_path / "mended").touch()
    output.tell(notice)
    output.check()


def test_one_that_hangs_is_ended_with_what_it_started(tmp_path: Path, notice: Notice) -> None:
    output = program(tmp_path, f'(sleep 1.5; touch "{tmp_path}/late") & sleep 30', timeout_seconds=0.3)
    begun = time.monotonic()
    with pytest.raises(OutputFailed, match=r"expected an end within 0\.3 s"):
        output.tell(notice)
    assert time.monotonic() - begun < 10
    time.sleep(1.6)
    assert not (tmp_path / "late").exists()


def test_one_that_is_not_there_is_told(tmp_path: Path, notice: Notice) -> None:
    output = CommandOutput(CommandSettings("ring", (str(tmp_path / "gone"),), 1.0))
    with pytest.raises(OutputFailed, match="expected a program at"):
        output.check()
    with pytest.raises(OutputFailed, match="expected to run"):
        output.tell(notice)
