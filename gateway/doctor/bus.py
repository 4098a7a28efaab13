"""The probes of a Modbus line, each asked as `gateway.toml` says: who answers, and whether its scale can be right."""

from collections.abc import Iterator, Sequence

from gateway.config import ProbeSettings
from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import Handshake
from gateway.doctor.ports import answers
from gateway.wire.items import Item, Reading
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import REGISTER_MAPS, Probe, Scale

FAMILY = "modbus_rtu_temp"


def roll_call(port: str, baud: int, probes: Sequence[ProbeSettings]) -> list[Finding]:
    """One finding a probe; none where none of them answers: then it is the line that has to be looked at.

    Raises:
        OSError: the port cannot be opened, or broke.
    """
    asked = [_handshake(probe, baud) for probe in probes]
    heard = [_reading(probe, content) for probe, content in zip(probes, answers(port, asked), strict=True)]
    if not any(heard):
        return []
    return [finding for probe, reading in zip(probes, heard, strict=True) for finding in _judged(port, probe, reading)]


def _asked(probe: ProbeSettings) -> Probe:
    made = REGISTER_MAPS[probe.registers]
    scale = Scale.TENTHS if probe.scale == "tenths" else Scale.HUNDREDTHS
    return Probe(probe.name, made.request(probe.slave), scale, made.quantities)


def _handshake(probe: ProbeSettings, baud: int) -> Handshake:
    return Handshake(FAMILY, baud, "N", _asked(probe).request.format(), lambda _content: None)


def _reading(probe: ProbeSettings, content: bytes) -> Item | None:
    """What a probe said, or its refusal; None where it said nothing that answers."""
    decoder = ModbusDecoder()
    asked = decoder.expect(_asked(probe))
    # An adapter with its echo on gives the question back first.
    items = decoder.feed(content.removeprefix(asked))
    return items[0] if items else None


def _judged(port: str, probe: ProbeSettings, item: Item | None) -> Iterator[Finding]:
    values = {"port": port, "device": probe.name, "slave": str(probe.slave)}
    if item is None:
        yield Finding("fault", "probe-mute", values)
    elif not isinstance(item, Reading):
        yield Finding("fault", "probe-refuses", {**values, "reason": str(getattr(item, "reason", item))})
    elif item.centi_celsius is None:
        yield Finding("fault", "probe-ill", {**values, "reason": item.reason})
    else:
        told = {**values, "celsius": f"{item.centi_celsius / 100:g}"}
        fits = _fits(probe, item.centi_celsius)
        yield Finding("ok", "probe-good", told) if fits else Finding("fault", "probe-scale", told)


def _fits(probe: ProbeSettings, centi_celsius: int) -> bool:
    """Whether the probe's cabinet can read that at all: ten times the scale cannot."""
    low, high = probe.cabinet_low, probe.cabinet_high
    return (low is None or low <= centi_celsius) and (high is None or centi_celsius <= high)
