"""A consignment arrives: was it warm, or too long, on the way?"""

import pytest

from ledger.core.errors import ConfigError
from ledger.rules.transit import Carried, Hold, Qualification, Qualified, holds, parse_qualification

MINUTE = 60_000
BOX, NOTE = "box:B-12", "consignment:FX-1"
KEEPS_FOUR_HOURS = Qualification(box=[Qualified(box=BOX, minutes=240, source="VAL-7")])


def held(
    arrived: float, *boxes: Carried, known: Qualification = KEEPS_FOUR_HOURS, warm: tuple[tuple[str, int], ...] = ()
) -> tuple[Hold, ...]:
    """Sent at minute 30, received at minute `arrived`."""
    return holds(
        NOTE, sent_ms=30 * MINUTE, arrived_ms=round(arrived * MINUTE), boxes=boxes, warm=warm, qualification=known
    )


def test_nothing_holds_back_what_was_cold_and_in_time() -> None:
    assert held(240, Carried(BOX, 0, None)) == ()
    assert held(10_000) == (), "no box, and the site has set nothing for the whole"


def test_a_box_counts_from_its_packing_to_its_opening() -> None:
    assert held(240.01, Carried(BOX, 0, None)) == (Hold("box-time", BOX, 241, 240),)
    assert held(900, Carried(BOX, 0, 240 * MINUTE)) == (), "opened in time, received later"
    assert held(900, Carried(BOX, 0, 241 * MINUTE)) == (Hold("box-time", BOX, 241, 240),)
    assert held(271, Carried(BOX, None, None)) == (Hold("box-time", BOX, 241, 240),), "nobody said when: from dispatch"
    assert held(270, Carried(BOX, None, None)) == ()


def test_of_a_box_that_nobody_qualified_nothing_is_known() -> None:
    assert held(10_000, Carried("box:B-13", 0, None)) == ()


def test_a_site_may_limit_every_transit() -> None:
    known = Qualification(transit_minutes=120)
    assert held(150, known=known) == ()
    assert held(151, known=known) == (Hold("transit-time", NOTE, 121, 120),)


def test_one_warm_bag_holds_the_whole_back_and_every_cause_is_told() -> None:
    warm = (("unit:2", 90_000), ("unit:1", 60_000))
    both = Qualification(box=KEEPS_FOUR_HOURS.box, transit_minutes=60)
    assert held(300, Carried(BOX, 0, None), known=both, warm=warm) == (
        Hold("temperature", "unit:1", 1, None),
        Hold("temperature", "unit:2", 2, None),
        Hold("box-time", BOX, 300, 240),
        Hold("transit-time", NOTE, 270, 60),
    )


def test_a_site_writes_down_how_long_its_boxes_keep() -> None:
    text = 'transit_minutes = 300\n[[box]]\nbox = "box:B-12"\nminutes = 240\nsource = "VAL-7"\n'
    assert parse_qualification(text) == Qualification(box=KEEPS_FOUR_HOURS.box, transit_minutes=300)
    assert parse_qualification("") == Qualification()
    assert KEEPS_FOUR_HOURS.minutes_of("box:B-13") is None


@pytest.mark.parametrize(
    "text",
    [
        "transit_minutes = 0",
        "minutes = 3",
        "[[box]]",
        '[[box]]\nbox = "B-12"\nminutes = 240\nsource = "VAL-7"\n',
        '[[box]]\nbox = "box:B-12"\nminutes = -1\nsource = "VAL-7"\n',
        '[[box]]\nbox = "box:B-12"\nminutes = 240\nsource = ""\n',
        '[[box]]\nbox = "box:B-12"\nminutes = 240\nsource = "VAL-7"\n' * 2,
        "not TOML",
    ],
)
def test_a_qualification_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="boxes"):
        parse_qualification(text)
