"""Every frame of tests/vectors/devices is what its `expect` says, as `xuemai gateway decode` would show it."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.decode import capture_of

VECTORS = Path(__file__).parents[3] / "vectors" / "devices"
LINES = [
    pytest.param(path.parent.name, line, id=json.loads(line)["id"])
    for path in sorted(VECTORS.glob("*/frames.jsonl"))
    for line in path.read_text(encoding="utf-8").splitlines()
]
SHOWN_AS = {
    "epc": "epc",
    "tid": "tid",
    "antenna": "antenna",
    "rssi_dbm": "rssi_dbm",
    "time": "time",
    "temp_c": "celsius",
    "rh": "humidity",
    "rom": "sensor",
    "aim": "aim",
    "compound": "compound",
    "structures": "structures",
}
KINDS = {"cmd": "status", "resp": "status", "error": "status", "status": "status", "tag": "tag", "reject": "noise"}


def decoded(family: str, line: str) -> list[dict[str, Any]]:
    (answer,) = capture_of(family).read([line.encode()])
    items: Any = answer["items"]
    return list(items)


def whole(expect: dict[str, Any]) -> bool:
    return list(expect) == ["items"]


@pytest.mark.parametrize(
    ("family", "line"), [each for each in LINES if not whole(json.loads(str(each.values[1]))["expect"])]
)
def test_frame_is_what_its_source_says(family: str, line: str) -> None:
    expect = json.loads(line)["expect"]
    items = decoded(family, line)
    if "items" in expect:
        assert items == expect["items"]
        return
    if "tags" in expect:
        assert [item["epc"] for item in items if item["type"] == "tag"] == expect["tags"] + expect["then_tags"]
        assert sum(item["type"] == "noise" and item["reason"] == "frame tail" for item in items) == expect["bad"]
        return
    (item,) = items
    named = {shown: expect[name] for name, shown in SHOWN_AS.items() if name in expect}
    assert {name: item.get(name) for name in named} == named
    assert item["type"] == KINDS.get(expect.get("type", ""), item["type"])


@pytest.mark.parametrize("family", sorted({str(each.values[0]) for each in LINES}))
def test_capture_is_item_by_item_what_it_is_known_to_say(family: str) -> None:
    lines = [str(each.values[1]) for each in LINES if each.values[0] == family]
    shown_lines = capture_of(family).read(line.encode() for line in lines)
    for line, shown in zip(lines, shown_lines, strict=True):
        frame = json.loads(line)
        if whole(frame["expect"]):
            assert (frame["id"], shown) == (frame["id"], frame["expect"])


@pytest.mark.parametrize(("family", "line"), LINES)
def test_what_is_no_reading_is_never_shown_as_a_good_one(family: str, line: str) -> None:
    expect = json.loads(line)["expect"]
    if whole(expect):
        assert all("celsius" not in item for item in expect["items"] if item.get("quality") == "fault")
        return
    (item, *_) = decoded(family, line)
    if "fault" in expect:
        assert item["quality"] == "fault"
        assert "celsius" not in item
    elif "suspect" in expect:
        assert item["quality"] == "suspect"
    elif "reject" in expect or expect.get("type") == "reject" or "partial" in expect:
        assert item["type"] == "noise"
    elif "temp_c" in expect:
        assert item["quality"] == "good"
    else:
        assert item["type"] in {"tag", "status", "fault", "label", "noise"}


def test_no_vector_is_left_out() -> None:
    assert len(LINES) >= 201
