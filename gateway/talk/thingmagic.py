"""ThingMagic modules: stopped, started out of their boot loader, configured, and then listened to.

A module forgets everything when its power fails: region, antennas and protocol are set at every connection, and again
when its keep-alives stay away.
"""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, ask_who, completes
from gateway.wire import thingmagic_codes as codes
from gateway.wire.items import Item, Status
from gateway.wire.thingmagic_m6e import SERIAL_NUMBER, ThingMagicDecoder, command

REGIONS = {
    "na": 0x01,
    "eu": 0x08,
    "kr": 0x09,
    "in": 0x04,
    "jp": 0x05,
    "cn": 0x06,
    "au": 0x0B,
    "nz": 0x0C,
    "open": 0xFF,
}
"""Where a radio may transmit how, by the names of the configuration."""
BOOT_SECONDS = 3.0
KEEP_ALIVE_SECONDS = 3.0
"""Keep-alives come once a second."""
_STOP = b"\x00\x00\x02"
# Without end (0000), continuously (01): operation 22 on Gen2 (05), seven bytes: option 10, search flags 001B, 1,000 ms
# a turn, and all metadata.
_START = b"\x00\x00\x01\x22\x00\x00\x05\x07\x22\x10\x00\x1b\x03\xe8\x01\xff"
_SET_ANTENNAS, _SET_READ_POWER, _SET_PROTOCOL, _SET_REGION, _SET_CONFIGURATION = 0x91, 0x92, 0x93, 0x97, 0x9A
_SEARCH_LIST = 0x02
_GEN2 = b"\x00\x05"
# Key 0C, off: the module would tell each tag once only.
_EVERY_READ = b"\x01\x0c\x00"


class ThingMagicManner(Manner):
    """See the module."""

    patience = 1
    drain_seconds = 0.5

    def __init__(self, antennas: tuple[int, ...], region: str, power_dbm: int | None = None) -> None:
        """Read on these antennas, from 1, as the law of that region allows."""
        self.decoder = ThingMagicDecoder()
        self.antennas = antennas
        self.region = REGIONS[region]
        self.power_dbm = power_dbm

    @override
    def hello(self) -> bytes:
        return command(codes.STREAM, _STOP)

    @override
    def greeting(self) -> Greeting:
        # Firmware that runs refuses it; the boot loader knows nothing else.
        yield Ask(command(codes.BOOT), seconds=BOOT_SECONDS)
        yield Ask(command(codes.VERSION))
        # Modules without a number refuse it.
        yield ask_who(command(codes.HARDWARE_VERSION, SERIAL_NUMBER), "hardware-version")
        yield Ask(command(_SET_REGION, bytes((self.region,))))
        yield Ask(command(_SET_PROTOCOL, _GEN2))
        ports = bytes(octet for antenna in self.antennas for octet in (antenna, antenna))
        # Modules with one port do not know the list of antennas to search.
        yield Ask(command(_SET_ANTENNAS, ports if len(self.antennas) == 1 else bytes((_SEARCH_LIST,)) + ports))
        if self.power_dbm is not None:
            yield Ask(command(_SET_READ_POWER, (self.power_dbm * 100).to_bytes(2, "big")))
        yield Ask(command(_SET_CONFIGURATION, _EVERY_READ))
        yield Ask(command(codes.STREAM, _START), _started)

    @override
    def round(self) -> Round:
        heard = yield Ask(b"", completes, KEEP_ALIVE_SECONDS)
        return any(completes(item) for item in heard)


def _started(item: Item) -> bool:
    """Its answer may be mixed with the first tags."""
    return isinstance(item, Status)
