"""Which ports a configuration needs, and who speaks on each: families, line settings, sessions.

Devices with the same serial port share its line and must be of one family; devices with the same topic share a decoder.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from gateway import mappings, tls
from gateway.answers import ANSWERS
from gateway.config import Config, ProbeSettings, ReaderSettings, ScannerSettings
from gateway.device import BROKER, READINGS_BROKER
from gateway.drivers import driver_of, family_of, names
from gateway.honoured import require_honoured
from gateway.ports.address import USB, is_address
from gateway.ports.line import Line
from gateway.ports.mailbox import Post
from gateway.ports.mqtt_port import MqttPort, Subscription
from gateway.ports.serial_port import LineSettings, SerialPort
from gateway.ports.tcp_port import SCHEME, TcpPort, address_of
from gateway.pulse import Pulse
from gateway.session import BusProbe, Listening, M100Session, Moment, Session
from gateway.session import ModbusBus as Bus
from gateway.talk import families as talk
from gateway.wire.decoder import MessageDecoder
from gateway.wire.families import ByteFamily
from gateway.wire.modbus_rtu_temp.probe import REGISTER_MAPS, Probe, Scale
from gateway.wire.mqtt_mapping import MappedDecoder
from ledger.core.errors import ConfigError

_Settings: TypeAlias = ReaderSettings | ScannerSettings | ProbeSettings


@dataclass(frozen=True, slots=True)
class _Line:
    """How a serial family is run: its line, and which table of the configuration describes its devices."""

    settings: LineSettings
    described_by: type[ReaderSettings | ScannerSettings | ProbeSettings]
    table: str


_LINES = {
    "m100_uhf": _Line(LineSettings(115200), ReaderSettings, "reader"),
    "barcode_isbt128": _Line(LineSettings(9600), ScannerSettings, "scanner"),
    "modbus_rtu_temp": _Line(LineSettings(9600), ProbeSettings, "probe"),
    "ds18b20_serial": _Line(LineSettings(115200), ProbeSettings, "probe"),
    "llrp": _Line(LineSettings(), ReaderSettings, "reader"),
}
_TABLES: dict[str, type[_Settings]] = {"reader": ReaderSettings, "scanner": ScannerSettings, "probe": ProbeSettings}
LLRP_PORT = 5084
_LINE_IDLE_SECONDS = 1.0
_ASKED = {"modbus_rtu_temp"}
"""Lines that are silent unless they are asked, however long that takes by a simulated clock."""
_UNANSWERED = 10
"""Questions a slave without any answer, after which the line itself is doubted: an adapter that hangs."""


class Port(Protocol):
    """Something that runs until it is ended."""

    def start(self) -> None:
        """Begin, on threads of its own."""
        ...

    def end(self) -> None:
        """Stop, and wait."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Every serial line and TCP connection, and the connections to the broker that devices need."""

    lines: tuple[Line, ...]
    brokers: tuple[MqttPort, ...]

    def all(self) -> tuple[Port, ...]:
        """All of them."""
        return (*self.lines, *self.brokers)

    def pulses(self) -> Iterator[tuple[str, Pulse]]:
        """Of every line's thread."""
        for line in self.lines:
            yield line.path, line.pulse

    def acknowledge(self, messages: Sequence[tuple[str, int]]) -> None:
        """Let the broker forget what these messages, of a connection each, said: it is durable."""
        for broker in self.brokers:
            broker.acknowledge([message for source, message in messages if source == broker.source])

    def tell_stored(self, path: str) -> None:
        """Tell the device on a line that what it said is safe, if it asked to hear that."""
        for line in self.lines:
            if line.path == path:
                line.say(line.answers.stored)

    def tell_refused(self, path: str) -> None:
        """Tell the device on a line that what it said is not safe, so that the person before it hears it."""
        for line in self.lines:
            if line.path == path:
                line.say(line.answers.refused)

    def tell_unpaired(self, path: str) -> None:
        """Tell the scanner on a line that the half of a bag came to nothing, so that both halves are scanned again."""
        for line in self.lines:
            if line.path == path:
                line.say(line.answers.unpaired)


