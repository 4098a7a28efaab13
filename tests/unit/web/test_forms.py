"""Forms read off the event kinds."""

from zoneinfo import ZoneInfo

import pytest

from ledger.acts.steps import KINDS
from ledger.core.labels.reading import ISBT_128_ALONE
from tests.support.wide import wide
from tests.unit.web import samples
from web.forms import fields_of, identified, read, with_bags
from web.speech import Speech

ZH, EN = samples.speech("zh"), samples.speech("en")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_empty_form_names_what_is_needed_and_records_nothing(kind: str) -> None:
    filled = read(kind, {}, EN)
    needed = {each.name for each in fields_of(kind) if each.required}
    assert set(filled.wrong) == needed
    assert filled.drafts == () or not needed


def test_the_form_of_an_issue_asks_for_the_collector_who_signs_it() -> None:
    required = {each.name: each.required for each in fields_of("issued")}
    assert required["collector"]
    assert not required["second"], "only an override needs a third person"
    assert "collector" in read("issued", {}, EN).wrong


def test_a_receipt_is_read_line_by_line() -> None:
    typed = {
        "dispatch_note": "FX-26-0812",
        "units": "A999926123456.A0002V00\r\nunit:A999926123456.A0003V00\r\n",
        "outcome": "accepted",
        "place": "place:hospital/h-02",
        "time": "2026-03-02 08:20",
    }
    filled = read("received", typed, ZH)
    assert filled.wrong == {}
    assert filled.time == "2026-03-02T00:20:00.000Z"
    assert filled.drafts == (
        {
            "dispatch_note": "consignment:FX-26-0812",
            "units": ["unit:A999926123456.A0002V00", "unit:A999926123456.A0003V00"],
            "outcome": "accepted",
            "place": "place:hospital/h-02",
        },
    )


def test_a_time_that_the_clocks_showed_twice_is_asked_for_at_its_field_in_the_readers_language() -> None:
    berlin = Speech("zh", ZoneInfo("Europe/Berlin"), ZH.catalogue)
    typed = {"unit": "A999926123456.A0002V00", "place": "place:centre/f-07", "time": "2026-10-25 02:30"}
    filled = read("stored", typed, berlin)
    assert (filled.drafts, list(filled.wrong)) == ((), ["time"])
    assert "2026-10-25 02:30+02:00，或较晚的 2026-10-25 02:30+01:00" in filled.wrong["time"]
    assert read("stored", typed | {"time": "2026-10-25 02:30+01:00"}, berlin).time == "2026-10-25T01:30:00.000Z"
    child = {"parents": "A999926123456.A0002V00", "children": "A999926123456.A0003V00, 2026-10-25 02:30", **typed}
    assert "2026-10-25 02:30+02:00" in read("prepared", child, berlin).wrong["children"]


def test_several_units_make_one_draft_each() -> None:
    filled = read("quarantined", {"unit": f"{samples.UNIT}\n{samples.PLASMA}", "reason": "door open"}, EN)
    assert [draft["unit"] for draft in filled.drafts] == [samples.UNIT, samples.PLASMA]


def test_components_carry_expiry_and_volume() -> None:
    typed = {"parents": samples.WHOLE, "children": f"{samples.UNIT}, 2026-04-06 23:59, 284\n{samples.PLASMA}"}
    assert set(read("prepared", typed, EN).wrong) == {"place"}, "who holds the new units rests on it"
    filled = read("prepared", {**typed, "place": "place:centre/lab"}, EN)
    assert filled.drafts[0]["children"] == [
        {"unit": samples.UNIT, "expires": "2026-04-06T15:59:00.000Z", "volume_ml": 284},
        {"unit": samples.PLASMA},
    ]


@pytest.mark.parametrize("typed", ["A999926123456T", "a9999 26 123456 t", "=A99992612345600", "din:A999926123456"])
def test_a_donation_number_may_be_typed_or_scanned(typed: str) -> None:
    filled = read("tested", {"din": typed, "overall": "fit", "abo": "A"}, EN)
    assert (filled.wrong, filled.drafts[0]["din"]) == ({}, "din:A999926123456")


