"""What `gateway.toml` says of each port and topic, and which of its tables no gateway could start with. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway import lines
from gateway.alarm.settings import RelaySettings, SmsSettings
from gateway.config import Config, ProbeSettings, ReaderSettings, ScannerSettings
from gateway.doctor.finding import Finding
from gateway.drivers import driver_of
from gateway.ports.serial_port import SerialPort
from gateway.session import Moment, Session
from ledger.core.errors import ConfigError

Device: TypeAlias = ReaderSettings | ScannerSettings | ProbeSettings


@dataclass(frozen=True, slots=True)
class Expected:
    """What hangs on a port.

    Attributes:
        family: as the configuration spells it; `relay` and `sms` are alarm outputs.
        baud: bits a second; 0 where it is no serial line.
        parity: `N`, `E` or `O`.
        probes: the slaves of a Modbus line.
        driven: how a driver of another distribution speaks with its device; None: the product knows the family.
    """

    family: str
    baud: int = 0
    parity: str = "N"
    probes: tuple[ProbeSettings, ...] = ()
    driven: Session | None = None


def sound(config: Config) -> tuple[Config, list[Finding]]:
    """The configuration without the devices with which no gateway could start, and why it could not."""
    groups: dict[str, list[Device]] = {}
    for device in _devices(config):
        groups.setdefault(_where(device), []).append(device)
    findings, kept = list[Finding](), list[Device]()
    for sharers in groups.values():
        try:
            _planned(config, sharers)
        except ConfigError as error:
            findings.append(Finding("fault", "device-bad", {"reason": str(error)}))
        else:
            kept += sharers
    return replace(_only(config, kept), mqtt=config.mqtt), findings


def of_ports(config: Config) -> dict[str, Expected]:
    """By port, for a configuration that is sound."""
    by_port: dict[str, list[Device]] = {}
    for device in _devices(config):
        if device.port:
            by_port.setdefault(device.port, []).append(device)
    found = {port: _expected(config, sharers) for port, sharers in by_port.items()}
    for output in config.alarm.outputs if config.alarm else ():
        if isinstance(output, RelaySettings | SmsSettings):
            found[output.port] = Expected("relay" if isinstance(output, RelaySettings) else "sms", output.baud)
    return found


def _expected(config: Config, sharers: Sequence[Device]) -> Expected:
    (line,) = _planned(config, sharers).lines
    family, probes = sharers[0].family, tuple(each for each in sharers if isinstance(each, ProbeSettings))
    driven = None if driver_of(family) is None else line.session
    if not isinstance(line.port, SerialPort):
        return Expected(family, probes=probes, driven=driven)
    return Expected(family, line.port.settings.baud, line.port.settings.parity, probes, driven)


def _planned(config: Config, sharers: Sequence[Device]) -> lines.Ports:
    """What the gateway would open for these devices alone.

    Raises:
        ConfigError: see `lines.plan`.
    """
    return lines.plan(_only(config, sharers), moment=lambda: Moment(0, 0.0), post=lambda _letter: None)


def _only(config: Config, devices: Sequence[Device]) -> Config:
    # Without its secrets: whether their files can be read is found where the broker is asked.
    mqtt = None if config.mqtt is None else replace(config.mqtt, username=None, ca_file=None)
    return replace(
        config,
        mqtt=mqtt,
        readers=tuple(each for each in devices if isinstance(each, ReaderSettings)),
        scanners=tuple(each for each in devices if isinstance(each, ScannerSettings)),
        probes=tuple(each for each in devices if isinstance(each, ProbeSettings)),
    )


def _where(device: Device) -> str:
    """What it shares with others: a port, or a topic."""
    return device.port or (device.topic if not isinstance(device, ScannerSettings) else None) or ""


def _devices(config: Config) -> list[Device]:
    return [*config.readers, *config.scanners, *config.probes]
