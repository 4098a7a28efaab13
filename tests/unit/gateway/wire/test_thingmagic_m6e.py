"""ThingMagic modules: what a capture cannot show. Their frames are in tests/vectors/devices/thingmagic_m6e."""

import pytest

from gateway.wire import crc16
from gateway.wire.items import Fault, Noise, Status, TagRead
from gateway.wire.stream import KNOWN_BYTES
from gateway.wire.thingmagic_m6e import SERIAL_NUMBER, ThingMagicCaptureDecoder, ThingMagicDecoder, command

BAG = bytes.fromhex("FF2822000010001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A561D")
BAG_READ = TagRead("000000000000000000001545", 1, -60.0)
STOP = bytes.fromhex("FF032F0000025E86")


def test_requests_are_the_frames_that_were_captured() -> None:
    assert command(0x04) == bytes.fromhex("FF00041D0B")
    assert command(0x97, b"\x02") == bytes.fromhex("FF0197024BBF")
    assert command(0x21, b"\x03\xe8") == bytes.fromhex("FF022103E8D509")
    assert command(0x2F, b"\x00\x00\x02") == STOP


@pytest.mark.parametrize(
    ("content", "item"),
    [
        ("004000" + "06" + b"210401".hex(), Status("device-id", "210401")),
        ("004000" + "00", Status("answer", "hardware-version 00400000")),
        ("004000" + "05" + b"2104".hex(), Status("answer", "hardware-version 0040000532313034")),
        ("0040", Status("answer", "hardware-version 0040")),
    ],
)
def test_a_module_tells_its_serial_number_if_it_has_one(content: str, item: Status) -> None:
    assert command(0x10, SERIAL_NUMBER)[:5] == bytes.fromhex("FF02100040")
    body = bytes((len(bytes.fromhex(content)), 0x10, 0, 0)) + bytes.fromhex(content)
    frame = b"\xff" + body + crc16.unpadded(body).to_bytes(2, "big")
    assert ThingMagicDecoder().feed(frame) == [item]


@pytest.mark.parametrize("place", range(len(BAG)))
def test_any_changed_byte_makes_noise_of_a_tag(place: int) -> None:
    changed = bytearray(BAG)
    changed[place] ^= 0x10
    decoder = ThingMagicDecoder()
    assert {type(item) for item in decoder.feed(bytes(changed)) + decoder.idle()} == {Noise}
    assert decoder.counters.discarded == len(BAG)


def test_a_module_that_is_too_hot_is_ill_and_its_tags_have_not_left() -> None:
    (said,) = ThingMagicDecoder().feed(bytes.fromhex("FF0022050485E4"))
    assert isinstance(said, Fault)
    assert "too hot" in said.reason


def test_a_keep_alive_ends_a_round() -> None:
    (said,) = ThingMagicDecoder().feed(bytes.fromhex("FF0022040084E0"))
    assert isinstance(said, Status)
    assert said.completes_round


def test_the_hosts_frames_are_read_in_a_capture_and_are_noise_on_a_line() -> None:
    decoder = ThingMagicDecoder()
    assert [type(item) for item in decoder.feed(STOP) + decoder.idle()] == [Noise]
    assert ThingMagicCaptureDecoder().feed(STOP + BAG) == [Status("command", "continuous-read 000002"), BAG_READ]


def test_a_cut_frame_does_not_swallow_the_good_one_behind_it() -> None:
    assert ThingMagicDecoder().feed(BAG[:20] + BAG + BAG) == [Noise(20, "crc"), BAG_READ, BAG_READ]


def test_memory_is_bounded_whatever_is_seen() -> None:
    decoder = ThingMagicCaptureDecoder()
    for number in range(6000):
        decoder.feed(command(0x92, number.to_bytes(2, "big")))
    assert sum(map(len, decoder._known)) <= KNOWN_BYTES
    decoder.feed(b"\xff\xf8" * 1000)
    assert decoder.counters.pending <= 255


def test_a_question_among_answers_that_begin_like_it_is_as_long_as_it_is() -> None:
    content = b"\x01\x97\x00\x00\x02"
    answer = b"\xff" + content + crc16.unpadded(content).to_bytes(2, "big")
    asked = command(0x97, b"\x02")
    captured = [answer, asked, answer, asked, asked, answer, BAG, asked]
    decoder = ThingMagicCaptureDecoder()
    assert decoder.feed(b"".join(captured)) == [
        item for each in captured for item in ThingMagicCaptureDecoder().feed(each)
    ]
    assert decoder.counters.discarded == decoder.counters.pending == 0
