"""LLRP messages, written byte by byte for tests; independent of the decoder's library and of the mock."""

import struct


def message(kind: int, content: bytes = b"", *, number: int = 1) -> bytes:
    """A whole message of version 1."""
    return struct.pack(">HII", 1 << 10 | kind, 10 + len(content), number) + content


def parameter(kind: int, content: bytes = b"") -> bytes:
    """A TLV parameter."""
    return struct.pack(">HH", kind, 4 + len(content)) + content


def event(content: bytes) -> bytes:
    """READER_EVENT_NOTIFICATION with one event."""
    return message(63, parameter(246, parameter(128, struct.pack(">Q", 1594174805140192)) + content))


def answer(kind: int, *, code: int = 0, words: bytes = b"") -> bytes:
    """An answer with an LLRPStatus."""
    return message(kind, parameter(287, struct.pack(">HH", code, len(words)) + words))


def tag(epc: str, *, antenna: int = 1, rssi: int = -50, more: bytes = b"") -> bytes:
    """RO_ACCESS_REPORT of one tag."""
    octets = bytes.fromhex(epc)
    held = b"\x8d" + octets if len(octets) == 12 else parameter(241, struct.pack(">H", 8 * len(octets)) + octets)
    seen = held + b"\x81" + struct.pack(">H", antenna) + b"\x86" + struct.pack(">b", rssi) + more
    return message(61, parameter(240, seen))
