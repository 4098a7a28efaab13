"""The ledger's keys as this gateway believes them: those of `gateway.toml`, and those that they handed over to.

Where the ledger replaces the key of its checkpoints or receipts, both keys sign for the change, and then both sign for
a while. At start, and then as often as checkpoints are looked at, the gateway asks which key follows which
(`ledger.core.succession`), believes what a key that it believes already has signed, and says so as an event. Once the
older key no longer signs beside the newer one, it is believed no more. A key that none of the believed ones handed over
to is never believed, whoever presents it, and is an alarm.

What was followed is durable and belongs to the keys of `gateway.toml` from which it was followed: a person who writes
other keys there begins anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import structlog

from gateway import claim
from gateway.claim import Claim
from gateway.following import Follower
from gateway.outbox import Outbox
from gateway.uplink import Get, Unreachable
from ledger.core import note as notes
from ledger.core import succession
from ledger.core.errors import FormatError, Refused
from ledger.core.keys import fingerprint
from ledger.core.logkeys import LOG_KEY_USES, Use
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.signing import verify_note
from ledger.core.succession import Succession

STATE = "ledger-keys/"
_log = structlog.get_logger("ledgerkeys")


class _Followed(msgspec.Struct, frozen=True):
    """What is kept: from which keys of `gateway.toml` was followed, and what is believed since, oldest first."""

    pinned: tuple[str, ...]
    believed: tuple[str, ...]


class _Told(msgspec.Struct, frozen=True):
    """The ledger's answer: each hand-over as a signed note, in the order of the log."""

    handovers: list[str]


@dataclass(slots=True)
class LedgerKeys:
    """Follows keys, then lets the follower look. Used by one thread, once the outbox is open.

    Attributes:
        outbox: where what was followed is durable; its receipts count under the keys that are believed.
        get: see `uplink.Get`.
        follower: looks at checkpoints under the keys that are believed.
        monotonic: real seconds.
    """

    outbox: Outbox
    get: Get
    follower: Follower
    monotonic: Callable[[], float]
    _pinned: dict[Use, tuple[VerifierKey, ...]] = field(default_factory=dict)
    _believed: dict[Use, tuple[VerifierKey, ...]] = field(default_factory=dict)
    _due_at: float = float("-inf")
    _looks: int = 0
    _unlike: str = ""
    _stranger: str = ""

    @property
    def last_error(self) -> str:
        """What of the ledger's keys needs a person; empty: nothing does."""
        return self._stranger or self._unlike

    def believed(self) -> Mapping[Use, tuple[VerifierKey, ...]]:
        """What each key signs → the keys that are believed for it, oldest first."""
        return dict(self._believed)

    def look_if_due(self) -> bool:
        """Follow keys, if it is time; then let the follower look; whether it found the ledger as it was.

        Raises:
            OutboxError: what was found could not be kept; it is looked for again.
        """
        if not self._believed:
            self._restore()
        if self.monotonic() >= self._due_at:
            self._due_at = self.monotonic() + self.follower.pinned.interval_seconds
            self._follow()
        found = self.follower.look_if_due()
        if self.follower.looks != self._looks:
            self._looks, self._stranger = self.follower.looks, ""
            if self.follower.stranger is not None:
                self._ask_who_that_is(self.follower.stranger)
        return found

    def _restore(self) -> None:
        identity = self.outbox.identity
        self._pinned = {"checkpoint": self.follower.pinned.log_keys, "receipt": (identity.receipt_key,)}
        for use, pinned in self._pinned.items():
            self._believe(use, pinned)
            raw = self.outbox.state(STATE + use).get(STATE + use)
            kept = None if raw is None else msgspec.json.decode(raw, type=_Followed)
            if kept is not None and kept.pinned == _vkeys(pinned):
                self._believe(use, tuple(map(notes.parse_vkey, kept.believed)))

    def _follow(self) -> None:
        """Ask once, believe what holds, and forget keys that sign no longer."""
        try:
            answer = self.get(succession.PATH)
            told = msgspec.json.decode(answer.body, type=_Told) if answer.status == 200 else _Told([])
        except (Unreachable, msgspec.MsgspecError, UnicodeError):
            return  # the ledger is away, or older than this; whether it is well is the follower's to say
        self._unlike = ""
        for each in told.handovers:
            self._take(each.encode())
        self._forget_retired()

    def _take(self, raw: bytes) -> None:
        everything = tuple(key for use in LOG_KEY_USES for key in self._believed[use])
        found = succession.verify(raw, everything, origin=self.outbox.identity.origin)
        if isinstance(found, Refused):
            self._unlike = f"a hand-over of the ledger's keys does not hold: {found.reason}"
            _log.critical("ledger key refused", reason=self._unlike)
        elif found is not None and found.new not in everything:
            self._keep(found.use, (*self._believed[found.use], found.new), [self._said(found)])
            _log.info("ledger key followed", use=found.use, key=format_vkey(found.new))

    def _said(self, found: Succession) -> Claim:
        old, new = (fingerprint(format_vkey(key)) for key in (found.old, found.new))
        return claim.ledger_key_followed(found.use, new, handed_over_by=old, now_ms=self.outbox.clock.now_ms())

    def _forget_retired(self) -> None:
        """Believe no key that came before the oldest one of those that signed last, where a followed one did."""
        held = self.outbox.ledger.checkpoint()
        signed: dict[Use, bytes | None] = {"checkpoint": held, "receipt": self.outbox.ledger.newest_receipt()}
        for use, raw in signed.items():
            signers = _signers(raw, self._believed[use])
            if not signers or set(signers).intersection(self._pinned[use]):
                continue
            kept = self._believed[use][min(map(self._believed[use].index, signers)) :]
            if kept != self._believed[use]:
                self._keep(use, kept, [])
                _log.info("ledger key believed no more", use=use, keys=len(kept))

    def _ask_who_that_is(self, stranger: str) -> None:
        """A checkpoint has a signature under the log's name by a key that is not believed: follow to it, or alarm."""
        before = self._believed["checkpoint"]
        self._follow()
        if self._believed["checkpoint"] != before:
            self.follower.look_soon()
        if stranger not in {key.key_id.hex() for key in self._believed["checkpoint"]}:
            self._stranger = (
                f"the ledger signs its checkpoints with the key {stranger}, which no key that is believed here handed "
                "over to: compare its fingerprint before it is written into uplink.log_keys"
            )
            _log.critical("ledger key refused", reason=self._stranger)

    def _keep(self, use: Use, believed: Sequence[VerifierKey], said: Sequence[Claim]) -> None:
        kept = _Followed(_vkeys(self._pinned[use]), _vkeys(believed))
        self.outbox.append(said, {STATE + use: msgspec.json.encode(kept)})
        self._believe(use, believed)

    def _believe(self, use: Use, believed: Sequence[VerifierKey]) -> None:
        self._believed[use] = tuple(believed)
        if use == "receipt":
            self.outbox.believe(believed)
        else:
            self.follower.pinned = replace(self.follower.pinned, log_keys=tuple(believed))


def _signers(raw: bytes | None, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Which of the keys signed a note that is held; none, where nothing is."""
    if raw is None:
        return ()
    try:
        verified = verify_note(notes.parse(raw), keys)
    except FormatError:
        return ()
    return () if isinstance(verified, Refused) else verified


def _vkeys(keys: Sequence[VerifierKey]) -> tuple[str, ...]:
    return tuple(map(format_vkey, keys))
