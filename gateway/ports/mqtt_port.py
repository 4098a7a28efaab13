"""The MQTT broker that devices publish to, on paho's own thread.

I/O only. The session is persistent and messages are acknowledged by hand: a QoS 1 message is the broker's until what it
said is committed in the outbox. A broker holds back what comes after some twenty or a thousand of those: readings,
which wait where the disk is nearly full, have a connection of their own (`gateway.lines`). It counts as connected only
when every subscription was granted (during a fail-over a SUBACK may say 0x80); a broker that lost our session may have
lost messages, and `Opened.continues` says so.
"""

import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from gateway import tls
from gateway.config import MqttSettings
from gateway.ports.mailbox import Heard, Lost, Opened, Post
from gateway.session import Moment
from gateway.wire.decoder import AnsweringDecoder, MessageDecoder

KEEPALIVE_SECONDS = 30
SUBSCRIBE_AGAIN_SECONDS = 2.0
MANY_TOPICS = 1024
"""Topics whose subscriptions are remembered: a site has hundreds, a filter with `#` may hear any number."""
_log = structlog.get_logger("mqtt")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic filter, and the decoder of what comes there."""

    topic: str
    decoder: MessageDecoder


@dataclass(slots=True)
class MqttPort:
    """See the module.

    Attributes:
        settings: where the broker is.
        source: the connection's name in letters.
        client_id: must stay the same over restarts: the broker keeps the session under it.
        subscriptions: what it listens to.
        moment: the present instant.
        post: takes what was learnt, in order.
        shown: see `tls.Shown`.
    """

    settings: MqttSettings
    source: str
    client_id: str
    subscriptions: Sequence[Subscription]
    moment: Callable[[], Moment]
    post: Post
    shown: tls.Shown = lambda _until_ms: None
    _client: mqtt.Client = field(init=False)
    _granted: set[str] = field(default_factory=set, init=False)
    _asked: dict[int, str] = field(default_factory=dict, init=False)
    _continues: bool = field(default=False, init=False)
    _quality: dict[int, int] = field(default_factory=dict, init=False)
    _listeners: dict[str, list[Subscription]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=self.client_id, clean_session=False, manual_ack=True
        )
        settings = self.settings
        if settings.username is not None:
            secret = settings.password_file.read_text().strip() if settings.password_file else None
            client.username_pw_set(settings.username, secret)
        if settings.ca_file is not None:
            context = ssl.create_default_context(cafile=settings.ca_file)
            tls.let_tell(context, self.shown)
            client.tls_set_context(context)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        self._client = client

    def start(self) -> None:
        """Connect, and keep connected, on a thread of its own; a broker that is not there yet is waited for."""
        self._client.connect_async(self.settings.host, self.settings.port, keepalive=KEEPALIVE_SECONDS)
        self._client.loop_start()

    def end(self) -> None:
        """Say goodbye; the broker keeps the session and what comes meanwhile."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, messages: Sequence[int]) -> None:
        """What these messages said is durable: the broker may forget them."""
        for message in messages:
            self._client.ack(message, self._quality.pop(message, 1))

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del userdata, properties
        if reason.is_failure:
            self.post(Lost(self.source, f"the broker refused: {reason}", self.moment()))
            return
        self._continues = bool(flags.session_present)
        self._asked.clear()
        self._granted.clear()
        for subscription in self.subscriptions:
            self._subscribe(client, subscription.topic)

    def _subscribe(self, client: mqtt.Client, topic: str) -> None:
        """Ask for a topic; the answer comes as SUBACK. A connection that broke meanwhile asks anew by itself."""
        _, number = client.subscribe(topic, qos=1)
        if number is not None:
            self._asked[number] = topic

    def _on_subscribe(
        self,
        client: mqtt.Client,
        userdata: object,
        number: int,
        reasons: Sequence[ReasonCode],
        properties: Properties | None,
    ) -> None:
        del userdata, properties
        topic = self._asked.pop(number, "")
        if any(reason.is_failure for reason in reasons):
            _log.warning("subscription refused", topic=topic, reasons=[str(reason) for reason in reasons])
            self.post(Lost(self.source, f"the broker refused the subscription to {topic!r}", self.moment()))
            again = threading.Timer(SUBSCRIBE_AGAIN_SECONDS, self._subscribe, (client, topic))
            again.daemon = True
            again.start()
            return
        self._granted.add(topic)
        if self._granted >= {each.topic for each in self.subscriptions}:
            self.post(Opened(self.source, self.moment(), continues=self._continues))

    def _on_message(self, client: mqtt.Client, userdata: object, message: mqtt.MQTTMessage) -> None:
        del userdata
        moment = self.moment()
        matching = self._listening_to(message.topic)
        if message.qos:
            self._quality[message.mid] = message.qos
        letters = [
            (
                each.topic,
                tuple(each.decoder.feed_message(message.topic, bytes(message.payload), retained=message.retain)),
            )
            for each in matching
        ] or [("", ())]
        for place, (topic, items) in enumerate(letters, start=1):
            last = place == len(letters) and message.qos > 0
            self.post(Heard(self.source, items, moment, topic, message.mid if last else None))
        for each in matching:
            if isinstance(each.decoder, AnsweringDecoder):
                # A request that is lost is made again: nothing of ours rests on it, so QoS 0 (Sparkplug 6.4.21).
                for answer_topic, payload in each.decoder.take_answers():
                    if is_publishable(answer_topic):
                        client.publish(answer_topic, payload, qos=0)
                    else:
                        _log.warning("not published", topic=answer_topic)

    def _listening_to(self, topic: str) -> list[Subscription]:
        """The subscriptions that a topic comes under. Remembered: to try a filter takes the library 7 µs."""
        known = self._listeners.get(topic)
        if known is None:
            if len(self._listeners) >= MANY_TOPICS:
                self._listeners.clear()
            known = [each for each in self.subscriptions if mqtt.topic_matches_sub(each.topic, topic)]
            self._listeners[topic] = known
        return known

    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        del client, userdata, flags, properties
        # Where no DISCONNECT came, the library has nothing to say but that.
        told = "" if reason == "Unspecified error" else f": {reason}"
        self.post(Lost(self.source, f"the connection to the broker is lost{told}", self.moment()))

    def _on_connect_fail(self, client: mqtt.Client, userdata: object) -> None:
        del client, userdata
        self.post(Lost(self.source, f"no broker at {self.settings.host}:{self.settings.port}", self.moment()))


def is_publishable(topic: str) -> bool:
    """Whether every broker takes it: one with a space makes some of them drop the whole connection."""
    return bool(topic) and topic.isprintable() and not set(topic) & set(" +#")
