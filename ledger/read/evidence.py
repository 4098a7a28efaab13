"""What the files say that an assessment rests on, held against the limits that the unit was under at that time."""

from collections.abc import Iterator
from dataclasses import dataclass

from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.core.note import parse_base64
from ledger.read.history import as_said
from ledger.read.reader import Reader
from ledger.read.values import UnitPage
from ledger.rules.dating import zone_of
from ledger.rules.evidence import read_evidence, suffix_of
from ledger.rules.logged import judge_readings
from ledger.rules.logger_file import LoggedReading, centi_degrees
from ledger.rules.logger_text import Encoding, encoding_of
from ledger.rules.pack import Phase
from ledger.store import evidence


@dataclass(frozen=True, slots=True)
class Told:
    """What the readings of a file say of the unit, had it been beside the logger all the time.

    Attributes:
        first_ms: the first reading, in milliseconds since the Unix epoch.
        last_ms: the last.
        readings: how many there are.
        lowest_centi: the lowest temperature, centi-degrees; error values are none.
        highest_centi: the highest.
        phase: under whose limits of the pack the unit was then; None: under none, or under those of several phases.
        out_ms: how long out of those limits; None: there are none to hold it against.
        encoding: as which the file was read; `gb18030` is assumed of what is not UTF-8.
    """

    first_ms: int
    last_ms: int
    readings: int
    lowest_centi: int
    highest_centi: int
    phase: Phase | None
    out_ms: int | None
    encoding: Encoding


@dataclass(frozen=True, slots=True)
class Kept:
    """A file beside an assessment.

    Attributes:
        sha256: of it, in hex.
        what: what it is said to be: `logger_file` or `manual_readings`.
        octets: how long it is.
        told: what its readings say; None: there are none that a program can read, or nothing but error values.
    """

    sha256: str
    what: str
    octets: int
    told: Told | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A file to be handed out: its bytes, verbatim, and a name that says nothing of what is in it."""

    document: bytes
    name: str


def evidence_of(reader: Reader, page: UnitPage) -> dict[tuple[str, int], tuple[Kept, ...]]:
    """The files beside each assessment of a unit, by the assessment's stream and number."""
    told = ((line, line.recorded.event) for line in page.history if line.recorded is not None)
    return {
        (line.stream, line.seq): tuple(_kept(reader, page, each) for each in event.evidence)
        for line, event in told
        if isinstance(event, kinds.Assessed) and event.evidence
    }


def copy_of(reader: Reader, unit: str, sha256: str) -> Copy | None:
    """A file that an assessment of this very unit names, by its SHA-256 in hex; None if none does."""
    named = next((each for each in _named(reader, unit) if _hex(each) == sha256), None)
    document = None if named is None else evidence.kept(reader.connection, named.sha256)
    if named is None or document is None:
        return None
    readings = _readings(reader, named, document)
    return Copy(document, f"evidence-{sha256[:16]}.{suffix_of(document, readings)}")


def _named(reader: Reader, unit: str) -> Iterator[kinds.Evidence]:
    """What was corrected since, too: it stays as it was said."""
    for each in as_said(reader.history.of([unit])):
        if isinstance(each.event, kinds.Assessed) and each.event.unit == unit:
            yield from each.event.evidence


def _kept(reader: Reader, page: UnitPage, named: kinds.Evidence) -> Kept:
    document = evidence.kept(reader.connection, named.sha256)
    readings = () if document is None else _readings(reader, named, document)
    told = None if document is None or not readings else _told(reader, page, readings, encoding_of(document))
    return Kept(_hex(named), named.what, named.octets, told)


def _readings(reader: Reader, named: kinds.Evidence, document: bytes) -> tuple[LoggedReading, ...]:
    try:
        return read_evidence(named.what, document, zone=zone_of(reader.site.timezone))
    except FormatError:
        return ()  # an earlier version could read it


def _told(reader: Reader, page: UnitPage, readings: tuple[LoggedReading, ...], encoding: Encoding) -> Told | None:
    first_ms, last_ms = readings[0].at_ms, readings[-1].at_ms
    phase = _phase(page, first_ms, last_ms)
    component = page.summary.product.component or ""
    logged = judge_readings(readings, pack=reader.pack, component=component, phase=phase or "store", before=0)
    limits = logged.limits if phase is not None else None
    low, high = (None, None) if limits is None else (limits.low, limits.high)
    if logged.lowest is None or logged.highest is None:
        return None  # nothing was measured
    lowest, highest = (centi_degrees(celsius, low, high) for celsius in (logged.lowest, logged.highest))
    out_ms = None if limits is None else logged.out_ms
    return Told(first_ms, last_ms, len(readings), lowest, highest, phase, out_ms, encoding)


def _phase(page: UnitPage, first_ms: int, last_ms: int) -> Phase | None:
    """The one phase that the unit was in while the file was written."""
    spells = () if page.exposure is None else page.exposure.spells
    met = {each.phase for each in spells if each.start_ms <= last_ms and first_ms < each.end_ms}
    (phase,) = met if len(met) == 1 else (None,)
    return phase


def _hex(named: kinds.Evidence) -> str:
    return parse_base64(named.sha256).hex()
