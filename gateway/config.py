"""`gateway.toml`: which devices hang where, and where events go.

Decides what a configuration may say. A mistake is told by its TOML key and what was expected; an unknown key is a
mistake, because a misspelt limit must not become no limit.

    [gateway]   name, origin, epoch (1), site_name
    [uplink]    url, receipt_key (vkey, pinned), log_keys (vkeys, pinned), checkpoint_seconds, ca_file,
                certificate_file, key_file
    [clock]     source = "system" | "simulated", path
    [mqtt]      host, port, username, password_file, ca_file
    [outbox]    max_megabytes (0: as the disk has), reserve_megabytes (32): of it, for custody and alarms alone
    [page]      port, host ("127.0.0.1"): the local page, on the loopback interface alone; without it there is none
    [alarm]     what is watched on the spot, where it sounds, in which steps: see `gateway.alarm.settings`
    [[reader]]  name, family, port | topic, antennas = [{antenna, place}], interval_seconds, arrive_reads, …
    [[scanner]] name, family, port, place, answers = "none" | "ack_nak" | "bel"
    [[probe]]   name, family, port | topic, slave, rom, place, measures, interval_seconds, low, high, …
    [[mapping]] name, topic, value, unit | unit_at, …: MQTT JSON of other makes, see `mappings`

Devices with one `port` share its line: a Modbus bus with several slaves, say. A port is a serial device by its path or
by its plug (`usb:0403:6001:A50285BI`), or `tcp://host:port`: an LLRP reader, or a device server that a serial line
hangs on.
"""

import hashlib
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.alarm.settings import AlarmSchema, AlarmSettings
from gateway.answers import ANSWERS
from gateway.mappings import MappingSchema, with_topics
from gateway.spool.room import MEGABYTE, Allowance
from gateway.wire.modbus_rtu_temp import REGISTER_MAPS
from gateway.wire.mqtt_mapping import JsonMapping
from ledger.core import note
from ledger.core.errors import ConfigError, NoteError
from ledger.core.ids import NAME_PATTERN, PATH_PATTERN, is_id

