"""What the memories of a unit's tags say, held against its label and the ledger: discrepancies for a person. Pure.

Whose tag it was is settled before: a unit's history holds the reads of the tags that pointed to it. The label is the
newest scan of the unit itself, the ledger what was asserted of it; `ledger.core.reconcile` compares them, here that
becomes findings. Nothing of a unit ever follows from a tag's memory.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import din_of, product_of
from ledger.core.reconcile import CRC_DIFFERS, Code, Flaw, Said, Source, compare

RULES: dict[Code, str] = {
    "memory-differs": "tag.memory_differs",
    "label-differs": "tag.label_differs",
    "ledger-differs": "tag.ledger_differs",
    "all-differ": "tag.all_differ",
    "memory-unreadable": "tag.memory_unreadable",
}
"""What a person should look at, by what came out. A blank memory is none: many sites use the tag's number alone."""
FORMAT = "tag.memory_format"
"""The tag is written otherwise than the site writes its tags: its AFI, or its DSFID."""


@dataclass(frozen=True, slots=True)
class Differing:
    """A rule, what is the case in English, and the read that showed it."""

    rule: str
    text: str
    at: Recorded


def differing(ordered: Iterable[Recorded], unit: str) -> Iterator[Differing]:
    """What the reads of a unit's tags show; the same again, read after read, is one.

    Args:
        ordered: its history, in the order in which state folds.
        unit: the unit.
    """
    din, product = din_of(unit).removeprefix("din:"), product_of(unit)
    label: Said | None = None
    abo: str | None = None
    rhd: str | None = None
    before: dict[str, str] = {}
    for each in ordered:
        event = each.event
        if isinstance(event, kinds.LabelScanned) and event.unit == unit:
            label = Said(din, product, _group(event.abo, event.rhd), event.expires_local)
        elif isinstance(event, (kinds.Tested, kinds.Labelled, kinds.Opening)):
            abo, rhd = event.abo or abo, event.rhd or rhd
        elif isinstance(event, kinds.TagMemoryRead) and event.outcome != "not_read":
            told: dict[Source, Said] = {} if label is None else {"label": label}
            told["ledger"] = Said(din, product, _group(abo, rhd))
            found = dict(_found(told, event))
            yield from (Differing(rule, text, each) for rule, text in found.items() if before.get(rule) != text)
            before = found


def _found(told: dict[Source, Said], event: kinds.TagMemoryRead) -> Iterator[tuple[str, str]]:
    """What one read shows: rules, and what is the case."""
    flaw = _flaw(event)
    if flaw is None and event.says is not None:
        told = told | {"memory": _said(event.says)}
    result = compare(told, flaw)
    if result.code in RULES:
        yield RULES[result.code], result.words
    if event.outcome == "read" and event.reason is not None:
        yield FORMAT, event.reason


def _flaw(event: kinds.TagMemoryRead) -> Flaw | None:
    if event.outcome == "blank":
        return Flaw("nothing was written to the tag", blank=True)
    if event.outcome == "unreadable":
        return Flaw(f"tag memory not read: {event.reason or 'no reason given'}", blank=False)
    return Flaw(CRC_DIFFERS, blank=False) if event.crc == "differs" else None


def _said(memory: kinds.MemorySays) -> Said:
    """The expiry is local time, so it is held against the label's alone: the ledger has instants."""
    din = memory.din.removeprefix("din:")
    return Said(din, memory.product, _group(memory.abo, memory.rhd), memory.expires_local)


def _group(abo: str | None, rhd: str | None) -> str | None:
    return None if abo is None or rhd is None else f"{abo} {rhd}"
