"""The whole examination: the machine first, then every port that is configured or present."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import serial

from gateway import status as statuses
from gateway.alarm.settings import RelaySettings, SmsSettings
from gateway.config import CONFIG_NAME, Config, ProbeSettings, ReaderSettings, ScannerSettings, load
from gateway.doctor import machine, ports
from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import Handshake, handshakes
from gateway.doctor.ports import Examined, Met
from gateway.doctor.proposal import propose
from gateway.ports.address import locate, warning
from gateway.ports.tcp_port import SCHEME
from ledger.core.errors import ConfigError, FormatError

_SLAVES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be examined.

    Attributes:
        ports: only these serial ports; empty: those configured and those present.
        listen_seconds: how long to listen before anything is asked.
        questions: `asked`, or `none`: nothing is written to any port.
    """

    ports: tuple[str, ...] = ()
    listen_seconds: float = 0.0
    questions: str = "asked"


@dataclass(slots=True)
class Report:
    """Everything that was found, and what may go into `gateway.toml`."""

    findings: list[Finding] = field(default_factory=list)
    proposals: list[str] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        """Whether nothing is at fault."""
        return not any(each.level == "fault" for each in self.findings)


def examine(directory: Path, wanted: Wanted) -> Report:
    """Look at everything."""
    report = Report()
    config = _configured(directory, report)
    report.findings += machine.examine(config, directory)
    running = _running(directory)
    if running:
        report.findings.append(Finding("ok", "running", {"process": str(running)}))
    expected = {} if config is None else _expected(config)
    looked_at = list(wanted.ports) or sorted({*expected, *_unconfigured(expected)})
    if not looked_at:
        report.findings.append(Finding("warning", "ports-none"))
    slaves = sorted({*_SLAVES, *_slaves(config)})
    for port in looked_at:
        _examine_port(port, expected.get(port), running, wanted, handshakes(slaves), report)
    return report


def _configured(directory: Path, report: Report) -> Config | None:
    if not (directory / CONFIG_NAME).exists():
        report.findings.append(Finding("warning", "config-none"))
        return None
    try:
        config = load(directory)
    except ConfigError as error:
        report.findings.append(Finding("fault", "config-bad", {"reason": str(error)}))
        return None
    number = len(config.readers) + len(config.scanners) + len(config.probes)
    report.findings.append(Finding("ok", "config-good", {"devices": str(number)}))
    return config


def _running(directory: Path) -> int:
    """The process of the running gateway; 0 if none runs."""
    try:
        process = statuses.read(directory).process
    except FormatError:
        return 0
    return process if Path(f"/proc/{process}").exists() else 0


def _expected(config: Config) -> dict[str, str]:
    """The family that the configuration says is on each serial port."""
    devices: list[ReaderSettings | ScannerSettings | ProbeSettings]
    devices = [*config.readers, *config.scanners, *config.probes]
    expected = {each.port: each.family for each in devices if each.port and not each.port.startswith(SCHEME)}
    for output in config.alarm.outputs if config.alarm else ():
        if isinstance(output, RelaySettings | SmsSettings):
            expected[output.port] = "relay" if isinstance(output, RelaySettings) else "sms"
    return expected


def _unconfigured(expected: dict[str, str]) -> Iterator[str]:
    known = {os.path.realpath(_located(port)) for port in expected}
    return (port for port in ports.present() if os.path.realpath(port) not in known)


def _located(port: str) -> str:
    try:
        return locate(port)
    except OSError:
        return port


def _slaves(config: Config | None) -> Iterator[int]:
    for each in config.probes if config else ():
        if each.port:
            yield each.slave
    for output in config.alarm.outputs if config and config.alarm else ():
        if isinstance(output, RelaySettings):
            yield output.slave


def _examine_port(
    port: str, family: str | None, running: int, wanted: Wanted, asked: Sequence[Handshake], report: Report
) -> None:
    if warning(port):
        report.findings.append(Finding("warning", "port-numbered", {"port": port}))
    try:
        path = locate(port)
    except OSError as error:
        report.findings.append(Finding("fault", "port-lost", {"port": port, "reason": str(error)}))
        return
    held = ports.holders(path)
    if held:
        report.findings.append(_held(port, held, running))
        return
    examined = _met(path, wanted, asked)
    report.findings += examined.findings
    met = examined.met
    if met is None:
        return
    values = {"port": port, "family": met.handshake.family, "detail": met.detail}
    if family not in {None, met.handshake.family}:
        report.findings.append(Finding("fault", "port-other", values | {"expected": family or ""}))
        return
    speed = {"baud": str(met.handshake.baud), "parity": f"8{met.handshake.parity}1"}
    report.findings.append(Finding("ok", "port-found", values | speed))
    if family is None:
        report.proposals += propose(port, met)


def _held(port: str, held: Sequence[tuple[int, str]], running: int) -> Finding:
    if running in {number for number, _ in held}:
        return Finding("ok", "port-gateway", {"port": port})
    who = ", ".join(f"{name} ({number})" for number, name in held)
    return Finding("fault", "port-busy", {"port": port, "who": who})


def _met(port: str, wanted: Wanted, asked: Sequence[Handshake]) -> Examined:
    """Listen first, where that is wanted; then ask, where that is allowed."""
    if wanted.listen_seconds:
        try:
            said = ports.listen(port, wanted.listen_seconds)
        except (serial.SerialException, OSError) as error:
            return Examined(port, (ports.why_closed(port, error),))
        silent = [each for each in asked if not each.ask]
        for each in silent:
            detail = each.answer(said)
            if detail is not None:
                return Examined(port, (), Met(each, detail))
    if wanted.questions == "none":
        return Examined(port, (Finding("warning", "port-unasked", {"port": port}),))
    return ports.examine(port, asked)
