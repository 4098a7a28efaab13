"""The pages over plain HTTP: what a program that only reads and posts forms can do with them."""

import dataclasses
import json
import re
from functools import partial
from io import BytesIO

import pytest
from werkzeug.test import TestResponse

from ledger.api.services import services_of
from ledger.append import Rejected
from ledger.core import checkpoint, kinds, passport, printed
from ledger.core.ids import format_instant
from ledger.core.note import format_signature_lines
from ledger.core.policy import Witness
from ledger.core.receipt import Receipt
from ledger.core.signing import Cosigner, SigningKey, sign_note
from ledger.cosigning import Cosigning
from ledger.passport_page import page_of
from ledger.read.reader import reading
from ledger.settings.witnesses import OutsideWitnesses
from ledger.witness_client import NoAnswerError, Reply
from tests.browser import world as story
from tests.browser.world import PASSWORD, World
from tests.support.golden import FOLDER, RED
from tests.support.producers import Gateway, introduce
from tests.unit.web.conftest import Visitor


def test_a_donation_is_recorded_tested_and_released_by_two_people(world: World, visitor: Visitor) -> None:
    tech = visitor.signed_in("tech.lin")
    unit = "A999926123456.A0001V00"
    donor = "person:" + "ab" * 16
    answer = tech.post("/steps/collected", unit=unit, donor=donor, volume_ml="400", place=story.ROOM)
    assert (answer.status_code, answer.location) == (303, f"/units/unit:{unit}")
    children = f"{story.CELLS}, 2026-04-05 23:59, 284\n{story.PLASMA}"
    world.at(0.1)
    prepared = tech.post("/steps/prepared", parents=unit, children=children, place=story.LAB)
    assert prepared.location.endswith(story.CELLS)
    world.at(0.2)
    expires = "2026-04-05 23:59"
    assert tech.post("/steps/labelled", unit=story.CELLS, abo="A", rhd="positive", expires=expires).status_code == 303
    lab = Visitor(world.app.test_client()).signed_in("lab.chen")
    tested = lab.post("/steps/tested", din="A999926123456T", overall="fit", abo="A", rhd="positive")
    assert tested.location == "/find?q=din:A999926123456"
    page = tech.get(f"/units/{story.CELLS.removeprefix('unit:')}")
    assert "A9999 26 123456" in page.text
    assert 'data-verdict="warning"' in page.text


def test_a_step_that_the_rules_forbid_is_refused_by_name_and_nothing_typed_is_lost(
    world: World, visitor: Visitor
) -> None:
    story.tell(world)
    quality = visitor.signed_in("quality.xu")
    answer = quality.post("/steps/released", unit=story.WARM, release_batch="0999", second="quality.he",
                          second_password=PASSWORD)  # fmt: skip
    assert answer.status_code == 422
    assert 'data-rule="release.exposure-ok"' in answer.text
    assert "Its cold chain was out of range, or is unknown" in answer.text
    assert 'value="0999"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("second", "password", "rule"),
    [
        ("quality.xu", PASSWORD, "two-persons"),
        ("quality.he", "wrong password here", "person.signature"),
        ("nobody", PASSWORD, "person.unknown"),
        ("", "", "release.two-persons"),
    ],
)
def test_the_second_person_signs_with_the_own_password(
    world: World, visitor: Visitor, second: str, password: str, rule: str
) -> None:
    story.tell(world)
    world.claim(30.5, "tech.lin", story.kinds.Stored, unit=story.PLASMA, place=story.LAB)
    quality = visitor.signed_in("quality.xu")
    fields = {"unit": story.PLASMA, "second": second, "second_password": password}
    answer = quality.post("/steps/released", **fields)
    assert answer.status_code == 422
    assert f'data-rule="{rule}"' in answer.text or (
        rule == "release.two-persons" and "release.exposure-ok" in answer.text
    )


