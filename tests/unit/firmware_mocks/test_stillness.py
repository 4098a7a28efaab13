"""The outside arithmetic of interruptions, on ways short enough to follow with a finger."""

from dataclasses import dataclass

import pytest

from firmware_mocks.mounted import instant
from firmware_mocks.stillness import longest_still

NINE = "2026-03-02T09:00:00.000Z"
MINUTE = 60_000


@dataclass(frozen=True)
class Stay:
    place: str
    since_ms: int
    until_ms: int


def stay(place: str, since: int, until: int) -> Stay:
    return Stay(place, instant(NINE) + since * MINUTE, instant(NINE) + until * MINUTE)


def said(kind: str, minute: int, place: str = "a") -> dict[str, object]:
    return {"kind": f"agitation_{kind}", "time": NINE.replace(":00:", f":{minute:02d}:"), "place": place}


@pytest.mark.parametrize(
    ("stays", "events", "minutes"),
    [
        ([stay("a", 0, 50)], [], 0),
        ([stay("a", 0, 50)], [said("stopped", 10)], 40),
        ([stay("a", 0, 50)], [said("stopped", 10), said("resumed", 25)], 15),
        ([stay("a", 20, 50)], [said("stopped", 10), said("resumed", 25)], 5),
        ([stay("a", 0, 50)], [said("stopped", 10), said("resumed", 10)], 0),
        ([stay("a", 0, 50)], [said("resumed", 25), said("stopped", 10)], 15),
        ([stay("a", 0, 50)], [said("stopped", 10, "b")], 0),
        ([stay("a", 0, 20), stay("b", 22, 50)], [said("stopped", 10), said("stopped", 5, "b")], 40),
        ([stay("a", 0, 20), stay("c", 22, 30), stay("a", 30, 50)], [said("stopped", 10)], 20),
        ([stay("ward", 0, 50)], [said("stopped", 10, "ward")], 0),
    ],
)
def test_the_longest_interruption(stays: list[Stay], events: list[dict[str, object]], minutes: int) -> None:
    assert longest_still(stays, events, needs=lambda place: place != "ward") == minutes * MINUTE


def test_other_events_say_nothing_of_it() -> None:
    assert longest_still([stay("a", 0, 50)], [{"kind": "stored"}], needs=lambda _: True) == 0
