from pathlib import Path

import pytest

from gateway.decode import Capture, CaptureError, capture_of
from ledger.core.errors import ConfigError

TAG = '{"hex": "BB02220011C43000E200001D7315016521408FC6B83EC27E", "note": "ignored"}'


def decode_lines(family: str, lines: list[str]) -> list[dict[str, object]]:
    return list(capture_of(family).read(line.encode() for line in lines))


def test_one_object_out_for_each_line_in() -> None:
    assert decode_lines("m100_uhf", [TAG, "\n", '{"hex": "BB01FF000115167E"}\r\n']) == [
        {"items": [{"type": "tag", "epc": "E200001D7315016521408FC6", "antenna": 1, "rssi_dbm": -60.0}]},
        {"items": []},
        {"items": [{"type": "status", "name": "no-tag"}]},
    ]


def test_every_line_meets_a_fresh_decoder() -> None:
    halves = ['{"hex": "BB02220011C43000E2"}', TAG]
    first, second = decode_lines("m100_uhf", halves)
    assert [first, second] == [
        {"items": [{"type": "noise", "bytes": 9, "reason": "unfinished frame"}]},
        {"items": [{"type": "tag", "epc": "E200001D7315016521408FC6", "antenna": 1, "rssi_dbm": -60.0}]},
    ]


def test_payload_may_be_json_plain_text_or_hex() -> None:
    state = {"items": [{"type": "reading", "sensor": "x", "celsius": 4.3, "quality": "good"}]}
    lines = [
        '{"topic": "zigbee2mqtt/x", "payload": {"temperature": 4.3}}',
        '{"topic": "zigbee2mqtt/x", "payload": "{\\"temperature\\": 4.3}"}',
        '{"topic": "zigbee2mqtt/x", "payload_hex": "7B2274656D7065726174757265223A20342E337D"}',
    ]
    lines += ['{"topic": "zigbee2mqtt/x", "hex": null, "retained": null, "text": "{\\"temperature\\": 4.3}"}']
    assert decode_lines("mqtt_temperature", lines) == [state] * 4


def test_retained_message_shows_no_reading() -> None:
    line = '{"topic": "zigbee2mqtt/x", "payload": {"temperature": 4.3}, "retained": true}'
    assert decode_lines("mqtt_temperature", [line]) == [
        {"items": [{"type": "status", "name": "retained", "detail": "x"}]}
    ]


@pytest.mark.parametrize("member", ['"retain": 1', '"retain": true', '"retained": 1'])
def test_a_line_as_mosquitto_sub_writes_it_says_whether_it_was_retained(member: str) -> None:
    line = '{"topic": "zigbee2mqtt/x", "qos": 0, "payload": {"temperature": 4.3}, ' + member + "}"
    assert decode_lines("mqtt_temperature", [line]) == [
        {"items": [{"type": "status", "name": "retained", "detail": "x"}]}
    ]


def test_a_line_that_was_not_retained_may_say_so() -> None:
    line = '{"topic": "zigbee2mqtt/x", "qos": 0, "retain": 0, "payload": {"temperature": 4.3}}'
    assert decode_lines("mqtt_temperature", [line]) == [
        {"items": [{"type": "reading", "sensor": "x", "celsius": 4.3, "quality": "good"}]}
    ]


def test_scan_that_begins_like_isbt_128_and_is_none_is_not_shown_as_a_label() -> None:
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "=<E0382\\r\\n"}'])
    assert "'type': 'noise'" in str(shown)
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "7310865004703\\r\\n"}'])
    assert shown == {"items": [{"type": "label", "text": "7310865004703"}]}


def test_scan_that_the_gateway_would_refuse_is_not_shown_as_a_label() -> None:
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "=A99992612345690\\r\\n"}'])
    why = "expected check flag 89 after A999926123456; got 90: scan the label again, or compare the printed number"
    assert shown == {"items": [{"type": "noise", "bytes": 16, "reason": why}]}
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "=A99992612345600=A99992612345700\\r\\n"}'])
    why = "expected one donation in a scan; got 2: scan each bag by itself"
    assert shown == {"items": [{"type": "noise", "bytes": 32, "reason": why}]}


