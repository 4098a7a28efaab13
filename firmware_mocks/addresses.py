"""Where the demo's programs find each other, and a gateway's configuration pointed there.

Ports are chosen at each start, since others may be taken by then; everything else of a `gateway.toml` stays as it is,
so that what somebody wrote into it by hand survives a restart of the demo.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_TABLE = re.compile(r"\[\[?\s*([^\]\s]+)\s*\]\]?\s*(?:#.*)?")
_VALUE = re.compile(r"([A-Za-z0-9_-]+)\s*=.*")


@dataclass(frozen=True, slots=True)
class Addresses:
    """What a start of the demo chose.

    Attributes:
        url: the ledger's.
        mqtt_port: the broker's TCP port.
        page_ports: gateway to the port of its local page.
    """

    url: str
    mqtt_port: int
    page_ports: Mapping[str, int]

    def values(self, gateway: str) -> dict[tuple[str, str], str | int]:
        """(table, key) to value of everything in a `gateway.toml` that is an address."""
        return {
            ("uplink", "url"): self.url,
            ("mqtt", "port"): self.mqtt_port,
            ("page", "port"): self.page_ports[gateway],
        }


def readdressed(text: str, values: Mapping[tuple[str, str], str | int]) -> str:
    """A TOML text in which these keys of these tables have these values, each where its own line already has one.

    A key of the same name in another table, such as a serial `port`, is another key. Values must be on one line.
    """
    table, lines = "", []
    for line in text.split("\n"):
        if header := _TABLE.fullmatch(line.strip()):
            table = header[1]
        found = _VALUE.fullmatch(line.strip())
        if found and (table, found[1]) in values:
            # JSON's strings and numbers are TOML's.
            lines.append(f"{found[1]} = {json.dumps(values[table, found[1]])}")
        else:
            lines.append(line)
    return "\n".join(lines)
