"""`xuemai gateway import-logger`, into a real outbox."""

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from firmware_mocks.clock import write_clock
from gateway import config, runner
from gateway.cli import gateway
from gateway.loggers.commands import hanging
from ledger.core.errors import ConfigError
from ledger.core.ids import parse_instant
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

FILE = Path(__file__).parents[3] / "vectors" / "loggers" / "fridge-tag-2.txt"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    key = tmp_path / "keys/gateway.key"
    key.parent.mkdir()
    key.touch(0o600)
    key.write_text(bytes([8] * 32).hex() + "\n")
    (tmp_path / "gateway.toml").write_text(
        f'[gateway]\nname = "gw-centre"\norigin = "{ORIGIN}"\n'
        f'[uplink]\nurl = "http://127.0.0.1"\nreceipt_key = "{RECEIPT_VKEY}"\n'
        '[clock]\nsource = "simulated"\npath = "clock"\n'
    )
    write_clock(tmp_path / "clock", parse_instant("2022-03-28T01:00:00.000Z"))
    return tmp_path


def imported(site: Path, file: Path = FILE) -> Result:
    options = ["--place", "place:centre/fridge-1", "--measures", "air", "--utc-offset", "+08:00", "--site", str(site)]
    return CliRunner().invoke(gateway, ["import-logger", str(file), *options])


def sealed(site: Path) -> list[dict[str, object]]:
    settings = config.load(site)
    with runner.outbox_of(site, settings, runner.clock_of(settings.clock)) as outbox:
        batch = outbox.next_batch()
    return [] if batch is None else [msgspec.json.decode(body) for body in batch.wire.splitlines()[1:]]


def test_file_is_taken_once(site: Path) -> None:
    said = imported(site)
    assert (said.exit_code, said.output) == (0, "2 days taken, 0 known before, 3 events\n")
    assert imported(site).output == "0 days taken, 2 known before, 0 events\n"
    (alarm,) = sealed(site)
    assert (alarm["kind"], alarm["clock"]) == ("excursion", "unsynchronised")


def test_file_without_its_signature_is_refused_and_nothing_is_kept(site: Path, tmp_path: Path) -> None:
    unsigned = tmp_path / "unsigned.txt"
    unsigned.write_bytes(FILE.read_bytes().partition(b"Cert:")[0])
    said = imported(site, unsigned)
    assert said.exit_code == 1
    assert "expected the maker's signature" in said.output
    assert sealed(site) == []


@pytest.mark.parametrize(
    ("place", "offset"), [("fridge", "+08:00"), ("place:a", "8"), ("place:a", "+15:00"), ("place:a", "")]
)
def test_place_and_zone_have_to_be_some(place: str, offset: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        hanging("gw", place, "air", offset)
