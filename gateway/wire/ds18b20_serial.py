"""DS18B20 one-wire probes, as text: Linux `w1_slave` files, and the lines that microcontrollers print.

    70 01 4b 46 7f ff 10 10 e1 : crc=e1 YES          28FF641DCD96F201 4.25
    70 01 4b 46 7f ff 10 10 e1 t=23000               T=nan     Temp C: 4.25 Temp F: 39.65
                                                     ROM = 28 FF 64 1D CD 96 F2 1   (then, some lines on)
                                                     Temperature = 4.25 Celsius, 39.65 Fahrenheit

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
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec.structs import replace
from typing_extensions import override

from gateway.wire.items import Item, Noise, Quality, Reading, hundredths, lost
from gateway.wire.lines import LineDecoder

RANGE_CENTI_CELSIUS = (-5500, 12500)
"""What the chip can measure. Beyond it lie the drivers' markers, -127 (disconnected) and 127.94 among them."""

# `grep` over several probes puts the file's name, and in it the probe's code, before each line.
_NAMED = rb"(?:[^ ]{0,200}?(?P<name>[0-9A-Fa-f]{2}-[0-9A-Fa-f]{12})[^ ]{0,40}?: ?)?"
_SCRATCHPAD = _NAMED + rb"(?P<scratchpad>(?:[0-9A-Fa-f]{2} ){9})"
_CRC_LINE = re.compile(_SCRATCHPAD + rb": ?crc=[0-9A-Fa-f]{2} (?P<verdict>YES|NO)")
_VALUE_LINE = re.compile(_SCRATCHPAD + rb"t=(?P<milli>-?\d{1,7})")
_ROM = rb"(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{2}-[0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{2}[: ]){7}[0-9A-Fa-f]{2})"
_MCU_LINE = re.compile(
    rb"(?:(?:device(?: \d+)? address:? )?(?P<rom>" + _ROM + rb")(?:[\s=:,;]+T(?:emp(?:erature)?)?(?: C)?(?=[\s=:]))?"
    rb"|T(?:emp(?:erature)?)?(?: C)?(?: for the device \d+ \(index \d+\) is)?|Celsius)"
    rb"\s*(?P<separator>[\s=:,;])\s*"
    rb"(?P<value>[+-]?nan|[+-]?inf|null|none|err(?:or)?|fail(?:ed)?|disconnected|ovf|--|[+-]?\d{1,12}(?:[.,]\d{1,6})?)"
    rb"\s*(?:(?:\xc2?\xb0|\*|deg(?:rees)?)?\s*(?P<unit>C(?:elsius)?|F(?:ahrenheit)?))?"
    # Many sketches print Fahrenheit beside; Celsius came first.
    rb"(?:[ ,;/|]+(?:Temp(?:erature)?\s+F\s*[=:]\s*[+-]?\d{1,6}(?:\.\d{1,6})?"
    rb"|[+-]?\d{1,6}(?:\.\d{1,6})?\s*(?:\xc2?\xb0)?F(?:ahrenheit)?))?",
    re.IGNORECASE,
)
# OneWire's own example tells of each probe in a block of lines, its bytes in hexadecimal without leading noughts.
_ROM_LINE = re.compile(rb"ROM ?[=:]((?: [0-9A-Fa-f]{1,2}){8})")
_BLOCK_LINE = re.compile(rb"(?:Chip|Data) ?[=:] .*")
_MILLI_LINE = re.compile(rb"t=(?P<milli>-?\d{4,6})")
_NUMBER_LINE = re.compile(rb"(?P<value>[+-]?\d{1,3}\.\d{1,4})(?:\s*(?:\xc2?\xb0)?C)?", re.IGNORECASE)
_FAILED_LINE = re.compile(
    rb"nan|error:? could not read temperature data\.?|(?:sensor |probe )?(?:error|disconnected)", re.IGNORECASE
)
_SCRATCHPAD_BYTES = 9
_POWER_ON = 0x0550
_CLONE_POWER_ON = 0x0190
_CLONE_POWER_ON_CENTI = 2500
_MAX_PROBES = 128
_NOBODY = ""
"""The probe of a block whose first line did not come, or not whole: its reading could be any probe's."""


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
    _block: str | None = field(default=None, init=False)

    def reappeared(self) -> None:
        """The port was opened anew, or the bus reset: no probe's next reading counts."""
        self._seen.clear()
        self._block = None

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
        return [*items, self._heard(text, size)]

    def _heard(self, text: bytes, size: int) -> Item:
        """What a line of a microcontroller says."""
        if self._begins_or_goes_on(text):
            return Noise(size, "no reading in this line of a block")
        block, self._block = self._block, None
        spoken = _spoken(text, block or self.sensor)
        if spoken is None:
            return Noise(size, "no line of a probe")
        if block == _NOBODY and spoken.sensor == self.sensor:
            return Noise(size, "the line that names this probe is missing or torn")
        return self._settle(spoken)

    def _begins_or_goes_on(self, text: bytes) -> bool:
        """Whether this is a line of a block that stands before its reading."""
        if rom_line := _ROM_LINE.fullmatch(text):
            rom = bytes(int(octet, 16) for octet in rom_line[1].split())
            self._block = _NOBODY if crc8(rom) else rom.hex().upper()
            return True
        if _BLOCK_LINE.fullmatch(text):
            self._block = self._block or _NOBODY
            return True
        return False

    def _blank(self, line: bytes, size: int) -> list[Item]:
        return [Noise(size, "no line of a probe")] if line else []

    def _w1_reading(self, value_line: re.Match[bytes], size: int) -> list[Item]:
        first, first_size = self._first_line, self._first_size
        self._first_line, self._first_size = b"", 0
        crc_line = _CRC_LINE.fullmatch(first)
        if crc_line is None or crc_line["scratchpad"].lower() != value_line["scratchpad"].lower():
            return [Noise(first_size + size, "the two lines show different scratchpads")]
        sensor = _code(value_line["name"]) or self.sensor
        scratchpad = bytes.fromhex(crc_line["scratchpad"].decode())
        if crc_line["verdict"] == b"YES" and crc8(scratchpad):
            return [Noise(first_size + size, "scratchpad crc")]
        if crc_line["verdict"] == b"NO":
            return [self._settle(lost(sensor, "crc NO: unplugged, or a bad line"))]
        reading = read_scratchpad(sensor, scratchpad)
        told = int(value_line["milli"])
        if reading.quality == "good" and abs(reading_milli(scratchpad) - told) > 500:
            reading = replace(reading, quality="suspect", reason=f"the driver says t={told}")
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
    """Reads a capture taken while the probe had long been there: its first reading is not the probe's first.

    Only where a text line begins with a clone's power-on value, 25.00, is it suspect: the line does not show the chip.

    A capture is read as a whole when it ends, because it may also be the nine bytes of a scratchpad, and the last line
    of a file's text may lack its end.
    """

    _captured: bytes = field(default=b"", init=False)

    @override
    def first_reading(self, reading: Reading) -> Reading:
        if reading.centi_celsius != _CLONE_POWER_ON_CENTI:
            return reading
        return _doubted(reading, "25.0 °C may be a clone's power-on value")

    @override
    def feed(self, data: bytes) -> list[Item]:
        self.counters.received += len(data)
        self._captured += data
        return []

    @override
    def idle(self) -> list[Item]:
        captured, self._captured = self._captured, b""
        if len(captured) == _SCRATCHPAD_BYTES and (crc8(captured) == 0 or captured == b"\xff" * _SCRATCHPAD_BYTES):
            self.counters.accepted += len(captured)
            return [read_scratchpad(self.sensor, captured)]
        if len(captured) == _SCRATCHPAD_BYTES and not (captured.isascii() and b"\0" not in captured):
            self.counters.discarded += len(captured)
            return [Noise(len(captured), "scratchpad crc")]
        self.counters.received -= len(captured)
        items = Ds18b20Decoder.feed(self, captured)
        last = _VALUE_LINE.fullmatch(self._rest.strip())
        if last and self._first_line and self._overflow_bytes == 0:
            size, self._rest = len(self._rest), b""
            items += self._w1_reading(last, size)
            self._count(items[-1:])
        return items + Ds18b20Decoder.idle(self)


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


