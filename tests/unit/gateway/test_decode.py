import pytest

from gateway.decode import CaptureError, decode_lines

TAG = '{"hex": "BB02220011C43000E200001D7315016521408FC6B83EC27E", "note": "ignored"}'


def test_one_object_out_for_each_line_in() -> None:
    assert list(decode_lines("m100_uhf", [TAG, "", '{"hex": "BB01FF000115167E"}'])) == [
        {"items": [{"type": "tag", "epc": "E200001D7315016521408FC6", "antenna": 1, "rssi_dbm": -60.0}]},
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
    assert list(decode_lines("mqtt_temperature", lines)) == [state] * 3


def test_retained_message_shows_no_reading() -> None:
    line = '{"topic": "zigbee2mqtt/x", "payload": {"temperature": 4.3}, "retained": true}'
    assert list(decode_lines("mqtt_temperature", [line])) == [
        {"items": [{"type": "status", "name": "retained", "detail": "x"}]}
    ]


def test_scan_that_begins_like_isbt_128_and_is_none_is_not_shown_as_a_label() -> None:
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "=<E0382\\r\\n"}'])
    assert "'type': 'noise'" in str(shown)
    (shown,) = decode_lines("barcode_isbt128", ['{"text": "7310865004703\\r\\n"}'])
    assert shown == {"items": [{"type": "label", "text": "7310865004703"}]}


def test_unknown_family_is_refused_before_any_line() -> None:
    with pytest.raises(CaptureError, match=r"unknown device family 'm200'.*m100_uhf"):
        decode_lines("m200", [])


@pytest.mark.parametrize(
    ("family", "line"),
    [
        ("m100_uhf", "BB01"),
        ("m100_uhf", '{"hex": "BB0"}'),
        ("m100_uhf", '{"topic": "t", "payload": {}}'),
        ("m100_uhf", '{"hex": 5}'),
        ("mqtt_temperature", '{"hex": "BB01"}'),
        ("mqtt_temperature", '{"topic": "t"}'),
        ("mqtt_temperature", "[]"),
    ],
)
def test_malformed_line_is_refused_by_its_number(family: str, line: str) -> None:
    with pytest.raises(CaptureError, match="line 2: "):
        list(decode_lines(family, ["", line]))
