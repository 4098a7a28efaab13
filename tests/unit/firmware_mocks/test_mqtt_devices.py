"""The devices that publish, over a real broker: an Impinj R700 and a Zigbee2MQTT bridge."""

import json
import queue
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_mocks.clock import write_clock
from firmware_mocks.links import MqttLink

AT_MS = 1_767_225_600_000
EPC = "E2C451A3A5011FA00F354693"


class Listener:
    """A subscriber, and what it heard."""

    def __init__(self, port: int, topic: str) -> None:
        self.heard: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
        granted: queue.Queue[None] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"listener-{uuid.uuid4().hex}")
        self.client.on_message = lambda _client, _userdata, message: self.heard.put(message)
        self.client.on_subscribe = lambda *_: granted.put(None)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        self.client.subscribe(topic, qos=1)
        granted.get(timeout=10)

    def next(self, *, within_seconds: float = 5.0) -> mqtt.MQTTMessage:
        return self.heard.get(timeout=within_seconds)

    def event(self) -> dict[str, Any]:
        event = json.loads(self.next().payload)
        assert isinstance(event, dict)
        return event

    def nothing(self, seconds: float = 0.3) -> bool:
        try:
            self.next(within_seconds=seconds)
        except queue.Empty:
            return True
        return False

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def listen(broker: int) -> Iterator[Callable[[str], Listener]]:
    listeners: list[Listener] = []

    def listening(topic: str) -> Listener:
        listeners.append(Listener(broker, topic))
        return listeners[-1]

    yield listening
    for listener in listeners:
        listener.close()


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    write_clock(path, AT_MS)
    return path


@pytest.fixture
def name() -> str:
    """A name that no other test uses: the broker keeps what is retained."""
    return f"t{uuid.uuid4().hex[:12]}"


@pytest.fixture
def reader(start: Callable[..., Any], broker: int, clock_file: Path, name: str) -> Callable[..., Any]:
    def starting(*options: str) -> Any:
        common = ("--port", str(broker), "--clock", str(clock_file), "--topic", f"rfid/{name}", "--hostname", name)
        return start("impinj_r700", *common, *options)

    return starting


@pytest.fixture
def bridge(start: Callable[..., Any], broker: int, clock_file: Path, name: str, tmp_path: Path) -> Callable[..., Any]:
    def starting(*options: str) -> Any:
        common = ("--port", str(broker), "--clock", str(clock_file), "--truth", str(tmp_path / "truth"))
        return start("zigbee2mqtt", *common, "--zone", f"{name}=fridge,start=4.2", *options)

    return starting


