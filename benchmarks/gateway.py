"""What a gateway costs: a shelf of tags read all day, and a broker that talks all the time.

    python -m benchmarks.gateway [--seconds 20]

Two real gateways (`xuemai gateway run`), one after the other, each with its outbox on disk and no ledger to send to:

* `tags`: one M100 module on a serial line, 500 reads a second of 250 tags, of which a third is away at any time;
* `messages`: a real broker (nats-server), 20 probes of Zigbee2MQTT, 2,000 messages a second, each with a QoS 1
  acknowledgement after its commit.

What is told is counted by the gateway itself (status.json): reads and readings that were decoded, CPU seconds and peak
memory from /proc, and how many messages the gateway was behind at each second: a queue that grows would show.
`seconds_of_sha256` says what SHA-256 takes in the same run for 100 MB: a yardstick of the machine.
"""

import argparse
import binascii
import contextlib
import hashlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, SigningKey

TAGS_A_SECOND, TAGS, MESSAGES_A_SECOND, PROBES = 500, 250, 2000, 20
_TURN_SECONDS = 0.05
_SETTLE_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0
_SHA256_MEGABYTES = 100


@dataclass(frozen=True, slots=True)
class Use:
    """CPU seconds and peak memory of a process so far."""

    cpu_seconds: float
    peak_mb: float


class Gateway:
    """`xuemai gateway run` in a folder of its own."""

    def __init__(self, folder: Path, devices: str) -> None:
        self.folder = folder
        receipts = NoteSigner("demo.a9999.example/receipt", SigningKey(bytes(32)))
        (folder / "keys").mkdir(parents=True)
        key = folder / "keys" / "gateway.key"
        key.touch(0o600)
        key.write_text(bytes([8] * 32).hex() + "\n")
        (folder / "gateway.toml").write_text(
            '[gateway]\nname = "gw"\norigin = "demo.a9999.example/ledger/1"\n'
            f'[uplink]\nurl = "http://127.0.0.1:9"\nreceipt_key = "{format_vkey(receipts.verifier)}"\n{devices}'
        )
        command = [str(Path(sys.executable).with_name("xuemai")), "gateway", "run", "--site", str(folder)]
        self._process = subprocess.Popen([*command, "--drain-seconds", "0"], stderr=subprocess.DEVNULL)

    def count(self, what: str) -> int:
        """What it says that it counted, over all its devices."""
        status = self.folder / "status.json"
        if not status.exists():
            return 0
        devices = json.loads(status.read_bytes())["devices"]
        return sum(int(each["counts"].get(what, 0)) for each in devices)

    def use(self) -> Use:
        """What it took so far."""
        words = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(words[11]) + int(words[12])
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        peak_kb = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return Use(ticks / os.sysconf("SC_CLK_TCK"), peak_kb / 1024)

    def end(self) -> None:
        """Stop it."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=_PATIENCE_SECONDS)


def wait_for(found: Callable[[], bool], what: str) -> None:
    """Wait until it is so.

    Raises:
        TimeoutError: it never was.
    """
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while not found():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"waited {_PATIENCE_SECONDS:.0f} s for {what}")
        time.sleep(0.05)


def notice(tag: int) -> bytes:
    """What an M100 module says of one tag (vendor sheet "R200 user protocol" V2.3.3)."""
    epc = bytes.fromhex("E280A999") + tag.to_bytes(8, "big")
    told = b"\x30\x00" + epc
    parameters = b"\xc9" + told + (binascii.crc_hqx(told, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    body = b"\x02\x22" + len(parameters).to_bytes(2, "big") + parameters
    return b"\xbb" + body + bytes((sum(body) & 0xFF, 0x7E))


def tags(folder: Path, seconds: float) -> dict[str, object]:
    """The shelf. A third of the tags is taken away and put back every few seconds."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    gateway = Gateway(
        folder,
        f'[[reader]]\nname = "shelf"\nfamily = "m100_uhf"\nport = "{os.ttyname(theirs)}"\nleave_after_seconds = 2\n'
        'antennas = [{antenna = 1, place = "place:centre/fridge-1"}]\n',
    )
    notices = [notice(tag) for tag in range(TAGS)]
    wait_for((folder / "status.json").exists, "the gateway")
    os.set_blocking(ours, False)

    def heard() -> bool:
        os.write(ours, notices[0])
        return gateway.count("tagread") > 0

    wait_for(heard, "the first read")
    time.sleep(_SETTLE_SECONDS)
    before, warm = gateway.use(), gateway.count("tagread")
    sent, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        owed = int((time.monotonic() - began) * TAGS_A_SECOND) - sent
        there = [tag for tag in range(TAGS) if tag % 3 != int(time.monotonic() / 5) % 3]
        with contextlib.suppress(BlockingIOError):
            os.read(ours, 65536)
        os.write(ours, b"".join(notices[there[(sent + each) % len(there)]] for each in range(owed)))
        sent += owed
        time.sleep(_TURN_SECONDS)
    passed = time.monotonic() - began
    after = gateway.use()
    wait_for(lambda: gateway.count("tagread") - warm >= sent * 0.9, "the reads to be counted")
    read, arrived = gateway.count("tagread") - warm, gateway.count("arrived")
    gateway.end()
    os.close(ours)
    os.close(theirs)
    return {
        "reads_a_second": round(read / passed),
        "sent": sent,
        "read": read,
        "arrived": arrived,
        "cpu_percent": round(100 * (after.cpu_seconds - before.cpu_seconds) / passed, 1),
        "peak_mb": round(after.peak_mb, 1),
    }


