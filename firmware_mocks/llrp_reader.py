"""A network RFID reader that speaks LLRP 1.0.1 (EPCglobal), on a TCP port of this machine.

    python -m firmware_mocks.llrp_reader [--tcp 5084] [--uptime] [--antennas 4] [--mac 001625000001]

It announces every connection, takes one ROSpec, and once that is enabled reports its field every period of the ROSpec:
a report (an empty one over an empty shelf) and the event that the ROSpec has ended. It sends keep-alives as it was
asked and hangs up on a host that acknowledges none of three. `--uptime` is a reader whose clock was never set.

Commands: `field`; `{"cmd": "antenna", "antenna": 2, "connected": false}` sends the event and hides that antenna's tags.
Faults: those of a field, and below.
"""

import struct
import time

from firmware_mocks.clock import Pace
from firmware_mocks.control import CommandError, Request, Setting, common_options, flag, number, run, setting
from firmware_mocks.field import FIELD_FAULTS, Field, Read
from firmware_mocks.tcp_link import TcpLink

FAULTS = {
    **FIELD_FAULTS,
    "silence": "neither reports nor keep-alives while this lasts, as a reader that hangs",
    "cut": "the connection breaks in the middle of a report",
    "refuse": "ADD_ROSPEC is refused with a parameter error",
    "overflow": "reports were dropped",
}

_HEADER = struct.Struct(">HII")
_VERSION = 1 << 10
_ANSWERS = {1: 11, 2: 12, 3: 13, 14: 4, 20: 30, 21: 31, 22: 32, 23: 33, 24: 34, 25: 35, 26: 36}
_REPORT, _KEEPALIVE, _EVENT, _ERROR = 61, 62, 63, 100
_GET_CONFIG, _SET_CONFIG, _ADD, _DELETE, _ENABLE, _DISABLE, _CLOSE, _ACK = 2, 3, 20, 21, 24, 25, 14, 72
_PARAMETER_ERROR, _UNSUPPORTED = 100, 109
_MISSED_ACKS = 3
_FLOOR_SECONDS = 0.05


def tlv(kind: int, content: bytes) -> bytes:
    """A parameter with a length."""
    return struct.pack(">HH", kind, 4 + len(content)) + content


def tv(kind: int, content: bytes) -> bytes:
    """A parameter of fixed length."""
    return bytes([0x80 | kind]) + content


def message(kind: int, content: bytes, *, number_: int) -> bytes:
    """A whole message."""
    return _HEADER.pack(_VERSION | kind, _HEADER.size + len(content), number_) + content


def status(code: int = 0, words: str = "") -> bytes:
    """LLRPStatus."""
    text = words.encode()
    return tlv(287, struct.pack(">HH", code, len(text)) + text)


def parameters(content: bytes) -> dict[int, bytes]:
    """The TLV parameters that fill some bytes, by type; the last of a type."""
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(content):
        kind, length = struct.unpack_from(">HH", content, at)
        if length < 4:
            break
        found[kind & 0x3FF] = content[at + 4 : at + length]
        at += length
    return found


