"""What a printed dispatch note says of the log in one line, as text and in a QR code (docs/format.md §7).

A paper copy anchors the log: who holds a note with an origin, a size and a root can show that a passport which says
otherwise is of another history. A line of another size says nothing without a consistency proof, and is not taken for
more than that.
"""

import re
from dataclasses import dataclass

from ledger.core import note as notes
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import FormatError
from ledger.core.finding import Outcome
from ledger.core.ids import is_id
from ledger.core.merkle import MAX_SIZE

STEP = "printed"
_LINE = re.compile(r"xuemai:(consignment:[^ ]+) ([^ ]+) (0|[1-9][0-9]{0,19}) ([A-Za-z0-9+/]{43}=)\Z")


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed line.

    Attributes:
        note: the dispatch note, `consignment:…`.
        origin: the log.
        size: the size of the checkpoint under which it was printed.
        root: that checkpoint's root, 32 bytes.
    """

    note: str
    origin: str
    size: int
    root: bytes

    def format(self) -> str:
        """The line."""
        return f"xuemai:{self.note} {self.origin} {self.size} {notes.format_base64(self.root)}"


def parse(text: str) -> Printed:
    """Read a printed line; spaces, tabs and line ends around it do not count.

    Raises:
        FormatError: it is not what `Printed.format` would have written.
    """
    # These by name: languages differ about what else is white space.
    line = text.strip(" \t\r\n")
    found = _LINE.match(line)
    if found is None or not is_id(found[1], "consignment") or int(found[3]) > MAX_SIZE:
        raise FormatError(f"expected `xuemai:consignment:NUMBER LOG SIZE ROOT` as printed; got {line!r:.200}")
    return Printed(found[1], found[2], int(found[3]), notes.parse_base64(found[4]))


def compare(printed: Printed, subject: str, head: Checkpoint) -> Outcome:
    """Hold a printed line against a passport's subject and checkpoint."""
    if subject != printed.note:
        return Outcome(STEP, "failed", f"printed is {printed.note}; the passport is about {subject}")
    if head.origin != printed.origin:
        return Outcome(STEP, "failed", f"printed is the log {printed.origin}; the passport is of {head.origin}")
    if head.size != printed.size:
        return Outcome(
            STEP,
            "warning",
            f"printed is size {printed.size}, the passport is of size {head.size}: whether it is the same history is "
            f"not shown; ask the sender for the passport as of size {printed.size}",
        )
    if head.root != printed.root:
        return Outcome(STEP, "failed", f"two histories of {head.origin} at size {head.size}: keep both, paper and file")
    return Outcome(STEP, "ok", f"the checkpoint that was printed: {head.origin} at size {head.size}")
