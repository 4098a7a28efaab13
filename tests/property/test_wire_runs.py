"""Many frames alike, read at once, are what each is alone: a portal's tags, some spoilt on the way or told falsely."""

import struct
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from benchmarks import fresh
from benchmarks.sealing import sealed, tag_sealed
from firmware_mocks.modbus_sht20 import with_crc
from gateway.wire import frames
from gateway.wire.crc16 import unpadded_holds
from gateway.wire.decoder import Counters
from gateway.wire.frames import FrameDecoder
from gateway.wire.items import Item, Noise, Reading, Status, TagRead
from gateway.wire.modbus_rtu_temp.capture import ModbusCaptureDecoder
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import REGISTER_MAPS, Probe, Request, Scale
from gateway.wire.stream import Frame, Spoilt

# As many as one read of a busy port gives: what is looked at together is 512 bytes or more.
FRAMES = {"m100_uhf": 60, "r2000_a0_uhf": 60, "thingmagic_m6e": 40, "chafon_crc_uhf": 12, "hf_iso15693": 14, "llrp": 12}
# Of the shortest frames so many are looked at together.
ENOUGH = 25
# A frame, a place in it, and what it says there.
CHANGES = st.tuples(st.integers(1, 60), st.integers(0, 2**16), st.integers(0, 255))
# Where PC, EPC and the tag's own CRC are.
TAGS = {"m100_uhf": (6, 22), "thingmagic_m6e": (29, 45)}


