"""What is said on the line of a Modbus RTU temperature probe (Modbus over serial line V1.02, 2.5.1).

Slave, function, content, CRC-16. An answer says neither which request nor which register it answers, so what it says
depends on what was asked before: the reader of a line knows that, and the master is another one than the listener.
"""

from abc import abstractmethod

from gateway.wire.items import Fault, Status
from gateway.wire.modbus_rtu_temp.crc import holds
from gateway.wire.modbus_rtu_temp.probe import Probe, Request, read_registers
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished, Verdict

_MAX_REGISTERS = 8
READS = (3, 4)
_WRITE, _WRITE_MANY = 6, 16
_WRITES = (_WRITE, _WRITE_MANY)
_FUNCTIONS = (*READS, *_WRITES)
EXCEPTION = 0x80
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


class ModbusLine:
    """Reads the frames of a line one by one, for a decoder that knows what was asked before."""

    __slots__ = ()

    @abstractmethod
    def answers_pending(self, frame: bytes) -> Spoilt | Probe:
        """The probe whose answer this is, or why it is nobody's. It has had its answer then."""

    @abstractmethod
    def overheard(self, request: Request) -> None:
        """A request came by."""

    def is_measurement(self, frame: bytes) -> bool:
        """Whether an answer's registers are measured values; a master only asks for such."""
        del frame
        return True

    def seek(self, window: bytes, at: int) -> int:
        """See `StreamDecoder.seek`: any byte may be a slave's number."""
        del window
        return at

    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        """How many bytes the frame at `at` has."""
        head = window[at + 1 : at + 3]
        function = head[0] & ~EXCEPTION if head else _WRITE
        if function not in _FUNCTIONS:
            return Spoilt(1, "no such function")
        if len(head) < 2:
            return UNFINISHED
        if head[0] & EXCEPTION:
            return 5
        if function in READS:
            return 5 + head[1] if is_byte_count(head[1]) else 8
        return 8 if function == _WRITE else _length_of_many(window[at : at + 8])

    def judge(self, window: bytes, at: int) -> Verdict:
        """See `StreamDecoder.judge`."""
        length = self.extent(window, at)
        if not isinstance(length, int):
            return length
        frame = window[at : at + length]
        if len(frame) < length:
            return UNFINISHED
        return self.meaning(frame) if holds(frame) else Spoilt(1, "crc")

    def meaning(self, frame: bytes) -> Frame | Spoilt:
        """What a whole frame with a good CRC says."""
        slave, function = frame[0], frame[1]
        if function & ~EXCEPTION in _WRITES:
            return Frame(len(frame), (_written(frame),))
        if not function & EXCEPTION and not is_byte_count(frame[2]):
            self.overheard(Request.read(frame))
            return Frame(len(frame), (Status("request", frame.hex().upper()),))
        if not self.is_measurement(frame):
            return Frame(len(frame), (Status("registers", frame[3:-2].hex().upper()),))
        probe = self.answers_pending(frame)
        if isinstance(probe, Spoilt):
            return probe
        item = _exception(slave, frame[2]) if function & EXCEPTION else read_registers(probe, frame[3:-2])
        return Frame(len(frame), (item,))


def misfit(frame: bytes, asked: Request) -> str:
    """Why an answer is not that request's; empty if it may be."""
    slave, function = frame[0], frame[1] & ~EXCEPTION
    if slave != asked.slave:
        return f"answer of slave {slave} to a request for slave {asked.slave}"
    if function != asked.function:
        return f"answer to function {function}, asked {asked.function}"
    if not frame[1] & EXCEPTION and frame[2] != 2 * asked.count:
        return f"byte count {frame[2]}, asked for {2 * asked.count}"
    return ""


def _length_of_many(frame: bytes) -> int | Unfinished:
    """A write of several registers says their bytes; its answer has eight, and only its check tells them apart."""
    if len(frame) < 8:
        return UNFINISHED
    if holds(frame):
        return 8
    return 9 + frame[6] if frame[6] == 2 * frame[5] and 0 < frame[6] <= 2 * _MAX_REGISTERS else 8


def is_byte_count(byte: int) -> bool:
    """Whether the third byte is an answer's byte count; else it is the high byte of a register that is asked for.

    Our own requests come back as an echo on a two-wire line. These probes have no registers from 0200 on.
    """
    return byte % 2 == 0 and 0 < byte <= 2 * _MAX_REGISTERS


def _written(frame: bytes) -> Status | Fault:
    slave, function = frame[0], frame[1]
    if function & EXCEPTION:
        return _exception(slave, frame[2])
    register, value = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    told = f"{value}" if function == _WRITE else f"{value} registers"
    return Status("register-written", f"slave {slave} register {register} = {told}")


def _exception(slave: int, code: int) -> Status | Fault:
    if code in _BUSY:
        return Status("exception", f"slave {slave}: exception {code}: {_BUSY[code]}")
    return Fault(f"slave {slave}: exception {code}: {_EXCEPTIONS.get(code, 'unknown')}")
