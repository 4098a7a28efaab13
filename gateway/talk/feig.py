"""FEIG readers: software version and device number, then rounds of RF reset and inventory until there is no more.

The RF reset makes tags answer that answer once as long as they stay in the field: without it, a round that hears
nothing would say nothing about who is there (manual H60301-3e, ONT bit).
"""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, ask_who, completes
from gateway.wire import feig_obid
from gateway.wire.hf_iso15693 import HfDecoder
from gateway.wire.items import Fault, Item, Status

ROUND_SECONDS = 2.0
MOST_PARTS = 64
"""Each part has some twenty tags; a reader that never comes to an end is not believed."""
_RESET = "rf-reset"


class FeigManner(Manner):
    """See the module."""

    def __init__(self) -> None:
        """A reader at any address of its bus: it is alone on the line."""
        self.decoder = HfDecoder()

    @override
    def greeting(self) -> Greeting:
        yield Ask(feig_obid.request(feig_obid.SOFTWARE_VERSION))
        # Older readers refuse it: then nothing tells two of them apart.
        yield ask_who(feig_obid.request(feig_obid.READER_INFO, feig_obid.DEVICE_ID), "reader-info")

    @override
    def round(self) -> Round:
        yield Ask(feig_obid.request(feig_obid.RF_RESET), _was_reset, ROUND_SECONDS)
        heard = yield Ask(feig_obid.inventory(), _was_told, ROUND_SECONDS)
        for _ in range(MOST_PARTS):
            if not any(_is_partial(item) for item in heard):
                break
            heard = yield Ask(feig_obid.inventory(more=True), _was_told, ROUND_SECONDS)
        return any(completes(item) for item in heard)


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