def _code(name: bytes | None) -> str:
    """A probe's code without its separators, upper-case; empty if there is none."""
    return re.sub(rb"[: -]", b"", name or b"").decode().upper()


def _spoken(text: bytes, default_sensor: str) -> Reading | None:
    """What a line of a microcontroller says; None if it is none."""
    if line := _MILLI_LINE.fullmatch(text):
        return _judged_value(default_sensor, Decimal(line["milli"].decode()) / 1000)
    if line := _NUMBER_LINE.fullmatch(text):
        reading = _judged_value(default_sensor, Decimal(line["value"].decode()))
        return _doubted(reading, "a number alone may be the rest of a torn line")
    if _FAILED_LINE.fullmatch(text):
        return lost(default_sensor, f"the microcontroller says {text.decode()!r}")
    line = _MCU_LINE.fullmatch(text)
    # After a comma, 4,25 is either a decimal comma or two columns: nobody can tell.
    if line is None or (line["separator"] == b"," and b"," in line["value"]):
        return None
    return _named_value(line, default_sensor)


def _named_value(line: re.Match[bytes], default_sensor: str) -> Reading:
    rom, value = _code(line["rom"]), line["value"].decode().lower().replace(",", ".")
    sensor = rom or default_sensor
    if not value[-1].isdigit():
        return lost(sensor, f"{value}: the microcontroller could not read the probe")
    number = Decimal(value)
    if (line["unit"] or b"C").upper().startswith(b"F"):
        number = (number - 32) * 5 / 9
    reading = _judged_value(sensor, number)
    if len(rom) == 16 and crc8(bytes.fromhex(rom)):
        return _doubted(reading, "the ROM code's own CRC fails: perhaps another probe's")
    return reading


def _judged_value(sensor: str, celsius: Decimal) -> Reading:
    """A value without its scratchpad, held against what a sick bus also gives."""
    centi_celsius = hundredths(celsius)
    if centi_celsius is None:
        return lost(sensor, f"{celsius} is no temperature")
    marker = _SPOKEN_MARKERS.get(centi_celsius)
    if marker:
        value = None if marker[0] == "fault" else centi_celsius
        return Reading(sensor, value, quality=marker[0], reason=marker[1])
    return _in_range(sensor, centi_celsius)


def _doubted(reading: Reading, reason: str) -> Reading:
    return replace(reading, quality="suspect", reason=reason) if reading.quality == "good" else reading
