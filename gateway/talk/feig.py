"""FEIG readers: software version, then rounds of RF reset and inventory until there is no more.

The RF reset makes tags answer that answer once as long as they stay in the field: without it, a round that hears
nothing would say nothing about who is there (manual H60301-3e, ONT bit).
"""

from typing_extensions import override

from gateway.talk.script import Ask, Greeting, Manner, Round, any_answer, completes
from gateway.wire import feig_obid
from gateway.wire.hf_iso15693 import HfDecoder
from gateway.wire.items import Item, Status

ROUND_SECONDS = 2.0
MOST_PARTS = 64
"""Each part has some twenty tags; a reader that never comes to an end is not believed."""
_MORE = "more-data"


class FeigManner(Manner):
    """See the module."""

    def __init__(self) -> None:
        """A reader at any address of its bus: it is alone on the line."""
        self.decoder = HfDecoder()

    @override
    def greeting(self) -> Greeting:
        yield Ask(feig_obid.request(feig_obid.SOFTWARE_VERSION))

    @override
    def round(self) -> Round:
        yield Ask(feig_obid.request(feig_obid.RF_RESET))
        heard = yield Ask(feig_obid.inventory(), any_answer, ROUND_SECONDS)
        for _ in range(MOST_PARTS):
            if not _more(heard):
                break
            heard = yield Ask(feig_obid.inventory(more=True), any_answer, ROUND_SECONDS)
        return any(completes(item) for item in heard)


def _more(heard: list[Item]) -> bool:
    return any(isinstance(item, Status) and item.name == _MORE for item in heard)
