"""What a gateway prints so that an administrator can let its key in: a first key, or one that follows another.

One JSON object: `gateway`, `vkey`, `key` (the fingerprint that two people compare), `proof`; a key that follows another
also says `replaces` and `proof_by_old` (docs/format.md §6). Whether the log may take it is `ledger.core.keys`.
"""

from dataclasses import dataclass

import msgspec

from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.keys import check_possession, fingerprint, key_name

MAX_CHARACTERS = 4000


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A gateway's key, as text to be carried by a person.

    Attributes:
        gateway: the producer's name.
        vkey: the verifier key.
        key: its fingerprint.
        proof: base64 signature by the key over the possession text.
        replaces: the fingerprint of the key that it follows; absent for a first key.
        proof_by_old: base64 signature by that key.
    """

    gateway: str
    vkey: str
    key: str
    proof: str
    replaces: str | None = None
    proof_by_old: str | None = None

    def format(self) -> str:
        """One JSON object, a line a field."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def declaration(self) -> "Declaration":
        """The event of the site stream that lets the key in."""
        fields: dict[str, object] = {
            "key": self.key, "vkey": self.vkey, "producer": self.gateway, "proof": self.proof,
        }  # fmt: skip
        if self.replaces is None:
            return Declaration(kinds.KeyAdded, fields)
        return Declaration(
            kinds.KeyRotated, fields | {"replaces": self.replaces, "proof_by_old": self.proof_by_old or ""}
        )


@dataclass(frozen=True, slots=True)
class Declaration:
    """A kind of event and its fields."""

    kind: type[kinds.Event]
    fields: dict[str, object]


def read(text: str, *, origin: str) -> Enrolment | Refused:
    """Read what was pasted, and check it as far as it speaks for itself.

    Returns:
        The enrolment; or Refused at step `enrolment` (no such text) or `possession` (the key did not sign).
    """
    try:
        pasted = msgspec.json.decode(text[:MAX_CHARACTERS].encode(), type=Enrolment)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        reason = f"expected the JSON text that `xuemai gateway enroll` or `rotate-key` printed; {error}"
        return Refused("enrolment", reason)
    if fingerprint(pasted.vkey) != pasted.key:
        return Refused("enrolment", f"expected key {fingerprint(pasted.vkey)}; got {pasted.key}")
    held = check_possession(origin=origin, vkey=pasted.vkey, proof=pasted.proof)
    if isinstance(held, Refused):
        return held
    if held.name != key_name(origin, pasted.gateway):
        return Refused("enrolment", f"expected a key named {key_name(origin, pasted.gateway)}; got {held.name}")
    return pasted
