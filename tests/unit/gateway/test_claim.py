"""Claims: each is an event that the ledger understands, and none carries what identifies a person."""

from dataclasses import replace

import pytest

from gateway import claim
from gateway.limits import ExcursionBegan, ExcursionOver
from gateway.sighting import Arrived, Left, Uncertain, UnknownSeen
from gateway.temperature import Calibration, Hole, ProbeRule, SegmentClosed
from gateway.wire.items import LabelScan
from ledger.core import events, ids, kinds
from ledger.core.isbt128 import check_flag
from ledger.core.labels.codes import parse_codes
from ledger.core.labels.reading import Reading, parse_schemes

NOON = 1_772_452_800_000
SALT = bytes(range(16))
DECLARED = Calibration("2025-09-01T00:00:00.000Z", "2026-09-01T00:00:00.000Z", "cert-1", -15)
RULE = ProbeRule("probe:gw/p", "place:centre/f", "load", 60_000, 200, 600, calibration=DECLARED)
DEVICE = "device:gw/desk"
READING = Reading(
    parse_schemes(
        [{"name": "station", "pattern": "CN{fin:5}{year:2}{sequence:6}{product:5}{collection_type:1}{division:2}"}]
    ),
    parse_codes('facility = "A9999"\nversion = "1"\n[blood_groups]\nP2 = { abo = "AB", zh = "AB", en = "AB" }\n'),
)


def event(made: claim.Claim) -> events.AnyEvent:
    """The event that a claim becomes, through the ledger's own door."""
    built = made.kind(v=1, stream="gw/1/c", seq=1, nonce="0" * 32, clock="synchronised", **made.fields)  # type: ignore[arg-type]
    return events.decode(events.encode(built))  # type: ignore[arg-type]


def scan(text: str) -> claim.ScanClaim:
    return claim.scan(
        LabelScan(text), device=DEVICE, place="place:centre/desk", now_ms=NOON, salt=lambda: SALT, reading=READING
    )


@pytest.mark.parametrize(
    "made",
    [
        claim.arrived(Arrived("E280A999", "r", "place:a", 1, NOON, NOON + 5, 2, -5500), device=DEVICE),
        claim.arrived(Arrived("E280A999", "r", "place:a", 1, NOON, NOON, 2, None), device=DEVICE),
        claim.left(Left("E280A999", "r", "place:a", NOON, NOON + 30_000, 99), device=DEVICE),
        claim.unknown_seen(UnknownSeen("30083399", "r", "place:a", 0, NOON, NOON, 2), device=DEVICE),
        claim.uncertain(Uncertain("E280A999", "r", ("place:a", "place:b"), NOON, NOON + 5, 9), device=DEVICE),
        claim.segment(SegmentClosed(NOON, NOON + 9, "good", "", ((0, 400),), (Hole(0, 9, "no reading"),)), RULE),
        claim.segment(SegmentClosed(NOON, NOON + 9, "fault", "nan", (), ()), RULE),
        claim.excursion(ExcursionBegan("alarm", NOON, NOON, "low", 200, 199), RULE),
        claim.excursion_ended(ExcursionOver("warning", NOON, NOON - 9, 150, 199), RULE),
        claim.device_fault(DEVICE, "x" * 900, place=None, now_ms=NOON),
        claim.device_fault(DEVICE, "", place="place:a", now_ms=NOON),
        claim.device_restored(DEVICE, place=None, since_ms=NOON - 1, now_ms=NOON),
        claim.gap(DEVICE, "not running", since_ms=NOON - 1, now_ms=NOON),
        claim.gateway_started("0.1.0", "A" * 43 + "=", now_ms=NOON),
    ],
    ids=lambda made: made.kind.__name__,
)
def test_every_claim_is_an_event(made: claim.Claim) -> None:
    assert type(event(made)) is made.kind


def test_a_departure_says_when_it_happened_and_when_it_was_recorded() -> None:
    told = event(claim.left(Left("E280A999", "r", "place:a", NOON, NOON + 30_000, 9), device=DEVICE))
    assert (told.time, told.recorded_at) == ("2026-03-02T12:00:00.000Z", "2026-03-02T12:00:30.000Z")


def test_an_excursion_says_its_level_and_when_it_was_certain() -> None:
    told = event(claim.excursion(ExcursionBegan("warning", NOON, NOON + 60_000, "high", 550, 551), RULE))
    assert isinstance(told, kinds.Excursion)
    assert (told.level, told.time, told.recorded_at) == (
        "warning",
        "2026-03-02T12:00:00.000Z",
        "2026-03-02T12:01:00.000Z",
    )


