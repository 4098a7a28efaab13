"""What other sites' logs say of units, as far as this site accepted their passports and keeps them.

A unit that came from another site was made there: its parents and its donation are named by events of that site's log.
They were verified when the passport was accepted; here they are read, not verified again.
"""

from collections.abc import Iterable, Iterator

from ledger.core import kinds, passport
from ledger.core.batch import read_note
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError
from ledger.core.events import judge
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.store import enclosures


def told_elsewhere(reader: Reader, units: Iterable[str]) -> list[Recorded]:
    """What accepted passports of these units carry, passports of earlier logs within them too.

    Their places in the log are those of the other log, so they stand in no order with this site's events.
    """
    told = recorded(reader.history.of(units))
    named = dict.fromkeys(each.event.sha256 for each in told if isinstance(each.event, kinds.PassportAccepted))
    found = (enclosures.kept(reader.connection, sha256) for sha256 in named)
    return [each for document in found if document is not None for each in _events(document)]


def _events(document: bytes) -> Iterator[Recorded]:
    """The understood events of a passport, and of those that it carries of the logs before it."""
    try:
        told = passport.parse(document)
    except FormatError:
        return  # erased, or of a version that nobody reads any more
    for each in told.batches:
        _, text = read_note(each.note.encode())
        for position, body in zip(each.positions, each.events, strict=True):
            judged = judge(body.encode(), stream=text.stream, seq=text.first + position)
            event = getattr(judged, "event", None)
            if event is not None:
                yield Recorded(event, each.index, position)
    for earlier in told.before:
        yield from _events(earlier.encode())