def test_a_reader_says_that_it_runs_and_reports_its_tags(
    reader: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    listener = listen(f"rfid/{name}")
    program = reader("--epc-hex", "--antenna", "2=issue-counter")
    status = listener.event()
    assert status["eventType"] == "inventoryStatus"
    assert status["inventoryStatusEvent"] == {"inventoryStatus": "running"}
    program.order("field", tags=[{"epc": EPC, "antenna": 2, "rssi": -57.5, "pc": "3400"}])
    write_clock(clock_file, AT_MS + 1000)
    event = listener.event()
    assert re.fullmatch(r"2026-01-01T00:00:01\.000\d{6}Z", event["timestamp"])
    assert (event["hostname"], event["eventType"]) == (name, "tagInventory")
    tag = event["tagInventoryEvent"]
    # As captured from a reader: this EPC and this PC in base64.
    assert (tag["epc"], tag["epcHex"], tag["pc"]) == ("4sRRo6UBH6APNUaT", EPC, "NAA=")
    assert (tag["antennaPort"], tag["antennaName"]) == (2, "issue-counter")
    assert abs(tag["peakRssiCdbm"] + 5750) < 800
    assert listener.nothing()
    write_clock(clock_file, AT_MS + 600_000)
    assert listener.event()["tagInventoryEvent"]["epcHex"] == EPC
    assert listener.nothing()


def test_base64_is_url_safe_and_hex_is_optional(
    reader: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    listener = listen(f"rfid/{name}")
    program = reader()
    listener.event()
    program.order("field", tags=[{"epc": "FBFFBEFBFFFE"}])
    write_clock(clock_file, AT_MS + 1000)
    tag = listener.event()["tagInventoryEvent"]
    # The plain alphabet would say "+/+++//+".
    assert tag["epc"] == "-_---__-"
    assert not {"epcHex", "antennaName"} & tag.keys()


def test_a_lost_antenna_is_reported_and_its_tags_vanish(
    reader: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    listener = listen(f"rfid/{name}")
    program = reader()
    listener.event()
    program.order("field", tags=[{"epc": EPC, "antenna": 1}])
    program.order("antenna", antenna=1, connected=False)
    lost = listener.event()
    assert (lost["eventType"], lost["antennaDisconnectedEvent"]) == ("antennaDisconnected", {"antennaPort": 1})
    write_clock(clock_file, AT_MS + 1000)
    assert listener.nothing()
    program.order("antenna", antenna=1, connected=True)
    assert listener.event()["eventType"] == "antennaConnected"
    program.order("fault", name="antenna_disconnected", seconds=5)
    write_clock(clock_file, AT_MS + 2000)
    assert listener.event()["eventType"] == "antennaDisconnected"
    write_clock(clock_file, AT_MS + 10_000)
    assert [listener.event()["eventType"] for _ in range(2)] == ["antennaConnected", "tagInventory"]


def test_a_sensor_reports_with_its_time(
    bridge: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str, tmp_path: Path
) -> None:
    listener = listen(f"zigbee2mqtt/{name}")
    program = bridge()
    states = [listener.event()]
    write_clock(clock_file, AT_MS + 60_000)
    states.append(listener.event())
    assert states[-1]["last_seen"] == "2026-01-01T00:01:00.000Z"
    assert set(states[-1]) == {"battery", "humidity", "last_seen", "linkquality", "temperature", "voltage"}
    assert abs(states[-1]["temperature"] - 4.2) < 0.4
    told = [json.loads(line) for line in (tmp_path / "truth").read_text().splitlines()]
    assert [line["centi_celsius"] for line in told] == [round(state["temperature"] * 100) for state in states]
    assert program.ask("stats")["readings"] == 2


def test_wrong_states_come_through_as_they_are(
    bridge: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    listener = listen(f"zigbee2mqtt/{name}")
    program = bridge("--last-seen", "disable")
    first = listener.next().payload
    assert b"last_seen" not in first
    at_ms = AT_MS
    shown = []
    for fault in ("invalid", "null", "zero"):
        program.order("fault", name=fault)
        at_ms += 60_000
        write_clock(clock_file, at_ms)
        shown.append(listener.event()["temperature"])
    assert shown == [327.67, None, 0.0]
    program.order("fault", name="duplicate")
    write_clock(clock_file, at_ms + 60_000)
    again = listener.next().payload
    assert listener.next().payload == again
    program.order("fault", name="cached")
    write_clock(clock_file, at_ms + 120_000)
    assert listener.next().payload == again
    program.order("fault", name="silence")
    write_clock(clock_file, at_ms + 180_000)
    assert listener.nothing()


def test_a_retained_state_is_replayed_to_who_connects_later(
    bridge: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    listener = listen(f"zigbee2mqtt/{name}")
    program = bridge()
    listener.next()
    program.order("fault", name="retained")
    write_clock(clock_file, AT_MS + 60_000)
    live = listener.next()
    assert not live.retain
    replayed = listen(f"zigbee2mqtt/{name}").next()
    assert replayed.retain
    assert replayed.payload == live.payload


def test_availability_is_announced_and_the_broker_tells_of_a_vanished_bridge(
    bridge: Callable[..., Any], listen: Callable[[str], Listener], clock_file: Path, name: str
) -> None:
    program = bridge()
    available = listen(f"zigbee2mqtt/{name}/availability")
    assert available.event() == {"state": "online"}
    states = listen(f"zigbee2mqtt/{name}")
    program.order("availability", zone=name, online=False)
    assert available.event() == {"state": "offline"}
    write_clock(clock_file, AT_MS + 60_000)
    assert states.nothing()
    bridge_state = listen("zigbee2mqtt/bridge/state")
    assert bridge_state.event() == {"state": "online"}
    program.order("replug")
    assert [bridge_state.event() for _ in range(2)] == [{"state": "offline"}, {"state": "online"}]
    # What the bridge remembers it tells again, with the old time.
    assert states.event()["last_seen"] == "2026-01-01T00:00:00.000Z"


def test_without_a_broker_a_device_gives_up_with_a_reason() -> None:
    link = MqttLink("127.0.0.1", 1, client_id="nobody")
    with pytest.raises(TimeoutError, match="no broker answered at mqtt:"):
        link.connect(within_seconds=0.1)
