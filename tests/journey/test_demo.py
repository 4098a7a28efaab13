"""The whole product at work: thirty days from vein to patient, over real processes, ports, pages and sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(720)]
ROOT = Path(__file__).parents[2]
MOST_SECONDS = 660
SOME_STEPS = 30
"""Some days in, with broker and ledger at work."""
_FIGURES = {
    "ok", "site", "units", "events", "batches", "log_size", "readings", "excursions", "passport", "passport_verdict",
    "fsck", "gateway_outbox_left", "seconds", "checks", "states", "cover_tenths_of_days", "closure_per_mille",
    "late_readings",
}  # fmt: skip


def demo(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "firmware_mocks.demo", *arguments]


def test_thirty_days_from_vein_to_patient_hold(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = subprocess.run(
        demo("--check", "--dir", str(site)), cwd=ROOT, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
    )
    said = json.loads(done.stdout.splitlines()[-1])
    failed = {name: check["detail"] for name, check in said["checks"].items() if not check["ok"]}
    assert failed == {}, done.stderr[-3000:]
    assert (done.returncode, said["ok"]) == (0, True)
    assert set(said) >= _FIGURES
    assert (said["units"], said["excursions"], said["gateway_outbox_left"], said["fsck"]) == (267, 1, 0, "ok")
    assert said["passport_verdict"] in {"valid", "warnings"}
    assert Path(said["site"]) == site
    assert (site / "demo-accounts.txt").stat().st_mode & 0o777 == 0o600


def test_a_stopped_demo_leaves_nobody_behind(tmp_path: Path) -> None:
    site = tmp_path / "site"
    with (tmp_path / "stderr").open("w") as stderr:
        running = subprocess.Popen(demo("--check", "--dir", str(site)), cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr)
        played = site / "demo-state.json"
        give_up_at = time.monotonic() + 180
        while steps_of(played) < SOME_STEPS and time.monotonic() < give_up_at:
            time.sleep(0.1)
        assert steps_of(played) >= SOME_STEPS
        assert processes_of(site)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=90)
    assert running.returncode == 1, "a check that was stopped does not hold"
    assert processes_of(site) == []


def steps_of(played: Path) -> int:
    """How many steps of the script a demo has played; 0 before it has said so."""
    return int(json.loads(played.read_bytes())["steps"]) if played.exists() else 0


def processes_of(site: Path) -> list[str]:
    """The command lines of running processes that name the site's folder, this test's own aside."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(site) in line and "firmware_mocks.demo" not in line:
            found.append(line)
    return found
