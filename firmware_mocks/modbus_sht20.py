"""XY-MD02 / SHT20 temperature and humidity transmitters: several slaves on one RS-485 bus, Modbus RTU, 9600 8N1.

    python -m firmware_mocks.modbus_sht20 --link /tmp/by-id/usb-RS485 --zone 1=fridge --zone 2=freezer [--scale 100]

A zone's name is its slave's address, 1 to 247. Function 04, and 03 alike, reads register 0001 (temperature) and 0002
(relative humidity), signed 16-bit, in tenths or, with `--scale 100`, in hundredths: both scales are sold under one
name. Function 03 also reads, and 06 writes, 0101 (address, which takes effect at the next plug-in), 0102 (baud), 0103
and 0104 (offsets, in tenths). CRC-16/MODBUS, low byte first. Exceptions 01 function, 02 register, 03 value, 06 busy. A
frame with a bad CRC, or for an address that nobody has, is not answered.

Faults: those of a serial line, those of a reading, `wrong_slave`, `busy`, `invalid`.
"""

import random
import struct
import time
from collections.abc import Mapping

from firmware_mocks.control import Request, Setting, common_options, run, serial_options, setting
from firmware_mocks.faults import LINE_FAULTS, READING_FAULTS, FaultyLine
from firmware_mocks.links import PtyLink
from firmware_mocks.zones import Truth, Zone, Zones

FAULTS = {
    **LINE_FAULTS,
    **READING_FAULTS,
    "wrong_slave": "the answer carries the address of another slave, with a right CRC",
    "busy": "exception 06 instead of the answer",
    "invalid": "7FFF, what a transmitter sends without its sensor",
}

_READ_HOLDING, _READ_INPUT, _WRITE_ONE = 0x03, 0x04, 0x06
_BAD_FUNCTION, _BAD_REGISTER, _BAD_VALUE, _BUSY = 1, 2, 3, 6
_TEMPERATURE, _HUMIDITY = 0x0001, 0x0002
_ADDRESS, _BAUD, _OFFSET_TEMPERATURE, _OFFSET_HUMIDITY = 0x0101, 0x0102, 0x0103, 0x0104
_INVALID = 0x7FFF
_REQUEST_OCTETS = 8
_FRAME_GAP_SECONDS = 0.02
_TURNAROUND_SECONDS = 0.008
_MOST_HEARD_OCTETS = 512


def modbus_crc(octets: bytes) -> bytes:
    """CRC-16/MODBUS (polynomial A001 reflected, start FFFF) as it goes on the wire, low byte first."""
    crc = 0xFFFF
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def with_crc(octets: bytes) -> bytes:
    """A whole frame from its address, function and content."""
    return octets + modbus_crc(octets)


class RegisterError(Exception):
    """A request that the slave answers with an exception."""

    def __init__(self, code: int) -> None:
        """The exception's code."""
        super().__init__(f"exception {code:02X}")
        self.code = code


