"""What a lot, a machine, a bag or a sample touched: every unit that it went into, and all that was made from those.

A lot of bags is named where blood was collected, one of a solution where it was worked on, one of a reagent where it
was tested. Whether such units are recalled is a person's decision.
"""

from dataclasses import dataclass

from ledger.core.errors import FormatError
from ledger.core.ids import MATERIALS, is_id
from ledger.read.reader import Reader
from ledger.read.values import HistoryLine, UnitSummary
from ledger.read.ways import MATERIAL_KINDS, onward_ways, touched_units
from ledger.rules import lookback


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
    return wanted if any(is_id(wanted, sort) for sort in MATERIAL_KINDS) else None


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
        raise FormatError(
            f"expected a lot, a machine, a bag or a sample ({', '.join(MATERIAL_KINDS)}); got {subject!r}"
        )
    entries = reader.history.of([subject])
    direct = frozenset(touched_units(reader, subject))
    everything = (*sorted(direct), *lookback.descendants(onward_ways(reader, direct), sorted(direct)))
    units = tuple(reader.summaries(everything, organisation=organisation))
    if not units and (organisation is not None or not entries):
        return None
    events = reader.lines(entries) if organisation is None or len(units) == len(set(everything)) else ()
    seen = direct & {each.unit for each in units}
    return Touched(subject, tuple(events), seen, units, now_ms, reader.log_size())
