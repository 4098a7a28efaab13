"""The units that left without a paper, as what a person should look at on the home page."""

from sqlalchemy import or_, select

from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.values import Discrepancy
from ledger.rules.leaving import EXIT, RULE, left_without_paper
from ledger.rules.lifecycle import EXISTING, State
from ledger.store.tables import units

MOST = 200
_HERE = tuple(state for state in EXISTING if state not in {State.IN_TRANSIT, State.ISSUED})


def left(reader: Reader, organisation: str | None) -> tuple[Discrepancy, ...]:
    """The units that the organisation (None: anybody) holds and that left without a paper, the latest first.

    A unit that left is at the exit, or at no known place since the exit's reader lost it: only those are looked at.
    """
    exits = [place.id for place in reader.places.values() if place.use == EXIT]
    if not exits:
        return ()
    gone = select(units.c.unit).where(units.c.state.in_(_HERE), or_(units.c.place.in_(exits), units.c.place.is_(None)))
    if organisation is not None:
        gone = gone.where(units.c.holder == organisation)
    found = []
    for unit in reader.connection.execute(gone.order_by(units.c.changed_ms.desc()).limit(MOST)).scalars():
        seen = left_without_paper(recorded(reader.history.of([unit])), exits.__contains__)
        if seen is not None:
            found.append(Discrepancy(RULE, unit, seen.at_ms, seen.text))
    return tuple(sorted(found, key=lambda each: (-each.time_ms, each.subject)))