def test_a_donation_number_without_check_character_is_typed_twice() -> None:
    once = read("tested", {"din": "A999926123456", "overall": "fit"}, EN)
    assert (once.drafts, once.again) == ((), {"din": "A999926123456"})
    assert once.wrong == {"din": "Type it once more: a number without its check character is typed twice."}
    twice = read("tested", {"din": "A9999 26 123456", "din.first": "A999926123456", "overall": "fit"}, EN)
    assert (twice.wrong, twice.drafts[0]["din"]) == ({}, "din:A999926123456")
    other = read("tested", {"din": "A999926123465", "din.first": "A999926123456", "overall": "fit"}, EN)
    assert (list(other.wrong), other.again) == (["din"], {})


def test_bags_are_scanned_into_a_field() -> None:
    scans = "=A99992612345600\r\n=<A0002V00\r\nE0040150\r\n"
    filled = read(
        "quarantined", {"unit": scans, "reason": "door"}, EN, unit_of_tag={"tag:E0040150": samples.PLASMA}.get
    )
    assert filled.wrong == {}
    assert [draft["unit"] for draft in filled.drafts] == ["unit:A999926123456.A0002V00", samples.PLASMA]
    half = read("quarantined", {"unit": "=A99992612345600", "reason": "door"}, EN)
    assert "expected the product code of the bag next to A999926123456" in half.wrong["unit"]
    both = read("received", {"dispatch_note": "FX-1", "units": scans, "outcome": "accepted", "place": "place:a"}, EN)
    assert list(both.wrong) == ["units"]


def test_scanned_bags_become_identifiers_where_something_is_proposed() -> None:
    typed = {"parents": "=A99992612345600\r\n=<A0001V00", "children": "=A9999", "reason": "x"}
    told = with_bags("prepared", typed, reading=ISBT_128_ALONE, unit_of_tag={}.get)
    assert told == typed | {"parents": "unit:A999926123456.A0001V00"}
    half = {"parents": "=A99992612345600"}
    assert with_bags("prepared", half, reading=ISBT_128_ALONE, unit_of_tag={}.get) == half


def test_a_wrong_check_character_is_named_at_its_field() -> None:
    filled = read("tested", {"din": "A999926123456X", "overall": "fit"}, EN)
    assert list(filled.wrong) == ["din"]
    assert "check character" in filled.wrong["din"]
    assert read("tested", {"din": "A999926123456X", "overall": "fit"}, ZH).wrong["din"].startswith("书写不符合要求")


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("collected", {"unit": "nonsense", "donor": "person:" + "a" * 32, "place": "place:a"}, "unit"),
        ("collected", {"unit": samples.WHOLE, "donor": "Li Lei", "place": "place:a"}, "donor"),
        ("collected", {"unit": samples.WHOLE, "donor": "person:" + "a" * 32, "place": "place:a", "volume_ml": "much"},
         "volume_ml"),
        ("tested", {"din": "A999926123456T", "overall": "splendid"}, "overall"),
        ("stored", {"unit": samples.UNIT}, "place"),
        ("stored", {"unit": samples.UNIT, "place": "the cold room"}, "place"),
        ("stored", {"unit": samples.UNIT, "place": "place:a", "time": "soon"}, "time"),
        ("tag_associated", {"unit": samples.UNIT, "tag": "not hex"}, "tag"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(kind: str, typed: dict[str, str], field: str) -> None:
    filled = read(kind, typed, EN)
    assert list(filled.wrong) == [field]
    assert filled.drafts == ()


def test_an_identifier_may_come_through_an_input_method() -> None:
    assert identified("din", wide("A999926123456")) == "din:A999926123456"
    assert identified("tag", wide("]C0e004")) == "tag:E004"
    assert identified("", f"全血{wide('A')}") == f"全血{wide('A')}"


def test_a_tag_may_be_typed_in_small_letters() -> None:
    filled = read("tag_associated", {"unit": samples.UNIT, "tag": "e004 0150 0a1b 2c3d"}, EN)
    assert filled.drafts[0]["tag"] == "tag:E00401500A1B2C3D"


def test_fields_that_the_ledger_fills_in_are_not_asked_for() -> None:
    for kind in KINDS:
        assert not {each.name for each in fields_of(kind)} & {
            "v",
            "stream",
            "seq",
            "nonce",
            "clock",
            "by",
            "recorded_at",
        }
