"""A logger's file as it is drawn on its page: its readings as lines, none of which bridges a gap. Pure.

The drawing itself is `web.plot`; how the file was judged is `ledger.rules.logged`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Final

from ledger.read.logger_files import Judged
from ledger.read.values import Run
from ledger.rules.error_value import sort_out
from ledger.rules.exposure import Exposure
from ledger.rules.logger_file import centi_degrees
from web.cold_chain_words import placeless_sentence
from web.plot import HEIGHT, LEFT, RIGHT, UNDER, Plot, Tick, plot, time_axis
from web.scale import Axis, Point
from web.speech import Speech

_TOP: Final = 22
"""Room above the plot for words that stand beside no reading."""
_SHORTEST_MS: Final = 10 * 60_000
"""Of the axis of time: a single reading has an instant, and no length."""
_AIR: Final = 60
"""One part in so many stays free before the first reading and behind the last."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The readings of a file, as they are drawn.

    Attributes:
        exposure: their judgement.
        runs: one for each stretch that no gap and no error value interrupts.
        low: the lower limit, in centi-degrees; None: none.
        high: the upper.
    """

    exposure: Exposure
    runs: tuple[Run, ...]
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing, in pixels of a `width` by `height` picture."""

    width: int
    height: int
    plot: Plot
    ticks: tuple[Tick, ...]


def drawn(judged: Judged) -> Drawn:
    """The readings of a file and their judgement."""
    limits = judged.logged.limits
    low, high = (None, None) if limits is None else (limits.low, limits.high)
    runs = (Run("", "", "good", points, "load") for points in _points(judged, low, high))
    return Drawn(judged.logged.exposure, tuple(runs), low, high)


def chart(record: Drawn, speech: Speech, *, width: int) -> Chart | None:
    """The drawing of a file; None for one without readings."""
    spells = record.exposure.spells
    if not spells:
        return None
    first, last = spells[0].start_ms, spells[-1].end_ms
    air = max((last - first) // _AIR, (_SHORTEST_MS - (last - first)) // 2)
    across = Axis(first - air, last + air, LEFT, width - RIGHT)
    told = partial(placeless_sentence, speech=speech)
    drawing = plot(record, speech, across, top=_TOP, told=told)
    return Chart(width, _TOP + HEIGHT + UNDER, drawing, tuple(time_axis(speech, across)))


def _points(judged: Judged, low: int | None, high: int | None) -> Iterator[tuple[Point, ...]]:
    """The temperatures, cut wherever two are further apart than one stands, and at every error value."""
    limits = judged.logged.limits
    max_gap_ms = judged.pack.max_gap_ms if limits is None else limits.max_gap_ms
    rows = sort_out(judged.readings)
    faults = [(at_ms, None) for at_ms in rows.faults_ms]
    measured = [(each.at_ms, centi_degrees(each.celsius, low, high)) for each in rows.measured]
    run: list[Point] = []
    for at_ms, centi in sorted([*measured, *faults], key=itemgetter(0)):
        if run and (centi is None or at_ms - run[-1][0] > max_gap_ms):
            yield tuple(run)
            run = []
        if centi is not None:
            run.append((at_ms, centi))
    if run:
        yield tuple(run)