def plan(
    config: Config, *, moment: Callable[[], Moment], post: Post, shown: tls.Shown = lambda _until_ms: None
) -> Ports:
    """The ports of a configuration, not yet started; `shown` hears of the broker's certificate, see `tls.Shown`.

    Raises:
        ConfigError: an unknown family, a family that cannot be on that sort of port, two families on one line, or a
            key that its family cannot honour.
    """
    for reader in config.readers:
        require_honoured(reader)
    for probe in config.probes:
        require_honoured(probe)
    for scanner in config.scanners:
        require_honoured(scanner)
    devices: list[_Settings] = [*config.readers, *config.scanners, *config.probes]
    by_port: dict[str, list[_Settings]] = {}
    by_topic: dict[str, list[_Settings]] = {}
    for device in devices:
        if device.port is not None:
            by_port.setdefault(device.port, []).append(device)
        elif device.topic is not None:
            by_topic.setdefault(device.topic, []).append(device)
    lines = tuple(_line(path, sharers, moment, post) for path, sharers in by_port.items())
    return Ports(lines, _brokers(config, by_topic, moment=moment, post=post, shown=shown))


def _line(path: str, sharers: Sequence[_Settings], moment: Callable[[], Moment], post: Post) -> Line:
    """The port that a path or an address leads to, and who speaks there."""
    first = sharers[0]
    for each in sharers:
        if each.baud != first.baud:
            told = f"{first.baud or 'none'} and {each.baud or 'none'}"
            raise ConfigError(f"{each.name}.baud: expected one speed for every device on {path}; got {told}")
    settings = _settings(first)
    return Line(
        port=_port(path, first, settings),
        session=_session(path, sharers),
        moment=moment,
        post=post,
        jitter=random.random,
        keepalive_seconds=_keepalive(sharers),
        unanswered=_UNANSWERED * len(sharers) if first.family in _ASKED else None,
        answers=settings.answers,
    )


def _port(path: str, device: _Settings, settings: LineSettings) -> SerialPort | TcpPort:
    if path.startswith(SCHEME):
        return TcpPort(path, address_of(path, default_port=LLRP_PORT))
    if path.startswith(USB) and not is_address(path):
        raise ConfigError(
            f"{device.name}.port: expected usb:VENDOR:PRODUCT:NUMBER, four hex digits each and the serial number; "
            f"got {path!r}"
        )
    if device.family == "llrp":
        raise ConfigError(f"{device.name}.port: expected tcp://host:port of an LLRP reader; got {path!r}")
    return SerialPort(path, settings)


def _settings(device: _Settings) -> LineSettings:
    if isinstance(device, ReaderSettings) and device.family in talk.ASKED:
        return talk.line_of(device)
    line = _line_of(device.family)
    settings = LineSettings() if line is None else line.settings
    settings = replace(settings, baud=device.baud or settings.baud)
    return replace(settings, answers=ANSWERS[device.answers]) if isinstance(device, ScannerSettings) else settings


def _session(path: str, sharers: Sequence[_Settings]) -> Session:
    family = _one_family(path, sharers)
    spoken = family_of(family)
    if not isinstance(spoken, ByteFamily):
        raise ConfigError(f"{sharers[0].name}.family: expected a family of serial devices; got {family!r}, use `topic`")
    if family in talk.ASKED:
        return talk.session_of(_only_reader(path, sharers))
    line = _line_of(family)
    if line is None:
        known = ", ".join(sorted({*_LINES, *talk.ASKED}))
        raise ConfigError(f"{sharers[0].name}.family: expected one of {known} on a port; got {family!r}")
    for each in sharers:
        if not isinstance(each, line.described_by):
            raise ConfigError(f"{each.name}.family: expected {family} devices in [[{line.table}]] tables")
    if family == "modbus_rtu_temp":
        return Bus([_slave(each) for each in sharers if isinstance(each, ProbeSettings)])
    if family in {"m100_uhf", "llrp"}:
        return _asked(_only_reader(path, sharers))
    return _spoken_by_itself(family, spoken, sharers)


def _spoken_by_itself(family: str, spoken: ByteFamily, sharers: Sequence[_Settings]) -> Session:
    """A device that nobody has to ask, or whose driver knows how."""
    driver = driver_of(family)
    if driver is None or driver.session is None:
        return Listening(spoken.live(), _LINE_IDLE_SECONDS)
    asked = [each.interval_seconds for each in sharers if not isinstance(each, ScannerSettings)]
    return driver.session(round(1000 * min(asked, default=_LINE_IDLE_SECONDS)))


