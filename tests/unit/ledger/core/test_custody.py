"""Where a unit was and who held it, told as the facts of one night."""

from typing import Any

import pytest

from ledger.core import custody, kinds
from ledger.core.custody import IN_TRANSIT, Holding, Recorded, Stay
from ledger.core.ids import din_of, format_instant

WHOLE = "unit:A999926000001.A0001V00"
RED = "unit:A999926000001.A0002V00"
TAG = "tag:E280A99900000001"
FRIDGE, OTHER, BOX, WARD = "place:centre/fridge-1", "place:centre/fridge-2", "box:B-12", "place:hospital/fridge"
DEVICE = "device:r1"
ORGANISATIONS = {FRIDGE: "org:centre", OTHER: "org:centre", WARD: "org:hospital", "place:lab": "org:centre"}


def happened(
    kind: type[kinds.Event], minute: int, *, index: int | None = None, trusted: bool = True, **fields: Any
) -> Recorded:
    common = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
    event = kind(**(common | {"time": format_instant(minute * 60_000)} | fields))
    return Recorded(event, minute if index is None else index, 0, trusted)  # type: ignore[arg-type]


SEEN: dict[str, Any] = {"tag": TAG, "device": DEVICE, "antenna": 1, "reads": 2}


def arrived(minute: int, place: str) -> Recorded:
    return happened(kinds.TagArrived, minute, place=place, tag=TAG, device=DEVICE, antenna=1, reads=2)


def left(minute: int, place: str) -> Recorded:
    return happened(kinds.TagLeft, minute, place=place, tag=TAG, device=DEVICE, reads=9)


