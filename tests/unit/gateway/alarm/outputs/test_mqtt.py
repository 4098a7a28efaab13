"""An MQTT topic as an output, before a broker that takes its time."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from firmware_mocks.cast import free_port
from gateway.alarm.notice import Notice
from gateway.alarm.outputs.mqtt import MqttOutput
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import MqttOutputSettings
from gateway.config import MqttSettings
from tests.support.gateway_site import Mock, mocks, wait_for

ACCEPTED, NOT_AUTHORISED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"


@contextmanager
def broker(answer: bytes) -> Iterator[tuple[MqttSettings, threading.Event]]:
    """Takes one connection, answers it (MQTT 3.1.1, 3.2), though not at once, and hangs up when the event is set."""
    hang_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            connection, _ = door.accept()
            with connection:
                connection.recv(1024)
                hang_up.wait(0.2)
                connection.sendall(answer)
                hang_up.wait()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield MqttSettings("127.0.0.1", door.getsockname()[1], None, None, None), hang_up
        finally:
            hang_up.set()
            thread.join()


def output(settings: MqttSettings) -> MqttOutput:
    return MqttOutput(MqttOutputSettings("wall", "xuemai/alarm"), settings, "xuemai-gw-wall")


def check_until_it_fails(wall: MqttOutput) -> None:
    while True:
        wall.check()


def test_a_broker_that_has_not_answered_yet_is_no_lost_connection_and_one_that_went_is() -> None:
    with broker(ACCEPTED) as (settings, hang_up):
        wall = output(settings)
        wall.check()
        hang_up.set()
        with pytest.raises(OutputFailed, match="it is lost"):
            check_until_it_fails(wall)


def test_a_broker_that_refuses_is_a_failure() -> None:
    with broker(NOT_AUTHORISED) as (settings, _), pytest.raises(OutputFailed, match="connection to the broker"):
        output(settings).check()


def test_no_broker_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        nobody = MqttSettings("127.0.0.1", door.getsockname()[1], None, None, None)
    with pytest.raises(OutputFailed, match="expected a broker"):
        output(nobody).check()


def standing(port: int) -> set[str]:
    """The phases that somebody hears who begins to listen now."""
    phases: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: phases.append(json.loads(message.payload)["phase"])
    client.connect("127.0.0.1", port)
    client.subscribe("xuemai/alarm/#", qos=1)
    client.loop_start()
    wait_for(lambda: phases, "what stands there")
    client.disconnect()
    client.loop_stop()
    return set(phases)


def said(wall: MqttOutput) -> bool:
    with contextlib.suppress(OutputFailed):
        wall.check()
        return True
    return False


def test_an_alarm_that_was_over_while_the_broker_was_away_does_not_stand_there_for_good(
    tmp_path: Path, notice: Notice
) -> None:
    port = free_port()
    wall = output(MqttSettings("127.0.0.1", port, None, None, None))

    def start() -> Mock:
        return mock("broker", "--port", str(port), "--store", str(tmp_path))

    with mocks() as mock:
        running = start()
        wall.tell(notice)
        assert standing(port) == {"raised"}
        running.end()
        wait_for(lambda: not said(wall), "the loss to be noticed")
        with pytest.raises(OutputFailed, match="expected a broker"):
            wall.tell(msgspec.structs.replace(notice, phase="over"))
        start()
        wait_for(lambda: said(wall), "the broker")
        assert standing(port) == {"over"}