def test_unknown_family_is_refused_before_any_line() -> None:
    with pytest.raises(CaptureError, match=r"unknown device family 'm200'.*m100_uhf"):
        decode_lines("m200", [])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"BB01", "malformed"),
        (b'{"hex": "BB0"}', "expected pairs of hex digits, came 'BB0'"),
        (b'{"hex": 5}', "Expected `str"),
        (b'{"note": "nothing to read"}', "expected `hex`"),
        (b"[]", "Expected `object`"),
        (b'{"text": "\xff"}', "utf-8"),
        (b'{"payload": "\\ud800"}', "line 1"),
        (b'{"payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion"),
    ],
)
def test_malformed_line_is_noise_that_says_why_and_the_next_ones_are_read(line: bytes, why: str) -> None:
    capture: Capture = capture_of("m100_uhf")
    broken, tag = capture.read([line, TAG.encode()])
    (refused,) = capture.refused
    assert refused.startswith("line 1: ")
    assert why in refused
    assert broken == {"items": [{"type": "noise", "bytes": len(line), "reason": refused}]}
    assert "E200001D7315016521408FC6" in str(tag)


def test_capture_of_a_windows_editor_is_read() -> None:
    (shown,) = capture_of("m100_uhf").read([b"\xef\xbb\xbf" + TAG.encode() + b"\r\n"])
    assert "E200001D7315016521408FC6" in str(shown)


MAPPING = """
[[mapping]]
name = "acme"
topic = "acme/{sensor}/state"
value = "/readings/0/t"
unit = "F"
scale = "0.1"
sequence = "/n"
"""


def mapped(folder: Path, toml: str, lines: list[str]) -> list[dict[str, object]]:
    (folder / "gateway.toml").write_text(toml)
    return list(capture_of("mqtt_json", folder).read(line.encode() for line in lines))


def test_a_mapping_is_tried_on_recorded_messages_before_there_is_anything_else(tmp_path: Path) -> None:
    said = '{"topic": "acme/fridge-7/state", "payload": {"readings": [{"t": 392}], "n": 5}}'
    elsewhere = '{"topic": "acme/fridge-7/alarm", "payload": 1}'
    shown, other = mapped(tmp_path, MAPPING, [said, elsewhere])
    reading = {"type": "reading", "sensor": "fridge-7", "celsius": 4.0, "quality": "good", "sequence": 5}
    assert shown == {"items": [reading]}
    reason = "the topic 'acme/fridge-7/alarm' is of no mapping: acme (acme/{sensor}/state)"
    assert other == {"items": [{"type": "noise", "bytes": 1, "reason": reason}]}


def test_a_message_is_tried_by_each_mapping_that_it_fits(tmp_path: Path) -> None:
    second = MAPPING.replace('"acme"', '"air"').replace("/readings/0/t", "/air")
    said = '{"topic": "acme/f/state", "payload": {"readings": [{"t": 392}], "air": 410}}'
    ((answer),) = mapped(tmp_path, MAPPING + second, [said])
    assert [item["celsius"] for item in answer["items"]] == [4.0, 5.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        (MAPPING.replace('"/readings/0/t"', '"t"'), r"mapping\[0\]\.value: expected a JSON pointer"),
        (MAPPING + MAPPING, "expected every mapping to have a name of its own"),
        ("[gateway]\nname = 1\n", r"expected a \[\[mapping\]\] in .*gateway\.toml; got none"),
        ("[[mapping]", "expected TOML"),
    ],
)
def test_a_mapping_that_cannot_be_is_told_by_its_key(tmp_path: Path, toml: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        mapped(tmp_path, toml, [])


def test_no_configuration_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected a configuration at .*gateway\.toml"):
        capture_of("mqtt_json", tmp_path)