class Slave:
    """One transmitter: its registers over its zone."""

    def __init__(self, zone: Zone, *, address: int, scale: int) -> None:
        """A transmitter as delivered: 9600 baud, no offsets."""
        self.zone, self.address, self._scale = zone, address, scale
        self._holding = {_ADDRESS: address, _BAUD: 9600, _OFFSET_TEMPERATURE: 0, _OFFSET_HUMIDITY: 0}

    def encode(self, celsius: float) -> int:
        """A temperature as the register holds it, offset included."""
        raw = round((celsius + _signed(self._holding[_OFFSET_TEMPERATURE]) / 10) * self._scale)
        return max(-0x8000, min(0x7FFF, raw))

    def read(self, register: int, count: int, *, temperature: int, function: int) -> bytes:
        """Registers in wire order.

        Raises:
            RegisterError: registers that the slave lacks, or a count it does not allow.
        """
        if not 1 <= count <= 125:
            raise RegisterError(_BAD_VALUE)
        values = {_TEMPERATURE: temperature, _HUMIDITY: self._humidity()}
        if function == _READ_HOLDING:
            values |= {key: _signed(value) for key, value in self._holding.items()}
        try:
            return b"".join(struct.pack(">h", values[at]) for at in range(register, register + count))
        except KeyError:
            raise RegisterError(_BAD_REGISTER) from None

    def write(self, register: int, value: int) -> None:
        """One holding register.

        Raises:
            RegisterError: a register that cannot be written, or an address outside 1 to 247.
        """
        if register not in self._holding:
            raise RegisterError(_BAD_REGISTER)
        if register == _ADDRESS and not 1 <= value <= 247:
            raise RegisterError(_BAD_VALUE)
        self._holding[register] = value

    def power_up(self) -> None:
        """Take over what takes effect at the next plug-in only."""
        self.address = self._holding[_ADDRESS]

    def centi_celsius(self, raw: int) -> int:
        """What a register value means, in hundredths of a degree."""
        return raw * 100 // self._scale if self._scale == 100 else raw * 10

    def _humidity(self) -> int:
        # An open door lets moist air in; that is enough life for a value that nobody judges.
        percent = 55.0 + self.zone.state.warm_air * 2 + _signed(self._holding[_OFFSET_HUMIDITY]) / 10
        return round(max(0.0, min(100.0, percent)) * self._scale)


class Bus:
    """The slaves behind one RS-485 adapter."""

    def __init__(self, link: PtyLink, common: Setting, slaves: Mapping[int, Slave], zones: Zones) -> None:
        """A bus at rest."""
        self._link, self._plan, self._zones = link, common.plan, zones
        self._slaves = dict(slaves)
        self._plugged = link.counters()["plugged"]
        self._line = FaultyLine(common.plan, spoil_check=_spoil_crc, late_seconds=common.late_seconds)
        self._truth = Truth(common.truth)
        self._heard = b""
        self._heard_at = 0.0
        self._counts = {"frames": 0, "requests": 0, "exceptions": 0, "not_for_us": 0, "octets_ignored": 0}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Hear the bus; requests are eight bytes, and silence ends whatever else was heard."""
        if octets:
            self._heard, self._heard_at = (self._heard + octets)[-_MOST_HEARD_OCTETS:], time.monotonic()
        elif self._heard and time.monotonic() - self._heard_at > _FRAME_GAP_SECONDS:
            self._unknown(self._heard, now_ms)
            self._heard = b""
        while len(self._heard) >= _REQUEST_OCTETS and _sound(self._heard[:_REQUEST_OCTETS]):
            request, self._heard = self._heard[:_REQUEST_OCTETS], self._heard[_REQUEST_OCTETS:]
            self._request(request, now_ms)

    def advance(self, now_ms: int) -> None:
        """Let the cabinets live; a new plug-in powers the slaves up."""
        self._zones.advance(now_ms)
        plugged = self._link.counters()["plugged"]
        if plugged != self._plugged:
            self._plugged, self._heard = plugged, b""
            for slave in self._slaves.values():
                slave.power_up()
            self._slaves = {slave.address: slave for slave in self._slaves.values()}

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey the commands of zones."""
        return self._zones.obey(command, request, now_ms)

    def counters(self) -> dict[str, object]:
        """Frames, requests, exceptions, and the readings served."""
        return {**self._counts, **self._truth.counters()}

    def _unknown(self, octets: bytes, now_ms: int) -> None:
        """What silence ended: noise, or a request of a function that no slave here has."""
        slave = self._slaves.get(octets[0])
        if len(octets) >= 4 and _sound(octets) and slave is not None:
            self._exception(slave, octets[1], _BAD_FUNCTION, now_ms)
        else:
            self._counts["octets_ignored"] += len(octets)

    def _request(self, request: bytes, now_ms: int) -> None:
        self._counts["requests"] += 1
        address, function, register, value = struct.unpack(">BBHH", request[:6])
        slave = self._slaves.get(address)
        if slave is None:
            self._counts["not_for_us"] += 1
            return
        try:
            self._serve(slave, function, register, value, now_ms)
        except RegisterError as error:
            self._exception(slave, function, error.code, now_ms)

    def _serve(self, slave: Slave, function: int, register: int, value: int, now_ms: int) -> None:
        """Answer a request for a slave that is here.

        Raises:
            RegisterError: a request that it answers with an exception.
        """
        if self._plan.strikes("busy", now_ms):
            raise RegisterError(_BUSY)
        if function in {_READ_HOLDING, _READ_INPUT}:
            self._read(slave, function, register, value, now_ms)
        elif function == _WRITE_ONE:
            slave.write(register, value)
            self._put(struct.pack(">BBHH", slave.address, function, register, value), now_ms)
        else:
            raise RegisterError(_BAD_FUNCTION)

    def _read(self, slave: Slave, function: int, register: int, count: int, now_ms: int) -> None:
        celsius, fault = self._zones.reading(slave.zone, now_ms, self._plan)
        raw = slave.encode(celsius)
        if self._plan.strikes("zero", now_ms):
            raw, fault = 0, "zero"
        elif self._plan.strikes("invalid", now_ms):
            raw, fault = _INVALID, "invalid"
        values = slave.read(register, count, temperature=raw, function=function)
        faults = self._put(bytes([slave.address, function, len(values)]) + values, now_ms)
        if register <= _TEMPERATURE < register + count:
            carried = None if fault == "invalid" else slave.centi_celsius(raw)
            self._truth.served(slave.zone.name, now_ms, carried, [fault, *faults])

    def _exception(self, slave: Slave, function: int, code: int, now_ms: int) -> None:
        self._counts["exceptions"] += 1
        self._put(bytes([slave.address, function | 0x80, code]), now_ms)

    def _put(self, octets: bytes, now_ms: int) -> tuple[str, ...]:
        """Answer, and name what went wrong on the way."""
        self._counts["frames"] += 1
        wrong = self._plan.strikes("wrong_slave", now_ms)
        if wrong:
            octets = bytes([octets[0] % 247 + 1]) + octets[1:]
        sent = self._line.send(with_crc(octets), now_ms)
        for emission in sent.emissions:
            self._link.send(emission.octets, after_seconds=_TURNAROUND_SECONDS + emission.after_seconds)
        return ("wrong_slave", *sent.faults) if wrong else sent.faults


