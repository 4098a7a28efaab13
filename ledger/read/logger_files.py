"""A temperature logger's file judged without a unit: as what, by which pack, and what its readings come to.

Reads the pack in force and those at hand, and writes nothing: neither the file nor that it was judged is kept. What the
readings mean is `ledger.rules.logged`; the file beside a unit's assessment is `evidence`.
"""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from ledger.core.errors import FormatError
from ledger.read.reader import Reader
from ledger.rules.evidence import MAX_OCTETS
from ledger.rules.logged import Logged, judge_readings
from ledger.rules.logger_file import LoggedReading, parse_logger_file
from ledger.rules.logger_text import Encoding, encoding_of
from ledger.rules.pack import Pack, Phase
from ledger.settings.packs import Library, require_component

MOST_OCTETS: Final = MAX_OCTETS
"""Of one file, as of one that is kept as evidence."""
MOST_BEFORE: Final = 1000
"""Spells before this one: more than any unit has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """As what a file is judged.

    Attributes:
        pack: the name of a pack; None, or the name of the one in force: that one, as this station knows its figures.
        component: the component, as the pack calls it.
        phase: where the unit and the logger were.
        before: how many accepted excursions, or spells out of control, the unit had before.
        zone: of times that name none.
    """

    pack: str | None
    component: str
    phase: Phase
    before: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement of a file.

    Attributes:
        logged: the judgement.
        readings: what was judged, by time.
        encoding: as which the file was read.
        pack: by which pack.
    """

    logged: Logged
    readings: tuple[LoggedReading, ...]
    encoding: Encoding
    pack: Pack


def judge_file(reader: Reader, octets: bytes, asked: Asked) -> Judged:
    """Judge a file.

    Raises:
        ConfigError: there is no such pack, it is broken, or no pack knows the component.
        FormatError: the file is too long, or cannot be read; with the line.
    """
    pack = pack_named(reader, asked.pack)
    require_component(pack, asked.component)
    if len(octets) > MOST_OCTETS:
        raise FormatError(f"expected a file of at most {MOST_OCTETS} bytes; got {len(octets)}")
    readings = parse_logger_file(octets, zone=asked.zone)
    logged = judge_readings(readings, pack=pack, component=asked.component, phase=asked.phase, before=asked.before)
    return Judged(logged, readings, encoding_of(octets), pack)


def pack_named(reader: Reader, name: str | None) -> Pack:
    """The pack in force, whatever became of its file; or one at hand, as its file on disk says it.

    Raises:
        ConfigError: there is no such pack, or it is broken.
    """
    if name is None or name == reader.pack.name:
        return reader.pack
    return Library(reader.site.directory).file(name).pack
