"""DS18B20 probes behind a small board that prints text on a serial port, 115200 8N1.

    python -m firmware_mocks.ds18b20_text --link /tmp/by-id/usb-probe --zone 1=fridge [--every 60] [--format w1|lines]

`--format w1` prints the two lines of the Linux w1_slave file for one probe: the nine scratchpad bytes, with their CRC8
(polynomial 31 reflected), and `t=` in thousandths. `--format lines` prints `ROM value` with two decimals for any
number of probes. Byte 6 of a genuine probe is 10 hex minus the low four bits of the temperature, but 0C after power-on.

Faults: those of a serial line (`checksum` only with w1: a bit flips and the line says NO), those of a reading,
`power_on`, `minus_127`, `nan` (lines only). A replug powers the probes: the next reading of each is 85 degrees.
"""

import random
import struct
from typing import NamedTuple

from firmware_mocks.clock import Pace
from firmware_mocks.control import Request, Setting, common_options, run, serial_options, setting
from firmware_mocks.faults import LINE_FAULTS, READING_FAULTS, FaultyLine
from firmware_mocks.links import PtyLink
from firmware_mocks.zones import Truth, Zone, Zones

FAULTS = {
    **LINE_FAULTS,
    **READING_FAULTS,
    "power_on": "85 degrees with byte 6 = 0C: the probe lost its power since the last reading",
    "minus_127": "no probe: an all-one scratchpad with a wrong CRC (w1), or -127.00 (lines)",
    "nan": "the board prints nan (lines only)",
}

_TH, _TL, _CONFIGURATION, _RESERVED_5, _RESERVED_7 = 0x4B, 0x46, 0x7F, 0xFF, 0x10
_POWER_ON_CELSIUS = 85.0
_POWER_ON_BYTE_6 = 0x0C
_FLOOR_SECONDS = 0.02
_ROM_OCTETS = 8
_FAMILY = 0x28


class Shown(NamedTuple):
    """One reading as text: the bytes, the hundredths of a degree that they carry, and the fault of the value."""

    octets: bytes
    centi_celsius: int | None
    fault: str | None


def crc8(octets: bytes) -> int:
    """The 1-Wire CRC: polynomial 31 reflected, start 0."""
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
    return crc


def scratchpad(celsius: float, *, byte_6: int | None = None) -> bytes:
    """The nine bytes of a genuine probe at 12 bits."""
    raw = struct.pack("<h", round(celsius * 16))
    count_remain = 0x10 - (raw[0] & 0x0F) if byte_6 is None else byte_6
    eight = raw + bytes([_TH, _TL, _CONFIGURATION, _RESERVED_5, count_remain, _RESERVED_7])
    return eight + bytes([crc8(eight)])


def w1_slave(nine: bytes) -> bytes:
    """The two lines that Linux shows for a scratchpad, with `YES` only if its CRC fits."""
    pad = nine.hex(" ")
    crc = crc8(nine[:8])
    verdict = "YES" if crc == nine[8] else "NO"
    (raw,) = struct.unpack_from("<h", nine)
    # The kernel divides as C does, towards zero: FFFF is -62, not -63.
    thousandths = int(raw * 1000 / 16)
    return f"{pad} : crc={crc:02x} {verdict}\n{pad} t={thousandths}\n".encode("ascii")


def rom_of(zone: Zone) -> str:
    """The probe's 64-bit ROM code in hex: family 28, six bytes, CRC8; made from the seed where none is given.

    Raises:
        ValueError: a given ROM code that is not eight bytes of hex.
    """
    if zone.rom:
        rom = bytes.fromhex(zone.rom)
        if len(rom) != _ROM_OCTETS:
            raise ValueError(f"zone {zone.name}: a ROM code has 8 bytes, got {zone.rom}")
        return zone.rom.upper()
    seven = bytes([_FAMILY]) + random.Random(f"{zone.seed}:{zone.name}:rom").randbytes(6)
    return (seven + bytes([crc8(seven)])).hex().upper()


