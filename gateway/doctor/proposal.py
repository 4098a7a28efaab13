"""What `gateway.toml` may say of a device that was met. Pure."""

import re
from collections.abc import Sequence
from pathlib import Path

from gateway.doctor.ports import Met
from gateway.doctor.topics import MetTopic
from gateway.talk.families import ASKED
from gateway.wire.items import Item, Reading, TagRead

_TABLES = {"modbus_rtu_temp": "probe", "ds18b20_serial": "probe", "barcode_isbt128": "scanner"}
_SLAVE = re.compile(r"slave (\d+)")
_LIMITS = ('place = "place:…"', 'measures = "air"', "low = 200     # centi-degrees", "high = 600", "")
_DIALECT_OF_TEXT = "TRF79"
_DEFAULT_BROKER_PORT = 1883


def propose(port: str, met: Met) -> list[str]:
    """The TOML table of one device; what only a person knows is left to fill in."""
    hand, family = met.handshake, met.handshake.family
    slave = _SLAVE.search(met.detail)
    speed = [] if hand.is_usual else [f"baud = {hand.baud}"]
    if family == "relay":
        lines = [*_output("relay", port), *speed, f"slave = {slave[1] if slave else 1}", "coil = 0"]
        return [*lines, *_step("relay", port)]
    if family == "sms":
        return [*_output("sms", port), *speed, 'numbers = ["+86…"]', *_step("sms", port)]
    table = _TABLES.get(family, "reader")
    lines = [f"[[{table}]]", f'name = "{_name(port, table)}"', f'family = "{family}"', f'port = "{port}"']
    lines += speed
    if table == "probe":
        return [*lines, *([f"slave = {slave[1]}"] if slave else []), *_LIMITS]
    if table == "scanner":
        return [*lines, 'place = "place:…"', ""]
    if family in ASKED:
        lines += ['dialect = "ti"'] if _DIALECT_OF_TEXT in met.detail else []
    return [*lines, 'antennas = [{antenna = 1, place = "place:…"}]', ""]


def propose_broker(host: str, port: int) -> list[str]:
    """The TOML table of a broker that was looked at."""
    return ["[mqtt]", f'host = "{host}"', *([f"port = {port}"] if port != _DEFAULT_BROKER_PORT else []), ""]


def propose_topic(met: MetTopic) -> list[str]:
    """The TOML tables of the devices that speak on one topic: a reader with its antennas, or each sensor's probe."""
    if any(isinstance(item, TagRead) for item in met.items):
        antennas = ", ".join(f'{{antenna = {number}, place = "place:…"}}' for number in _antennas(met.items))
        return [*_spoken("reader", met, met.topic), f"antennas = [{antennas}]", ""]
    sensors = sorted({item.sensor for item in met.items if isinstance(item, Reading)})
    return [line for sensor in sensors for line in (*_spoken("probe", met, sensor), f'sensor = "{sensor}"', *_LIMITS)]


def _spoken(table: str, met: MetTopic, name: str) -> list[str]:
    return [f"[[{table}]]", f'name = "{_name(name, table)}"', f'family = "{met.family}"', f'topic = "{met.topic}"']


def _antennas(items: Sequence[Item]) -> list[int]:
    return sorted({item.antenna for item in items if isinstance(item, TagRead)})


def _output(kind: str, port: str) -> list[str]:
    return ["[[alarm.output]]", f'name = "{_name(port, kind)}"', f'kind = "{kind}"', f'port = "{port}"']


def _step(kind: str, port: str) -> list[str]:
    """Without a step that names it, an output never sounds."""
    return ["", "[[alarm.step]]", "after_seconds = 0", f'outputs = ["{_name(port, kind)}"]', ""]


def _name(port: str, table: str) -> str:
    """A name made of the port's or topic's; what is no letter or digit becomes a hyphen."""
    told = re.sub(r"[^A-Za-z0-9]+", "-", Path(port).name if port.startswith("/") else port).strip("-").lower()[:40]
    return f"{table}-{told}".strip("-")
