"""What a tag remembers, told read after read: who stands alone is found once, and nothing follows for the unit."""

import pytest

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.folding import memories
from ledger.folding.fold import fold_unit
from ledger.folding.places import Places

UNIT = "unit:A999926123456.E0382V00"
TAG, DIN = "tag:E004015012345678", "din:A999926123456"
OURS = kinds.MemorySays(din=DIN, product="E0382V00", abo="A", rhd="positive", expires_local="20260405T2359")
PLASMA = kinds.MemorySays(din=DIN, product="E0701V00", abo="A", rhd="positive")


class Story:
    """A unit's history, event after event."""

    def __init__(self) -> None:
        self.history: list[Recorded] = []
        self.tell(kinds.Opening, unit=UNIT, abo="A", rhd="positive")

    def tell(self, kind: type[kinds.Event], **fields: object) -> "Story":
        minute = len(self.history)
        common = {"v": 1, "stream": "web", "seq": minute + 1, "nonce": "0" * 32, "clock": "synchronised"}
        event = kind(time=format_instant(minute * 60_000), **common, **fields)  # type: ignore[arg-type]
        self.history.append(Recorded(event, minute, 0))
        return self

    def scan(self, **fields: object) -> "Story":
        return self.tell(kinds.LabelScanned, device="device:s", **({"unit": UNIT} | fields))

    def read(self, says: kinds.MemorySays | None = None, **fields: object) -> "Story":
        outcome = {"outcome": "read" if says else "unreadable", "crc": "holds" if says else None}
        return self.tell(kinds.TagMemoryRead, tag=TAG, device="device:r", says=says, **(outcome | fields))

    def found(self) -> list[str]:
        return [each.rule for each in memories.differing(self.history, UNIT)]


def test_a_tag_that_remembers_its_own_bag_is_no_discrepancy() -> None:
    assert Story().scan(abo="A", rhd="positive", expires_local="20260405T2359").read(OURS).found() == []
    assert Story().read(OURS).found() == []


def test_whoever_stands_alone_is_found() -> None:
    other_group = kinds.MemorySays(din=DIN, product="E0382V00", abo="B", rhd="positive")
    assert Story().read(PLASMA).found() == ["tag.memory_differs"]
    assert Story().scan(abo="B", rhd="positive").read(OURS).found() == ["tag.label_differs"]
    assert Story().scan(abo="B", rhd="positive").read(other_group).found() == ["tag.ledger_differs"]
    third = kinds.MemorySays(din=DIN, product="E0382V00", abo="O", rhd="positive")
    assert Story().scan(abo="B", rhd="positive").read(third).found() == ["tag.all_differ"]


def test_the_expiry_is_held_against_the_labels_alone() -> None:
    late = kinds.MemorySays(din=DIN, product="E0382V00", expires_local="20260406T2359")
    assert Story().read(late).found() == []
    (found,) = memories.differing(Story().scan(expires_local="20260405T2359").read(late).history, UNIT)
    assert found.rule == "tag.memory_differs"
    assert "expiry: label 20260405T2359, memory 20260406T2359" in found.text


def test_another_bags_label_is_not_this_ones() -> None:
    assert Story().scan(unit="unit:A999926123456.E0701V00", abo="B", rhd="positive").read(OURS).found() == []


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"outcome": "unreadable", "reason": "expected printable ASCII"}, ["tag.memory_unreadable"]),
        ({"says": OURS, "outcome": "read", "crc": "differs"}, ["tag.memory_unreadable"]),
        (
            {"says": OURS, "outcome": "read", "crc": "holds", "reason": "expected AFI C4, came 00"},
            ["tag.memory_format"],
        ),
        ({"outcome": "blank", "reason": "expected a message"}, []),
        ({"outcome": "not_read", "reason": "the tag left"}, []),
    ],
)
def test_damage_is_a_discrepancy_and_a_blank_or_hurried_tag_is_none(
    fields: dict[str, object], rules: list[str]
) -> None:
    assert Story().read(**fields).found() == rules


def test_the_same_again_is_one_and_what_changed_is_another() -> None:
    story = Story().read(PLASMA).read(PLASMA).read(outcome="not_read").read(PLASMA)
    assert story.found() == ["tag.memory_differs"]
    assert story.read(OURS).read(PLASMA).found() == ["tag.memory_differs"] * 2, "it was right in between"


def test_nothing_of_the_unit_follows_from_a_tag() -> None:
    before = fold_unit(Story().history, UNIT, places=Places())
    after = fold_unit(Story().read(PLASMA, place="place:a").history, UNIT, places=Places())
    assert before is not None
    assert after is not None
    assert (after.state, after.abo, after.rhd, after.place, after.holder, after.changed_ms) == (
        before.state, before.abo, before.rhd, before.place, before.holder, before.changed_ms,
    )  # fmt: skip
    assert [each.rule for each in after.findings] == ["tag.memory_differs"]