def test_what_another_organisation_holds_is_theirs(world: World, visitor: Visitor) -> None:
    story.tell(world)
    tech = visitor.signed_in("tech.lin")
    stored = tech.post("/steps/stored", unit=story.CELLS, place=story.FRIDGE)
    assert 'data-rule="unit.held-elsewhere"' in stored.text
    elsewhere = tech.post("/steps/stored", unit=story.PLASMA, place=story.BANK)
    assert 'data-rule="place.foreign"' in elsewhere.text
    nowhere = tech.post("/steps/stored", unit=story.PLASMA, place="place:nowhere")
    assert 'data-rule="place.unknown"' in nowhere.text


def test_a_foreign_unit_is_answered_like_one_that_does_not_exist(world: World, visitor: Visitor) -> None:
    story.tell(world)
    hospital = visitor.signed_in("hospital.wu")
    foreign = hospital.get(f"/units/{story.WARM.removeprefix('unit:')}")
    absent = hospital.get("/units/A999926999999.A0002V00")
    assert foreign.status_code == absent.status_code == 404
    ids = re.compile(r"(nonce|value)=\"[^\"]+\"|A9999\d+\.A0002V00")
    assert ids.sub("", foreign.text) == ids.sub("", absent.text)
    assert hospital.get(f"/units/{story.WARM}/passport").status_code == 404
    assert story.WARM.removeprefix("unit:") not in hospital.get("/units").text
    seen = hospital.get(f"/units/{story.CELLS}")
    assert seen.status_code == 200
    assert story.PLASMA not in seen.text
    assert "林 1042" not in seen.text
    assert "a person of Blood centre" in seen.text


def test_a_step_of_another_role_is_not_offered_and_not_taken(visitor: Visitor) -> None:
    tech = visitor.signed_in("tech.lin")
    assert "/steps/released" not in tech.get("/steps").text
    assert tech.get("/steps/released").status_code == 403
    assert tech.post("/steps/released", page="/steps/stored", unit=story.CELLS).status_code == 403
    assert tech.get("/steps/nonsense").status_code == 404


def test_the_life_cycle_is_the_ledgers_own_rule(world: World, visitor: Visitor) -> None:
    story.tell(world)
    hospital = visitor.signed_in("hospital.wu")
    beside = {"second": "ward.qian", "second_password": story.PASSWORD}
    early = hospital.post("/steps/bedside_checked", unit=story.CELLS, patient=story.PATIENT, place=story.WARD, **beside)
    assert (early.status_code, 'data-rule="lifecycle.step"' in early.text) == (422, True)
    unknown = hospital.post("/steps/transfused", unit="A999926999999.A0002V00", patient=story.PATIENT)
    assert (unknown.status_code, 'data-rule="unit.unknown"' in unknown.text) == (422, True)


def test_a_step_cannot_happen_later_than_now(visitor: Visitor) -> None:
    tech = visitor.signed_in("tech.lin")
    answer = tech.post("/steps/stored", unit=story.CELLS, place=story.FRIDGE, time="2036-01-01 10:00")
    assert 'data-rule="time.ahead"' in answer.text


def test_an_administrator_registers_places_people_and_gateways(world: World, visitor: Visitor) -> None:
    admin = visitor.signed_in("admin.zhou")
    organisation = {"organisation": "org:west", "role": "hospital", "name_zh": "西城医院", "name_en": "West Hospital"}
    assert admin.post("/places/organisations", page="/places", **organisation).status_code == 303
    place = {
        "place": "place:west/f-1",
        "organisation": "org:west",
        "phase": "store",
        "name_zh": "冰箱",
        "name_en": "Fridge",
    }
    assert admin.post("/places", **place).status_code == 303
    bad = admin.post("/places", **place | {"place": "nonsense"})
    assert (bad.status_code, 'data-rule="fields"' in bad.text) == (422, True)
    added = admin.post("/people", login="west.li", printed_name="李 3001", organisation="org:west", roles="hospital")
    code = re.search(r'data-code="([^"]+)"', added.text)
    assert code
    newcomer = Visitor(world.app.test_client())
    secret = "seven fridges hum at night"
    assert newcomer.post("/enrol", code=code[1], password=secret, again=secret).location == "/sign-in"
    assert newcomer.post("/sign-in", login="west.li", password=secret).status_code == 303
    assert "West Hospital" in admin.get("/places").text