class Board:
    """The board that asks the probes and prints."""

    def __init__(self, link: PtyLink, common: Setting, zones: Zones, *, every_seconds: float, style: str) -> None:
        """A board that was just plugged in; its probes have measured already."""
        self._link, self._plan, self._zones = link, common.plan, zones
        self._show = self._as_w1 if style == "w1" else self._as_line
        self._roms = {zone.name: zone.rom for zone in zones}
        self._line = FaultyLine(
            common.plan, spoil_check=_spoil_scratchpad if style == "w1" else None, late_seconds=common.late_seconds
        )
        self._truth = Truth(common.truth)
        self._pace = Pace(round(every_seconds * 1000), floor_seconds=_FLOOR_SECONDS)
        self._plugged = link.counters()["plugged"]
        self._unpowered: set[str] = set()
        self._frames = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """The board does not listen."""

    def advance(self, now_ms: int) -> None:
        """Print when it is time."""
        self._zones.advance(now_ms)
        plugged = self._link.counters()["plugged"]
        if plugged != self._plugged:
            self._plugged = plugged
            self._unpowered = {zone.name for zone in self._zones}
        if self._link.descriptor() is not None and self._pace.due(now_ms):
            for zone in self._zones:
                self._print(zone, now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey the commands of zones."""
        return self._zones.obey(command, request, now_ms)

    def counters(self) -> dict[str, object]:
        """Blocks or lines, the ROM codes, and the readings served."""
        return {"frames": self._frames, "roms": self._roms, **self._truth.counters()}

    def _print(self, zone: Zone, now_ms: int) -> None:
        shown = self._show(zone, now_ms)
        self._frames += 1
        sent = self._line.send(shown.octets, now_ms)
        left = [self._link.send(emission.octets, after_seconds=emission.after_seconds) for emission in sent.emissions]
        overrun = None if all(left) else "overrun"
        self._truth.served(zone.name, now_ms, shown.centi_celsius, [shown.fault, *sent.faults, overrun])

    def _as_w1(self, zone: Zone, now_ms: int) -> Shown:
        celsius, fault = self._value(zone, now_ms)
        if fault == "minus_127":
            return Shown(w1_slave(b"\xff" * 9), None, fault)
        if fault == "zero":
            return Shown(w1_slave(bytes(9)), 0, fault)
        nine = scratchpad(celsius, byte_6=_POWER_ON_BYTE_6 if fault == "power_on" else None)
        return Shown(w1_slave(nine), round(round(celsius * 16) * 100 / 16), fault)

    def _as_line(self, zone: Zone, now_ms: int) -> Shown:
        celsius, fault = self._value(zone, now_ms)
        if self._plan.strikes("nan", now_ms):
            return Shown(f"{self._roms[zone.name]} nan\r\n".encode("ascii"), None, "nan")
        # The probe counts sixteenths; the board prints two decimals of that.
        value = {"minus_127": -127.0, "zero": 0.0}.get(fault or "", round(celsius * 16) / 16)
        centi_celsius = None if fault == "minus_127" else round(value * 100)
        return Shown(f"{self._roms[zone.name]} {value:.2f}\r\n".encode("ascii"), centi_celsius, fault)

    def _value(self, zone: Zone, now_ms: int) -> tuple[float, str | None]:
        """The temperature, and what is wrong with it."""
        celsius, fault = self._zones.reading(zone, now_ms, self._plan)
        if self._plan.strikes("power_on", now_ms) or zone.name in self._unpowered:
            self._unpowered.discard(zone.name)
            return _POWER_ON_CELSIUS, "power_on"
        for name in ("zero", "minus_127"):
            if self._plan.strikes(name, now_ms):
                return celsius, name
        return celsius, fault


def _spoil_scratchpad(block: bytes) -> bytes:
    """The same block as if a bit had flipped on the 1-Wire bus: the kernel says NO."""
    nine = bytearray.fromhex(block[:26].decode("ascii"))
    nine[8] ^= 1 << random.Random(block).randrange(8)
    return w1_slave(bytes(nine))


def main() -> None:
    """Run the board until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=115200)
    parser.add_argument("--zone", action="append", default=[], metavar="NAME=KIND", help="repeatable; see zones.py")
    parser.add_argument("--every", type=float, default=60.0, help="seconds between readings, by the clock")
    parser.add_argument("--format", choices=("w1", "lines"), default="w1", help="w1_slave blocks or ROM value lines")
    options = parser.parse_args()
    faults = FAULTS.keys() - ({"nan"} if options.format == "w1" else {"checksum"})
    common = setting(options, faults=faults)
    try:
        zones = Zones(options.zone, seed=common.seed)
        for zone in zones:
            zone.rom = rom_of(zone)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    if options.format == "w1" and len(list(zones)) > 1:
        raise SystemExit("w1_slave blocks do not name their probe: give one --zone, or --format lines")
    link = PtyLink(options.link, baud=options.baud)
    run(Board(link, common, zones, every_seconds=options.every, style=options.format), link, common)


if __name__ == "__main__":
    main()
