"""DS18B20 one-wire probes, as text: Linux `w1_slave` files, and the lines that microcontrollers print.

    70 01 4b 46 7f ff 10 10 e1 : crc=e1 YES          28FF641DCD96F201 4.25
    70 01 4b 46 7f ff 10 10 e1 t=23000               T=nan

The first shows the scratchpad (Maxim data sheet DS18B20, figure 8): temperature as int16 in sixteenths of a degree, two
alarm bytes, configuration, FF, a byte that is 0C only while the power-on value of 85 °C stands, 10, and a CRC-8. A chip
that was never read since it got its power, or whose wires touch, answers with a valid CRC and a temperature that nobody
measured. In cold storage a false 0.0 °C is a false freeze alarm and a false 4 °C hides a true one, so:

* 85 °C with byte 6 = 0C, an all-zero or all-one scratchpad, a CRC that the driver or we refuse: a fault;
* clones, told by their reserved bytes, power on with 85 or 25 °C unmarked: those values are suspect from them;
* the first reading after a probe (re)appears is suspect: some clones keep the last one from before. A genuine chip's
  scratchpad says by byte 6 whether anything was measured since its power came, so there the wire itself can tell.
"""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from typing_extensions import override

from gateway.wire.items import Item, Noise, Quality, Reading, hundredths, lost
from gateway.wire.lines import LineDecoder

RANGE_CENTI_CELSIUS = (-5500, 12500)
"""What the chip can measure. Beyond it lie the drivers' markers, -127 (disconnected) and 127.94 among them."""

_SCRATCHPAD = rb"((?:[0-9A-Fa-f]{2} ){9})"
_CRC_LINE = re.compile(_SCRATCHPAD + rb": ?crc=([0-9A-Fa-f]{2}) (YES|NO)")
_VALUE_LINE = re.compile(_SCRATCHPAD + rb"t=(-?\d{1,7})")
_ROM = rb"(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{2}-[0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{2}[: ]){7}[0-9A-Fa-f]{2})"
_MCU_LINE = re.compile(
    rb"(?:(?P<rom>" + _ROM + rb")|T(?:emp(?:erature)?)?)\s*[ =:,;]\s*(?P<value>nan|[+-]?\d{1,6}(?:\.\d{1,6})?)"
    rb"\s*(?:\xc2?\xb0?\s*C)?",
    re.IGNORECASE,
)
_POWER_ON = 0x0550
_CLONE_POWER_ON = 0x0190
_MAX_PROBES = 128


def crc8(content: bytes) -> int:
    """The one-wire CRC-8 (poly 31 reflected, init 0) of ROM codes and scratchpads; 0 over content with its CRC."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8C if crc & 1 else crc >> 1
    return crc


@dataclass(slots=True)
class Ds18b20Decoder(LineDecoder):
    """See `ByteDecoder`.

    Attributes:
        sensor: the probe's name where the text itself has none (a `w1_slave` file is named by its folder).
    """

    sensor: str = ""
    _first_line: bytes = field(default=b"", init=False)
    _first_size: int = field(default=0, init=False)
    _seen: set[str] = field(default_factory=set, init=False)

    def reappeared(self) -> None:
        """The port was opened anew, or the bus reset: no probe's next reading counts."""
        self._seen.clear()

    @override
    def held_bytes(self) -> int:
        return self._first_size

    @override
    def give_up(self) -> list[Item]:
        size, self._first_line, self._first_size = self._first_size, b"", 0
        return [Noise(size, "scratchpad without its t= line")] if size else []

    @override
    def read_line(self, line: bytes, size: int) -> list[Item]:
        text = line.strip()
        if not text:
            return self._blank(line, size)
        value_line = _VALUE_LINE.fullmatch(text)
        if value_line and self._first_line:
            return self._w1_reading(value_line, size)
        items = self.give_up()
        if _CRC_LINE.fullmatch(text):
            self._first_line, self._first_size = text, size
            return items
        spoken = _MCU_LINE.fullmatch(text)
        if not spoken:
            return [*items, Noise(size, "no line of a probe")]
        return [*items, self._settle(_spoken_reading(spoken, self.sensor))]

    def _blank(self, line: bytes, size: int) -> list[Item]:
        return [Noise(size, "no line of a probe")] if line else []

    def _w1_reading(self, value_line: re.Match[bytes], size: int) -> list[Item]:
        first, first_size = self._first_line, self._first_size
        self._first_line, self._first_size = b"", 0
        crc_line = _CRC_LINE.fullmatch(first)
        if crc_line is None or crc_line[1].lower() != value_line[1].lower():
            return [Noise(first_size + size, "the two lines show different scratchpads")]
        scratchpad = bytes.fromhex(crc_line[1].decode())
        if crc_line[3] == b"YES" and crc8(scratchpad):
            return [Noise(first_size + size, "scratchpad crc")]
        if crc_line[3] == b"NO":
            return [self._settle(lost(self.sensor, "crc NO: unplugged, or a bad line"))]
        reading = read_scratchpad(self.sensor, scratchpad)
        if reading.quality == "good" and abs(reading_milli(scratchpad) - int(value_line[2])) > 500:
            reading = replace(reading, quality="suspect", reason=f"the driver says t={int(value_line[2])}")
        if not _is_clone(scratchpad):
            self._seen.add(reading.sensor)
        return [self._settle(reading)]

    def _settle(self, reading: Reading) -> Reading:
        """A fault makes the next reading a first one again."""
        if reading.quality == "fault":
            self._seen.discard(reading.sensor)
            return reading
        if reading.sensor in self._seen:
            return reading
        if len(self._seen) >= _MAX_PROBES:
            self._seen.clear()
        self._seen.add(reading.sensor)
        return self.first_reading(reading)

    def first_reading(self, reading: Reading) -> Reading:
        """What the first reading after a probe (re)appeared is worth."""
        if reading.quality == "suspect":
            return reading
        return replace(reading, quality="suspect", reason="first reading after the probe appeared")


