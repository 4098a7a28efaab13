"""Which key may speak for which producer, at which place of the log: decided by log index, never by time.

A key is added by a `key_added` event of the site stream, with a proof of possession, and holds for batches at later log
indices. A revocation names the last good event of each stream; for a checkpoint that includes the revocation, batches
beyond that are not valid under the key, wherever they stand (docs/format.md §6). A rotation adds a key that the key
before it signed for too; both hold, so that what was sealed under the old one still counts, until the old one is
revoked.

The site's own key is the root: the log's first batch, at index 0, opens the site, adds the site key and is signed by
it. Which keys sign checkpoints and receipts is `ledger.core.logkeys`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.custody import Recorded
from ledger.core.errors import NoteError, Refused
from ledger.core.note import ED25519, VerifierKey
from ledger.core.signing import SigningKey, verify_ed25519

SITE_PRODUCER = "site"
WEB_PRODUCER = "web"
RESERVED = frozenset({"ledger", "log", "receipt", "witness"})
"""What no producer may be called: other keys of a site carry these names."""


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key as the log knows it.

    Attributes:
        key: its verifier key.
        producer: whose streams it signs.
        added_at: log index of the batch that added it.
        last_good: None while it holds; after its revocation, stream → last good seq.
        follower: for a key of the site, the fingerprint of the latest key that replaced it; None: none did.
        keeps: the seq of `site` that no revocation may take away: the batch that holds it added the follower.
    """

    key: VerifierKey
    producer: str
    added_at: int
    last_good: dict[str, int] | None = None
    follower: str | None = None
    keeps: int = 0


@dataclass(slots=True)
class KeyState:
    """Every key that the site stream has named, by fingerprint, as of some log size."""

    known: dict[str, KnownKey] = field(default_factory=dict)

    def copy(self) -> "KeyState":
        """An independent copy, to be changed."""
        return KeyState(self.known.copy())

    def holding(self, producer: str) -> list[str]:
        """The fingerprints of a producer's keys that were never revoked, in the order in which they were added."""
        return [key for key, known in self.known.items() if known.producer == producer and known.last_good is None]

    def find(self, *, name: str, key_id: bytes) -> KnownKey | None:
        """The known key that a signature line names; None if the log never named it."""
        for known in self.known.values():
            if known.key.name == name and known.key.key_id == key_id:
                return known
        return None

    def judge(self, known: KnownKey, *, stream: str, last_seq: int, log_index: int) -> Refused | None:
        """Whether `known` may vouch for a batch of `stream` that ends at `last_seq` and stands at `log_index`."""
        if stream.partition("/")[0] != known.producer:
            return Refused("key", f"key {known.key.name} signs for {known.producer}, not for stream {stream}")
        if log_index <= known.added_at and not (known.producer == SITE_PRODUCER and log_index == 0):
            return Refused(
                "key", f"key {known.key.name} holds from index {known.added_at + 1}; the batch is at {log_index}"
            )
        if known.last_good is not None and last_seq > known.last_good.get(stream, 0):
            good = known.last_good.get(stream, 0)
            return Refused(
                "key", f"key {known.key.name} was revoked; the last good event of {stream} is {good}, not {last_seq}"
            )
        return None


def fingerprint(vkey: str) -> str:
    """`key:` and the SHA-256 of the verifier key's text in hex: what a person compares."""
    return "key:" + hashlib.sha256(vkey.encode()).hexdigest()


def grouped(key: str) -> str:
    """A fingerprint as two people read it to each other, from wherever it is shown: its digits in groups of eight."""
    digits = key.removeprefix("key:")
    return " ".join(digits[at : at + 8] for at in range(0, len(digits), 8))


def possession_text(origin: str, vkey: str) -> bytes:
    """What the holder of a new key signs to prove that it has it."""
    return f"xuemai/key/v1\n{origin}\n{vkey}\n".encode()


def prove_possession(key: SigningKey, *, origin: str, vkey: str) -> str:
    """The proof that goes into `key_added`: base64 Ed25519 signature over the possession text."""
    return notes.format_base64(key.sign(possession_text(origin, vkey)))


def key_name(origin: str, producer: str) -> str:
    """The name under which a producer's key signs: `<site>/<producer>`, where the origin is `<site>/ledger/<n>`."""
    return f"{origin.rpartition('/ledger/')[0] or origin}/{producer}"


def check_possession(*, origin: str, vkey: str, proof: str) -> VerifierKey | Refused:
    """Check a proof of possession.

    Returns:
        The key; or Refused at step `possession`.
    """
    try:
        key = notes.parse_vkey(vkey)
        if key.algorithm != ED25519:
            return Refused("possession", f"expected a key of signature type 0x01; got 0x{key.algorithm:02x}")
        refused = verify_ed25519(key.public, possession_text(origin, vkey), notes.parse_base64(proof))
    except NoteError as error:
        return Refused("possession", str(error))
    return key if refused is None else Refused("possession", refused.reason)


