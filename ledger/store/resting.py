"""From which event on whatever is listed under a unit says nothing new: its tag is seen where the unit is known to be.

A ledger is full of such sightings. Who asks only where a unit was and what people did with it need not read them, and
an examination, which folds every event anyway, knows them without reading anything. Why they can be left out:

Let a unit's history be folded, its place P, changed last at C (`UnitFold.changed_ms`: the last change of place, or the
last event that is no sighting, whichever is later). `observing.stays` accepts a sighting only if its time is C or later
and it neither arrives anywhere but at P nor leaves P. By event time, then, everything that changes a place comes before
it (at equal times the log's order decides, and it is the log's last), so it finds the unit at P and leaves it there:
`custody.stays` is the same without it. It is no beginning either, since something happened at C; it ends, corrects,
assesses and makes nothing; and it cannot be corrected away by what is read, because a correction is itself an event
that makes the whole history be folded again. What nobody understands moves nothing, either.

So it goes on for the next sighting, which is held against the same P and C. An event that comes later and changes P or
C, however late it is, may come before them by its time: then they do say something, and from there on everything up to
that event is to be read. That is `stir`. A unit's donation's events are read in any case, and stir its units, too.

Who joins a history with others' (`ledger.read.families`) has to look whether all this still holds.
"""

from array import array
from collections.abc import Iterable
from typing import Final

EVERYTHING: Final = 1 << 62
"""Behind every event that there is."""


class Resting:
    """For each unit, by its number in `subjects`, the id behind the last event that may have said something new.

    Eight bytes a subject: it grows with the ledger.
    """

    def __init__(self) -> None:
        self._ends = array("q")

    def upto(self, number: int) -> int:
        """The id below which lie all events of a subject that say something; `EVERYTHING` where that is not known."""
        return (self._ends[number] if number < len(self._ends) else 0) or EVERYTHING

    def stir(self, numbers: Iterable[int], *, end: int) -> None:
        """Subjects of which something else was said than that they are still where they were, before the id `end`."""
        for number in numbers:
            if number >= len(self._ends):
                self._ends.extend([0] * (number + 1 - len(self._ends)))
            self._ends[number] = max(self._ends[number], end)

    def give_up(self, numbers: Iterable[int]) -> None:
        """Subjects of which nothing can be left out, now or later: no fold says where they are."""
        self.stir(numbers, end=EVERYTHING)
