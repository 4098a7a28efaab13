"""A gateway that hands in what its probes read while nobody heard it: signed batches, in bulk, at times gone by.

It speaks what docs/format.md §2 and §4 ask of a gateway, written from that page alone: canonical events, an RFC 6962
root, a batch note that names the one before it, one Ed25519 signature. It signs with the key of a gateway of the site,
in a stream of an epoch of its own, and ends when the gateway itself is started in the next.
"""

import base64
import hashlib
import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_mocks import ed25519
from firmware_mocks.clock import rfc3339

EPOCH = 1
FIRST = base64.b64encode(bytes(32)).decode()
"""What the first batch of a stream says of the one before it."""
_ANSWER_SECONDS = 60.0
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a stream stands: its last sequence number, and base64 SHA-256 of its last batch note's text."""

    last_seq: int = 0
    previous: str = FIRST


@dataclass(frozen=True, slots=True)
class Segment:
    """What one probe read: `readings` are pairs of (Unix milliseconds, centi-degrees), in order, at least one."""

    place: str
    probe: str
    readings: Sequence[tuple[int, int]]


class PastGateway:
    """One gateway and its key."""

    def __init__(self, name: str, *, site_name: str, seed: bytes) -> None:
        """A gateway of a site.

        Args:
            name: the gateway's.
            site_name: the first part of the ledger's origin.
            seed: the 32 bytes of its key.
        """
        self._name, self._site_name, self._seed = name, site_name, seed
        self._signer = f"{site_name}/{name}"
        public = _ED25519 + ed25519.public_key(seed)
        self._key_id = hashlib.sha256(f"{self._signer}\n".encode() + public).digest()[:4]

    @property
    def stream(self) -> str:
        """Its stream of telemetry."""
        return f"{self._name}/{EPOCH}/t"

    def batch(self, segments: Sequence[Segment], chain: Chain, *, now_ms: int) -> tuple[bytes, Chain]:
        """The batch that says all segments at `now_ms`, as it goes over the wire, and where the stream stands then.

        The same segments after the same chain at the same time are the same bytes, so that a batch whose receipt was
        lost can be made, and sent, again.
        """
        events = [self._event(each, chain.last_seq + number) for number, each in enumerate(segments, 1)]
        root = base64.b64encode(_root([hashlib.sha256(b"\0" + event).digest() for event in events])).decode()
        lines = (
            "xuemai/batch/v1",
            f"{self._site_name}/ledger/1",
            self.stream,
            f"{chain.last_seq + 1} {len(events)}",
            chain.previous,
            root,
            rfc3339(now_ms),
        )
        text = "".join(f"{line}\n" for line in lines)
        signature = base64.b64encode(self._key_id + ed25519.sign(self._seed, text.encode())).decode()
        note = f"{text}\n\u2014 {self._signer} {signature}\n"
        wire = b"".join(line + b"\n" for line in (_canonical({"note": note}), *events))
        previous = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        return wire, Chain(chain.last_seq + len(events), previous)

    def _event(self, segment: Segment, seq: int) -> bytes:
        start_ms, end_ms = segment.readings[0][0], segment.readings[-1][0]
        return _canonical(
            {
                "kind": "temperature_segment",
                "v": 1,
                "stream": self.stream,
                "seq": seq,
                "nonce": hashlib.sha256(self._seed + f"{self.stream}#{seq}".encode()).hexdigest()[:32],
                "time": rfc3339(start_ms),
                "clock": "simulated",
                "place": segment.place,
                "probe": segment.probe,
                "measures": "air",
                "until": rfc3339(end_ms),
                "quality": "good",
                "readings": [[at_ms - start_ms, centi] for at_ms, centi in segment.readings],
            }
        )


def hand_in(url: str, wire: bytes) -> None:
    """Send a batch to the ledger at `url`.

    Raises:
        OSError: it did not answer with a receipt; an HTTPError says what stands against the batch.
    """
    request = urllib.request.Request(f"{url}/v1/batches", wire, {"Content-Type": "application/x-ndjson"})  # noqa: S310  our own server
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=_ANSWER_SECONDS) as answer:
        answer.read()


def seed_of(folder: Path) -> bytes:
    """The key in a gateway's folder, which its enrolment made."""
    return bytes.fromhex((folder / "keys" / "gateway.key").read_text("ascii").strip())


def _canonical(said: Mapping[str, object]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1: a tree of n leaves is split at the largest power of two below n."""
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _root(leaves[:left]) + _root(leaves[left:])).digest()
