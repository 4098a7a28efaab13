"""The whole examination: the machine first, then the broker, then every port that is configured or present."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway import status as statuses
from gateway.alarm.settings import RelaySettings
from gateway.config import Config, MqttSettings, load
from gateway.doctor import broker, conversing, expected, machine, ports, topics
from gateway.doctor.expected import Expected
from gateway.doctor.finding import Finding
from gateway.doctor.handshakes import handshakes
from gateway.doctor.plugged import Port, examine_port
from gateway.doctor.proposal import propose_broker, propose_topic
from gateway.ports.address import locate
from ledger.core.errors import ConfigError, FormatError

_SLAVES = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be examined.

    Attributes:
        ports: only these ports; empty: those configured and those present.
        listen_seconds: how long to listen to a port before anything is asked, and to a broker; 0: a few seconds.
        questions: `asked`, or `none`: nothing is written to any port.
        broker: host and port of a broker to look at where no configuration names one; None: none.
    """

    ports: tuple[str, ...] = ()
    listen_seconds: float = 0.0
    questions: str = "asked"
    broker: tuple[str, int] | None = None


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
    if not wanted.ports:
        _examine_broker(config, wanted, report)
    named = {} if config is None else expected.of_ports(config)
    looked_at = list(wanted.ports) or sorted({*named, *_unconfigured(named)})
    if not looked_at:
        report.findings.append(Finding("warning", "ports-none"))
    everything = handshakes(sorted({*_SLAVES, *_slaves(config)}))
    for port in looked_at:
        looked = Port(port, named.get(port), running, wanted.listen_seconds, asks=wanted.questions == "asked")
        findings, proposals = examine_port(looked, everything)
        report.findings += findings
        report.proposals += proposals
    return report


def _configured(directory: Path, report: Report) -> Config | None:
    """The configuration, without what is wrong in it."""
    try:
        config, findings = expected.sound(load(directory))
    except ConfigError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        bad = Finding("fault", "config-bad", {"reason": str(error)})
        report.findings.append(Finding("warning", "config-none") if missing else bad)
        return None
    number = len(config.readers) + len(config.scanners) + len(config.probes)
    report.findings += [Finding("ok", "config-good", {"devices": str(number)}), *findings]
    return config


def _running(directory: Path) -> int:
    """The process of the running gateway; 0 if none runs."""
    try:
        process = statuses.read(directory).process
    except FormatError:
        return 0
    return process if Path(f"/proc/{process}").exists() else 0


def _examine_broker(config: Config | None, wanted: Wanted, report: Report) -> None:
    """The broker, the topics that the configuration names, and who else speaks there."""
    settings = config.mqtt if config is not None else None
    asked_for = wanted.broker if settings is None else None
    if asked_for is not None:
        settings = MqttSettings(*asked_for, None, None, None)
    if settings is None:
        return
    seconds = wanted.listen_seconds or conversing.SECONDS
    named = [] if config is None else list(topics.by_topic(config))
    told = broker.visit(settings, [*named, broker.EVERYTHING], seconds)
    report.findings.append(told.finding)
    if told.finding.level == "fault":
        return
    if config is not None:
        report.findings += topics.judged(config, told, seconds)
    if asked_for is not None:
        report.proposals += propose_broker(*asked_for)
    for met in topics.unknown(told, named):
        report.findings.append(Finding("warning", "topic-unknown", {"topic": met.topic, "family": met.family}))
        report.proposals += propose_topic(met)


def _unconfigured(named: dict[str, Expected]) -> Iterator[str]:
    known = {os.path.realpath(_located(port)) for port in named}
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