def test_a_gateway_is_let_in_only_after_its_fingerprint_was_shown(visitor: Visitor) -> None:
    admin = visitor.signed_in("admin.zhou")
    gateway = Gateway("gw-new")
    draft = gateway.introduction().fields
    text = json.dumps({"gateway": gateway.name, "vkey": gateway.vkey, "key": gateway.key_id, "proof": draft["proof"]})
    shown = admin.post("/gateways", enrolment=text)
    assert shown.status_code == 200
    assert gateway.key_id[4:12] in shown.text
    assert "gw-new/1/c" not in admin.get("/gateways").text
    assert admin.post("/gateways", enrolment=text, approve="yes").status_code == 303
    assert gateway.key_id[4:] in admin.get("/gateways").text
    again = admin.post("/gateways", enrolment=text, approve="yes")
    assert (again.status_code, 'data-rule="keys"' in again.text) == (422, True)
    forged = json.dumps({**json.loads(text), "proof": Gateway("gw-other").introduction().fields["proof"]})
    refused = admin.post("/gateways", enrolment=forged, approve="yes")
    assert (refused.status_code, 'data-rule="possession"' in refused.text) == (422, True)
    assert admin.post("/gateways", enrolment="{").status_code == 422


def test_a_passport_is_a_file_that_carries_an_exposure_statement(world: World, visitor: Visitor) -> None:
    story.tell(world)
    answer = visitor.signed_in("hospital.wu").get(f"/units/{story.CELLS}/passport")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport-A999926123456.A0002V00.json"'
    assert answer.json["format"] == "xuemai/passport/v1"
    assert '"kind":"exposure_stated"' in answer.text.replace('\\"', '"')


def test_a_passport_as_a_page_is_a_file_and_never_a_page_of_this_site(world: World, visitor: Visitor) -> None:
    story.tell(world)
    hospital = visitor.signed_in("hospital.wu")
    answer = hospital.get(f"/units/{story.CELLS}/passport.html")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="passport-A999926123456.A0002V00.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert passport.parse(passport.out_of_page(answer.data)).subject == story.CELLS
    assert hospital.get(f"/units/{story.WARM}/passport.html").status_code == 404
    assert f"/units/{story.CELLS}/passport.html" in hospital.get(f"/units/{story.CELLS}").text


def test_a_dispatch_note_is_a_page_with_a_line_that_its_passport_bears_out(world: World, visitor: Visitor) -> None:
    story.tell(world)
    hospital = visitor.signed_in("hospital.wu")
    page = hospital.get("/consignments/FX-26-0812").text
    assert "First City Hospital" in page
    assert story.CELLS.removeprefix("unit:")[-8:] in page
    assert "a person of Blood centre" in page  # whoever dispatched it is the blood centre's to name
    found = re.search('data-printed="([^"]+)"', page)
    assert found
    line = printed.parse(found[1])
    as_printed = hospital.get(f"/consignments/FX-26-0812/passport?size={line.size}")
    assert as_printed.headers["Content-Disposition"] == 'attachment; filename="passport-FX-26-0812.json"'
    made = passport.parse(as_printed.data)
    head, _ = checkpoint.parse_signed(made.checkpoint)
    assert printed.compare(line, made.subject, head).status == "ok"
    latest = passport.parse(passport.out_of_page(hospital.get("/consignments/FX-26-0812/passport.html").data))
    later, _ = checkpoint.parse_signed(latest.checkpoint)
    assert printed.compare(line, latest.subject, later).status == "warning"
    for size in (9999, 0, -1, 10**30):
        assert hospital.get(f"/consignments/FX-26-0812/passport?size={size}").status_code == 404


