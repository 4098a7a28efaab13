"""The page of policy packs: what is in force and how each figure is known; two persons enforce, one confirms."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.app import services_of
from ledger.fsck import examine
from ledger.read.packs import confirmations, enforcements
from ledger.read.reader import reading
from tests.browser.world import PASSWORD, World
from tests.unit.web.conftest import Visitor

OURS = 'pack = "fuzhou"\nversion = "1"\nderives = "cn"\n[components.WB]\nen = "Whole blood here"\n'
SIGNED = {"password": PASSWORD, "colleague": "quality.he", "colleague_password": PASSWORD}


@pytest.fixture
def ours(world: World) -> Iterator[Path]:
    folder = world.site.directory / "packs"
    folder.mkdir()
    (folder / "fuzhou.toml").write_text(OURS)
    yield folder / "fuzhou.toml"
    assert examine_ok(world)


def examine_ok(world: World) -> bool:
    world.ledger.close()
    return examine(world.site).ok


def shown_sha256(visitor: Visitor, name: str) -> str:
    text = visitor.get(f"/packs/{name}").text
    return text.partition('name="sha256" value="')[2].partition('"')[0]


def in_force(world: World) -> str:
    with reading(world.site) as reader:
        return f"{reader.pack.name} {reader.pack.version}"


def test_everybody_sees_what_is_in_force_and_how_it_is_known(visitor: Visitor) -> None:
    page = visitor.signed_in("hospital.wu").get("/packs").text
    assert "<h2>CN 2026.1</h2>" in page
    assert 'data-figure="cn/RBC_AS.store" data-standing="unverified"' in page
    assert "was put in force with the making of the log" in page
    assert 'type="checkbox"' not in page
    united_states = visitor.get("/packs/us").text
    assert 'data-figure="us/RBC_AS.store" data-standing="verified"' in united_states
    assert "read in its source" in united_states


@pytest.mark.parametrize("path", ["/packs/narnia", "/packs/..", "/packs/CN"])
def test_there_is_no_page_of_a_pack_that_is_not_at_hand(visitor: Visitor, path: str) -> None:
    assert visitor.signed_in("quality.xu").get(path).status_code == 404


def test_two_quality_officers_put_the_stations_own_pack_in_force(world: World, visitor: Visitor, ours: Path) -> None:
    assert ours.exists()
    quality = visitor.signed_in("quality.xu")
    sha256 = shown_sha256(quality, "fuzhou")
    answer = quality.post("/packs/fuzhou", page="/packs/fuzhou", sha256=sha256, **SIGNED)
    assert (answer.status_code, in_force(world)) == (303, "fuzhou 1")
    with reading(world.site) as reader:
        latest = enforcements(reader)[0]
    assert (latest.by, latest.second) == (world.people["quality.xu"].person, world.people["quality.he"].person)
    page = quality.get("/packs").text
    assert "derived from cn" in page
    assert "fuzhou 1 was put in force on" in page
    entry = next(each for each in services_of(world.app).accounts.audit(limit=20) if each.action == "pack_enforce")
    assert sha256 in str(entry)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"password": "wrong"}, "own-signature"),
        ({"colleague": "quality.xu"}, "two-persons"),
        ({"colleague": "admin.zhou"}, "pack.persons"),
        ({"colleague_password": "wrong"}, "person.signature"),
        ({"sha256": "another"}, "pack.changed"),
    ],
)
def test_what_is_not_signed_by_two_quality_officers_who_saw_it_changes_nothing(
    world: World, visitor: Visitor, changes: dict[str, str], rule: str
) -> None:
    quality = visitor.signed_in("quality.xu")
    fields = {"sha256": shown_sha256(quality, "us"), **SIGNED, **changes}
    answer = quality.post("/packs/us", page="/packs/us", **fields)
    assert (answer.status_code, f'data-rule="{rule}"' in answer.text) == (422, True)
    assert (in_force(world), PASSWORD in answer.text) == ("cn 2026.1", False)


def test_a_technician_enforces_and_confirms_nothing(world: World, visitor: Visitor) -> None:
    tech = visitor.signed_in("tech.lin")
    assert tech.post("/packs/us", page="/packs/us", sha256="", **SIGNED).status_code == 403
    assert tech.post("/packs", page="/packs", figure="cn/WB.store=200..600").status_code == 403
    assert in_force(world) == "cn 2026.1"


def test_a_file_that_was_changed_behind_everybodys_back_is_shown(world: World, visitor: Visitor, ours: Path) -> None:
    quality = visitor.signed_in("quality.xu")
    quality.post("/packs/fuzhou", page="/packs/fuzhou", sha256=shown_sha256(quality, "fuzhou"), **SIGNED)
    ours.write_text(OURS.replace("here", "there"))
    page = quality.get("/packs").text
    assert 'data-pack-state="changed"' in page
    assert "Whole blood here" in page
    answer = quality.post("/packs/fuzhou", page="/packs/fuzhou", sha256=shown_sha256(quality, "fuzhou"), **SIGNED)
    assert (answer.status_code, 'data-rule="pack.version"' in answer.text) == (422, True)
    ours.write_text("pack = ")
    assert "cannot be read" in quality.get("/packs").text
    assert quality.get("/packs/fuzhou").status_code == 404
    ours.unlink()
    assert 'data-pack-state="gone"' in quality.get("/packs").text
    assert in_force(world) == "fuzhou 1"


def test_a_quality_officer_confirms_figures_and_everybody_sees_it(world: World, visitor: Visitor) -> None:
    quality = visitor.signed_in("quality.xu")
    picked = ["cn/RBC_AS.store=200..600", "cn/RBC_AS.transport=200..1000"]
    fields = {"pack": "cn", "version": "2026.1", "clause": "WS 399-2023, 5.1", "password": PASSWORD}
    assert quality.post("/packs", page="/packs", figure=picked, **fields).status_code == 303
    with reading(world.site) as reader:
        told = confirmations(reader)
    assert {figure: each.value for figure, each in told.items()} == dict(each.split("=") for each in picked)
    assert {each.by for each in told.values()} == {world.people["quality.xu"].person}
    page = visitor.get("/packs").text
    assert 'data-figure="cn/RBC_AS.store" data-standing="confirmed"' in page
    assert "WS 399-2023, 5.1" in page
    again = quality.post("/packs", page="/packs", figure=picked, **fields)
    assert (again.status_code, 'data-rule="figure.holds"' in again.text) == (422, True)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"password": "wrong"}, "own-signature"),
        ({"figure": "cn/RBC_AS.store=200..700"}, "figure.changed"),
        ({"figure": "cn/RBC_AS.store"}, "figure.changed"),
        ({"version": "2025.9"}, "figure.pack"),
        ({"figure": ""}, "figure.unknown"),
        ({"clause": ""}, "fields"),
    ],
)
def test_a_confirmation_that_does_not_fit_is_refused_by_name(
    world: World, visitor: Visitor, changes: dict[str, str], rule: str
) -> None:
    quality = visitor.signed_in("quality.xu")
    fields = {"pack": "cn", "version": "2026.1", "clause": "5.1", "password": PASSWORD,
              "figure": "cn/RBC_AS.store=200..600", **changes}  # fmt: skip
    answer = quality.post("/packs", page="/packs", **fields)
    assert (answer.status_code, f'data-rule="{rule}"' in answer.text) == (422, True), answer.text[:2000]
    with reading(world.site) as reader:
        assert not confirmations(reader)
