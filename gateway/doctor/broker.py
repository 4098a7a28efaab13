"""An MQTT broker under examination: whether it takes the connection, which topics it grants, what comes there.

I/O only, on one thread, in a session of its own that leaves nothing behind: the running gateway's keeps what is its.
What the messages mean is `topics`'.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway.config import MqttSettings
from gateway.doctor.finding import Finding

ANSWER_SECONDS = 4.0
MOST_MESSAGES = 5000
EVERYTHING = "#"
_TURN_SECONDS = 0.05
_REFUSALS = {134: "broker-password", 135: "broker-rights", 136: "broker-away"}
"""What a broker says no with: MQTT 3.1.1 §3.2.2.3, codes 4, 5 and 3, as paho names them for both versions."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, and whether the broker had kept it."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(slots=True)
class Visit:
    """What one connection brought.

    Attributes:
        finding: how the broker itself is.
        refused: the topic filters that it did not grant.
        messages: what came, in order; the same one twice in a row counts once, because filters may overlap.
    """

    finding: Finding
    refused: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)


def visit(settings: MqttSettings, filters: Sequence[str], seconds: float) -> Visit:
    """Connect as the gateway would, subscribe, and listen for so long."""
    where = {"where": f"{settings.host}:{settings.port}"}
    talk = _Talk()
    try:
        client = _client(settings, talk)
    except OSError as error:
        return Visit(Finding("fault", "broker-secret", {**where, "reason": str(error)}))
    try:
        client.connect(settings.host, settings.port, keepalive=30)
        talk.turn(client, lambda: talk.answer is not None, ANSWER_SECONDS)
    except OSError as error:
        return Visit(_unreached(error, where))
    try:
        return _met(client, talk, filters, seconds, where)
    finally:
        client.disconnect()


def _unreached(error: OSError, where: dict[str, str]) -> Finding:
    name = "broker-silent"
    if isinstance(error, ssl.SSLError):
        name = "broker-distrust"
    elif isinstance(error, socket.gaierror):
        name = "broker-name"
    return Finding("fault", name, {**where, "reason": str(error) or type(error).__name__})


@dataclass(slots=True)
class _Talk:
    """The conversation so far."""

    answer: ReasonCode | None = None
    asked: dict[int, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)

    def turn(self, client: mqtt.Client, is_over: Callable[[], bool], seconds: float) -> None:
        """Let the client work until something is over, or the time is up, or the connection is gone."""
        give_up_at = time.monotonic() + seconds
        while not is_over() and time.monotonic() < give_up_at:
            if client.loop(_TURN_SECONDS) != mqtt.MQTT_ERR_SUCCESS:
                return


def _client(settings: MqttSettings, talk: _Talk) -> mqtt.Client:
    """A client that writes down what it hears.

    Raises:
        OSError: a file with a password or a certificate cannot be read.
    """
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="xuemai-doctor", clean_session=True)
    client.connect_timeout = ANSWER_SECONDS
    if settings.username is not None:
        secret = settings.password_file.read_text().strip() if settings.password_file else None
        client.username_pw_set(settings.username, secret)
    if settings.ca_file is not None:
        client.tls_set_context(ssl.create_default_context(cafile=settings.ca_file))

    def connected(
        _c: mqtt.Client, _u: object, _f: mqtt.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        talk.answer = reason

    def granted(_c: mqtt.Client, _u: object, number: int, reasons: Sequence[ReasonCode], _p: Properties | None) -> None:
        topic = talk.asked.pop(number, "")
        if any(reason.is_failure for reason in reasons):
            talk.refused.add(topic)

    def came(_c: mqtt.Client, _u: object, message: mqtt.MQTTMessage) -> None:
        heard = Message(message.topic, bytes(message.payload), message.retain)
        if len(talk.messages) < MOST_MESSAGES and talk.messages[-1:] != [heard]:
            talk.messages.append(heard)

    client.on_connect, client.on_subscribe, client.on_message = connected, granted, came
    return client


def _met(client: mqtt.Client, talk: _Talk, filters: Sequence[str], seconds: float, where: dict[str, str]) -> Visit:
    """What the broker answered; where it took us, what came on these topics."""
    if talk.answer is None:
        return Visit(Finding("fault", "broker-other", where))
    if talk.answer.is_failure:
        name = _REFUSALS.get(talk.answer.value, "broker-refused")
        return Visit(Finding("fault", name, {**where, "reason": str(talk.answer)}))
    for topic in dict.fromkeys(filters):
        # A filter that is none (an empty level where none may be) is refused by the library itself.
        with contextlib.suppress(ValueError):
            _, number = client.subscribe(topic, qos=0)
            if number is not None:
                talk.asked[number] = topic
    talk.turn(client, lambda: not talk.asked, ANSWER_SECONDS)
    # Who never answered has not granted either.
    refused = talk.refused | set(talk.asked.values())
    talk.turn(client, lambda: False, seconds)
    return Visit(Finding("ok", "broker-good", where), refused, talk.messages)
