"""The file as a whole: read, checked, its paths made whole. A mistake is told by its TOML key."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from marshmallow import EXCLUDE, ValidationError, fields

from gateway.alarm.settings import AlarmSchema, AlarmSettings
from gateway.config.centre import (
    ClockSchema,
    ClockSettings,
    GatewaySchema,
    GatewaySettings,
    UplinkSchema,
    UplinkSettings,
)
from gateway.config.here import MqttSchema, MqttSettings, OutboxSchema, PageSchema, PageSettings
from gateway.config.labels import LabelSchema, LabelSettings
from gateway.config.probe import MODBUS, ProbeSchema, ProbeSettings
from gateway.config.reader import ReaderSchema, ReaderSettings
from gateway.config.scanner import ScannerSchema, ScannerSettings
from gateway.config.spelling import Strict
from gateway.mappings import MappingSchema, by_name, with_topics
from gateway.spool.room import Allowance
from gateway.wire.mqtt_mapping import JsonMapping
from ledger.core.errors import ConfigError
from ledger.core.labels.reading import parse_schemes

CONFIG_NAME = "gateway.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole of `gateway.toml`, and the hash of its bytes, which `gateway_started` carries."""

    gateway: GatewaySettings
    uplink: UplinkSettings
    clock: ClockSettings
    mqtt: MqttSettings | None
    readers: tuple[ReaderSettings, ...]
    scanners: tuple[ScannerSettings, ...]
    probes: tuple[ProbeSettings, ...]
    digest: bytes
    page: PageSettings | None = None
    outbox: Allowance = field(default_factory=Allowance)
    alarm: AlarmSettings | None = None
    mappings: tuple[JsonMapping, ...] = ()
    labels: LabelSettings = field(default_factory=LabelSettings)


class _Mappings(Strict):
    mapping = fields.List(fields.Nested(MappingSchema), load_default=list)


class _Root(_Mappings):
    gateway = fields.Nested(GatewaySchema, required=True)
    uplink = fields.Nested(UplinkSchema, required=True)
    clock = fields.Nested(ClockSchema, load_default=ClockSettings("system", None))
    mqtt = fields.Nested(MqttSchema, load_default=None)
    page = fields.Nested(PageSchema, load_default=None)
    outbox = fields.Nested(OutboxSchema, load_default=Allowance())
    alarm = fields.Nested(AlarmSchema, load_default=None)
    reader = fields.List(fields.Nested(ReaderSchema), load_default=list)
    scanner = fields.List(fields.Nested(ScannerSchema), load_default=list)
    probe = fields.List(fields.Nested(ProbeSchema), load_default=list)
    labels = fields.Nested(LabelSchema, load_default=LabelSettings())
    label_scheme = fields.Raw(load_default=list)


def load(directory: Path) -> Config:
    """The configuration in `directory`/gateway.toml; relative paths in it start from `directory`.

    Raises:
        ConfigError: no such file, no TOML, or a key that is unknown, missing or wrong; the message names it.
    """
    return parse(_content(directory), directory)


def parse(content: bytes, directory: Path) -> Config:
    """The configuration that `content` says; see `load`."""
    try:
        values = _Root().load(_tables(content))
    except ValidationError as error:
        raise ConfigError("; ".join(_told(error.messages))) from error
    config = Config(
        gateway=values["gateway"],
        uplink=values["uplink"],
        clock=values["clock"],
        mqtt=values["mqtt"],
        readers=tuple(values["reader"]),
        scanners=tuple(values["scanner"]),
        probes=with_topics(values["probe"], values["mapping"]),
        digest=hashlib.sha256(content).digest(),
        page=values["page"],
        outbox=values["outbox"],
        alarm=values["alarm"],
        mappings=tuple(values["mapping"]),
        labels=replace(values["labels"], schemes=parse_schemes(values["label_scheme"])),
    )
    _check_whole(config)
    return _anchored(config, directory)


