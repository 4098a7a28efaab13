"""A0 readers (Impinj R2000 and Indy modules, many brands), 115200 8N1 (vendor "UHF RFID Reader Serial Interface" V3.7).

    A0  Len  Address  Cmd  data  Check        Len counts what follows it; the whole frame sums to zero

Four or eight antennas. A tag of an inventory (89, 8A, 8B) is `FreqAnt PC EPC RSSI`: FreqAnt holds the frequency's index
and the antenna's low two bits; readers with eight antennas put the third one into the RSSI's highest bit, which no
strength needs. Inventories end with a frame of Len 0A, errors have Len 04, or 05 where they name an antenna.
A reader and its host use the same header: answers are recognised by their form, and what is no answer is a command.
"""

from dataclasses import dataclass
from zlib import adler32

from typing_extensions import override

from gateway.wire import gen2, r2000_codes
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import NO_TAG, ROUND_FINISHED, Fault, Item, Status, TagRead
from gateway.wire.r2000_codes import ANTENNA_MISSING, ERRORS, SUCCESS
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Unfinished

ANY_ADDRESS = 0xFF
RESET, FIRMWARE, SET_ANTENNA, IDENTIFIER, TEMPERATURE = 0x70, 0x72, 0x74, 0x68, 0x7B
TEMPORARY_POWER = 0x66
INVENTORY, REAL_TIME, FAST_SWITCH, SESSION_INVENTORY = 0x80, 0x89, 0x8A, 0x8B

_HEADER = 0xA0
_FEWEST = 3
_STREAMED = {REAL_TIME, FAST_SWITCH, SESSION_INVENTORY}
_STREAMED_CODES = bytes(_STREAMED)
_BUFFERED = {0x90, 0x91}
# What a host asks with these is short: what is longer tells of a tag, and of none where the tag's own CRC fails.
_READ = 0x81
_TOLD_OF_TAGS = {*_STREAMED, *_BUFFERED, _READ}
_ACCESSED = {_READ: "read", 0x82: "write", 0x83: "lock", 0x84: "kill", 0x94: "block-write"}
_RSSI_AT_ZERO_DBM = 129
_DBM = tuple(float(strength - _RSSI_AT_ZERO_DBM) for strength in range(128))
# The vendor's table: -99 to -31 dBm. Outside, two bytes too many are no phase: the PC is wrong.
_STRENGTHS = range(30, 99)
_ROUND_END_BYTES = 7
_BUFFERED_ROUND_BYTES = 9
_TAG_BYTES = 4
# A frame, and in it antenna, PC and strength.
_TAG_OVERHEAD = 9
_PHASE_BYTES = 2
_TID_BYTES = 12


def command(code: int, parameters: bytes = b"", *, address: int = ANY_ADDRESS) -> bytes:
    """The frame that tells the reader to do something."""
    frame = bytes((_HEADER, len(parameters) + 3, address, code)) + parameters
    return frame + bytes((-sum(frame) & 0xFF,))


def fast_switch(antennas: tuple[int, ...]) -> bytes:
    """One round over the antennas (from 1), each once; four places on a reader of four, eight on one of eight."""
    places = 4 if max(antennas) <= 4 else 8
    stays = [(antenna - 1, 1) for antenna in antennas] + [(0xFF, 0)] * (places - len(antennas))
    # No pause between antennas, and the whole order once.
    return command(FAST_SWITCH, bytes(octet for stay in stays for octet in stay) + b"\x00\x01")


@dataclass(slots=True)
class R2000Decoder(FrameDecoder):
    """See `ByteDecoder`."""

    head_bytes = 2

    @override
    def seek(self, window: bytes, at: int) -> int:
        found = at if window[at] == _HEADER else window.find(_HEADER, at)
        return found if found >= 0 else len(window)

    @override
    def extent(self, window: bytes, at: int) -> int | Spoilt | Unfinished:
        if len(window) - at < 2:
            return UNFINISHED
        return Spoilt(1, "frame length") if window[at + 1] < _FEWEST else window[at + 1] + 2

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        if adler32(frame, 0) & 0xFF:
            return Spoilt(1, "checksum")
        code, body = frame[3], frame[4:-1]
        items = _answer(code, body)
        if items is None and code in _TOLD_OF_TAGS and not _could_be_asked(code, body):
            return Spoilt(len(frame), "tag length" if code in _STREAMED else "tag crc")
        return Frame(len(frame), items or (_command(code, body),))

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        size, places = length - _TAG_OVERHEAD, range(0, len(frames), length)
        if frames[3::length].strip(_STREAMED_CODES) or frames[5::length].strip(gen2.pcs(size)):
            return []
        if {adler32(frames[at : at + length], 0) & 0xFF for at in places} != {0}:
            return []
        told, first, end = frames.hex().upper(), 14, 14 + 2 * size
        heard = zip(places, frames[4::length], frames[length - 2 :: length], strict=True)
        return [
            TagRead(told[2 * at + first : 2 * at + end], *_heard(freq_ant, strength))
            for at, freq_ant, strength in heard
        ]


def _answer(code: int, body: bytes) -> tuple[Item, ...] | None:
    """What a frame says as a reader's; None where no reader says that."""
    if not body:
        return None
    if len(body) == 1 and (body[0] in ERRORS or body[0] == SUCCESS):
        return None if r2000_codes.sets(code, body[0]) else (_outcome(code, body[0]),)
    if code in _STREAMED:
        return _streamed(code, body)
    if code in _BUFFERED:
        return _buffered(body)
    return _accessed(_ACCESSED[code], body) if code in _ACCESSED else _told(code, body)


