"""C2SP checkpoints: what a log says about itself at one size.

Decides whether a text is a well-formed checkpoint, and writes one. Who signed it is `signing`'s question, whether two
of them agree `merkle`'s.

Source: c2sp.org/tlog-checkpoint.
"""

import re
from dataclasses import dataclass

from ledger.core import note
from ledger.core.errors import NoteError
from ledger.core.merkle import HASH_BYTES, MAX_SIZE

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,19}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log at one size.

    Attributes:
        origin: the log's name, one line, not empty.
        size: the number of leaves.
        root: the RFC 6962 root at that size, 32 bytes.
        extensions: further lines, opaque, none of them empty; not recommended.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint, strictly: whatever `format` would not have written is refused.

    Raises:
        NoteError: with what was expected and what came.
    """
    note.require_text(text)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines):
        raise NoteError(f"expected origin, size and root on a line each, none empty; got {text!r:.200}")
    origin, size, root, *extensions = lines
    if not _DECIMAL.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteError(f"expected a tree size in decimal without leading zeros, at most {MAX_SIZE}; got {size!r:.60}")
    digest = note.parse_base64(root)
    if len(digest) != HASH_BYTES:
        raise NoteError(f"expected a root of {HASH_BYTES} bytes, got {len(digest)}")
    return Checkpoint(origin=origin, size=int(size), root=digest, extensions=tuple(extensions))


def format(checkpoint: Checkpoint) -> str:  # noqa: A001 - always read as `checkpoint.format`, the twin of `parse`
    """Write the text of a checkpoint.

    Raises:
        NoteError: if the checkpoint is one that `parse` would refuse or read differently.
    """
    lines = [checkpoint.origin, str(checkpoint.size), note.format_base64(checkpoint.root), *checkpoint.extensions]
    text = "\n".join(lines) + "\n"
    if parse(text) != checkpoint:
        raise NoteError("expected an origin and extensions of one line each")
    return text


def parse_signed(raw: bytes | str) -> tuple[Checkpoint, note.Note]:
    """Read a signed checkpoint: what it says, and the note to verify before any of that is believed.

    Raises:
        NoteError: if the note is malformed, or its text is not a checkpoint.
    """
    signed = note.parse(raw)
    return parse(signed.text), signed
