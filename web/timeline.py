"""The one time axis of a unit: who held it, what happened, and how warm it was, as shapes for the template.

Decides where everything stands and which labels fit; the drawing is `templates/timeline.svg.html`, the words are
`web.present`; how warm it was is `web.plot`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ledger.core.custody import IN_TRANSIT
from ledger.read.values import HistoryLine, UnitPage
from web import cold_chain_words, event_words, present
from web.plot import HEIGHT as PLOT_HEIGHT
from web.plot import LEFT, RIGHT, UNDER, Plot, Tick, plot, text_width, time_axis
from web.scale import Axis
from web.speech import Speech
from web.words.kinds import LANDMARKS

_MINUTE = 60_000
_FINAL = frozenset({"transfused", "discarded"})
_ROWS = 3
_STRUCK = 100
"""Weight that what was struck out has beside its own: whatever counts comes first."""
BAND_TOP, BAND_HEIGHT, STAY_TOP, STAY_HEIGHT = 2, 26, 31, 22
RAIL = 80
ROW_TOP, ROW_HEIGHT = 104, 17
PLOT_TOP = 176
HEIGHT = PLOT_TOP + PLOT_HEIGHT + UNDER


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
class Timeline:
    """Everything that the picture is made of, in pixels of a `width` by `height` drawing."""

    width: int
    height: int
    left: float
    right: float
    bands: tuple[Block, ...]
    stays: tuple[Block, ...]
    marks: tuple[Mark, ...]
    plot: Plot | None
    ticks: tuple[Tick, ...]
    start_ms: int
    end_ms: int


def timeline(page: UnitPage, speech: Speech, *, width: int) -> Timeline | None:
    """The picture for a drawing of `width` pixels; None for a unit of which nothing is recorded."""
    start, end = span(page)
    if end <= start:
        return None
    across = Axis(start, end, LEFT, width - RIGHT)
    warm = bool(page.runs) or (page.exposure is not None and bool(page.exposure.spells))
    told = partial(cold_chain_words.spell_sentence, page, speech=speech)
    return Timeline(
        width=width,
        height=HEIGHT if warm else PLOT_TOP + 22,
        left=across.start,
        right=across.end,
        bands=tuple(_bands(page, speech, across)),
        stays=tuple(_stays(page, speech, across)),
        marks=tuple(_marks(page, speech, across)),
        plot=plot(page, speech, across, top=PLOT_TOP, told=told) if warm else None,
        ticks=tuple(time_axis(speech, across)),
        start_ms=start,
        end_ms=end,
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
    label_x = min(max(x, across.start + half - LEFT), across.end + RIGHT - half)
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
