"""The search: so many inputs for one family, until all held or one broke a decoder."""

import json
from dataclasses import asdict, dataclass

from benchmarks.fuzz import holding
from benchmarks.fuzz.frames import Line
from benchmarks.fuzz.messages import Post
from gateway.wire.families import BirthFamily, ByteFamily, Family, MessageFamily
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import Probe

_ASKED = Probe()


@dataclass(frozen=True, slots=True)
class Found:
    """An input that broke a decoder: the bytes' pieces in hex, or a message's topic, payload in hex and `retained`."""

    family: str
    decoder: str
    seed: int
    number: int
    what: str
    input: list[str]

    def line(self) -> str:
        """One line of JSON for `tests/vectors/fuzz`."""
        return json.dumps(asdict(self))


def search(name: str, family: Family, *, inputs: int, seed: int) -> Found | None:
    """Feed a family's decoders; the first input that broke one."""
    if isinstance(family, ByteFamily):
        return _on_a_line(name, family, inputs, seed)
    return _in_the_post(name, family, inputs, seed)


def again(found: Found, family: Family) -> None:
    """Feed one input once more, to a new decoder.

    Raises:
        Exception: it still breaks the decoder.
    """
    if isinstance(family, ByteFamily):
        fresh = family.live if found.decoder == "live" else family.capture
        pieces = [bytes.fromhex(piece) for piece in found.input]
        holding.hears(fresh(), pieces)
        holding.same_however_split(fresh, pieces)
        return
    topic, payload, retained = found.input
    fresh_reader = family.live if found.decoder == "live" else family.capture
    holding.receives(fresh_reader(), topic, bytes.fromhex(payload), retained=bool(retained))


def _on_a_line(name: str, family: ByteFamily, inputs: int, seed: int) -> Found | None:
    line = Line(name, seed)
    decoders = [("live", family.live, family.live()), ("capture", family.capture, family.capture())]
    for number in range(inputs):
        pieces = next(line)
        which, fresh, decoder = decoders[number & 1]
        try:
            if isinstance(decoder, ModbusDecoder):
                decoder.expect(_ASKED)
            items = holding.hears(decoder, pieces)
            if number % holding.COMPARED_EACH < len(decoders):
                holding.plausible(items)
                holding.same_however_split(fresh, pieces)
        except Exception as error:  # noqa: BLE001 - none may be raised: that is what is looked for
            return Found(name, which, seed, number, repr(error), [piece.hex() for piece in pieces])
    return None


def _in_the_post(name: str, family: MessageFamily | BirthFamily, inputs: int, seed: int) -> Found | None:
    post = Post(name, seed)
    decoders = [("live", family.live()), ("capture", family.capture())]
    for number in range(inputs):
        topic, payload, retained = next(post)
        which, decoder = decoders[number & 1]
        try:
            holding.receives(decoder, topic, payload, retained=retained)
        except Exception as error:  # noqa: BLE001 - as above
            return Found(name, which, seed, number, repr(error), [topic, payload.hex(), "retained" if retained else ""])
    return None
