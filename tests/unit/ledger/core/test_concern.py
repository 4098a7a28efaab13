"""Whose list an event is on."""

import json

from ledger.core import kinds
from ledger.core.concern import TagPointers, lists_of, named_by_defect
from ledger.core.events import encode, kind_of
from ledger.core.kinds import AnyEvent

UNIT, OTHER, TAG = "unit:A999926000001.E0382V00", "unit:A999926000002.E0382V00", "tag:E0040100"
SEEN = {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1, "place": "place:a"}
KEY = "key:" + "a" * 64


def event(kind: type[kinds.Event], **fields: object) -> AnyEvent:
    common = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "time": "2026-03-01T12:00:00.000Z"}
    return kind(**common, clock="synchronised", **fields)  # type: ignore[return-value, arg-type]


def on(pointers: TagPointers, kind: type[kinds.Event], **fields: object) -> set[str]:
    made = event(kind, **fields)
    return set(lists_of(made, kind=kind_of(made), body=encode(made), pointers=pointers))


def test_an_event_is_on_the_list_of_all_that_it_names() -> None:
    pointers = TagPointers()
    child = kinds.Component(unit=OTHER)
    assert on(pointers, kinds.Prepared, parents=[UNIT], children=[child], place="place:a") == {UNIT, OTHER}
    assert on(pointers, kinds.Packed, box="box:1", units=[UNIT], probe="probe:p") == {"box:1", UNIT, "probe:p"}
    assert on(pointers, kinds.Stored, unit=UNIT, place="box:1") == {UNIT, "box:1"}
    assert on(pointers, kinds.KeyRevoked, key=KEY, last_good=[], reason="lost") == {KEY}


def test_a_replaced_key_learns_of_its_replacement() -> None:
    old = "key:" + "b" * 64
    fields = {"key": KEY, "vkey": "a+b+c", "producer": "gw", "proof": "x", "proof_by_old": "x", "replaces": old}
    made = event(kinds.KeyRotated, **fields)
    assert set(lists_of(made, kind="key_rotated", body=b"{}", pointers=TagPointers())) == {KEY, old}


def test_a_seen_tag_is_on_the_list_of_the_unit_that_it_points_to() -> None:
    pointers = TagPointers()
    assert on(pointers, kinds.TagArrived, **SEEN) == {TAG}
    on(pointers, kinds.TagAssociated, unit=UNIT, tag=TAG)
    assert on(pointers, kinds.TagArrived, **SEEN) == {UNIT}
    on(pointers, kinds.TagRemoved, unit=OTHER, tag=TAG)
    assert on(pointers, kinds.TagArrived, **SEEN) == {UNIT}, "another unit's tag was removed"
    on(pointers, kinds.TagAssociated, unit=OTHER, tag=TAG)
    assert on(pointers, kinds.TagArrived, **SEEN) == {OTHER}
    says = kinds.MemorySays(din="din:A999926777777", product="E0382V00")
    remembered = on(pointers, kinds.TagMemoryRead, tag=TAG, device="device:r", outcome="read", says=says)
    assert remembered == {OTHER}, "whatever its memory says"
    on(pointers, kinds.TagRemoved, unit=OTHER, tag=TAG)
    assert on(pointers, kinds.TagArrived, **SEEN) == {TAG}


def test_tags_may_be_followed_from_the_middle_of_a_log() -> None:
    pointers = TagPointers({TAG: UNIT}.get)
    assert on(pointers, kinds.TagArrived, **SEEN) == {UNIT}
    on(pointers, kinds.TagRemoved, unit=UNIT, tag=TAG)
    assert on(pointers, kinds.TagArrived, **SEEN) == {TAG}


def test_what_the_site_derives_itself_is_on_nobodys_list() -> None:
    made = event(
        kinds.ExposureStated, unit=UNIT, component="RBC", pack="cn", version="1", verified="no", as_of_size=1,
        verdict="ok", out_ms=0, unknown_ms=0, tolerated_ms=0, judged_ms=0, segments=0, segments_root="A" * 43 + "=",
    )  # fmt: skip
    assert lists_of(made, kind="exposure_stated", body=encode(made), pointers=TagPointers()) == ()
    assert lists_of(None, kind="exposure_stated", body=encode(made), pointers=TagPointers()) == ()


def test_an_event_that_nobody_understands_is_on_the_list_of_all_that_it_names() -> None:
    said = {"kind": "recall_of_a_later_version", "unit": UNIT, "more": [OTHER, 7, "unit:no"], "deep": [[TAG]]}
    body = json.dumps(said | {"who": "person:" + "a" * 32}).encode()
    found = lists_of(None, kind="recall_of_a_later_version", body=body, pointers=TagPointers())
    assert found == (UNIT, OTHER)


def test_no_event_is_on_more_than_a_hundred_lists_that_nobody_understands() -> None:
    boxes = [f"box:{number:03}" for number in range(150)]
    assert named_by_defect(json.dumps({"b": boxes[::-1]}).encode()) == boxes[:100]
    assert named_by_defect(b"[]") == []
