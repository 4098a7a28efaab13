"""The family of a unit in swim-lanes."""

import itertools
from dataclasses import replace

from ledger.core.custody import Edge
from tests.unit.web import samples
from web.lineage import ROW, generations, lineage

EN = samples.speech("en")


def test_components_stand_right_of_their_donation_and_none_on_another() -> None:
    drawn = lineage(samples.unit_page(), EN)
    boxes = {box.unit: box for box in drawn.boxes}
    assert boxes[samples.WHOLE].depth == 0
    assert {boxes[unit].depth for unit in (samples.UNIT, samples.PLASMA, samples.PLATELETS)} == {1}
    assert len({(box.x, box.y) for box in drawn.boxes}) == 4
    assert [box.unit for box in drawn.boxes if box.own] == [samples.UNIT]
    assert sum(path.own for path in drawn.paths) == 1


def test_the_parents_of_a_pool_stand_apart() -> None:
    page = samples.unit_page()
    parents = [f"unit:A99992612345{n}.A0004V00" for n in range(4)]
    family = {unit: replace(page.summary, unit=unit) for unit in [*parents, samples.UNIT]}
    edges = tuple(Edge(parent, samples.UNIT, "pooled", samples.NOW) for parent in parents)
    drawn = lineage(replace(page, family=family, lineage=edges), EN)
    ys = sorted(box.y for box in drawn.boxes if box.depth == 0)
    assert all(below - above >= ROW for above, below in itertools.pairwise(ys))


def test_a_loop_in_bad_records_does_not_hang() -> None:
    page = samples.unit_page()
    loop = (*page.lineage, Edge(samples.UNIT, samples.WHOLE, "prepared", samples.NOW))
    assert max(generations(page.family, loop).values()) < len(page.family)
    assert lineage(replace(page, lineage=loop), EN).boxes


def test_a_relative_that_may_not_be_seen_is_not_drawn() -> None:
    page = samples.unit_page()
    seen = {unit: each for unit, each in page.family.items() if unit != samples.PLASMA}
    drawn = lineage(replace(page, family=seen), EN)
    assert samples.PLASMA not in {box.unit for box in drawn.boxes}
    assert len(drawn.paths) == 2


def test_the_list_has_the_whole_of_what_the_drawing_shortens() -> None:
    page = samples.unit_page()
    family = {unit: replace(each, state="pending") for unit, each in page.family.items()}
    plasma = next(box for box in lineage(replace(page, family=family), EN).boxes if box.unit == samples.PLASMA)
    assert (plasma.state, plasma.short_state) == ("pending, not yet released", "pending, not y…")
