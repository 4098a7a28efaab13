"""What a station and a hospital do every day by program: boxes, stock-takes, returns, evidence; the pages' rules."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.fsck import examine
from tests.browser import world as story
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, opened
from tests.journey.test_cold_chain import WARM, Refrigerator
from tests.journey.test_evidence import FILE, MARKUP
from tests.journey.test_receipt_and_discard import Delivery, sign
from tests.support.programs import Program, key, signed
from tests.support.supplying import red, stocked

NOTE = "TX-2026-000001"


@pytest.fixture
def delivery(tmp_path: Path) -> Iterator[Delivery]:
    """Two bags that came cold at a quarter past four; the hospital's fridge is cold from then on."""
    with opened(tmp_path / "site") as world:
        came = Delivery(world)
        came.make(1, 2)
        came.send(1, 2)
        world.at(4.2)
        assert sign(came.visitor(), "accepted", 1, 2) == ""
        story._readings(world, came.hospital, BANK, 4.1, 6)
        yield came


def test_a_box_is_packed_with_its_probe_sealed_opened_and_emptied(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        technician = Program(world, "tech.lin")
        two = [red(1), red(2)]
        technician.says("/v1/steps/packed", fields=[{"box": BOX, "units": two, "probe": "probe:b-12", "place": FRIDGE}])
        packed = world.clock.now_ms()
        technician.says("/v1/steps/sealed", fields=[{"box": BOX, "units": two, "seal": "S-9"}])
        [box] = technician.get("/v1/boxes")["boxes"]
        assert (box["box"], box["state"], box["seal"], box["probe"]) == (BOX, "sealed", "S-9", "probe:b-12")
        assert [each["unit"] for each in box["contents"]] == two
        assert (box["packed"], box["qualified_minutes"]) == (story.format_instant(packed), None)
        qualified = f'[[box]]\nbox = "{BOX}"\nminutes = 480\nsource = "test report 7"\n'
        (world.site.directory / "boxes.toml").write_text(qualified)
        world.at(1)
        [box] = technician.get("/v1/boxes")["boxes"]
        assert box["qualified_minutes"] == 480
        assert box["left_ms"] == 480 * 60_000 - (world.clock.now_ms() - packed)
        assert Program(world, "hospital.wu").get("/v1/boxes")["boxes"] == [], "a box of the station's, with its bags"
        technician.says("/v1/steps/opened", fields=[{"box": BOX, "units": two, "seal": "S-9"}])
        assert technician.get("/v1/boxes")["boxes"][0]["state"] == "opened"
        technician.says("/v1/steps/unpacked", fields=[{"box": BOX, "units": two, "place": FRIDGE}])
        [box] = technician.get("/v1/boxes")["boxes"]
        assert (box["state"], box["contents"], box["left_ms"]) == ("empty", [], None)


def test_a_stock_take_is_looked_at_and_then_exactly_that_is_signed(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        technician, hospital = Program(world, "tech.lin"), Program(world, "hospital.wu")
        address, there = "/v1/stock-takes", {"place": FRIDGE}
        looked = technician.send(address, **there, texts=[red(1), red(2)], dry_run=True).get_json()
        found, missing = looked["difference"]["found"], looked["difference"]["missing"]
        assert (found, red(3) in missing, looked["agrees"], looked["events"]) == ([red(1), red(2)], True, False, [])
        whole = [*found, *missing]
        changed = {**there, "texts": whole, "looked_at": looked["looked_at"]}
        assert technician.refused(address, **changed) == (422, "stocktake.changed")
        assert technician.refused(address, **there) == (422, "stocktake.nothing")
        assert hospital.refused(address, **changed) == (422, "stocktake.place")
        assert technician.refused(address, place="place:nowhere", texts=whole) == (422, "stocktake.place")
        assert Program(world, "quality.xu").refused(address, **changed) == (403, "")
        once = {**there, "texts": [red(1), red(2)], "looked_at": looked["looked_at"], "under": key(8100)}
        told = technician.says(address, **once)
        assert {each["kind"] for each in told} == {"stock_taken"}
        assert technician.says(address, **once) == told, "sent again, it is answered as before"
        agreed = technician.send(address, **there, texts=whole, dry_run=True).get_json()
        assert (agreed["agrees"], agreed["difference"]["missing"]) == (True, [])
        stale = {**there, "texts": whole, "looked_at": agreed["looked_at"], "log_size": agreed["log_size"]}
        technician.says("/v1/steps/stored", fields=[{"unit": red(1), "place": FRIDGE}])
        assert technician.refused(address, **stale) == (409, "stale")


def test_blood_goes_back_by_program_and_two_decide_what_the_pack_leaves_to_them(delivery: Delivery) -> None:
    world = delivery.world
    world.at(6)
    hospital, station = Program(world, "hospital.wu"), Program(world, "tech.lin")
    wanted = {"units": [red(1)], "to": CENTRE, "place": BANK}
    assert hospital.refused("/v1/returns", **wanted) == (422, "return.code")
    assert station.refused("/v1/returns", **wanted, code="not-needed") == (422, "place.foreign")
    assert Program(world, "quality.xu").refused("/v1/returns", **wanted) == (403, "")
    once = {**wanted, "code": "not-needed", "box": BOX, "seal": "S-2", "under": key(8200)}
    told = hospital.says("/v1/returns", **once)
    assert [each["kind"] for each in told] == ["returned", "packed", "sealed", "dispatched"]
    assert told[-1]["event"]["dispatch_note"] == f"consignment:{NOTE}"
    assert hospital.says("/v1/returns", **once) == told, "no second number"
    looked = station.get("/v1/returns")
    assert looked["notes"] == [f"consignment:{NOTE}"]
    world.at(8)
    address = f"/v1/consignments/{NOTE}/return"
    [line] = station.get(address)["units"]
    assert (line["answer"], line["outcome"]) == ("undecided", None), line
    accepted = {"units": {red(1): {"outcome": "accepted", "seal": "intact", "reason": "cold"}}, "place": FRIDGE}
    assert station.refused(address, **accepted) == (422, "return.two-persons")
    assert station.refused(address, **accepted, second="quality.he") == (403, "person.signature")
    same = {"second": "tech.lin", "signatures": signed("tech.lin")}
    assert station.refused(address, **accepted, **same) == (422, "two-persons")
    assert hospital.refused(address, **accepted) == (404, "return.unknown")
    assert station.refused(address.replace(NOTE, "TX-9"), **accepted) == (404, "return.unknown")
    assert station.refused(address, **{**accepted, "units": {red(2): accepted["units"][red(1)]}}) == (
        422,
        "return.units",
    )
    two = {"second": "quality.he", "signatures": signed("quality.he")}
    stale = {"log_size": looked["log_size"] - 1}
    assert station.refused(address, **accepted, **two, **stale) == (409, "stale")
    [taken] = station.says(address, **accepted, **two)
    assert taken["event"]["returning"]["second"] == world.people["quality.he"].person
    assert station.get(address)["units"][0]["outcome"] == "accepted"
    assert examine(world.site).ok


def test_what_stands_behind_a_verdict_is_told_by_program_too(tmp_path: Path) -> None:
    with opened(tmp_path / "site") as world:
        fridge = Refrigerator(world)
        fridge.store(WARM, 0.05)
        fridge.read(0, 2, peak=(1.0, 520))
        world.at(2.1)
        officer, technician = Program(world, "quality.xu"), Program(world, "tech.lin")
        two = {"signatures": signed("quality.he")}
        assessed = {"fields": [{"unit": WARM, "outcome": "fit", "second": "quality.he"}]}
        files = [{"what": "logger_file", "base64": b64encode(FILE).decode()}]
        [event] = officer.says("/v1/steps/assessed", **assessed, evidence=files, **two)
        told = technician.get(f"/v1/units/{WARM}/cold-chain")
        assert (told["exposure"]["verdict"], told["assessment"]["outcome"]) == ("out", "fit"), "one beside the other"
        assert told["reopened"] == {"unseen": [], "since": []}
        [occasion] = [each for limits in told["limits"] for each in limits["occasions"]]
        assert (occasion["side"], occasion["like_an_open_door"]) == ("above", True), "in air alone, and over"
        assert {run["measures"] for run in told["runs"]} == {"air"}
        digest = hashlib.sha256(FILE).hexdigest()
        [file] = technician.get(f"/v1/units/{WARM}/evidence")["files"]
        assert (file["seq"], file["sha256"], file["octets"]) == (event["seq"], digest, len(FILE))
        assert (file["told"]["highest_centi_celsius"], file["told"]["out_ms"]) == (680, 600_000)
        answer = technician.client.get(f"/v1/units/{WARM}/evidence/{digest}", headers=technician._headers())
        assert (answer.data, answer.mimetype) == (FILE, "application/octet-stream")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="evidence-')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        audited = [each for each in world.app.extensions["xuemai"].accounts.audit() if each.action == "evidence_read"]
        assert [(each.subject, each.detail) for each in audited] == [(WARM, digest)]
        for login, sha256 in (("hospital.wu", digest), ("tech.lin", "0" * 64)):
            other = Program(world, login)
            address = f"/v1/units/{WARM}/evidence/{sha256}"
            assert other.client.get(address, headers=other._headers()).status_code == 404


def test_a_corrected_assessment_takes_its_files_along_unless_others_are_named(tmp_path: Path) -> None:
    with opened(tmp_path / "site") as world:
        fridge = Refrigerator(world)
        fridge.store(WARM, 0.05)
        fridge.read(0, 2, peak=(1.0, 520))
        world.at(2.1)
        officer = Program(world, "quality.xu")
        files = [{"what": "manual_readings", "base64": b64encode(MARKUP).decode()}]
        two, said = signed("quality.he"), {"unit": WARM, "outcome": "fit", "second": "quality.he"}
        [wrong] = officer.says("/v1/steps/assessed", fields=[said], evidence=files, signatures=two)
        about = {"stream": wrong["stream"], "seq": wrong["seq"], "reason": "the wrong outcome"}
        beside = {"second": "quality.he", "signatures": two}
        right = {"instead": {"unit": WARM, "outcome": "discard"}}
        told = officer.says("/v1/corrections", **about, **right, **beside)
        [anew] = [each["event"] for each in told if each["kind"] == "assessed"]
        assert anew["evidence"] == wrong["event"]["evidence"], "the file goes along"
        seq = next(each["seq"] for each in told if each["kind"] == "assessed")
        kept = officer.get(f"/v1/units/{WARM}/evidence")["files"]
        assert {(each["seq"], each["octets"]) for each in kept} == {(wrong["seq"], len(MARKUP)), (seq, len(MARKUP))}
        none = {"instead": {"unit": WARM, "outcome": "fit", "evidence": []}, **beside}
        told = officer.says("/v1/corrections", **{**about, "seq": seq}, **none)
        assert ["evidence" in each["event"] for each in told if each["kind"] == "assessed"] == [False]
        assert examine(world.site).ok
