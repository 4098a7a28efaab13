"""A run sorts sightings by tag and loses nothing of them that matters."""

from ledger.core import kinds
from ledger.core.events import encode
from ledger.core.merkle import leaf_hash
from ledger.store.sightings import Gathering, SeenTag, sightings

STREAM = "gw-a/1/c"
HOUR = 492_324
"""Since the Unix epoch: 2026-03-01T12:00."""


def seen(tag: str, time: str, place: str | None = "place:fridge") -> kinds.TagLeft:
    return kinds.TagLeft(
        v=1,
        stream=STREAM,
        seq=1,
        nonce="0" * 32,
        time=time,
        clock="synchronised",
        place=place,
        tag=tag,
        device="device:r",
        reads=1,
    )


def at(second: int) -> str:
    return f"2026-03-01T12:00:{second:02}.000Z"


def gather(*batches: list[kinds.TagLeft]) -> Gathering:
    gathering = Gathering(first=7)
    for events in batches:
        bodies = [encode(event) for event in events]
        assert gathering.fits(events)
        gathering.add(events, bodies, [leaf_hash(body) for body in bodies])
    return gathering


def test_a_tags_sightings_stand_together_in_log_order() -> None:
    one = [seen("tag:E0040001", at(5)), seen("tag:E0040002", at(6))]
    other = [seen("tag:E0040001", at(3), place="place:bench"), seen("tag:E0040001", at(9), place=None)]
    run = gather(one, other).run()
    leaves = [leaf_hash(encode(event)) for event in (*one, *other)]
    assert (run.first, run.counts, run.first_id, run.end) == (7, [2, 2], 7 * 1024, 9)
    assert run.hour == HOUR
    assert list(run.tags) == ["tag:E0040001", "tag:E0040002"]
    a_leaves = leaves[0] + leaves[2] + leaves[3]
    assert run.tags["tag:E0040001"] == SeenTag(
        [0, 1024, 1025], a_leaves, at(5) + at(3) + at(9), at(3), at(9), [0, 1, 2]
    )
    assert run.tags["tag:E0040002"] == SeenTag([1], leaves[1], at(6), at(6), at(6), [0])
    assert run.places == {"place:fridge": [0, 1], "place:bench": [1024]}
    assert run.devices == {"device:r": [0, 1, 1024, 1025]}
    assert run.said == [encode(one[0]), encode(other[0]), encode(other[1])]


def test_where_all_say_the_same_nothing_tells_which() -> None:
    run = gather([seen("tag:E0040001", at(1)), seen("tag:E0040001", at(2))]).run()
    assert run.tags["tag:E0040001"].said == []
    assert len(run.said) == 1


def test_another_hour_begins_another_run() -> None:
    assert not gather([seen("tag:E0040001", at(1))]).fits([seen("tag:E0040001", "2026-03-01T13:00:00.000Z")])


def test_only_sightings_of_one_hour_in_a_custody_stream_make_a_run() -> None:
    plain = seen("tag:E0040001", at(1))
    opening = kinds.Opening(
        v=1, stream="web", seq=1, nonce="0" * 32, time=at(1), clock="synchronised", unit="unit:A999926123456.E0382V00"
    )
    assert sightings([plain], stream=STREAM) == [plain]
    assert sightings([plain, opening], stream=STREAM) is None
    assert sightings([plain], stream="web") is None
    common = {"v": 1, "stream": STREAM, "seq": 2, "nonce": "0" * 32, "time": at(1), "clock": "synchronised"}
    memory = kinds.TagMemoryRead(tag="tag:E0040001", device="device:r", outcome="blank", **common)  # type: ignore[arg-type]
    assert sightings([plain, memory], stream=STREAM) is None, "of memories each says something else"
    other_hour = seen("tag:E0040001", "2026-03-01T13:00:00.000Z")
    assert sightings([plain, other_hour], stream=STREAM) is None
