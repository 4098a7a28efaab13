"""The one time axis of a unit: who held it, what happened, and how warm it was, as shapes for the template.

Decides where everything stands and which labels fit; the drawing is `templates/timeline.svg.html`, the words are
`web.present`. Nothing is drawn across a gap, and no peak is lost (`web.scale.decimate`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ledger.core.custody import IN_TRANSIT
from ledger.read.values import HistoryLine, Run, UnitPage
from ledger.rules.exposure import Spell
from web import cold_chain_words, event_words, present
from web.scale import Axis, decimate, degree_ticks, time_ticks
from web.speech import Speech, degrees
from web.words.kinds import LANDMARKS

_MINUTE = 60_000
_FINAL = frozenset({"transfused", "discarded"})
_CHARACTER = 6.9
"""Width of a Latin character of the small type, in pixels; a Chinese one is twice as wide, less a little."""
_ROWS = 3
_STRUCK = 100
"""Weight that what was struck out has beside its own: whatever counts comes first."""
_FIRST_LABEL = 80
_ROOMY = 600
"""From this width on there is room for words beside tolerated gaps; below, legend and table say them."""
_LEFT = 4
_RIGHT = 44
BAND_TOP, BAND_HEIGHT, STAY_TOP, STAY_HEIGHT = 2, 26, 31, 22
RAIL = 80
ROW_TOP, ROW_HEIGHT = 104, 17
PLOT_TOP, PLOT_HEIGHT = 176, 164
HEIGHT = PLOT_TOP + PLOT_HEIGHT + 34


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of time with a tone and, where it fits, a label; `title` says it in full."""

    x: float
    width: float
    tone: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One or more events on the rail; `row` None: no room for a label; `struck`: all of them were corrected since."""

    x: float
    tone: str
    label: str
    label_x: float
    row: int | None
    title: str
    struck: bool = False


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
class Timeline:
    """Everything that the picture is made of, in pixels of a `width` by `height` drawing."""

    width: int
    height: int
    left: float
    right: float
    bands: tuple[Block, ...]
    stays: tuple[Block, ...]
    marks: tuple[Mark, ...]
    limits: tuple[Limits, ...]
    veils: tuple[Veil, ...]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    ticks: tuple[Tick, ...]
    grid: tuple[Tick, ...]
    start_ms: int
    end_ms: int
    low: int
    high: int


def timeline(page: UnitPage, speech: Speech, *, width: int) -> Timeline | None:
    """The picture for a drawing of `width` pixels; None for a unit of which nothing is recorded."""
    start, end = span(page)
    if end <= start:
        return None
    across = Axis(start, end, _LEFT, width - _RIGHT)
    down = _temperature_axis(page)
    return Timeline(
        width=width,
        height=HEIGHT if _has_temperature(page) else PLOT_TOP + 22,
        left=across.start,
        right=across.end,
        bands=tuple(_bands(page, speech, across)),
        stays=tuple(_stays(page, speech, across)),
        marks=tuple(_marks(page, speech, across)),
        limits=tuple(_limits(page, across, down)),
        veils=tuple(_veils(page, speech, across)),
        lines=tuple(_line(run, across, down) for run in page.runs if run.points),
        notes=tuple(_notes(page, speech, across, down)),
        ticks=tuple(_time_axis(speech, across)),
        grid=tuple(Tick(down.at(value), f"{degrees(value).partition('.')[0]}°") for value in _grid(down)),
        start_ms=start,
        end_ms=end,
        low=down.low,
        high=down.high,
    )


def span(page: UnitPage) -> tuple[int, int]:
    """From the first thing known of the unit to its end, or to now."""
    times = [line.time_ms for line in page.history]
    times += [stay.since_ms for stay in page.stays]
    if not times:
        return page.now_ms, page.now_ms
    ended = bool(page.holdings) and page.holdings[-1].until_ms is not None
    last = max(times) if page.summary.state in _FINAL or ended else max(page.now_ms, *times)
    length = max(last - min(times), 10 * _MINUTE)
    # A little air, so that the first and the last mark do not stand on the edge.
    return min(times) - length // 60, last + length // 60


def text_width(text: str) -> float:
    """About how wide `text` is in the small type, in pixels."""
    return sum(_CHARACTER if ord(character) < 0x2E80 else 12.2 for character in text)


def _has_temperature(page: UnitPage) -> bool:
    return bool(page.runs) or (page.exposure is not None and bool(page.exposure.spells))


def _fitting(label: str, width: float) -> str:
    return label if text_width(label) + 10 <= width else ""


def _block(across: Axis, since: int, until: int, *, tone: str, label: str, title: str) -> Block:
    x = across.at(since)
    width = max(across.at(until) - x - 1.5, 2.0)
    return Block(x, round(width, 1), tone, _fitting(label, width), title)


def _bands(page: UnitPage, speech: Speech, across: Axis) -> Iterator[Block]:
    for holding in page.holdings:
        until = across.high if holding.until_ms is None else holding.until_ms
        organisation = page.organisations.get(holding.holder)
        label = present.holder(page, holding.holder, speech)
        tone = "transit" if holding.holder == IN_TRANSIT else (organisation.role if organisation else None) or "other"
        title = f"{label} · {present.stretch(speech, holding.since_ms, holding.until_ms)}"
        yield _block(across, holding.since_ms, until, tone=tone, label=label, title=title)


def _stays(page: UnitPage, speech: Speech, across: Axis) -> Iterator[Block]:
    for stay in page.stays:
        until = across.high if stay.until_ms is None else stay.until_ms
        label = present.place(page, stay.place, speech)
        title = f"{label} · {present.stretch(speech, stay.since_ms, stay.until_ms)}"
        yield _block(across, stay.since_ms, until, tone="stay", label=label, title=title)


def _marks(page: UnitPage, speech: Speech, across: Axis) -> list[Mark]:
    """Every event on the rail; landmarks take a label first, then the rest where there is room."""
    clusters: list[list[HistoryLine]] = []
    for line in reversed(page.history):
        if clusters and across.at(line.time_ms) - across.at(clusters[-1][0].time_ms) < 9:
            clusters[-1].append(line)
        else:
            clusters.append([line])
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_ROWS)]
    placed = {}
    by_weight = sorted(clusters, key=lambda lines: (min(map(_weight, lines)), lines[0].time_ms))
    for lines in by_weight:
        placed[id(lines)] = _mark(lines, speech, across, taken)
    return [placed[id(lines)] for lines in clusters]


def _weight(line: HistoryLine) -> int:
    """The lighter the sooner it takes a label: landmarks in their order, what was struck out after all of them."""
    own = LANDMARKS.index(line.kind) if line.kind in LANDMARKS else len(LANDMARKS)
    return own if line.struck_by is None else _STRUCK + own


def _mark(lines: list[HistoryLine], speech: Speech, across: Axis, taken: list[list[tuple[float, float]]]) -> Mark:
    chief = min(lines, key=_weight)
    x = across.at(chief.time_ms)
    label = present.kind_word(chief.kind, speech)
    struck = chief.struck_by is not None
    title = " · ".join(_told(line, speech) for line in lines)
    counting = [line for line in lines if line.struck_by is None]
    tones = [event_words.event_tone(line) for line in counting] or ["quiet"]
    tone = min(tones, key=("stop", "warning", "unknown", "ok", "quiet").index)
    if _weight(chief) % _STRUCK == len(LANDMARKS):
        return Mark(x, tone, "", x, None, title, struck)
    half = text_width(label) / 2
    label_x = min(max(x, across.start + half - _LEFT), across.end + _RIGHT - half)
    for row, spans in enumerate(taken):
        if all(label_x + half + 6 <= left or label_x - half - 6 >= right for left, right in spans):
            spans.append((label_x - half, label_x + half))
            return Mark(x, tone, label, round(label_x, 1), row, title, struck)
    return Mark(x, tone, "", x, None, title, struck)


def _told(line: HistoryLine, speech: Speech) -> str:
    word = f"{speech.short_moment(line.time_ms)} {present.kind_word(line.kind, speech)}"
    if line.struck_by is None:
        return word
    stream, seq = line.struck_by
    return speech.clauses([word, speech.say("struck out by correction %(event)s", event=f"{stream} #{seq}")])


def _temperature_axis(page: UnitPage) -> Axis:
    values = [value for run in page.runs for _, value in run.points]
    spells = page.exposure.spells if page.exposure else ()
    values += [limit for limit in (page.low, page.high) if limit is not None]
    values += [limit for spell in spells for limit in (spell.low, spell.high) if limit is not None]
    low, high = (min(values), max(values)) if values else (0, 1000)
    air = max((high - low) // 8, 150)
    return Axis(low - air, high + air, PLOT_TOP + PLOT_HEIGHT, PLOT_TOP)


def _grid(down: Axis) -> list[int]:
    return degree_ticks(down.low, down.high, at_most=7)


def _spells(page: UnitPage) -> tuple[Spell, ...]:
    return page.exposure.spells if page.exposure else ()


def _limits(page: UnitPage, across: Axis, down: Axis) -> Iterator[Limits]:
    stretches: list[tuple[int, int, int | None, int | None]] = []
    for spell in _spells(page):
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


def _veils(page: UnitPage, speech: Speech, across: Axis) -> Iterator[Veil]:
    for spell in _spells(page):
        if spell.status != "ok":
            x = across.at(spell.start_ms)
            width = max(across.at(spell.end_ms) - x, 2.5)
            yield Veil(x, round(width, 1), spell.status, cold_chain_words.spell_sentence(page, spell, speech))


def _line(run: Run, across: Axis, down: Axis) -> Line:
    columns = int(across.end - across.start)
    points = decimate(run.points, columns=columns, low=across.low, high=across.high)
    spots = [(across.at(time), down.at(value)) for time, value in points]
    if len(spots) == 1:
        return Line(run.quality, "", tuple(spots))
    return Line(run.quality, "M" + "L".join(f"{x:g} {y:g}" for x, y in spots), ())


def _notes(page: UnitPage, speech: Speech, across: Axis, down: Axis) -> list[Note]:
    """Words for every stretch that is not plainly fine, the worst first, else for the highest reading; none overlap."""
    taken: list[tuple[float, float, float]] = []
    notes = []
    quiet = {"ok", "tolerated"} if across.end - across.start < _ROOMY else {"ok"}
    loud = [spell for spell in _spells(page) if spell.status not in quiet]
    for spell in sorted(loud, key=lambda spell: (("out", "unknown", "tolerated").index(spell.status), spell.start_ms)):
        middle = (spell.start_ms + spell.end_ms) // 2
        value = _extreme(spell) if spell.status == "out" else None
        at = _when(page, spell, value) if value is not None else middle
        x, y = across.at(at), PLOT_TOP + 4.0 if value is None else down.at(value)
        note = _placed(cold_chain_words.spell_label(spell, speech), x, y, spell.status, across, taken)
        if note is not None:
            notes.append(note)
    if not any(spell.status == "out" for spell in loud):
        notes += _highest(page, speech, across, down, taken)
    return notes


def _highest(
    page: UnitPage, speech: Speech, across: Axis, down: Axis, taken: list[tuple[float, float, float]]
) -> Iterable[Note]:
    judged = [(spell.start_ms, spell.end_ms) for spell in _spells(page) if spell.status == "ok"]
    readings = [
        point
        for run in page.runs
        if run.quality == "good"
        for point in run.points
        if any(start <= point[0] <= end for start, end in judged)
    ]
    if not readings:
        return ()
    time, value = max(readings, key=lambda point: point[1])
    label = speech.say("highest %(celsius)s, within limits", celsius=speech.celsius(value))
    note = _placed(label, across.at(time), down.at(value), "peak", across, taken)
    return () if note is None else (note,)


def _extreme(spell: Spell) -> int | None:
    return spell.lowest if spell.reason == "below" else spell.highest


def _when(page: UnitPage, spell: Spell, value: int) -> int:
    for run in page.runs:
        for time, reading in run.points:
            if reading == value and spell.start_ms <= time <= spell.end_ms:
                return time
    return (spell.start_ms + spell.end_ms) // 2


def _placed(
    label: str, x: float, y: float, tone: str, across: Axis, taken: list[tuple[float, float, float]]
) -> Note | None:
    """A note at (x, y) whose words find a free line above or below; None where there is no room at all."""
    width = text_width(label)
    anchor = "start" if x + 8 + width <= across.end + _RIGHT else "end"
    left = x + 8 if anchor == "start" else x - 8 - width
    if left < 0:
        anchor, left = "start", 2.0
    for line in (y - 6, y - 22, y - 38, y + 20, y + 36, y + 52):
        free = all(left > end + 6 or left + width < begin - 6 or abs(line - row) > 14 for begin, end, row in taken)
        if PLOT_TOP - 2 <= line <= PLOT_TOP + PLOT_HEIGHT and free:
            taken.append((left, left + width, line))
            return Note(x, y, tone, label, left if anchor == "start" else left + width, line, anchor)
    return None


def _time_axis(speech: Speech, across: Axis) -> Iterator[Tick]:
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