def _streamed(code: int, body: bytes) -> tuple[Item, ...] | None:
    if len(body) == 2:
        # Only the fast switch names the antenna of an error, from 0.
        return (_outcome(code, body[1], antenna=body[0] + 1),) if body[1] in ERRORS else None
    if len(body) == _ROUND_END_BYTES:
        if code == FAST_SWITCH:
            return (_round(0, body[:3], "reads"),)
        return (_round(body[0] + 1, body[3:], "reads"),)
    tag = _tag(body)
    return None if tag is None else (tag,)


def _tag(body: bytes) -> TagRead | None:
    """`FreqAnt PC EPC RSSI`, after which some readers add the phase, and after the EPC the TID if asked (8C)."""
    if len(body) < _TAG_BYTES:
        return None
    size = gen2.epc_bytes(body[1])
    beyond = len(body) - _TAG_BYTES - size
    if not size or beyond not in {0, _PHASE_BYTES, _TID_BYTES}:
        return None
    epc, tid = body[3 : 3 + size], body[3 + size : -1] if beyond == _TID_BYTES else b""
    strength = body[3 + size] if beyond == _PHASE_BYTES else body[-1]
    if beyond == _PHASE_BYTES and strength not in _STRENGTHS:
        return None
    epc = gen2.without_extension(body[1], epc)
    if not epc:
        return None
    antenna, rssi_dbm = _heard(body[0], strength)
    return TagRead(gen2.number(epc), antenna, rssi_dbm, gen2.number(tid) or None)


def _heard(freq_ant: int, strength: int) -> tuple[int, float]:
    """Antenna and dBm."""
    return (freq_ant & 3) + 1 + (strength >> 7) * 4, _DBM[strength & 0x7F]


def _buffered(body: bytes) -> tuple[Item, ...] | None:
    """`TagCount(2) DataLen PC EPC CRC RSSI FreqAnt InvCount`: one tag of the reader's buffer."""
    if len(body) < 6 or len(body) != body[2] + 6:
        return None
    tag, (strength, freq_ant, _) = body[3:-3], body[-3:]
    epc = _checked_epc(tag)
    if epc is None:
        return None
    antenna, rssi_dbm = _heard(freq_ant, strength)
    return (TagRead(epc, antenna, rssi_dbm),)


def _accessed(name: str, body: bytes) -> tuple[Item, ...] | None:
    """`TagCount(2) DataLen PC EPC CRC [data] ReadLen|ErrorCode FreqAnt Count`: one tag's answer to an access."""
    if len(body) < 10 or len(body) != body[2] + 6:
        return None
    size = gen2.epc_bytes(body[3])
    end = 3 + gen2.PC_BYTES + size + gen2.CRC_BYTES
    epc = _checked_epc(body[3:end])
    if epc is None:
        return None
    antenna = (body[-2] & 3) + 1
    if name == "read":
        content = body[end:-3].hex().upper()
        return TagRead(epc, antenna), Status("answer", f"read {content}", antenna, epc)
    outcome = body[-3]
    if outcome == SUCCESS:
        return TagRead(epc, antenna), Status("answer", f"{name}: success", antenna, epc)
    return (Status("refused", f"{name}: error {outcome:02X}: {ERRORS.get(outcome, 'unknown')}", antenna, epc),)


def _checked_epc(tag: bytes) -> str | None:
    """The EPC of `PC EPC CRC`, if the tag's own check holds."""
    if len(tag) < 6 or len(tag) != gen2.epc_bytes(tag[0]) + 4 or not gen2.tag_crc_holds(tag):
        return None
    return gen2.number(gen2.without_extension(tag[0], tag[2:-2])) or None


def _round(antenna: int, count: bytes, what: str) -> Status:
    return Status(ROUND_FINISHED, f"{int.from_bytes(count, 'big')} {what}", antenna)


def _outcome(code: int, outcome: int, antenna: int = 0) -> Status | Fault:
    name = r2000_codes.name(code)
    if outcome == SUCCESS:
        return Status("answer", f"{name}: success")
    if outcome == r2000_codes.NO_TAG:
        return Status(NO_TAG)
    told = f"error {outcome:02X}: {ERRORS[outcome]}"
    if outcome in r2000_codes.ILL:
        return Fault(told if outcome == ANTENNA_MISSING else f"{name}: {told}", antenna)
    return Status("refused", f"{name}: {told}", antenna)


def _told(code: int, body: bytes) -> tuple[Item, ...] | None:
    if code == TEMPERATURE and len(body) == 2:
        celsius = float(body[1] if body[0] else -body[1])
        return (Status("temperature", "of the reader itself", celsius=celsius),)
    if code == FIRMWARE and len(body) == 2:
        return (Status("module-info", f"firmware {body[0]}.{body[1]}"),)
    if code == INVENTORY and len(body) == _BUFFERED_ROUND_BYTES:
        return (_round(body[0] + 1, body[1:3], "tags in the buffer"),)
    if code == IDENTIFIER:
        return (Status("device-id", body.hex().upper()),)
    if r2000_codes.tells(code, len(body)):
        return (Status("answer", f"{r2000_codes.name(code)} {body.hex().upper()}"),)
    return None


def _could_be_asked(code: int, body: bytes) -> bool:
    """Whether a host's command has that form: repeat; session, target, repeat; antennas with their stays; words."""
    if code == REAL_TIME or code in _BUFFERED:
        return len(body) <= 1
    if code == _READ:
        # Memory, first word, words; newer firmware: a password behind them.
        return len(body) <= 7
    if code == SESSION_INVENTORY:
        return len(body) <= 6
    # Antennas and stays in pairs, then the pause and the repeats: an even number, which no tag frame has.
    return len(body) in {0, 10, 18} or (len(body) > 18 and body[0] in {*range(8), 0xFF})


def _command(code: int, body: bytes) -> Status:
    return Status("command", f"{r2000_codes.name(code)} {body.hex().upper()}".rstrip())
