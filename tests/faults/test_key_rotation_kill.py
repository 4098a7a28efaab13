"""The process dies between the steps of a key's rotation: the site starts, and the log says which key counts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.note import format_vkey
from ledger.fsck import examine
from tests.support.log_checker import check_log
from tests.support.producers import StoryClock, claim, site_in

UNIT = "unit:A999926123456.E0382V00"
PERSON = "person:" + "d" * 32
ROTATE = """
import os, sys
from pathlib import Path
from ledger import rotation
from ledger.append import Ledger
from ledger.config import load
from ledger.store.ownkeys import OwnKeys
from tests.support.producers import StoryClock

directory, name, moment = sys.argv[1:]

def dies(*_arguments):
    os._exit(9)

ledger = Ledger(load(Path(directory)), StoryClock())
if moment == "staged":
    ledger.declare = dies
elif moment == "committed":
    OwnKeys.settle = dies
elif moment == "moved":
    OwnKeys._write_policy = dies
act = {
    "web": lambda: rotation.rotate_own_key(ledger, "web"),
    "site": lambda: rotation.rotate_own_key(ledger, "site"),
    "log": lambda: rotation.add_log_key(ledger, "checkpoint"),
    "log-retired": lambda: rotation.retire_log_key(ledger, "checkpoint"),
    "receipt": lambda: rotation.add_log_key(ledger, "receipt"),
}[name]
act()
"""


MOMENTS = [
    *(("web", moment) for moment in ("staged", "committed")),
    ("site", "committed"),
    *(("log", moment) for moment in ("staged", "committed", "moved")),
    *(("log-retired", moment) for moment in ("committed", "moved")),
    ("receipt", "committed"),
]
"""Which key, and how far its rotation came: its file is staged; the log has it; the files have followed."""


@pytest.mark.parametrize(("name", "moment"), MOMENTS)
def test_a_rotation_that_is_cut_off_leaves_a_site_that_starts_and_can_rotate(
    tmp_path: Path, name: str, moment: str
) -> None:
    site = site_in(tmp_path / "site")
    if name == "log-retired":
        with Ledger(site, StoryClock()) as ledger:
            assert not isinstance(rotation.add_log_key(ledger, "checkpoint"), Refused)
    ended = subprocess.run(
        [sys.executable, "-c", ROTATE, str(site.directory), name, moment],
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert ended.returncode == 9
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:fridge"}))
        for own in ("web", "site"):
            assert not isinstance(rotation.rotate_own_key(ledger, "web" if own == "web" else "site"), Refused)
        if len(site.verifiers("log")) == 1 or moment == "staged":
            rotation.add_log_key(ledger, "checkpoint")
    report = examine(site)
    assert report.ok, report.first_bad
    if name != "log-retired":  # there the first checkpoints are under a key that is gone
        check_log(site.ledger_db, log_key=format_vkey(site.verifier("log")))
