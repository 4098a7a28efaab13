"""What a page says of gateways whose data are late: of what it shows, stream by stream."""

import re
from gettext import NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ledger.core import kinds
from ledger.read.lateness import Late
from tests.browser import world as story
from tests.browser.world import World
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor
from web.lateness import late_words
from web.speech import Speech

NOON = 1_772_424_000_000
MINUTE = 60_000
ENGLISH = Speech("en", ZoneInfo("Asia/Shanghai"), NullTranslations())
AWAY = Late("gw", NOON, NOON)
BEHIND = Late("gw", NOON, NOON - 90 * MINUTE)
CALLED = re.compile(r"""(?:m\.late|late_words)\("(\w+)\"""")


def test_each_stream_is_named_where_its_data_are_shown_and_nowhere_else() -> None:
    assert late_words([AWAY], "both", ENGLISH) == [
        ("gw", "gw is late: custody, alarms and readings are known up to 2026-03-02 12:00")
    ]
    assert late_words([BEHIND], "both", ENGLISH)[0][1] == (
        "gw is late: custody and alarms are known up to 2026-03-02 12:00, readings up to 2026-03-02 10:30"
    )
    assert late_words([BEHIND], "custody", ENGLISH)[0][1] == (
        "gw is late: custody and alarms are known up to 2026-03-02 12:00"
    )
    assert late_words([BEHIND], "readings", ENGLISH)[0][1] == "gw is late: readings are known up to 2026-03-02 10:30"
    assert late_words([Late("gw", None, NOON)], "custody", ENGLISH) == []


def test_what_is_known_up_to_a_past_instant_is_not_late_for_a_page_that_shows_that() -> None:
    assert late_words([BEHIND], "custody", ENGLISH, before_ms=NOON) == []
    assert late_words([BEHIND], "custody", ENGLISH, before_ms=NOON + 1) != []
    assert late_words([BEHIND], "both", ENGLISH, before_ms=NOON)[0][1].startswith("gw is late: readings are known")


RESTING = {
    "custody": {
        *("case", "case_file", "cover", "discards", "fates", "order", "pick_list", "recall", "returns"),
        *("stock", "stock_take", "stock_wall"),
    },
    "both": {
        *("boxes", "consignment", "find", "material", "receipt", "release_batch", "take_back", "unit", "units"),
    },
}
"""What each page rests on; beside them the home page, which names every gateway among what needs attention."""

PAGES = (
    ("quality.xu", "/units"),
    ("quality.xu", f"/units/{story.CELLS}"),
    ("quality.xu", "/find?q=%3DA99992612345600"),
    ("quality.xu", "/materials/equipment:CENTRIFUGE-2"),
    ("tech.lin", "/consignments/FX-26-0812"),
    ("tech.lin", "/boxes"),
    ("hospital.wu", f"/consignments/FX-26-0812/receipt?place={story.BANK}"),
)
COUNTS = (
    ("tech.lin", "/stock"),
    ("tech.lin", "/stock/wall"),
    ("tech.lin", "/stock/cover"),
    ("tech.lin", f"/stock/take?place={story.FRIDGE}"),
    ("tech.lin", "/discards"),
    ("tech.lin", "/returns"),
    ("tech.lin", "/fates"),
)


def test_every_page_names_the_lag_of_what_it_rests_on() -> None:
    found: dict[str, set[str]] = {"custody": set(), "both": set()}
    for template in (Path(story.__file__).parents[2] / "web/templates").glob("*.html"):
        for shows in CALLED.findall(template.read_text("utf-8")):
            found[shows].add(template.stem)
    assert found == RESTING


@pytest.fixture
def told(world: World) -> World:
    """A story in which nothing is heard of the centre's gateway after 24 hours, and of the hospital's until 30."""
    story.tell(world)
    return world


@pytest.mark.parametrize(("login", "path"), [("quality.xu", "/"), *PAGES])
def test_a_page_of_bags_and_their_cold_chain_names_both(told: World, visitor: Visitor, login: str, path: str) -> None:
    page = visitor.signed_in(login).get(path).text
    assert "gw-centre is late: custody, alarms and readings are known up to 2026-03-02 20:00" in page
    assert page.count("data-late=") == 1, "the hospital's gateway is not late"
    told.at(24.25)
    assert "data-late=" not in visitor.get(path).text


@pytest.mark.parametrize(("login", "path"), COUNTS)
def test_a_page_of_bags_alone_names_custody(told: World, visitor: Visitor, login: str, path: str) -> None:
    page = visitor.signed_in(login).get(path).text
    assert "gw-centre is late: custody and alarms are known up to 2026-03-02 20:00" in page
    assert page.count("data-late=") == 1
    told.at(24.25)
    assert "data-late=" not in visitor.get(path).text


def test_of_a_unit_that_ended_before_nothing_is_late(told: World, visitor: Visitor) -> None:
    told.at(31)
    ended = visitor.signed_in("quality.xu").get(f"/units/{story.WHOLE}").text
    assert "data-late=" not in ended, "it was made into others on day one"


def test_of_many_gateways_three_are_named_and_the_others_counted(world: World, visitor: Visitor) -> None:
    for number in range(5):
        gateway = Gateway(f"gw-{number}")
        introduce(world.ledger, gateway)
        said = {"probe": f"probe:gw-{number}/1", "place": story.FRIDGE, "measures": "air", "quality": "good"}
        segment = (kinds.TemperatureSegment, world.at(0.75), {**said, "until": world.at(1), "readings": [(0, 400)]})
        world.ledger.append_batch(gateway.seal(gateway.events([segment], "t"), "t", time=world.at(1)))
    world.at(3)
    page = visitor.signed_in("tech.lin").get("/units").text
    shown, _, folded = page.partition("<details")
    assert (shown.count("data-late="), folded.count("data-late=")) == (3, 2)
    assert "2 more gateways are late" in folded
    wall = visitor.get("/stock/wall").text
    assert wall.count("data-late=") == 3
    assert "2 more gateways are late" in wall
