"""Tag reports of LLRP in the form that readers send (LLRP 1.1, 17.2.3, with Impinj's TID, phase and finer strength).

The quick way beside `llrpkit`, which can read every message and takes 20 µs for a tag: a report is read here whose
parameters are known, each there once at most, in the order of the standard and to the last byte. For every other report
this module tells nothing, and the library decides. What both read, both read alike; `tests/property/test_wire_llrp.py`
holds them together.
"""

import re
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import repeat

from gateway.wire.items import Item, TagRead

MAX_EPC_BYTES = 62

_HEADER_BYTES = 10
_MANY_FORMS = 64
_REPORT, _EPC_96, _EPC_DATA = b"\x00\xf0", b"\x8d", b"\x00\xf1"
_IMPINJ = b"\x03\xff\x00\x0e\x00\x00\x65\x1a\x00\x00\x00"
# A TID of six words, as FastID reads it.
_TID_BYTES, _IMPINJ_TID = 12, b"\x03\xff\x00\x1a\x00\x00\x65\x1a\x00\x00\x00\x37\x00\x06"
# Name, what stands before the value, and the value's bytes, in the order of the standard; then Impinj's own.
_PARAMETERS = (
    (b"ro_spec", b"\x89", 4),
    (b"spec", b"\x8e", 2),
    (b"inventory", b"\x8a", 2),
    (b"antenna", b"\x81", 2),
    (b"strength", b"\x86", 1),
    (b"channel", b"\x87", 2),
    (b"first", b"\x82", 8),
    (b"first_uptime", b"\x83", 8),
    (b"last", b"\x84", 8),
    (b"last_uptime", b"\x85", 8),
    (b"count", b"\x88", 2),
    (b"pc", b"\x8c", 2),
    (b"crc", b"\x8b", 2),
    (b"access", b"\x90", 4),
    (b"tid", _IMPINJ_TID, _TID_BYTES),
    (b"phase", _IMPINJ + b"\x38", 2),
    (b"finer", _IMPINJ + b"\x39", 2),
    (b"doppler", _IMPINJ + b"\x44", 2),
)
_REST = re.compile(
    b"".join(b"(?:%b(?P<%b>.{%d}))?" % (re.escape(before), name, size) for name, before, size in _PARAMETERS), re.DOTALL
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# The year 2000.
_FIRST_CREDIBLE_MICROSECONDS = 946_684_800_000_000
_LATEST_MICROSECONDS = 253_402_300_799_999_999


@dataclass(frozen=True, slots=True)
class Form:
    """How a report is made.

    Attributes:
        length: of the whole report.
        epc: where the EPC begins and ends.
        values: where each other value begins and ends.
        fixed: place and value of every other byte: reports in which these are the same have this form.
    """

    length: int
    epc: tuple[int, int]
    values: dict[str, tuple[int, int]]
    fixed: tuple[tuple[int, bytes], ...]

    def fits(self, reports: bytes) -> bool:
        """Whether reports of this length, one behind the other, all have this form."""
        return not any(reports[at :: self.length].strip(octet) for at, octet in self.fixed)

    def read(self, reports: bytes) -> list[Item]:
        """The tags of such reports."""
        told = reports.hex().upper()

        def numbers(start: int, end: int) -> list[str]:
            size = 2 * (end - start)
            return [told[at : at + size] for at in range(2 * start, len(told), 2 * self.length)]

        def column(name: str, code: str) -> list[int] | None:
            if name not in self.values:
                return None
            start, end = self.values[name]
            pattern = f">{start}x{code}{self.length - end}x"
            return [value for (value,) in struct.iter_unpack(pattern, reports)]

        antennas, finer = column("antenna", "H") or repeat(0), column("finer", "h")
        strengths = [each / 100 for each in finer] if finer else column("strength", "b")
        heard = map(float, strengths) if strengths else repeat(None)
        times = column("last", "Q") or column("first", "Q")
        claims = _all_claimed(times) if times else repeat(None)
        tids = numbers(*self.values["tid"]) if "tid" in self.values else repeat(None)
        return list(map(TagRead, numbers(*self.epc), antennas, heard, tids, claims))


def form(report: bytes) -> Form | None:
    """How a report is made; None if it is one for the library."""
    if not report.startswith(_REPORT) or len(report) != int.from_bytes(report[2:4], "big"):
        return None
    epc = _epc(report)
    rest = _REST.fullmatch(report, epc[1]) if epc else None
    if epc is None or rest is None:
        return None
    spans = {name: rest.span(name) for name, value in rest.groupdict().items() if value is not None}
    values = {place for start, end in (epc, *spans.values()) for place in range(start, end)}
    fixed = tuple((place, report[place : place + 1]) for place in range(len(report)) if place not in values)
    return Form(len(report), epc, spans, fixed)


def _epc(report: bytes) -> tuple[int, int] | None:
    """Where the report's first parameter has the EPC: `8D EPC(12)`, or `00F1 length(2) bits(2) EPC`."""
    if report[4:5] == _EPC_96:
        return (5, 17) if len(report) >= 17 else None
    size = int.from_bytes(report[6:8], "big") - 6 if report.startswith(_EPC_DATA, 4) else 0
    if not 0 < size <= MAX_EPC_BYTES or int.from_bytes(report[8:10], "big") != 8 * size or 10 + size > len(report):
        return None
    return 10, 10 + size


@dataclass(slots=True)
class ReportReader:
    """Reads reports, and remembers how the last one of each length was made: readers make all of theirs alike."""

    _forms: dict[int, Form] = field(default_factory=dict, init=False)

    def alike(self, reports: bytes, length: int) -> list[Item]:
        """The tags of whole reports of that length, one behind the other.

        None of them where not all are of one form, or the library must read them.
        """
        known = self._forms.get(length)
        if known is None or not known.fits(reports):
            known = form(reports[:length])
            if known is None or not known.fits(reports):
                return []
            if len(self._forms) >= _MANY_FORMS:
                self._forms.clear()
            self._forms[length] = known
        return known.read(reports)

    def of_message(self, message: bytes) -> list[Item]:
        """The tags of a whole report message; none where the library must read it."""
        content = message[_HEADER_BYTES:]
        length = int.from_bytes(content[2:4], "big")
        if length and len(content) % length == 0 and (items := self.alike(content, length)):
            return items
        items, at = [], 0
        while at < len(content):
            length = int.from_bytes(content[at + 2 : at + 4], "big")
            read = self.alike(content[at : at + length], length) if length and at + length <= len(content) else []
            if not read:
                return []
            items += read
            at += length
        return items


def claimed(microseconds: int) -> datetime | None:
    """UTC, unless the reader's clock was never set: then it counts from 1970 or from its own start."""
    if not _FIRST_CREDIBLE_MICROSECONDS <= microseconds <= _LATEST_MICROSECONDS:
        return None
    # A product is had in half the time of a timedelta that is made of as many microseconds.
    return _EPOCH + microseconds * _MICROSECOND


def _all_claimed(times: list[int]) -> list[datetime | None]:
    if min(times) >= _FIRST_CREDIBLE_MICROSECONDS and max(times) <= _LATEST_MICROSECONDS:
        return [_EPOCH + microseconds * _MICROSECOND for microseconds in times]
    return list(map(claimed, times))
