"""Whether a consignment must be held back whole: it was warm, or too long, on the way. Pure.

A consignment with a bad temperature or a bad transit time is quarantined whole (整批隔离): its bags shared a box, and
nobody knows which of them the others were warmed by. How long a box keeps is the box's own qualification (验证时长),
which the site has and writes into its `boxes.toml`; no figure is shipped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from ledger.core.errors import ConfigError
from ledger.core.ids import Box
from ledger.rules.tables import read_as, read_toml

_MINUTE_MS: Final = 60_000
Cause: TypeAlias = Literal["temperature", "box-time", "transit-time"]


Minutes: TypeAlias = Annotated[int, Meta(ge=1)]


class Qualified(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A box's qualification.

    Attributes:
        box: `box:…`.
        minutes: how long after packing it was shown to keep its temperature.
        source: where that was shown: the report's number.
    """

    box: Box
    minutes: Minutes
    source: Annotated[str, Meta(min_length=1)]


class Qualification(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a site knows of its transports.

    Attributes:
        box: the boxes that are qualified.
        transit_minutes: how long a consignment may be on the way whatever it is in; None: the site has set nothing.
    """

    box: list[Qualified] = []
    transit_minutes: Minutes | None = None

    def minutes_of(self, box: str) -> int | None:
        """How long a box keeps; None: it is not qualified."""
        return next((each.minutes for each in self.box if each.box == box), None)


@dataclass(frozen=True, slots=True)
class Carried:
    """A box on one consignment: when it was packed, and when it was opened; None: not yet, or nobody said so."""

    box: str
    packed_ms: int | None
    opened_ms: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a consignment is held back.

    Attributes:
        cause: `temperature` of a unit, `box-time` of a box, `transit-time` of the whole.
        subject: the unit, the box or the dispatch note.
        minutes: how long it was out of range, or on the way; whole minutes, begun ones counted.
        limit: how long it may be; None for a temperature.
    """

    cause: Cause
    subject: str
    minutes: int
    limit: int | None


def parse_qualification(text: str) -> Qualification:
    """What `boxes.toml` says: `transit_minutes`, and `[[box]]` with `box`, `minutes` and `source`.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    read = read_as(Qualification, read_toml(text, called="boxes"), key="boxes")
    if len({each.box for each in read.box}) != len(read.box):
        raise ConfigError("boxes.box: expected each box once")
    return read


def holds(
    note: str,
    *,
    sent_ms: int,
    arrived_ms: int,
    boxes: Sequence[Carried],
    warm: Iterable[tuple[str, int]],
    qualification: Qualification,
) -> tuple[Hold, ...]:
    """Everything for which the consignment is held back; empty: nothing.

    Args:
        note: the dispatch note.
        sent_ms: when it was sent.
        arrived_ms: when it was received, or the present where it is being received.
        boxes: what it was packed in.
        warm: its units that were out of range on the way for longer than the pack lets pass, with milliseconds.
        qualification: what the site knows of its boxes.
    """
    found = [Hold("temperature", unit, _minutes(lasted), None) for unit, lasted in sorted(warm)]
    for each in boxes:
        keeps = qualification.minutes_of(each.box)
        since = sent_ms if each.packed_ms is None else each.packed_ms
        minutes = _minutes((arrived_ms if each.opened_ms is None else each.opened_ms) - since)
        if keeps is not None and minutes > keeps:
            found.append(Hold("box-time", each.box, minutes, keeps))
    limit, minutes = qualification.transit_minutes, _minutes(arrived_ms - sent_ms)
    if limit is not None and minutes > limit:
        found.append(Hold("transit-time", note, minutes, limit))
    return tuple(found)


def _minutes(lasted_ms: int) -> int:
    return -(-lasted_ms // _MINUTE_MS)