class Reader:
    """The reader, from connection to report."""

    def __init__(self, link: TcpLink, common: Setting, *, antennas: int, uptime: bool, mac: bytes = b"") -> None:
        """A reader without a ROSpec; `mac` is what it tells of itself."""
        self._mac = mac
        self._link, self._plan, self._antennas, self._uptime = link, common.plan, antennas, uptime
        self._field = Field(common.plan, seed=common.seed)
        self._started = time.monotonic()
        self._typed = b""
        self._numbers = 0
        self._used: tuple[int, ...] = ()
        self._off: set[int] = set()
        self._pace: Pace | None = None
        self._period_ms = 1000
        self._keepalive_seconds = 0.0
        self._kept_alive_at = 0.0
        self._unanswered = 0
        self._counts = {"rounds": 0, "reports": 0, "acks": 0, "refused": 0}

    def receive(self, octets: bytes, now_ms: int) -> None:
        """Answer every whole message."""
        self._typed += octets
        while len(self._typed) >= _HEADER.size:
            head, length, number_ = _HEADER.unpack_from(self._typed)
            if len(self._typed) < length:
                return
            content, self._typed = self._typed[_HEADER.size : length], self._typed[length:]
            self._answer(head & 0x3FF, content, number_, now_ms)

    def advance(self, now_ms: int) -> None:
        """Greet, keep alive, and take inventory when it is time."""
        if self._link.just_connected():
            self._typed, self._pace, self._keepalive_seconds, self._unanswered = b"", None, 0.0, 0
            self._event(now_ms, tlv(256, b"\x00\x00"))
        if not self._link.is_connected() or self._plan.strikes("silence", now_ms):
            return
        self._keep_alive()
        if self._plan.strikes("overflow", now_ms):
            self._event(now_ms, tlv(251, b""))
        if self._pace is not None and self._pace.due(now_ms):
            self._inventory(now_ms)

    def obey(self, command: str, request: Request, now_ms: int) -> dict[str, object]:
        """Obey `field` and `antenna`."""
        if command == "field":
            self._field.replace(request)
            return {"tags": len(self._field.tags)}
        if command == "antenna":
            antenna, connected = round(number(request, "antenna")), flag(request, "connected")
            (self._off.discard if connected else self._off.add)(antenna)
            self._event(now_ms, tlv(255, struct.pack(">BH", connected, antenna)))
            return {"disconnected": sorted(self._off)}
        raise CommandError(f"unknown command {command!r}")

    def counters(self) -> dict[str, object]:
        """Rounds, reports, acknowledgements, and refused requests."""
        return {**self._counts}

    def _answer(self, kind: int, content: bytes, number_: int, now_ms: int) -> None:
        if kind == _ACK:
            self._unanswered = 0
            self._counts["acks"] += 1
            return
        answer, refusal = _ANSWERS.get(kind, _ERROR), b""
        if answer == _ERROR:
            refusal = status(_UNSUPPORTED, "no such message")
        elif kind == _ADD and self._plan.strikes("refuse", now_ms):
            refusal = status(_PARAMETER_ERROR, "ROSpec")
        else:
            self._obey_host(kind, content)
        self._counts["refused"] += bool(refusal)
        told = self._identification() if kind == _GET_CONFIG else b""
        self._link.send(message(answer, refusal or status() + told, number_=number_))
        if kind == _CLOSE:
            self._link.hang_up()

    def _identification(self) -> bytes:
        """The MAC address (type 0), as far as it has one."""
        return tlv(218, struct.pack(">BH", 0, len(self._mac)) + self._mac) if self._mac else b""

    def _obey_host(self, kind: int, content: bytes) -> None:
        if kind == _SET_CONFIG:
            self._configure(content[1:])
        elif kind in {_DELETE, _DISABLE}:
            self._pace = None
        elif kind == _ADD:
            self._take_rospec(parameters(content)[177])
        elif kind == _ENABLE:
            self._pace = Pace(self._period_ms, floor_seconds=_FLOOR_SECONDS)

    def _configure(self, content: bytes) -> None:
        keepalive = parameters(content).get(220)
        if keepalive:
            periodic, period_ms = struct.unpack(">BI", keepalive)
            self._keepalive_seconds = period_ms / 1000 if periodic else 0.0
            self._kept_alive_at = time.monotonic()

    def _take_rospec(self, content: bytes) -> None:
        inner = parameters(content[6:])
        boundary = parameters(inner[178])
        trigger = boundary[179]
        if trigger[0] == 2:
            _, self._period_ms = struct.unpack_from(">II", parameters(trigger[1:])[180])
        (count,) = struct.unpack_from(">H", inner[183])
        listed = struct.unpack_from(f">{count}H", inner[183], 2)
        self._used = tuple(range(1, self._antennas + 1)) if listed == (0,) else listed

    def _keep_alive(self) -> None:
        if not self._keepalive_seconds or time.monotonic() - self._kept_alive_at < self._keepalive_seconds:
            return
        self._kept_alive_at = time.monotonic()
        self._unanswered += 1
        if self._unanswered > _MISSED_ACKS:
            self._link.hang_up()
            return
        self._link.send(message(_KEEPALIVE, b"", number_=self._next()))

    def _inventory(self, now_ms: int) -> None:
        self._counts["rounds"] += 1
        seen = [read for read in self._field.round(now_ms) if read.tag.antenna in self._used]
        reports = b"".join(self._tag(read, now_ms) for read in seen if read.tag.antenna not in self._off)
        report = message(_REPORT, reports, number_=self._next())
        self._counts["reports"] += 1
        if self._plan.strikes("cut", now_ms):
            self._link.send(report[: len(report) // 2])
            self._link.hang_up()
            return
        self._link.send(report)
        self._event(now_ms, tlv(249, struct.pack(">BII", 1, 1, 0)))

    def _tag(self, read: Read, now_ms: int) -> bytes:
        epc = read.reported_epc
        content = tv(13, epc) if len(epc) == 12 else tlv(241, struct.pack(">H", len(epc) * 8) + epc)
        content += tv(1, struct.pack(">H", read.tag.antenna)) + tv(6, struct.pack(">b", round(read.rssi_dbm)))
        return tlv(240, content + (tv(5, self._age()) if self._uptime else tv(4, struct.pack(">Q", now_ms * 1000))))

    def _event(self, now_ms: int, event: bytes) -> None:
        when = tlv(129, self._age()) if self._uptime else tlv(128, struct.pack(">Q", now_ms * 1000))
        self._link.send(message(_EVENT, tlv(246, when + event), number_=self._next()))

    def _age(self) -> bytes:
        return struct.pack(">Q", int((time.monotonic() - self._started) * 1_000_000))

    def _next(self) -> int:
        self._numbers += 1
        return self._numbers


def main() -> None:
    """Run the reader until stdin ends."""
    parser = common_options(__doc__ or "")
    parser.add_argument("--tcp", type=int, default=0, help="port to listen on; 0 takes a free one, told as `link`")
    parser.add_argument("--antennas", type=int, default=4, help="how many ports it has")
    parser.add_argument("--mac", type=bytes.fromhex, default=b"", help="what it tells of itself, in hex")
    parser.add_argument("--uptime", action="store_true", help="its clock was never set")
    options = parser.parse_args()
    common = setting(options, faults=FAULTS)
    link = TcpLink(options.tcp)
    reader = Reader(link, common, antennas=options.antennas, uptime=options.uptime, mac=options.mac)
    run(reader, link, common)


if __name__ == "__main__":
    main()
