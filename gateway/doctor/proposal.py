"""What `gateway.toml` may say of a device that was met. Pure."""

import re
from pathlib import Path

from gateway.doctor.ports import Met

_TABLES = {"modbus_rtu_temp": "probe", "ds18b20_serial": "probe", "barcode_isbt128": "scanner"}
_SLAVE = re.compile(r"slave (\d+)")


def propose(port: str, met: Met) -> list[str]:
    """The TOML table of one device; what only a person knows is left to fill in."""
    family = met.handshake.family
    slave = _SLAVE.search(met.detail)
    if family == "relay":
        return [*_output("relay", port), f"slave = {slave[1] if slave else 1}", "coil = 0", ""]
    if family == "sms":
        return [*_output("sms", port), 'numbers = ["+86…"]', ""]
    table = _TABLES.get(family, "reader")
    lines = [f"[[{table}]]", f'name = "{_name(port, table)}"', f'family = "{family}"', f'port = "{port}"']
    if table == "probe":
        lines += [f"slave = {slave[1]}"] if slave else []
        return [*lines, 'place = "place:…"', 'measures = "air"', "low = 200     # centi-degrees", "high = 600", ""]
    if table == "scanner":
        return [*lines, 'place = "place:…"', ""]
    return [*lines, 'antennas = [{antenna = 1, place = "place:…"}]', ""]


def _output(kind: str, port: str) -> list[str]:
    return ["[[alarm.output]]", f'name = "{_name(port, kind)}"', f'kind = "{kind}"', f'port = "{port}"']


def _name(port: str, table: str) -> str:
    """A name made of the port's; what is no letter or digit becomes a hyphen."""
    told = re.sub(r"[^A-Za-z0-9]+", "-", Path(port).name).strip("-").lower()[:40]
    return f"{table}-{told}".strip("-")
