"""The one writer of the ledger: what enters the log, and what is refused."""

from ledger.append.arriving import Rejected, StreamHead
from ledger.append.erasure import Erasure
from ledger.append.ledger import Ledger
from ledger.append.own_events import Check, Making, OwnStream
from ledger.append.recorder import Recorder
from ledger.append.recording import Compose
from ledger.store.assertions import Ahead, Draft
from ledger.withheld.values import Withheld

__all__ = [
    "Ahead",
    "Check",
    "Compose",
    "Draft",
    "Erasure",
    "Ledger",
    "Making",
    "OwnStream",
    "Recorder",
    "Rejected",
    "StreamHead",
    "Withheld",
]
