"""LLRP readers, TCP 5084 (EPCglobal Low Level Reader Protocol 1.0.1 and 1.1), as the client hears them.

    reserved(3 bits) version(3) type(10)  |  length(32, this header included)  |  message id(32)  |  parameters …

Where messages begin and end is decided here, what their parameters are by `llrpkit`, and for tag reports in their usual
form by `llrp_report`, which is ten times as quick; a message whose parameters do not
fill it exactly is no message. Reports give tag reads, and an empty one is legal. A reader that has no clock set sends
its uptime instead of UTC, which is no claim of a time. The end of a ROSpec is the end of an inventory round. Messages
of the host, and answers of the reader, are signs of life; an answer that refuses is a fault.
"""

import re
from dataclasses import dataclass, field

from llrpkit.exceptions import LLRPError
from llrpkit.protocol import LLRPMessage, decode_message, enums, impinj, messages, params
from typing_extensions import override

from gateway.wire.frames import FrameDecoder
from gateway.wire.items import ROUND_FINISHED, Fault, Item, Status, TagRead
from gateway.wire.llrp_report import MAX_EPC_BYTES, ReportReader, claimed
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished

HEADER_BYTES = 10
MAX_MESSAGE_BYTES = 128 * 1024
"""The longest that readers send are their capabilities (some ten KiB) and reports of a thousand tags."""

_BEGINS = re.compile(rb"[\x04-\x0b]")
_TYPES = frozenset(
    {
        *(1, 2, 3, 4, 11, 12, 13, 14, 46, 47, 56, 57, 60, 61, 62, 63, 64, 72, 100, 1023),
        *range(20, 27),
        *range(30, 37),
        *range(40, 45),
        *range(50, 55),
    }
)
_BARE = {62, 72, 60, 64, 14, 26, 44}
"""Messages that are their header and nothing else: a length that says more is not theirs."""
_FROM_HOST = {1, 2, 3, 14, *range(20, 27), *range(40, 45), 46, 47, 60, 64, 72}
_REPORT = 61
_KEEPALIVES = (b"\x04\x3e", b"\x08\x3e")
"""How one begins, of LLRP 1.0.1 and 1.1."""
# A reader sends hundreds of keep-alives an hour, all alike but for their number, which the answer repeats.
_ACKNOWLEDGED = messages.KEEPALIVE_ACK().to_bytes(message_id=0)[:6]
_ALIVE = Frame(HEADER_BYTES, (Status("keepalive"),))


@dataclass(slots=True)
class LlrpDecoder(FrameDecoder):
    """See `ByteDecoder`. `take_replies` gives what must be sent back for the keep-alives that came."""

    head_bytes = 6
    _replies: bytearray = field(default_factory=bytearray, init=False)
    _reports: ReportReader = field(default_factory=ReportReader, init=False)

    def take_replies(self) -> bytes:
        """The KEEPALIVE_ACKs that are due; without them a reader hangs up."""
        due = bytes(self._replies)
        self._replies.clear()
        return due

    @override
    def seek(self, window: bytes, at: int) -> int:
        found = _BEGINS.search(window, at)
        return found.start() if found else len(window)

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        return _announced(window[at : at + self.head_bytes])

    @override
    def first_look(self, frame: bytes) -> Frame | Spoilt:
        # Each keep-alive must be answered, so none is known.
        if not frame.startswith(_KEEPALIVES):
            return FrameDecoder.first_look(self, frame)
        self._replies += _ACKNOWLEDGED + frame[6:10]
        return _ALIVE

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        kind = _kind(frame)
        if kind == _REPORT and (reads := self._reports.of_message(frame)):
            return Frame(len(frame), tuple(reads))
        try:
            message = decode_message(frame)
        except (LLRPError, ValueError) as error:
            return Spoilt(1, f"no message: {error}"[:200])
        return Frame(len(frame), tuple(meaning(message, kind)))

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        stride = int.from_bytes(frames[HEADER_BYTES + 2 : HEADER_BYTES + 4], "big")
        if _kind(frames) != _REPORT or length == HEADER_BYTES or not stride or (length - HEADER_BYTES) % stride:
            return []
        return self._reports.alike(
            b"".join(frames[at + HEADER_BYTES : at + length] for at in range(0, len(frames), length)), stride
        )


def _kind(message: bytes) -> int:
    return (message[0] & 3) << 8 | message[1]