@dataclass(slots=True)
class Ds18b20CaptureDecoder(Ds18b20Decoder):
    """Reads a capture taken while the probe had long been there: its first reading is not the probe's first."""

    @override
    def first_reading(self, reading: Reading) -> Reading:
        return reading


def reading_milli(scratchpad: bytes) -> int:
    """The scratchpad's temperature in thousandths of a degree, as the Linux driver prints it."""
    return int.from_bytes(scratchpad[:2], "little", signed=True) * 1000 // 16


def read_scratchpad(sensor: str, scratchpad: bytes) -> Reading:
    """What nine bytes with a valid CRC are worth."""
    if not any(scratchpad):
        return lost(sensor, "all-zero scratchpad: the bus is shorted or unstable")
    if all(byte == 0xFF for byte in scratchpad[:8]):
        return lost(sensor, "all-one scratchpad: nothing answers")
    raw = int.from_bytes(scratchpad[:2], "little", signed=True)
    if raw == _POWER_ON and scratchpad[6] == 0x0C:
        return lost(sensor, "power-on value of 85 °C (byte 6 is 0C): nothing was measured yet")
    centi_celsius = (raw * 25 + 2) // 4
    reading = _in_range(sensor, centi_celsius)
    if raw == _POWER_ON or (_is_clone(scratchpad) and raw == _CLONE_POWER_ON):
        return replace(reading, quality="suspect", reason=f"{centi_celsius / 100:.1f} °C may be a power-on value")
    return reading


def _is_clone(scratchpad: bytes) -> bool:
    """Whether the reserved bytes are not those of a genuine chip (data sheet, figure 8)."""
    return scratchpad[5] != 0xFF or scratchpad[7] != 0x10


def _in_range(sensor: str, centi_celsius: int) -> Reading:
    low, high = RANGE_CENTI_CELSIUS
    if not low <= centi_celsius <= high:
        return lost(sensor, f"{centi_celsius / 100:.2f} °C is beyond the probe: a marker, not a temperature")
    return Reading(sensor, centi_celsius)


_SPOKEN_MARKERS: dict[int, tuple[Quality, str]] = {
    8500: ("fault", "power-on value of 85 °C"),
    0: ("suspect", "0.0 °C may be an all-zero scratchpad"),
    -6: ("suspect", "-0.06 °C may be an all-one answer"),
}
"""A microcontroller's line shows no scratchpad, so a value that a sick bus also gives cannot be told from it."""


def _spoken_reading(spoken: re.Match[bytes], default_sensor: str) -> Reading:
    rom = re.sub(rb"[: -]", b"", spoken["rom"] or b"").decode().upper()
    sensor = rom or default_sensor
    if spoken["value"].lower() == b"nan":
        return lost(sensor, "nan: the microcontroller could not read the probe")
    centi_celsius = hundredths(Decimal(spoken["value"].decode()))
    if centi_celsius is None:
        return lost(sensor, f"{spoken['value'].decode()} is no temperature")
    marker = _SPOKEN_MARKERS.get(centi_celsius)
    if marker:
        value = None if marker[0] == "fault" else centi_celsius
        return Reading(sensor, value, quality=marker[0], reason=marker[1])
    reading = _in_range(sensor, centi_celsius)
    if reading.quality == "good" and len(rom) == 16 and crc8(bytes.fromhex(rom)):
        return replace(reading, quality="suspect", reason="the ROM code's own CRC fails: perhaps another probe's")
    return reading
