"""What the steps of a verification hand on to each other, and what each of them answers (docs/format.md §8)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.core import batch as batches
from ledger.core import checkpoint as checkpoints
from ledger.core import custody, kinds, passport
from ledger.core import note as notes
from ledger.core.completeness import Auditors, Seen, ShownMap
from ledger.core.errors import Refused
from ledger.core.finding import Earlier, Verification
from ledger.core.keys import KeyState
from ledger.core.logkeys import LogKeys
from ledger.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Warned:
    """A step's answer where nothing is wrong and something is not shown.

    Attributes:
        detail: what.
    """

    detail: str


class Undecidable(Exception):  # noqa: N818  not an error: an answer that ends the verification
    """Nothing can be said; the message is why."""


@dataclass(slots=True)
class Opened:
    """A carried batch, as far as it was read.

    Attributes:
        index: its log index.
        signed: its note.
        text: what the note says.
        carried: as the passport carries it.
        recorded: its events that are understood, with their places.
    """

    index: int
    signed: notes.Note
    text: batches.BatchNote
    carried: passport.CarriedBatch
    recorded: list[custody.Recorded] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trust:
    """What the person who verifies believes; see `ledger.core.verify.verify`."""

    policy: Policy | None
    auditors: Auditors
    now_ms: int | None
    roots: Mapping[str, str]


@dataclass(slots=True)
class Work:
    """What the steps hand on to each other; each step finds what those before it left.

    Attributes:
        passport: the file, once it is well formed.
        trust: see `Trust`.
        verify_carried: verifies the text of a passport that this one carries, under the same trust.
        checkpoint: the checkpoint, and `signed` its note.
        batches: the carried batches, in log order.
        keys: the producers' keys as of the checkpoint's size; `log_keys` those of the log itself.
        seen: every carried event with its place, understood or not.
        signers: the fingerprints of the keys that signed carried batches.
        units: what the passport is about.
        exposures: unit → the statement about its cold chain.
        depth: in how many others this passport is carried.
        carried: SHA-256 → what was found of each passport that it carries.
        before: unit → what earlier logs stated.
        left_ms: unit → when custody of it left.
        map: the unit map; Refused if it does not hold.
    """

    passport: passport.Passport
    trust: Trust
    verify_carried: Callable[[str], Verification]
    checkpoint: checkpoints.Checkpoint | None = None
    signed: notes.Note | None = None
    batches: list[Opened] = field(default_factory=list)
    keys: KeyState = field(default_factory=KeyState)
    seen: list[Seen] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)
    log_keys: LogKeys = field(default_factory=LogKeys)
    units: tuple[str, ...] = ()
    exposures: dict[str, kinds.ExposureStated] = field(default_factory=dict)
    depth: int = 0
    carried: dict[str, Verification] = field(default_factory=dict)
    before: dict[str, tuple[Earlier, ...]] = field(default_factory=dict)
    left_ms: dict[str, int | None] = field(default_factory=dict)
    map: ShownMap | Refused | None = None

    @property
    def policy(self) -> Policy | None:
        """The trust policy; None if there is none."""
        return self.trust.policy

    @property
    def head(self) -> checkpoints.Checkpoint:
        """The checkpoint, for the steps behind the one that reads it."""
        if self.checkpoint is None:
            raise AssertionError("the checkpoint step comes first")
        return self.checkpoint

    def recorded(self) -> list[custody.Recorded]:
        """Every carried event that is understood, in log order."""
        return [recorded for opened in self.batches for recorded in opened.recorded]


Result: TypeAlias = str | Warned | Refused
"""What a step answers: what holds, what is not shown, or why it fails."""

Step: TypeAlias = Callable[[Work], Result]
UnitStep: TypeAlias = Callable[[Work, str], Result]


def ancestry(recorded: list[custody.Recorded], units: tuple[str, ...]) -> set[str]:
    """The units and everything that they were made from."""
    family = set(units)
    edges = list(custody.edges(recorded))
    while True:
        more = {edge.parent for edge in edges if edge.child in family} - family
        if not more:
            return family
        family |= more
