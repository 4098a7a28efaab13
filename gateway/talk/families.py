"""Which reader families are asked by a script, on which line, and what their configuration must say."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.config import ReaderSettings
from gateway.ports.serial_port import LineSettings
from gateway.talk.chafon import ChafonManner
from gateway.talk.feig import FeigManner
from gateway.talk.r2000 import R2000Manner
from gateway.talk.reader import ScriptedReader
from gateway.talk.script import Manner
from gateway.talk.thingmagic import REGIONS, ThingMagicManner
from gateway.talk.trf7970a import Trf7970aManner
from ledger.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Spoken:
    """One family, or one dialect of it: its line as delivered, the antennas it can have, and its manner."""

    line: LineSettings
    most_antennas: int
    manner: Callable[[ReaderSettings], Manner]


def _antennas(settings: ReaderSettings) -> tuple[int, ...]:
    return tuple(sorted(each.antenna for each in settings.antennas))


def _region(settings: ReaderSettings) -> str:
    return settings.region or "cn"


SPOKEN: dict[tuple[str, str], Spoken] = {
    ("chafon_crc_uhf", ""): Spoken(LineSettings(57600), 8, lambda each: ChafonManner(_antennas(each), each.power_dbm)),
    ("hf_iso15693", ""): Spoken(LineSettings(38400, "E"), 1, lambda each: FeigManner(each.memory)),
    ("hf_iso15693", "feig"): Spoken(LineSettings(38400, "E"), 1, lambda each: FeigManner(each.memory)),
    ("hf_iso15693", "ti"): Spoken(LineSettings(115200), 1, lambda _: Trf7970aManner()),
    ("r2000_a0_uhf", ""): Spoken(LineSettings(115200), 8, lambda each: R2000Manner(_antennas(each), each.power_dbm)),
    ("thingmagic_m6e", ""): Spoken(
        LineSettings(115200),
        16,
        lambda each: ThingMagicManner(_antennas(each), _region(each), each.power_dbm),
    ),
}
ASKED = frozenset(family for family, _ in SPOKEN)
WITH_DIALECTS = frozenset(family for family, dialect in SPOKEN if dialect)
# A module that speaks by itself sets the pace of its rounds.
_OWN_PACE = {"thingmagic_m6e"}
# Readers through which the memory of tags is read.
_READS_MEMORY = {("hf_iso15693", ""), ("hf_iso15693", "feig")}
# Antenna 0 stands for the only one of a reader that does not say which.
_MAY_BE_SILENT = {"chafon_crc_uhf"}


def reads_memory(settings: ReaderSettings) -> bool:
    """Whether the memory of tags can be read through this reader."""
    return settings.port is not None and (settings.family, settings.dialect) in _READS_MEMORY


def line_of(settings: ReaderSettings) -> LineSettings:
    """How the reader's line is set.

    Raises:
        ConfigError: the family has no such dialect.
    """
    delivered = _spoken(settings).line
    return LineSettings(settings.baud or delivered.baud, delivered.parity)


def session_of(settings: ReaderSettings) -> ScriptedReader:
    """Who speaks with the reader.

    Raises:
        ConfigError: the family has no such dialect, antenna or region.
    """
    spoken = _spoken(settings)
    fewest = 0 if settings.family in _MAY_BE_SILENT else 1
    for each in settings.antennas:
        if not fewest <= each.antenna <= spoken.most_antennas:
            raise ConfigError(
                f"{settings.name}.antennas: expected antennas from {fewest} to {spoken.most_antennas} on "
                f"{settings.family}; got {each.antenna}"
            )
    if _region(settings) not in REGIONS:
        raise ConfigError(f"{settings.name}.region: expected one of {', '.join(REGIONS)}; got {settings.region!r}")
    interval_ms = 0 if settings.family in _OWN_PACE else round(settings.interval_seconds * 1000)
    return ScriptedReader(spoken.manner(settings), interval_ms, settings.identity)


def _spoken(settings: ReaderSettings) -> Spoken:
    spoken = SPOKEN.get((settings.family, settings.dialect))
    if spoken is None:
        known = [dialect for family, dialect in SPOKEN if family == settings.family and dialect]
        raise ConfigError(f"{settings.name}.dialect: expected one of {', '.join(known)}; got {settings.dialect!r}")
    return spoken
