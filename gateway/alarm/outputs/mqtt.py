"""An MQTT topic as an output: `<topic>/<cause>/<device>` holds, retained, the last notice of each alarm as JSON.

A lamp, a wall display or a building's own control listens there. The message of an alarm that is over says so, and
stays. What the broker did not take is said again as soon as there is one: else an alarm would stand there for good.
"""

import ssl
import threading
from dataclasses import dataclass, field

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.settings import MqttOutputSettings
from gateway.config import MqttSettings

TAKEN_SECONDS = 5.0
KEEPALIVE_SECONDS = 30


@dataclass(slots=True)
class MqttOutput:
    """See the module. `client_id` is not that of the devices' session."""

    settings: MqttOutputSettings
    broker: MqttSettings
    client_id: str
    _client: mqtt.Client | None = field(default=None, init=False)
    _owed: dict[tuple[str, str], Notice] = field(default_factory=dict, init=False)

    def tell(self, notice: Notice) -> None:
        """Publish at QoS 1, and wait until the broker took it.

        Raises:
            OutputFailed: it did not.
        """
        self._owed[notice.key] = notice
        self._pay()

    def _pay(self) -> None:
        """Say the last word about each alarm of which the broker has not taken it."""
        for key, notice in list(self._owed.items()):
            self._publish(notice)
            del self._owed[key]

    def _publish(self, notice: Notice) -> None:
        topic = f"{self.settings.topic}/{notice.cause}/{notice.device.partition(':')[2]}"
        try:
            published = self._connected().publish(topic, msgspec.json.encode(notice), qos=1, retain=True)
            published.wait_for_publish(TAKEN_SECONDS)
            taken = published.is_published()
        except (OSError, ValueError, RuntimeError) as error:
            # Its own queue must not say later what is no longer so.
            self._forget()
            raise OutputFailed(f"expected a broker at {self._where()}; {error}") from error
        if not taken:
            self._forget()
            raise OutputFailed(f"expected the broker at {self._where()} to take the notice; it did not in time")

    def check(self) -> None:
        """Whether the broker can be reached; and say what it was not told meanwhile.

        Raises:
            OutputFailed: it cannot.
        """
        try:
            connected = self._connected().is_connected()
        except (OSError, ValueError) as error:
            raise OutputFailed(f"expected a broker at {self._where()}; {error}") from error
        if not connected:
            self._forget()
            raise OutputFailed(f"expected a connection to the broker at {self._where()}; it is lost")
        self._pay()

    def _connected(self) -> mqtt.Client:
        if self._client is None:
            client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.client_id)
            if self.broker.username is not None:
                file = self.broker.password_file
                client.username_pw_set(self.broker.username, file.read_text().strip() if file else None)
            if self.broker.ca_file is not None:
                client.tls_set_context(ssl.create_default_context(cafile=self.broker.ca_file))
            answered = threading.Event()
            client.on_connect = lambda *_: answered.set()
            client.connect(self.broker.host, self.broker.port, keepalive=KEEPALIVE_SECONDS)
            client.loop_start()
            self._client = client
            # A connection is none before the broker's answer: asked for at once, it would seem lost at every start.
            answered.wait(TAKEN_SECONDS)
        return self._client

    def _forget(self) -> None:
        if self._client is not None:
            self._client.loop_stop()
            self._client = None

    def _where(self) -> str:
        return f"{self.broker.host}:{self.broker.port}"
