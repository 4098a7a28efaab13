"""How the site's own keys follow each other without a gap: composed inside the transaction that writes it.

A producer's key (`site`, `web`) is replaced and the old one revoked in one batch, with the last event that the old one
signed as its last good one. A log key (checkpoints, receipts) signs beside its follower from one size of the log to
another, so that whoever knows either can follow. The new private key is on disk before the log names it; what happens
to the files afterwards is `ledger.store.ownkeys`.
"""

from typing import TypeAlias

from ledger.append import Draft, Ledger, OwnStream
from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.keys import prove_possession
from ledger.core.logkeys import Use
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner
from ledger.store.ownkeys import USES, signer_id
from ledger.store.writer import Working

Answer: TypeAlias = tuple[Recorded, ...] | Refused

__all__ = ["ROTATED", "USES", "Answer", "add_log_key", "retire_log_key", "rotate_own_key"]

ROTATED = "rotated"
"""The reason of a revocation that only ends what a rotation began."""


def rotate_own_key(ledger: Ledger, producer: OwnStream, *, by: str | None = None) -> Answer:
    """Replace the key of the site's own stream; the old one ends with the last event that it signed.

    Raises:
        Rejected: the ledger is busy or cannot write.
        ConfigError: the log has it, and the key's file could not follow; the next start tries again.
    """
    new = ledger.own_keys.stage(producer, ledger.entropy)

    def compose(working: Working) -> list[Draft] | Refused:
        old = ledger.own_keys.holding(producer, working.projector.keys(working.connection))
        if old is None:
            return Refused("keys", f"no key of {producer} holds any more: nothing can sign for a new one")
        rotated = {"producer": producer, "replaces": signer_id(old), **_proofs(ledger, new, old)}
        drafts = [_draft(kinds.KeyRotated, rotated, by)]
        last = working.chain.head(working.connection, producer).last_seq
        # The batch that says so is the old site key's last word: it holds the rotation and this revocation.
        last_good = [kinds.LastGood(stream=producer, seq=last + 2 if producer == "site" else last)]
        revoked: dict[str, object] = {"key": signer_id(old), "last_good": last_good, "reason": ROTATED}
        return [*drafts, _draft(kinds.KeyRevoked, revoked, by)]

    return ledger.declare(compose)


def add_log_key(ledger: Ledger, use: Use, *, by: str | None = None) -> Answer:
    """Let a new key sign checkpoints or receipts beside the one that does, from the next size of the log on.

    Raises:
        Rejected: the ledger is busy or cannot write.
        ConfigError: the log has it, and the key's file could not follow; the next start tries again.
    """
    new = ledger.own_keys.stage(USES[use], ledger.entropy)

    def compose(working: Working) -> list[Draft] | Refused:
        log_keys = working.projector.log_keys(working.connection)
        present = log_keys.present(use)
        if len(present) > 1:
            return Refused("log-keys", f"two keys sign the log's {use}s already; retire the old one first")
        old = ledger.own_keys.log_signer(use, log_keys.known[present[0]].key)
        fields = {"use": use, "beside": present[0], **_proofs(ledger, new, old)}
        return [_draft(kinds.LogKeyAdded, fields, by)]

    return ledger.declare(compose)


def retire_log_key(ledger: Ledger, use: Use, *, by: str | None = None) -> Answer:
    """End the overlap: the older of the two keys signs no longer, and its file is replaced.

    A checkpoint with both signatures is published first, so that there is one by which to follow.

    Raises:
        Rejected: the ledger is busy or cannot write.
        ConfigError: the log has it, and the key's file could not follow; the next start tries again.
    """
    ledger.sign_checkpoint()

    def compose(working: Working) -> list[Draft] | Refused:
        present = working.projector.log_keys(working.connection).present(use)
        if len(present) < 2:
            return Refused("log-keys", f"one key alone signs the log's {use}s; add another first")
        return [_draft(kinds.LogKeyRetired, {"key": present[0], "reason": ROTATED}, by)]

    return ledger.declare(compose)


def _proofs(ledger: Ledger, new: NoteSigner, old: NoteSigner) -> dict[str, object]:
    vkey, origin = format_vkey(new.verifier), ledger.site.origin
    return {
        "key": signer_id(new),
        "vkey": vkey,
        "proof": prove_possession(new.key, origin=origin, vkey=vkey),
        "proof_by_old": prove_possession(old.key, origin=origin, vkey=vkey),
    }


def _draft(kind: type[kinds.Event], fields: dict[str, object], by: str | None) -> Draft:
    return Draft(kind, fields if by is None else {**fields, "by": by})
