"""A relay board that speaks Modbus RTU as an output: its coil is on while any alarm sounds here.

Modbus Application Protocol V1.1b3, §6.5 (05, write single coil: answered by an echo) and §6.1 (01, read coils); framing
and CRC as in Modbus over Serial Line V1.02 §2.5. The common USB and RS-485 relay boards speak it, and unlike those that
are only written to, they answer: a relay that is not there is known to be.
"""

from dataclasses import dataclass, field

import serial

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import RelaySettings
from gateway.wire.modbus_rtu_temp.crc import crc16

ANSWER_SECONDS = 1.0
TRIES = 2
_ON, _OFF = b"\xff\x00", b"\x00\x00"
_READ_COILS, _WRITE_COIL = 0x01, 0x05


@dataclass(slots=True)
class RelayOutput:
    """See the module."""

    settings: RelaySettings
    _sounding: set[tuple[str, str]] = field(default_factory=set, init=False)

    def tell(self, notice: Notice) -> None:
        """On with the first alarm that is raised, off when the last is acknowledged or over.

        Raises:
            OutputFailed: the board did not answer, or the coil does not obey.
        """
        if notice.phase == "raised":
            self._sounding.add(notice.key)
        else:
            self._sounding.discard(notice.key)
        self._set()

    def check(self) -> None:
        """Read the coil; and put it right, should it not be as it has to be.

        Raises:
            OutputFailed: the board does not answer, or the coil does not obey.
        """
        if self._is_on() != bool(self._sounding):
            self._set()

    def _set(self) -> None:
        wanted = bool(self._sounding)
        request = self._request(_WRITE_COIL, _ON if wanted else _OFF)
        self._ask(request, request)
        if self._is_on() != wanted:
            raise OutputFailed(f"expected coil {self.settings.coil} to be {'on' if wanted else 'off'}; it is not")

    def _is_on(self) -> bool:
        answer = self._ask(self._request(_READ_COILS, b"\x00\x01"), bytes([self.settings.slave, _READ_COILS, 1]))
        return bool(answer[3] & 1)

    def _request(self, function: int, value: bytes) -> bytes:
        told = bytes([self.settings.slave, function]) + self.settings.coil.to_bytes(2) + value
        return told + crc16(told)

    def _ask(self, request: bytes, expected: bytes) -> bytes:
        """Send, and read an answer that begins as `expected`; once more where the line was disturbed."""
        length = len(request) if request[1] == _WRITE_COIL else 6
        came = b""
        try:
            with serial.Serial(
                self.settings.port, self.settings.baud, timeout=ANSWER_SECONDS, write_timeout=1.0, exclusive=True
            ) as line:
                for _ in range(TRIES):
                    line.reset_input_buffer()
                    line.write(request)
                    came = bytes(line.read(length))
                    if came.startswith(expected) and crc16(came[:-2]) == came[-2:]:
                        return came
        except (OSError, ValueError) as error:
            raise OutputFailed(f"expected a relay board at {self.settings.port}; {error}") from error
        told = came.hex(" ") or "nothing"
        raise OutputFailed(f"expected {expected.hex(' ')} from slave {self.settings.slave}; got {told}")
