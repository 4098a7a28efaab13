"""A driver as another distribution would bring it: a probe that says `ACME <name> <hundredths>` a line.

It uses what docs/devices.md names, and nothing else of the product.
"""

import re
from dataclasses import dataclass

from gateway.drivers import Driver
from gateway.wire.families import ByteFamily
from gateway.wire.items import Item, Noise, Reading, lost
from gateway.wire.lines import LineDecoder

_LINE = re.compile(rb"ACME (?P<name>[a-z0-9-]{1,20}) (?P<centi>-?[0-9]{1,5}|DEAD)")


@dataclass(slots=True)
class AcmeDecoder(LineDecoder):
    """See `gateway.wire.decoder.ByteDecoder`."""

    def read_line(self, line: bytes, size: int) -> list[Item]:
        """One line."""
        said = _LINE.fullmatch(line.strip())
        if said is None:
            return [Noise(size, "no line of ACME")] if line else []
        name = said["name"].decode()
        return [lost(name, "dead") if said["centi"] == b"DEAD" else Reading(name, int(said["centi"]))]


DRIVER = Driver(ByteFamily(AcmeDecoder, AcmeDecoder), "probe", baud=19200)
NO_DRIVER = "a string"
