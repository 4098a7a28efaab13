"""Frames with a right checksum and any content: what no capture holds is read in one way, counted, and never raises."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire import chafon_crc_uhf, crc16, feig_obid, r2000_a0_uhf
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Noise
from gateway.wire.m100_uhf import AADD, BB7E

# Values that mean something to one family or another, so that random content reaches the readers of its parts.
TELLING = st.sampled_from(bytes.fromhex("00010203040C10152230349495E0FBFCFF"))
OCTETS = st.one_of(TELLING, TELLING, st.integers(0, 255))
# Mostly too short for what it begins: that is where a reader of parts looks for more than there is.
CONTENT = st.one_of(st.lists(OCTETS, max_size=6), st.lists(OCTETS, max_size=6), st.lists(OCTETS, max_size=60)).map(
    bytes
)


def thingmagic(code: int, content: bytes) -> bytes:
    body = bytes((max(0, len(content) - 2), code)) + content.ljust(2, b"\x00")
    return b"\xff" + body + crc16.unpadded(body).to_bytes(2, "big")


def advanced(code: int, content: bytes) -> bytes:
    frame = b"\x02" + (len(content) + 7).to_bytes(2, "big") + bytes((0, code)) + content
    return frame + crc16.reflected(frame)


# A family, how it seals a frame, and the codes under which it says most.
SEALED: list[tuple[str, Callable[[int, bytes], bytes], str]] = [
    ("m100_uhf", BB7E.command, "2239B7FF"),
    ("m100_uhf", AADD.command, "2239B7FF"),
    ("r2000_a0_uhf", lambda code, content: r2000_a0_uhf.command(code, content, address=1), "7B808182898A8B90"),
    ("thingmagic_m6e", thingmagic, "0322212972"),
    ("chafon_crc_uhf", lambda code, content: chafon_crc_uhf.command(code, content, address=0), "012172EE"),
    ("hf_iso15693", lambda code, content: feig_obid.request(code, content, address=0), "2265B0"),
    ("hf_iso15693", advanced, "2265B0"),
]


@pytest.mark.parametrize(("family", "seal", "codes"), SEALED)
@given(drawn=st.data())
def test_a_sealed_frame_is_read_in_one_way_whatever_it_says(
    family: str, seal: Callable[[int, bytes], bytes], codes: str, drawn: st.DataObject
) -> None:
    spoken = FAMILIES[family]
    assert isinstance(spoken, ByteFamily)
    code = st.one_of(st.sampled_from(bytes.fromhex(codes)), st.sampled_from(bytes.fromhex(codes)), st.integers(0, 255))
    frames = drawn.draw(st.lists(st.builds(seal, code, CONTENT), min_size=1, max_size=4))
    wire = b"".join(frames)
    cuts = sorted(drawn.draw(st.sets(st.integers(0, len(wire)), max_size=6)) | {0, len(wire)})
    for make in (spoken.live, spoken.capture):
        whole, pieces = make(), make()
        items = whole.feed(wire) + whole.idle()
        assert [item for start, end in pairwise(cuts) for item in pieces.feed(wire[start:end])] + pieces.idle() == items
        counters = whole.counters
        assert counters.accepted + counters.discarded == len(wire)
        # What is not believed (a tag whose own check fails) is noise as a whole; nothing is cut to pieces.
        assert sum(item.count_bytes for item in items if isinstance(item, Noise)) == counters.discarded
