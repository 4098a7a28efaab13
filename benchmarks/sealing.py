"""A changed frame's own check, made right again: so that what was changed is read, and not thrown away at the door.

By family: the frame with its last bytes as its device would have sent them. Families without a check (text, LLRP) keep
what they have. Each check is told at its decoder (`gateway/wire`).
"""

import binascii
from collections.abc import Callable

from gateway.wire import crc16
from gateway.wire.modbus_rtu_temp.crc import crc16 as modbus_crc


def _m100(frame: bytes) -> bytes:
    return frame[:-2] + bytes((sum(frame[1:-2]) & 0xFF,)) + frame[-1:]


def _r2000(frame: bytes) -> bytes:
    return frame[:-1] + bytes((-sum(frame[:-1]) & 0xFF,))


def _thingmagic(frame: bytes) -> bytes:
    return frame[:-2] + crc16.unpadded(frame[1:-2]).to_bytes(2, "big") if len(frame) >= 5 else frame


def _reflected(frame: bytes) -> bytes:
    return frame[:-2] + crc16.reflected(frame[:-2])


def _modbus(frame: bytes) -> bytes:
    return frame[:-2] + modbus_crc(frame[:-2])


def _unsealed(frame: bytes) -> bytes:
    return frame


SEALS: dict[str, Callable[[bytes], bytes]] = {
    "m100_uhf": _m100,
    "r2000_a0_uhf": _r2000,
    "thingmagic_m6e": _thingmagic,
    "chafon_crc_uhf": _reflected,
    "hf_iso15693": _reflected,
    "modbus_rtu_temp": _modbus,
}


def sealed(family: str, frame: bytes) -> bytes:
    """The frame with its check made right."""
    return SEALS.get(family, _unsealed)(frame)


def tag_sealed(frame: bytes, start: int, end: int) -> bytes:
    """The frame with a tag's own CRC made right: PC, EPC and CRC stand from `start` to `end` (EPC Gen2, 6.3.1.5)."""
    crc = binascii.crc_hqx(frame[start : end - 2], 0xFFFF) ^ 0xFFFF
    return frame[: end - 2] + crc.to_bytes(2, "big") + frame[end:]
