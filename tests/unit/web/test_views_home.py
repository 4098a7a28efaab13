"""What the home page says needs attention."""

import re

import pytest

from ledger.core import kinds
from ledger.core.ids import format_instant, parse_instant
from tests.browser import world as story
from tests.browser.world import World
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor

ROWS = re.compile(r'<tr>\s*<td><span class="gr">')
TILES = re.compile(r'href="(/units\?state=[a-z_]+)"><b>(\d+)</b>')


@pytest.mark.parametrize("login", ["tech.lin", "hospital.wu", "admin.zhou"])
def test_a_figure_of_the_home_page_opens_a_list_of_as_many_units(world: World, visitor: Visitor, login: str) -> None:
    story.tell(world)
    for unit, place in ((story.CELLS, story.BANK), (story.WARM, story.FRIDGE)):
        world.claim(60, "quality.xu", kinds.Quarantined, unit=unit, reason="looked at", place=place)
    visitor.signed_in(login)
    tiles = TILES.findall(visitor.get("/").text)
    assert tiles
    for path, number in tiles:
        assert len(ROWS.findall(visitor.get(path).text)) == int(number), path


def test_what_others_hold_is_listed_where_it_is_asked_for(world: World, visitor: Visitor) -> None:
    story.tell(world)
    visitor.signed_in("tech.lin")
    held, seen = (len(ROWS.findall(visitor.get(path).text)) for path in ("/units", "/units?all=1"))
    assert 0 < held < seen


LATE = "gw-old is late: custody, alarms and readings are known up to 2026-03-01 {}"


def hear(world: World, gateway: Gateway, hours: float) -> None:
    """A quarter of an hour of readings that ends then."""
    start, end = world.at(hours - 0.25), world.at(hours)
    read = {"probe": f"probe:{gateway.name}/{story.FRIDGE[-4:]}", "place": story.FRIDGE, "measures": "air"}
    said = {**read, "until": end, "quality": "good", "readings": [(0, 400)]}
    bodies = gateway.events([(kinds.TemperatureSegment, start, said)], "t")
    world.ledger.append_batch(gateway.seal(bodies, "t", time=end))


@pytest.fixture
def gateway(world: World) -> Gateway:
    found = Gateway("gw-old")
    introduce(world.ledger, found)
    hear(world, found, 1)
    return found


def attention(world: World, visitor: Visitor, hours: float) -> str:
    world.at(hours)
    return visitor.signed_in("tech.lin").get("/").text.partition('id="stock"')[0]


def test_a_gateway_whose_readings_have_stopped_needs_attention(
    world: World, visitor: Visitor, gateway: Gateway
) -> None:
    page = attention(world, visitor, 3)
    assert f'data-late="{gateway.name}"' in page
    assert LATE.format("21:00") in page


def test_a_stream_whose_gateway_speaks_in_a_later_epoch_does_not(
    world: World, visitor: Visitor, gateway: Gateway
) -> None:
    gateway.epoch = 2
    hear(world, gateway, 2.9)
    assert "data-late" not in attention(world, visitor, 3)


def test_a_later_epoch_that_is_silent_in_its_turn_does_since_it_spoke_last(
    world: World, visitor: Visitor, gateway: Gateway
) -> None:
    gateway.epoch = 10
    hear(world, gateway, 2)
    page = attention(world, visitor, 3)
    assert page.count("data-late") == 1
    assert LATE.format("22:00") in page


def test_another_gateway_that_speaks_does_not_speak_for_it(world: World, visitor: Visitor, gateway: Gateway) -> None:
    other = Gateway("gw-old-2", epoch=2)
    introduce(world.ledger, other)
    hear(world, other, 2.9)
    page = attention(world, visitor, 3)
    assert page.count("data-late") == 1
    assert f'data-late="{gateway.name}"' in page


def hear_calibrated(world: World, days: int, hours: float) -> None:
    """A quarter of an hour of a probe whose calibration ends so many days after it."""
    gateway = Gateway("gw-centre")
    introduce(world.ledger, gateway)
    start, end = world.at(hours - 0.25), world.at(hours)
    said = {
        "probe": "probe:gw-centre/f-07",
        "place": story.FRIDGE,
        "measures": "air",
        "until": end,
        "quality": "good",
        "readings": [(0, 400)],
        "calibration_until": format_instant(parse_instant(end) + days * 24 * story.HOUR_MS),
        "calibration": "valid" if days >= 0 else "expired",
    }
    world.ledger.append_batch(
        gateway.seal(gateway.events([(kinds.TemperatureSegment, start, said)], "t"), "t", time=end)
    )


@pytest.mark.parametrize(
    ("days", "told"),
    [(30, ""), (29, "Calibration ends soon"), (0, "Calibration ends soon"), (-1, "Calibration has ended")],
)
def test_a_calibration_is_foretold_a_month_before_it_ends(world: World, visitor: Visitor, days: int, told: str) -> None:
    hear_calibrated(world, days, 1)
    page = visitor.signed_in("tech.lin").get("/").text
    assert (told in page) if told else ("Calibration" not in page)
    assert ("no calibration that ends" in page) is (not told)
    assert "probe:gw-centre/f-07" in visitor.get("/probes").text
    hospital = Visitor(world.app.test_client()).signed_in("hospital.wu")
    assert "Calibration" not in hospital.get("/").text, "not its fridge"
    assert "probe:gw-centre/f-07" not in hospital.get("/probes").text
