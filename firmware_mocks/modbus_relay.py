"""A relay board on RS-485 or USB, Modbus RTU, 9600 8N1: eight coils.

    python -m firmware_mocks.modbus_relay --link /tmp/by-id/usb-relay [--slave 1]

Function 05 (write single coil: FF00 on, 0000 off, answered by an echo) and 01 (read coils), as in the Modbus
Application Protocol V1.1b3 §6.5 and §6.1. Exceptions 01 function, 02 coil, 03 value. A frame with a bad CRC, or for
another slave, is not answered. Command: `{"cmd": "coils"}`: which are on. Faults: `silence`, `checksum`; `welded`: it
answers, and the coil stays as it was.
"""

from firmware_mocks.control import CommandError, Request, Setting, common_options, run, serial_options, setting
from firmware_mocks.links import PtyLink
from firmware_mocks.modbus_sht20 import with_crc

FAULTS = {
    "silence": "nothing is answered",
    "checksum": "one bit of the answer's check value is wrong",
    "welded": "the coil stays as it was, although the answer says otherwise",
}
COILS = 8
_READ_COILS, _WRITE_COIL = 0x01, 0x05
_VALUES = {0xFF00: True, 0x0000: False}
_REQUEST_OCTETS = 8


class RelayBoard:
    """The coils and the line."""

    def __init__(self, link: PtyLink, common: Setting, *, slave: int) -> None:
        """All coils off."""
        self._link, self._plan, self._slave = link, common.plan, slave
        self._coils = [False] * COILS
        self._heard = b""
        self._frames = 0

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Take requests of eight octets; what is none is passed over octet by octet."""
        self._heard += octets
        while len(self._heard) >= _REQUEST_OCTETS:
            request = self._heard[:_REQUEST_OCTETS]
            if with_crc(request[:-2]) != request:
                self._heard = self._heard[1:]
                continue
            self._heard = self._heard[_REQUEST_OCTETS:]
            if request[0] == self._slave:
                self._answer(request, now_ms)

    def _answer(self, request: bytes, now_ms: int) -> None:
        self._frames += 1
        if self._plan.strikes("silence", now_ms):
            return
        answer = with_crc(self._obeyed(request, now_ms))
        if self._plan.strikes("checksum", now_ms):
            answer = answer[:-1] + bytes([answer[-1] ^ 1])
        self._link.send(answer)

    def _obeyed(self, request: bytes, now_ms: int) -> bytes:
        function, coil = request[1], int.from_bytes(request[2:4], "big")
        value = int.from_bytes(request[4:6], "big")
        if function not in {_READ_COILS, _WRITE_COIL}:
            return bytes([request[0], function | 0x80, 1])
        if coil >= COILS:
            return bytes([request[0], function | 0x80, 2])
        if function == _READ_COILS:
            return bytes([request[0], function, 1, self._coils[coil]])
        if value not in _VALUES:
            return bytes([request[0], function | 0x80, 3])
        if not self._plan.strikes("welded", now_ms):
            self._coils[coil] = _VALUES[value]
        return request[:-2]

    def advance(self, now_ms: int) -> None:
        """Nothing happens by itself."""

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `coils`."""
        del request, now_ms
        if command != "coils":
            raise CommandError(f"unknown command {command!r}")
        return {"on": [number for number, is_on in enumerate(self._coils) if is_on]}

    def counters(self) -> dict[str, object]:
        """Requests that were for this board."""
        return {"frames": self._frames}


def main() -> None:
    """Run the board until stdin ends."""
    parser = common_options(__doc__ or "")
    serial_options(parser, baud=9600)
    parser.add_argument("--slave", type=int, default=1, help="its address, 1 to 247")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = PtyLink(options.link, baud=options.baud)
    run(RelayBoard(link, common, slave=options.slave), link, common)


if __name__ == "__main__":
    main()
