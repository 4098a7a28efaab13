"""What messages say of the devices that are configured for their topics, and of those that are not."""

import json
from pathlib import Path

import pytest

from gateway import config
from gateway.config import Config
from gateway.doctor import topics
from gateway.doctor.broker import Message, Visit
from gateway.doctor.finding import Finding
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

SETTINGS = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
"""
READER = """
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/+"
antennas = [{antenna = 3, place = "place:centre/gate"}]
"""
PROBE = """
[[probe]]
name = "fridge-7"
family = "mqtt_temperature"
topic = "tele/+/SENSOR"
sensor = "0000005CBBBA"
place = "place:centre/fridge-7"
measures = "air"
"""
TAG = json.dumps(
    {"eventType": "tagInventory", "tagInventoryEvent": {"epc": "ikUCJA==", "antennaPort": 3, "peakRssiCdbm": -7400}}
).encode()
COLD = b'{"Time":"2025-05-13T09:50:50","DS18B20":{"Id":"0000005CBBBA","Temperature":4.2},"TempUnit":"C"}'
OTHER = COLD.replace(b"0000005CBBBA", b"FFFF005CBBBA")


def configured(*tables: str) -> Config:
    return config.parse((SETTINGS + "".join(tables)).encode(), Path("/"))


def judged(messages: list[Message], *tables: str, refused: set[str] | None = None) -> list[Finding]:
    told = Visit(Finding("ok", "broker-good"), refused or set(), messages)
    return list(topics.judged(configured(*tables), told, 3.0))


@pytest.mark.parametrize(
    ("messages", "level", "name"),
    [
        ([], "warning", "topic-silent"),
        ([Message("elsewhere", TAG, retained=False)], "warning", "topic-silent"),
        ([Message("rfid/gate", TAG, retained=True)], "warning", "topic-kept"),
        ([Message("rfid/gate", TAG, retained=True), Message("rfid/gate", TAG, retained=False)], "ok", "topic-heard"),
        ([Message("rfid/gate", b"hello", retained=False)], "fault", "topic-strange"),
    ],
)
def test_a_topic_is_silent_or_kept_or_heard_or_strange(messages: list[Message], level: str, name: str) -> None:
    (found,) = judged(messages, READER)
    assert (found.level, found.name, found.values["device"]) == (level, name, "gate")


def test_a_topic_that_is_heard_counts_its_reads_and_a_strange_one_shows_how_it_begins() -> None:
    (heard,) = judged([Message("rfid/gate", TAG, retained=False)] * 2, READER)
    assert (heard.values["messages"], heard.values["facts"]) == ("2", "2")
    (strange,) = judged([Message("rfid/gate", b"hello \xff", retained=False)], READER)
    assert "hello \\xff" in strange.said("en")
    assert "impinj_r700_mqtt" in strange.said("zh")


def test_a_topic_that_is_not_granted_is_a_fault_whatever_comes() -> None:
    (found,) = judged([Message("rfid/gate", TAG, retained=False)], READER, refused={"rfid/+"})
    assert (found.level, found.name) == ("fault", "topic-refused")


def test_a_sensor_of_another_name_is_told_with_those_that_spoke() -> None:
    right, wrong = Message("tele/a/SENSOR", COLD, retained=False), Message("tele/a/SENSOR", OTHER, retained=False)
    assert [each.name for each in judged([right, wrong], PROBE)] == ["topic-heard"]
    heard, other = judged([wrong], PROBE)
    assert (heard.name, other.name) == ("topic-heard", "sensor-other")
    assert (other.values["device"], other.values["sensor"]) == ("fridge-7", "0000005CBBBA")
    assert other.values["heard"] == "FFFF005CBBBA"


def test_probes_that_share_a_topic_are_read_together() -> None:
    second = PROBE.replace("fridge-7", "fridge-8").replace("0000005CBBBA", "FFFF005CBBBA")
    heard = judged([Message("tele/a/SENSOR", COLD, retained=False)], PROBE, second)
    assert [(each.name, each.values["device"]) for each in heard] == [
        ("topic-heard", "fridge-7, fridge-8"),
        ("sensor-other", "fridge-8"),
    ]


def test_who_is_not_configured_is_known_by_what_he_says() -> None:
    said = [
        Message("rfid/gate", TAG, retained=False),
        Message("new/reader", TAG, retained=True),
        Message("tele/b/SENSOR", OTHER, retained=False),
        Message("lamp/state", b'{"on": true}', retained=False),
    ]
    told = Visit(Finding("ok", "broker-good"), set(), said)
    met = topics.unknown(told, ["rfid/+", "#"])
    assert [(each.topic, each.family) for each in met] == [
        ("new/reader", "impinj_r700_mqtt"),
        ("tele/b/SENSOR", "mqtt_temperature"),
    ]
    assert [len(each.items) for each in met] == [1, 1]


def test_a_broker_that_carries_a_whole_house_is_looked_at_in_part() -> None:
    said = [Message(f"gate/{number}", TAG, retained=False) for number in range(topics.MOST_TOPICS + 5)]
    assert len(topics.unknown(Visit(Finding("ok", "broker-good"), set(), said), [])) == topics.MOST_TOPICS
