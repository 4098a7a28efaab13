"""A0 readers: what a capture cannot show. Their frames are in tests/vectors/devices/r2000_a0_uhf."""

import pytest

from gateway.wire import r2000_a0_uhf
from gateway.wire.items import Fault, Noise, Status, TagRead
from gateway.wire.r2000_a0_uhf import R2000Decoder, command, fast_switch
from gateway.wire.stream import KNOWN_BYTES

BAG = bytes.fromhex("A0130189743000E2004074850A0103163070E13629")
BAG_READ = TagRead("E2004074850A0103163070E1", 1, -75.0)


def test_requests_are_the_frames_that_were_captured() -> None:
    assert command(0x72, address=1) == bytes.fromhex("A0030172EA")
    assert command(0x89, b"\x01", address=1) == bytes.fromhex("A004018901D1")


@pytest.mark.parametrize(
    ("antennas", "parameters"),
    [
        ((1, 2, 3, 4), "0001010102010301" + "0001"),
        ((2,), "0101FF00FF00FF00" + "0001"),
        ((1, 8), "00010701" + "FF00" * 6 + "0001"),
    ],
)
def test_a_round_over_the_antennas_visits_each_once_and_skips_the_others(
    antennas: tuple[int, ...], parameters: str
) -> None:
    frame = fast_switch(antennas)
    assert frame[3:-1] == bytes.fromhex("8A" + parameters)
    assert sum(frame) & 0xFF == 0
    (asked,) = R2000Decoder().feed(frame)
    assert asked == Status("command", f"fast-switch-inventory {parameters}")


@pytest.mark.parametrize("place", range(len(BAG)))
def test_any_changed_byte_makes_noise_of_a_tag(place: int) -> None:
    changed = bytearray(BAG)
    changed[place] ^= 0x10
    decoder = R2000Decoder()
    assert {type(item) for item in decoder.feed(bytes(changed)) + decoder.idle()} == {Noise}
    assert decoder.counters.discarded == len(BAG)


def test_a_cut_frame_does_not_swallow_the_good_one_behind_it() -> None:
    assert R2000Decoder().feed(BAG[:12] + BAG + BAG) == [Noise(12, "checksum"), BAG_READ, BAG_READ]


def test_a_missing_antenna_is_an_illness_of_that_antenna() -> None:
    (said,) = R2000Decoder().feed(bytes.fromhex("A005018A0222AC"))
    assert said == Fault("error 22: antenna missing", 3)


def test_the_end_of_a_round_is_evidence_and_the_temperature_of_the_reader_is_not_a_reading() -> None:
    ended, warm = R2000Decoder().feed(
        bytes.fromhex("A00A018900001100000005B6") + r2000_a0_uhf.command(0x7B, b"\x01\x2a", address=1)
    )
    assert isinstance(ended, Status)
    assert ended.completes_round
    assert warm == Status("temperature", "of the reader itself", celsius=42.0)


def test_memory_is_bounded_whatever_is_seen() -> None:
    decoder = R2000Decoder()
    for number in range(6000):
        decoder.feed(command(0x85, number.to_bytes(4, "big"), address=1))
    assert sum(map(len, decoder._known)) <= KNOWN_BYTES
    decoder.feed(b"\xa0\xff" * 1000)
    assert decoder.counters.pending <= 257
