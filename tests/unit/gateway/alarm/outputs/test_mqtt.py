"""An MQTT topic as an output, before a broker that takes its time."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.alarm.outputs.mqtt import MqttOutput
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import MqttOutputSettings
from gateway.config import MqttSettings

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
