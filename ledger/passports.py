"""Issuing a passport: judge the unit, have the site state it in the log, publish, export.

The ledger's own act (it appends), so it is told how to append and to publish by those who may. A statement that already
says the same is used again, so that asking twice adds nothing.
"""

from collections.abc import Callable

from ledger.config import Site
from ledger.core.ids import format_instant
from ledger.read import passports
from ledger.read.passports import NotYetError
from ledger.read.reader import reading

__all__ = ["NotYetError", "state_exposure"]

Record = Callable[[dict[str, object], str], None]
"""Append an `exposure_stated` event with these fields and this time to the site stream."""


def state_exposure(site: Site, unit: str, *, now_ms: int, record: Record, publish: Callable[[], None]) -> None:
    """See to it that the log states the unit's exposure as it is known now, under a signed checkpoint.

    Nothing is stated where the unit's cold chain cannot be judged, or the latest statement says the same; a checkpoint
    over all that is committed is signed either way, because what a page shows must not be missing from the passport.
    """
    with reading(site) as reader:
        chain = reader.cold_chain(unit, now_ms=now_ms)
        stated = passports.latest_statement(reader, unit)
        fields = None if chain is None else passports.statement(chain, unit=unit, log_size=reader.log_size())
    if fields is not None and (stated is None or not passports.says_the_same(stated, fields)):
        record(fields, format_instant(now_ms))
    publish()