def _announced(head: bytes) -> int | Spoilt | Unfinished:
    """The length of the message that begins so, if enough bytes tell, or why none begins here."""
    if len(head) < 2:
        return UNFINISHED
    kind = _kind(head)
    if kind not in _TYPES:
        return Spoilt(1, "no message type of LLRP")
    if len(head) < LlrpDecoder.head_bytes:
        return UNFINISHED
    length = int.from_bytes(head[2:6], "big")
    if not HEADER_BYTES <= length <= MAX_MESSAGE_BYTES or (kind in _BARE and length != HEADER_BYTES):
        return Spoilt(1, f"no message of type {kind} has {length} bytes")
    return length


def meaning(message: LLRPMessage, kind: int) -> list[Item]:
    """What a message that the library decoded says; `kind` is its type."""
    if isinstance(message, messages.RO_ACCESS_REPORT):
        reads = [_read(report) for report in message.tag_report_datas]
        return [*reads] or [Status("empty-report")]
    if isinstance(message, messages.READER_EVENT_NOTIFICATION):
        return _events(message.reader_event_notification_data)
    return [_answer(message, kind)]


def _answer(message: LLRPMessage, kind: int) -> Item:
    """What the reader answers to a request, or the request itself."""
    name = type(message).__name__
    if kind in _FROM_HOST:
        return Status("command", name)
    if isinstance(message, messages.GET_READER_CONFIG_RESPONSE):
        return _identified(message)
    status = getattr(message, "llrp_status", None)
    if isinstance(status, params.LLRPStatus) and status.status_code != enums.StatusCode.M_Success:
        return Fault(f"{name}: {_word(status.status_code)} {status.error_description}".rstrip()[:400])
    return Status("response", name)


def _identified(message: messages.GET_READER_CONFIG_RESPONSE) -> Status:
    """Which reader it is: its MAC address or its EPC. That it does not tell is no illness."""
    told = message.identification
    if told is None or not told.reader_id.strip(b"\x00"):
        return Status("response", type(message).__name__)
    return Status("device-id", told.reader_id.hex().upper())


def _read(report: params.TagReportData) -> Item:
    epc = report.epc_parameter.epc if isinstance(report.epc_parameter, params.EPC_96) else report.epc_parameter.epc.data
    if not 0 < len(epc) <= MAX_EPC_BYTES:
        return Status("tag-without-epc")
    antenna = report.antenna_id.antenna_id if report.antenna_id else 0
    rssi_dbm = float(report.peak_rssi.peak_rssi) if report.peak_rssi else None
    tid = None
    for extra in report.custom:
        if isinstance(extra, impinj.ImpinjPeakRSSI):
            rssi_dbm = extra.rssi / 100
        elif isinstance(extra, impinj.ImpinjSerializedTID):
            tid = b"".join(word.to_bytes(2, "big") for word in extra.t_id).hex().upper() or None
    seen = report.last_seen_timestamp_utc or report.first_seen_timestamp_utc
    return TagRead(epc.hex().upper(), antenna, rssi_dbm, tid, claimed(seen.microseconds) if seen else None)


def _events(told: params.ReaderEventNotificationData) -> list[Item]:
    """Every event of a notification; one of a kind that is not known here is a sign of life."""
    items: list[Item] = []
    if told.connection_attempt_event is not None:
        items.append(_connection(told.connection_attempt_event.status))
    if told.connection_close_event is not None:
        items.append(Status("terminated", "the reader closes the connection"))
    if told.antenna_event is not None:
        items.append(_antenna(told.antenna_event))
    if told.reader_exception_event is not None:
        ill = told.reader_exception_event
        items.append(Fault(f"exception: {ill.message}"[:400], ill.antenna_id.antenna_id if ill.antenna_id else 0))
    if told.report_buffer_overflow_error_event is not None:
        items.append(Fault("overflow: the reader dropped reports"))
    if told.report_buffer_level_warning_event is not None:
        items.append(Status("report-buffer", "filling"))
    if told.ro_spec_event is not None:
        ended = told.ro_spec_event.event_type == enums.ROSpecEventType.End_Of_ROSpec
        items.append(Status(ROUND_FINISHED if ended else "round-began", f"ROSpec {told.ro_spec_event.ro_spec_id}"))
    return items or [Status("event")]


def _connection(status: int) -> Item:
    if status == enums.ConnectionAttemptStatusType.Success:
        return Status("connected")
    return Fault(f"connection refused: {_word(status)}")


def _antenna(event: params.AntennaEvent) -> Item:
    if event.event_type == enums.AntennaEventType.Antenna_Disconnected:
        return Fault(f"antenna {event.antenna_id} disconnected", event.antenna_id)
    return Status("antenna-connected", "", event.antenna_id)


def _word(code: int) -> str:
    """A code's name in the standard, where it has one."""
    return getattr(code, "name", str(code))
