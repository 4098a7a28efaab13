"""What persons said of probes and agitators, as far as it is an organisation's to see; the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.rules.moved import Placement

if TYPE_CHECKING:
    from ledger.read.reader import Reader


@dataclass(frozen=True, slots=True)
class ProbeWord:
    """A person's word: from `since_ms` on `probe` hangs in `place`; None: in none that is monitored."""

    probe: str
    place: str | None
    since_ms: int


@dataclass(frozen=True, slots=True)
class AgitatorWord:
    """A person's word: from `since_ms` on the agitator of `place` runs, or stands."""

    place: str
    runs: bool
    since_ms: int


def probe_words(reader: "Reader", organisation: str | None) -> tuple[ProbeWord, ...]:
    """What was said of the probes that ever hung in a place of an organisation, or in none; None: of all of them."""
    words = [
        ProbeWord(probe, each.place, each.since_ms)
        for probe, said in reader.placements.items()
        for each in _own(reader, said, organisation)
    ]
    return tuple(sorted(words, key=lambda each: (-each.since_ms, each.probe)))


def agitator_words(reader: "Reader", organisation: str | None) -> tuple[AgitatorWord, ...]:
    """What was said of the agitators of an organisation's places; None: of all of them."""
    words = [
        AgitatorWord(place, each.runs, each.since_ms)
        for place, said in reader.agitation_said.items()
        if organisation in {None, reader.organisation_of(place)}
        for each in said
    ]
    return tuple(sorted(words, key=lambda each: (-each.since_ms, each.place)))


def _own(reader: "Reader", said: Sequence[Placement], organisation: str | None) -> list[Placement]:
    owners = {reader.organisation_of(each.place) for each in said if each.place is not None}
    if organisation is None or owners <= {organisation}:
        return list(said)
    if organisation not in owners:
        return []
    return [each for each in said if each.place is None or reader.organisation_of(each.place) == organisation]
