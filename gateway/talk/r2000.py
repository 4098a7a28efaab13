"""A0 readers: firmware and identifier, then a round over the configured antennas by one fast switch (8A).

A reader with one antenna is asked on that antenna (74, 89), because not every such reader knows the fast switch.
"""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, ask_who, completes
from gateway.wire import r2000_a0_uhf as a0
from gateway.wire.items import Fault, Item, Status
from gateway.wire.r2000_a0_uhf import R2000Decoder

ROUND_SECONDS = 4.0
"""A round over eight antennas in a crowded field stays under it."""


class R2000Manner(Manner):
    """See the module."""

    def __init__(self, antennas: tuple[int, ...], power_dbm: int | None = None) -> None:
        """Ask on these antennas, from 1."""
        self.decoder = R2000Decoder()
        self.antennas = antennas
        self.power_dbm = power_dbm

    @override
    def greeting(self) -> Greeting:
        yield Ask(a0.command(a0.FIRMWARE))
        yield ask_who(a0.command(a0.IDENTIFIER), "get-identifier")
        if self.power_dbm is not None:
            # The setting that is not written to the flash, which wears out.
            yield Ask(a0.command(a0.TEMPORARY_POWER, bytes((self.power_dbm,))))
        if len(self.antennas) == 1:
            yield Ask(a0.command(a0.SET_ANTENNA, bytes((self.antennas[0] - 1,))))

    @override
    def round(self) -> Round:
        if len(self.antennas) > 1:
            heard = yield Ask(a0.fast_switch(self.antennas), _over, ROUND_SECONDS)
        else:
            heard = yield Ask(a0.command(a0.REAL_TIME, b"\x01"), _over, ROUND_SECONDS, self.antennas[0])
        return any(completes(item) for item in heard)


def _over(item: Item) -> bool:
    """The end of the round, or a word that there will be none. A missing antenna among several is passed over."""
    if isinstance(item, Fault):
        return item.antenna == 0
    return completes(item) or (isinstance(item, Status) and item.name == "refused")
