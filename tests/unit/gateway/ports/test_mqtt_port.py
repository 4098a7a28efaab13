"""The MQTT port's view of a broker's answers; a real broker is in tests/integration."""

import queue
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from firmware_mocks.cast import free_port
from gateway.config import MqttSettings
from gateway.ports import mqtt_port
from gateway.ports.mailbox import Heard, Letter, Lost, Opened
from gateway.ports.mqtt_port import MqttPort, Subscription
from gateway.session import Moment
from gateway.wire.impinj_r700_mqtt import R700Decoder
from gateway.wire.items import Status
from ledger.clock import SystemClock
from tests.support.tls_front import DAY_MS, TlsFront, make_authority, make_server

GRANTED = [ReasonCode(PacketTypes.SUBACK, "Granted QoS 1")]
FAILED = [ReasonCode(PacketTypes.SUBACK, "Unspecified error")]


class Story:
    """A port whose broker a test plays."""

    def __init__(self) -> None:
        self.letters: queue.SimpleQueue[Letter] = queue.SimpleQueue()
        subscriptions = [Subscription("rfid/gate", R700Decoder()), Subscription("rfid/+", R700Decoder())]
        settings = MqttSettings("127.0.0.1", 1, None, None, None)
        self.port = MqttPort(settings, "mqtt", "xuemai-gw", subscriptions, lambda: Moment(0, 0.0), self.letters.put)

    def subscribed(self, number: int, topic: str, answer: list[ReasonCode]) -> list[Letter]:
        self.port._asked[number] = topic
        self.port._on_subscribe(self.port._client, None, number, answer, None)
        return self.told()

    def told(self) -> list[Letter]:
        found = []
        while not self.letters.empty():
            found.append(self.letters.get())
        return found


def test_it_is_not_open_before_every_subscription_is_granted() -> None:
    story = Story()
    assert story.subscribed(1, "rfid/gate", GRANTED) == []
    assert [type(each) for each in story.subscribed(2, "rfid/+", GRANTED)] == [Opened]


def test_a_refused_subscription_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_port, "SUBSCRIBE_AGAIN_SECONDS", 0.01)
    story = Story()
    story.subscribed(1, "rfid/gate", GRANTED)
    assert [type(each) for each in story.subscribed(2, "rfid/+", FAILED)] == [Lost]
    assert [type(each) for each in story.subscribed(3, "rfid/+", GRANTED)] == [Opened]


def test_a_message_that_two_filters_match_is_acknowledged_once_and_last() -> None:
    story = Story()
    message = mqtt.MQTTMessage(7, b"rfid/gate")
    message.payload, message.qos = b'{"eventType": "diagnostic"}', 1
    story.port._on_message(story.port._client, None, message)
    heard = [each for each in story.told() if isinstance(each, Heard)]
    assert [each.topic for each in heard] == ["rfid/gate", "rfid/+"]
    assert [each.message for each in heard] == [None, 7]
    assert all(each.items == (Status("event", "diagnostic"),) for each in heard)


def test_a_message_that_no_filter_matches_is_acknowledged_all_the_same() -> None:
    story = Story()
    message = mqtt.MQTTMessage(8, b"elsewhere")
    message.qos = 1
    story.port._on_message(story.port._client, None, message)
    (heard,) = story.told()
    assert isinstance(heard, Heard)
    assert (heard.items, heard.message) == ((), 8)


def test_each_topic_goes_to_its_own_filters_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_port, "MANY_TOPICS", 3)
    story = Story()
    once = [*((f"rfid/{each}", ["rfid/+"]) for each in range(10)), ("rfid/gate", ["rfid/gate", "rfid/+"]), ("x", [""])]
    for topic, filters in once * 2:
        message = mqtt.MQTTMessage(1, topic.encode())
        message.payload = b'{"eventType": "diagnostic"}'
        story.port._on_message(story.port._client, None, message)
        assert [each.topic for each in story.told() if isinstance(each, Heard)] == filters
        assert len(story.port._listeners) <= 3
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(mqtt, "topic_matches_sub", lambda *named: asked.append(named))
    story.port._on_message(story.port._client, None, message)
    assert asked == [], "what a topic comes under is asked once"


def test_the_brokers_certificate_is_told_when_it_was_believed(tmp_path: Path) -> None:
    make_server(tmp_path, make_authority(tmp_path), "127.0.0.1")
    told: queue.SimpleQueue[int] = queue.SimpleQueue()
    with TlsFront(tmp_path, free_port()) as front:
        settings = MqttSettings("127.0.0.1", front.port, None, None, tmp_path / "ca.crt")
        port = MqttPort(settings, "mqtt", "xuemai-gw", [], lambda: Moment(0, 0.0), lambda _letter: None, told.put)
        port.start()
        until_ms = told.get(timeout=20)
        port.end()
    assert 29 * DAY_MS < until_ms - SystemClock().now_ms() <= 30 * DAY_MS
