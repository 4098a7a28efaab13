"""Chafon readers: information and serial number, then antenna after antenna.

The reader's information decides the form of its inventories, the serial number says which reader it is.
"""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, ask_who, completes
from gateway.wire import chafon_crc_uhf as chafon
from gateway.wire.chafon_crc_uhf import ChafonDecoder
from gateway.wire.items import Fault, Item, Status

SCAN_TENTHS = 10
ROUND_SECONDS = 3.0
_SINGLE_ANTENNA_TYPE = "type 09"
_SIMPLE = chafon.command(chafon.INVENTORY)
_OVER = {"round-cut", "refused"}


class ChafonManner(Manner):
    """See the module."""

    def __init__(self, antennas: tuple[int, ...], power_dbm: int | None = None) -> None:
        """Ask on these antennas, from 1; 0 for a reader that has one and does not say which."""
        self.decoder = ChafonDecoder()
        self.antennas = antennas
        self.power_dbm = power_dbm
        self._single = False

    @override
    def greeting(self) -> Greeting:
        told = yield Ask(chafon.command(chafon.READER_INFO))
        self._single = any(isinstance(item, Status) and _SINGLE_ANTENNA_TYPE in item.detail for item in told)
        # Not every make knows it: what refuses it has no number that a host could ask for.
        yield ask_who(chafon.command(chafon.SERIAL_NUMBER), "get-serial-number")
        wanted = self.power_dbm
        # The reader keeps it in a memory that wears out: it is set only where it differs.
        if wanted is not None and not any(
            isinstance(item, Status) and f" {wanted} dBm" in item.detail for item in told
        ):
            yield Ask(chafon.command(chafon.SET_POWER, bytes((wanted,))))

    @override
    def round(self) -> Round:
        complete = True
        for antenna in self.antennas:
            asked = chafon.inventory(antenna, scan_tenths=SCAN_TENTHS) if antenna and not self._single else _SIMPLE
            heard = yield Ask(asked, _over, ROUND_SECONDS, antenna)
            # An antenna that is ill does not keep the others from being believed.
            complete &= any(completes(item) or isinstance(item, Fault) for item in heard)
        return complete


def _over(item: Item) -> bool:
    return completes(item) or isinstance(item, Fault) or (isinstance(item, Status) and item.name in _OVER)
