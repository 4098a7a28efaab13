"""Issuing a passport: judge each of its units, have the site state that in the log, publish, export.

The ledger's own act (it appends), so it is told how to append and to publish by those who may. A statement that already
says the same is used again, so that asking twice adds nothing.
"""

from collections.abc import Callable, Mapping, Sequence

from ledger.config import Site
from ledger.core.ids import format_instant
from ledger.read import consignments, passports
from ledger.read.passports import NotYetError
from ledger.read.reader import Reader, reading

__all__ = ["NotYetError", "state_exposures"]

Fields = Mapping[str, object]
Record = Callable[[Sequence[Fields], str], None]
"""Append an `exposure_stated` event with each of these fields, all with this time, to the site stream."""


def state_exposures(site: Site, subject: str, *, now_ms: int, record: Record, publish: Callable[[], None]) -> None:
    """See to it that the log states the exposure of the subject's units as known now, under a signed checkpoint.

    Nothing is stated where a unit's cold chain cannot be judged, or the latest statement says the same; a checkpoint
    over all that is committed is signed either way, because what a page shows must not be missing from the passport.

    Args:
        site: the site.
        subject: a unit, or a dispatch note, whose units are meant.
        now_ms: the instant up to which is judged.
        record: appends the statements that are new, in one batch.
        publish: states the unit map's root, so that the statements' units are covered, and signs the checkpoint.
    """
    with reading(site) as reader:
        judged = [_statement(reader, unit, now_ms) for unit in consignments.units_of(reader, subject)]
    new = [fields for fields in judged if fields is not None]
    if new:
        record(new, format_instant(now_ms))
    publish()


def _statement(reader: Reader, unit: str, now_ms: int) -> Fields | None:
    """What the site has to state of a unit; None: nothing, or nothing new."""
    chain = reader.cold_chain(unit, now_ms=now_ms)
    if chain is None:
        return None
    fields = passports.statement(chain, unit=unit, log_size=reader.log_size())
    stated = passports.latest_statement(reader, unit)
    return None if stated is not None and passports.says_the_same(stated, fields) else fields
