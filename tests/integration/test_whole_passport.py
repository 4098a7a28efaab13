"""A passport from a running site, verified by a hospital that trusts the site's policy file and nothing else."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import sites
from tests.support.processes import device, ending, wait_for, xuemai

UNIT = "unit:A999926123456.A0002V00"
EPC = "E280A9990000000000000001"
DEVICES = """
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.2
"""


@pytest.fixture(scope="module")
def passport(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The passport of a unit whose tag a real gateway saw, as the server gave it, and the policy. No site is left."""
    folder = tmp_path_factory.mktemp("passport")
    whole = sites.make(folder, DEVICES, units={UNIT: [EPC]})
    link = str(whole.gateway_folder / "m100")
    with device("m100_uhf", "--link", link, log=folder / "m100.log") as reader, ending(whole.gateway, whole.server):
        whole.server.start_and_wait()
        whole.gateway.start()
        reader.ask("field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
        wait_for(
            lambda: "tag_arrived" in kinds_of(whole.json(f"/v1/units/{UNIT}/events")), "the arrival", whole.gateway
        )
        file, policy = folder / "passport.json", folder / "policy.txt"
        file.write_bytes(whole.get(f"/v1/units/{UNIT}/passport").body)
        shutil.copy(whole.site.policy_file, policy)
        assert (whole.gateway.stop(), whole.server.stop()) == (0, 0)
    shutil.rmtree(whole.site.directory)
    return file, policy


def kinds_of(answer: dict[str, Any]) -> set[str]:
    return {line["kind"] for line in answer["events"]}


def verify(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        xuemai("passport", "verify", str(file), *options), check=False, capture_output=True, text=True, cwd=file.parent
    )


def test_the_passport_verifies_far_from_the_site(passport: tuple[Path, Path]) -> None:
    file, policy = passport
    verified = verify(file, "--policy", str(policy))
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_passport_holds_what_the_page_showed_when_it_was_asked_for(passport: tuple[Path, Path]) -> None:
    carried = json.loads(passport[0].read_text("utf-8"))["batches"]
    assert "tag_arrived" in {json.loads(event)["kind"] for batch in carried for event in batch["events"]}


def test_a_passport_whose_event_was_altered_is_invalid(passport: tuple[Path, Path], tmp_path: Path) -> None:
    file, policy = passport
    text = file.read_text("utf-8")
    assert "fridge-1" in text
    altered = tmp_path / "altered.json"
    altered.write_text(text.replace("fridge-1", "fridge-2"), "utf-8")
    assert verify(altered, "--policy", str(policy)).returncode == 1


def test_a_file_that_is_no_passport_is_not_decidable(passport: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"format": "another/v1"}), "utf-8")
    assert verify(other, "--policy", str(passport[1])).returncode in {1, 2}
