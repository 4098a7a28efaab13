"""What a lot, a machine, a bag or a sample touched: every unit that it went into, and all that was made from those.

A lot of bags is named where blood was collected, one of a solution where it was worked on, one of a reagent where it
was tested. Whether such units are recalled is a person's decision.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import FormatError
from ledger.core.ids import MATERIALS, is_id
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.values import HistoryLine, UnitSummary
from ledger.rules import lookback
from ledger.store.units import units_of_donation

SORTS = ("lot", "equipment", "container", "sample")
"""The kinds of identifiers that can be asked for."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one lot, machine, bag or sample touched.

    Attributes:
        subject: its identifier.
        events: the events that name it, newest first.
        direct: the units that it went into, or was used for.
        units: those and everything that was made from them, each as it stands now.
        now_ms: the instant for which this holds.
        log_size: the log's size.
    """

    subject: str
    events: tuple[HistoryLine, ...]
    direct: frozenset[str]
    units: tuple[UnitSummary, ...]
    now_ms: int
    log_size: int


def subject_of(text: str) -> str | None:
    """The identifier that a text spells, with or without its sort where that cannot be misunderstood; None for none.

    `lot:bag/HW2405-17` and `bag/HW2405-17` are the same; a machine, a bag or a sample is written with its sort.
    """
    wanted = text.strip()
    if wanted.partition("/")[0] in MATERIALS.split("|"):
        wanted = f"lot:{wanted}"
    return wanted if any(is_id(wanted, sort) for sort in SORTS) else None


def touched(reader: Reader, subject: str, *, organisation: str | None, now_ms: int) -> Touched | None:
    """What a lot, a machine, a bag or a sample touched.

    Args:
        reader: whom to ask.
        subject: as `subject_of` gives it.
        organisation: of units, those that it may see; None: all.
        now_ms: the present instant, in milliseconds since the Unix epoch.

    Returns:
        None if the ledger never heard of it, or nothing of it is the organisation's to see.

    Raises:
        FormatError: it is no such identifier.
    """
    if subject_of(subject) != subject:
        raise FormatError(f"expected a lot, a machine, a bag or a sample ({', '.join(SORTS)}); got {subject!r}")
    entries = reader.history.of([subject])
    direct = frozenset(_direct(reader, subject, recorded(entries)))
    everything = (*sorted(direct), *lookback.descendants(_edges(reader, direct), sorted(direct)))
    units = tuple(reader.summaries(everything, organisation=organisation))
    if not units and (organisation is not None or not entries):
        return None
    events = reader.lines(entries) if organisation is None or len(units) == len(set(everything)) else ()
    seen = direct & {each.unit for each in units}
    return Touched(subject, tuple(events), seen, units, now_ms, reader.log_size())


def _direct(reader: Reader, subject: str, history: Iterable[Recorded]) -> Iterator[str]:
    for each in history:
        match each.event:
            case kinds.Transformation() as made:
                named = [child.unit for child in made.children if child.container == subject]
                yield from named or [child.unit for child in made.children]
            case kinds.Collected() | kinds.Opening() as entered:
                yield entered.unit
            case kinds.Tested() | kinds.Sampled() as tested:
                yield from units_of_donation(reader.connection, tested.din)
            case _:
                continue


def _edges(reader: Reader, units: Iterable[str]) -> list[tuple[str, str]]:
    """Every step of lineage that leads on from the units, generation by generation."""
    seen: set[str] = set()
    pending = set(units)
    found: dict[tuple[str, str], None] = {}
    while pending:
        seen |= pending
        steps = custody.edges(recorded(reader.history.of(sorted(pending))))
        led = {(edge.parent, edge.child) for edge in steps if edge.parent in pending}
        found.update(dict.fromkeys(sorted(led)))
        pending = {child for _, child in led} - seen
    return list(found)
