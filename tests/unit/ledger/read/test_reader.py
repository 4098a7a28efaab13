"""A unit's page and passport, read back after a night told through the one writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds, passport, policy
from ledger.core.errors import LabelError
from ledger.core.ids import format_instant
from ledger.core.verify import verify
from ledger.passports import Fields, state_exposures
from ledger.read import overview, passports
from ledger.read.reader import Reader, reading
from ledger.read.values import UnitPage
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, declare, introduce, site_in
from tests.support.producers import claim as say

DIN = "A999926000001"
WHOLE, RED = f"unit:{DIN}.A0001V00", f"unit:{DIN}.A0002V00"
TAG = "tag:E280A99900000001"
FRIDGE, BOX, LAB, HOSPITAL = "place:centre/fridge-1", "box:B-12", "place:centre/lab", "place:hospital/fridge"
CENTRE_ORG, HOSPITAL_ORG = "org:centre", "org:hospital"


def at(minute: float) -> str:
    return format_instant(NOON_MS + int(minute * MINUTE_MS))


@dataclass
class Night:
    """The told part of a story: minutes after noon."""

    site: Site
    ledger: Ledger
    clock: StoryClock
    gateway: Gateway = field(default_factory=lambda: Gateway("gw-centre"))

    def open_places(self) -> None:
        named = {"name_zh": "某处", "name_en": "Somewhere"}
        organisations = ((CENTRE_ORG, "blood_centre"), (HOSPITAL_ORG, "hospital"))
        declare(
            self.ledger,
            *(
                Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named)
                for org, role in organisations
            ),
            Draft(kinds.PlaceAdded, {"place": LAB, "organisation": CENTRE_ORG} | named),
            Draft(kinds.PlaceAdded, {"place": FRIDGE, "organisation": CENTRE_ORG, "phase": "store"} | named),
            Draft(kinds.PlaceAdded, {"place": BOX, "organisation": CENTRE_ORG, "phase": "transport"} | named),
            Draft(kinds.PlaceAdded, {"place": HOSPITAL, "organisation": HOSPITAL_ORG, "phase": "store"} | named),
        )
        introduce(self.ledger, self.gateway)

    def claim(self, kind: type[kinds.Event], minute: float, **fields: object) -> None:
        self.clock.at_ms = NOON_MS + int(minute * MINUTE_MS)
        say(self.ledger, Draft(kind, fields))

    def seen(self, *facts: Fact, stream: str = "c") -> None:
        self.ledger.append_batch(self.gateway.say(*facts, suffix=stream))

    def give_and_prepare(self) -> None:
        self.claim(kinds.Collected, 1, unit=WHOLE, donor="person:" + "d" * 32, place=LAB)
        made = [kinds.Component(unit=RED, expires=at(60 * 24 * 35), volume_ml=284)]
        self.claim(kinds.Prepared, 10, parents=[WHOLE], children=made, place=LAB)
        self.claim(kinds.TagAssociated, 11, unit=RED, tag=TAG, place=LAB)

    def release(self, minute: float) -> None:
        self.claim(kinds.Tested, minute, din=f"din:{DIN}", overall="fit", abo="A", rhd="positive")
        self.claim(kinds.Labelled, minute, unit=RED, abo="A", rhd="positive", expires=at(60 * 24 * 35))
        self.claim(kinds.Released, minute, unit=RED)

    def fridge_from(self, minute: int, celsius: list[int], *, place: str = FRIDGE, quality: str = "good") -> None:
        """A reading every five minutes."""
        segment: dict[str, object] = {
            "probe": f"probe:{place.partition(':')[2]}",
            "place": place,
            "measures": "air",
            "until": at(minute + 5 * len(celsius)),
            "quality": quality,
            "readings": [[number * 5 * MINUTE_MS, value] for number, value in enumerate(celsius)],
        }
        self.seen((kinds.TemperatureSegment, at(minute), segment), stream="t")

    def page(self, minute: float, unit: str = RED) -> UnitPage:
        with reading(self.site) as reader:
            page = reader.unit_page(unit, now_ms=NOON_MS + int(minute * MINUTE_MS))
        assert page is not None
        return page

    def state(self, minute: float) -> None:
        def record(stated: Sequence[Fields], time: str) -> None:
            declare(self.ledger, *(Draft(kinds.ExposureStated, fields, time) for fields in stated))

        def publish() -> None:
            self.ledger.sign_checkpoint()

        self.clock.at_ms = NOON_MS + int(minute * MINUTE_MS)
        state_exposures(self.site, RED, now_ms=self.clock.at_ms, record=record, publish=publish)


ARRIVED: Fact = (
    kinds.TagArrived,
    at(20),
    {"tag": TAG, "device": "device:r1", "antenna": 1, "reads": 3, "place": FRIDGE},
)
LEFT: Fact = (kinds.TagLeft, at(58), {"tag": TAG, "device": "device:r1", "reads": 99, "place": FRIDGE})


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    site = site_in(tmp_path / "site")
    clock = StoryClock()
    with Ledger(site, clock) as ledger:
        told = Night(site, ledger, clock)
        told.open_places()
        told.give_and_prepare()
        yield told


def test_a_unit_in_a_cold_fridge_is_ok_and_the_lag_is_named(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 410, 420, 430])
    page = night.page(40)
    assert [stay.place for stay in page.stays] == [LAB, FRIDGE]
    assert page.exposure is not None
    assert (page.exposure.verdict, page.exposure.out_ms) == ("ok", 0)
    assert page.lag_ms == 10 * MINUTE_MS
    assert page.summary.place is not None
    assert page.summary.place.id == FRIDGE
    assert page.runs[0].points[0][0] >= NOON_MS + 20 * MINUTE_MS


def test_minutes_out_are_the_units_own(night: Night) -> None:
    night.seen(ARRIVED, LEFT)
    night.fridge_from(15, [400, 700, 700, 400, 400, 400, 400, 400, 400])
    night.release(59)
    night.claim(kinds.Packed, 60, box=BOX, units=[RED])
    night.fridge_from(60, [500], place=BOX)
    judged = night.page(61).exposure
    assert judged is not None
    assert judged.verdict == "out"
    assert judged.out_ms == 10 * MINUTE_MS  # from its own arrival at 20, not from the fridge's 20 to 30 alone
    assert [spell.status for spell in judged.spells if spell.status != "ok"] == [
        "out",
        "tolerated",
    ]  # and the walk to the box


def test_readings_outside_its_stay_are_not_its_own(night: Night) -> None:
    night.seen((kinds.TagArrived, at(40), ARRIVED[2]))
    night.fridge_from(15, [900, 900, 900, 400, 400, 400])
    judged = night.page(41).exposure
    assert judged is not None
    assert judged.verdict == "ok"


def test_a_fault_is_never_ok(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 400], quality="fault")
    judged = night.page(30).exposure
    assert judged is not None
    assert judged.verdict == "unknown"


def test_a_short_walk_to_a_place_that_is_not_judged_is_not_unknown(night: Night) -> None:
    night.seen(ARRIVED, LEFT)
    night.fridge_from(15, [400] * 9)
    night.claim(kinds.Moved, 63, unit=RED, place=LAB)
    judged = night.page(70).exposure
    assert judged is not None
    assert judged.verdict == "ok"


def test_nothing_is_judged_after_a_unit_has_ended(night: Night) -> None:
    night.seen(ARRIVED, LEFT)
    night.fridge_from(15, [400] * 9)
    night.claim(kinds.Moved, 60, unit=RED, place=LAB)
    night.claim(kinds.Discarded, 61, unit=RED)
    judged = night.page(600).exposure
    assert judged is not None
    assert judged.verdict == "ok"


def test_the_page_tells_the_story_from_the_vein_newest_first(night: Night) -> None:
    night.seen(ARRIVED)
    page = night.page(30)
    assert [line.kind for line in page.history] == ["tag_arrived", "tag_associated", "prepared", "collected"]
    assert page.collected_ms == NOON_MS + MINUTE_MS
    assert page.volume_ml == 284
    assert set(page.family) == {WHOLE, RED}
    assert [(held.holder) for held in page.holdings] == [CENTRE_ORG]


def test_every_page_shows_the_whole_family_however_far_away(night: Night) -> None:
    half, half_of_half = f"unit:{DIN}.A0002VA0", f"unit:{DIN}.A0002VAa"
    night.claim(kinds.Split, 20, parents=[RED], children=[kinds.Component(unit=half)], place=LAB)
    night.claim(kinds.Split, 30, parents=[half], children=[kinds.Component(unit=half_of_half)], place=LAB)
    for unit in (WHOLE, RED, half, half_of_half):
        page = night.page(40, unit)
        assert [(edge.parent, edge.child) for edge in page.lineage] == [(WHOLE, RED), (RED, half), (half, half_of_half)]
        assert set(page.family) == {WHOLE, RED, half, half_of_half}


def test_what_forbids_use_is_said(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [700, 700, 700])
    rules = {refused.rule for refused in night.page(30).forbids}
    assert {"use.not-withheld", "use.exposure-ok"} <= rules


@pytest.mark.parametrize("text", [RED, RED.removeprefix("unit:"), TAG, TAG.removeprefix("tag:").lower()])
def test_a_unit_is_found_by_what_names_it(night: Night, text: str) -> None:
    with reading(night.site) as reader:
        assert reader.find(text) == (RED,)


def test_a_donation_number_finds_its_siblings_and_a_mistyped_one_is_refused(night: Night) -> None:
    with reading(night.site) as reader:
        assert reader.find(DIN) == (WHOLE, RED)
        assert reader.find(f"={DIN}00") == (WHOLE, RED)
        with pytest.raises(LabelError, match="expected check character"):
            reader.find(f"{DIN}!")


def test_a_hospital_sees_what_it_was_sent_and_nothing_else(night: Night) -> None:
    with reading(night.site) as reader:
        assert not reader.visible(RED, HOSPITAL_ORG)
        assert reader.find(DIN, organisation=HOSPITAL_ORG) == ()
    night.release(69)
    night.claim(kinds.Dispatched, 70, dispatch_note="consignment:1", units=[RED], to=HOSPITAL_ORG, place=LAB)
    with reading(night.site) as reader:
        assert reader.visible(RED, HOSPITAL_ORG)
        assert not reader.visible(WHOLE, HOSPITAL_ORG)
        assert [unit.unit for unit in reader.units(organisation=HOSPITAL_ORG)] == [RED]


def test_an_excursion_names_exactly_the_units_inside(night: Night) -> None:
    night.seen(ARRIVED)
    common: dict[str, object] = {"probe": "probe:centre/fridge-1", "place": FRIDGE}
    over = {"limit": "high", "limit_centi_celsius": 600, "centi_celsius": 650}
    ended = {"since": at(30), "lowest_centi_celsius": 400, "highest_centi_celsius": 810}
    night.seen((kinds.Excursion, at(30), common | over), (kinds.ExcursionEnded, at(45), common | ended))
    with reading(night.site) as reader:
        home = overview.home(reader, organisation=None, now_ms=NOON_MS + 50 * MINUTE_MS)
        hospital = overview.home(reader, organisation=HOSPITAL_ORG, now_ms=NOON_MS + 50 * MINUTE_MS)
    assert [(each.units, each.extreme_centi_celsius) for each in home.excursions] == [((RED,), 810)]
    assert hospital.excursions == ()


def test_an_alarm_that_is_over_does_not_end_the_warning_that_began_with_it(night: Night) -> None:
    common: dict[str, object] = {"probe": "probe:centre/fridge-1", "place": FRIDGE}
    over = {"limit": "high", "limit_centi_celsius": 600, "centi_celsius": 650}
    ended = {"since": at(30), "lowest_centi_celsius": 400, "highest_centi_celsius": 810}
    night.seen((kinds.Excursion, at(30), common | over | {"level": "warning"}))
    night.seen((kinds.Excursion, at(30), common | over), (kinds.ExcursionEnded, at(45), common | ended))
    with reading(night.site) as reader:
        home = overview.home(reader, organisation=None, now_ms=NOON_MS + 50 * MINUTE_MS)
    assert {each.level: each.until_ms is None for each in home.excursions} == {"warning": True, "alarm": False}


def test_units_that_moved_last_are_told_first_and_one_seen_again_where_it_is_did_not_move(tmp_path: Path) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw-centre")
    units = {f"tag:E280A9990000000{number}": f"unit:A99992600000{number}.A0002V00" for number in range(4)}

    def seen(tag: int, minute: float, *, place: str) -> Fact:
        fields = {"tag": list(units)[tag], "place": place, "device": "device:r", "antenna": 1, "reads": 1}
        return kinds.TagArrived, at(minute), fields

    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        for tag, unit in units.items():
            say(ledger, Draft(kinds.Opening, {"unit": unit, "place": FRIDGE}))
            say(ledger, Draft(kinds.TagAssociated, {"unit": unit, "tag": tag}))
        minutes = ((2, 70), (0, 61), (1, 61.5), (3, 3), (0, 69))
        ledger.append_batch(gateway.say(*(seen(tag, minute, place=LAB) for tag, minute in minutes)))

        def order() -> list[int]:
            with reading(site) as reader:
                return [list(units.values()).index(each.unit) for each in reader.units(organisation=None)]

        assert order() == [2, 1, 0, 3]
        ledger.append_batch(gateway.say(seen(1, 71, place=FRIDGE)))
        assert order() == [1, 2, 0, 3]
        ledger.append_batch(gateway.say(seen(3, 130, place=FRIDGE), seen(0, 131, place=LAB)))
        assert order() == [3, 1, 2, 0]
        clock.at_ms = NOON_MS + 100 * MINUTE_MS
        units["tag:E280A99900000009"] = "unit:A999926000009.A0002V00"
        say(ledger, Draft(kinds.Opening, {"unit": units["tag:E280A99900000009"], "place": FRIDGE}))
        assert order() == [3, 4, 1, 2, 0]


def _policy(site: Site) -> policy.Policy:
    return policy.parse(site.policy_file.read_bytes())


def _export(night: Night, make: object = passports.export) -> bytes:
    with reading(night.site) as reader:
        made = make(reader, RED, log_key=night.site.verifier("log"))  # type: ignore[operator]
    assert isinstance(made, bytes)
    return made


def test_a_passport_verifies_and_a_changed_byte_does_not(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 410, 420, 430])
    night.state(40)
    exported = _export(night)
    found = verify(exported, policy=_policy(night.site))
    assert found.verdict == "warnings"
    assert [step.step for step in found.steps if step.status != "ok"] == ["completeness"]
    assert found.exposure is not None
    assert found.exposure.verdict == "ok"
    spoilt = exported.replace(b"E280A99900000001", b"E280A99900000002", 1)
    assert verify(spoilt, policy=_policy(night.site)).verdict == "invalid"


def test_a_full_passport_carries_exactly_the_stated_segments(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 410, 420, 430])
    night.state(40)
    night.fridge_from(35, [440, 450])  # known only after the statement
    night.ledger.sign_checkpoint()
    found = verify(_export(night, passports.export_full), policy=_policy(night.site))
    assert found.verdict == "warnings"
    assert "all 1 segments carried" in next(step.detail for step in found.steps if step.step == "exposure")


def test_a_full_passport_carries_no_segments_once_one_of_them_no_longer_counts(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 410, 420, 430])
    night.fridge_from(35, [440, 450])  # the thief's
    night.state(50)
    good = [kinds.LastGood(stream=night.gateway.stream(suffix), seq=1) for suffix in ("c", "t")]
    declare(night.ledger, Draft(kinds.KeyRevoked, {"key": night.gateway.key_id, "last_good": good, "reason": "stolen"}))
    night.ledger.sign_checkpoint()
    found = verify(_export(night, passports.export_full), policy=_policy(night.site))
    assert found.verdict == "warnings", found.steps
    assert "segments not carried" in next(step.detail for step in found.steps if step.step == "exposure")


def test_a_producer_whose_only_key_is_revoked_is_expected_to_say_nothing_more(night: Night) -> None:
    night.fridge_from(15, [400, 410])

    def speaking() -> dict[str, bool]:
        with reading(night.site) as reader:
            return {each.stream: each.may_speak for each in reader.producers()}

    assert all(speaking().values())
    good = [kinds.LastGood(stream=night.gateway.stream(suffix), seq=1) for suffix in ("c", "t")]
    declare(
        night.ledger, Draft(kinds.KeyRevoked, {"key": night.gateway.key_id, "last_good": good, "reason": "retired"})
    )
    silent = {stream for stream, may_speak in speaking().items() if not may_speak}
    assert silent == {night.gateway.stream("t")}


def test_a_statement_is_used_again_while_it_still_says_the_same(night: Night) -> None:
    night.seen(ARRIVED)
    night.fridge_from(15, [400, 410, 420, 430])
    night.state(40)
    size = night.page(40).log_size
    night.state(41)
    assert night.page(41).log_size == size
    night.fridge_from(35, [440, 450])
    night.state(50)
    assert night.page(50).log_size > size


def test_an_event_that_languages_spell_differently_is_kept_and_shown_but_does_not_travel(night: Night) -> None:
    scan: Fact = (kinds.LabelScanned, at(20), {"device": "device:s1", "unit": RED})
    (body,) = night.gateway.events([scan])
    odd = body.replace(b'"device"', b'"weight":1.5,"device"')
    night.ledger.append_batch(night.gateway.seal([odd]))
    night.ledger.sign_checkpoint()
    assert [line.defect is not None for line in night.page(30).history if line.kind == "label_scanned"] == [True]
    exported = _export(night)
    assert b"weight" not in exported
    assert verify(exported, policy=_policy(night.site)).verdict == "warnings"


def test_the_page_proves_itself_against_the_latest_checkpoint(night: Night) -> None:
    night.seen(ARRIVED)
    night.ledger.sign_checkpoint()
    with reading(night.site) as reader:
        proof = passports.prove(reader, RED, log_key=night.site.verifier("log"), now_ms=1)
    assert proof.verdict == "warnings"
    assert proof.size == night.page(30).log_size
    assert proof.signers == ("demo.a9999.example/gw-centre", "demo.a9999.example/site", "demo.a9999.example/web")


def test_before_any_checkpoint_there_is_no_passport_yet(night: Night) -> None:
    with reading(night.site) as reader:
        checkpoint = reader.checkpoint()
        unseen = Reader(reader.connection, night.site)
        assert checkpoint is None or checkpoint[0] <= unseen.log_size()
        with pytest.raises(passports.NotYetError):
            passports.export(reader, "unit:A999926000099.A0002V00", log_key=night.site.verifier("log"))


def test_an_exported_passport_is_in_its_one_spelling(night: Night) -> None:
    night.ledger.sign_checkpoint()
    exported = _export(night)
    assert passport.format(passport.parse(exported)) == exported
