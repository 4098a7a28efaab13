"""The machine and its neighbours: clock, disk, key, broker, ledger, power. Each look is bounded in time."""

import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import urllib3

from gateway import enrol, tls
from gateway.clock import SystemClock
from gateway.config import Config, MqttSettings, UplinkSettings
from gateway.doctor.finding import Finding
from gateway.following import CHECKPOINT_PATH
from ledger.core import checkpoint, note
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.signing import verify_note

ANSWER_SECONDS = 4.0
ENOUGH_FREE_MB = 500
_CONNACK_OK = b"\x20\x02\x00\x00"
_MOST_BYTES = 65536


def examine(config: Config | None, directory: Path) -> Iterator[Finding]:
    """What there is to say of the machine and of what `config` names."""
    trusted = SystemClock().name == "synchronised"
    yield Finding("ok", "clock-good") if trusted else Finding("warning", "clock-alone")
    free_mb = shutil.disk_usage(directory).free / 1e6
    short = free_mb < ENOUGH_FREE_MB
    yield Finding("fault" if short else "ok", "disk-short" if short else "disk-good", {"free": f"{free_mb:.0f}"})
    if config is None:
        return
    yield _key(config, directory)
    if config.mqtt is not None:
        yield broker(config.mqtt)
    yield ledger(config.uplink, config.gateway.origin)
    yield from _alarms(config)


def _key(config: Config, directory: Path) -> Finding:
    try:
        signer = enrol.load_signer(directory, config.gateway)
    except ConfigError as error:
        return Finding("fault", "key-bad", {"reason": str(error)})
    return Finding("ok", "key-good", {"key": enrol.enrol(signer, config.gateway).key})


def _alarms(config: Config) -> Iterator[Finding]:
    alarm = config.alarm
    if alarm is None:
        yield Finding("warning", "alarm-none")
        return
    yield Finding("ok", "alarm-good", {"outputs": str(len(alarm.outputs)), "steps": str(len(alarm.steps))})
    if alarm.power_file is not None and not alarm.power_file.is_file():
        yield Finding("fault", "power-unreadable", {"path": str(alarm.power_file)})


def broker(settings: MqttSettings) -> Finding:
    """Whether an MQTT broker takes a connection (MQTT 3.1.1 §3.1, §3.2) with the configured name and password."""
    where = f"{settings.host}:{settings.port}"
    try:
        with socket.create_connection((settings.host, settings.port), ANSWER_SECONDS) as plain:
            if settings.ca_file is None:
                came = _greeted(plain, settings)
            else:
                context = ssl.create_default_context(cafile=settings.ca_file)
                with context.wrap_socket(plain, server_hostname=settings.host) as secured:
                    came = _greeted(secured, settings)
    except OSError as error:
        return Finding("fault", "broker-bad", {"where": where, "reason": str(error)})
    if came == _CONNACK_OK:
        return Finding("ok", "broker-good", {"where": where})
    told = f"CONNACK {came[3]}" if came[:2] == _CONNACK_OK[:2] and len(came) == 4 else f"{came.hex() or 'nothing'}"
    return Finding("fault", "broker-bad", {"where": where, "reason": f"it answered {told}"})


def _greeted(line: socket.socket, settings: MqttSettings) -> bytes:
    line.settimeout(ANSWER_SECONDS)
    line.sendall(_connect(settings))
    return line.recv(4)


def _connect(settings: MqttSettings) -> bytes:
    """CONNECT with a clean session, under a name that takes no session away."""
    flags, payload = 0x02, _field(b"xuemai-doctor")
    if settings.username is not None:
        flags |= 0x80
        payload += _field(settings.username.encode())
        if settings.password_file is not None:
            flags |= 0x40
            payload += _field(settings.password_file.read_bytes().strip())
    body = b"\x00\x04MQTT\x04" + bytes((flags,)) + b"\x00\x0a" + payload
    return b"\x10" + _length(len(body)) + body


def _field(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


def _length(size: int) -> bytes:
    """The remaining length, seven bits a byte (§2.2.3)."""
    rest, digit = divmod(size, 128)
    return bytes((digit | 0x80,)) + _length(rest) if rest else bytes((digit,))


def ledger(settings: UplinkSettings, origin: str) -> Finding:
    """Whether the ledger answers: name, connection, certificate, and a checkpoint of this origin by a pinned key."""
    where = settings.url
    try:
        context = tls.context(settings)
        with urllib3.PoolManager(retries=False, timeout=ANSWER_SECONDS, ssl_context=context) as pool:
            answer = pool.request("GET", where + CHECKPOINT_PATH, redirect=False, preload_content=False)
            body = answer.read(_MOST_BYTES)
    except (OSError, urllib3.exceptions.HTTPError, ConfigError) as error:
        distrust = str(error) if isinstance(error, ConfigError) else tls.distrust(error, settings)
        name = "ledger-distrust" if distrust else _why(error)
        return Finding("fault", name, {"where": where, "reason": distrust or str(error)})
    if answer.status != 200:
        return Finding("fault", "ledger-other", {"where": where, "reason": f"HTTP {answer.status}"})
    return _checkpoint(settings, origin, body)


def _why(error: Exception) -> str:
    reasons = [error, error.__cause__, error.__context__, getattr(error, "reason", None)]
    named = (socket.gaierror, urllib3.exceptions.NameResolutionError)
    return "ledger-name" if any(isinstance(each, named) for each in reasons) else "ledger-silent"


def _checkpoint(settings: UplinkSettings, origin: str, body: bytes) -> Finding:
    values = {"where": settings.url}
    try:
        seen, signed = checkpoint.parse_signed(body)
    except FormatError as error:
        return Finding("fault", "ledger-other", values | {"reason": str(error)})
    if seen.origin != origin:
        reason = f"it is {seen.origin}, gateway.origin is {origin}"
        return Finding("fault", "ledger-other", values | {"reason": reason})
    if not settings.log_keys:
        return Finding("warning", "ledger-unseen", values)
    verified = verify_note(signed, [note.parse_vkey(key) for key in settings.log_keys])
    if isinstance(verified, Refused):
        return Finding("fault", "ledger-stranger", values | {"reason": verified.reason})
    return Finding("ok", "ledger-good", values | {"size": str(seen.size)})