def test_seals_and_what_happened_on_the_way_stand_on_the_note(world: World, visitor: Visitor) -> None:
    story.tell(world)
    sent = {"dispatch_note": "consignment:FX-26-0900", "units": [story.PLASMA], "boxes": [story.BOX]}
    story._release(world, story.PLASMA, at=31)
    world.claim(32, "tech.lin", kinds.Packed, box=story.BOX, units=[story.PLASMA], place=story.FRIDGE)
    world.claim(32.1, "tech.lin", kinds.Sealed, box=story.BOX, seal="S-1", place=story.FRIDGE)
    world.claim(32.2, "tech.lin", kinds.Sealed, box=story.BOX, seal="S-2", place=story.FRIDGE)
    world.claim(32.3, "tech.lin", kinds.Dispatched, **sent, to=story.HOSPITAL, place=story.FRIDGE)
    world.claim(32.4, "tech.lin", kinds.Sealed, box=story.BOX, seal="S-3", place=story.FRIDGE)
    world.claim(32.5, "tech.lin", kinds.HandedOver, **sent, place=story.FRIDGE)
    tech = visitor.signed_in("tech.lin")
    before = tech.get("/consignments/FX-26-0900").text
    assert "No checkpoint covers these events yet" in before
    world.ledger.sign_checkpoint()
    page = tech.get("/consignments/consignment:FX-26-0900").text
    assert "seal S-2" in page
    assert "S-3" not in page
    assert "林 1042" in page
    assert "Handed over" in page
    assert '<svg class="qr"' in page
    asks = 'name="courier_password"'
    received = tech.get("/consignments/FX-26-0812").text
    assert (asks in page, asks in received) == (True, False), "what was received passes no further"
    assert "/consignments/FX-26-0900" in tech.get(f"/units/{story.PLASMA}").text


def test_a_partners_passport_is_brought_as_a_file_and_accepted_once(world: World, visitor: Visitor) -> None:
    sent = (FOLDER / "passport" / "good_handed-over.json").read_bytes()  # of another site than the world's
    hospital = visitor.signed_in("hospital.wu")
    assert "/passports" in hospital.get("/").text

    def bring(raw: bytes) -> TestResponse:
        return hospital.post("/passports", passport=(BytesIO(raw), "passport.json"))

    unknown = bring(sent)
    assert (unknown.status_code, "keeps no policy of its partners" in unknown.text) == (422, True)
    world.site.partners_file.write_bytes((FOLDER / "policy-two-sites.txt").read_bytes())
    altered = bring(sent.replace(b"fridge-1", b"fridge-2", 1))
    assert (altered.status_code, "This does not hold: The events are as they were sealed" in altered.text) == (
        422,
        True,
    )
    accepted = bring(page_of(sent))
    assert (accepted.status_code, "It holds, with warnings." in accepted.text) == (200, True)
    with reading(world.site) as reader:
        (event,) = [entry.recorded.event for entry in reader.history.of([RED]) if entry.recorded]
    assert isinstance(event, kinds.PassportAccepted)
    assert (event.sha256, event.by) == (passport.digest(sent.decode()), world.people["hospital.wu"].person)
    again = bring(sent)
    assert (again.status_code, 'data-rule="enclosure"' in again.text) == (422, True)
    auditor = Visitor(world.app.test_client()).signed_in("lab.chen")
    assert auditor.get("/passports").status_code == 403


def test_a_note_that_is_anothers_or_none_is_not_found(world: World, visitor: Visitor) -> None:
    story.tell(world)
    story._release(world, story.PLASMA, at=31)
    sent = {"dispatch_note": "consignment:ELSEWHERE", "units": [story.PLASMA]}
    world.claim(32, "tech.lin", kinds.Dispatched, **sent, to=story.CENTRE, place=story.FRIDGE)
    hospital = visitor.signed_in("hospital.wu")
    for note in ("ELSEWHERE", "NONE", "a b"):
        for tail in ("", "/passport", "/passport.html"):
            assert hospital.get(f"/consignments/{note}{tail}").status_code == 404, note


@pytest.mark.parametrize(
    "typed", ["A999926123456T", "=A99992612345600", "E00401500A1B2C3D", "unit:A999926123456.A0002V00"]
)
def test_a_unit_is_found_by_number_label_and_tag(world: World, visitor: Visitor, typed: str) -> None:
    story.tell(world)
    answer = visitor.signed_in("tech.lin").client.get("/find", query_string={"q": typed}, follow_redirects=True)
    assert "A9999 26 123456" in answer.text


def test_what_is_not_found_says_what_was_expected(visitor: Visitor) -> None:
    answer = visitor.signed_in("tech.lin").get("/find?q=<script>alert(1)</script>")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "A donation number has 13 characters" in answer.text


