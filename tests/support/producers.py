"""A gateway for tests of the ledger: it seals and signs real batches, and forgets nothing that a real one remembers.

It goes through the same door as a real gateway, `Ledger.append_batch`, with bytes that `ledger.core` makes. It can also
be told to lie: to sign for another origin, to skip, to write a second history.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from typing_extensions import override

from ledger.append import Draft, Ledger
from ledger.clock import Clock, ClockName
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import NO_PREVIOUS, Batch
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.events import encode
from ledger.core.ids import format_instant
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from ledger.init import make_site
from tests.support.postgresql import new_ledger_database

NOON_MS = 1_772_366_400_000
"""2026-03-01T12:00:00.000Z, when the stories of these tests begin."""

MINUTE_MS = 60_000
SITE_NAME = "demo.a9999.example"


Fact: TypeAlias = tuple[type[kinds.Event], str, dict[str, object]]
"""What happened, when, and its fields."""


class StoryClock(Clock):
    """A clock that a test sets."""

    name: ClockName = "synchronised"

    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms = at_ms

    @override
    def now_ms(self) -> int:
        """What the test says."""
        return self.at_ms

    @override
    def monotonic(self) -> float:
        """The same in seconds."""
        return self.at_ms / 1000

    def after(self, minutes: float) -> str:
        """Let minutes pass; answer the new instant."""
        self.at_ms += int(minutes * MINUTE_MS)
        return format_instant(self.at_ms)


class CountedEntropy:
    """Different bytes at each call, the same in each run."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._calls = 0

    def __call__(self, count: int) -> bytes:
        """The next `count` bytes."""
        self._calls += 1
        return hashlib.shake_256(f"{self._label} {self._calls}".encode()).digest(count)


def site_in(directory: Path, *, mode: str = "production", database_url: str | None = None) -> Site:
    """Make a site for a test, with keys that are the same in each run; its ledger is where `--database` says."""
    site = Site(
        directory=directory,
        name=SITE_NAME,
        mode="demo" if mode == "demo" else "production",
        number=1,
        timezone="Asia/Shanghai",
        pack="cn",
        host="127.0.0.1",
        port=8080,
        database_url=database_url or new_ledger_database(),
    )
    return make_site(site, clock=StoryClock(), entropy=CountedEntropy("site")).site


@dataclass
class Gateway:
    """A gateway with one key and its streams.

    Attributes:
        name: the producer's name.
        origin: the log that it seals for.
        epoch: the epoch of its streams.
    """

    name: str
    origin: str = f"{SITE_NAME}/ledger/1"
    epoch: int = 1
    site_name: str = SITE_NAME
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    nonces: int = 0

    @property
    def key(self) -> SigningKey:
        """Its private key."""
        return SigningKey(hashlib.sha256(f"key of {self.name}".encode()).digest())

    @property
    def signer(self) -> NoteSigner:
        """Its key under its name."""
        return NoteSigner(f"{self.site_name}/{self.name}", self.key)

    @property
    def vkey(self) -> str:
        """Its verifier key."""
        return format_vkey(self.signer.verifier)

    @property
    def key_id(self) -> str:
        """The fingerprint that an administrator compares."""
        return fingerprint(self.vkey)

    def introduction(self) -> Draft:
        """The event by which an administrator approves its key."""
        proof = prove_possession(self.key, origin=self.origin, vkey=self.vkey)
        return Draft(kinds.KeyAdded, {"key": self.key_id, "vkey": self.vkey, "producer": self.name, "proof": proof})

    def stream(self, suffix: str = "c") -> str:
        """The name of one of its streams."""
        return f"{self.name}/{self.epoch}/{suffix}"

    def events(
        self, facts: Sequence[tuple[type[kinds.Event], str, dict[str, object]]], suffix: str = "c"
    ) -> list[bytes]:
        """Bodies of (kind, time, fields) that continue a stream."""
        first = self.heads.get(self.stream(suffix), (0, b""))[0] + 1
        bodies = []
        for seq, (kind, time, fields) in enumerate(facts, first):
            self.nonces += 1
            envelope = {"v": 1, "stream": self.stream(suffix), "seq": seq, "nonce": f"{self.nonces:032x}", "time": time}
            bodies.append(encode(kind(**{**envelope, "clock": "synchronised", **fields})))  # type: ignore[arg-type]  # a test's own fields
        return bodies

    def seal(self, bodies: Sequence[bytes], suffix: str = "c", *, time: str = "2026-03-01T12:00:00.000Z") -> bytes:
        """Seal bodies as the next batch of a stream; answer the wire bytes, and remember the new head."""
        stream = self.stream(suffix)
        last, previous = self.heads.get(stream, (0, NO_PREVIOUS))
        text = batches.compose(bodies, origin=self.origin, stream=stream, first=last + 1, previous=previous, time=time)
        raw = text.format()
        self.heads[stream] = (text.last, batches.text_hash(raw))
        return batches.format_wire(Batch(sign_note(raw, [self.signer]), tuple(bodies)))

    def say(self, *facts: Fact, suffix: str = "c") -> bytes:
        """Seal facts as the next batch of a stream; answer the wire bytes."""
        return self.seal(self.events(facts, suffix), suffix)


def introduce(ledger: Ledger, *gateways: Gateway) -> None:
    """Let an administrator approve gateways."""
    declare(ledger, *(gateway.introduction() for gateway in gateways))


def declare(ledger: Ledger, *drafts: Draft) -> tuple[Recorded, ...]:
    """Record on the site stream; it must be taken."""
    return _taken(ledger.record("site", drafts))


def claim(ledger: Ledger, *drafts: Draft) -> tuple[Recorded, ...]:
    """Assert on the web stream; it must be taken."""
    return _taken(ledger.record("web", drafts))


def _taken(answer: tuple[Recorded, ...] | Refused) -> tuple[Recorded, ...]:
    assert not isinstance(answer, Refused), answer
    return answer