@contextlib.contextmanager
def broker(store: Path) -> Iterator[int]:
    """A real broker; its port."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port = int(asking.getsockname()[1])
    command = [sys.executable, "-m", "firmware_mocks.broker", "--port", str(port), "--store", str(store)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None  # noqa: S101  for the type checker
        running.stdout.readline()
        yield port
        running.communicate(timeout=_PATIENCE_SECONDS)


def publish(port: int, seconds: float) -> None:
    """Every probe in turn, so many messages a second in all: the work of a process of its own."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(500)
    client.connect("127.0.0.1", port)
    client.loop_start()
    sent, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        for _ in range(int((time.monotonic() - began) * MESSAGES_A_SECOND) - sent):
            at = datetime.now(UTC).isoformat()  # noqa: TID251  the device's own clock, not the product's
            # Another value than before: the same one of one millisecond would be a copy.
            said = {"temperature": 4 + sent // PROBES % 50 / 100, "last_seen": at}
            last = client.publish(f"zigbee2mqtt/p{sent % PROBES}", json.dumps(said), qos=1)
            sent += 1
        time.sleep(_TURN_SECONDS)
    last.wait_for_publish(_PATIENCE_SECONDS)
    client.disconnect()
    client.loop_stop()
    print(sent)


def messages(folder: Path, seconds: float) -> dict[str, object]:
    """The broker."""
    with broker(folder.parent / "broker") as port:
        probes = "".join(
            f'[[probe]]\nname = "p{number}"\nfamily = "mqtt_temperature"\ntopic = "zigbee2mqtt/p{number}"\n'
            f'sensor = "p{number}"\nplace = "place:centre/fridge-{number}"\nmeasures = "air"\ninterval_seconds = 60\n'
            for number in range(PROBES)
        )
        gateway = Gateway(folder, f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{probes}')
        wait_for((folder / "status.json").exists, "the gateway")
        time.sleep(_SETTLE_SECONDS)
        before, behind = gateway.use(), list[int]()
        command = [sys.executable, "-m", "benchmarks.gateway", "--publish", str(port), "--seconds", str(seconds)]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as publisher:
            while publisher.poll() is None:
                time.sleep(1)
                said = min(time.monotonic() - began, seconds) * MESSAGES_A_SECOND
                behind.append(max(0, round(said) - gateway.count("readings")))
            sent = int(publisher.communicate()[0])
        after, passed = gateway.use(), time.monotonic() - began
        wait_for(lambda: gateway.count("readings") + gateway.count("repeats") >= sent, "every message")
        readings = gateway.count("readings")
        gateway.end()
    return {
        "messages_a_second": round(sent / seconds),
        "sent": sent,
        "readings": readings,
        "behind_each_second": behind,
        "cpu_percent": round(100 * (after.cpu_seconds - before.cpu_seconds) / passed, 1),
        "peak_mb": round(after.peak_mb, 1),
    }


def yardstick() -> float:
    """CPU seconds of SHA-256 over 100 MB."""
    block, began = bytes(1_000_000), time.process_time()
    for _ in range(_SHA256_MEGABYTES):
        hashlib.sha256(block).digest()
    return round(time.process_time() - began, 3)


def main() -> None:
    """Measure, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each of the two is measured (default 20)")
    parser.add_argument("--publish", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.publish is not None:
        publish(options.publish, options.seconds)
        return
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "tags": tags(Path(folder) / "tags", options.seconds),
            "messages": messages(Path(folder) / "messages", options.seconds),
            "seconds_of_sha256": yardstick(),
        }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