def test_the_language_is_the_readers_choice(visitor: Visitor) -> None:
    visitor.signed_in("tech.lin")
    assert '<html lang="en">' in visitor.get("/").text
    assert visitor.post("/language", page="/", language="zh", back="/steps").location == "/steps"
    page = visitor.get("/steps").text
    assert '<html lang="zh-CN">' in page
    assert "采血" in page


def test_an_api_token_is_shown_once_and_can_be_revoked(world: World, visitor: Visitor) -> None:
    tech = visitor.signed_in("tech.lin")
    shown = tech.post("/account/tokens", page="/account", label="scanner", days="7", roles="technician")
    token = re.search(r'data-token="([^"]+)"', shown.text)
    assert token
    assert token[1] not in tech.get("/account").text
    bearer = {"Authorization": f"Bearer {token[1]}"}
    assert world.app.test_client().get("/v1/inventory", headers=bearer).status_code == 200
    revoke = re.search(r'action="(/account/tokens/[^"]+/revoke)"', tech.get("/account").text)
    assert revoke
    tech.post(revoke[1], page="/account")
    assert world.app.test_client().get("/v1/inventory", headers=bearer).status_code == 401


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(world: World) -> None:
    client = world.app.test_client()
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Not found" in page.text
    for accept in ("*/*", "application/json"):
        problem = client.get("/v1/nowhere", headers={"Accept": accept})
        assert (problem.status_code, problem.mimetype) == (404, "application/problem+json")


def test_a_ledger_that_stands_still_says_so_on_every_page_in_the_readers_language(
    world: World, visitor: Visitor
) -> None:
    admin = visitor.signed_in("admin.zhou")
    assert "data-standstill" not in admin.get("/").text
    lost = Receipt(world.site.origin, "gw-centre/1/c", 7, 999, bytes(32))
    with pytest.raises(Rejected):
        world.ledger.confront([sign_note(lost.format(), [world.site.signer("receipt")])])
    for path in ("/", "/gateways", "/units"):
        page = admin.get(path).text
        assert "The ledger signs nothing" in page
        assert "log index 999" in page
    assert "账本已停止签名" in admin.client.get("/", headers={"Accept-Language": "zh"}).text
    place = {"place": "place:w/f", "organisation": "org:blood-centre", "phase": "", "name_zh": "冰", "name_en": "F"}
    refused = admin.post("/places", **place)
    assert (refused.status_code, 'data-rule="history"' in refused.text) == (422, True)
    assert "which history is true" in refused.text
    assert "xuemai_standstill 1.0" in admin.client.get("/metrics").text


def test_outside_witnesses_are_listed_with_what_they_cosigned_and_why_they_do_not(
    world: World, visitor: Visitor
) -> None:
    admin = visitor.signed_in("admin.zhou")
    assert "Nobody outside cosigns" in admin.get("/gateways").text
    assert "Witnessed up to" not in admin.get("/").text
    cosigners = [Cosigner(f"{name}9999.example/witness", SigningKey(name.encode() * 32)) for name in "bc"]
    witnesses = tuple(Witness(each.name[:5], each.verifier, f"https://{each.name}") for each in cosigners)
    site = dataclasses.replace(world.site, outside=OutsideWitnesses(witnesses, 1))
    signed = world.ledger.sign_checkpoint()
    assert signed is not None

    def ask(url: str, _body: bytes) -> Reply:
        if "b9999" in url:
            raise NoAnswerError("no route to b9999")
        line = cosigners[1].cosign(checkpoint.parse_signed(signed)[0], 1)
        return Reply(200, "text/plain", format_signature_lines([line]))

    shared = services_of(world.app)
    world.ledger.site, shared.site, shared.reading = site, site, partial(reading, site)
    shared.cosigning = Cosigning(world.ledger, ask=ask)
    shared.cosigning.begin()
    page = admin.get("/gateways").text
    assert "no route to b9999" in page
    assert f'data-head="Cosigned up to">{world.ledger.size}</td>' in page
    assert f"Witnessed up to {world.ledger.size}." in admin.get("/").text
    metrics = admin.client.get("/metrics").text
    assert f"xuemai_witnessed_size {world.ledger.size}.0" in metrics
    assert "xuemai_witnesses_failing 1.0" in metrics


