"""TI's TRF7970A module: name, protocol and full power, then inventories of sixteen slots, which end in silence."""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, any_answer
from gateway.wire import trf7970a
from gateway.wire.hf_iso15693 import HfDecoder
from gateway.wire.items import Item, Status, TagRead

ROUND_SECONDS = 2.0
_SLOT = {"empty-slot", "heard-once"}


class Trf7970aManner(Manner):
    """See the module."""

    def __init__(self) -> None:
        """A module whose UIDs count when they are heard twice."""
        self.decoder = HfDecoder()

    @override
    def greeting(self) -> Greeting:
        yield Ask(trf7970a.INITIALISE)
        for command in trf7970a.SET_ISO15693:
            yield Ask(command)

    @override
    def round(self) -> Round:
        heard = yield Ask(trf7970a.INVENTORY, any_answer, ROUND_SECONDS)
        return any(_slot(item) for item in heard)


def _slot(item: Item) -> bool:
    return isinstance(item, TagRead) or (isinstance(item, Status) and item.name in _SLOT)
