"""The CRCs against their bitwise definitions and frames that devices sent."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.wire import crc16


def reflected_bit_by_bit(content: bytes) -> int:
    crc = 0xFFFF
    for octet in content:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc


def thingmagic_by_half_bytes(content: bytes) -> int:
    """As the vendor's sheet tells it: a table of sixteen multiples of the polynomial, half a byte at a time."""
    crc = 0xFFFF
    for octet in content:
        for half in (octet >> 4, octet & 0xF):
            crc = ((crc << 4 | half) & 0xFFFF) ^ (crc >> 12) * 0x1021
    return crc


@given(st.binary(min_size=2, max_size=300))
def test_both_are_what_their_definitions_say(content: bytes) -> None:
    assert crc16.unpadded(content) == thingmagic_by_half_bytes(content)
    assert crc16.reflected(content) == reflected_bit_by_bit(content).to_bytes(2, "little")
    assert crc16.reflected_holds(content + crc16.reflected(content))


def test_frames_that_devices_sent_hold() -> None:
    assert crc16.reflected_holds(bytes.fromhex("1100210000160C034E001E0A01000000E651"))
    assert crc16.reflected_holds(bytes.fromhex("020007FF656E61"))
    assert not crc16.reflected_holds(bytes.fromhex("020007FF656E60"))
    assert crc16.unpadded(bytes.fromhex("0004")) == 0x1D0B


@given(st.binary(min_size=2, max_size=300), st.integers(0, 0xFFFF))
def test_a_frame_ends_in_its_check_or_does_not(content: bytes, other: int) -> None:
    check = crc16.unpadded(content)
    assert crc16.unpadded_holds(content + check.to_bytes(2, "big"))
    assert crc16.unpadded_holds(content + other.to_bytes(2, "big")) == (other == check)
