"""What systemd is told: ready, alive, stopping. Without `NOTIFY_SOCKET` nobody is told anything.

The protocol of sd_notify(3): datagrams of `NAME=value` lines to a socket of the file system, or to an abstract one
whose name begins with @. With `WATCHDOG_USEC` the process must say `WATCHDOG=1` within that time, or is killed and
started anew; it is said by the thread that makes events durable, so a disk that never answers ends in a restart too.
"""

import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class ServiceManager:
    """Who supervises this process, as its environment says.

    Attributes:
        address: where to say it; empty: nowhere.
        every_seconds: how often it has to hear that we live; 0: never.
    """

    address: str = ""
    every_seconds: float = 0.0
    _due_at: float = field(default=float("-inf"), init=False)

    @classmethod
    def of(cls, environment: Mapping[str, str], process: int) -> "ServiceManager":
        """What the environment says; a watchdog that is meant for another process is none of ours."""
        ours = environment.get("WATCHDOG_PID", str(process)) == str(process)
        microseconds = environment.get("WATCHDOG_USEC", "") if ours else ""
        # Half of what is allowed, as sd_watchdog_enabled(3) recommends.
        every = int(microseconds) / 2e6 if microseconds.isdecimal() else 0.0
        return cls(environment.get("NOTIFY_SOCKET", ""), every)

    def ready(self) -> None:
        """Started: whoever waits for this service may go on."""
        self._say("READY=1")

    def alive(self, seconds: float) -> None:
        """Say that we live, if it is time."""
        if self.every_seconds and seconds >= self._due_at:
            self._due_at = seconds + self.every_seconds
            self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """On the way out, as asked."""
        self._say("STOPPING=1")

    def _say(self, what: str) -> None:
        if not self.address:
            return
        name = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        # A supervisor that is gone is no reason to stop watching a cold room.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.sendto(what.encode(), name)
