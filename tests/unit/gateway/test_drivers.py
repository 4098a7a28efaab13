"""A driver of another distribution plugs in by its entry point, and a bad one is told as what it is."""

import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from gateway import config, lines
from gateway.decode import capture_of
from gateway.drivers import Driver, driver_of, family_of, names
from gateway.ports.serial_port import SerialPort
from gateway.session import Listening, Moment
from gateway.wire.families import ByteFamily
from ledger.core.errors import ConfigError
from tests.support.acme_probe import AcmeDecoder
from tests.support.gateway_ledger import RECEIPT_VKEY

ROOT = Path(__file__).parents[3]


def install(folder: Path, name: str, *points: str) -> None:
    """A distribution as an installer leaves it: its metadata and its entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[xuemai.devices]\n" + "\n".join(points) + "\n")


@pytest.fixture
def site_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_driver_is_found_by_its_family_and_decodes(site_packages: Path) -> None:
    install(site_packages, "acme-probe", "acme_probe = tests.support.acme_probe:DRIVER")
    assert "acme_probe" in names()
    assert isinstance(driver_of("acme_probe"), Driver)
    shown = list(capture_of("acme_probe").read([b'{"text": "ACME f-7 425\\nACME f-7 DEAD\\n"}']))
    good, dead = {"type": "reading", "sensor": "f-7"}, {"type": "reading", "sensor": "f-7"}
    good |= {"celsius": 4.25, "quality": "good"}
    dead |= {"quality": "fault", "reason": "dead"}
    assert shown == [{"items": [good, dead]}]


def test_driver_runs_on_a_line_of_its_own_speed(site_packages: Path) -> None:
    install(site_packages, "acme-probe", "acme_probe = tests.support.acme_probe:DRIVER")
    (line,) = plan("probe", 'measures = "air"\nplace = "place:a"').lines
    assert isinstance(line.port, SerialPort)
    assert isinstance(line.session, Listening)
    assert line.port.settings.baud == 19200


class Asking(Listening):
    """A driver's own session."""

    asked: ClassVar[list[int]] = []

    @classmethod
    def every(cls, interval_ms: int) -> Listening:
        cls.asked.append(interval_ms)
        return cls(AcmeDecoder())


SHELF = Driver(ByteFamily(AcmeDecoder, AcmeDecoder), "reader", baud=19200, session=Asking.every)
TRAYS = Driver(ByteFamily(AcmeDecoder, AcmeDecoder), "probe", session=Asking.every)
SHELF_TABLE = 'antennas = [{antenna = 1, place = "place:a"}]'


def test_what_the_table_says_of_a_line_is_what_the_driver_gets(site_packages: Path) -> None:
    install(site_packages, "acme-probe", f"acme_probe = {__name__}:SHELF")
    (line,) = plan("reader", f"{SHELF_TABLE}\ninterval_seconds = 0.4\nbaud = 9600").lines
    assert isinstance(line.port, SerialPort)
    assert (type(line.session), Asking.asked[-1], line.port.settings.baud) == (Asking, 400, 9600)


def test_probes_that_share_a_line_are_asked_as_often_as_the_most_eager_one_wants(site_packages: Path) -> None:
    install(site_packages, "acme-probe", f"acme_probe = {__name__}:TRAYS")
    where = 'measures = "air"\nplace = "place:a"'
    other = f'[[probe]]\nname = "e"\nfamily = "acme_probe"\nport = "/dev/ttyUSB0"\ninterval_seconds = 7\n{where}'
    plan("probe", f'{where}\nsensor = "d"\n{other}\nsensor = "e"')
    assert Asking.asked[-1] == 7000


def test_driver_belongs_in_its_own_table(site_packages: Path) -> None:
    install(site_packages, "acme-probe", "acme_probe = tests.support.acme_probe:DRIVER")
    with pytest.raises(ConfigError, match=r"d\.family: expected acme_probe devices in \[\[probe\]\] tables"):
        plan("scanner", 'place = "place:a"')


def test_command_finds_an_installed_driver(tmp_path: Path) -> None:
    install(tmp_path, "acme-probe", "acme_probe = tests.support.acme_probe:DRIVER")
    code = "from gateway.cli import gateway; gateway()"
    said = subprocess.run(
        [sys.executable, "-c", code, "decode", "acme_probe"],
        input='{"text": "ACME f-7 425\\n"}\n',
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"celsius":4.25' in said.stdout


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (["acme_probe = tests.support.acme_probe:NO_DRIVER"], "to be a gateway.drivers.Driver; got str"),
        (["acme_probe = tests.support.acme_probe:MISSING"], "acme 1.0: expected it to load; AttributeError"),
        (["acme_probe = nowhere_at_all:DRIVER"], "expected it to load; ModuleNotFoundError"),
    ],
)
def test_driver_that_cannot_be_used_is_told_with_its_distribution(
    site_packages: Path, points: list[str], told: str
) -> None:
    install(site_packages, "acme", *points)
    with pytest.raises(ConfigError, match=told):
        family_of("acme_probe")


def test_two_drivers_of_one_family_are_none(site_packages: Path) -> None:
    for name in ("acme", "other"):
        install(site_packages, name, "acme_probe = tests.support.acme_probe:DRIVER")
    with pytest.raises(ConfigError, match=r"expected one distribution .* got .*acme 1.0"):
        family_of("acme_probe")


def test_family_of_the_product_cannot_be_replaced(site_packages: Path) -> None:
    before = family_of("m100_uhf")
    install(site_packages, "acme", "m100_uhf = tests.support.acme_probe:DRIVER")
    assert family_of("m100_uhf") is before
    assert driver_of("m100_uhf") is None


def plan(table: str, more: str) -> lines.Ports:
    text = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[[{table}]]
name = "d"
family = "acme_probe"
port = "/dev/ttyUSB0"
{more}
"""
    return lines.plan(config.parse(text.encode(), Path("/")), moment=lambda: Moment(0, 0.0), post=lambda _: None)
