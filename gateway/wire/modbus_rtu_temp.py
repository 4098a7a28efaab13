"""Modbus RTU temperature probes (XY-MD02, SHT20 and their clones), 9600 8N1, from the master's side of the line.

Modbus over serial line V1.02, 2.5.1: slave, function, content, CRC-16 with its low byte first. Input registers 0001
(temperature, int16) and 0002 (relative humidity, uint16) by function 04; some clones answer function 03 at 0000 with
humidity first. **Two scales exist under one name**, tenths and hundredths: which one is configuration, proved when the
probe is commissioned, and never guessed while it serves.

An answer says neither which request nor which register it answers, so an answer only counts while a request is pending
and fits it in slave, function and byte count. When a request may be sent is `modbus_quiet`'s to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache
from itertools import product
from struct import Struct
from typing import Literal, TypeAlias

from typing_extensions import override

from gateway.wire.items import Fault, Item, Reading, Status, lost
from gateway.wire.stream import KNOWN_BYTES, UNFINISHED, Frame, Spoilt, StreamDecoder, Verdict

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

_MAX_REGISTERS = 8
_READS = (3, 4)
_WRITE, _WRITE_MANY = 6, 16
_WRITES = (_WRITE, _WRITE_MANY)
_EXCEPTION = 0x80
_FIRST_SETTING = 0x0100
"""From here on these probes keep address, baud rate and offsets, and no measured value."""
_ALL_ONE, _POWER_ON_CENTI, _DISCONNECTED = 0xFFFF, 8500, -1270
_HUMIDITY_REGISTERS = {(4, 2)}
_HUMIDITY_IN_TENTHS, _LEAST_HUMIDITY = 1500, 10
_BUSY = {5: "acknowledged, not done yet", 6: "busy"}
_EXCEPTIONS = {
    1: "illegal function",
    2: "illegal address",
    3: "illegal value",
    4: "device failure",
    7: "refused",
    8: "the memory failed",
    10: "no way through the bridge",
    11: "the device behind the bridge does not answer",
}


def _crc_tables(length: int) -> tuple[tuple[int, ...], ...]:
    """By how many bytes follow it: what a byte alone changes of the CRC. A CRC is linear, so changes only add up."""
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    tables = [tuple(table)]
    for _ in range(length - 1):
        tables.append(tuple(crc >> 8 ^ table[crc & 0xFF] for crc in tables[-1]))
    return tuple(tables)


_ANSWER_BYTES = 7
"""An answer of two registers, without its CRC: the commonest frame there is."""
_BY_FOLLOWERS = _crc_tables(_ANSWER_BYTES)
_CRC = _BY_FOLLOWERS[0]
_START = 0xFFFF


def crc16(content: bytes) -> bytes:
    """CRC-16/MODBUS (poly 8005 reflected, init FFFF), in the order of the wire: low byte first."""
    return _crc(content).to_bytes(2, "little")


def _crc(content: bytes) -> int:
    if len(content) == _ANSWER_BYTES:
        return _crc_of_seven(content)
    crc = _START
    for byte in content:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc


def _crc_of_seven(content: bytes) -> int:
    """The same without a loop: each byte's share, looked up by its place. The start value meets the first two."""
    t, u, v, w, x, y, z = content
    t0, t1, t2, t3, t4, t5, t6 = _BY_FOLLOWERS
    return t6[t ^ 0xFF] ^ t5[u ^ 0xFF] ^ t4[v] ^ t3[w] ^ t2[x] ^ t1[y] ^ t0[z]