def minutes(stays: tuple[Stay, ...]) -> list[tuple[str, int, int | None]]:
    return [(s.place, s.since_ms // 60_000, None if s.until_ms is None else s.until_ms // 60_000) for s in stays]


def test_a_unit_is_where_its_tag_was_last_seen_to_arrive() -> None:
    night = [arrived(10, FRIDGE), left(30, FRIDGE), arrived(33, OTHER)]
    assert minutes(custody.stays(night, RED)) == [(FRIDGE, 10, 30), (OTHER, 33, None)]


def test_facts_that_arrive_late_stand_where_they_happened() -> None:
    night = [arrived(33, OTHER), left(30, FRIDGE), arrived(10, FRIDGE)]
    assert minutes(custody.stays(night, RED)) == [(FRIDGE, 10, 30), (OTHER, 33, None)]


def test_stored_by_hand_and_seen_by_the_reader_is_one_stay() -> None:
    night = [happened(kinds.Stored, 9, place=FRIDGE, unit=RED), arrived(10, FRIDGE), left(30, FRIDGE)]
    assert minutes(custody.stays(night, RED)) == [(FRIDGE, 9, 30)]


def test_what_was_carried_over_though_the_log_had_it_counts_once() -> None:
    said = kinds.FirstSaid(origin="a/ledger/1", stream="gw/1/c", seq=7)
    first = happened(kinds.TagArrived, 10, index=1, stream="gw/1/c", seq=7, **SEEN, place=FRIDGE)
    again = happened(kinds.TagArrived, 10, index=9, stream="gw/2/c", seq=1, **SEEN, place=FRIDGE, first_said=said)
    moved = happened(kinds.TagArrived, 10, index=5, stream="gw/3/c", seq=1, **SEEN, place=OTHER)
    assert minutes(custody.stays(custody.once([first, moved, again]), RED))[-1] == (OTHER, 10, None)
    assert list(custody.once([first, moved, again])) == [first, moved]
    other = happened(kinds.TagArrived, 10, index=9, stream="gw/2/c", seq=1, nonce="1" * 32, **SEEN, first_said=said)
    assert list(custody.once([first, other])) == [first, other], "another event of a forked stream has another nonce"
    assert list(custody.once([again, first])) == [again], "the first in the log counts"


def test_a_departure_from_another_place_changes_nothing() -> None:
    night = [arrived(10, FRIDGE), arrived(20, OTHER), left(21, FRIDGE)]
    assert minutes(custody.stays(night, RED)) == [(FRIDGE, 10, 20), (OTHER, 20, None)]


def test_a_packed_unit_is_in_its_box_until_it_is_unpacked() -> None:
    trip = [
        arrived(10, FRIDGE),
        left(58, FRIDGE),
        happened(kinds.Packed, 60, box=BOX, units=[RED]),
        happened(kinds.Unpacked, 90, box=BOX, units=[RED], place=WARD),
    ]
    assert minutes(custody.stays(trip, RED)) == [(FRIDGE, 10, 58), (BOX, 60, 90), (WARD, 90, None)]


def test_what_is_dispatched_leaves_its_shelf_and_travels_in_its_box() -> None:
    sent = happened(kinds.Dispatched, 60, dispatch_note="consignment:1", units=[RED], to="org:hospital", place=FRIDGE)
    loose = [arrived(10, FRIDGE), sent]
    assert minutes(custody.stays(loose, RED)) == [(FRIDGE, 10, 60)], "no fridge speaks for a bag on the road"
    assert custody.whereabouts(loose, RED) == (None, 60 * 60_000, 10 * 60_000)
    boxed = [arrived(10, FRIDGE), happened(kinds.Packed, 50, box=BOX, units=[RED]), sent]
    assert minutes(custody.stays(boxed, RED)) == [(FRIDGE, 10, 50), (BOX, 50, None)]
    assert custody.whereabouts(boxed, RED) == (BOX, 50 * 60_000, 50 * 60_000)
    again = [*boxed[:2], arrived(55, BOX)]
    assert custody.whereabouts(again, RED) == (BOX, 50 * 60_000, 55 * 60_000), "where it was already"


def test_a_component_begins_where_it_was_prepared_and_its_parent_ends_there() -> None:
    made = happened(kinds.Prepared, 20, place="place:lab", parents=[WHOLE], children=[kinds.Component(unit=RED)])
    donation = [happened(kinds.Collected, 5, place="place:bleed", unit=WHOLE, donor="person:" + "d" * 32), made]
    assert minutes(custody.stays(donation, WHOLE)) == [("place:bleed", 5, 20)]
    assert minutes(custody.stays([made], RED)) == [("place:lab", 20, None)]


def test_custody_passes_by_dispatch_and_receipt_not_by_a_tag_seen_on_the_way() -> None:
    trip = [
        happened(kinds.Stored, 1, place=FRIDGE, unit=RED),
        happened(kinds.Dispatched, 60, dispatch_note="consignment:1", units=[RED], to="org:hospital", place=FRIDGE),
        arrived(80, WARD),
        happened(kinds.Received, 90, dispatch_note="consignment:1", units=[RED], place=WARD, outcome="accepted"),
        happened(kinds.UnknownTagSeen, 100, tag="tag:E0040100", device="device:r", antenna=1, reads=1, place=FRIDGE),
        happened(kinds.Transfused, 120, unit=RED, patient="person:" + "a" * 32, place=WARD),
    ]
    held = custody.holdings(trip, RED, organisation_of=ORGANISATIONS.get)
    assert [(h.holder, h.since_ms // 60_000, (h.until_ms or 0) // 60_000) for h in held] == [
        ("org:centre", 1, 60),
        (IN_TRANSIT, 60, 90),
        ("org:hospital", 90, 120),
    ]


def test_neither_a_scanned_label_nor_a_laboratory_elsewhere_nor_a_shelf_takes_custody() -> None:
    facts = [
        happened(kinds.LabelScanned, 1, unit=RED, device="device:s", place=WARD),
        happened(kinds.Stored, 2, place=FRIDGE, unit=RED),
        happened(kinds.LabelScanned, 3, unit=RED, device="device:s", place=WARD),
        happened(kinds.Tested, 4, din=din_of(RED), overall="fit", place=WARD),
        happened(kinds.Quarantined, 5, unit=RED, place=WARD),
        happened(kinds.Stored, 6, unit=RED, place=WARD),
    ]
    assert custody.holdings(facts, RED, organisation_of=ORGANISATIONS.get) == (Holding("org:centre", 120_000, None),)


def test_nobody_holds_a_unit_that_was_never_anywhere_known() -> None:
    held = custody.holdings([happened(kinds.Released, 1, unit=RED)], RED, organisation_of=ORGANISATIONS.get)
    assert held == ()


def test_an_end_is_an_end() -> None:
    done = [
        happened(kinds.Stored, 1, place=FRIDGE, unit=RED),
        happened(kinds.Discarded, 2, unit=RED),
        happened(kinds.Stored, 3, place=WARD, unit=RED),
    ]
    assert custody.holdings(done, RED, organisation_of=ORGANISATIONS.get) == (Holding("org:centre", 60_000, 120_000),)


def test_a_unit_ends_when_it_is_used_discarded_or_made_into_others() -> None:
    made = happened(kinds.Prepared, 20, parents=[WHOLE], children=[kinds.Component(unit=RED)])
    gone = happened(kinds.Discarded, 30, unit=RED)
    assert custody.ended_ms([made, gone], WHOLE) == 20 * 60_000
    assert custody.ended_ms([made, gone], RED) == 30 * 60_000
    assert custody.ended_ms([made], RED) is None


def test_an_untrusted_clock_never_overtakes_what_the_log_knew_before() -> None:
    first = happened(kinds.Stored, 50, index=1, place=FRIDGE, unit=RED)
    adrift = happened(kinds.Moved, 3, index=2, trusted=False, place=OTHER, unit=RED)
    after = happened(kinds.Released, 60, index=3, unit=RED)
    assert custody.fold_order([after, adrift, first]) == [first, adrift, after]
    assert custody.by_time([after, adrift, first]) == [adrift, first, after]


def test_a_trusted_late_event_folds_at_its_time() -> None:
    late = happened(kinds.Moved, 3, index=9, place=OTHER, unit=RED)
    early = happened(kinds.Stored, 50, index=1, place=FRIDGE, unit=RED)
    assert custody.fold_order([early, late]) == [late, early]


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (happened(kinds.Packed, 1, box=BOX, units=[RED]), (BOX, RED)),
        (
            happened(kinds.Prepared, 1, parents=[WHOLE], children=[kinds.Component(unit=RED)], place="place:lab"),
            ("place:lab", WHOLE, RED),
        ),
        (arrived(1, FRIDGE), (TAG, FRIDGE, DEVICE)),
        (
            happened(
                kinds.CaseOpened,
                1,
                case="case:K-1",
                organisation="org:centre",
                sort="lookback",
                about=din_of(RED),
                learnt=format_instant(0),
                reason="reactive",
            ),
            ("org:centre", "case:K-1", din_of(RED)),
        ),
    ],
)
def test_an_event_is_about_everything_that_it_names(event: Recorded, named: tuple[str, ...]) -> None:
    assert custody.subjects(event.event) == named


def test_lineage_is_the_edges_of_transformations() -> None:
    made = happened(kinds.Prepared, 2, parents=[WHOLE], children=[kinds.Component(unit=RED)])
    assert [(e.parent, e.child, e.kind) for e in custody.edges([made, arrived(3, FRIDGE)])] == [
        (WHOLE, RED, "prepared")
    ]
