"""Modbus RTU temperature probes (XY-MD02, SHT20 and their clones), 9600 8N1, from the master's side of the line.

An answer only counts while a request is pending and fits it in slave, function and byte count. When a request may be
sent is `modbus_quiet`'s to decide.
"""

from dataclasses import dataclass, field

from typing_extensions import override

from gateway.wire.items import Item
from gateway.wire.modbus_rtu_temp.crc import holds
from gateway.wire.modbus_rtu_temp.line import ModbusLine, is_byte_count, misfit
from gateway.wire.modbus_rtu_temp.probe import Probe, Request, read_registers
from gateway.wire.stream import Spoilt, StreamDecoder


@dataclass(slots=True)
class ModbusDecoder(ModbusLine, StreamDecoder):
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
        if self.pending is None or not window.startswith(self._head, at) or not is_byte_count(self._head[2]):
            return at
        end = at + 5 + self._head[2]
        frame = window[at:end]
        if len(frame) != end - at or not holds(frame):
            return at
        items.append(read_registers(self.pending, frame[3:-2]))
        self.pending = None
        return end

    def give_up(self) -> None:
        """The pending request timed out: whatever comes for it now is too late."""
        self.pending = None

    @override
    def overheard(self, request: Request) -> None:
        # Our own, echoed on a two-wire line.
        del request

    @override
    def answers_pending(self, frame: bytes) -> Spoilt | Probe:
        if self.pending is None:
            return Spoilt(len(frame), "late answer: no request is pending")
        reason = misfit(frame, self.pending.request)
        if reason:
            return Spoilt(len(frame), reason)
        probe, self.pending = self.pending, None
        return probe