@dataclass(slots=True)
class ModbusDecoder(StreamDecoder):
    """See `ByteDecoder`. Counts an answer only after `expect`, and only once."""

    pending: Probe | None = field(default=None, init=False)
    _asked: Probe | None = field(default=None, init=False)
    _question: bytes = field(default=b"", init=False)
    _head: bytes = field(default=b"", init=False)

    def expect(self, probe: Probe) -> bytes:
        """Remember that this probe is asked now; the bytes to send."""
        if probe is not self._asked:
            asked = probe.request
            self._asked, self._question = probe, asked.format()
            self._head = bytes((asked.slave, asked.function, 2 * asked.count & 0xFF))
        self.pending = probe
        return self._question

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        """The answer that is waited for, and nothing else, told as `judge` would."""
        if self.pending is None or not window.startswith(self._head, at) or not _is_byte_count(self._head[2]):
            return at
        end = at + 5 + self._head[2]
        frame = window[at:end]
        if len(frame) != end - at or _crc(frame[:-2]) != frame[-2] | frame[-1] << 8:
            return at
        items.append(read_registers(self.pending, frame[3:-2]))
        self.pending = None
        return end

    def give_up(self) -> None:
        """The pending request timed out: whatever comes for it now is too late."""
        self.pending = None

    @override
    def seek(self, window: bytes, at: int) -> int:
        return at

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        length = _frame_length(window, at)
        if length == 0:
            return Spoilt(1, "no such function")
        if length is None or len(window) - at < length:
            return UNFINISHED
        frame = window[at : at + length]
        return self._meaning(frame) if crc16(frame[:-2]) == frame[-2:] else Spoilt(1, "crc")

    def answers_pending(self, frame: bytes) -> Spoilt | Probe:
        """The pending probe if this answer is its answer, or why it is not."""
        if self.pending is None:
            return Spoilt(len(frame), "late answer: no request is pending")
        misfit = _misfit(frame, self.pending.request)
        return Spoilt(len(frame), misfit) if misfit else self.pending

    def overheard(self, request: Request) -> None:
        """A request came by: our own, echoed on a two-wire line."""

    def is_measurement(self, frame: bytes) -> bool:
        """Whether an answer's registers are measured values; a master only asks for such."""
        del frame
        return True

    def _meaning(self, frame: bytes) -> Verdict:
        slave, function = frame[0], frame[1]
        if function & ~_EXCEPTION in _WRITES:
            return Frame(len(frame), (_written(frame),))
        if not function & _EXCEPTION and not _is_byte_count(frame[2]):
            self.overheard(
                Request(slave, int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big"), function)
            )
            return Frame(len(frame), (Status("request", frame.hex().upper()),))
        if not self.is_measurement(frame):
            return Frame(len(frame), (Status("registers", frame[3:-2].hex().upper()),))
        probe = self.answers_pending(frame)
        if isinstance(probe, Spoilt):
            return probe
        self.pending = None
        item = _exception(slave, frame[2]) if function & _EXCEPTION else read_registers(probe, frame[3:-2])
        return Frame(len(frame), (item,))


def _misfit(frame: bytes, asked: Request) -> str:
    """Why an answer is not that request's; empty if it may be."""
    slave, function = frame[0], frame[1] & ~_EXCEPTION
    if slave != asked.slave:
        return f"answer of slave {slave} to a request for slave {asked.slave}"
    if function != asked.function:
        return f"answer to function {function}, asked {asked.function}"
    if not frame[1] & _EXCEPTION and frame[2] != 2 * asked.count:
        return f"byte count {frame[2]}, asked for {2 * asked.count}"
    return ""


def _humidity_alone(asked: Request) -> bool:
    """Whether the one register that was asked for has no temperature in it."""
    return asked.count == 1 and (asked.function, asked.register) in _HUMIDITY_REGISTERS


def _frame_length(window: bytes, at: int) -> int | None:
    """How long a frame that begins here is; 0 if none can begin here, None if too few bytes tell."""
    head = window[at + 1 : at + 3]
    if not head:
        return None
    function = head[0]
    if function & ~_EXCEPTION not in (*_READS, *_WRITES):
        return 0
    if function in {_WRITE, _WRITE_MANY} or function & _EXCEPTION:
        return 8 if function == _WRITE else 5 if function & _EXCEPTION else _length_of_many(window, at)
    if len(head) < 2:
        return None
    return 5 + head[1] if _is_byte_count(head[1]) else 8


def _length_of_many(window: bytes, at: int) -> int | None:
    """A write of several registers says their bytes; its answer has eight, and only its check tells them apart."""
    frame = window[at : at + 8]
    if len(frame) < 8:
        return None
    if crc16(frame[:6]) == frame[6:]:
        return 8
    return 9 + frame[6] if frame[6] == 2 * frame[5] and 0 < frame[6] <= 2 * _MAX_REGISTERS else 8


def _is_byte_count(byte: int) -> bool:
    """Whether the third byte is an answer's byte count; else it is the high byte of a register that is asked for.

    Our own requests come back as an echo on a two-wire line. These probes have no registers from 0200 on.
    """
    return byte % 2 == 0 and 0 < byte <= 2 * _MAX_REGISTERS


_LENGTHS = {
    bytes(head): length
    for head in product((*_READS, *_WRITES, *(each | _EXCEPTION for each in (*_READS, *_WRITES))), range(256))
    if (length := 8 if head[0] == _WRITE_MANY else _frame_length(b"\0" + bytes(head), 0))
}
"""How long a frame is by its second and third byte, but for the host's write of several registers."""


def _written(frame: bytes) -> Status | Fault:
    slave, function = frame[0], frame[1]
    if function & _EXCEPTION:
        return _exception(slave, frame[2])
    register, value = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    told = f"{value}" if function == _WRITE else f"{value} registers"
    return Status("register-written", f"slave {slave} register {register} = {told}")


def _exception(slave: int, code: int) -> Status | Fault:
    if code in _BUSY:
        return Status("exception", f"slave {slave}: exception {code}: {_BUSY[code]}")
    return Fault(f"slave {slave}: exception {code}: {_EXCEPTIONS.get(code, 'unknown')}")


def _registers(probe: Probe, content: bytes) -> dict[Quantity, int]:
    """The registers of an answer by what they hold."""
    held = probe.quantities[: len(content) // 2]
    return dict(zip(held, _layout(held).unpack_from(content), strict=True))


@lru_cache(maxsize=64)
def _layout(quantities: tuple[Quantity, ...]) -> Struct:
    """Registers in the order of the answer; temperatures are signed."""
    return Struct(">" + "".join("h" if each == "temperature" else "H" for each in quantities))


def read_registers(probe: Probe, content: bytes) -> Reading:
    """What the registers of an answer say about the probe's place."""
    values = _registers(probe, content)
    register = values.get("temperature")
    if register is None:
        return lost(probe.sensor, "the answer holds no temperature")
    hundredths_a_step = 100 // probe.scale
    celsius, humidity = register * hundredths_a_step, values.get("humidity")
    illness = _illness(values, celsius)
    if illness:
        return lost(probe.sensor, illness)
    if not any(content):
        reason = "all-zero registers: perhaps nothing was measured"
        return Reading(probe.sensor, celsius, quality="suspect", reason=reason)
    if humidity is None:
        return Reading(probe.sensor, celsius)
    humidity *= hundredths_a_step
    if humidity > 100_00:
        return Reading(probe.sensor, celsius, quality="suspect", reason=f"humidity of {humidity / 100:.2f} %")
    return Reading(probe.sensor, celsius, humidity)


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


def _may_be_measured(frame: bytes) -> bool:
    """Whether an answer's registers may be measured values, by what it is alone."""
    if frame[1] & _EXCEPTION or len(frame) < 9:
        return True
    # Without its request, an answer of 03 may be settings: more registers, or less humidity than there ever is.
    return len(frame) == 9 and (frame[1] == 4 or int.from_bytes(frame[3:5], "big") >= _LEAST_HUMIDITY)


_Heard: TypeAlias = "tuple[tuple[Item, ...], Request | None, dict[bytes, _Heard]]"
"""What a frame says that comes after a certain request, what is asked then, and what is known to follow that."""


@dataclass(slots=True)
class ModbusCaptureDecoder(ModbusDecoder):
    """Reads captured answers whose requests were not captured: takes every answer of the probe's slave as asked for.

    Attributes:
        probe: whose answers the capture holds.
        scale: the scale, where it is known. Only here may it be left open, and then only a register that tenths would
            put beyond the probe is taken for hundredths.
    """

    probe: Probe = field(default_factory=Probe)
    scale: Scale | None = None
    _overheard: Request | None = field(default=None, init=False)
    _known: dict[Request | None, dict[bytes, _Heard]] = field(default_factory=dict, init=False)
    _known_bytes: int = field(default=0, init=False)

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        overheard, lengths = self._overheard, _LENGTHS
        known = self._known.get(overheard)
        while known and (length := lengths.get(window[at + 1 : at + 3])):
            heard = known.get(window[at : at + length])
            if heard is None:
                break
            told, overheard, known = heard
            items += told
            at += length
        self._overheard = overheard
        return at

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        asked, verdict = self._overheard, ModbusDecoder.judge(self, window, at)
        if isinstance(verdict, Frame) and _LENGTHS.get(window[at + 1 : at + 3]) == verdict.length:
            self._known_bytes += verdict.length
            if self._known_bytes > KNOWN_BYTES:
                self._known, self._known_bytes = {}, 0
            then = self._known.setdefault(self._overheard, {})
            heard = verdict.items, self._overheard, then
            self._known.setdefault(asked, {})[window[at : at + verdict.length]] = heard
        return verdict

    @override
    def overheard(self, request: Request) -> None:
        self._overheard = request

    @override
    def is_measurement(self, frame: bytes) -> bool:
        asked = self._overheard
        settings = asked is not None and (asked.register >= _FIRST_SETTING or _humidity_alone(asked))
        measured = not settings and _may_be_measured(frame)
        if not measured:
            self._overheard = None
        return measured

    @override
    def answers_pending(self, frame: bytes) -> Spoilt | Probe:
        asked = self._overheard or self._unheard(frame)
        misfit = _misfit(frame, asked)
        if misfit:
            return Spoilt(len(frame), misfit)
        self._overheard = None
        # Whoever answers function 03 with two registers is of the make that tells humidity first.
        first = REGISTER_MAPS["humidity-first" if frame[1] == 3 and len(frame) == 9 else "xy-md02"]
        probe = replace(self.probe, quantities=first.quantities)
        scale = self.scale or self._only_possible_scale(probe, frame[3:-2])
        return replace(probe, scale=scale)

    def _unheard(self, frame: bytes) -> Request:
        """The request that an answer whose request was not captured would fit, if it is of the probe's slave."""
        function = frame[1] & ~_EXCEPTION
        return replace(self.probe.request, function=function, count=frame[2] // 2)

    def _only_possible_scale(self, probe: Probe, content: bytes) -> Scale:
        """Hundredths where tenths cannot be: a temperature beyond the probe, or more humidity than there can be.

        -127 degrees in tenths is what bridges of DS18B20 say of an unplugged one, and no -12.7.
        """
        values = _registers(probe, content)
        low, high = PROBE_RANGE_CENTI_CELSIUS
        register = values.get("temperature", 0)
        possible = register == _DISCONNECTED or low <= Scale.TENTHS.centi(register) <= high
        return Scale.TENTHS if possible and values.get("humidity", 0) <= _HUMIDITY_IN_TENTHS else Scale.HUNDREDTHS
