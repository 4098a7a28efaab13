"""Policy packs over HTTP: read by everybody, put in force by two quality officers who sign, confirmed by one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.world import World, opened
from tests.support.programs import Program, signed

FIGURE = "cn/RBC_AS.store"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


def test_everybody_reads_what_is_in_force_and_what_is_at_hand(world: World) -> None:
    program = Program(world, "hospital.wu")
    listed = {each["name"]: each["state"] for each in program.get("/v1/packs")["packs"]}
    assert (listed["cn"], listed["us"]) == ("in force", "at hand")
    told = program.get("/v1/packs/in-force")
    assert (told["name"], told["in_force"], told["sha256"]) == ("cn", True, None)
    figure = next(each for each in told["figures"] if each["figure"] == FIGURE)
    assert (figure["value"], figure["standing"], figure["confirmation"]) == ("200..600", "unverified", None)
    assert figure["source"]
    other = program.get("/v1/packs/us")
    assert (other["name"], other["in_force"], len(other["sha256"])) == ("us", False, 44)
    assert program.client.get("/v1/packs/no-such", headers=program._headers()).status_code == 404


def test_a_quality_officer_signs_for_figures(world: World) -> None:
    officer = Program(world, "quality.xu")
    said = {"pack": "cn", "version": officer.get("/v1/packs/in-force")["version"], "clause": "GB 4.2"}
    said |= {"figures": {FIGURE: "200..600"}}
    address = "/v1/packs/confirmations"
    assert officer.refused(address, **said) == (403, "person.signature"), "a token is no signature"
    mine = signed("quality.xu")
    assert officer.refused(address, **{**said, "figures": {FIGURE: "1..2"}}, signatures=mine) == (422, "figure.changed")
    assert Program(world, "tech.lin").refused(address, **said, signatures=signed("tech.lin")) == (403, "")
    told = officer.send(address, **said, signatures=mine).get_json()
    figure = next(each for each in told["figures"] if each["figure"] == FIGURE)
    assert figure["standing"] == "confirmed"
    by = world.people["quality.xu"].person
    assert (figure["confirmation"]["clause"], figure["confirmation"]["by"]) == ("GB 4.2", by)


def test_two_quality_officers_put_a_pack_in_force(world: World) -> None:
    officer = Program(world, "quality.xu")
    sha256 = officer.get("/v1/packs/us")["sha256"]
    address, both = "/v1/packs/us/enforcement", signed("quality.xu", "quality.he")
    for signatures, expected in (
        ([], (403, "person.signature")),
        (signed("quality.he"), (403, "person.signature")),
        (signed("quality.xu"), (422, "two-persons")),
        (signed("quality.xu", "quality.xu"), (422, "two-persons")),
        (signed("quality.xu", "lab.chen"), (422, "pack.persons")),
        ([*signed("quality.xu"), *signed("quality.he", password="guessed")], (403, "person.signature")),
    ):
        assert officer.refused(address, sha256=sha256, signatures=signatures) == expected, json.dumps(signatures)
    assert officer.refused(address, sha256="A" * 43 + "=", signatures=both) == (422, "pack.changed")
    assert officer.send(address, sha256=sha256, signatures=both).get_json()["name"] == "us"
    assert officer.refused(address, sha256=sha256, signatures=both) == (422, "pack.in-force")