def load_mappings(directory: Path) -> tuple[JsonMapping, ...]:
    """The `[[mapping]]` tables of `directory`/gateway.toml alone: whoever tries one may have nothing else there yet.

    Raises:
        ConfigError: no such file, no TOML, no mapping, two of one name, or a mistake in one; the message names its key.
    """
    values = _tables(_content(directory))
    try:
        found = tuple(_Mappings(unknown=EXCLUDE).load(values)["mapping"])
    except ValidationError as error:
        raise ConfigError("; ".join(_told(error.messages))) from error
    if not found:
        raise ConfigError(f"mapping: expected a [[mapping]] in {directory / CONFIG_NAME}; got none")
    by_name(found)
    return found


def _content(directory: Path) -> bytes:
    path = directory / CONFIG_NAME
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"expected a configuration at {path}; {error.strerror}") from error


def _tables(content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{CONFIG_NAME}: expected TOML; {error}") from error


def _check_whole(config: Config) -> None:
    """What no single table can know.

    Raises:
        ConfigError: two devices of one name, or a topic without a broker.
    """
    names: set[str] = set()
    outputs = config.alarm.outputs if config.alarm else ()
    for name in (device.name for device in (*_devices(config), *outputs)):
        if name in names:
            raise ConfigError(f"name: expected every device to have a name of its own; got {name!r} twice")
        names.add(name)
    spoken: list[ReaderSettings | ProbeSettings] = [*config.readers, *config.probes]
    if config.mqtt is None and any(device.topic for device in spoken):
        raise ConfigError("mqtt: expected a broker ([mqtt] host), because a device has a topic")
    _check_sensors(config.probes)


def _check_sensors(probes: Sequence[ProbeSettings]) -> None:
    """Two probes that could take each other's readings are two fridges swapped.

    Raises:
        ConfigError: probes on one line or topic that nothing tells apart.
    """
    for probe in probes:
        for other in probes:
            if other is probe or (other.port, other.topic) != (probe.port, probe.topic):
                continue
            if not probe.sensor or other.sensor == probe.sensor:
                raise ConfigError(
                    f"probe {probe.name}.sensor: expected the name of its own sensor, because {other.name} is on the "
                    f"same line; got {probe.sensor!r}"
                )
            if probe.family == MODBUS and other.slave == probe.slave:
                raise ConfigError(f"probe {probe.name}.slave: expected another slave than {other.name}'s {other.slave}")


def _devices(config: Config) -> list[ReaderSettings | ScannerSettings | ProbeSettings]:
    return [*config.readers, *config.scanners, *config.probes]


def _told(messages: object, key: str = "") -> list[str]:
    if isinstance(messages, dict):
        lines: list[str] = []
        for name, inner in messages.items():
            # marshmallow files a whole table's complaint under `_schema`; a list's items under their number.
            step = "" if name == "_schema" else f"[{name}]" if isinstance(name, int) else f".{name}"
            lines += _told(inner, (key + step).lstrip("."))
        return lines
    reasons = messages if isinstance(messages, list) else [messages]
    return [f"{key}: {reason}" for reason in reasons]


def _anchored(config: Config, directory: Path) -> Config:
    def below(path: Path | None) -> Path | None:
        return None if path is None else directory / path

    mqtt = config.mqtt
    if mqtt is not None:
        mqtt = replace(mqtt, password_file=below(mqtt.password_file), ca_file=below(mqtt.ca_file))

    def port(text: str | None) -> str | None:
        return text if text is None or text.startswith(("tcp://", "usb:")) else str(directory / text)

    return replace(
        config,
        readers=tuple(replace(each, port=port(each.port)) for each in config.readers),
        scanners=tuple(replace(each, port=port(each.port) or "") for each in config.scanners),
        probes=tuple(replace(each, port=port(each.port)) for each in config.probes),
        uplink=replace(
            config.uplink,
            ca_file=below(config.uplink.ca_file),
            certificate_file=below(config.uplink.certificate_file),
            key_file=below(config.uplink.key_file),
        ),
        clock=replace(config.clock, path=below(config.clock.path)),
        mqtt=mqtt,
        labels=replace(config.labels, codes=below(config.labels.codes)),
        alarm=config.alarm and config.alarm.below(directory),
    )
