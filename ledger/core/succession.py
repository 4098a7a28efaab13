"""A log key names the key that follows it: the two signatures of a `log_key_added` event as one C2SP signed note.

    xuemai/key/v1
    <ledger origin>
    <verifier key of the new key>

    — <name> <signature by the new key>
    — <name> <signature by the key beside which it signs>

The text is the possession text of docs/format.md §6, which both keys signed anyway; so a gateway that pins the old key
can follow to the new one without any event of the log. The names of the two keys say what they sign: the origin,
checkpoints; `<site>/receipt`, receipts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.errors import NoteError, Refused
from ledger.core.keys import possession_text
from ledger.core.logkeys import LOG_KEY_USES, Use, log_key_name
from ledger.core.note import ED25519, Note, Signature, VerifierKey
from ledger.core.signing import verify_note

PATH = "/v1/log/keys"
_HEADER = "xuemai/key/v1"


@dataclass(frozen=True, slots=True)
class Succession:
    """One key that follows another.

    Attributes:
        use: what they sign.
        old: the key that signed for its follower.
        new: the follower.
    """

    use: Use
    old: VerifierKey
    new: VerifierKey


def note_of(added: kinds.LogKeyAdded, beside: VerifierKey, *, origin: str) -> bytes:
    """The note that a `log_key_added` event holds.

    Args:
        added: the event.
        beside: the key that it names as the one beside which the new one signs.
        origin: the log's.

    Raises:
        NoteError: the event's verifier key or proofs are none.
    """
    new = notes.parse_vkey(added.vkey)
    proofs = ((new, added.proof), (beside, added.proof_by_old))
    lines = tuple(Signature(key.name, key.key_id, notes.parse_base64(proof)) for key, proof in proofs)
    return notes.format(Note(possession_text(origin, added.vkey).decode(), lines))


def verify(raw: bytes, believed: Sequence[VerifierKey], *, origin: str) -> Succession | Refused | None:
    """Whether a key that is believed already handed over to another one.

    Args:
        raw: the note.
        believed: keys of the log, for either use.
        origin: the log's.

    Returns:
        Which key follows which; Refused at step `succession` where that does not hold; None where the note names none
        of these keys as the old one.
    """
    try:
        signed = notes.parse(raw)
        new = _new_key(signed, origin)
    except NoteError as error:
        return Refused("succession", str(error))
    use = next((use for use in LOG_KEY_USES if new.name == log_key_name(origin, use)), None)
    if use is None or new.algorithm != ED25519:
        return Refused("succession", f"expected an Ed25519 key of the log {origin}; got {new.name}")
    named = {(line.name, line.key_id) for line in signed.signatures}
    others = (key for key in believed if key != new and key.name == new.name)
    old = next((key for key in others if (key.name, key.key_id) in named), None)
    if old is None:
        return None
    for key in (new, old):
        verified = verify_note(signed, [key])
        if isinstance(verified, Refused):
            return Refused("succession", f"{notes.format_vkey(new)}: {verified.reason}")
    return Succession(use, old, new)


def _new_key(signed: Note, origin: str) -> VerifierKey:
    """The key that the note speaks of.

    Raises:
        NoteError: the text is no possession text of this log.
    """
    lines = signed.text.split("\n")
    if len(lines) != 4 or lines[:2] != [_HEADER, origin]:
        raise NoteError(f"expected {_HEADER} for {origin}; got {lines[:2]!r:.120}")
    return notes.parse_vkey(lines[2])
