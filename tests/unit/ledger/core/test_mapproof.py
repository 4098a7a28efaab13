"""Entries of the unit map as a passport carries them: what is shown, and every way of showing it wrongly."""

import dataclasses
from hashlib import sha256

import msgspec
import pytest

from ledger.core.errors import NoteError, Refused
from ledger.core.mapproof import CarriedEntry, CarriedMap, MapNote, entries_of, parse_text, prove, root_of_carried
from ledger.core.unitmap import UnitMap, bucket_of, path_of

SUBJECTS = [f"tag:{number:08X}" for number in range(3000)]
"""So many that some buckets hold several."""


@pytest.fixture(scope="module")
def whole() -> UnitMap:
    made = UnitMap()
    for subject in SUBJECTS:
        made.append(subject, sha256(subject.encode()).digest())
    return made


def shown(whole: UnitMap, subjects: list[str]) -> CarriedMap:
    entries = entries_of({subject: whole.lists[subject] for subject in subjects})
    return prove(entries, as_of_size=9, cosignatures="", bucket=whole.bucket, node=whole.node)


def crowded() -> list[str]:
    """Two subjects of one bucket."""
    seen: dict[int, str] = {}
    for subject in SUBJECTS:
        other = seen.setdefault(bucket_of(path_of(subject)), subject)
        if other != subject:
            return [subject, other]
    raise AssertionError("expected two subjects in one bucket")


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_entries_lead_to_the_root(whole: UnitMap, count: int) -> None:
    assert root_of_carried(shown(whole, SUBJECTS[:count])) == whole.root()


def test_entries_of_one_bucket_share_its_proof(whole: UnitMap) -> None:
    carried = shown(whole, [*crowded(), SUBJECTS[0]])
    assert len(carried.buckets) == 2
    assert root_of_carried(carried) == whole.root()


def test_a_bucket_that_is_shown_twice_is_refused(whole: UnitMap) -> None:
    """Or the second, true showing would vouch for a first, false one."""
    first, second = sorted(crowded(), key=path_of)
    false = [CarriedEntry(subject=first, count=7, head="A" * 43 + "=")]
    true = shown(whole, [second])
    both = msgspec.structs.replace(true, entries=false + true.entries, buckets=true.buckets * 2)
    assert isinstance(root_of_carried(both), Refused)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"head": "A" * 43 + "="},
        {"subject": "tag:FFFFFFFF"},
    ],
)
def test_an_entry_that_was_changed_does_not(whole: UnitMap, change: dict) -> None:
    carried = shown(whole, SUBJECTS[:1])
    entry = msgspec.structs.replace(carried.entries[0], **change)
    assert root_of_carried(msgspec.structs.replace(carried, entries=[entry])) != whole.root()


def test_entries_out_of_order_or_twice_are_refused(whole: UnitMap) -> None:
    carried = shown(whole, SUBJECTS[:2])
    for entries in (carried.entries[::-1], [carried.entries[0], carried.entries[0]]):
        assert isinstance(root_of_carried(msgspec.structs.replace(carried, entries=entries)), Refused)


def test_buckets_that_do_not_hold_the_entries_are_refused(whole: UnitMap) -> None:
    carried = shown(whole, SUBJECTS[:2])
    first, second = carried.buckets
    moved = msgspec.structs.replace(first, bucket=first.bucket ^ 1)
    wide = msgspec.structs.replace(first, positions=[*first.positions, 99])
    crooked = msgspec.structs.replace(first, positions=[-1])
    for buckets in ([first], [first, first], [second, first], [moved, second], [wide, second], [crooked, second]):
        assert isinstance(root_of_carried(msgspec.structs.replace(carried, buckets=buckets)), Refused)
    more = msgspec.structs.replace(carried, proof=[*carried.proof, "A" * 43 + "="])
    assert isinstance(root_of_carried(more), Refused)


def test_a_subject_without_entry_cannot_be_shown(whole: UnitMap) -> None:
    entry = CarriedEntry(subject="tag:FFFFFFFF", count=0, head="A" * 43 + "=")
    with pytest.raises(ValueError, match="there is none"):
        prove([entry], as_of_size=1, cosignatures="", bucket=whole.bucket, node=whole.node)


def test_the_note_that_auditors_cosign_has_one_spelling() -> None:
    note = MapNote("demo.a9999.example/ledger/1", 42, bytes(32))
    assert note.format() == f"xuemai/map/v1\ndemo.a9999.example/ledger/1\n42\n{'A' * 43}=\n"
    assert parse_text(note.format()) == note
    text = note.format()
    for wrong in (text[:-1], text + "\n", text.replace("42", "042"), text.replace("/v1", "/v2"), text.replace("=", "")):
        with pytest.raises(NoteError):
            parse_text(wrong)
    with pytest.raises(NoteError):
        parse_text(dataclasses.replace(note, origin="").format())
