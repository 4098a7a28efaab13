"""The fuzzer of the decoders: a little of it each time, all that it ever found, and that it finds what is planted."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typing_extensions import override

from benchmarks.fuzz.__main__ import main
from benchmarks.fuzz.frames import Line
from benchmarks.fuzz.messages import Post
from benchmarks.fuzz.search import Found, again, search
from gateway.wire.families import FAMILIES, ByteFamily, MessageFamily
from gateway.wire.items import Item, Status
from gateway.wire.m100_uhf import M100Decoder
from gateway.wire.stream import Frame, Spoilt
from gateway.wire.zebra_fx_mqtt import ZebraDecoder

VECTORS = Path(__file__).parents[1] / "vectors" / "fuzz"
FOUND = [
    Found(**json.loads(line))
    for path in sorted(VECTORS.glob("*.jsonl"))
    for line in path.read_text("utf-8").splitlines()
]
INPUTS = 1500


@pytest.mark.parametrize("found", FOUND, ids=[f"{found.family}-{found.seed}-{found.number}" for found in FOUND])
def test_what_once_broke_a_decoder_breaks_none(found: Found) -> None:
    again(found, FAMILIES[found.family])


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_breaks_a_decoder(family: str) -> None:
    assert search(family, FAMILIES[family], inputs=INPUTS, seed=20) is None


def test_the_same_seed_makes_the_same_inputs() -> None:
    first, again_, other = Line("m100_uhf", 7), Line("m100_uhf", 7), Line("m100_uhf", 8)
    said = [next(first) for _ in range(100)]
    assert [next(again_) for _ in range(100)] == said
    assert [next(other) for _ in range(100)] != said
    post, posted = Post("zebra_fx_mqtt", 7), Post("zebra_fx_mqtt", 7)
    assert [next(post) for _ in range(100)] == [next(posted) for _ in range(100)]


@dataclass(slots=True)
class Raises(M100Decoder):
    """Takes it for granted that an answer to a read has a tag behind its length."""

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        verdict = M100Decoder.read(self, frame)
        if isinstance(verdict, Frame) and frame[2] == 0x39:
            frame[5 + frame[5]]
        return verdict


@dataclass(slots=True)
class Loses(M100Decoder):
    """Counts no byte that was left when the line fell silent."""

    @override
    def idle(self) -> list[Item]:
        discarded, items = self.counters.discarded, M100Decoder.idle(self)
        self.counters.discarded = discarded
        return items


@dataclass(slots=True)
class Forgets(M100Decoder):
    """Begins anew at each piece of the wire."""

    @override
    def feed(self, data: bytes) -> list[Item]:
        return M100Decoder.idle(self) + M100Decoder.feed(self, data)


@dataclass(slots=True)
class Remarks(M100Decoder):
    """Says something of each piece of the wire."""

    @override
    def feed(self, data: bytes) -> list[Item]:
        return [*M100Decoder.feed(self, data), Status("piece")]


@dataclass(slots=True)
class Ponders(M100Decoder):
    """Takes its time over a fault."""

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        verdict, until = M100Decoder.read(self, frame), time.thread_time() + 0.11
        while frame[2] == 0xFF and time.thread_time() < until:
            continue
        return verdict


@pytest.mark.parametrize(
    ("planted", "what"),
    [(Raises, "IndexError"), (Loses, "uncounted"), (Forgets, "in pieces"), (Remarks, "in pieces"), (Ponders, "took")],
)
def test_what_is_planted_is_found(planted: Callable[[], M100Decoder], what: str) -> None:
    family = ByteFamily(planted, planted)
    found = search("m100_uhf", family, inputs=20_000, seed=5)
    assert found is not None
    assert what in found.what
    with pytest.raises((AssertionError, IndexError), match=re.escape(what) if what != "IndexError" else "range"):
        again(Found(**json.loads(found.line())), family)


class Believes(ZebraDecoder):
    """Does not ask whether a message was retained."""

    @override
    def feed_message(self, topic: str, payload: bytes, *, retained: bool) -> list[Item]:
        return ZebraDecoder.feed_message(self, topic, payload, retained=False)


def test_a_measurement_of_a_retained_message_is_found() -> None:
    found = search("zebra_fx_mqtt", MessageFamily(Believes, Believes), inputs=2000, seed=5)
    assert found is not None
    assert "retained" in found.what


def test_the_command_tells_its_seed_and_keeps_what_it_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inputs", "300", "--family", "modbus_rtu_temp", "--family", "llrp", "--keep", str(tmp_path)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["family"] for each in told] == ["modbus_rtu_temp", "llrp"]
    assert {each["inputs"] for each in told} == {300}
    assert told[0]["seed"] == told[1]["seed"] >= 0
    assert list(tmp_path.iterdir()) == []
