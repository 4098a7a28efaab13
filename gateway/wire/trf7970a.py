"""Texas Instruments TRF7970A evaluation modules: ASCII lines, 115200 8N1 (user's guide SLOU321A, firmware revision 3).

    host     01 LL 00 03 04 CMD parameters 00 00     as hex digits; LL counts the bytes, 01 included
    module   a sentence, then `[UID,RSSI]` for each slot of an inventory: `[,40]` is empty, `z` a collision

Nothing here has a checksum, so a UID counts only when it is heard twice.
"""

import re
from dataclasses import dataclass, field

from gateway.wire import iso15693
from gateway.wire.items import Item, Status, TagRead
from gateway.wire.stream import UNFINISHED, Frame, Spoilt, Verdict

MAX_LINE_BYTES = 600
"""The module's buffer has 300 bytes, two digits each."""
MOST_UIDS = 4096

ENDS = b"\r\n \0"
"""What may stand between two lines."""
_OPENINGS = {b"[", b"("}
_BROKEN = re.compile(rb"[\r\n\[(]")
_HOST = re.compile(rb"01([0-9A-Fa-f]{2})000304")
_HOST_HEAD, _ANY = b"01??000304", ord("?")
_DIGITS = frozenset(b"0123456789abcdefABCDEF")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})*\Z")
_BRACKETS = {0x5B: b"]", 0x28: b")"}
_TEXT_FEWEST = 3
_PRINTABLE = bytes(range(0x20, 0x7F))
# What the module says without ending the line.
_SENTENCES = re.compile(
    rb"AGC Toggle|AM PM Toggle|Reader (?:en|dis)abled\.|(?:External|Internal) clock\.|Tag emulation\.|TRF79[67]\dA EVM"
)
_UNMISTAKABLE = {"command", "module-info", "empty-slot"}
_COMMANDS = {
    0x03: "enable",
    0x10: "write-registers",
    0x11: "write-registers",
    0x12: "read-registers",
    0x13: "read-registers",
    0x14: "inventory",
    0x15: "direct-command",
    0x16: "raw",
    0x17: "reset",
    0x18: "request",
    0xF0: "gain-control",
    0xF1: "input",
    0xF2: "power",
    0xFE: "firmware",
    0xFF: "initialise",
}


def command(code: int, parameters: bytes = b"") -> bytes:
    """The line that tells the module to do something."""
    body = b"\x00\x03\x04" + bytes((code,)) + parameters + b"\x00\x00"
    return (b"\x01" + bytes((len(body) + 2,)) + body).hex().upper().encode()


INITIALISE = command(0xFF)
SET_ISO15693 = (command(0x10, b"\x00\x21\x01\x00"), command(0xF0, b"\x00"), command(0xF1, b"\xff"))
"""One after the other: protocol and full power, automatic gain, amplitude input."""
INVENTORY = command(0x14, b"\x04\x01\x00")
"""Sixteen slots."""


def begins(window: bytes, at: int) -> bool | None:
    """Whether the module's or its host's text may stand at `at`; None if that takes more bytes to tell."""
    head = window[at : at + _TEXT_FEWEST]
    first = head[0]
    if first in _BRACKETS:
        # An answer goes on with a digit, a comma, a collision or its end.
        return None if len(head) < 2 else head[1] in _DIGITS or head[1] in b",z])"
    if first in ENDS[:2]:
        return None if len(head) < 2 else head[1] in b"\r\n[(01" or chr(head[1]).isalpha()
    if not all(octet in _PRINTABLE for octet in head):
        return False
    if len(head) < _TEXT_FEWEST:
        return None
    return bool(head.startswith(b"01") or chr(first).isalpha())


def read(window: bytes, at: int) -> Verdict:
    """The text at `at`: a bracket, a host's line, the end of a line, or a sentence."""
    first = window[at]
    if first in ENDS:
        return Frame(1, ())
    if first in _BRACKETS:
        return _bracket(window, at, _BRACKETS[first])
    if _HOST_HEAD.startswith(window[at : at + 2]):
        return _host(window, at)
    return _sentence(window, at)