def fold_keys(site_stream: Iterable[Recorded], *, origin: str) -> KeyState | Refused:
    """The keys as of the end of these events of the site stream, in log order.

    Returns:
        The key state; or Refused at step `keys` for a key without possession, a wrong fingerprint or an unknown key.
    """
    state = KeyState()
    for recorded in site_stream:
        refused = apply_key_event(state, recorded, origin=origin)
        if refused is not None:
            return refused
    return state


def apply_key_event(state: KeyState, recorded: Recorded, *, origin: str) -> Refused | None:
    """Take one event of the site stream into the key state; events about anything else change nothing.

    Returns:
        None; or Refused at step `keys`, and the state is as before.
    """
    event = recorded.event
    if isinstance(event, kinds.KeyRevoked):
        return _revoke(state, event, recorded.log_index)
    if not isinstance(event, kinds.KeyAdded | kinds.KeyRotated):
        return None
    key = check_possession(origin=origin, vkey=event.vkey, proof=event.proof)
    if isinstance(key, Refused):
        return Refused("keys", f"{event.key}: {key.reason}")
    refused = _check_naming(state, event, key, origin)
    if refused is None and isinstance(event, kinds.KeyRotated):
        refused = _check_rotation(state, event, origin)
    elif refused is None:
        refused = _check_own(state, event.producer, recorded.log_index)
    if refused is not None:
        return refused
    state.known[event.key] = KnownKey(key, event.producer, recorded.log_index)
    if isinstance(event, kinds.KeyRotated) and event.producer == SITE_PRODUCER:
        state.known[event.replaces] = replace(state.known[event.replaces], follower=event.key, keeps=event.seq)
    return None


def check_signed_by(old: VerifierKey, *, origin: str, vkey: str, proof: str) -> Refused | None:
    """Whether the key that a new one replaces signed for it; Refused at step `keys` if not."""
    try:
        signature = notes.parse_base64(proof)
    except NoteError as error:
        return Refused("keys", str(error))
    refused = verify_ed25519(old.public, possession_text(origin, vkey), signature)
    return None if refused is None else Refused("keys", f"the replaced key did not sign: {refused.reason}")


def _revoke(state: KeyState, event: kinds.KeyRevoked, log_index: int) -> Refused | None:
    """Set the last good events; a later revocation can only take more away, and never the site's next key."""
    known = state.known.get(event.key)
    if known is None:
        return Refused("keys", f"{event.key} is revoked but was never added")
    if known.producer == SITE_PRODUCER and state.holding(SITE_PRODUCER) == [event.key]:
        return Refused("keys", "the site's only key cannot be revoked: nobody could say anything more; rotate it")
    last_good = {good.stream: good.seq for good in event.last_good}
    if known.last_good is not None:
        last_good = {stream: min(seq, known.last_good.get(stream, 0)) for stream, seq in last_good.items()}
    # In the batch that added the follower the revocation is the last word on the two keys, so that it stays as well.
    beside = known.follower is not None and state.known[known.follower].added_at == log_index
    keeps = event.seq if beside else known.keeps
    if last_good.get(SITE_PRODUCER, 0) < keeps:
        return Refused("keys", f"{event.key} added the site's next key: its last good site event is {keeps} or later")
    state.known[event.key] = replace(known, last_good=last_good, keeps=keeps)
    return None


def _check_naming(
    state: KeyState, event: kinds.KeyAdded | kinds.KeyRotated, key: VerifierKey, origin: str
) -> Refused | None:
    """One key, one producer, one name; so that a signature line cannot be read in two ways."""
    if fingerprint(event.vkey) != event.key:
        return Refused("keys", f"expected fingerprint {fingerprint(event.vkey)}; the event says {event.key}")
    if event.producer in RESERVED or key.name != key_name(origin, event.producer):
        return Refused("keys", f"expected a key named after its producer {event.producer}; got {key.name}")
    if any(known.key.public == key.public for known in state.known.values()):
        return Refused("keys", f"{event.key}: this key is known already; a key is added once, for one producer")
    return None


def _check_rotation(state: KeyState, event: kinds.KeyRotated, origin: str) -> Refused | None:
    old = state.known.get(event.replaces)
    if old is None or old.producer != event.producer:
        return Refused("keys", f"{event.key} replaces {event.replaces}, which is no key of {event.producer}")
    if old.last_good is not None:
        return Refused("keys", f"{event.key} replaces {event.replaces}, which was revoked; add it as a new key")
    return check_signed_by(old.key, origin=origin, vkey=event.vkey, proof=event.proof_by_old)


def _check_own(state: KeyState, producer: str, log_index: int) -> Refused | None:
    """The site's own keys come with its first batch, and change by rotation; a lost `web` key is revoked first."""
    if log_index == 0 or producer not in {SITE_PRODUCER, WEB_PRODUCER}:
        return None
    if producer == WEB_PRODUCER and not state.holding(WEB_PRODUCER):
        return None
    return Refused("keys", f"a key of {producer} is rotated, not added: the key before it has to sign for it")
