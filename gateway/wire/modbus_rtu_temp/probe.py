"""What a Modbus temperature probe is asked, and what its registers hold.

Input registers 0001 (temperature, int16) and 0002 (relative humidity, uint16) by function 04; some clones answer
function 03 at 0000 with humidity first. **Two scales exist under one name**, tenths and hundredths: which one is
configuration, proved when the probe is commissioned, and never guessed while it serves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import repeat
from struct import Struct, iter_unpack
from typing import Literal, TypeAlias

from gateway.wire.items import Item, Reading, lost
from gateway.wire.modbus_rtu_temp.crc import crc16

Quantity: TypeAlias = Literal["temperature", "humidity"]


class Scale(IntEnum):
    """What a register of 1 stands for: a tenth or a hundredth of a degree (and of a percent)."""

    TENTHS = 10
    HUNDREDTHS = 100

    def centi(self, register: int) -> int:
        """Hundredths, exactly."""
        return register * (100 // self)


@dataclass(frozen=True, slots=True)
class Request:
    """A read of `count` registers."""

    slave: int = 1
    register: int = 1
    count: int = 2
    function: int = 4

    def format(self) -> bytes:
        """The request's eight bytes."""
        head = bytes((self.slave, self.function)) + self.register.to_bytes(2, "big") + self.count.to_bytes(2, "big")
        return head + crc16(head)

    @classmethod
    def read(cls, frame: bytes) -> "Request":
        """What the eight bytes ask for."""
        return cls(frame[0], int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big"), frame[1])


@dataclass(frozen=True, slots=True)
class Probe:
    """How one probe is wired and what its registers mean.

    Attributes:
        sensor: its name in readings.
        request: what is asked of it.
        scale: of both registers.
        quantities: what the registers hold, in the order of the answer.
    """

    sensor: str = ""
    request: Request = Request()
    scale: Scale = Scale.TENTHS
    quantities: tuple[Quantity, ...] = ("temperature", "humidity")


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """Where a make of probes keeps its values: function, first register, and what the registers hold, in order."""

    function: int
    register: int
    quantities: tuple[Quantity, ...]

    def request(self, slave: int) -> Request:
        """The read that asks a slave of this make for its values."""
        return Request(slave, self.register, len(self.quantities), self.function)


REGISTER_MAPS = {
    "xy-md02": RegisterMap(4, 1, ("temperature", "humidity")),
    "temperature-only": RegisterMap(4, 1, ("temperature",)),
    "input-from-0": RegisterMap(4, 0, ("temperature", "humidity")),
    "humidity-first": RegisterMap(3, 0, ("humidity", "temperature")),
    "holding-from-0": RegisterMap(3, 0, ("temperature", "humidity")),
    "holding-temperature": RegisterMap(3, 0, ("temperature",)),
}
"""By their names in `gateway.toml`. A make that is none of these is another line here."""

PROBE_RANGE_CENTI_CELSIUS = (-4000, 12500)
"""What a SHT20 can measure (Sensirion data sheet, table 1). Beyond it, the register is no temperature."""

_ALL_ONE, _POWER_ON_CENTI, _MOST_HUMID_CENTI = 0xFFFF, 8500, 100_00


def registers(probe: Probe, content: bytes) -> dict[Quantity, int]:
    """The registers of an answer by what they hold."""
    held = probe.quantities[: len(content) // 2]
    return dict(zip(held, _layout(held).unpack_from(content), strict=True))


@lru_cache(maxsize=64)
def _layout(quantities: tuple[Quantity, ...]) -> Struct:
    """Registers in the order of the answer."""
    return Struct(">" + _codes(quantities))


def _codes(quantities: tuple[Quantity, ...]) -> str:
    # Temperatures are signed.
    return "".join("h" if each == "temperature" else "H" for each in quantities)


def read_registers(probe: Probe, content: bytes) -> Reading:
    """What the registers of an answer say about the probe's place."""
    values = registers(probe, content)
    register = values.get("temperature")
    if register is None:
        return lost(probe.sensor, "the answer holds no temperature")
    hundredths_a_step = 100 // probe.scale
    celsius, humidity = register * hundredths_a_step, values.get("humidity")
    illness = _illness(values, celsius)
    if illness:
        return lost(probe.sensor, illness)
    doubt = _doubt(content)
    if doubt:
        return Reading(probe.sensor, celsius, quality="suspect", reason=doubt)
    if humidity is None:
        return Reading(probe.sensor, celsius)
    humidity *= hundredths_a_step
    if humidity > _MOST_HUMID_CENTI:
        return Reading(probe.sensor, celsius, quality="suspect", reason=f"humidity of {humidity / 100:.2f} %")
    return Reading(probe.sensor, celsius, humidity)


def _doubt(content: bytes) -> str:
    """Why a temperature that could be one may be none; empty where nothing speaks against it."""
    if not any(content):
        return "all-zero registers: perhaps nothing was measured"
    # With a humidity beside it, it is the last step before zero.
    return "an all-one register: perhaps the sensor is not connected" if content == b"\xff\xff" else ""


def registers_alike(probe: Probe, frames: bytes, length: int, start: int) -> dict[Quantity, list[int]]:
    """The registers of frames of that length, one behind the other, from `start` of each on, by what they hold."""
    held = probe.quantities[: (length - start - 2) // 2]
    each = iter_unpack(f">{start}x{_codes(held)}2x", frames)
    return dict(zip(held, map(list, zip(*each, strict=True)), strict=True))


def readings_alike(probe: Probe, values: Mapping[Quantity, list[int]]) -> list[Item]:
    """What many answers say; none unless each of them is a good reading."""
    step, (low, high) = 100 // probe.scale, PROBE_RANGE_CENTI_CELSIUS
    celsius = [register * step for register in values.get("temperature", ())]
    humidity = [register * step for register in values.get("humidity", ())]
    if not celsius or min(celsius) < low or max(celsius) > high or _POWER_ON_CENTI in celsius:
        return []
    # What `_doubt` doubts, or nearly: two registers that are zero, where one that is dry as that is rare.
    if 0 in (humidity or celsius) or (not humidity and -step in celsius):
        return []
    if max(humidity, default=0) > _MOST_HUMID_CENTI:
        return []
    return [*map(Reading, repeat(probe.sensor), celsius, humidity or repeat(None))]


def _illness(values: Mapping[Quantity, int], celsius: int) -> str:
    """Why the temperature's register holds none; empty if it does."""
    raw = values["temperature"] & _ALL_ONE
    low, high = PROBE_RANGE_CENTI_CELSIUS
    if raw == _ALL_ONE and values.get("humidity") == _ALL_ONE:
        return "all-one registers: the sensor is not connected"
    if celsius == _POWER_ON_CENTI:
        return "85 °C: the power-on value of a DS18B20, nothing was measured yet"
    if not low <= celsius <= high:
        return f"register {raw:04X} is {celsius / 100:.2f} °C, beyond the probe: check the scale"
    return ""
