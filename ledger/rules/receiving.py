"""Receipt (核收): the manifest of a consignment held against what a sweep and a scanner found. Pure.

What differs is for a person to look at before signing; nothing is accepted or refused here. What is missing may come
with the next box, so that a consignment can be received in parts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Group: TypeAlias = tuple[str | None, str | None]
"""ABO and RhD; None: nothing is said."""
Source: TypeAlias = Literal["tag", "device", "hand"]

NO_GROUP: Final[Group] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """One thing that was read where a consignment is received.

    Attributes:
        text: what was read, as it is shown: a tag, a label, an identifier.
        unit: the unit that it leads to; None: to none.
        source: a tag; what a device read again and again, as a tag's memory; a label that a person scanned once.
        says: the group that it names itself.
        beside: the unit that something else on the same bag leads to, as the tag beside its label; None: not compared.
    """

    text: str
    unit: str | None
    source: Source
    says: Group = NO_GROUP
    beside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A manifest against what was found; units in order of their names, each once in each list.

    Attributes:
        found: units of the manifest that were found.
        missing: units of the manifest that nobody found yet.
        extra: units that were found and are not on the manifest.
        unknown: what was read and leads to no unit.
        duplicate: units that two tags lead to, or whose label was scanned twice: one bag, or two?
        wrong_group: units whose label or tag memory names another group than the ledger has.
        differing: units whose label and tag do not name the same bag.
    """

    found: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    unknown: tuple[str, ...]
    duplicate: tuple[str, ...]
    wrong_group: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything was found, as the manifest has it, and nothing else."""
        return not (self.missing or self.extra or self.unknown or self.suspect)

    @property
    def suspect(self) -> frozenset[str]:
        """Units that nobody should accept before a person has looked at the bag."""
        return frozenset((*self.duplicate, *self.wrong_group, *self.differing))


def compare_manifest(manifest: Iterable[str], read: Sequence[Sighted], groups: Mapping[str, Group]) -> Comparison:
    """Hold a manifest against what was read.

    Args:
        manifest: the units that the dispatch note names.
        read: everything that was read; the same tag again is the same tag.
        groups: the group that the ledger has of each unit of the manifest; of others nothing is said.
    """
    should = set(manifest)
    there = {each.unit for each in read if each.unit is not None}
    differing = {each.unit or each.beside for each in read if each.beside is not None and each.beside != each.unit}
    wrong = {each.unit for each in read if each.unit is not None and _differ(each.says, groups.get(each.unit))}
    return Comparison(
        found=_named(should & there),
        missing=_named(should - there),
        extra=_named(there - should),
        unknown=_named({each.text for each in read if each.unit is None}),
        duplicate=_named(_duplicate(read)),
        wrong_group=_named(wrong),
        differing=_named(differing),
    )


def _duplicate(read: Sequence[Sighted]) -> set[str]:
    """A reader reads the same tag again and again; a person scans a label once."""
    tags = Counter(unit for unit, _ in {(each.unit, each.text) for each in read if each.source == "tag"})
    labels = Counter(each.unit for each in read if each.source == "hand")
    return {unit for counted in (tags, labels) for unit, count in counted.items() if unit is not None and count > 1}


def _differ(says: Group, known: Group | None) -> bool:
    """Whether a group is named that is not the known one; where one of them says nothing, they do not differ."""
    pairs = zip(says, known or NO_GROUP, strict=True)
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _named(units: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted(unit for unit in units if unit is not None))
