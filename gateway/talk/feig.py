"""FEIG readers: software version and device number, then rounds of RF reset and inventory until there is no more.

The RF reset makes tags answer that answer once as long as they stay in the field: without it, a round that hears
nothing would say nothing about who is there (manual H60301-3e, ONT bit). Where the site reads the memory of its tags,
some of those that were heard are visited after each inventory (`gateway.talk.memory`).
"""

from typing_extensions import override

from gateway.talk.memory import MemoryVisits
from gateway.talk.script import Ask, Greeting, Manner, Round, ask_who, completes
from gateway.wire import feig_obid
from gateway.wire.hf_iso15693 import HfDecoder
from gateway.wire.items import Fault, Item, Status, TagRead
from ledger.core.tagmemory import Layout

ROUND_SECONDS = 2.0
MOST_PARTS = 64
"""Each part has some twenty tags; a reader that never comes to an end is not believed."""
_RESET = "rf-reset"


class FeigManner(Manner):
    """See the module."""

    def __init__(self, layout: Layout | None = None) -> None:
        """A reader at any address of its bus: it is alone on the line.

        Args:
            layout: how the site writes the memory of its tags; None: it is not read.
        """
        self.decoder = HfDecoder()
        self._visits = None if layout is None else MemoryVisits(layout)
        self._learnt: list[Item] = []

    @override
    def learnt(self) -> list[Item]:
        learnt, self._learnt = self._learnt, []
        return learnt

    @override
    def greeting(self) -> Greeting:
        if self._visits is not None:
            self._visits.begin_anew()
        yield Ask(feig_obid.request(feig_obid.SOFTWARE_VERSION))
        # Older readers refuse it: then nothing tells two of them apart.
        yield ask_who(feig_obid.request(feig_obid.READER_INFO, feig_obid.DEVICE_ID), "reader-info")

    @override
    def round(self) -> Round:
        yield Ask(feig_obid.request(feig_obid.RF_RESET), _was_reset, ROUND_SECONDS)
        heard = yield Ask(feig_obid.inventory(), _was_told, ROUND_SECONDS)
        uids = _uids(heard)
        for _ in range(MOST_PARTS):
            if not any(_is_partial(item) for item in heard):
                break
            heard = yield Ask(feig_obid.inventory(more=True), _was_told, ROUND_SECONDS)
            uids += _uids(heard)
        is_complete = any(completes(item) for item in heard)
        if is_complete and self._visits is not None:
            self._learnt += yield from self._visits.visit(uids)
        return is_complete


def _uids(heard: list[Item]) -> list[str]:
    return [item.epc for item in heard if isinstance(item, TagRead)]


def _was_reset(item: Item) -> bool:
    """The answer to the reset, and not a late one to the inventory before it."""
    if isinstance(item, Status):
        return item.detail.startswith(_RESET)
    return isinstance(item, Fault)


def _was_told(item: Item) -> bool:
    """An inventory's frame is over: with its last part, with a part, or with a refusal."""
    if isinstance(item, Status):
        return item.completes_round or _is_partial(item) or item.name == "refused"
    return isinstance(item, Fault)


def _is_partial(item: Item) -> bool:
    return isinstance(item, Status) and item.name == "more-data"
