"""ISBT 128 barcode scanners on a serial line: one scan is one line, ended by CR, LF or CRLF.

This frames lines, takes off the AIM symbology prefix (ISO/IEC 15424: `]C0` Code 128, `]d1` or `]d2` Data Matrix) and
the STX and ETX that some scanners put around a scan, and refuses what cannot be a whole scan. A group separator within
a scan is kept: GS1 symbols of containers and devices need it. What the structures say is `ledger.core.isbt128`'s to
parse. One rule of theirs is kept here all the same, because a donation number cut short by a torn cable is the one scan
that must never get on: a DIN (structure 001) has 15 characters after its `=`, or it is noise.
"""

import re
from dataclasses import dataclass

from typing_extensions import override

from gateway.wire.items import Item, LabelScan, Noise
from gateway.wire.lines import LineDecoder

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# Structure 001: `=`, the facility's first character (A-N, P-Z, 1-9), and 14 more; a second bar may follow at once.
_DIN = re.compile(r"=[A-NP-Z1-9][0-9A-Z]*")
_DIN_CHARACTERS = 16
_BEGINS_STRUCTURE = ("=", "&", "]")
_GROUP_SEPARATOR = 0x1D
_UNPRINTABLE = bytes(each for each in range(0x20) if each != _GROUP_SEPARATOR) + bytes(range(0x7F, 0x100))
_STX, _ETX = b"\x02", b"\x03"


@dataclass(slots=True)
class BarcodeDecoder(LineDecoder):
    """See `ByteDecoder`."""

    @override
    def read_line(self, line: bytes, size: int) -> list[Item]:
        if line[:1] == _STX and line[-1:] == _ETX:
            line = line[1:-1]
        clean = line.lstrip(_UNPRINTABLE)
        if not clean:
            return [Noise(size, "not printable ASCII")] if line else []
        items: list[Item] = [Noise(len(line) - len(clean), "not printable ASCII")] if clean != line else []
        reason = _why_no_scan(clean, after_noise=clean != line)
        if reason:
            return [Noise(size, reason)]
        text = clean.decode("ascii")
        aim = _AIM.match(text)
        prefix = aim.group() if aim else ""
        return [*items, LabelScan(text.removeprefix(prefix), prefix)]


def _why_no_scan(line: bytes, *, after_noise: bool) -> str:
    if any(byte in _UNPRINTABLE for byte in line):
        return "not printable ASCII"
    text = line.decode("ascii")
    # Noise may have eaten the start of the scan, unless a structure begins right behind it.
    if after_noise and not text.startswith(_BEGINS_STRUCTURE):
        return "scan behind noise"
    if any(len(din.group()) != _DIN_CHARACTERS for din in _DIN.finditer(text)):
        return "DIN of the wrong length"
    if _AIM.fullmatch(text):
        return "empty scan"
    return ""