@pytest.fixture(autouse=True, scope="module")
def at_once() -> Iterator[None]:
    """Frames are looked at together from the second on, though it would not pay yet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_JUDGED_A_HEAD", 1)
        yield


def heard(family: str, chunks: list[bytes], *, recorded: bool = False) -> list[Item]:
    decoder = fresh.recorder(family) if recorded else fresh.decoder(family)
    items = [item for chunk in chunks for item in decoder.feed(chunk)] + decoder.idle()
    counters = decoder.counters
    assert counters.received == counters.accepted + counters.discarded
    assert counters.discarded == sum(item.count_bytes for item in items if isinstance(item, Noise))
    return items


@pytest.mark.parametrize("family", FRAMES)
@given(drawn=st.data())
def test_frames_read_together_say_what_each_says(family: str, drawn: st.DataObject) -> None:
    numbers = drawn.draw(st.integers(0, 10_000)).__add__
    told = [fresh.FRESH[family](numbers(each)) for each in range(FRAMES[family])]
    for at, place, octet in drawn.draw(st.lists(CHANGES, max_size=6)):
        changed = bytearray(told[at % len(told)])
        changed[place % len(changed)] = octet
        changed = bytearray(tag_sealed(bytes(changed), *TAGS[family])) if octet & 1 and family in TAGS else changed
        told[at % len(told)] = sealed(family, bytes(changed))
    quiet = drawn.draw(st.sets(st.integers(0, len(told) - 1)))
    told = [frame + fresh.QUIET[family] * (at in quiet) for at, frame in enumerate(told)]
    wire = bytearray(b"".join(told))
    for place, octet in drawn.draw(st.lists(st.tuples(st.integers(0, len(wire) - 1), st.integers(0, 255)), max_size=2)):
        wire[place] = octet
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(wire)), max_size=3)) | {0, len(wire)})
    for tapped in (False, True):
        alone = heard(family, [bytes(wire[place : place + 7]) for place in range(0, len(wire), 7)], recorded=tapped)
        assert heard(family, [bytes(wire)], recorded=tapped) == alone
        assert heard(family, [bytes(wire[start:end]) for start, end in pairwise(cuts)], recorded=tapped) == alone


@pytest.mark.parametrize("family", FRAMES)
def test_tags_nobody_saw_before_are_all_told_in_their_order(family: str) -> None:
    items = heard(family, [b"".join(map(fresh.FRESH[family], range(FRAMES[family])))])
    read = [int(item.epc[-8:], 16) for item in items if isinstance(item, TagRead)]
    assert read == list(range(len(read)))
    assert len(read) >= FRAMES[family]
    assert not [item for item in items if isinstance(item, Noise)]


@pytest.mark.parametrize("family", FRAMES)
def test_new_tags_between_answers_of_nobody_are_told_where_they_were_heard(family: str) -> None:
    said = [fresh.FRESH[family](each) + fresh.QUIET[family] for each in range(FRAMES[family])]
    decoder = fresh.decoder(family)
    assert heard(family, [b"".join(said)]) == [item for frame in said for item in decoder.feed(frame)]


@pytest.mark.parametrize("family", FRAMES)
def test_each_tag_of_a_spoilt_line_is_looked_at_a_few_times_and_not_once_for_each_that_is_spoilt(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder, looked_at = fresh.decoder(family), 0
    assert isinstance(decoder, FrameDecoder)
    together = type(decoder).read_alike

    def counted(self: FrameDecoder, wire: bytes, length: int) -> list[Item]:
        nonlocal looked_at
        looked_at += len(wire)
        return together(self, wire, length)

    monkeypatch.setattr(type(decoder), "read_alike", counted)
    wire = b"".join(frame[:-2] + bytes(2) if at % 2 else frame for at, frame in enumerate(fresh.frames(family, 60_000)))
    decoder.feed(wire)
    assert looked_at < 8 * len(wire)


@pytest.mark.parametrize("family", FRAMES)
def test_one_frame_that_says_something_else_is_never_taken_for_the_others(family: str) -> None:
    said = [fresh.FRESH[family](each) for each in range(ENOUGH)]
    for place in range(min(len(said[0]), 80)):
        for octet in (0, 1, 2, 16, 128, 255):
            told = said[5][:place] + bytes((octet,)) + said[5][place + 1 :]
            for other in {told, tag_sealed(told, *TAGS[family]) if family in TAGS else told}:
                wire = b"".join((*said[:5], sealed(family, other), *said[6:]))
                decoder = fresh.decoder(family)
                one_by_one = [item for at in range(0, len(wire), 7) for item in decoder.feed(wire[at : at + 7])]
                assert heard(family, [wire]) == one_by_one + decoder.idle(), (place, octet)


def test_a_tag_that_could_be_its_hosts_question_is_one_in_a_recording() -> None:
    # Of this tag the answer without its CRC is a whole frame of the host too: one in 65,536.
    numbers = [*range(10), 41731, *range(10, 40)]
    told = [fresh.FRESH["thingmagic_m6e"](each) for each in numbers]
    assert unpadded_holds(told[10][1:-2])
    items = heard("thingmagic_m6e", [b"".join(told)], recorded=True)
    assert [type(item) for item in items[9:13]] == [TagRead, Status, Noise, TagRead]


class LongWay(ModbusDecoder):
    """Judges every answer as a frame that might be anything."""

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        return at


PROBES = [
    Probe("usual"),
    Probe("hundredths", scale=Scale.HUNDREDTHS),
    # More registers than an answer of these makes ever has: its byte count is taken for a register's number.
    Probe("wide", Request(count=9)),
    *(
        Probe(name, made.request(slave), quantities=made.quantities)
        for slave, (name, made) in enumerate(REGISTER_MAPS.items(), 2)
    ),
]
REGISTERS = st.sampled_from([b"", b"\0\0", b"\x01\xa4", b"\xff\x3b", b"\x7f\xff", b"\xff\xff", b"\x03\x52"])
HEADS = st.sampled_from([bytes((slave, function)) for slave in (1, 2, 5) for function in (3, 4, 0x84)])


@given(drawn=st.data())
def test_an_answer_that_is_waited_for_says_what_it_says_on_the_long_way(drawn: st.DataObject) -> None:
    quick, slow = ModbusDecoder(), LongWay()
    for _ in range(drawn.draw(st.integers(1, 6))):
        probe = drawn.draw(st.sampled_from(PROBES))
        asked = probe.request
        assert quick.expect(probe) == slow.expect(probe) == asked.format()
        registers = b"".join(drawn.draw(st.lists(REGISTERS, max_size=3))) or bytes(2 * asked.count)
        head = drawn.draw(st.one_of(st.just(bytes((asked.slave, asked.function))), HEADS))
        frame = with_crc(head + bytes((len(registers),)) + registers)
        place = drawn.draw(st.integers(0, len(frame) + 40))
        wire = drawn.draw(st.sampled_from([b"", b"", asked.format(), b"\x01"])) + frame
        wire = wire[:place] + b"\x55" + wire[place + 1 :] if place < len(wire) else wire
        cut = drawn.draw(st.integers(0, len(wire)))
        for piece in (wire[:cut], wire[cut:], frame):
            assert quick.feed(piece) == slow.feed(piece)
            assert (quick.counters, quick.pending) == (slow.counters, slow.pending)
        assert quick.idle() == slow.idle()


SETTINGS, HUMIDITY_ALONE = Request(1, 0x0101, 2, 3), Request(1, 2, 1)
ASKED = st.sampled_from([Request(), Request(), Request(3), Request(function=3), SETTINGS, HUMIDITY_ALONE])
WRITES = [with_crc(bytes.fromhex("010601010002")), with_crc(bytes.fromhex("0110010100020400010002"))]
# Of tenths, of hundredths, too dry to be humidity, and both among each other.
REGISTERS_OF = {
    "tenths": (40, 500),
    "hundredths": (420, 5000),
    "dry": (-5, 4),
    "warm": (1200, 1450),
    "cold": (-5, 1480),
}


def recorded(drawn: st.DataObject) -> list[bytes]:
    """Question and answer many times, as one probe gives them, now and then with something else between."""
    asked = drawn.draw(ASKED)
    question = drawn.draw(st.sampled_from([b"", asked.format(), asked.format(), WRITES[0] + asked.format()]))
    temperature, humidity = REGISTERS_OF[drawn.draw(st.sampled_from([*REGISTERS_OF]))]
    frames, odd = [], drawn.draw(st.sampled_from([0, 0, 37]))
    for each in range(drawn.draw(st.sampled_from([1, 90, 150]))):
        first = temperature + each % 120, humidity + each % 40
        if odd and each % odd == odd - 1:
            first = drawn.draw(st.sampled_from([(0, 0), (0, 500), (850, 500), (-1, 65535), (1300, 0)]))
        told = struct.pack(">hHhH", *first, *first)[: 2 * asked.count]
        frames += [question, with_crc(bytes((asked.slave, asked.function, len(told))) + told)]
    return frames


@given(drawn=st.data())
def test_what_was_recorded_is_the_same_read_together_and_frame_by_frame(drawn: st.DataObject) -> None:
    scale = drawn.draw(st.sampled_from([None, *Scale]))
    said = [frame for _ in range(drawn.draw(st.integers(1, 4))) for frame in recorded(drawn) if frame]
    for _ in range(drawn.draw(st.sampled_from([0, 0, 1, 4]))):
        at = drawn.draw(st.integers(0, len(said) - 1))
        content = bytearray(said[at][:-2])
        content[drawn.draw(st.integers(2, len(content) - 1))] = drawn.draw(st.sampled_from([0, 1, 0x20, 0xFF]))
        said[at] = with_crc(bytes(content)) if drawn.draw(st.booleans()) else bytes(content) + said[at][-2:]
    wire = b"".join(said)
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(wire)), max_size=3)) | {0, len(wire)})

    def heard(chunks: list[bytes]) -> tuple[list[Item], Counters]:
        decoder = ModbusCaptureDecoder(scale=scale)
        items = [item for chunk in chunks for item in decoder.feed(chunk)]
        return items + decoder.idle(), decoder.counters

    alone = heard([wire[at : at + 7] for at in range(0, len(wire), 7)])
    assert heard([wire]) == alone
    assert heard([wire[start:end] for start, end in pairwise(cuts)]) == alone


@pytest.mark.parametrize("before", [b"", Request().format(), WRITES[0] + Request().format()])
def test_answers_that_nobody_heard_before_are_read_together(before: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [with_crc(b"\x01\x04\x04" + struct.pack(">hH", 20 + at % 60, 400 + at)) for at in range(400)]
    decoder, alone = ModbusCaptureDecoder(), 0
    meaning = ModbusCaptureDecoder.meaning

    def counted(self: ModbusCaptureDecoder, frame: bytes) -> Frame | Spoilt:
        nonlocal alone
        alone += frame[2] == 4
        return meaning(self, frame)

    monkeypatch.setattr(ModbusCaptureDecoder, "meaning", counted)
    readings = [item for item in decoder.feed(b"".join(before + each for each in answers)) if isinstance(item, Reading)]
    assert [reading.centi_humidity for reading in readings] == [10 * (400 + at) for at in range(400)]
    assert alone < len(answers) / 4


PLAIN = [with_crc(b"\x01\x04\x04" + struct.pack(">hH", 20 + at % 60, 400 + at)) for at in range(90)]
HUMIDITY_FIRST = [with_crc(b"\x01\x03\x04" + struct.pack(">hH", 400 + at, 20 + at % 60)) for at in range(90)]
ASK, ASK_SETTINGS = Request().format(), SETTINGS.format()
SPELLS = {
    "one that was never measured": [*PLAIN, with_crc(bytes.fromhex("010404035201F4")), *PLAIN],
    "too dry, so perhaps settings": [*HUMIDITY_FIRST, with_crc(bytes.fromhex("01030400040014")), *HUMIDITY_FIRST],
    "settings, then answers alone": [ASK_SETTINGS, with_crc(bytes.fromhex("01030400120096")), *PLAIN],
    "other registers use up their question": [
        Request(1, 0, 4, 3).format(), with_crc(bytes.fromhex("01030800010002000A0190")), *PLAIN,
    ],
    "a question that has no answer": [*(each for plain in PLAIN for each in (ASK, plain)), ASK, ASK, *PLAIN],
    "another's answer between": [
        *(each for plain in PLAIN for each in (ASK, plain)),
        ASK, with_crc(bytes.fromhex("0204040014012C")), *PLAIN, ASK, *PLAIN,
    ],
    "a spoilt question": [*(each for plain in PLAIN for each in (ASK, plain)), ASK_SETTINGS[:-1] + b"\0", *PLAIN],
    "a question longer ago than is remembered": [ASK_SETTINGS, *[WRITES[0]] * 12, *PLAIN] * 2,
}  # fmt: skip


@pytest.mark.parametrize("spell", SPELLS)
def test_a_recorded_spell_is_the_same_read_together_and_frame_by_frame(spell: str) -> None:
    wire = b"".join(SPELLS[spell] * 3)
    together, alone = ModbusCaptureDecoder(), ModbusCaptureDecoder()
    one_by_one = [item for at in range(0, len(wire), 7) for item in alone.feed(wire[at : at + 7])]
    assert together.feed(wire) + together.idle() == one_by_one + alone.idle()
    assert together.counters == alone.counters
