"""Final fates asked of the ledger: bags that ought to have one, the closure rate, and every override (特批)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from ledger.core import custody
from ledger.core.custody import Recorded
from ledger.folding import bedside
from ledger.read.reader import Reader
from ledger.read.told import histories_told, units_told_of
from ledger.read.values import Discrepancy
from ledger.rules.fates import Closure, Life, Missing, Question, closure, missing
from ledger.rules.lifecycle import ENDS, State
from ledger.store.tables import discrepancies, unit_organisations, units

LATEST_OVERRIDES = 200
_MAY_BE_ON_A_WARD = (State.ISSUED, State.QUARANTINED, State.RECALLED, State.AWAITING_DISPOSAL)


@dataclass(frozen=True, slots=True)
class Fates:
    """What a page of fates shows.

    Attributes:
        asked: the question, with the days and the window.
        missing: the bags without a final fate, the longest first.
        closure: the closure rate by holder.
        overrides: the rules that were set aside, newest first.
        log_size: by how many batches of the log.
    """

    asked: Question
    missing: tuple[Missing, ...]
    closure: tuple[Closure, ...]
    overrides: tuple[Discrepancy, ...]
    log_size: int


def fates(reader: Reader, *, holder: str | None, now_ms: int) -> Fates:
    """What became of the bags, and what did not.

    Args:
        reader: whom to ask.
        holder: the organisation whose bags are asked for; None: everybody's.
        now_ms: the present instant.
    """
    days = reader.site.fates
    asked = Question(now_ms=now_ms, days=days.days, window_days=days.window_days)
    lives = [each for each in _lives(reader, asked) if holder in {None, each.holder}]
    return Fates(
        asked, missing(lives, asked), closure(lives, asked), overrides(reader, organisation=holder), reader.log_size()
    )


def overrides(reader: Reader, *, organisation: str | None) -> tuple[Discrepancy, ...]:
    """The rules that named persons set aside, of units that the organisation (None: everybody) may see."""
    table = discrepancies.c
    query = select(discrepancies).where(table.rule.in_(bedside.OVERRIDDEN)).order_by(table.time_ms.desc())
    if organisation is not None:
        seen = select(unit_organisations.c.unit).where(unit_organisations.c.organisation == organisation)
        query = query.where(table.subject.in_(seen))
    rows = reader.connection.execute(query.limit(LATEST_OVERRIDES))
    return tuple(Discrepancy(row.rule, row.subject, row.time_ms, row.text) for row in rows)


def _lives(reader: Reader, asked: Question) -> Iterator[Life]:
    """The units whose clock may have started; those that ended count as long as the window reaches them.

    The clock of one that ended started in the window if it expired then, or was issued then, which somebody said.
    """
    table = units.c
    ended = table.state.in_(ENDS) & (table.changed_ms > asked.since_ms)
    # What was made into others in date never left the laboratory for a ward.
    ended &= (table.state != State.CONSUMED) | (table.expires_ms < table.changed_ms)
    waiting = table.state.not_in(ENDS) & or_(
        table.state.in_(_MAY_BE_ON_A_WARD), table.on_hold == 1, table.expires_ms <= asked.until_ms
    )
    query = select(table.unit, table.state, table.expires_ms)
    rows = {row.unit: row for row in reader.connection.execute(query.where(waiting))}
    issued = units_told_of(reader, ["issued"], since_ms=asked.since_ms, until_ms=asked.until_ms)
    for row in reader.connection.execute(query.where(ended)):
        expired = row.expires_ms is not None and asked.since_ms < row.expires_ms <= asked.until_ms
        if expired or row.unit in issued:
            rows[row.unit] = row
    for unit, history in histories_told(reader, rows):
        yield _life(reader, unit, str(rows[unit].state), rows[unit].expires_ms, history)


def _life(reader: Reader, unit: str, state: str, expires_ms: int | None, history: Sequence[Recorded]) -> Life:
    issue = bedside.last_issue(history, unit)
    held = custody.holdings(history, unit, organisation_of=reader.organisation_of)
    return Life(
        unit=unit,
        holder=held[-1].holder if held else None,
        state=state,
        issued_ms=None if issue is None else issue.time_ms,
        expires_ms=expires_ms,
        ended_ms=custody.ended_ms(history, unit) if state in ENDS else None,
    )
