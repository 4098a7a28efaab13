"""The page of fates where more bags have none than anybody reads on a page."""

import re

import pytest

from ledger.core import kinds
from tests.browser import world as story
from tests.browser.world import World
from tests.unit.web.conftest import Visitor


def test_of_many_bags_without_a_fate_those_that_are_missing_longest_are_shown_and_all_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.fates._MOST", 2)
    for number, day in ((1, 5), (2, 3), (3, 4)):
        opening = {"expires": f"2026-03-0{day}T15:59:00.000Z", "place": story.FRIDGE, "abo": "A", "rhd": "positive"}
        world.claim(0.01, "tech.lin", kinds.Opening, unit=f"unit:A99992600000{number}.A0002V00", **opening)
    world.at(30 * 24)
    page = Visitor(world.app.test_client()).signed_in("tech.lin").get("/fates").text
    assert re.findall(r'data-missing="unit:A99992600000(\d)', page) == ["2", "3"]
    assert 'data-missing-in-all="3"' in page
    assert "of 3." in page
    monkeypatch.setattr("web.views.fates._MOST", 3)
    assert "data-missing-in-all" not in Visitor(world.app.test_client()).signed_in("tech.lin").get("/fates").text
