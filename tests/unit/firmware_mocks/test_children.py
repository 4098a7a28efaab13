"""Child processes: their own logs, their own pids, and an end that is asked for once."""

import sys
from pathlib import Path

import pytest

from firmware_mocks.children import Child, ChildError, Device

PATIENT = (
    "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    "print('up', flush=True)\ntime.sleep(60)\n"
)
STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
ECHO = (
    "import json,sys\nprint(json.dumps({'ready': True}), flush=True)\n"
    "for line in sys.stdin:\n"
    "    said = json.loads(line)\n"
    "    good = said['cmd'] == 'field'\n"
    "    print(json.dumps({'ok': True, 'tags': said['tags']} if good else {'error': 'unknown command'}), flush=True)\n"
)


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def wait_for_up(log: Path) -> None:
    while "up" not in log.read_text():
        pass


def test_a_child_writes_to_its_log_and_ends_when_asked(tmp_path: Path) -> None:
    child = Child("gw", python(PATIENT), log=tmp_path / "logs" / "gw.log")
    wait_for_up(child.log)
    child.check_alive()
    child.ask_to_stop()
    assert child.stop() == 0


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    child = Child("stubborn", python(STUBBORN), log=tmp_path / "log")
    wait_for_up(child.log)
    assert child.stop(patience_seconds=0.2) == -9


def test_a_child_that_ended_by_itself_is_told_with_its_log(tmp_path: Path) -> None:
    child = Child("gw", python("raise SystemExit(3)"), log=tmp_path / "gw.log")
    child.running.wait(10)
    with pytest.raises(ChildError, match=r"gw ended with exit code 3; its log is .*gw\.log"):
        child.check_alive()


def test_a_device_answers_and_refuses(tmp_path: Path) -> None:
    device = Device("reader", python(ECHO), log=tmp_path / "log")
    device.wait_until_ready()
    assert device.ask("field", tags=[]) == {"ok": True, "tags": []}
    with pytest.raises(ChildError, match="reader refused fly: unknown command"):
        device.ask("fly")
    device.stop()


def test_a_device_that_ends_before_it_is_ready_is_told(tmp_path: Path) -> None:
    device = Device("reader", python("raise SystemExit(4)"), log=tmp_path / "log")
    with pytest.raises(ChildError, match="reader ended with 4"):
        device.wait_until_ready()
    device.stop()
