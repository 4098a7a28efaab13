"""Label, tag memory and ledger, held against each other: which of the three differs, as a code and in words.

Decides only what agrees. The printed label and the ledger are the authority, the tag's memory is none: that it agrees
proves nothing of the bag, that it differs is a discrepancy for a person. Raising it is the caller's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.core.isbt128 import Label
from ledger.core.tagmemory import TagMemory, Unreadable

Source: TypeAlias = Literal["label", "memory", "ledger"]
Fact: TypeAlias = Literal["din", "product", "group", "expires"]
Code: TypeAlias = Literal[
    "agree",
    "label-differs",
    "memory-differs",
    "ledger-differs",
    "all-differ",
    "memory-unreadable",
    "memory-blank",
    "undecided",
]
"""What came out:

    agree               all that spoke say the same, and each of them names one unit
    label-differs       the label says what the other two do not
    memory-differs      the tag's memory says what the other does, or the other two do, not
    ledger-differs      the ledger says what the other two do not
    all-differ          no two of them agree, or label and ledger differ and nothing else can tell
    memory-unreadable   the memory cannot be relied on, the others do not differ
    memory-blank        nothing was ever written to the tag, the others do not differ
    undecided           what could be compared is the same, but that is not enough to name one unit
"""

CRC_DIFFERS = "tag memory not relied on: its CRC does not fit, read again"
_NAMES: Mapping[Fact, str] = {
    "din": "donation number",
    "product": "product code",
    "group": "blood group",
    "expires": "expiry",
}
_HEADLINES: Mapping[Code, str] = {
    "agree": "all that spoke agree",
    "label-differs": "the label differs from tag memory and ledger: look at the bag",
    "memory-differs": "the tag's memory differs: label and ledger count, find out whose tag this is",
    "ledger-differs": "the ledger differs from label and tag memory: find out whether the tag is on another bag",
    "all-differ": "no two agree: hold the bag",
    "memory-unreadable": "the tag's memory cannot be relied on",
    "memory-blank": "nothing was written to the tag",
    "undecided": "too little was said to name one unit",
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one of the three says of the bag; None: it does not say.

    Attributes:
        din: 13 characters.
        product: 8 characters, or 12 with a long division.
        group: ABO and RhD in words, e.g. `O positive`; codes that are neither are not compared.
        expires: local time to the minute, `2026-02-11T23:59`.
    """

    din: str | None = None
    product: str | None = None
    group: str | None = None
    expires: str | None = None

    @property
    def names_a_unit(self) -> bool:
        """Whether donation and product are said: two bags of one donation differ in the product alone."""
        return self.din is not None and self.product is not None

    def find(self, fact: Fact) -> str | None:
        """What it says of one fact."""
        match fact:
            case "din":
                return self.din
            case "product":
                return self.product
            case "group":
                return self.group
            case "expires":
                return self.expires


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that they do not say alike, with what each says; one that says nothing of it is left out."""

    fact: Fact
    said: tuple[tuple[Source, str], ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What came out of holding them against each other.

    Attributes:
        code: see `Code`.
        words: the same for a person, in English, with what differs.
        differences: each fact that they do not say alike.
        compared: the facts of which two or three of them spoke.
    """

    code: Code
    words: str
    differences: tuple[Difference, ...]
    compared: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a tag's memory says nothing: in words, and whether nothing was ever written to it."""

    words: str
    blank: bool


def of_label(label: Label) -> Said:
    """What a label, or a message in a tag's memory, says."""
    group, expiry = label.find("002"), label.find("005") or label.find("004")
    abo = group.fields.get("abo") if group else None
    return Said(
        din=str(label.din) if label.din else None,
        product=label.product,
        group=f"{abo} {group.fields['rhd']}" if group and abo else None,
        expires=expiry.fields.get("local") if expiry else None,
    )


def reconcile(label: Label | None, memory: TagMemory | Unreadable | None, ledger: Said | None) -> Reconciliation:
    """Hold the three against each other.

    Args:
        label: what was scanned; None: nothing was.
        memory: what the tag's memory says, or why not; None: it was not read.
        ledger: what the ledger knows of the unit that the tag's number points to; None: it knows none.
    """
    told: dict[Source, Said] = {}
    if label is not None:
        told["label"] = of_label(label)
    if isinstance(memory, TagMemory) and memory.crc != "differs":
        told["memory"] = of_label(memory.message)
    if ledger is not None:
        told["ledger"] = ledger
    return compare(told, _flaw(memory))


def compare(told: Mapping[Source, Said], flaw: Flaw | None = None) -> Reconciliation:
    """Hold against each other what those who spoke say.

    Args:
        told: what each of them says; who does not speak is left out.
        flaw: why the memory does not, although it was read.
    """
    by_fact = {fact: _said(told, fact) for fact in _NAMES}
    compared = tuple(fact for fact, said in by_fact.items() if len(said) > 1)
    differences = tuple(
        Difference(fact, tuple(by_fact[fact].items())) for fact in compared if len(set(by_fact[fact].values())) > 1
    )
    code = _code(told, flaw, differences)
    return Reconciliation(code, _words(code, flaw, differences, compared), differences, compared)


def _flaw(memory: TagMemory | Unreadable | None) -> Flaw | None:
    if isinstance(memory, Unreadable):
        return Flaw(f"tag memory not read: {memory.reason}", memory.blank)
    if memory is not None and memory.crc == "differs":
        return Flaw(CRC_DIFFERS, blank=False)
    return None


def _said(told: Mapping[Source, Said], fact: Fact) -> dict[Source, str]:
    found = {source: said.find(fact) for source, said in told.items()}
    return {source: value for source, value in found.items() if value is not None}


def _code(told: Mapping[Source, Said], flaw: Flaw | None, differences: tuple[Difference, ...]) -> Code:
    odd = {source for difference in differences for source in _odd(dict(difference.said))}
    match sorted(odd):
        case []:
            return _without_difference(told, flaw)
        case ["label"]:
            return "label-differs"
        case ["memory"]:
            return "memory-differs"
        case ["ledger"]:
            return "ledger-differs"
        case _:
            return "all-differ"


def _without_difference(told: Mapping[Source, Said], flaw: Flaw | None) -> Code:
    if flaw is not None:
        return "memory-blank" if flaw.blank else "memory-unreadable"
    if len(told) > 1 and all(said.names_a_unit for said in told.values()):
        return "agree"
    return "undecided"


def _odd(said: Mapping[Source, str]) -> Iterable[Source]:
    """Who stands alone. Of two, the memory does: it is checked against the others, never they against it."""
    values = list(said.values())
    if len(said) > 2 and len(set(values)) == 2:
        return [source for source, value in said.items() if values.count(value) == 1]
    if len(said) == 2 and "memory" in said:
        return ["memory"]
    return list(said)


def _words(
    code: Code,
    flaw: Flaw | None,
    differences: tuple[Difference, ...],
    compared: tuple[Fact, ...],
) -> str:
    parts = [_HEADLINES[code]]
    parts += [
        f"{_NAMES[each.fact]}: {', '.join(f'{source} {value}' for source, value in each.said)}" for each in differences
    ]
    if not differences:
        parts.append(f"the same: {', '.join(_NAMES[fact] for fact in compared) or 'nothing could be compared'}")
    if flaw is not None:
        parts.append(flaw.words)
    return "; ".join(parts)
