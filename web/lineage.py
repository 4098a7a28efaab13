"""A unit's family as swim-lanes: donation, what was made of it, and where each stands now.

Decides columns and rows; the drawing is `templates/lineage.svg.html`. Columns are generations: a unit stands one to the
right of its farthest parent. The same family is told as a list for small screens and screen readers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

from ledger.core.custody import Edge
from ledger.core.ids import product_of
from ledger.read.values import UnitPage, UnitSummary
from ledger.rules.lifecycle import ENDS
from web import present
from web.plot import text_width
from web.speech import Speech

BOX_WIDTH, BOX_HEIGHT, ROW = 156, 50, 62
STATE_ROOM = 118
_LANE = 190
_TOP = 26


@dataclass(frozen=True, slots=True)
class Box:
    """A unit as a box; `own` is the unit whose page it is, `last` one of which nothing was made.

    What is `short` fits the drawing; the list beside it has room for the whole.
    """

    unit: str
    x: int
    y: int
    depth: int
    code: str
    name: str
    short_name: str
    where: str
    short_where: str
    state: str
    short_state: str
    tone: str
    own: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Path:
    """An edge, from the right of one box to the left of another; `own` where it leads to the page's unit."""

    path: str
    own: bool


@dataclass(frozen=True, slots=True)
class Lineage:
    """The drawing: `lanes` are the heads of the columns as (x, text)."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...]
    lanes: tuple[tuple[int, str], ...]


def lineage(page: UnitPage, speech: Speech) -> Lineage:
    """The family of the page's unit, drawn."""
    own = page.summary.unit
    family = dict(page.family) | {own: page.summary}
    edges = tuple(edge for edge in page.lineage if edge.parent in family and edge.child in family)
    depths = generations(family, edges)
    rows = _rows(family, edges, depths)
    deepest = max(depths.values())
    parents = {edge.parent for edge in edges}
    boxes = {
        unit: _box(family[unit], speech, depth=depths[unit], row=row, own=own, parents=parents)
        for unit, row in rows.items()
    }
    ancestry = _ancestry(own, edges)
    paths = [Path(_curve(boxes[edge.parent], boxes[edge.child]), edge in ancestry) for edge in edges]
    lanes = [(depth * _LANE, _lane(depth, deepest, speech)) for depth in range(deepest + 1)]
    lanes.append(((deepest + 1) * _LANE - 20, speech.say("Now")))
    height = _TOP + int((max(rows.values()) + 1) * ROW)
    paths.sort(key=lambda path: path.own)
    return Lineage((deepest + 1) * _LANE - 20 + STATE_ROOM, height, tuple(boxes.values()), tuple(paths), tuple(lanes))


def generations(family: Mapping[str, UnitSummary], edges: tuple[Edge, ...]) -> dict[str, int]:
    """Unit → how many transformations lie before it, along the longest way; a loop in bad data ends the count."""
    depths = dict.fromkeys(family, 0)
    for _ in range(len(family)):
        moved = {edge.child: depths[edge.parent] + 1 for edge in edges if depths[edge.child] <= depths[edge.parent]}
        if not moved:
            break
        depths |= {unit: min(depth, len(family) - 1) for unit, depth in moved.items()}
    return depths


def _rows(family: Mapping[str, UnitSummary], edges: tuple[Edge, ...], depths: Mapping[str, int]) -> dict[str, float]:
    """Unit → row. Leaves stand one below the other, every parent in the middle of its children."""
    children: dict[str, list[str]] = {}
    for edge in edges:
        if depths[edge.child] > depths[edge.parent]:
            children.setdefault(edge.parent, []).append(edge.child)
    rows: dict[str, float] = {}
    next_row = 0

    def settle(unit: str) -> None:
        nonlocal next_row
        if unit in rows:
            return
        mine = sorted(set(children.get(unit, ())))
        for child in mine:
            settle(child)
        if mine:
            rows[unit] = sum(rows[child] for child in mine) / len(mine)
        else:
            rows[unit] = float(next_row)
            next_row += 1

    for unit in sorted(family, key=lambda unit: (depths[unit], unit)):
        settle(unit)
    return _apart(rows, depths)


def _apart(rows: Mapping[str, float], depths: Mapping[str, int]) -> dict[str, float]:
    """The same rows, with at least one row between the boxes of a column (parents of a pool share their middle)."""
    spread = dict(rows)
    for depth in set(depths.values()):
        column = sorted((unit for unit in rows if depths[unit] == depth), key=lambda unit: (spread[unit], unit))
        for above, below in pairwise(column):
            spread[below] = max(spread[below], spread[above] + 1)
    return spread


def _box(unit: UnitSummary, speech: Speech, *, depth: int, row: float, own: str, parents: Collection[str]) -> Box:
    product = product_of(unit.unit)
    name = present.product_name(unit, speech)
    where = present.whereabouts(unit, speech) if unit.state not in ENDS else ""
    state = present.state_word(unit.state, speech)
    return Box(
        unit=unit.unit,
        x=depth * _LANE,
        y=_TOP + int(row * ROW),
        depth=depth,
        code=f"{product[:5]} · {product[5:]}",
        name=name,
        short_name=_shortened(name, BOX_WIDTH - 20),
        where=where,
        short_where=_shortened(where, STATE_ROOM - 8),
        state=state,
        short_state=_shortened(state, STATE_ROOM - 8),
        tone=present.state_tone(unit.state),
        own=unit.unit == own,
        last=unit.unit not in parents,
    )


def _shortened(text: str, width: float) -> str:
    if text_width(text) <= width:
        return text
    while text and text_width(text + "…") > width:
        text = text[:-1]
    return text + "…"


def _ancestry(own: str, edges: tuple[Edge, ...]) -> frozenset[Edge]:
    """Every edge on a way that leads to `own`."""
    found: set[Edge] = set()
    wanted = {own}
    while True:
        more = {edge for edge in edges if edge.child in wanted} - found
        if not more:
            return frozenset(found)
        found |= more
        wanted |= {edge.parent for edge in more}


def _curve(parent: Box, child: Box) -> str:
    x1, y1 = parent.x + BOX_WIDTH, parent.y + BOX_HEIGHT // 2
    x2, y2 = child.x, child.y + BOX_HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"


def _lane(depth: int, deepest: int, speech: Speech) -> str:
    if depth == 0:
        return speech.say("Donation") if deepest else speech.say("Unit")
    return speech.say("Components") if depth == 1 else speech.say("Made from these")
