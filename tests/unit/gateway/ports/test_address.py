"""Where a device is now, by what its plug says of itself: a tree as the kernel shows it under /sys."""

from pathlib import Path

import pytest

from gateway.ports import address
from gateway.ports.address import Plug


@pytest.fixture
def sysfs(tmp_path: Path) -> Path:
    return tmp_path / "sys"


def plug_in(sysfs: Path, terminal: str, at: str, plug: tuple[str, str, str]) -> None:
    """A serial adapter as the kernel shows it: the port, its interface, and above them the plug's own folder."""
    folder = sysfs / "devices" / "pci" / "usb1" / at
    port = folder / f"{at}:1.0" / terminal
    port.mkdir(parents=True)
    for name, text in zip(("idVendor", "idProduct", "serial"), plug, strict=True):
        if text:
            (folder / name).write_text(f"{text}\n")
    (sysfs / "tty" / terminal).mkdir(parents=True, exist_ok=True)
    (sysfs / "tty" / terminal / "device").symlink_to(port)


def locate(sysfs: Path, port: str) -> str:
    return address.locate(port, sysfs / "tty", Path("/dev"))


def test_a_device_is_found_by_its_plug_under_whatever_number(sysfs: Path) -> None:
    plug_in(sysfs, "ttyUSB0", "1-1", ("0403", "6001", "A50285BI"))
    plug_in(sysfs, "ttyUSB1", "1-2", ("0403", "6001", "A50285BJ"))
    assert locate(sysfs, "usb:0403:6001:A50285BI") == "/dev/ttyUSB0"
    assert locate(sysfs, "usb:0403:6001:A50285BJ") == "/dev/ttyUSB1"
    for terminal in ("ttyUSB0", "ttyUSB1"):
        (sysfs / "tty" / terminal / "device").unlink()
    plug_in(sysfs, "ttyUSB0", "1-3", ("0403", "6001", "A50285BJ"))
    assert locate(sysfs, "usb:0403:6001:A50285BJ") == "/dev/ttyUSB0"
    with pytest.raises(FileNotFoundError, match="none is plugged in"):
        locate(sysfs, "usb:0403:6001:A50285BI")


def test_two_that_nothing_tells_apart_are_refused(sysfs: Path) -> None:
    plug_in(sysfs, "ttyUSB0", "1-1", ("1a86", "7523", ""))
    assert locate(sysfs, "usb:1A86:7523") == "/dev/ttyUSB0"
    plug_in(sysfs, "ttyUSB1", "1-2", ("1a86", "7523", ""))
    with pytest.raises(OSError, match="ttyUSB0, ttyUSB1: add its serial number"):
        locate(sysfs, "usb:1A86:7523")


def test_a_terminal_without_a_plug_is_none(sysfs: Path) -> None:
    (sysfs / "devices" / "platform" / "serial8250").mkdir(parents=True)
    (sysfs / "tty" / "ttyS0").mkdir(parents=True)
    (sysfs / "tty" / "ttyS0" / "device").symlink_to(sysfs / "devices" / "platform" / "serial8250")
    plug_in(sysfs, "ttyACM0", "1-4", ("0C2E", "0BE1", "20288B0C45"))
    assert address.plugs(sysfs / "tty") == {"ttyACM0": Plug("0c2e", "0be1", "20288B0C45")}
    assert address.plugs(sysfs / "nowhere") == {}


def test_a_path_is_taken_as_it_is(sysfs: Path) -> None:
    assert locate(sysfs, "/dev/serial/by-id/usb-M100") == "/dev/serial/by-id/usb-M100"


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/ttyACM1", "/dev/ttyS0", "/dev/ttyAMA10"])
def test_a_running_number_is_warned_about(port: str) -> None:
    assert f"{port} is numbered in the order of plugging" in address.warning(port)


@pytest.mark.parametrize(
    "port", ["/dev/serial/by-id/usb-FTDI-if00-port0", "usb:0403:6001:A5", "/dev/serial0", "tcp://a"]
)
def test_a_name_that_stays_is_not(port: str) -> None:
    assert address.warning(port) == ""
