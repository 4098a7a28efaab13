"""A station and its policy pack: from figures that nobody confirmed to a pack of its own, and what is said meanwhile.

A quality officer confirms what stands in the station's copy of the standard; units say so, and so do their passports.
The station derives a pack of its own, two quality officers put it in force, and a courier's logger is judged by it. An
update of the product, or a hand that changes the file, changes no verdict.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import xuemai
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.browser.world import CELLS, PASSWORD, WARM, World, opened, tell
from tests.unit.web.conftest import Visitor

CLAUSE = "WS 399-2023, 5.1, 表 1"
OURS = """
pack = "fuzhou"
version = "1"
derives = "cn"
tolerated_out_minutes = 60

[sources]
sop12 = "Station procedure 12"

[components.RBC_AS.returns]
uncontrolled = { rule = "within", high = 1000, minutes = 30, source = "sop12", verified = true }
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as made:
        tell(made)
        yield made


def stated(visitor: Visitor) -> tuple[str, str, str]:
    """What the unit's passport states of the figures: pack, version, whether they are confirmed."""
    passport = json.loads(visitor.get(f"/units/{CELLS}/passport").data)
    events = [json.loads(each) for batch in passport["batches"] for each in batch["events"]]
    said = [event for event in events if event["kind"] == "exposure_stated"][-1]
    return said["pack"], said["version"], said["verified"]


def judged(world: World, log: str, *, phase: str) -> dict[str, object]:
    file = world.site.directory / "logger.csv"
    file.write_text(log, "utf-8")
    asked = ["coldchain", "judge", "--pack", "fuzhou", "--component", "RBC_AS", "--phase", phase, str(file)]
    answer = CliRunner().invoke(xuemai.main, [*asked, "--site", str(world.site.directory)])
    assert answer.exit_code == 0, answer.output
    return dict(json.loads(answer.stdout))


def over_tolerance(world: World) -> tuple[str, str, bool]:
    """The unit that stood in the warm fridge: pack, verdict, and whether it had more than the pack lets pass."""
    with reading(world.site) as reader:
        chain = reader.cold_chain(WARM, now_ms=world.clock.now_ms())
    assert chain is not None
    return chain.exposure.pack, chain.exposure.verdict, chain.exposure.over_tolerance


def enforced(world: World, quality: Visitor, name: str, text: str) -> Path:
    """Put a pack of the station's own in force, as two quality officers do."""
    file = world.site.directory / "packs" / f"{name}.toml"
    file.parent.mkdir()
    file.write_text(text, "utf-8")
    sha256 = quality.get(f"/packs/{name}").text.partition('name="sha256" value="')[2].partition('"')[0]
    signed = {"password": PASSWORD, "colleague": "quality.he", "colleague_password": PASSWORD}
    assert quality.post(f"/packs/{name}", page=f"/packs/{name}", sha256=sha256, **signed).status_code == 303
    return file


def test_a_station_makes_its_policy_pack_its_own(world: World) -> None:
    quality = Visitor(world.app.test_client()).signed_in("quality.xu")
    assert "its figures are not yet confirmed" in quality.get(f"/units/{CELLS}").text
    assert stated(quality) == ("cn", "2026.1", "no")

    # One quality officer holds the figures for red cells against the station's copy of the standard.
    picked = ["cn/RBC_AS.store=200..600", "cn/RBC_AS.transport=200..1000"]
    shown = {"pack": "cn", "version": "2026.1", "clause": CLAUSE, "password": PASSWORD}
    assert quality.post("/packs", page="/packs", figure=picked, **shown).status_code == 303
    assert "its figures confirmed by this station" in quality.get(f"/units/{CELLS}").text
    assert stated(quality) == ("cn", "2026.1", "station")

    # The station derives a pack of its own; what was confirmed of cn's figures goes with them.
    assert over_tolerance(world) == ("cn", "out", True)
    file = enforced(world, quality, "fuzhou", OURS)
    assert stated(quality) == ("fuzhou", "1", "station")
    assert over_tolerance(world) == ("fuzhou", "out", False)

    # Somebody changes the file. Nothing is judged by it, and everybody sees that it differs.
    file.write_text(OURS.replace("= 60", "= 1"), "utf-8")
    assert 'data-pack-state="changed"' in quality.get("/packs").text
    assert over_tolerance(world) == ("fuzhou", "out", False)
    world.ledger.close()
    assert examine(world.site).ok


def test_a_bag_that_stood_on_a_bench_comes_back_by_the_stations_own_rule(world: World) -> None:
    enforced(world, Visitor(world.app.test_client()).signed_in("quality.xu"), "fuzhou", OURS)
    bench = "time,celsius\n2026-03-02 08:00,4.1\n2026-03-02 08:10,6.0\n2026-03-02 08:20,7.9\n2026-03-02 08:30,9.8\n"
    assert judged(world, bench, phase="uncontrolled")["return"] == {
        "decision": "yes", "reason": "", "rule": "within ..1000 30 minutes", "figures": "verified",
    }  # fmt: skip
    longer = judged(world, f"{bench}2026-03-02 08:31,9.9\n", phase="uncontrolled")["return"]
    assert isinstance(longer, dict)
    assert (longer["decision"], longer["reason"]) == ("no", "too-long")
    ward = judged(world, bench, phase="ward")["return"]
    assert isinstance(ward, dict)
    assert (ward["decision"], ward["rule"]) == ("no", "never"), "nothing comes back from a ward"