def _line_of(family: str) -> _Line | None:
    """How a serial family is run; None for one that nobody brings."""
    driver = driver_of(family)
    if driver is None:
        return _LINES.get(family)
    return _Line(LineSettings(driver.baud, driver.parity), _TABLES[driver.table], driver.table)


def _only_reader(path: str, sharers: Sequence[_Settings]) -> ReaderSettings:
    reader = sharers[0]
    if not isinstance(reader, ReaderSettings):
        raise ConfigError(f"{reader.name}.family: expected {reader.family} devices in [[reader]] tables")
    if len(sharers) != 1:
        raise ConfigError(f"{reader.name}.port: expected one [[reader]] on the line {path}; got {len(sharers)}")
    return reader


def _asked(reader: ReaderSettings) -> Session:
    """The session of a reader that is alone on its line and is asked for its inventories."""
    interval_ms = round(reader.interval_seconds * 1000)
    if reader.family == "m100_uhf":
        return M100Session(interval_ms, reader.identity)
    # Loaded only where such a reader is configured: its library is large.
    from gateway.llrp_session import LlrpSession  # noqa: PLC0415 - see above

    return LlrpSession(interval_ms, tuple(each.antenna for each in reader.antennas if each.antenna), reader.identity)


def _slave(probe: ProbeSettings) -> BusProbe:
    scale = Scale.TENTHS if probe.scale == "tenths" else Scale.HUNDREDTHS
    made = REGISTER_MAPS[probe.registers]
    asked = Probe(probe.name, made.request(probe.slave), scale, made.quantities)
    return BusProbe(asked, round(probe.interval_seconds * 1000))


def _keepalive(sharers: Sequence[_Settings]) -> float | None:
    """Readers are asked all the time; scanners rest, and a slow probe is watched by its own interval."""
    patience = [each.silent_after_seconds for each in sharers if isinstance(each, ReaderSettings)]
    return max(patience, default=None)


def _brokers(
    config: Config,
    by_topic: dict[str, list[_Settings]],
    *,
    moment: Callable[[], Moment],
    post: Post,
    shown: tls.Shown,
) -> tuple[MqttPort, ...]:
    """A connection for what custody rests on, and one for readings: see `gateway.device.READINGS_BROKER`."""
    if config.mqtt is None:
        return ()
    listened: dict[str, list[Subscription]] = {BROKER: [], READINGS_BROKER: []}
    for topic, sharers in by_topic.items():
        family = _one_family(topic, sharers)
        source = READINGS_BROKER if isinstance(sharers[0], ProbeSettings) else BROKER
        listened[source].append(Subscription(topic, message_decoder(config, family, sharers)))
    return tuple(
        MqttPort(config.mqtt, source, f"xuemai-{config.gateway.name}{suffix}", listened[source], moment, post, shown)
        for source, suffix in ((BROKER, ""), (READINGS_BROKER, "-readings"))
        if listened[source]
    )


def message_decoder(config: Config, family: str, sharers: Sequence[_Settings]) -> MessageDecoder:
    """What reads the messages of one topic.

    Raises:
        ConfigError: its family does not speak MQTT, or a device of it stands in another table.
    """
    device = sharers[0]
    if isinstance(device, ProbeSettings) and device.mapping:
        return MappedDecoder(next(each for each in config.mappings if each.name == device.mapping))
    spoken = family_of(family)
    if spoken is None or isinstance(spoken, ByteFamily):
        raise ConfigError(f"{device.name}.family: expected a family that speaks MQTT; got {family!r}, use `port`")
    driver = driver_of(family)
    for each in sharers:
        if driver is not None and not isinstance(each, _TABLES[driver.table]):
            raise ConfigError(f"{each.name}.family: expected {family} devices in [[{driver.table}]] tables")
    return spoken.live()


def _one_family(where: str, sharers: Sequence[_Settings]) -> str:
    family = sharers[0].family
    known = [*names(), mappings.FAMILY]
    if family not in known:
        raise ConfigError(f"{sharers[0].name}.family: expected one of {', '.join(known)}; got {family!r}")
    if any(each.family != family for each in sharers):
        raise ConfigError(
            f"{sharers[1].name}.family: expected one family on {where}; got {[s.family for s in sharers]}"
        )
    return family
