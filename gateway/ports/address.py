"""Where a serial device is: by its path, or by what its USB plug says of itself.

    port = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
    port = "usb:0403:6001:A50285BI"          vendor, product and serial number, as `lsusb -v` shows them
    port = "usb:0403:6001"                   without a number, where only one such device is plugged in

A name with a running number (`/dev/ttyUSB0`) follows the order of plugging: two swapped readers would be two swapped
fridges. It is taken, with a warning. Decides which name a device has now; opening it is the port's.
"""

import re
from dataclasses import dataclass
from pathlib import Path

USB = "usb:"
_TTY_CLASS = Path("/sys/class/tty")
_DEV = Path("/dev")
_NUMBERED = re.compile(r"/dev/(?:tty(?:USB|ACM|S|AMA)|cu\.)[^/]*\Z")
_USB = re.compile(r"usb:([0-9a-fA-F]{4}):([0-9a-fA-F]{4})(?::(.+))?\Z")
_DEPTH = 8
"""A serial port lies two to four levels below its plug (interface, function, port)."""


@dataclass(frozen=True, slots=True)
class Plug:
    """What a USB plug says of itself: vendor and product as four lower-case hex digits, and its serial number."""

    vendor: str
    product: str
    number: str


def is_address(text: str) -> bool:
    """Whether this is a way to write an address that is no path: it must then be right."""
    return _USB.match(text) is not None


def warning(port: str) -> str:
    """What is wrong with the way in which a port was written; empty if nothing is."""
    if _NUMBERED.match(port):
        return (
            f"{port} is numbered in the order of plugging, and may be another device tomorrow: use its name below "
            "/dev/serial/by-id, or usb:VENDOR:PRODUCT:NUMBER"
        )
    return ""


def locate(port: str, tty_class: Path = _TTY_CLASS, dev: Path = _DEV) -> str:
    """The path to open now.

    Raises:
        FileNotFoundError: nothing of the kind is plugged in.
        OSError: several such devices are, and nothing tells them apart.
    """
    asked = _USB.match(port)
    if asked is None:
        return port
    vendor, product, number = asked.group(1).lower(), asked.group(2).lower(), asked.group(3)
    found = [
        name
        for name, plug in plugs(tty_class).items()
        if (plug.vendor, plug.product) == (vendor, product) and number in {None, plug.number}
    ]
    if not found:
        raise FileNotFoundError(f"expected a device {port}; none is plugged in")
    if len(found) > 1:
        raise OSError(f"expected one device {port}; got {', '.join(found)}: add its serial number, or use by-path")
    return str(dev / found[0])


def plugs(tty_class: Path = _TTY_CLASS) -> dict[str, Plug]:
    """What is plugged in: the terminal's name (`ttyUSB0`) and what its plug says of itself."""
    found = {}
    for each in sorted(tty_class.glob("*/device")) if tty_class.is_dir() else ():
        plug = _plug_above(each.resolve())
        if plug is not None:
            found[each.parent.name] = plug
    return found


def _plug_above(device: Path) -> Plug | None:
    for folder in (device, *device.parents[:_DEPTH]):
        vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
        if vendor and product:
            return Plug(vendor.lower(), product.lower(), _text(folder / "serial"))
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""
