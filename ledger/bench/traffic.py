"""A site to be measured, and what its gateways say: sightings of tagged units, in signed batches made beforehand.

Each unit is seen about `EVENTS_A_UNIT` times, while it is one of the units in stock; then others take its place, so
that a long run touches as many units as a site of its size would.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import NO_PREVIOUS, Batch
from ledger.core.errors import Refused, XuemaiError
from ledger.core.events import encode
from ledger.core.ids import format_instant
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from ledger.init import make_site

EVENTS_A_UNIT = 40
UNITS_IN_STOCK = 2000
PLACE = "place:centre/fridge-1"
_PER_RECORD = 512
_SITE = Site(Path("site"), "bench.a9999.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080)


@dataclass(frozen=True, slots=True)
class Traffic:
    """How much is said, by how many.

    Attributes:
        events: how many events in all.
        batch: how many events a batch.
        gateways: how many gateways speak, each in its own stream.
    """

    events: int
    batch: int
    gateways: int = 1

    @property
    def units(self) -> int:
        """How many units are ever seen."""
        return max(UNITS_IN_STOCK // 10, self.events // EVENTS_A_UNIT)

    def unit_of(self, number: int) -> int:
        """The unit that the event with this number, from 0, is about."""
        stock = min(UNITS_IN_STOCK, self.units)
        generation = number // (stock * EVENTS_A_UNIT)
        return (generation * stock + number % stock) % self.units


def make(directory: Path, traffic: Traffic, *, database_url: str | None = None) -> Site:
    """A new site with a place, its gateways' keys, and its units with their tags; in the database at a URL."""
    site = make_site(replace(_SITE, directory=directory, database_url=database_url)).site
    named = {"organisation": "org:a9999", "name_zh": "血站", "name_en": "Blood centre"}
    administration = [
        Draft(kinds.OrganisationAdded, {**named, "role": "blood_centre"}),
        Draft(kinds.PlaceAdded, {**named, "place": PLACE, "phase": "store"}),
        *(_key_added(site, number) for number in range(traffic.gateways)),
    ]
    with Ledger(site, SystemClock()) as ledger:
        require_recorded(ledger.record("site", administration))
        for first in range(0, traffic.units, _PER_RECORD):
            numbers = range(first, min(first + _PER_RECORD, traffic.units))
            require_recorded(ledger.record("web", [draft for number in numbers for draft in _unit_entered(number)]))
    return site


class GatewayVoice:
    """One gateway's stream: batch after batch, signed, as they go over the wire."""

    def __init__(self, site: Site, traffic: Traffic, number: int) -> None:
        self._origin = site.origin
        self._traffic = traffic
        self._number = number
        self._stream = f"{gateway_name(number)}/1/c"
        self._signer = _signer(site.name, number)
        self._previous = NO_PREVIOUS
        self._next = 1
        self._began_ms = SystemClock().now_ms()

    def say(self, events: int) -> Iterator[bytes]:
        """The next batches, of so many events together."""
        end = self._next + events
        while self._next < end:
            yield self._batch(min(self._traffic.batch, end - self._next))

    def _batch(self, count: int) -> bytes:
        first, self._next = self._next, self._next + count
        bodies = tuple(self._arrival(seq) for seq in range(first, first + count))
        note = batches.compose(
            bodies,
            origin=self._origin,
            stream=self._stream,
            first=first,
            previous=self._previous,
            time=format_instant(self._began_ms + first),
        ).format()
        self._previous = batches.text_hash(note)
        return batches.format_wire(Batch(sign_note(note, [self._signer]), bodies))

    def _arrival(self, seq: int) -> bytes:
        number = (seq - 1) * self._traffic.gateways + self._number
        return encode(
            kinds.TagArrived(
                v=1,
                stream=self._stream,
                seq=seq,
                # Random enough for what is measured: as long, and as hard to compress.
                nonce=hashlib.md5(number.to_bytes(8), usedforsecurity=False).hexdigest(),
                time=format_instant(self._began_ms + seq),
                clock="synchronised",
                place=PLACE,
                tag=tag_of(self._traffic.unit_of(number)),
                device=f"device:{gateway_name(self._number)}/shelf",
                antenna=1,
                reads=2,
                rssi_centi_dbm=-5500,
            )
        )


def gateway_name(number: int) -> str:
    """The name of a gateway, numbered from 0."""
    return f"gw-bench-{number + 1}"


def unit_name(number: int) -> str:
    """The identifier of a unit, numbered from 0."""
    return f"unit:A9999{26 + number // 1_000_000:02}{number % 1_000_000:06}.A0002V00"


def tag_of(unit: int) -> str:
    """The tag of a unit."""
    return f"tag:E280A9990000{unit:012X}"


def _unit_entered(number: int) -> tuple[Draft, Draft]:
    unit = unit_name(number)
    return (
        Draft(kinds.Opening, {"unit": unit, "place": PLACE}),
        Draft(kinds.TagAssociated, {"unit": unit, "tag": tag_of(number), "place": PLACE}),
    )


def _key_of(number: int) -> SigningKey:
    return SigningKey(hashlib.sha256(f"a benchmark's gateway {number}".encode()).digest())


def _signer(site_name: str, number: int) -> NoteSigner:
    return NoteSigner(f"{site_name}/{gateway_name(number)}", _key_of(number))


def _key_added(site: Site, number: int) -> Draft:
    vkey = format_vkey(_signer(site.name, number).verifier)
    proof = prove_possession(_key_of(number), origin=site.origin, vkey=vkey)
    key = {"key": fingerprint(vkey), "vkey": vkey, "producer": gateway_name(number), "proof": proof}
    return Draft(kinds.KeyAdded, key)


def require_recorded(answer: object) -> None:
    """What was to be recorded for the measurement was not refused.

    Raises:
        XuemaiError: it was.
    """
    if isinstance(answer, Refused):
        raise XuemaiError(f"the site to be measured could not be made: {answer.step}: {answer.reason}")
