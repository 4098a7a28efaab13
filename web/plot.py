"""How warm it was, on an axis of time: limits, line, gaps and words as shapes for the template.

Decides where everything stands and which words fit; the drawing is `templates/plot.svg.html`. Nothing is drawn across a
gap, and no peak is lost (`web.scale.decimate`). What it is about, a unit's way or a logger's file, is the caller's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ledger.read.values import Run
from ledger.rules.exposure import Spell
from web import cold_chain_words
from web.scale import Axis, decimate, degree_ticks, time_ticks
from web.speech import Speech, degrees

_MINUTE: Final = 60_000
_CHARACTER: Final = 6.9
"""Width of a Latin character of the small type, in pixels; a Chinese one is twice as wide, less a little."""
_FIRST_LABEL: Final = 80
_ROOMY: Final = 600
"""From this width on there is room for words beside tolerated gaps; below, legend and table say them."""
HEIGHT: Final = 164
"""Of the plot alone, in pixels."""
LEFT: Final = 4
RIGHT: Final = 44
"""Room beside the plot, to the left and, for its degrees, to the right."""
UNDER: Final = 34
"""Room below it for the axis of time."""


class Record(cold_chain_words.Judged, Protocol):
    """Readings with their judgement."""

    @property
    def runs(self) -> Sequence[Run]:
        """The readings, one line for each run of them."""

    @property
    def low(self) -> int | None:
        """A limit, in centi-degrees, that is in the drawing at any rate; None: none."""

    @property
    def high(self) -> int | None:
        """The same above."""


@dataclass(frozen=True, slots=True)
class Note:
    """Words beside the temperature line, with the point that they speak of."""

    x: float
    y: float
    tone: str
    label: str
    label_x: float
    label_y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Line:
    """A probe's readings as an SVG path, and the readings that stand alone as dots."""

    quality: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Veil:
    """A stretch of the temperature chart in which the line alone does not say enough: `unknown`, `tolerated`, `out`."""

    x: float
    width: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The band of allowed temperatures while one pair of limits ruled."""

    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis; `strong` where a new day begins."""

    at: float
    label: str
    strong: bool = False
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that the plot is made of, in pixels of the drawing that it stands in.

    Attributes:
        top: where it begins, from above.
        left: where time begins.
        right: where it ends.
        limits: the bands of allowed temperatures.
        veils: the stretches that are not plainly fine.
        lines: the readings.
        notes: the words beside them.
        grid: the degrees.
    """

    top: float
    left: float
    right: float
    limits: tuple[Limits, ...]
    veils: tuple[Veil, ...]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    grid: tuple[Tick, ...]
    low: int
    high: int

    @property
    def height(self) -> int:
        """How high it is, without its axes."""
        return HEIGHT

    @property
    def end(self) -> float:
        """Where it ends below."""
        return self.top + HEIGHT


def plot(record: Record, speech: Speech, across: Axis, *, top: float, told: Callable[[Spell], str]) -> Plot:
    """The plot of a record.

    Args:
        record: readings and their judgement.
        speech: whose words stand beside the line.
        across: the axis of time.
        top: where the plot begins in its drawing.
        told: a stretch in full, for whoever points at it.
    """
    down = _temperature_axis(record, top)
    return Plot(
        top=top,
        left=across.start,
        right=across.end,
        limits=tuple(_limits(record, across, down)),
        veils=tuple(_veils(record, told, across)),
        lines=tuple(_line(run, across, down) for run in record.runs if run.points),
        notes=tuple(_notes(record, speech, across, down)),
        grid=tuple(Tick(down.at(value), f"{degrees(value).partition('.')[0]}°") for value in _grid(down)),
        low=down.low,
        high=down.high,
    )


def time_axis(speech: Speech, across: Axis) -> Iterator[Tick]:
    """The labelled instants of an axis of time, as the reader's clock shows them."""
    start, end = speech.local(across.low), speech.local(across.high)
    ticks, step = time_ticks(start, end, at_most=max(int((across.end - across.start) // 90), 3))
    for number, tick in enumerate(ticks):
        at = across.at(round(tick.timestamp() * 1000))
        midnight = tick.hour == 0 and tick.minute == 0
        if midnight or step >= 86_400_000:
            yield Tick(at, f"{tick:%m-%d}", midnight)
        else:
            # The first label names the day too, and stays within the drawing.
            anchor = "start" if not number and at < _FIRST_LABEL / 2 else "middle"
            yield Tick(at, f"{tick:%H:%M}" if number else f"{tick:%m-%d %H:%M}", anchor=anchor)


def text_width(text: str) -> float:
    """About how wide `text` is in the small type, in pixels."""
    return sum(_CHARACTER if ord(character) < 0x2E80 else 12.2 for character in text)


def _temperature_axis(record: Record, top: float) -> Axis:
    values = [value for run in record.runs for _, value in run.points]
    spells = record.exposure.spells if record.exposure else ()
    values += [limit for limit in (record.low, record.high) if limit is not None]
    values += [limit for spell in spells for limit in (spell.low, spell.high) if limit is not None]
    low, high = (min(values), max(values)) if values else (0, 1000)
    air = max((high - low) // 8, 150)
    return Axis(low - air, high + air, top + HEIGHT, top)


def _grid(down: Axis) -> list[int]:
    return degree_ticks(down.low, down.high, at_most=7)


def _spells(record: Record) -> tuple[Spell, ...]:
    return record.exposure.spells if record.exposure else ()


def _limits(record: Record, across: Axis, down: Axis) -> Iterator[Limits]:
    stretches: list[tuple[int, int, int | None, int | None]] = []
    for spell in _spells(record):
        if spell.low is None and spell.high is None:
            continue
        last = stretches[-1] if stretches else None
        if last and last[2:] == (spell.low, spell.high) and last[1] >= spell.start_ms - _MINUTE:
            stretches[-1] = (last[0], spell.end_ms, spell.low, spell.high)
        else:
            stretches.append((spell.start_ms, spell.end_ms, spell.low, spell.high))
    for start, end, low, high in stretches:
        top = down.at(down.high if high is None else high)
        bottom = down.at(down.low if low is None else low)
        x = across.at(start)
        yield Limits(x, round(max(across.at(end) - x, 1), 1), top, round(bottom - top, 1))


def _veils(record: Record, told: Callable[[Spell], str], across: Axis) -> Iterator[Veil]:
    for spell in _spells(record):
        if spell.status != "ok":
            x = across.at(spell.start_ms)
            width = max(across.at(spell.end_ms) - x, 2.5)
            yield Veil(x, round(width, 1), spell.status, told(spell))


def _line(run: Run, across: Axis, down: Axis) -> Line:
    columns = int(across.end - across.start)
    points = decimate(run.points, columns=columns, low=across.low, high=across.high)
    spots = [(across.at(time), down.at(value)) for time, value in points]
    if len(spots) == 1:
        return Line(run.quality, "", tuple(spots))
    return Line(run.quality, "M" + "L".join(f"{x:g} {y:g}" for x, y in spots), ())


def _notes(record: Record, speech: Speech, across: Axis, down: Axis) -> list[Note]:
    """Words for every stretch that is not plainly fine, the worst first, else for the highest reading; none overlap."""
    taken: list[tuple[float, float, float]] = []
    notes = []
    quiet = {"ok", "tolerated"} if across.end - across.start < _ROOMY else {"ok"}
    loud = [spell for spell in _spells(record) if spell.status not in quiet]
    for spell in sorted(loud, key=lambda spell: (("out", "unknown", "tolerated").index(spell.status), spell.start_ms)):
        middle = (spell.start_ms + spell.end_ms) // 2
        value = _extreme(spell) if spell.status == "out" else None
        at = _when(record, spell, value) if value is not None else middle
        x, y = across.at(at), down.end + 4.0 if value is None else down.at(value)
        note = _placed(cold_chain_words.spell_label(spell, speech), (x, y), spell.status, across, down, taken)
        if note is not None:
            notes.append(note)
    if not any(spell.status == "out" for spell in loud):
        notes += _highest(record, speech, across, down, taken)
    return notes


def _highest(
    record: Record, speech: Speech, across: Axis, down: Axis, taken: list[tuple[float, float, float]]
) -> Iterable[Note]:
    judged = [(spell.start_ms, spell.end_ms) for spell in _spells(record) if spell.status == "ok"]
    readings = [
        point
        for run in record.runs
        if run.quality == "good"
        for point in run.points
        if any(start <= point[0] <= end for start, end in judged)
    ]
    if not readings:
        return ()
    time, value = max(readings, key=lambda point: point[1])
    label = speech.say("highest %(celsius)s, within limits", celsius=speech.celsius(value))
    note = _placed(label, (across.at(time), down.at(value)), "peak", across, down, taken)
    return () if note is None else (note,)


def _extreme(spell: Spell) -> int | None:
    return spell.lowest if spell.reason == "below" else spell.highest


def _when(record: Record, spell: Spell, value: int) -> int:
    for run in record.runs:
        for time, reading in run.points:
            if reading == value and spell.start_ms <= time <= spell.end_ms:
                return time
    return (spell.start_ms + spell.end_ms) // 2


def _placed(
    label: str, at: tuple[float, float], tone: str, across: Axis, down: Axis, taken: list[tuple[float, float, float]]
) -> Note | None:
    """A note at a point whose words find a free line above or below; None where there is no room at all."""
    x, y = at
    width = text_width(label)
    anchor = "start" if x + 8 + width <= across.end + RIGHT else "end"
    left = x + 8 if anchor == "start" else x - 8 - width
    if left < 0:
        anchor, left = "start", 2.0
    for line in (y - 6, y - 22, y - 38, y + 20, y + 36, y + 52):
        free = all(left > end + 6 or left + width < begin - 6 or abs(line - row) > 14 for begin, end, row in taken)
        if down.end - 2 <= line <= down.start and free:
            taken.append((left, left + width, line))
            return Note(x, y, tone, label, left if anchor == "start" else left + width, line, anchor)
    return None
