"""The wires of the devices: a pseudo-terminal for serial ones, a connection to a broker for the others.

A pty enforces no baud rate, no parity and no modem lines: a host that opens it with the wrong settings still reads
every byte. What is kept of a real wire is its speed: bytes leave one at a time, ten bits each at the given rate, so
that a host sees frames in pieces.
"""

import contextlib
import heapq
import os
import queue
import socket
import time
import tty
from pathlib import Path
from typing import Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

BITS_AN_OCTET = 10
_READ_OCTETS = 4096
# More than this waiting to leave means a device that is asked for more than its wire carries; it drops what is new.
MOST_WAITING_OCTETS = 16384


class Link(Protocol):
    """What the program frame needs of a wire."""

    @property
    def address(self) -> str:
        """Where a host finds the device."""
        ...

    def descriptor(self) -> int | None:
        """A file descriptor that becomes readable when the host sends, if there is one."""
        ...

    def receive(self) -> bytes:
        """What the host sent, without waiting."""
        ...

    def pump(self) -> float:
        """Send what is due, and return for how many real seconds nothing else will be."""
        ...

    def unplug(self) -> None:
        """Break the connection as a pulled plug does."""
        ...

    def plug(self) -> None:
        """Make a new connection."""
        ...

    def replug(self) -> None:
        """Break the connection and make a new one at once."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...

    def counters(self) -> dict[str, int]:
        """How much went over the wire."""
        ...


class PtyLink:
    """A serial port: the master end of a pty, with a by-id style symbolic link to the slave end.

    Both ends are raw. The slave is kept open here too, so that a host may come and go; what nobody reads waits in the
    kernel until its buffer is full, and is then lost and counted.
    """

    def __init__(self, link: Path, *, baud: int) -> None:
        """Open the pty and make the symbolic link, replacing a stale one.

        Args:
            link: path of the symbolic link, as in /dev/serial/by-id.
            baud: bits a second, for byte times; 0 sends at once.
        """
        self._path = link
        self._octet_seconds = BITS_AN_OCTET / baud if baud else 0.0
        self._waiting: list[tuple[float, int, bytes]] = []
        self._waiting_octets = 0
        self._sending = b""
        self._free_at = 0.0
        self._emissions = 0
        self._counts = {"octets_out": 0, "octets_in": 0, "octets_lost": 0, "plugged": 0}
        self._ends: tuple[int, int] | None = None
        self.plug()

    @property
    def address(self) -> str:
        """The path that a host opens."""
        return str(self._path)

    def descriptor(self) -> int | None:
        """The master end, or None while unplugged."""
        return None if self._ends is None else self._ends[0]

    def receive(self) -> bytes:
        """What the host wrote, without waiting."""
        if self._ends is None:
            return b""
        try:
            octets = os.read(self._ends[0], _READ_OCTETS)
        except BlockingIOError:
            return b""
        self._counts["octets_in"] += len(octets)
        return octets

    def send(self, octets: bytes, *, after_seconds: float = 0.0) -> bool:
        """Put bytes on the line, in real time; whether they will leave at all."""
        if self._ends is None or self._waiting_octets + len(octets) > MOST_WAITING_OCTETS:
            self._counts["octets_lost"] += len(octets)
            return False
        self._emissions += 1
        heapq.heappush(self._waiting, (time.monotonic() + after_seconds, self._emissions, octets))
        self._waiting_octets += len(octets)
        return True

    def pump(self) -> float:
        """Send the bytes whose time has come, and return for how many real seconds no other is due."""
        while self._sending or self._waiting:
            now = time.monotonic()
            if not self._sending:
                not_before, _, octets = self._waiting[0]
                if not_before > now:
                    return not_before - now
                heapq.heappop(self._waiting)
                self._sending = octets
                self._free_at = max(not_before, self._free_at)
            ready = int((now - self._free_at) / self._octet_seconds) if self._octet_seconds else len(self._sending)
            if ready <= 0:
                return self._octet_seconds
            self._write(self._sending[:ready])
            self._free_at += min(ready, len(self._sending)) * self._octet_seconds
            self._sending = self._sending[ready:]
        return float("inf")

    def idle(self) -> bool:
        """Whether nothing waits to be sent."""
        return self._waiting_octets == 0

    def plug(self) -> None:
        """Open a new pty and point the symbolic link at it; nothing happens if one is open."""
        if self._ends is not None:
            return
        self._ends = _open_raw_pty()
        self._counts["plugged"] += 1
        aside = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        aside.unlink(missing_ok=True)
        aside.symlink_to(os.ttyname(self._ends[1]))
        aside.replace(self._path)

    def unplug(self) -> None:
        """Close both ends: the host's next read fails, and the symbolic link is gone."""
        if self._ends is None:
            return
        self._path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None
        self._waiting, self._waiting_octets, self._sending = [], 0, b""

    def replug(self) -> None:
        """Close the pty and open another one, under another number but behind the same symbolic link."""
        old, self._ends = self._ends, None
        # The new pair is opened before the old one is closed, or the kernel would give it the same number.
        self.plug()
        for end in old or ():
            os.close(end)
        self._waiting, self._waiting_octets, self._sending = [], 0, b""

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()

    def counters(self) -> dict[str, int]:
        """Octets out, in and lost, and how often it was plugged in."""
        return dict(self._counts)

    def _write(self, octets: bytes) -> None:
        self._waiting_octets -= len(octets)
        written = 0
        if self._ends is not None:
            # A full buffer means that nobody reads: a UART has no way to wait, so the bytes are lost.
            with contextlib.suppress(BlockingIOError):
                written = os.write(self._ends[0], octets)
        self._counts["octets_out"] += written
        self._counts["octets_lost"] += len(octets) - written


