"""`xuemai gateway`: what a person at a terminal sees."""

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from gateway import status as statuses
from gateway.cli import gateway
from gateway.device import DeviceStatus
from gateway.outbox import StreamState
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

TOLD = statuses.Status(
    gateway="gw-centre",
    time="2026-03-02T12:00:00.000Z",
    clock="synchronised",
    process=4,
    devices=[DeviceStatus("fridge-1", "device:gw-centre/fridge-1", "fault", "unplugged", None, {"tagread": 3})],
    streams={"gw-centre/1/c": StreamState(9, 0, 2, 6, 14, None)},
    ledger="unreachable",
    alarms=["uplink: no answer"],
)


def test_the_status_is_text_for_people_and_json_for_programs(tmp_path: Path) -> None:
    statuses.write(tmp_path, TOLD)
    assert statuses.read(tmp_path) == TOLD
    said = CliRunner().invoke(gateway, ["status", "--site", str(tmp_path)])
    assert said.exit_code == 0
    assert "! uplink: no answer" in said.output
    assert "fridge-1" in said.output
    assert "waiting 2 batches" in said.output
    as_json = CliRunner().invoke(gateway, ["status", "--json"], env={"XUEMAI_SITE": str(tmp_path)})
    assert json.loads(as_json.output)["streams"]["gw-centre/1/c"]["acknowledged_seq"] == 6


def test_no_status_says_where_it_was_looked_for_and_exits_1(tmp_path: Path) -> None:
    said = CliRunner().invoke(gateway, ["status", "--site", str(tmp_path)])
    assert said.exit_code == 1
    assert "is the gateway running?" in said.output


def test_a_gateway_without_configuration_says_so_and_exits_1(tmp_path: Path) -> None:
    said = CliRunner().invoke(gateway, ["run", "--site", str(tmp_path)])
    assert said.exit_code == 1
    assert "gateway.toml" in said.output


AS_SOMEBODY_ELSE = """
import os, sys
import gateway.doctor.examination
from gateway.cli import gateway as command
if os.geteuid() == 0:
    os.seteuid(65534)
command(sys.argv[1:])
"""


def said_to_somebody_else(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command says to who may not look into the folder; root may look into all of them, so it is nobody."""
    folder.chmod(0o000)
    command = [sys.executable, "-c", AS_SOMEBODY_ELSE, *arguments, "--site", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        folder.chmod(0o700)


def test_the_doctor_tells_who_may_not_look_into_the_folder(tmp_path: Path) -> None:
    said = said_to_somebody_else(tmp_path, "doctor", "--no-ask", "--port", "/dev/null")
    assert said.returncode == 1
    assert "Permission denied" in said.stdout
    assert "Traceback" not in said.stderr


def test_the_doctor_looks_at_the_machine_before_there_is_a_folder(tmp_path: Path) -> None:
    told = CliRunner().invoke(gateway, ["doctor", "--no-ask", "--json", "--site", str(tmp_path / "var" / "gateway")])
    names = [each["name"] for each in json.loads(told.output)["findings"]]
    assert {"config-none", "disk-good"} <= {*names}


def test_a_key_that_cannot_be_written_is_told_in_words(tmp_path: Path) -> None:
    toml = f'[gateway]\nname = "gw"\norigin = "{ORIGIN}"\n[uplink]\nurl = "http://127.0.0.1:9"\n'
    (tmp_path / "gateway.toml").write_text(f'{toml}receipt_key = "{RECEIPT_VKEY}"\n')
    (tmp_path / "keys").write_text("a file where a folder should be")
    said = CliRunner().invoke(gateway, ["enroll", "--site", str(tmp_path)])
    assert said.exit_code == 1
    assert said.output.startswith(f"Error: {tmp_path / 'keys'}: ")


def test_captured_bytes_become_json_lines() -> None:
    said = CliRunner().invoke(gateway, ["decode", "barcode_isbt128"], input='{"text": "=A99992612345600\\r"}\n')
    assert said.exit_code == 0
    assert json.loads(said.output)["items"][0]["structures"] == ["001"]
    assert CliRunner().invoke(gateway, ["decode", "telepathy"], input="").exit_code == 1


def test_decode_says_that_its_standard_input_is_closed() -> None:
    code = "import sys; sys.stdin = None; from gateway.cli import gateway; gateway(['decode', 'm100_uhf'])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.splitlines()[-1].endswith("standard input is closed: name a file, or write lines into a pipe")


def test_capture_with_a_broken_line_is_read_to_its_end_and_fails() -> None:
    said = CliRunner().invoke(
        gateway, ["decode", "barcode_isbt128"], input='{"text"\n{"text": "=A99992612345600\\r"}\n'
    )
    assert said.exit_code == 1
    assert [json.loads(line)["items"][0]["type"] for line in said.stdout.splitlines()] == ["noise", "label"]
    assert said.stderr.startswith("Error: line 1: ")


def test_the_gateway_loads_no_web_framework_and_no_database_library() -> None:
    code = "import sys, gateway.runner, gateway.cli; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "urllib3" in loaded
    roots = {name.partition(".")[0] for name in loaded}
    assert roots.isdisjoint({"flask", "sqlalchemy", "werkzeug", "jinja2", "web", "firmware_mocks"})
    assert {name for name in loaded if name.startswith("ledger.")} <= {
        name for name in loaded if name.startswith("ledger.core")
    }


def test_who_enrols_a_gateway_is_told_to_compare_in_both_languages(tmp_path: Path) -> None:
    uplink = f'[uplink]\nurl = "http://127.0.0.1:9"\nreceipt_key = "{RECEIPT_VKEY}"\n'
    (tmp_path / "gateway.toml").write_text(f'[gateway]\nname = "gw"\norigin = "{ORIGIN}"\n{uplink}')
    said = CliRunner().invoke(gateway, ["enroll", "--site", str(tmp_path)])
    assert said.exit_code == 0
    key = json.loads(said.stdout)["key"].removeprefix("key:")
    assert f"fingerprint {' '.join(key[at : at + 8] for at in range(0, 64, 8))}\n" in said.stderr, "as the page has it"
    assert "by\ntelephone or in person" in said.stderr
    assert "通过电话或当面" in said.stderr
    assert json.loads(said.stdout)["gateway"] == "gw", "stdout is what is pasted, and nothing else"