def test_of_every_stream_it_is_said_how_old_the_newest_event_is(world: World, visitor: Visitor) -> None:
    admin = visitor.signed_in("admin.zhou")
    gateway = Gateway("gw-late")
    introduce(world.ledger, gateway)
    fault = {"device": "device:gw-late/r1", "reason": "unplugged"}
    world.ledger.append_batch(gateway.say((kinds.DeviceFault, "2026-03-01T12:00:00.000Z", fault)))
    page = admin.get("/gateways").text
    with reading(world.site) as reader:
        producers = reader.producers()
    for each in producers:
        row = page.split(f'<span class="mono">{each.stream}<')[1].split("</tr>")[0]
        carries = {"c": "custody and alarms", "t": "readings"}.get(each.stream.rpartition("/")[2], "")
        assert carries in row
        assert re.search(r'data-lag-ms="-?\d+">newest event .+ ago<', row)
    assert any(each.stream.endswith("/c") for each in producers)
    assert "最新事件在" in admin.client.get("/gateways", headers={"Accept-Language": "zh"}).text


def test_a_gateway_whose_clock_is_ahead_is_not_shown_as_up_to_date(world: World, visitor: Visitor) -> None:
    admin = visitor.signed_in("admin.zhou")
    gateway = Gateway("gw-ahead")
    introduce(world.ledger, gateway)
    fault = {"device": "device:gw-ahead/r1", "reason": "unplugged"}
    ahead = format_instant(world.ledger.clock.now_ms() + 2 * 3_600_000)
    bodies = gateway.events(((kinds.DeviceFault, ahead, fault),), "c")
    world.ledger.append_batch(gateway.seal(bodies, time=ahead))
    page = admin.get("/gateways").text
    row = page.split('<span class="mono">gw-ahead/1/c<')[1].split("</tr>")[0]
    assert re.search(r"its clock is (2 h|1 h 59 min) ahead", row), row
    assert "newest event" not in row


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", ("/", "page")),
        ("/stock", ("/stock", "page")),
        ("/stock/take", ("/stock", "true")),
        ("/boxes", ("/stock", "true")),
        ("/paper", ("/steps", "true")),
    ],
)
def test_the_page_that_one_is_on_or_under_is_marked(visitor: Visitor, path: str, marked: tuple[str, str]) -> None:
    page = visitor.signed_in("tech.lin").get(path).text
    assert re.findall(r'<a href="([^"]*)" aria-current="(\w+)">', page) == [marked]


@pytest.mark.parametrize(
    ("login", "path", "back"),
    [
        ("tech.lin", "/boxes", "/stock"),
        ("tech.lin", "/stock/cover", "/stock"),
        ("tech.lin", "/paper", "/steps"),
        ("tech.lin", "/steps/stored", "/steps"),
        ("tech.lin", "/consignments/FX-26-0812", "/orders"),
        ("hospital.wu", "/consignments/FX-26-0812/receipt", "/consignments/FX-26-0812"),
        ("tech.lin", f"/correction?stream=web&seq=3&unit={story.CELLS}", f"/units/{story.CELLS}"),
        ("quality.xu", "/materials/equipment:CENTRIFUGE-2", "/units"),
    ],
)
def test_a_page_below_a_list_leads_back_to_it(world: World, visitor: Visitor, login: str, path: str, back: str) -> None:
    story.tell(world)
    page = visitor.signed_in(login).get(path).text
    assert re.findall(r'<p class="crumb[^>]*><a [^>]*?href="([^"]*)"', page) == [back]


def test_what_is_kept_on_paper_has_a_button_that_prints_it(world: World, visitor: Visitor) -> None:
    story.tell(world)
    technician = visitor.signed_in("tech.lin")
    for path in (f"/units/{story.CELLS}", "/consignments/FX-26-0812"):
        page = technician.get(path).text
        assert ("data-print>" in page, "/print.js" in page) == (True, True), path
