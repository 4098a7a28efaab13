"""Everyone who runs in the demo: broker, ledger, devices, gateways. Starts them, watches them, stops them in order.

Nothing is lost on the way down: gateways first, which close their segments and send what they have to a ledger that
still listens; then the devices, the ledger, the broker.
"""

import contextlib
import json
import secrets
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from firmware_mocks.addresses import Addresses
from firmware_mocks.children import Child, ChildError, Device
from firmware_mocks.site_plan import DEVICES, GATEWAYS, device_command

READY_SECONDS = 45.0
SETTLE_SECONDS = 40.0
_LOOK_SECONDS = 0.05
BATCH_SECONDS = 1.2
"""Longer than a gateway may take to seal a batch and to write its status."""
_PORTS = range(20_000, 32_000)
"""Below those of which the kernel chooses for outgoing connections (ip_local_port_range, from 32,768 on): of these one
may be taken between the choice and the process that listens on it, half a minute later."""
_TRIES = 100


def xuemai(*arguments: str) -> list[str]:
    """A command line of the product, from the environment that this program runs in."""
    return [str(Path(sys.executable).parent / "xuemai"), *arguments]


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on, and that no outgoing connection will be given.

    Raises:
        ChildError: none of many was free.
    """
    for _ in range(_TRIES):
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        with socket.socket() as asking:
            try:
                asking.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ChildError(f"no free port from {_PORTS.start} to {_PORTS.stop - 1}: {_TRIES} were tried")


def near_port(wanted: int) -> int:
    """The TCP port `wanted` of the loopback interface, so that an address stays the same; a free one if it is taken."""
    with socket.socket() as asking:
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            asking.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError):
            return free_port()
    return wanted


class Cast:
    """The processes of one demo."""

    def __init__(self, directory: Path, *, port: int, host: str, at_each_look: Callable[[], None]) -> None:
        """Nobody runs yet.

        Args:
            directory: the site's folder.
            port: the ledger's TCP port.
            host: the address that it listens on.
            at_each_look: called while something is waited for; may raise to give up.
        """
        self.directory, self.port, self.host = directory, port, host
        self._at_each_look = at_each_look
        pages = {gateway: near_port(port + number) for number, gateway in enumerate(GATEWAYS, 1)}
        self.addresses = Addresses(f"http://127.0.0.1:{port}", free_port(), pages)
        self.devices: dict[str, Device] = {}
        self.gateways: dict[str, Child] = {}
        self._ledger: Child | None = None
        self._broker: Device | None = None

    @property
    def url(self) -> str:
        """Where this machine finds the pages."""
        return self.addresses.url

    def check_port(self) -> None:
        """See that nobody else listens on the ledger's port.

        Raises:
            ChildError: somebody does.
        """
        with socket.socket() as asking:
            asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asking.bind((self.host, self.port))
            except OSError as error:
                raise ChildError(
                    f"port {self.port} cannot be used ({error.strerror}); choose one with --port"
                ) from error

    def start_broker(self) -> None:
        """Start the broker; `start_devices` waits for it."""
        options = ["--port", str(self.addresses.mqtt_port), "--store", str(self.directory / "broker")]
        self._broker = Device("broker", _module("broker", *options), log=self._log("broker"))

    def start_ledger(self) -> None:
        """Start the ledger and wait until it is ready.

        Raises:
            ChildError: it ended, or was not ready in time.
        """
        lan = [] if self.host == "127.0.0.1" else ["--lan"]
        command = xuemai("serve", "--site", str(self.directory), "--host", self.host, "--port", str(self.port), *lan)
        self._ledger = Child("ledger", command, log=self._log("ledger"))
        give_up_at = time.monotonic() + READY_SECONDS
        while time.monotonic() < give_up_at:
            self._ledger.check_alive()
            if self._is_ready():
                return
            self._look_again()
        raise ChildError(f"the ledger was not ready within {READY_SECONDS:.0f} s; its log is {self._ledger.log}")

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError), _direct().open(f"{self.url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def start_devices(self) -> None:
        """Start every device and wait until each can be reached."""
        (self.directory / "devices").mkdir(exist_ok=True)
        if self._broker is not None:
            self._broker.wait_until_ready()
        for device in DEVICES:
            options = device_command(device, directory=self.directory, mqtt_port=self.addresses.mqtt_port)
            self.devices[device.name] = Device(
                device.name, _module(device.program, *options), log=self._log(device.name)
            )
        for running in self.devices.values():
            running.wait_until_ready()

    def start_gateway(self, name: str) -> None:
        """Start one gateway."""
        folder = self.directory / "gateways" / name
        (folder / "status.json").unlink(missing_ok=True)
        command = xuemai("gateway", "run", "--site", str(folder))
        self.gateways[name] = Child(name, command, log=self._log(name))

    def wait_for_gateways(self) -> None:
        """Wait until every gateway has reached the ledger.

        Raises:
            ChildError: one ended, or did not get through in time.
        """
        give_up_at = time.monotonic() + READY_SECONDS
        while time.monotonic() < give_up_at:
            self.check_alive()
            if all(self.status(name).get("ledger") == "reachable" for name in GATEWAYS):
                return
            self._look_again()
        raise ChildError(
            f"a gateway did not reach the ledger within {READY_SECONDS:.0f} s; the logs are in {self._log('')}"
        )

    def restart_gateway(self, name: str) -> None:
        """Stop one gateway, which drains, and start it again."""
        self.gateways[name].stop()
        self.start_gateway(name)
        give_up_at = time.monotonic() + READY_SECONDS
        while not self.status(name) and time.monotonic() < give_up_at:
            self._look_again()

    def status(self, gateway: str) -> Mapping[str, object]:
        """What a gateway says of itself; empty if it has not spoken yet."""
        try:
            said: dict[str, object] = json.loads((self.directory / "gateways" / gateway / "status.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return said

    def waiting(self, gateway: str) -> int:
        """Events and batches of a gateway that have no receipt yet; -1 if it has not said."""
        streams = self.status(gateway).get("streams")
        if not isinstance(streams, dict):
            return -1
        return sum(stream["unsealed"] + stream["waiting"] for stream in streams.values())

    def settle(self) -> None:
        """Wait until every gateway has said, later than now, that nothing waits.

        Raises:
            ChildError: something still waits after a long time.
        """
        asked = time.monotonic()
        younger_than = {name: self._status_age(name) for name in GATEWAYS}
        time.sleep(BATCH_SECONDS)
        while time.monotonic() - asked < SETTLE_SECONDS:
            self.check_alive()
            fresh = all(self._status_age(name) != younger_than[name] for name in GATEWAYS)
            if fresh and all(self.waiting(name) == 0 for name in GATEWAYS):
                return
            self._look_again()
        waiting = {name: self.waiting(name) for name in GATEWAYS}
        raise ChildError(f"events without a receipt after {SETTLE_SECONDS:.0f} s: {waiting}")

    def check_alive(self) -> None:
        """See that nobody ended by himself.

        Raises:
            ChildError: somebody did.
        """
        for child in (*self.devices.values(), *self.gateways.values(), self._ledger, self._broker):
            if child is not None:
                child.check_alive()

    def stop(self) -> list[str]:
        """Stop everyone, in order; who had to be killed or ended badly, with the exit code."""
        parts: list[list[Child]] = [list(self.gateways.values()), list(self.devices.values())]
        parts += [[child] for child in (self._ledger, self._broker) if child is not None]
        bad: list[str] = []
        for part in parts:
            for child in part:
                child.ask_to_stop()
            ended = [(child.name, child.stop()) for child in part]
            bad += [f"{name} ended with {code}" for name, code in ended if code != 0]
        self.gateways, self.devices, self._ledger, self._broker = {}, {}, None, None
        return bad

    def _look_again(self) -> None:
        self._at_each_look()
        time.sleep(_LOOK_SECONDS)

    def _status_age(self, gateway: str) -> int:
        try:
            return (self.directory / "gateways" / gateway / "status.json").stat().st_mtime_ns
        except OSError:
            return 0

    def _log(self, name: str) -> Path:
        return self.directory / "logs" / f"{name}.log"


def _module(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", f"firmware_mocks.{name}", *options]


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