def _open_raw_pty() -> tuple[int, int]:
    master, slave = os.openpty()
    # Without raw mode on both ends the line discipline echoes, and turns CR into LF inside binary frames.
    tty.setraw(master)
    tty.setraw(slave)
    os.set_blocking(master, False)
    return master, slave


class MqttLink:
    """A connection to a broker, MQTT 3.1.1, with reconnection and a last will."""

    def __init__(self, host: str, port: int, *, client_id: str, will: tuple[str, str | bytes] | None = None) -> None:
        """Prepare a connection; `plug` makes it.

        Args:
            host: the broker's host.
            port: its port.
            client_id: the device's own.
            will: topic and payload that the broker publishes, retained, when the device vanishes.
        """
        self._host, self._port = host, port
        self._births: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._waiting: list[tuple[float, int, str, bytes, bool]] = []
        self._counts = {"messages_out": 0, "octets_out": 0, "connected": 0}
        self._running = False
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        self._client.reconnect_delay_set(min_delay=1, max_delay=4)
        self._client.on_connect = self._on_connect
        self._listening = ""
        self._heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._client.on_message = lambda _client, _userdata, said: self._heard.put((said.topic, bytes(said.payload)))
        if will is not None:
            self._client.will_set(will[0], will[1], qos=1, retain=True)

    @property
    def address(self) -> str:
        """The broker's address."""
        return f"mqtt://{self._host}:{self._port}"

    def descriptor(self) -> int | None:
        """None: these devices only speak."""
        return None

    def receive(self) -> bytes:
        """Nothing: these devices only speak."""
        return b""

    def connect(self, *, within_seconds: float) -> None:
        """Connect, waiting for a broker that is still starting.

        Raises:
            TimeoutError: no broker answered in time.
        """
        give_up_at = time.monotonic() + within_seconds
        while True:
            with contextlib.suppress(OSError):
                self.plug()
                break
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"no broker answered at {self.address} within {within_seconds:.0f} s")
            time.sleep(0.1)
        while not self._client.is_connected():
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"the broker at {self.address} did not accept the connection")
            time.sleep(0.01)

    def listen(self, topic: str) -> None:
        """Subscribe to a topic filter at every connection; to be called before the first."""
        self._listening = topic

    def heard(self) -> list[tuple[str, bytes]]:
        """The messages that came since this was last asked: topics and payloads."""
        return [self._heard.get() for _ in range(self._heard.qsize())]

    def just_connected(self) -> bool:
        """Whether the connection was made, or made again, since this was last asked."""
        if self._births.empty():
            return False
        self._births.get()
        return True

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, after_seconds: float = 0.0) -> None:
        """Publish with QoS 1, now or after some real time."""
        due = time.monotonic() + after_seconds
        heapq.heappush(self._waiting, (due, self._counts["messages_out"] + len(self._waiting), topic, payload, retain))

    def pump(self) -> float:
        """Publish what is due, and return for how many real seconds nothing else is."""
        while self._waiting:
            wait = self._waiting[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, _, topic, payload, retain = heapq.heappop(self._waiting)
            self._client.publish(topic, payload, qos=1, retain=retain)
            self._counts["messages_out"] += 1
            self._counts["octets_out"] += len(payload)
        return float("inf")

    def plug(self) -> None:
        """Connect, and keep connected."""
        if self._running:
            return
        self._client.connect(self._host, self._port, keepalive=30)
        self._client.loop_start()
        self._running = True

    def unplug(self) -> None:
        """Vanish without a goodbye, and stay away: the broker publishes the last will."""
        if self._running:
            self._vanish()
            self._client.loop_stop()
            self._running = False

    def replug(self) -> None:
        """Vanish without a goodbye; the client connects again by itself within seconds."""
        self._vanish()

    def close(self) -> None:
        """Say goodbye, once what is under way has left."""
        if self._running:
            self._client.disconnect()
            self._client.loop_stop()
            self._running = False

    def counters(self) -> dict[str, int]:
        """Messages and octets out, and how often it connected."""
        return dict(self._counts)

    def _vanish(self) -> None:
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _on_connect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        """Runs in paho's thread."""
        del userdata, flags, properties
        if not reason.is_failure:
            if self._listening:
                client.subscribe(self._listening, qos=1)
            self._counts["connected"] += 1
            self._births.put(None)