def _bracket(window: bytes, at: int, close: bytes) -> Verdict:
    end = window.find(close, at, at + MAX_LINE_BYTES)
    # A line that ends, or an answer that begins, inside this one: its rest was lost.
    broken = _BROKEN.search(window, at + 1, end if end >= 0 else at + MAX_LINE_BYTES)
    if broken:
        return Spoilt(broken.start() - at, "broken answer")
    if end < 0:
        return UNFINISHED if len(window) - at < MAX_LINE_BYTES else Spoilt(1, "too long a line")
    length, item = end + 1 - at, _answer(window[at + 1 : end])
    return Spoilt(length, item) if isinstance(item, str) else Frame(length, (item,))


def _answer(text: bytes) -> Item | str:
    """What stands in brackets; a string says what is wrong with it."""
    number, comma, strength = text.partition(b",")
    if number.startswith(b"z") or strength.startswith(b"z"):
        return Status("collision")
    if not _HEX.match(number) or not _HEX.match(strength) or (comma and not strength):
        return "broken answer"
    if not number:
        return Status("empty-slot") if comma else Status("no-answer")
    octets = bytes.fromhex(number.decode())
    uid = iso15693.uid(octets)
    if not comma:
        # Answers to other requests begin with the tag's flags, which are never E0: this is a UID without a strength.
        bare = uid == octets.hex().upper()
        return TagRead(str(uid), 1, numbered_by="uid") if bare else Status("answer", octets.hex().upper())
    if len(octets) != iso15693.UID_BYTES:
        return "uid length"
    return TagRead(uid, 1, numbered_by="uid") if uid else "uid"


def _host(window: bytes, at: int) -> Verdict:
    head = window[at : at + len(_HOST_HEAD)]
    if len(head) < len(_HOST_HEAD):
        fits = all(want in {got, _ANY} for want, got in zip(_HOST_HEAD, head, strict=False))
        return UNFINISHED if fits else Spoilt(1, "broken command")
    found = _HOST.match(head)
    length = 2 * int(found[1], 16) if found else 0
    if length < len(_HOST_HEAD) + 6:
        return Spoilt(1, "broken command")
    line = window[at : at + length]
    if len(line) < length:
        return UNFINISHED if _HEX.match(line[: len(line) & ~1]) else Spoilt(1, "broken command")
    if not _HEX.match(line) or not line.endswith(b"0000"):
        return Spoilt(1, "broken command")
    octets = bytes.fromhex(line.decode())
    name = _COMMANDS.get(octets[5], f"{octets[5]:02X}")
    return Frame(length, (Status("command", f"{name} {octets[6:-2].hex().upper()}".rstrip()),))


def _sentence(window: bytes, at: int) -> Verdict:
    known = _SENTENCES.match(window, at)
    if known:
        return Frame(known.end() - at, (_told(known[0]),))
    end = _BROKEN.search(window, at, at + MAX_LINE_BYTES)
    line = window[at : end.start()] if end else window[at : at + MAX_LINE_BYTES]
    if not chr(line[0]).isalpha() or line.strip(_PRINTABLE) or (end and end[0] in _OPENINGS):
        return Spoilt(1, "outside any line")
    if not end:
        return UNFINISHED if len(window) - at < MAX_LINE_BYTES else Spoilt(1, "too long a line")
    return Frame(len(line), (_told(line),))


def _told(line: bytes) -> Status:
    text = line.decode("ascii").strip()
    return Status("module-info" if text.startswith(("TRF79", "Firmware")) else "text", text)


def shows_dialect(item: Item) -> bool:
    """Whether no other device says that: enough to take the port for one with this module."""
    return isinstance(item, TagRead) or (isinstance(item, Status) and item.name in _UNMISTAKABLE)


@dataclass(slots=True)
class TwiceHeard:
    """Believes a UID once it was heard twice; bounded."""

    _once: dict[str, None] = field(default_factory=dict, init=False)
    _twice: dict[str, None] = field(default_factory=dict, init=False)

    def judge(self, read: TagRead) -> Item:
        """The read, or a status in its place the first time."""
        if read.epc in self._twice:
            return read
        if read.epc in self._once:
            self._remember(self._twice, read.epc)
            return read
        self._remember(self._once, read.epc)
        return Status("heard-once", tag=read.epc)

    def _remember(self, kept: dict[str, None], uid: str) -> None:
        if len(kept) >= MOST_UIDS:
            kept.clear()
        kept[uid] = None