@pytest.mark.parametrize(
    ("until", "said"), [("2026-03-02T12:00:01.000Z", "valid"), ("2026-03-02T12:00:00.999Z", "expired"), (None, None)]
)
def test_a_segment_carries_its_probes_calibration_and_says_when_it_has_expired(
    until: str | None, said: str | None
) -> None:
    rule = replace(RULE, calibration=replace(DECLARED, until=until))
    told = event(claim.segment(SegmentClosed(NOON, NOON + 1000, "good", "", ((0, 400),), ()), rule))
    assert isinstance(told, kinds.TemperatureSegment)
    assert (told.calibrated, told.calibration_until, told.certificate) == (DECLARED.on, until, "cert-1")
    assert (told.offset_centi_celsius, told.calibration) == (-15, said)
    assert told.readings == [(0, 400)], "raw: the offset is said, not applied"


def test_a_full_label_says_unit_group_and_expiry() -> None:
    text = "=A99992612345600" + "=%6200" + "=<E0382V00" + "&>0260702359"
    told = event(scan(text).claim)
    assert isinstance(told, kinds.LabelScanned)
    assert told.unit == "unit:A999926123456.E0382V00"
    assert (told.din, told.product) == ("din:A999926123456", "E0382V00")
    assert (told.abo, told.rhd) == ("A", "positive")
    assert told.expires_local == "20260311T2359"
    assert told.structures == ["001", "002", "003", "005"]


def test_a_national_code_says_donation_product_and_bag() -> None:
    told = event(scan("CN3501226123456P0056V00").claim)
    assert isinstance(told, kinds.LabelScanned)
    assert (told.din, told.product) == ("din:3501226123456", "P0056V00")
    assert (told.unit, told.structures) == ("unit:3501226123456.P0056V00", ["station"])


def test_a_group_of_the_sites_own_tables_says_what_it_knows() -> None:
    told = event(scan("=%P200").claim)
    assert isinstance(told, kinds.LabelScanned)
    assert (told.abo, told.rhd, told.product) == ("AB", None, None)


def test_a_bag_that_two_scans_name_says_since_when() -> None:
    first = scan("=<A0002V00")
    told = event(claim.paired(first.claim, "unit:A999926123456.A0002V00", since_ms=NOON - 4000))
    assert isinstance(told, kinds.LabelScanned)
    assert (told.unit, told.product) == ("unit:A999926123456.A0002V00", "A0002V00")
    assert told.paired_since == "2026-03-02T11:59:56.000Z"


def test_two_bars_in_one_line_give_the_divided_product() -> None:
    told = event(scan("=A99992612345600=<E0382V00=,00A0B0").claim)
    assert isinstance(told, kinds.LabelScanned)
    assert told.product == "E0382V00A0B0"


def test_a_donor_on_the_label_is_withheld_behind_a_salted_commitment() -> None:
    donor = "=;A9999" + "1234567890123456"
    made = scan(f"=A99992612345600{donor}")
    told = event(made.claim)
    assert isinstance(told, kinds.LabelScanned)
    assert told.withheld == [ids.commitment(SALT, donor)]
    assert made.salts == {told.withheld[0]: SALT}
    assert b"1234567890123456" not in events.encode(told)


@pytest.mark.parametrize(
    "text", ["ZHANG SAN 310101199001011234", "&*ZHANGSAN12", "=A9999261234", "&;ZHANG", "=+02000=%6200", "=;ZHANG SAN"]
)
def test_a_scan_that_is_no_label_leaks_nothing(text: str) -> None:
    made = scan(text)
    body = events.encode(event(made.claim))
    assert b"ZHANG" not in body
    assert b"31010119" not in body
    if made.claim.kind is kinds.ScanRefused:
        assert made.claim.fields["withheld"] == ids.commitment(SALT, text)
        assert "expected" in str(made.claim.fields["reason"])


def test_a_wrong_check_flag_is_refused_with_the_right_one() -> None:
    right = check_flag("A999926123456")
    wrong = "60" if right != "60" else "61"
    assert scan(f"=A999926123456{right}").claim.kind is kinds.LabelScanned
    refused = event(scan(f"=A999926123456{wrong}").claim)
    assert isinstance(refused, kinds.ScanRefused)
    assert f"expected check flag {right} after A999926123456; got {wrong}" in refused.reason


def test_the_echo_of_a_scan_counts_once() -> None:
    debounce, bag = claim.Debounce(), LabelScan("=A99992612345600")
    assert [debounce.repeats(bag, at) for at in (10.0, 10.9, 11.8, 12.9)] == [False, True, True, False]
    assert not debounce.repeats(LabelScan("=A99992612345700"), 12.95)
