"""The one command that a gateway sends by Sparkplug B: an edge node shall be born again (specification 3.0, 6.4.21)."""

NAMESPACE = "spBv1.0"
_NAME = b"Node Control/Rebirth"
_BOOLEAN = 11


def rebirth(group: str, node: str, *, timestamp: int) -> tuple[str, bytes]:
    """Topic and payload of a rebirth command.

    Args:
        group: the node's group.
        node: its name.
        timestamp: milliseconds since 1970; a decoder has no clock, so it is the time of the message that asked for it.
    """
    metric = _content(1, _NAME) + _whole(4, _BOOLEAN) + _whole(14, 1)
    return f"{NAMESPACE}/{group}/NCMD/{node}", _whole(1, timestamp) + _content(2, metric)


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _content(number: int, octets: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(octets)) + octets


def _varint(value: int) -> bytes:
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*octets, value])