CONFIG_NAME = "gateway.toml"
MODBUS = "modbus_rtu_temp"
_NAME = validate.Regexp(rf"{NAME_PATTERN}\Z", error="expected a name such as gw-centre: letters, digits and . _ -")
_WORD = validate.Regexp(rf"{PATH_PATTERN}\Z", error="expected letters, digits and . _ - /")
_CENTI = validate.Range(min=-27315, max=20000)
_COLDER, _WARMER = 4000, 3000
"""What a cabinet reads at most beyond its limits when a probe is new in it, unless the configuration says otherwise.

Ten times the scale turns the 4 degrees of a refrigerator into 40, and the -20 of a freezer into -200.
"""
_READS = validate.Range(min=1, max=64)
_POSITIVE = validate.Range(min=0, min_inclusive=False, error="expected a number above 0")


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Who this gateway is: its name, the ledger's origin, the epoch of its streams, and what people call its site."""

    name: str
    origin: str
    epoch: int
    site_name: str


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """Where batches go, and whom to believe there.

    Attributes:
        url: the ledger's address.
        receipt_key: the vkey whose receipts count.
        ca_file: which CA vouches for the TLS server; None: those of the system.
        log_keys: the vkeys of the log's checkpoints; empty: checkpoints are not followed.
        checkpoint_seconds: between two looks at the checkpoint, at least.
        certificate_file: the gateway's own certificate, where the ledger's proxy asks for one; None: it has none.
        key_file: its key.
    """

    url: str
    receipt_key: str
    ca_file: Path | None
    log_keys: tuple[str, ...] = ()
    checkpoint_seconds: float = 30.0
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """`system`, or `simulated` with the file that the demo's conductor writes."""

    source: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker that devices publish to."""

    host: str
    port: int
    username: str | None
    password_file: Path | None
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Where the local page is served: a loopback address and a port."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class AntennaSettings:
    """One antenna port (from 1; 0 where the reader does not say) and the place that it watches: a read point.

    The rest is as in `ReaderSettings`, for this read point alone; None: as its reader.
    """

    antenna: int
    place: str
    arrive_reads: int | None = None
    arrive_within_seconds: float | None = None
    leave_after_seconds: float | None = None
    margin_db: float | None = None
    dwell_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """An RFID reader.

    Attributes:
        port: serial port, by id; None for an MQTT reader.
        topic: MQTT topic filter; None for a serial reader.
        interval_seconds: clock time between inventory rounds of a polled reader.
        arrive_reads: so many reads within `arrive_within_seconds` make an arrival.
        leave_after_seconds: so long a silence, with completed inventories, makes a departure.
        margin_db: how much stronger another antenna must hear a tag to take it over, for `dwell_seconds`.
        silent_after_seconds: real seconds without a good frame after which the reader counts as dead; on MQTT, where an
            empty shelf is silent too, only where it is said.
        rounds: what shows that an inventory was completed: `reported` by the reader, any `reads` of it, or `assumed`
            while it is connected and says that it runs (for readers that are silent over an empty shelf).
        known_tags: prefixes of the site's own tag numbers; empty: every tag is the site's.
        unknown_reads: so many reads make a tag outside those numbers more than a ghost.
        identity: a part of what a serial reader must say of itself (firmware, identifier); empty: any reader.
        dialect: which of its family's languages the reader speaks; empty: the usual one.
        baud: bits a second; None: as the family is delivered.
        region: where a radio that asks for it transmits (`cn`, `eu`, …).
        power_dbm: how strongly an asked UHF reader transmits, for as long as it has power; None: as it is set.
    """

    name: str
    family: str
    port: str | None
    topic: str | None
    antennas: tuple[AntennaSettings, ...]
    interval_seconds: float
    arrive_reads: int
    arrive_within_seconds: float
    leave_after_seconds: float
    margin_db: float
    dwell_seconds: float
    silent_after_seconds: float
    rounds: str
    known_tags: tuple[str, ...]
    unknown_reads: int
    identity: str = ""
    dialect: str = ""
    baud: int | None = None
    region: str = "cn"
    power_dbm: int | None = None


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """A barcode scanner on a serial port, and the place where it stands.

    `terminator` notes how the scanner was programmed (CR, LF, CRLF, or any); each of them ends a line. `answers` says
    what it wants to hear after a scan: see `answers`.
    """

    name: str
    family: str
    port: str
    place: str
    terminator: str
    answers: str = "none"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """A temperature probe.

    Attributes:
        sensor: the probe's own name in what its line or topic says; empty: the only one there.
        slave: Modbus address.
        scale: Modbus: what a register of 1 stands for, `tenths` or `hundredths` of a degree.
        mapping: MQTT JSON of other makes: the name of its `[[mapping]]`; empty: none.
        registers: Modbus: where its make keeps its values, a name in `gateway.wire.modbus_rtu_temp.REGISTER_MAPS`.
        measures: what it hangs in, `air` or a `load`.
        low: lowest allowed temperature in centi-degrees, inclusive; None: no limit. Beyond it is an alarm.
        high: highest allowed, likewise.
        alarm_after_seconds: clock time beyond a limit after which the alarm is told.
        warn_low: lowest temperature without a warning; None: no warning.
        warn_high: highest, likewise.
        warn_after_seconds: as `alarm_after_seconds`, for the warning.
        cabinet_low: the lowest that its cabinet can read at all, in centi-degrees; a new probe must begin above it.
        cabinet_high: the highest, likewise.
        rate_per_minute: the fastest believable change, in centi-degrees a minute.
        stuck_after_seconds: a value that stands for this long is suspect, where the device usually moves.
        segment_seconds: clock time after which a segment closes.
        calibrated: instant of the calibration.
        calibration_until: instant of its expiry.
        certificate: of the calibration.
        offset_centi_celsius: the correction that the probe itself adds; readings stay as they come.
    """

    name: str
    family: str
    port: str | None
    topic: str | None
    sensor: str
    slave: int
    scale: str
    place: str
    measures: str
    interval_seconds: float
    low: int | None
    high: int | None
    alarm_after_seconds: float
    warn_low: int | None
    warn_high: int | None
    warn_after_seconds: float
    cabinet_low: int | None
    cabinet_high: int | None
    rate_per_minute: int
    stuck_after_seconds: float
    segment_seconds: float
    calibrated: str | None
    calibration_until: str | None
    certificate: str | None
    offset_centi_celsius: int | None
    registers: str = "xy-md02"
    mapping: str = ""


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


def _is_place(value: str) -> None:
    if not (is_id(value, "place") or is_id(value, "box")):
        raise ValidationError("expected a place such as place:centre/fridge-1, or a box")


def _check_vkeys(key: str, vkeys: Sequence[str]) -> None:
    try:
        for vkey in vkeys:
            note.parse_vkey(vkey)
    except NoteError as error:
        raise ValidationError(str(error), key) from error


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _Gateway(_Strict):
    name = fields.String(required=True, validate=_NAME)
    origin = fields.String(required=True, validate=validate.Length(min=1, max=200))
    epoch = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=999_999_999))
    site_name = fields.String(load_default="")

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> GatewaySettings:
        return GatewaySettings(**values)


class _Uplink(_Strict):
    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    receipt_key = fields.String(required=True)
    log_keys = fields.List(fields.String(), load_default=list)
    checkpoint_seconds = fields.Float(load_default=30.0, validate=validate.Range(min=1, max=40))
    ca_file = fields.String(load_default=None, allow_none=False)
    certificate_file = fields.String(load_default=None, allow_none=False)
    key_file = fields.String(load_default=None, allow_none=False)

    @validates_schema
    def check_tls(self, values: Mapping[str, Any], **_: object) -> None:
        if (values.get("certificate_file") is None) != (values.get("key_file") is None):
            raise ValidationError("expected certificate_file and key_file together", "certificate_file")
        for name in ("ca_file", "certificate_file"):
            if values.get(name) is not None and values.get("url", "").startswith("http:"):
                raise ValidationError("expected an https url beside it: plain http has no certificates", name)

    @validates_schema
    def check_keys(self, values: Mapping[str, Any], **_: object) -> None:
        _check_vkeys("receipt_key", [values["receipt_key"]])
        _check_vkeys("log_keys", values["log_keys"])

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> UplinkSettings:
        return UplinkSettings(
            values["url"].rstrip("/"),
            values["receipt_key"],
            _path(values["ca_file"]),
            tuple(values["log_keys"]),
            values["checkpoint_seconds"],
            _path(values["certificate_file"]),
            _path(values["key_file"]),
        )


class _Clock(_Strict):
    source = fields.String(load_default="system", validate=validate.OneOf(["system", "simulated"]))
    path = fields.String(load_default=None)

    @validates_schema
    def check_path(self, values: Mapping[str, str], **_: object) -> None:
        if values["source"] == "simulated" and not values.get("path"):
            raise ValidationError("expected the path of the simulated clock", "path")

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> ClockSettings:
        return ClockSettings(values["source"], _path(values["path"]))


class _Mqtt(_Strict):
    host = fields.String(required=True)
    port = fields.Integer(load_default=1883, strict=True, validate=validate.Range(min=1, max=65535))
    username = fields.String(load_default=None)
    password_file = fields.String(load_default=None)
    ca_file = fields.String(load_default=None)

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> MqttSettings:
        values |= {key: _path(values[key]) for key in ("password_file", "ca_file")}
        return MqttSettings(**values)


class _Page(_Strict):
    host = fields.String(
        load_default="127.0.0.1",
        validate=validate.OneOf(["127.0.0.1", "localhost"], error="expected 127.0.0.1: the page is for this machine"),
    )
    port = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=65535))

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> PageSettings:
        return PageSettings(**values)


class _Outbox(_Strict):
    max_megabytes = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0))
    reserve_megabytes = fields.Integer(load_default=32, strict=True, validate=validate.Range(min=1))

    @validates_schema
    def check_reserve(self, values: Mapping[str, int], **_: object) -> None:
        if 0 < values["max_megabytes"] < 2 * values["reserve_megabytes"]:
            raise ValidationError("expected 0 or at least twice reserve_megabytes", "max_megabytes")

    @post_load
    def build(self, values: dict[str, int], **_: object) -> Allowance:
        return Allowance(values["max_megabytes"] * MEGABYTE, values["reserve_megabytes"] * MEGABYTE)


class _Antenna(_Strict):
    antenna = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=0, max=64))
    place = fields.String(required=True, validate=_is_place)
    arrive_reads = fields.Integer(load_default=None, strict=True, validate=_READS)
    arrive_within_seconds = fields.Float(load_default=None, validate=_POSITIVE)
    leave_after_seconds = fields.Float(load_default=None, validate=_POSITIVE)
    margin_db = fields.Float(load_default=None, validate=validate.Range(min=0))
    dwell_seconds = fields.Float(load_default=None, validate=_POSITIVE)

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> AntennaSettings:
        return AntennaSettings(**values)


class _Device(_Strict):
    name = fields.String(required=True, validate=_NAME)
    family = fields.String(required=True)
    port = fields.String(load_default=None)
    topic = fields.String(load_default=None)

    @validates_schema
    def check_way(self, values: Mapping[str, Any], **_: object) -> None:
        if values.get("mapping") and not values.get("port") and not values.get("topic"):
            return
        if bool(values.get("port")) == bool(values.get("topic")):
            raise ValidationError("expected either a serial port or an MQTT topic", "port")


class _Reader(_Device):
    antennas = fields.List(fields.Nested(_Antenna), required=True, validate=validate.Length(min=1))
    interval_seconds = fields.Float(load_default=1.0, validate=_POSITIVE)
    arrive_reads = fields.Integer(load_default=2, strict=True, validate=_READS)
    unknown_reads = fields.Integer(load_default=3, strict=True, validate=_READS)
    arrive_within_seconds = fields.Float(load_default=10.0, validate=_POSITIVE)
    leave_after_seconds = fields.Float(load_default=30.0, validate=_POSITIVE)
    margin_db = fields.Float(load_default=6.0, validate=validate.Range(min=0))
    dwell_seconds = fields.Float(load_default=5.0, validate=_POSITIVE)
    silent_after_seconds = fields.Float(load_default=None, validate=_POSITIVE)
    rounds = fields.String(load_default="", validate=validate.OneOf(["", "reported", "reads", "assumed"]))
    identity = fields.String(load_default="")
    dialect = fields.String(load_default="")
    baud = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=1200, max=921_600))
    region = fields.String(load_default="cn")
    power_dbm = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=0, max=33))
    known_tags = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9A-F]{1,62}\Z", error="expected upper-case hex digits")),
        load_default=list,
    )

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> ReaderSettings:
        antennas, known = tuple(values.pop("antennas")), tuple(values.pop("known_tags"))
        values["silent_after_seconds"] = values["silent_after_seconds"] or (math.inf if values["topic"] else 10.0)
        values["rounds"] = values["rounds"] or ("reads" if values["topic"] else "reported")
        if len({each.antenna for each in antennas}) != len(antennas):
            raise ValidationError("expected each antenna once", "antennas")
        return ReaderSettings(**values, antennas=antennas, known_tags=known)


class _Scanner(_Strict):
    name = fields.String(required=True, validate=_NAME)
    family = fields.String(load_default="barcode_isbt128")
    port = fields.String(required=True)
    place = fields.String(required=True, validate=_is_place)
    terminator = fields.String(load_default="any", validate=validate.OneOf(["any", "CR", "LF", "CRLF"]))
    answers = fields.String(load_default="none", validate=validate.OneOf(list(ANSWERS)))

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> ScannerSettings:
        return ScannerSettings(**values)


class _Probe(_Device):
    sensor = fields.String(load_default="")
    rom = fields.String(load_default="")
    slave = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=247))
    scale = fields.String(load_default="tenths", validate=validate.OneOf(["tenths", "hundredths"]))
    mapping = fields.String(load_default="")
    registers = fields.String(load_default="xy-md02", validate=validate.OneOf(list(REGISTER_MAPS)))
    place = fields.String(required=True, validate=_is_place)
    measures = fields.String(required=True, validate=validate.OneOf(["air", "load"]))
    interval_seconds = fields.Float(load_default=60.0, validate=_POSITIVE)
    low = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    high = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    alarm_after_seconds = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=3600))
    warn_low = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    warn_high = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    warn_after_seconds = fields.Float(load_default=0.0, validate=validate.Range(min=0, max=3600))
    cabinet_low = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    cabinet_high = fields.Integer(load_default=None, strict=True, validate=_CENTI)
    rate_per_minute = fields.Integer(load_default=2000, strict=True, validate=validate.Range(min=1, max=20000))
    stuck_after_seconds = fields.Float(load_default=1800.0, validate=validate.Range(min=60, max=86400))
    segment_seconds = fields.Float(load_default=900.0, validate=validate.Range(min=1, max=3600))
    calibrated = fields.DateTime(load_default=None, format="iso")
    calibration_until = fields.DateTime(load_default=None, format="iso")
    certificate = fields.String(load_default=None, validate=_WORD)
    offset_centi_celsius = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=-2000, max=2000))

    @validates_schema
    def check_limits(self, values: Mapping[str, Any], **_: object) -> None:
        for prefix in ("", "warn_", "cabinet_"):
            low, high = values.get(prefix + "low"), values.get(prefix + "high")
            if low is not None and high is not None and low > high:
                said = f"expected {prefix}low <= {prefix}high, in centi-degrees; got {low} and {high}"
                raise ValidationError(said, prefix + "low")

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> ProbeSettings:
        # A Modbus answer is told from another by its request: there, the probe's own name is its sensor.
        own = values["name"] if values["family"] == MODBUS else values["sensor"]
        values["sensor"] = values.pop("rom") or own
        for key in ("calibrated", "calibration_until"):
            at = values[key]
            at = at.astimezone(UTC) if at is not None and at.tzinfo is not None else at
            values[key] = None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        for key, limit, beyond in (("cabinet_low", "low", -_COLDER), ("cabinet_high", "high", _WARMER)):
            if values[key] is None and values[limit] is not None:
                values[key] = values[limit] + beyond
        return ProbeSettings(**values)


class _Root(_Strict):
    gateway = fields.Nested(_Gateway, required=True)
    uplink = fields.Nested(_Uplink, required=True)
    clock = fields.Nested(_Clock, load_default=ClockSettings("system", None))
    mqtt = fields.Nested(_Mqtt, load_default=None)
    page = fields.Nested(_Page, load_default=None)
    outbox = fields.Nested(_Outbox, load_default=Allowance())
    alarm = fields.Nested(AlarmSchema, load_default=None)
    reader = fields.List(fields.Nested(_Reader), load_default=list)
    scanner = fields.List(fields.Nested(_Scanner), load_default=list)
    probe = fields.List(fields.Nested(_Probe), load_default=list)
    mapping = fields.List(fields.Nested(MappingSchema), load_default=list)


def load(directory: Path) -> Config:
    """The configuration in `directory`/gateway.toml; relative paths in it start from `directory`.

    Raises:
        ConfigError: no such file, no TOML, or a key that is unknown, missing or wrong; the message names it.
    """
    path = directory / CONFIG_NAME
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"expected a configuration at {path}; {error.strerror}") from error
    return parse(content, directory)


def parse(content: bytes, directory: Path) -> Config:
    """The configuration that `content` says; see `load`."""
    try:
        values = _Root().load(tomllib.loads(content.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{CONFIG_NAME}: expected TOML; {error}") from error
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
    )
    _check_whole(config)
    return _anchored(config, directory)


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


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


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
        alarm=config.alarm and config.alarm.below(directory),
    )
