"""One port that is configured or present: who hangs there, whether it is who should, and at which speed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.doctor import bus, conversing, ports
from gateway.doctor.expected import Expected
from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import Handshake, at_other_speeds, expecting
from gateway.doctor.ports import Examined, Met
from gateway.doctor.proposal import propose
from gateway.lines import LLRP_PORT
from gateway.ports.address import locate, warning
from gateway.ports.serial_port import LineSettings, SerialPort
from gateway.ports.tcp_port import SCHEME, TcpPort, address_of
from gateway.session import Listening
from gateway.wire.families import FAMILIES, ByteFamily
from ledger.core.errors import ConfigError

_NETWORK_FAMILY = "llrp"
Told: TypeAlias = tuple[list[Finding], list[str]]
"""What is to be said of a port, and what may go into `gateway.toml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    asks: bool


@dataclass(frozen=True, slots=True)
class Port(_How):
    """One port.

    Attributes:
        name: as it was written.
        expected: what the configuration says of it; None: nothing.
        running: the running gateway's process; 0: none runs.
        listen_seconds: how long to listen first; 0: as long as devices usually take.
        asks: whether anything may be written to it.
    """

    name: str
    expected: Expected | None
    running: int
    listen_seconds: float

    @property
    def patience_seconds(self) -> float:
        """How long a device that speaks by itself is waited for."""
        return self.listen_seconds or conversing.SECONDS


def examine_port(port: Port, everything: Sequence[Handshake]) -> Told:
    """Look at one port."""
    if port.name.startswith(SCHEME):
        return _on_the_network(port)
    findings = [Finding("warning", "port-numbered", {"port": port.name})] if warning(port.name) else []
    try:
        path = locate(port.name)
    except OSError as error:
        return [*findings, Finding("fault", "port-lost", {"port": port.name, "reason": str(error)})], []
    held = ports.holders(path)
    if held:
        return [*findings, _held(port, held)], []
    told = port.expected
    if told is not None and told.driven is not None:
        line = SerialPort(port.name, LineSettings(told.baud, told.parity))
        found = conversing.examined(line, told.driven, told.family, port.patience_seconds, asks=port.asks)
        return [*findings, found], []
    more, proposals = _on_a_line(port, path, everything)
    return [*findings, *more], proposals


def _held(port: Port, held: Sequence[tuple[int, str]]) -> Finding:
    if port.running in {number for number, _ in held}:
        return Finding("ok", "port-gateway", {"port": port.name})
    who = ", ".join(f"{name} ({number})" for number, name in held)
    return Finding("fault", "port-busy", {"port": port.name, "who": who})


def _on_the_network(port: Port) -> Told:
    """A reader on the network: who speaks first is heard, and set to nothing."""
    told = port.expected
    if port.running and told is not None:
        return [Finding("ok", "port-gateway", {"port": port.name})], []
    try:
        address = address_of(port.name, default_port=LLRP_PORT)
    except ConfigError as error:
        return [Finding("fault", "port-lost", {"port": port.name, "reason": str(error)})], []
    family = _NETWORK_FAMILY if told is None else told.family
    session = (told and told.driven) or Listening(_live(family).live())
    found = conversing.examined(TcpPort(port.name, address), session, family, port.patience_seconds, asks=port.asks)
    if found.level != "ok" or told is not None:
        return [found], []
    return [found], propose(port.name, Met(Handshake(family, 0, "N", b"", lambda _content: None), ""))


def _live(family: str) -> ByteFamily:
    spoken = FAMILIES[family]
    if not isinstance(spoken, ByteFamily):
        raise TypeError(f"expected a family that speaks in bytes; got {family}")
    return spoken


def _on_a_line(port: Port, path: str, everything: Sequence[Handshake]) -> Told:
    """Who answers on a serial line."""
    told = port.expected
    if told is not None and told.family == bus.FAMILY and port.asks:
        try:
            called = bus.roll_call(path, told.baud, told.probes)
        except OSError as error:
            called = [ports.why_closed(path, error)]
        if called:
            return called, []
    if told is None:
        asked = [*everything, *at_other_speeds(everything)]
    else:
        asked = expecting(told.family, told.baud, told.parity, everything)
    examined = _examined(port, path, asked)
    met = examined.met
    if met is None:
        return list(examined.findings), []
    return [*examined.findings, _judged(port, met)], propose(port.name, met) if told is None else []


def _examined(port: Port, path: str, asked: Sequence[Handshake]) -> Examined:
    """Listen first where somebody is to make a device speak, or nothing may be written; then ask, where one may."""
    order = list(asked)
    if port.listen_seconds or not port.asks:
        # A scanner first: it is what a person can make speak.
        silent = sorted(_silent(asked, port.listen_seconds), key=lambda each: each.baud)
        order = [*silent, *(each for each in asked if each.ask and port.asks)]
    examined = ports.examine(path, order)
    if port.asks or examined.met is not None or examined.findings[0].name != "port-mute":
        return examined
    return replace(examined, findings=(Finding("warning", "port-unasked", {"port": path}),))


def _silent(asked: Sequence[Handshake], listen_seconds: float) -> Iterator[Handshake]:
    for each in asked:
        if not each.ask:
            yield replace(each, seconds=listen_seconds or each.seconds)


def _judged(port: Port, met: Met) -> Finding:
    """Whether who answers is who should, as fast as the configuration says."""
    hand, told = met.handshake, port.expected
    speed = {"baud": str(hand.baud), "parity": f"8{hand.parity}1"}
    values = {"port": port.name, "family": hand.family, "detail": met.detail, **speed}
    if told is None:
        return Finding("ok", "port-found", values)
    if told.family != hand.family:
        return Finding("fault", "port-other", values | {"expected": told.family})
    if (told.baud, told.parity) != (hand.baud, hand.parity):
        return Finding("fault", "port-speed", values | {"expected": f"{told.baud} 8{told.parity}1"})
    return Finding("ok", "port-found", values)
