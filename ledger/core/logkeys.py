"""Which keys sign checkpoints and receipts, at which size of the log: decided by the log itself, never by time.

The log's first event names the two first keys. A further one is added by a `log_key_added` event of the site stream,
which the key that it stands beside signed for too, and from then on every checkpoint (or receipt) carries both
signatures under one name; `log_key_retired` ends that. So whoever knows either key can follow through the overlap.
A checkpoint of size N is signed by every key that was added below N and not retired below N (docs/format.md §6).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ledger.core import kinds
from ledger.core import note as notes
from ledger.core.custody import Recorded
from ledger.core.errors import NoteError, Refused
from ledger.core.keys import check_possession, check_signed_by, fingerprint, key_name
from ledger.core.note import ED25519, Note, VerifierKey
from ledger.core.signing import verify_note

Use: TypeAlias = Literal["checkpoint", "receipt"]
"""What a log key signs."""

LOG_KEY_USES: tuple[Use, ...] = ("checkpoint", "receipt")
LOG_KEY_KINDS = ("site_opened", "log_key_added", "log_key_retired")


@dataclass(frozen=True, slots=True)
class LogKey:
    """A key that signs for the log.

    Attributes:
        key: its verifier key.
        use: what it signs.
        added_at: log index of the batch that named it.
        retired_at: log index of the batch that retired it; None while it signs.
    """

    key: VerifierKey
    use: Use
    added_at: int
    retired_at: int | None = None

    def signs_at(self, size: int) -> bool:
        """Whether it signs at this size of the log."""
        return self.added_at < size and (self.retired_at is None or self.retired_at >= size)


@dataclass(slots=True)
class LogKeys:
    """Every key that ever signed for the log, by fingerprint, in the order in which they were added."""

    known: dict[str, LogKey] = field(default_factory=dict)

    def copy(self) -> "LogKeys":
        """An independent copy, to be changed."""
        return LogKeys(self.known.copy())

    def signing(self, use: Use, size: int) -> tuple[VerifierKey, ...]:
        """The keys that sign at this size of the log."""
        return tuple(each.key for each in self.known.values() if each.use == use and each.signs_at(size))

    def present(self, use: Use) -> list[str]:
        """The fingerprints of the keys that were not retired, oldest first."""
        return [key for key, each in self.known.items() if each.use == use and each.retired_at is None]

    def check_checkpoint(self, signed: Note, size: int) -> Refused | None:
        """Whether every key that signs at this size signed; Refused at step `log-keys` if not."""
        expected = self.signing("checkpoint", size)
        if not expected:
            return Refused("log-keys", "expected the log's first event, which names the key of its checkpoints")
        for key in expected:
            verified = verify_note(signed, [key])
            if isinstance(verified, Refused):
                shown = fingerprint(notes.format_vkey(key))
                return Refused("log-keys", f"at size {size} the log's key {shown} has to sign: {verified.reason}")
        return None


def fold_log_keys(site_stream: Iterable[Recorded], *, origin: str) -> LogKeys | Refused:
    """The log's keys as of the end of these events of the site stream, in log order."""
    state = LogKeys()
    for recorded in site_stream:
        refused = apply_log_key_event(state, recorded, origin=origin)
        if refused is not None:
            return refused
    return state


def apply_log_key_event(state: LogKeys, recorded: Recorded, *, origin: str) -> Refused | None:
    """Take one event of the site stream into the state; events about anything else change nothing.

    Returns:
        None; or Refused at step `log-keys`, and the state is as before.
    """
    match recorded.event:
        case kinds.SiteOpened() as opened:
            return _open(state, opened, recorded.log_index, origin)
        case kinds.LogKeyAdded() as added:
            return _add(state, added, recorded.log_index, origin)
        case kinds.LogKeyRetired() as retired:
            return _retire(state, retired, recorded.log_index)
        case _:
            return None


def log_key_name(origin: str, use: Use) -> str:
    """The name under which a log key signs: a checkpoint's is the origin, a receipt's `<site>/receipt`."""
    return origin if use == "checkpoint" else key_name(origin, "receipt")


def _open(state: LogKeys, opened: kinds.SiteOpened, log_index: int, origin: str) -> Refused | None:
    if log_index != 0 or state.known:
        return Refused("log-keys", "a log is opened once, by its first event")
    uses: tuple[tuple[Use, str], ...] = (("checkpoint", opened.log_key), ("receipt", opened.receipt_key))
    named = {}
    for use, vkey in uses:
        try:
            key = notes.parse_vkey(vkey)
        except NoteError as error:
            return Refused("log-keys", str(error))
        refused = _check_name(key, use, origin)
        if refused is not None:
            return refused
        named[fingerprint(vkey)] = LogKey(key, use, log_index)
    state.known.update(named)
    return None


def _add(state: LogKeys, added: kinds.LogKeyAdded, log_index: int, origin: str) -> Refused | None:
    key = check_possession(origin=origin, vkey=added.vkey, proof=added.proof)
    if isinstance(key, Refused):
        return Refused("log-keys", f"{added.key}: {key.reason}")
    refused = _check_name(key, added.use, origin) or _check_beside(state, added, origin)
    if refused is not None:
        return refused
    if fingerprint(added.vkey) != added.key:
        return Refused("log-keys", f"expected fingerprint {fingerprint(added.vkey)}; the event says {added.key}")
    if any(each.key.public == key.public for each in state.known.values()):
        return Refused("log-keys", f"{added.key}: this key is known already; a key is added once")
    state.known[added.key] = LogKey(key, added.use, log_index)
    return None


def _check_beside(state: LogKeys, added: kinds.LogKeyAdded, origin: str) -> Refused | None:
    """The new key stands beside one that signs the same, and that one signed for it."""
    old = state.known.get(added.beside)
    if old is None or old.use != added.use or old.retired_at is not None:
        return Refused("log-keys", f"{added.key} stands beside {added.beside}, which signs no {added.use} any more")
    refused = check_signed_by(old.key, origin=origin, vkey=added.vkey, proof=added.proof_by_old)
    return None if refused is None else Refused("log-keys", refused.reason)


def _retire(state: LogKeys, retired: kinds.LogKeyRetired, log_index: int) -> Refused | None:
    known = state.known.get(retired.key)
    if known is None or known.retired_at is not None:
        return Refused("log-keys", f"{retired.key} is retired but signs nothing")
    others = [key for key in state.present(known.use) if key != retired.key and state.known[key].added_at < log_index]
    if not others:
        return Refused("log-keys", f"{retired.key} alone signs the log's {known.use}s; another has to be added first")
    state.known[retired.key] = LogKey(known.key, known.use, known.added_at, log_index)
    return None


def _check_name(key: VerifierKey, use: Use, origin: str) -> Refused | None:
    if key.algorithm != ED25519 or key.name != log_key_name(origin, use):
        return Refused("log-keys", f"expected an Ed25519 key named {log_key_name(origin, use)}; got {key.name}")
    return None
