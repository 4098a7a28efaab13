"""Who hangs on a serial line: one harmless question for each family, and how its answer is known. Pure.

Every question only reads (versions, one register, one coil; TI's module tells its name when it is initialised, as it is
at every connection), and an answer counts only with its own check value: so no device is set to anything that stays,
and none is taken for another. What speaks by itself is heard before anything is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.wire import chafon_crc_uhf, feig_obid, r2000_a0_uhf, thingmagic_m6e, trf7970a
from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.ds18b20_serial import Ds18b20Decoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Item, LabelScan, Reading, Status
from gateway.wire.m100_uhf import AADD, BB7E
from gateway.wire.modbus_rtu_temp.crc import crc16
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import Probe, Request, Scale
from gateway.wire.thingmagic_codes import VERSION

ANSWER_SECONDS = 0.35
LISTEN_SECONDS = 1.2
"""Boards that speak by themselves do so once a second."""
SPEEDS = (9600, 19200, 38400, 57600, 115200)
_MAY_BE_SET_TO = {
    ("thingmagic_m6e", "N"): (9600, 38400),
    ("m100_uhf", "N"): (38400, 57600),
    ("r2000_a0_uhf", "N"): (38400,),
    ("sms", "N"): (9600,),
    ("chafon_crc_uhf", "N"): (9600, 19200, 38400, 115200),
    ("hf_iso15693", "E"): (9600, 19200, 57600, 115200),
    ("modbus_rtu_temp", "N"): (4800, 19200),
    ("relay", "N"): (4800, 19200),
}
"""The speeds, beside that of delivery, to which a maker lets the family be set and which are met."""
_BUSES = {"modbus_rtu_temp", "relay"}

Answer = Callable[[bytes], str | None]
"""What bytes say of the device, in words; None where they are no answer of this family."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """One question.

    Attributes:
        family: whom it is for, as `gateway.toml` spells it; `relay` and `sms` are alarm outputs.
        baud: bits a second.
        parity: `N` or `E`.
        ask: what is sent; empty: one only listens.
        answer: see `Answer`.
        seconds: how long an answer may take.
        is_usual: whether that is the speed at which the family is delivered.
    """

    family: str
    baud: int
    parity: str
    ask: bytes
    answer: Answer
    seconds: float = ANSWER_SECONDS
    is_usual: bool = True


def handshakes(slaves: Sequence[int]) -> list[Handshake]:
    """All of them, in the order in which they are tried: listening first, then by speed."""
    readings = [
        Handshake("modbus_rtu_temp", 9600, "N", Request(slave=slave).format(), _modbus(slave)) for slave in slaves
    ]
    relays = [Handshake("relay", 9600, "N", _read_coil(slave), _relay(slave)) for slave in slaves]
    # Within one speed, a question must not leave another family's device waiting for more of it.
    return [
        Handshake("ds18b20_serial", 115200, "N", b"", _ds18b20, LISTEN_SECONDS),
        Handshake("hf_iso15693", 115200, "N", trf7970a.INITIALISE, _live("hf_iso15693")),
        Handshake("thingmagic_m6e", 115200, "N", thingmagic_m6e.command(VERSION), _live("thingmagic_m6e")),
        Handshake("m100_uhf", 115200, "N", BB7E.module_info(), _live("m100_uhf")),
        Handshake("m100_uhf", 115200, "N", AADD.module_info(), _live("m100_uhf")),
        Handshake("r2000_a0_uhf", 115200, "N", r2000_a0_uhf.command(0x72), _live("r2000_a0_uhf")),
        # The first return ends whatever a modem took from the questions before.
        Handshake("sms", 115200, "N", b"\rAT\r", _modem),
        Handshake("chafon_crc_uhf", 57600, "N", chafon_crc_uhf.command(0x21), _live("chafon_crc_uhf")),
        Handshake("hf_iso15693", 38400, "E", feig_obid.request(0x65), _live("hf_iso15693")),
        *readings,
        *relays,
        Handshake("barcode_isbt128", 9600, "N", b"", _scanner),
    ]


def at_other_speeds(asked: Sequence[Handshake]) -> list[Handshake]:
    """The questions once more, at each other speed to which their family may be set; one slave speaks for its bus."""
    once = {(each.family, each.parity, b"" if each.family in _BUSES else each.ask): each for each in asked if each.ask}
    other = [
        replace(each, baud=baud, is_usual=False)
        for each in once.values()
        for baud in _MAY_BE_SET_TO.get((each.family, each.parity), ())
    ]
    return sorted(other, key=lambda each: (each.parity, each.baud))


def expecting(family: str, baud: int, parity: str, everything: Sequence[Handshake]) -> list[Handshake]:
    """All questions, in the order for a port of which the configuration says what is there, and how fast.

    First the family's own, as configured; then everybody's; last the family's own at every other speed.
    """
    own = [replace(each, parity=parity) for each in everything if each.family == family and each.parity == parity]
    first = [replace(each, baud=baud) for each in own]
    last = [replace(each, baud=other) for other in SPEEDS if other != baud for each in own if each.ask]
    known = {(each.family, each.baud, each.parity, each.ask): each for each in (*first, *everything, *last)}
    return list(known.values())


def _live(family: str) -> Answer:
    """A reader: it says what it is. Nothing else counts, because text fits many families."""
    spoken = FAMILIES[family]
    if not isinstance(spoken, ByteFamily):
        raise TypeError(f"expected a family of serial devices; got {family}")

    def answer(content: bytes) -> str | None:
        decoder = spoken.live()
        items = (*decoder.feed(content), *decoder.idle())
        told = [each.detail for each in items if isinstance(each, Status) and each.name == "module-info"]
        return told[0] or "module-info" if told else None

    return answer


def _ds18b20(content: bytes) -> str | None:
    decoder = Ds18b20Decoder()
    return _reading((*decoder.feed(content), *decoder.idle()))


def _reading(items: Sequence[Item]) -> str | None:
    """The first reading; a device that only refuses the question is another one."""
    for item in items:
        if isinstance(item, Reading):
            return f"{item.sensor} {'?' if item.centi_celsius is None else item.centi_celsius / 100} °C"
    return None


def _modbus(slave: int) -> Answer:
    def answer(content: bytes) -> str | None:
        decoder = ModbusDecoder()
        decoder.expect(Probe(sensor=f"slave {slave}", request=Request(slave=slave), scale=Scale.TENTHS))
        return _reading(decoder.feed(content))

    return answer


def _read_coil(slave: int) -> bytes:
    asked = bytes((slave, 1, 0, 0, 0, 1))
    return asked + crc16(asked)


def _relay(slave: int) -> Answer:
    def answer(content: bytes) -> str | None:
        found = content[:6]
        fits = len(found) == 6 and found[:3] == bytes((slave, 1, 1)) and crc16(found[:4]) == found[4:]
        return f"relay board, slave {slave}" if fits else None

    return answer


def _scanner(content: bytes) -> str | None:
    """A label, whose text is not repeated: it may identify a person."""
    scans = [each for each in BarcodeDecoder().feed(content) if isinstance(each, LabelScan)]
    return "a label was scanned" if any(scan.text[:1] in {"=", "&"} for scan in scans) else None


def _modem(content: bytes) -> str | None:
    return "AT commands" if b"\r\nOK\r\n" in content else None