def _sound(octets: bytes) -> bool:
    return modbus_crc(octets[:-2]) == octets[-2:]


def _spoil_crc(octets: bytes) -> bytes:
    return octets[:-1] + bytes([octets[-1] ^ 1 << random.Random(octets).randrange(8)])


def _signed(register: int) -> int:
    return register - 0x10000 if register >= 0x8000 else register


def slaves_of(zones: Zones, *, scale: int) -> dict[int, Slave]:
    """One slave a zone, by address.

    Raises:
        ValueError: a zone whose name is no slave address.
    """
    slaves: dict[int, Slave] = {}
    for zone in zones:
        if not zone.name.isdecimal() or not 1 <= int(zone.name) <= 247:
            raise ValueError(f"zone {zone.name!r}: a slave address is 1 to 247")
        slaves[int(zone.name)] = Slave(zone, address=int(zone.name), scale=scale)
    return slaves


def main() -> None:
    """Run the bus until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=9600)
    parser.add_argument("--zone", action="append", default=[], metavar="ADDRESS=KIND", help="repeatable; see zones.py")
    parser.add_argument("--scale", type=int, choices=(10, 100), default=10, help="counts a degree")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    try:
        zones = Zones(options.zone, seed=common.seed)
        slaves = slaves_of(zones, scale=options.scale)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    link = PtyLink(options.link, baud=options.baud)
    run(Bus(link, common, slaves, zones), link, common)


if __name__ == "__main__":
    main()
